"""Rows of the outbox within a transaction: writing them, moving them on, and what that does to their items."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tweetdesk.domain.outbox import (
    UNSETTLED,
    Act,
    ActKind,
    Draft,
    OutboxRow,
    OutboxState,
    answering,
    as_one,
    kept_at,
)
from tweetdesk.domain.people import Touch
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import Move
from tweetdesk.store.codec import IN_OUTBOX, clean, decode_act, encoded, marks, moment, storable, when
from tweetdesk.store.database import Row, Writer
from tweetdesk.store.drafts import drop_draft, give_back
from tweetdesk.store.ingest import network_of
from tweetdesk.store.people import keep_touches
from tweetdesk.store.triage import apply_moves, undo_move

#: The columns of a row of `outbox o`: the last but three are the items that it (or its thread) has moved.
COLUMNS = (
    "o.id, o.act, o.item, o.state, o.created_at, o.not_before, o.material, o.result, o.why, o.attempts, "
    "o.item_account, o.page, o.follows, o.later, (SELECT json_group_array(DISTINCT l.item) FROM triage_log l "
    "WHERE l.outbox = coalesce(o.thread, o.id)), o.thread, o.part, o.parts"
)
PENDING = tuple(state.value for state in UNSETTLED)
#: What surely has not been sent yet, and may be.
UNSENT = "state IN ('held', 'queued')"

_TEXTS = marks(sum(kind.writes_text for kind in ActKind))


def lane(act: Act) -> str:
    """What has to stay in order: the conversation, thread, person, or the new posts of one account."""
    place = act.conversation or (str(act.root or act.target) if act.root or act.target else "")
    return f"{act.account} {place or (act.person.id if act.person else 'new')}"


def target_of(act: Act) -> str:
    """What an act is found by later: its post, person or conversation."""
    if act.target is not None:
        return str(act.target)
    return act.person.id if act.person else act.conversation


def outbox_row(row: Row) -> OutboxRow:
    """The row of `COLUMNS`."""
    state = OutboxState(row[3])
    found = OutboxRow(row[0], decode_act(row[1]), row[2], state, when(row[4]), when(row[5]), *row[6:13])
    items = tuple(json.loads(row[14])) or ((row[2],) if row[2] else ())
    return replace(found, later=bool(row[13]), items=items, thread=row[15], part=row[16], parts=row[17])


async def insert_row(
    writer: Writer,
    act: Act,
    item: str,
    item_account: str,
    state: OutboxState,
    now: datetime,
    *,
    not_before: datetime,
    material: str = "",
    page: str = "",
    later: bool = False,
) -> int:
    """Write a new row; its id. `item_account` has the item ("": the account that acts)."""
    act, item = clean(act), storable(item)
    owner = (item_account or act.account) if item else ""
    values = (
        act.account, item, owner, lane(act), act.kind.value, target_of(act), encoded(act), state.value,
        moment(now), moment(not_before), moment(now), storable(material), storable(page), later,
    )  # fmt: skip
    return await writer.insert(
        "INSERT INTO outbox (account, item, item_account, lane, kind, target, act, state, created_at, not_before, "
        f"changed_at, material, page, later) VALUES ({marks(len(values))})",
        values,
    )


async def bind_thread(writer: Writer, first: int) -> None:
    """Make all rows from this one on, the newest there are, a thread: in one lane, each after the one before."""
    await writer.run(
        "UPDATE outbox SET thread = ?1, part = id - ?1 + 1, follows = CASE WHEN id > ?1 THEN id - 1 END, "
        "parts = (SELECT count(*) FROM outbox WHERE id >= ?1), lane = (SELECT lane FROM outbox WHERE id = ?1) "
        "WHERE id >= ?1",
        (first,),
    )


async def move_items(
    writer: Writer, row_id: int, items: Sequence[str], move: Move, now: datetime, *, act: str,
    until: datetime | None = None,
) -> None:  # fmt: skip
    """Move the items that go with a row; their lines of the log name it."""
    row = await row_of(writer, row_id)
    places = [(row.item_account, item) for item in items]
    await apply_moves(writer, places, move, now, until=until, act=act, outbox=row_id)


async def row_of(writer: Writer, row_id: int) -> OutboxRow:
    """One row. Raises KeyError."""
    row = await writer.row(f"SELECT {COLUMNS} FROM outbox o WHERE o.id = ?", (row_id,))
    if row is None:
        raise KeyError(row_id)
    return outbox_row(row)


async def change_row(
    writer: Writer, row_id: int, state: OutboxState, now: datetime | None, *, only: str, **values: str
) -> bool:
    """Move a row on, if it stands where `only` (SQL) says; returns whether it did."""
    sets = "".join(f", {name} = ?" for name in values)
    times: Sequence[int] = () if now is None else (moment(now),)
    stamp = ", changed_at = ?" if times else ""
    changed = await writer.rows(
        f"UPDATE outbox SET state = ?{stamp}{sets} WHERE id = ? AND {only} RETURNING id",
        (state.value, *times, *map(storable, values.values()), row_id),
    )
    return bool(changed)


async def stop_thread(writer: Writer, row: OutboxRow, now: datetime) -> list[OutboxRow]:
    """Take back whatever of a row's thread has not been sent; what was stopped, in order."""
    changed = await writer.rows(
        f"UPDATE outbox SET state = ?, changed_at = ? WHERE thread = ? AND {UNSENT} RETURNING id",
        (OutboxState.TAKEN_BACK.value, moment(now), row.thread),
    )
    return [await row_of(writer, row_id) for (row_id,) in sorted(changed)]


async def _elsewhere(writer: Writer, row: OutboxRow, item: str, *, since: bool = False) -> bool:
    """Whether another act with a text for an item of this row is still under way.

    With `since` only what was made after it, or is of its thread.
    """
    kinds = [kind.value for kind in ActKind if kind.writes_text]
    found = await writer.row(
        f"SELECT 1 FROM outbox o WHERE o.{IN_OUTBOX} AND o.state <> 'handed off' AND o.id <> ? "
        f"AND o.kind IN ({_TEXTS}) AND (o.item_account = ? AND o.item = ? OR EXISTS (SELECT 1 FROM triage_log l "
        "WHERE l.outbox = coalesce(o.thread, o.id) AND l.account = ? AND l.item = ?)) "
        "AND (o.id > ? OR o.thread = ?)",
        (row.id, *kinds, row.item_account, item, row.item_account, item, row.id if since else 0, row.thread),
    )
    return found is not None


async def free_items(writer: Writer, row: OutboxRow) -> list[tuple[str, str]]:
    """The items of a row of which no other act with a text is under way."""
    return [(row.item_account, item) for item in row.items if not await _elsewhere(writer, row, item)]


async def give_text_back(writer: Writer, rows: Sequence[OutboxRow], now: datetime) -> OutboxRow:
    """After acts that will not happen, a post or the rest of a thread: their text is a draft again.

    Their items are as they should be: done where a post of the thread was sent, else as they were before. Returns
    the first row, its act being the whole draft.
    """
    first = rows[0]
    whole = replace(first, act=as_one([await _placed(writer, first), *(row.act for row in rows[1:])]))
    if whole.act.kind.writes_text and not whole.act.empty:
        await give_back(writer, draft_of(whole, now))
    if await writer.row("SELECT 1 FROM outbox WHERE thread = ? AND state = 'sent'", (first.thread,)):
        await apply_moves(writer, await free_items(writer, first), Move.SENT, now)
    else:
        await as_before(writer, first, now)
    return whole


async def _placed(writer: Writer, row: OutboxRow) -> Act:
    """The act of a row; where the post that it follows is not known (yet), it takes that one's place."""
    while row.follows is not None and row.act.target is None:
        before = await row_of(writer, row.follows)
        row = replace(before, act=replace(before.act, text=row.act.text, media=row.act.media))
    return row.act


def draft_of(row: OutboxRow, now: datetime) -> Draft:
    """A text that was not sent as a draft; the rest of a thread of new posts is found at the last post sent."""
    return Draft(row.act.account, kept_at(row.act, row.item), row.act, row.act.text, now)


async def aim_next(writer: Writer, row: OutboxRow, post: Post, now: datetime) -> None:
    """Let the thread's next post answer this one, that was just sent; also where it is a draft again by now."""
    found = await writer.row("SELECT id FROM outbox WHERE thread = ? AND part = ?", (row.thread, row.part + 1))
    if found is None:
        return
    after = await row_of(writer, found[0])
    aimed = clean(answering(after.act, post))
    given = draft_of(replace(after, act=await _placed(writer, after)), now)
    await writer.run(
        "UPDATE outbox SET act = ?, target = ? WHERE id = ?", (encoded(aimed), target_of(aimed), after.id)
    )
    if after.state is not OutboxState.TAKEN_BACK:
        return
    draft = await writer.row("SELECT act, text FROM drafts WHERE account = ? AND item = ?",
                             (given.account, storable(given.item)))  # fmt: skip
    if draft is not None and draft[1] == given.text:
        await drop_draft(writer, given.account, given.item)
        more = decode_act(draft[0]).more
        await give_back(writer, draft_of(replace(after, act=replace(aimed, more=more)), now))


async def as_before(writer: Writer, row: OutboxRow, now: datetime) -> None:
    """Take back what a row did to its items: they are as before; after an answer that was refused, open.

    While another answer to one is under way, it is being answered.
    """
    lines = await writer.rows(
        "SELECT id, move, account, item FROM triage_log WHERE outbox = ? ORDER BY id DESC", (row.thread or row.id,)
    )
    for line, move, account, item in lines:
        refused = move == Move.ANSWER and row.state is OutboxState.REFUSED
        if not refused and not await _elsewhere(writer, row, item, since=True):
            await undo_move(writer, line, now)
        if move == Move.ANSWER and not await _elsewhere(writer, row, item):
            await apply_moves(writer, [(account, item)], Move.REFUSED, now)


async def remember_act(writer: Writer, row: OutboxRow, now: datetime) -> None:
    """The touch of an act that reached somebody. Messages are remembered when the sent message is stored."""
    act = row.act
    if act.person is None or act.kind is ActKind.MESSAGE or row.follows is not None:
        return
    touch = Touch(now, "ours", act.kind.value, str(act.target) if act.target else "", act.text)
    await keep_touches(writer, act.account, [(network_of(act.account), act.person.id, touch)])
