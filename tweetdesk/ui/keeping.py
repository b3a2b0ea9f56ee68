"""Keeping what is being written: saved shortly after each change, in order, and tried again after trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from tweetdesk.store.errors import StoreTrouble

T = TypeVar("T")

#: How long after the last change it is saved, in seconds.
SAVE_AFTER = 0.25


class Keeper(Generic[T]):
    """Saves one draft. Its tasks are its own, so that no closing screen cancels a save that has begun."""

    def __init__(
        self,
        draft: T,
        save: Callable[[T], Awaitable[None]],
        tell: Callable[[str], None],
        save_after: float = SAVE_AFTER,
    ) -> None:
        """`draft` is what is saved already; `tell` gets a sentence when a save failed, "" when one succeeded."""
        self._saved = self._draft = draft
        self._save, self._tell, self._save_after = save, tell, save_after
        self._lock = asyncio.Lock()
        self._stopped = False
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[bool]] = set()

    @property
    def saved(self) -> bool:
        """Whether the store has it as it is now."""
        return self._saved == self._draft

    def changed(self, draft: T) -> None:
        """The draft is this now: it will be saved soon."""
        self._draft = draft
        self._stop_timer()
        if not self.saved:
            self._timer = asyncio.get_running_loop().call_later(self._save_after, self.save_now)

    def save_now(self) -> None:
        """Begin to save without waiting for it."""
        task = asyncio.get_running_loop().create_task(self.flush(), name="save draft")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self) -> bool:
        """Save what is not saved; whether the store has it now."""
        self._stop_timer()
        async with self._lock:
            while not (self.saved or self._stopped):
                draft = self._draft
                try:
                    await self._save(draft)
                except StoreTrouble as trouble:
                    self._tell(str(trouble))
                    return False
                self._saved = draft
                self._tell("")
        return True

    async def stop(self) -> None:
        """Save nothing more; returns when a save that has begun has ended."""
        self._stopped = True
        self._stop_timer()
        async with self._lock:
            return

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
