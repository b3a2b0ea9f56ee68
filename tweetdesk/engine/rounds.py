"""Rounds: a task that works, sleeps until it is time or somebody wakes it, and works again."""

from __future__ import annotations

import asyncio
import math

from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock


class Rounds:
    """What pollers and senders have alike; who inherits says what a round is.

    From `wake()` until the round after it is over, the task is counted in `busy` as one work under way.
    """

    def __init__(self, busy: Busy, clock: Clock) -> None:
        self._clock = clock
        self._busy, self._counted = busy, False
        self._wanted = asyncio.Event()
        self.wake()

    def wake(self) -> None:
        """Begin a round at once, and one more where one is under way."""
        self._wanted.set()
        self._begin()

    def ended(self) -> None:
        """The task has nothing to do, or has ended."""
        if self._counted:
            self._counted = False
            self._busy.end()

    async def run(self) -> None:
        """Round after round, until cancelled."""
        try:
            while True:
                self._wanted.clear()
                self._begin()
                seconds = await self._round()
                if not self._wanted.is_set():
                    self.ended()
                    await self._sleep(seconds)
        finally:
            self.ended()

    async def _round(self) -> float:
        """Do what there is to do now; the seconds until the next round, infinite where only `wake` begins it."""
        raise NotImplementedError

    def _begin(self) -> None:
        if not self._counted:
            self._counted = True
            self._busy.begin()

    async def _sleep(self, seconds: float) -> None:
        """Sleep until it is time, or somebody wakes us."""
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(self._wanted.wait())}
        if math.isfinite(seconds):
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
