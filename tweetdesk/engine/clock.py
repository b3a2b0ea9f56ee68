"""The clock of the engine: what time it is, and sleeping; a test puts its own in place."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and sleeps."""

    def now(self) -> datetime:
        """The time, aware UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds: between two pieces of work."""

    async def pause(self, seconds: float) -> None:
        """Return after so many seconds: within one piece of work, before a read is tried again."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, aware UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)

    async def pause(self, seconds: float) -> None:
        """Return after so many seconds."""
        await asyncio.sleep(seconds)
