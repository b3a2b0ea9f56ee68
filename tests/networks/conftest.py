"""Fixtures of the tests of X, in both of its vocabularies; the tests of the other networks have their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from replaykit import Clock
from x_desk import EPOCH, Desk, opened

from tweetdesk.sandbox.world import World


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when it is told to."""
    return Clock(EPOCH)


@pytest.fixture
def world(clock: Clock) -> World:
    """A small world by that clock."""
    return World(clock=clock, seed=7)


@pytest.fixture(params=["tweet", "post"])
async def desk(request: pytest.FixtureRequest, world: World, clock: Clock) -> AsyncIterator[Desk]:
    """Our account in that world."""
    made = opened(world, clock, request.param)
    yield made
    await made.network.close()
