"""Bursts: tells a text that a terminal pastes key by key from keys that a hand presses.

A terminal without bracketed paste types the clipboard; every letter of it would act.
"""

from __future__ import annotations

import asyncio
from collections import deque
from itertools import islice

from textual import events

#: After a key, so many seconds are given to those that came with it.
TOGETHER = 0.005
#: So many keys at once, so many of them different, no hand presses; a line that stalls hands on fewer.
KEYS, DIFFERENT = 16, 8
#: A paste has ended after so many seconds without a key.
QUIET = 0.15


class Bursts:
    """Hears of every key twice: when it arrives, and when it is about to mean something."""

    def __init__(self) -> None:
        self._arrived: deque[events.Key] = deque()
        self._last: float | None = None

    def arrived(self, key: events.Key) -> None:
        """A key came from the terminal; its turn is not come yet."""
        self._arrived.append(key)

    async def pasted(self, key: events.Key, *, acts: bool, together: float = TOGETHER) -> tuple[bool, bool]:
        """Whether this key is part of a paste, and whether it is the first of it; to be asked in order.

        Only for a key that `acts` the others are waited for, so many seconds.
        """
        self._arrived = deque(islice(self._arrived, self._place(key) + 1, None))
        if self._last is not None and key.time - self._last < QUIET:
            self._last = key.time
            return True, False
        self._last = None
        if acts and len(self._arrived) < KEYS:
            await asyncio.sleep(together)
        at_once = [one.key for one in self._arrived if one.time - key.time < QUIET]
        if acts and len(at_once) >= KEYS and len(set(at_once)) >= DIFFERENT:
            self._last = key.time
            return True, True
        return False, False

    def _place(self, key: events.Key) -> int:
        """Where a key stands among those that arrived; those before it have had their turn."""
        return next((index for index, one in enumerate(self._arrived) if one is key), -1)
