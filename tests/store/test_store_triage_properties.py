"""What holds of triage whatever happens, on real files: the log, undo, blocks, bulk acts and dates."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    MENTIONS,
    MESSAGES,
    SECOND,
    START,
    arrivals,
    at,
    message,
    opened,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.outbox import Act, ActKind, OutboxRow
from tweetdesk.domain.posts import Excerpt
from tweetdesk.domain.triage import CONVERSATION_MUTED, Move, Triage, TriageState
from tweetdesk.store.store import Store

OWNER = ACCOUNT.id
TALK = conversation_item("c1")
ITEMS = (str(ref("a")), str(ref("b")), TALK)
WORDS = ("followed up", "blocked", "muted", CONVERSATION_MUTED)
BULK = (Move.FINISH, Move.SNOOZE, Move.WAIT, Move.REOPEN)

thorough = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
some_items = st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True)
offsets = st.sampled_from([None, -720, -300, 0, 60, 120, 345, 840])


def on_a_store(work: Callable[[Store], Awaitable[None]]) -> None:
    """Run something on a fresh store of its own."""

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder)) as store:
                await store.posts.ingest(MENTIONS, arrivals(threaded("a"), threaded("b")), cursor="", now=START)
                await store.posts.ingest(MESSAGES, arrivals(message("m")), cursor="", now=START)
                await work(store)

    asyncio.run(run())


def threaded(name: str, minutes: float = 0) -> Any:
    """A post of the thread, addressed to us."""
    author = BOB if minutes % 2 else ADA
    parent = Excerpt(ref("mine"), ACCOUNT.identity, "ours")
    return post(name, author=author, minutes=minutes, conversation="t", parent=parent)


async def put(store: Store, kind: ActKind, item: str, words: str, count: int) -> OutboxRow:
    """An act on an item goes into the outbox."""
    moves = {ActKind.REPLY: Move.ANSWER, ActKind.REPOST: Move.FINISH}
    act = reply_to(post("a")) if kind is ActKind.REPLY else Act(kind, OWNER, target=ref("a"), person=ADA)
    return await store.outbox.put(
        act,
        item,
        material="",
        held_until=at(count),
        move=moves.get(kind, Move.ACT),
        act_words=words,
        now=at(count),
    )


STEPS = st.lists(
    st.tuples(
        st.sampled_from([*Move, "undo", "undo batch", "undo act", "message", "post", "due", ActKind.REPLY,
                         ActKind.REPOST, ActKind.LIKE, "back", "sent", "refused"]),
        some_items,
        st.sampled_from(WORDS),
        st.integers(0, 3),
    ),
    max_size=14,
)  # fmt: skip


async def step(store: Store, count: int, what: Any, items: list[str], words: str, choice: int) -> None:
    """Carry one step out, whatever it means in this state."""
    now = at(count)
    if isinstance(what, Move):
        until, offset = at(count + 5), (None, 0, 60, -60)[choice]
        await store.triage.apply(OWNER, items, what, until=until, offset=offset, act=words, now=now)
    elif isinstance(what, ActKind):
        await put(store, what, items[0], words, count)
    elif what == "message":
        await store.posts.ingest(MESSAGES, arrivals(message(f"m{count}", minutes=count)), cursor="", now=now)
    elif what == "post":
        await store.posts.ingest(MENTIONS, arrivals(threaded(f"p{count}", count)), cursor="", now=now)
    elif what == "due":
        await store.triage.due(at(count + choice * 10), (0, 60, -60, 840)[choice])
    elif what in ("undo", "undo batch"):
        lines = await store.triage.recent(4)
        if choice < len(lines):
            line = lines[choice]
            if what == "undo batch":
                await store.triage.undo_batch(line.batch, now)
            elif await store.triage.undo(line.id, now) and line.before != line.after:
                assert await store.triage.state(line.account, line.item) == line.before
    else:
        rows = await store.outbox.rows(4)
        if choice < len(rows):
            row = rows[choice].id
            if what == "back":
                await store.outbox.take_back(row, now)
            elif what == "undo act":
                await store.triage.undo_act(row, now)
            elif what == "sent":
                await store.outbox.sent(row, "r", now)
            else:
                await store.outbox.refused(row, "no", now)


@thorough
@given(STEPS)
def test_the_log_replayed_is_the_table(steps: list[tuple[Any, list[str], str, int]]) -> None:
    async def work(store: Store) -> None:
        for count, (what, items, words, choice) in enumerate(steps):
            await step(store, count, what, items, words, choice)
            assert await store.triage.replay() == await store.triage.table()
        for (account, item), state in (await store.triage.table()).items():
            lines = await store.triage.log(account, item)
            assert all(one.after == other.before for one, other in pairwise(lines))
            assert lines[-1].after == state

    on_a_store(work)


@thorough
@given(STEPS, st.sampled_from(ITEMS))
def test_nothing_but_undo_or_unblock_leads_out_of_a_block(
    steps: list[tuple[Any, list[str], str, int]], item: str
) -> None:
    async def work(store: Store) -> None:
        await store.triage.apply(OWNER, [item], Move.FINISH, act="blocked", now=START)
        for count, (what, items, words, choice) in enumerate(steps):
            if what not in (Move.UNBLOCK, "undo", "undo batch"):
                await step(store, count, what, items, words, choice)
            assert await store.triage.state(OWNER, item) == Triage(TriageState.DONE, None, "blocked")

    on_a_store(work)


DECISIONS = st.lists(
    st.tuples(
        st.sampled_from([*BULK, Move.SCREEN, ActKind.REPLY, ActKind.REPOST, ActKind.LIKE]),
        some_items,
        st.sampled_from(WORDS),
        offsets,
    ),
    min_size=1,
    max_size=10,
)


@thorough
@given(DECISIONS, DECISIONS)
def test_undo_goes_back_act_by_act_to_exactly_what_was(
    before: list[tuple[Any, list[str], str, int | None]], later: list[tuple[Any, list[str], str, int | None]]
) -> None:
    async def carry_out(store: Store, count: int, decision: tuple[Any, list[str], str, int | None]) -> bool:
        what, items, words, offset = decision
        if isinstance(what, ActKind):
            await put(store, what, items[0], words, count)
            return True
        places = [(account, item) for item in items for account in (OWNER, SECOND.id)]
        return bool(
            await store.triage.apply_all(
                places, what, until=at(count + 50), offset=offset, act=words, now=at(count)
            )
        )

    async def work(store: Store) -> None:
        for count, decision in enumerate(before):
            await carry_out(store, count, decision)
        snapshots = []
        for count, decision in enumerate(later, len(before)):
            snapshot = await store.triage.table()
            if await carry_out(store, count, decision):
                snapshots.append(snapshot)
        for snapshot in reversed(snapshots):
            [batch] = await store.triage.last_undoable(1)
            if (row := batch[0].outbox) is not None:
                await store.outbox.take_back(row, at(99))
            else:
                assert len(await store.triage.undo_batch(batch[0].batch, at(99))) == len(batch)
            assert await store.triage.table() == snapshot

    on_a_store(work)


@thorough
@given(st.sampled_from(BULK), st.integers(0, 4), st.lists(st.booleans(), max_size=4))
def test_a_bulk_act_reaches_nothing_that_arrived_later(move: Move, loaded: int, interleaved: list[bool]) -> None:
    async def work(store: Store) -> None:
        names = [f"p{number}" for number in range(loaded)]
        posts = [post(name, minutes=number) for number, name in enumerate(names)]
        await store.posts.ingest(MENTIONS, arrivals(*posts), cursor="", now=START)
        seen = [str(ref(name)) for name in names]
        late = []
        for number, same_thread in enumerate(interleaved):
            one = (
                threaded(f"late{number}", number + 10)
                if same_thread
                else post(f"late{number}", minutes=number + 10)
            )
            await store.posts.ingest(MENTIONS, arrivals(one), cursor="", now=at(number + 10))
            late.append(str(one.ref))
        before = {item: await store.triage.state(OWNER, item) for item in (*late, *ITEMS)}
        lines = await store.triage.apply(OWNER, seen, move, until=at(99), act="followed up", now=at(20))
        assert {line.item for line in lines} <= set(seen)
        assert {item: await store.triage.state(OWNER, item) for item in (*late, *ITEMS)} == before

    on_a_store(work)


LOOKS = st.lists(st.tuples(st.integers(-3000, 6000), st.sampled_from([-720, -60, 0, 60, 120, 840])), max_size=12)


@thorough
@given(st.lists(st.tuples(st.integers(-500, 3000), offsets), min_size=1, max_size=6), LOOKS)
def test_a_date_comes_once_whatever_the_clock_does(
    dates: list[tuple[int, int | None]], looks: list[tuple[int, int]]
) -> None:
    """`looks` are the minutes and the offset of the clock on the wall at each look, in any order."""

    async def work(store: Store) -> None:
        for number, (minutes, offset) in enumerate(dates):
            move = Move.WAIT if number % 2 else Move.SNOOZE
            await store.triage.apply(
                OWNER, [f"bluesky {number}"], move, until=at(minutes), offset=offset, now=at(-600)
            )
        came: list[str] = []
        for minutes, wall in [*looks, (9000, 0)]:
            now = at(minutes)
            shown = {
                f"bluesky {number}"
                for number, (date, offset) in enumerate(dates)
                if date + (0 if offset is None else offset - wall) <= minutes
            }
            soonest = await store.triage.next_due(wall)
            lines = await store.triage.due(now, wall)
            assert {line.item for line in lines} == shown - set(came)
            assert (soonest is not None and soonest <= now) == bool(lines)
            came += [line.item for line in lines]
            assert all(line.after.how for line in lines)
        assert sorted(came) == sorted(f"bluesky {number}" for number in range(len(dates)))
        assert await store.triage.next_due(0) is None
        assert await store.triage.due(now + timedelta(days=400), 0) == []

    on_a_store(work)
