"""The machine's clock: sleeping over a night of the machine, clocks that are set, and the time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tweetdesk.engine.clock import SLICE_SECONDS, SystemClock

START = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)


class Machine:
    """A wall clock, and seconds awake; after so many of these the wall jumps by `jump`."""

    def __init__(self, awake: float, jump: timedelta) -> None:
        self.wall, self.ticks = START, 0.0
        self._left, self._jump = awake, jump
        self.clock = SystemClock(lambda: self.wall, lambda: self.ticks, self.rest)

    async def rest(self, seconds: float) -> None:
        """Let so many seconds go by awake."""
        self.ticks += seconds
        self.wall += timedelta(seconds=seconds)
        if 0 <= self._left < self.ticks:
            self._left = -1
            self.wall += self._jump


@pytest.mark.parametrize("seconds", [0.0, 1.5, SLICE_SECONDS, 3600.0])
async def test_a_sleep_ends_in_time(seconds: float) -> None:
    machine = Machine(-1, timedelta())
    await machine.clock.sleep(seconds)
    assert machine.ticks == pytest.approx(seconds)
    assert machine.clock.now() == START + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [30.0, 3600.0, 8 * 3600.0])
async def test_after_a_night_of_the_machine_it_ends_at_the_next_look(seconds: float) -> None:
    machine = Machine(5, timedelta(hours=9))
    await machine.clock.sleep(seconds)
    assert machine.ticks <= 5 + SLICE_SECONDS


async def test_a_clock_that_is_put_back_makes_no_sleep_longer() -> None:
    machine = Machine(5, -timedelta(hours=1))
    await machine.clock.sleep(300)
    assert machine.ticks == pytest.approx(300)


@pytest.fixture
def zones() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    time.tzset()


@pytest.mark.parametrize(
    ("zone", "when", "minutes"),
    [
        ("UTC", START, 0),
        ("Europe/Berlin", START, 120),
        ("Europe/Berlin", START.replace(month=12), 60),
        ("Asia/Kathmandu", START, 345),
        ("America/New_York", START, -240),
    ],
)
def test_it_knows_the_time_zone_without_being_started_again(
    zones: pytest.MonkeyPatch, zone: str, when: datetime, minutes: int
) -> None:
    clock = SystemClock(lambda: when)
    zones.setenv("TZ", "Pacific/Auckland")
    assert clock.offset() in (720, 780)
    zones.setenv("TZ", zone)
    assert clock.offset() == minutes
