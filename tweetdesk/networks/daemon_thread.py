"""A job that may never end, in a thread that the program does not wait for, neither now nor when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

_T = TypeVar("_T")


class Failed(Exception):
    """The job raised what is this exception's cause."""


class _Handover:
    """Takes whatever is raised inside it, to hand it on from one thread to another."""

    error: BaseException | None = None

    def __enter__(self) -> _Handover:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return True


async def in_daemon_thread(job: Callable[[], _T], seconds: float, name: str) -> _T:
    """The result of a job in a thread of its own, which is left behind if it takes longer than so many seconds.

    Raises TimeoutError, and Failed from what the job raised.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_T] = loop.create_future()

    def finish(results: list[_T], error: BaseException | None) -> None:
        if done.done():
            return
        if results:
            done.set_result(results[0])
        else:
            failed = Failed()
            failed.__cause__ = error
            done.set_exception(failed)

    def run() -> None:
        results: list[_T] = []
        with _Handover() as handover:
            results.append(job())
        with contextlib.suppress(RuntimeError):  # nobody waits any more: the loop is closed
            loop.call_soon_threadsafe(finish, results, handover.error)

    threading.Thread(target=run, name=name, daemon=True).start()
    async with asyncio.timeout(seconds):
        return await done
