"""The clock of the engine: what time it is, and sleeping; a test puts its own in place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

#: So often, in seconds, a sleep looks at the wall: asyncio's clock stands still while the machine sleeps.
SLICE_SECONDS = 20.0


class Clock(Protocol):
    """Tells the time and sleeps."""

    def now(self) -> datetime:
        """The time, aware UTC."""

    def offset(self) -> int:
        """How many minutes east of UTC the clock on the wall is now."""

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds, those included in which the machine slept: between two pieces of work."""

    async def pause(self, seconds: float) -> None:
        """Return after so many seconds: within one piece of work, before a read is tried again."""


def _wall() -> datetime:
    return datetime.now(UTC)


class SystemClock:
    """The machine's clock."""

    def __init__(
        self,
        wall: Callable[[], datetime] = _wall,
        ticks: Callable[[], float] = time.monotonic,
        rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`ticks` are seconds that go on only while the machine is awake, `rest` sleeps by them."""
        self._wall, self._ticks, self._rest = wall, ticks, rest

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._wall()

    def offset(self) -> int:
        """How many minutes east of UTC the clock on the wall is now, also after the time zone was changed."""
        if hasattr(time, "tzset"):
            time.tzset()
        return round((self._wall().astimezone().utcoffset() or timedelta()) / timedelta(minutes=1))

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds awake, or at the time at which they are over on the wall: the sooner."""
        end, awake = self._wall() + timedelta(seconds=seconds), self._ticks() + seconds
        while True:
            left = min((end - self._wall()).total_seconds(), awake - self._ticks())
            await self._rest(max(0.0, min(left, SLICE_SECONDS)))
            if left <= SLICE_SECONDS:
                return

    async def pause(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)
