"""What asking a network uses up: requests, resources read and money, counted where it happens for whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: Micro-dollars in a dollar: money is counted in whole micro-dollars.
DOLLAR = 1_000_000


@dataclass(slots=True)
class Tally:
    """What was used between two moments; `allowance` is how much money may be (micro-dollars, None: any)."""

    requests: int = 0
    resources: int = 0
    micros: int = 0
    allowance: int | None = None

    @property
    def left(self) -> int | None:
        """What remains of the allowance; None where there is none."""
        return None if self.allowance is None else max(0, self.allowance - self.micros)


_current: ContextVar[Tally | None] = ContextVar("tally", default=None)


@contextmanager
def tally(allowance: int | None = None) -> Iterator[Tally]:
    """Count what is used inside, by this task and by those that it starts meanwhile."""
    counted = Tally(allowance=allowance)
    token = _current.set(counted)
    try:
        yield counted
    finally:
        _current.reset(token)


def count(*, requests: int = 0, resources: int = 0, micros: int = 0) -> None:
    """Add to the tally that runs, if one does."""
    counted = _current.get()
    if counted is not None:
        counted.requests += requests
        counted.resources += resources
        counted.micros += micros


def money_left() -> int | None:
    """What the running tally still allows (micro-dollars); None where nothing limits it."""
    counted = _current.get()
    return None if counted is None else counted.left
