"""An account as the tests of a network have it in hand: what they do with it on every network alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Page, Receipt


@dataclass
class Hand:
    """An account on an open network, and the clock that acts are begun by; who inherits says which network."""

    network: Any
    clock: Callable[[], datetime]

    async def fetch(self, kind: str, words: str = "", cursor: str = "") -> Page:
        """A page of one of the account's sources."""
        page: Page = await self.network.fetch(Source(self.network.account.id, kind, words), cursor)
        return page

    async def newest_mention(self) -> Post:
        """The mention that came in last."""
        page = await self.fetch("mentions")
        return max(page.posts, key=lambda fetched: fetched.at).post

    async def ready(self, kind: ActKind, **more: object) -> tuple[Act, str]:
        """An act with its material, ready to be sent."""
        act = Act(kind, self.network.account.id, **more)  # type: ignore[arg-type]
        return act, await self.network.prepare(act, self.network.begin(act, self.clock(), os.urandom(8)))

    async def do(self, kind: ActKind, **more: object) -> Receipt:
        """Put an act through."""
        receipt: Receipt = await self.network.send(*await self.ready(kind, **more))
        return receipt
