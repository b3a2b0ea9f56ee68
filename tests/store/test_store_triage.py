"""Triage: every move is logged, undo restores, and the log alone tells the table."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storekit import ACCOUNT, MESSAGES, SECOND, START, arrivals, at, message, post, reply_to

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.store import Store

ME = ACCOUNT.id


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


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*Move, "undo", "message", "put", "back", "sent", "refused"]),
        st.sampled_from(["a", "b", conversation_item("c1")]),
        st.sampled_from(["followed up", "blocked", "muted"]),
        st.integers(0, 3),
    ),
    max_size=14,
)


async def step(store: Store, count: int, what: Any, item: str, act: str, choice: int) -> None:
    """Carry one step out, whatever it means in this state."""
    now = at(count)
    if isinstance(what, Move):
        await store.triage.apply(ME, [item], what, until=at(count + 5), act=act, now=now)
    elif what == "undo":
        lines = await store.triage.recent(4)
        if choice < len(lines):
            before = lines[choice].before
            undone = await store.triage.undo(lines[choice].id, now)
            assert undone is None or await store.triage.state(ME, lines[choice].item) == before
    elif what == "message":
        held = await store.triage.state(ME, conversation_item("c1"))
        await store.posts.ingest(MESSAGES, arrivals(message(f"m{count}", minutes=count)), cursor="", now=now)
        if held.how in ("blocked", "muted"):
            assert await store.triage.state(ME, conversation_item("c1")) == held
    elif what == "put":
        move = (Move.ANSWER, Move.FINISH, None, Move.ANSWER)[choice]
        await store.outbox.put(
            reply_to(post("a")), item, material="", held_until=now, move=move, act_words=act, now=now
        )
    else:
        rows = await store.outbox.rows(4)
        if choice < len(rows):
            row = rows[choice]
            if what == "back":
                await store.outbox.take_back(row.id, now)
            elif what == "sent":
                await store.outbox.sent(row.id, "r", now)
            else:
                await store.outbox.refused(row.id, "no", now)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_the_log_replayed_is_the_table(steps: list[tuple[Any, str, str, int]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = await Store.open(Path(folder), clock=lambda: START)
            try:
                for count, (what, item, act, choice) in enumerate(steps):
                    await step(store, count, what, item, act, choice)
                assert await store.triage.replay() == await store.triage.table()
            finally:
                await store.close()

    asyncio.run(run())
