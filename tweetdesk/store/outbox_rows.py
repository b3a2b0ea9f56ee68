"""Rows of the outbox within a transaction: writing them, moving them on, and what that does to their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tweetdesk.domain.outbox import UNSETTLED, Act, ActKind, Draft, OutboxRow, OutboxState, draft_key
from tweetdesk.domain.people import Touch
from tweetdesk.domain.triage import Move
from tweetdesk.store.codec import clean, decode_act, encoded, marks, moment, storable, when
from tweetdesk.store.database import Row, Writer
from tweetdesk.store.drafts import give_back
from tweetdesk.store.ingest import network_of
from tweetdesk.store.people import keep_touches
from tweetdesk.store.triage import apply_moves, undo_move

COLUMNS = (
    "id, act, item, state, created_at, not_before, material, result, why, attempts, item_account, page, "
    "follows, later"
)
PENDING = tuple(state.value for state in UNSETTLED)
_IN_DOUBT = (*PENDING, OutboxState.UNSURE.value)


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
    found = OutboxRow(row[0], decode_act(row[1]), row[2], state, when(row[4]), when(row[5]), *row[6:12])
    return replace(found, follows=row[12], later=bool(row[13]))


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
) -> int:
    """Write a new row; its id. `item_account` has the item ("": the account that acts)."""
    act, item = clean(act), storable(item)
    owner = (item_account or act.account) if item else ""
    values = (
        act.account, item, owner, lane(act), act.kind.value, target_of(act), encoded(act), state.value,
        moment(now), moment(not_before), moment(now), storable(material), storable(page),
    )  # fmt: skip
    return await writer.insert(
        "INSERT INTO outbox (account, item, item_account, lane, kind, target, act, state, created_at, not_before, "
        f"changed_at, material, page) VALUES ({marks(len(values))})",
        values,
    )


async def move_item(
    writer: Writer, row_id: int, move: Move, now: datetime, *, act: str, until: datetime | None = None
) -> None:
    """Move the item of a row, and keep which line of the log did it."""
    row = await row_of(writer, row_id)
    place = [(row.item_account, row.item)]
    applied = await apply_moves(writer, place, move, now, until=until, act=act, outbox=row_id)
    await writer.run("UPDATE outbox SET log = ? WHERE id = ?", (applied[0].id, row_id))


async def row_of(writer: Writer, row_id: int) -> OutboxRow:
    """One row. Raises KeyError."""
    row = await writer.row(f"SELECT {COLUMNS} FROM outbox WHERE id = ?", (row_id,))
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


async def another(writer: Writer, row: OutboxRow) -> bool:
    """Whether another act with a text for the same item is still under way."""
    kinds = [kind.value for kind in ActKind if kind.writes_text]
    return await writer.row(
        f"SELECT 1 FROM outbox WHERE item_account = ? AND item = ? AND id <> ? AND kind IN ({marks(len(kinds))}) "
        f"AND state IN ({marks(len(_IN_DOUBT))})",
        (row.item_account, row.item, row.id, *kinds, *_IN_DOUBT),
    ) is not None  # fmt: skip


async def give_text_back(writer: Writer, row_id: int, now: datetime) -> OutboxRow:
    """After an act that will not happen: its text is a draft again, its item is as it was before."""
    row = await row_of(writer, row_id)
    if row.act.kind.writes_text and row.act.text.strip():
        await give_back(writer, Draft(row.act.account, draft_key(row.act, row.item), row.act, row.act.text, now))
    if not await another(writer, row):
        await as_before(writer, row_id, now)
    return row


async def as_before(writer: Writer, row_id: int, now: datetime) -> None:
    """Take back what a row did to its item: an answer on its way leaves it open, all else as it was before."""
    logged = await writer.row(
        "SELECT l.id, l.move, l.account, l.item FROM outbox o JOIN triage_log l ON l.id = o.log WHERE o.id = ?",
        (row_id,),
    )
    if logged is None:
        return
    if logged[1] == Move.ANSWER:
        await apply_moves(writer, [(logged[2], logged[3])], Move.REFUSED, now)
    else:
        await undo_move(writer, logged[0], now)


async def remember_act(writer: Writer, row: OutboxRow, now: datetime) -> None:
    """The touch of an act that reached somebody. Messages are remembered when the sent message is stored."""
    act = row.act
    if act.person is None or act.kind is ActKind.MESSAGE:
        return
    touch = Touch(now, "ours", act.kind.value, str(act.target) if act.target else "", act.text)
    await keep_touches(writer, act.account, [(network_of(act.account), act.person.id, touch)])
