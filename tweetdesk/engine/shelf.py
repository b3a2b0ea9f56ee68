"""The shelf over the store: what one account's network may know of what this machine has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.store.store import Store


class StoreShelf:
    """The shelf of one account; see networks/shelf.py. Every method raises StoreTrouble where the disk fails."""

    def __init__(self, store: Store, account: Account) -> None:
        self._store, self._account = store, account
        self._notes: dict[str, str] = {}

    async def posts(self, refs: Sequence[PostRef]) -> Mapping[PostRef, Post]:
        """Those of these posts that are known, each with what the account has done to it."""
        return await self._store.posts.found(refs, self._account.id)

    async def conversation(self, server: str, conversation: str) -> tuple[Post, ...]:
        """The known posts of a thread, oldest first."""
        posts = await self._store.posts.conversation(conversation, self._account.id)
        return tuple(post for post in posts if post.ref.server == server)

    async def people(self, network: str, ids: Sequence[str]) -> Mapping[str, Identity]:
        """Those of these people that are known, by id."""
        return await self._store.people.identities(network, ids)

    async def profile(self, who: str) -> tuple[Profile, datetime] | None:
        """A person's profile by id or handle as this account has last seen it, and when."""
        return await self._store.people.seen(self._account.id, self._account.network, who)

    async def matching(self, network: str, words: str, limit: int) -> tuple[Post, ...]:
        """The newest known public posts of a network that have all these words, at most so many.

        Only those with a name that the account's own server gave: it could not act on others.
        """
        server = urlsplit(self._account.server)
        host = server.hostname or ""
        servers = {network, f"{host}:{server.port}" if server.port else host}
        return await self._store.posts.matching(network, servers, words, limit, self._account.id)

    async def note(self, key: str) -> str:
        """What this account's network wanted remembered under a key; "" for nothing."""
        if key in self._notes:
            return self._notes[key]
        return await self._store.network_notes.get(self._account.id, key)

    async def set_note(self, key: str, value: str) -> None:
        """Remember something over restarts; for as long as the program runs where the store is read only."""
        if self._store.read_only:
            self._notes[key] = value
        else:
            await self._store.network_notes.set(self._account.id, key, value)
