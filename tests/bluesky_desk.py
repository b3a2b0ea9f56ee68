"""Our account on the sandbox's Bluesky, in process and streaming."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from networkkit import Hand
from replaykit import Clock

from tweetdesk.networks import bluesky
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.bluesky import face
from tweetdesk.sandbox.world import World

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SERVER = "http://localhost"


class Counted:
    """The sandbox's face, which counts the calls of each method that arrive."""

    def __init__(self, world: World) -> None:
        self.calls: list[str] = []
        self._app = face(world)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(scope["path"].rpartition("/")[2])
        await self._app(scope, receive, send)

    def of(self, method: str) -> int:
        """How often a method was called."""
        return self.calls.count(method)


@dataclass
class Desk(Hand):
    """Our account in a small world."""

    network: bluesky.Bluesky
    clock: Clock
    world: World
    transport: AsgiTransport
    app: Counted


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    """The account, logged in, on a clock that stands still."""
    clock = Clock(EPOCH)
    world = World(1, epoch=EPOCH, clock=clock, live_seconds=0)
    app = Counted(world)
    transport = AsgiTransport(app)
    login = await bluesky.log_in(
        SERVER, world.account.handle, world.account.password, transport=transport, clock=clock
    )
    network = bluesky.open(
        login.account, MemoryPlace(login.secret), transport=transport, clock=clock, sleep=clock.sleep
    )
    yield Desk(network, clock, world, transport, app)
    await network.close()
