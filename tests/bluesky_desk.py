"""Our account on the sandbox's Bluesky, in process and streaming."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from networkkit import Counted, SandboxHand
from replaykit import Clock

from tweetdesk.networks import bluesky
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.bluesky import face
from tweetdesk.sandbox.world import World

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SERVER = "http://localhost"


@dataclass
class Desk(SandboxHand):
    """Our account in a small world."""

    network: bluesky.Bluesky
    transport: AsgiTransport


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    """The account, logged in, on a clock that stands still."""
    clock = Clock(EPOCH)
    world = World(1, epoch=EPOCH, clock=clock, live_seconds=0)
    app = Counted(face(world), lambda scope: str(scope["path"]).rpartition("/")[2])
    transport = AsgiTransport(app)
    login = await bluesky.log_in(
        SERVER, world.account.handle, world.account.password, transport=transport, clock=clock
    )
    network = bluesky.open(
        login.account, MemoryPlace(login.secret), transport=transport, clock=clock, sleep=clock.sleep
    )
    yield Desk(network, clock, world, app, transport)
    await network.close()
