"""Our account on the sandbox's X, in process: every request is held against the OpenAPI document."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from replaykit import Clock
from x_openapi import Checked
from x_replay import MemoryShelf

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks import x
from tweetdesk.networks.base import Files, Page, Receipt
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.ids import iso
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import account_id, face, state_of, token
from tweetdesk.sandbox.x_state import State

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


@dataclass
class Desk:
    """Our account in a small world, with what a store would keep of it."""

    world: World
    clock: Clock
    network: x.X
    shelf: MemoryShelf
    transport: Checked
    cursors: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return state_of(self.world)

    async def fetch(self, kind: str, words: str = "") -> Page:
        """Fetch as a poller does: from the cursor of the last time, into the store."""
        source = Source(self.network.account.id, kind, words)
        page = self.shelf.take(await self.network.fetch(source, self.cursors.get(source.id, "")))
        self.cursors[source.id] = page.cursor
        return page

    async def act(self, kind: ActKind, post: Post | None = None, text: str = "", **more: Any) -> Receipt:
        """Put an act through as a sender does."""
        made = self.made(kind, post, text, **more)
        return await self.network.send(made, await self.ready(made))

    async def ready(self, act: Act, files: Files | None = None) -> str:
        """The material of an act that is ready to be sent."""
        return await self.network.prepare(act, self.network.begin(act, self.clock(), os.urandom(8)), files)

    def made(self, kind: ActKind, post: Post | None = None, text: str = "", **more: Any) -> Act:
        """An act on a post, or of its own."""
        if post is None:
            return Act(kind, self.network.account.id, text=text, **more)
        return Act(
            kind,
            self.network.account.id,
            target=post.ref,
            root=post.reply_root or post.ref,
            person=post.author,
            conversation=post.conversation,
            text=text,
            **more,
        )

    def posts(self) -> list[str]:
        """The texts of our own posts in the world that were made since it began, the oldest first."""
        mine = self.world.people.by_key["ada"].did
        records = [one for one in self.world.records.posts.values() if one.did == mine]
        return [
            one.value["text"]
            for one in sorted(records, key=lambda one: (one.at, one.rkey))
            if one.at >= iso(EPOCH)
        ]


def opened(
    world: World,
    clock: Clock,
    words: str = "tweet",
    shelf: MemoryShelf | None = None,
    secret: dict[str, Any] | None = None,
    key: str = "ada",
) -> Desk:
    """A desk of somebody with a small world."""
    account = Account("x", account_id(world, key), key.partition(".")[0], "http://localhost")
    secret = secret or {"kind": "oauth2", "access_token": token(world, key)}
    transport = Checked(AsgiTransport(face(world)), words)
    shelf = shelf or MemoryShelf(clock)
    network = x.open(
        account,
        MemoryPlace(secret),
        transport=transport,
        clock=clock,
        sleep=clock.sleep,
        shelf=shelf,
        options={"field_names": words},
    )
    return Desk(world, clock, network, shelf, transport)
