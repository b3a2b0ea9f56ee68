"""Triage: every move is logged, undo restores, and the log alone tells the table."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from storekit import ACCOUNT, ADA, MESSAGES, SECOND, arrivals, at, message, post

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.store import Store

ME = ACCOUNT.id


def minutes_east(moment: datetime) -> int:
    """How many minutes east of UTC the clock is that shows this."""
    return round((moment.utcoffset() or timedelta()) / timedelta(minutes=1))


async def test_an_item_without_a_row_is_open(store: Store) -> None:
    assert await store.triage.state(ME, "nothing") == Triage()
    assert await store.triage.replay() == {}


async def test_a_move_is_logged_with_before_and_after(store: Store) -> None:
    [first] = await store.triage.apply(ME, ["a"], Move.SNOOZE, until=at(30), now=at(1))
    [second] = await store.triage.apply(ME, ["a"], Move.FINISH, act="followed up", now=at(2))
    assert first.before == Triage()
    assert first.after == second.before == Triage(TriageState.SNOOZED, at(30))
    assert second.after == await store.triage.state(ME, "a") == Triage(TriageState.DONE, None, "followed up")
    assert await store.triage.log(ME, "a") == [first, second]
    assert (first.at, second.move, second.act) == (at(1), Move.FINISH, "followed up")
    assert await store.triage.state(SECOND.id, "a") == Triage()


async def test_a_move_that_changes_nothing_is_not_logged(store: Store) -> None:
    assert await store.triage.apply(ME, ["a"], Move.REOPEN, now=at(1)) == []
    assert await store.triage.apply(ME, [], Move.FINISH, now=at(1)) == []
    assert await store.triage.recent() == []


async def test_a_date_is_needed_and_nothing_is_half_done(store: Store) -> None:
    with pytest.raises(ValueError, match="needs a time"):
        await store.triage.apply(ME, ["a", "b"], Move.SNOOZE, now=at(1))
    with pytest.raises(ValueError, match="time zone"):
        await store.triage.apply(ME, ["a"], Move.SNOOZE, until=datetime(2026, 1, 1), now=at(1))
    assert await store.triage.table() == {}


async def test_undo_restores_and_is_logged(store: Store) -> None:
    [snoozed] = await store.triage.apply(ME, ["a"], Move.SNOOZE, until=at(30), now=at(1))
    [done] = await store.triage.apply(ME, ["a"], Move.FINISH, act="followed up", now=at(2))
    assert await store.triage.last_undoable(5) == [[done]]
    back = await store.triage.undo(done.id, at(3))
    assert back is not None
    assert (back.after, back.undoes) == (snoozed.after, done.id)
    assert await store.triage.state(ME, "a") == snoozed.after
    # The one before can be undone now; the same one cannot be undone twice.
    assert await store.triage.last_undoable(5) == [[snoozed]]
    assert await store.triage.undo(done.id, at(4)) is None
    assert await store.triage.undo(snoozed.id, at(4)) is not None
    assert await store.triage.state(ME, "a") == Triage()
    assert await store.triage.last_undoable(5) == []
    assert await store.triage.undo(99, at(5)) is None
    assert len(await store.triage.log(ME, "a")) == 4


async def test_what_has_moved_on_is_not_undone(store: Store) -> None:
    item = conversation_item("c1")
    await store.posts.ingest(MESSAGES, arrivals(message("m1")), cursor="", now=at(1))
    [done] = await store.triage.apply(ME, [item], Move.FINISH, act="followed up", now=at(2))
    await store.posts.ingest(MESSAGES, arrivals(message("m2", minutes=3)), cursor="", now=at(4))
    assert await store.triage.undo(done.id, at(5)) is None
    assert await store.triage.state(ME, item) == Triage(how="they wrote again")
    assert await store.triage.last_undoable(5) == []


async def test_one_act_on_several_items_is_one_batch(store: Store) -> None:
    lines = await store.triage.apply(ME, ["a", "b", "a", "c"], Move.FINISH, act="followed up", now=at(1))
    assert [line.item for line in lines] == ["a", "b", "c"]
    assert {line.batch for line in lines} == {lines[0].id}
    [other] = await store.triage.apply(ME, ["d"], Move.FINISH, act="followed up", now=at(1))
    assert other.batch == other.id
    assert [line.batch for line in await store.triage.recent(4)] == [other.id] + [lines[0].id] * 3


async def test_what_is_due_comes_back(store: Store) -> None:
    await store.triage.apply(ME, ["late"], Move.SNOOZE, until=at(30), now=at(0))
    await store.triage.apply(ME, ["soon"], Move.WAIT, until=at(10), now=at(0))
    assert await store.triage.next_due() == at(10)
    assert await store.triage.due(at(9)) == []
    assert [line.item for line in await store.triage.due(at(10))] == ["soon"]
    assert await store.triage.state(ME, "soon") == Triage(how="10 minutes of silence")
    assert [line.item for line in await store.triage.due(at(500))] == ["late"]
    assert await store.triage.next_due() is None


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),  # the clocks go forward in the night before
        ("Europe/Berlin", date(2026, 10, 25)),  # and back
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
        ("Asia/Tokyo", date(2026, 6, 1)),
    ],
)
async def test_nine_in_the_morning_is_nine_also_where_the_clocks_are_changed(
    store: Store, zone: str, day: date
) -> None:
    here = ZoneInfo(zone)
    nine = datetime.combine(day, time(9), here)
    chosen = datetime.combine(day - timedelta(days=1), time(15), here).astimezone(UTC)
    await store.triage.apply(ME, ["a"], Move.SNOOZE, until=nine, offset=minutes_east(nine), now=chosen)
    now, shown = chosen, None
    while shown is None:
        now += timedelta(minutes=10)
        local = now.astimezone(here)
        if await store.triage.due(now, minutes_east(local)):
            shown = local
        else:
            assert await store.triage.next_due(minutes_east(local)) > now
    assert (shown.date(), shown.time()) == (day, time(9))


async def test_a_time_that_the_clock_skips_or_shows_twice_comes_once(store: Store) -> None:
    here = ZoneInfo("Europe/Berlin")
    for item, day, shown in (("skipped", date(2026, 3, 29), time(3)), ("twice", date(2026, 10, 25), time(2, 30))):
        half_past_two = datetime.combine(day, time(2, 30), here)
        now = datetime.combine(day, time(0), here).astimezone(UTC)
        await store.triage.apply(
            ME, [item], Move.SNOOZE, until=half_past_two, offset=minutes_east(half_past_two), now=now
        )
        came = []
        for _ in range(30):
            now += timedelta(minutes=10)
            local = now.astimezone(here)
            came += [local.time() for _ in await store.triage.due(now, minutes_east(local))]
        assert came == [shown]


async def test_a_traveller_who_is_home_again_has_the_hour_of_home(store: Store) -> None:
    await store.triage.apply(ME, ["a"], Move.SNOOZE, until=at(600), offset=120, now=at(0))
    assert await store.triage.next_due(120) == at(600)
    assert await store.triage.next_due(-300) == at(1020)
    assert await store.triage.due(at(700), -300) == []
    assert [line.item for line in await store.triage.due(at(700), 120)] == ["a"]


async def test_several_accounts_are_one_batch_and_go_back_as_one(store: Store) -> None:
    places = [(ME, "a"), (SECOND.id, "a"), (ME, "b")]
    lines = await store.triage.apply_all(places, Move.FINISH, act="followed up", now=at(1))
    assert {line.batch for line in lines} == {lines[0].id}
    await store.triage.apply(ME, ["b"], Move.REOPEN, now=at(2))
    # What has moved on since is left as it is.
    assert [[line.item for line in batch] for batch in await store.triage.last_undoable()] == [["b"], ["a", "a"]]
    back = await store.triage.undo_batch(lines[0].batch, at(3))
    assert [(line.account, line.item) for line in back] == [(SECOND.id, "a"), (ME, "a")]
    assert {line.batch for line in back} == {back[0].id}
    assert await store.triage.undo_batch(lines[0].batch, at(4)) == []
    assert await store.triage.undo_batch(999, at(4)) == []
    assert [batch[0].item for batch in await store.triage.last_undoable(before=lines[0].batch)] == []


async def test_an_act_that_changed_nothing_is_taken_back_once_and_leaves_later_decisions(store: Store) -> None:
    like = Act(ActKind.LIKE, ME, target=post("a").ref, person=ADA)
    row = await store.outbox.put(
        like, "a", material="", held_until=at(9), move=Move.ACT, act_words="liked", now=at(1)
    )
    [snoozed] = await store.triage.apply(ME, ["a"], Move.SNOOZE, until=at(30), now=at(2))
    assert [batch[0].act for batch in await store.triage.last_undoable()] == ["", "liked"]
    await store.outbox.take_back(row.id, at(3))
    assert await store.triage.last_undoable() == [[snoozed]]
    assert await store.triage.undo_act(row.id, at(4)) == []
    assert await store.triage.state(ME, "a") == snoozed.after
    assert await store.triage.undo(snoozed.id, at(5)) is not None
    assert await store.triage.table() == await store.triage.replay() == {}
