"""Questions: what the desk asks a network at once, because the user wants to see it now."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.store.store import Store

if TYPE_CHECKING:
    from tweetdesk.engine.tools import Tools
    from tweetdesk.networks.base import NamedList, Network, Thread


class Questions:
    """The part of the engine that answers the desk; what it stands on is set up by the engine."""

    store: Store
    clock: Clock
    busy: Busy
    networks: dict[str, Network]
    _accounts: Sequence[Account]

    @property
    def _tools(self) -> Tools:
        """What the engine's tasks work with."""
        raise NotImplementedError

    def reachable(self, what: Post | Item) -> tuple[Account, ...]:
        """The accounts that can act on a post: those of its network."""
        post = what.post if isinstance(what, Item) else what
        return tuple(account for account in self._accounts if account.network == post.author.network)

    @asynccontextmanager
    async def _asking(self, account: str) -> AsyncIterator[Network]:
        """A question by hand: counted, within the budget; an error that concerns the whole account pauses it."""
        from tweetdesk.engine.pauses import PAUSING

        began = self._tools.pauses.round(account)
        with self.busy.work():
            async with self._tools.budget.reading(account, by_hand=True):
                try:
                    yield self.networks[account]
                except PAUSING as error:
                    self._tools.pauses.pause(account, error, began)
                    raise

    async def thread(self, account: str, ref: PostRef) -> Thread:
        """The conversation around a post, fresh from the network; its posts are kept. Raises NetworkError."""
        async with self._asking(account) as network:
            thread = await network.thread(ref)
            if not self.store.read_only:
                await self.store.posts.keep(account, [one.post for one in thread.posts if one.post])
        return thread

    async def messages(self, account: str, conversation: str) -> tuple[Post, ...]:
        """The newest messages of a direct message conversation, oldest first. Raises NetworkError."""
        async with self._asking(account) as network:
            return await network.messages(conversation)

    async def profile(self, account: str, who: str) -> Profile:
        """A person as the network tells it now; kept. Raises NetworkError."""
        async with self._asking(account) as network:
            profile = await network.profile(who)
            if not self.store.read_only:
                await self.store.people.save_profile(account, profile, self.clock.now())
        return profile

    async def people(self, account: str, words: str) -> tuple[Identity, ...]:
        """People whose handle or name begins so; nobody where that costs, or is paused. Raises NetworkError."""
        if self.networks[account].price_date or self._tools.pauses.why(account):
            return ()
        async with self._asking(account) as network:
            return await network.people(words)

    async def lists(self, account: str) -> tuple[NamedList, ...]:
        """The lists of people that an account has. Raises NetworkError."""
        async with self._asking(account) as network:
            return await network.lists()

    async def here(self, account: str, post: Post) -> Post:
        """A post as this account's server knows it, so that the account can act on it.

        Raises NetworkError (NotThere where the server does not know it), NotAllowed for a post of another network.
        """
        if account not in {one.id for one in self.reachable(post)}:
            raise NotAllowed("An account can only act on posts of its own network.")
        async with self._asking(account) as network:
            return await network.here(post)
