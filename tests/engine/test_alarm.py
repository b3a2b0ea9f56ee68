"""The alarm: what was put off comes when a person would expect it, whatever clock and time zone do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from deskkit import Desk, sandbox_desk

from tweetdesk.domain.events import Event, TriageChanged
from tweetdesk.domain.triage import Move
from tweetdesk.engine.engine import ALARM_SECONDS

ITEM = "bluesky at://somebody/post"


async def snooze(desk: Desk, hours: float, offset: int | None = 0) -> None:
    """Put the item off for so many hours, by a clock on the wall so many minutes east, or by none."""
    now = desk.clock.now()
    until = now + timedelta(hours=hours)
    await desk.store.triage.apply(desk.account.id, [ITEM], Move.SNOOZE, until=until, offset=offset, now=now)


async def after_a_jump(desk: Desk, hours: float) -> str:
    """Where the item stands at the next look after the clock has jumped."""
    desk.clock.jump(desk.clock.now() + timedelta(hours=hours))
    await desk.later(ALARM_SECONDS)
    return str((await desk.store.triage.state(desk.account.id, ITEM)).state)


async def test_after_a_night_of_the_machine_it_comes_at_the_next_look(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        await snooze(desk, 8)
        assert await after_a_jump(desk, 9) == "open"
        assert (await desk.store.triage.state(desk.account.id, ITEM)).how == "you said 17:00"
        await desk.later(100)
        assert heard == [TriageChanged(desk.account.id, frozenset({ITEM}))]


async def test_a_clock_that_is_put_back_brings_nothing_twice(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await snooze(desk, 1)
        assert await after_a_jump(desk, -5) == "snoozed"
        assert await after_a_jump(desk, 7) == "open"
        assert await after_a_jump(desk, -7) == "open"
        assert await after_a_jump(desk, 7) == "open"
        moves = [line.move for line in await desk.store.triage.log(desk.account.id, ITEM)]
        assert moves == [Move.SNOOZE, Move.DUE]


async def test_a_traveller_has_nine_in_the_morning_where_they_are(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await snooze(desk, 2)
        desk.clock.minutes_east = -180  # three hours to the west
        assert await after_a_jump(desk, 3) == "snoozed"
        assert await after_a_jump(desk, 2) == "open"
        await snooze(desk, 5, -180)
        desk.clock.minutes_east = 120  # and five to the east: the clock on the wall has passed it
        assert await after_a_jump(desk, 0) == "open"


async def test_a_moment_does_not_travel(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await snooze(desk, 2, None)
        desk.clock.minutes_east = 600
        assert await after_a_jump(desk, 1) == "snoozed"
        desk.clock.minutes_east = -600
        assert await after_a_jump(desk, 1) == "open"
