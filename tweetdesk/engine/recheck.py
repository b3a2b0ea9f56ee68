"""Rechecking: looks again at the newest posts that one account's columns show, for edits and deletions."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

from tweetdesk.domain.selections import Selection, Source
from tweetdesk.engine.listener import take_over
from tweetdesk.engine.pauses import PAUSING
from tweetdesk.engine.poller import BACKOFF
from tweetdesk.engine.tools import Tools
from tweetdesk.networks.base import Network, NetworkError, News
from tweetdesk.store.errors import StoreTrouble

#: The kind by which a network says how often, and the kinds of source whose posts are looked at.
RECHECK = "recheck"
KINDS = frozenset({"mentions", "home", "search"})
#: How many posts are looked at again at a time.
NEWEST = 40


class Recheck:
    """Keeps what is shown of one account true, until it is cancelled."""

    def __init__(self, network: Network, tools: Tools, watched: Callable[[str], Sequence[Source]]) -> None:
        """`watched` gives the sources of an account that are shown."""
        self._network, self._tools, self._watched = network, tools, watched
        self._account = network.account.id
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look again whenever it is time; ends at once where the network wants none."""
        seconds = self._network.poll_seconds(RECHECK)
        while math.isfinite(seconds):
            await self._tools.clock.sleep(seconds)
            await self._tools.pauses.over(self._account)
            seconds = await self._once()

    async def now(self) -> None:
        """Look at once, unless that is being done, or the network wants none."""
        if math.isfinite(self._network.poll_seconds(RECHECK)) and not self._looking.locked():
            await self._once()

    async def _once(self) -> float:
        """Look once; the seconds until the next time."""
        with self._tools.busy.work():
            async with self._looking:
                return await self._tried()

    async def _tried(self) -> float:
        """Look; the seconds until the next time, also where it went wrong."""
        usual, began = self._network.poll_seconds(RECHECK), self._tools.pauses.round(self._account)
        try:
            await self._look()
        except PAUSING as error:
            self._tools.pauses.pause(self._account, error, began)
        except (NetworkError, StoreTrouble):
            return max(usual, BACKOFF[-1])
        return usual * self._tools.budget.stretch(self._account, None)

    async def _look(self) -> None:
        """Ask for the newest posts as they are now. Raises NetworkError, StoreTrouble."""
        posts = self._tools.store.posts
        sources = tuple(source for source in self._watched(self._account) if source.kind in KINDS)
        selection = Selection(sources, show_done=True)
        keys = (await posts.item_keys(selection))[-NEWEST:]
        shown = [
            item.post for item in (await posts.items(selection, [(at, item) for _, item, at in keys])).values()
        ]
        if not shown:
            return
        refs = tuple(post.ref for post in shown)
        async with self._tools.budget.reading(self._account):
            found = await self._network.posts(refs)
        gone = set(refs) - {post.ref for post in found}
        await take_over(self._tools, self._account, News(changed=found, gone=tuple(gone)))
