"""Busy: counts what is under way, so that tests and `sync --once` can wait until nothing is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Busy:
    """A count of works under way; `idle()` returns when it is zero."""

    def __init__(self) -> None:
        self._count = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self) -> None:
        """One more work is under way."""
        self._count += 1
        self._idle.clear()

    def end(self) -> None:
        """One work less."""
        self._count -= 1
        if self._count == 0:
            self._idle.set()

    @contextmanager
    def work(self) -> Iterator[None]:
        """A work for as long as the block runs."""
        self.begin()
        try:
            yield
        finally:
            self.end()

    async def idle(self) -> None:
        """Return when nothing is under way."""
        while True:
            await self._idle.wait()
            await asyncio.sleep(0)
            if self._count == 0:
                return
