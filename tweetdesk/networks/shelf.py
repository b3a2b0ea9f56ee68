"""The shelf: what a network may know of what this machine has already, so that nothing is paid for twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef


class Shelf(Protocol):
    """What is known on this machine already, so that it is not asked for (and paid for) again."""

    async def posts(self, refs: Sequence[PostRef]) -> Mapping[PostRef, Post]:
        """Those of these posts that are known."""

    async def conversation(self, server: str, conversation: str) -> tuple[Post, ...]:
        """The known posts of a thread, oldest first."""

    async def people(self, network: str, ids: Sequence[str]) -> Mapping[str, Identity]:
        """Those of these people that are known, by id."""

    async def profile(self, who: str) -> tuple[Profile, datetime] | None:
        """A person's profile by id or handle as this account has last seen it, and when."""

    async def matching(self, network: str, words: str, limit: int) -> tuple[Post, ...]:
        """The newest known public posts of a network that have all these words, at most so many."""

    async def note(self, key: str) -> str:
        """What this account's network wanted remembered under a key; "" for nothing."""

    async def set_note(self, key: str, value: str) -> None:
        """Remember something for this account's network, over restarts."""


class EmptyShelf:
    """A shelf with nothing on it but the notes of this run."""

    def __init__(self) -> None:
        self._notes: dict[str, str] = {}

    async def posts(self, refs: Sequence[PostRef]) -> Mapping[PostRef, Post]:
        """None."""
        return {}

    async def conversation(self, server: str, conversation: str) -> tuple[Post, ...]:
        """None."""
        return ()

    async def people(self, network: str, ids: Sequence[str]) -> Mapping[str, Identity]:
        """None."""
        return {}

    async def profile(self, who: str) -> tuple[Profile, datetime] | None:
        """None."""
        return None

    async def matching(self, network: str, words: str, limit: int) -> tuple[Post, ...]:
        """None."""
        return ()

    async def note(self, key: str) -> str:
        """What was noted in this run."""
        return self._notes.get(key, "")

    async def set_note(self, key: str, value: str) -> None:
        """Note it for this run."""
        self._notes[key] = value
