"""What was decided about each item, with a log of every move that changed something."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.domain.triage import move as moved
from tweetdesk.store.codec import moment, pairs, perhaps_moment, perhaps_when, storable, when
from tweetdesk.store.database import Database, Row, Writer

#: Moves that a key press makes; news from the outbox, the network and the clock are not for undoing.
BY_HAND = (Move.FINISH, Move.SNOOZE, Move.WAIT, Move.REOPEN, Move.SCREEN, Move.LET_IN, Move.ANSWER,
           Move.HAND_OFF)  # fmt: skip

_COLUMNS = (
    "id, batch, at, account, item, move, act, before_state, before_until, before_how, "
    "after_state, after_until, after_how, undoes, outbox"
)

#: A line of the log that neither takes another back nor was taken back itself.
_STANDING = "{0}.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM triage_log u WHERE u.undoes = {0}.id)"


@dataclass(frozen=True, slots=True)
class Applied:
    """One line of the log: the item before and after a move.

    `batch` is the same for all items of one act. `undoes` is the line that this one took back. `outbox` is the
    row of the act that was put into the outbox together with this decision.
    """

    id: int
    batch: int
    at: datetime
    account: str
    item: str
    move: Move
    act: str
    before: Triage
    after: Triage
    undoes: int | None = None
    outbox: int | None = None


class TriageTable:
    """The states of all items; an item without a row is open."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def state(self, account: str, item: str) -> Triage:
        """Where an item stands."""
        row = await self._database.read_row(
            "SELECT state, until, how FROM triage WHERE account = ? AND item = ?", (account, item)
        )
        return _triage(row) if row else Triage()

    async def apply(
        self,
        account: str,
        items: Sequence[str],
        move: Move,
        *,
        until: datetime | None = None,
        act: str = "",
        now: datetime,
    ) -> list[Applied]:
        """Move items of one account, in one transaction with the log; returns those that changed.

        `until` is needed by SNOOZE, WAIT and HAND_OFF (ValueError without it); `act` names what finished them.
        """
        async with self._database.write(durable=True) as writer:
            return await apply_moves(writer, [(account, item) for item in items], move, now, until=until, act=act)

    async def undo(self, log_id: int, now: datetime) -> Applied | None:
        """Put an item back to what it was before a line of the log; None if it has moved on since."""
        async with self._database.write(durable=True) as writer:
            return await undo_move(writer, log_id, now)

    async def last_undoable(self, limit: int = 20) -> list[Applied]:
        """The newest moves by hand that can be undone, newest first: their items have not moved since."""
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM triage_log l WHERE {_STANDING.format('l')} "
            f"AND l.move IN ({','.join(repr(move.value) for move in BY_HAND)}) "
            "AND NOT EXISTS (SELECT 1 FROM triage_log n WHERE n.account = l.account AND n.item = l.item "
            f"AND n.id > l.id AND {_STANDING.format('n')}) ORDER BY l.id DESC LIMIT ?",
            (limit,),
        )
        return [_applied(row) for row in rows]

    async def log(self, account: str, item: str) -> list[Applied]:
        """All that happened to an item, oldest first."""
        rows = await self._database.read(
            f"SELECT {_COLUMNS} FROM triage_log WHERE account = ? AND item = ? ORDER BY id", (account, item)
        )
        return [_applied(row) for row in rows]

    async def recent(self, limit: int = 100) -> list[Applied]:
        """The newest lines of the log over all items, newest first."""
        rows = await self._database.read(f"SELECT {_COLUMNS} FROM triage_log ORDER BY id DESC LIMIT ?", (limit,))
        return [_applied(row) for row in rows]

    async def due(self, now: datetime) -> list[Applied]:
        """Open the snoozed and waiting items whose date has come; returns what was moved."""
        async with self._database.write(durable=True) as writer:
            rows = await writer.rows(
                "SELECT account, item FROM triage WHERE until IS NOT NULL AND until <= ? ORDER BY until, id",
                (moment(now),),
            )
            return await apply_moves(writer, [(row[0], row[1]) for row in rows], Move.DUE, now)

    async def next_due(self) -> datetime | None:
        """When the next snoozed or waiting item comes back."""
        row = await self._database.read_row("SELECT min(until) FROM triage WHERE until IS NOT NULL")
        return perhaps_when(row[0]) if row else None

    async def replay(self) -> dict[tuple[str, str], Triage]:
        """The states that the log alone tells, by (account, item); what is not in it is open.

        Equal to the table (tests hold this): the log is complete.
        """
        rows = await self._database.read(f"SELECT {_COLUMNS} FROM triage_log ORDER BY id")
        states: dict[tuple[str, str], Triage] = {}
        for line in map(_applied, rows):
            states[line.account, line.item] = line.after
        return {place: state for place, state in states.items() if state != Triage()}

    async def table(self) -> dict[tuple[str, str], Triage]:
        """The states of all items that are not simply open, by (account, item)."""
        rows = await self._database.read(
            "SELECT state, until, how, account, item FROM triage WHERE state <> 'open' OR how <> ''"
        )
        return {(row[3], row[4]): _triage(row) for row in rows}


def _triage(row: Sequence[object]) -> Triage:
    state, until, how = row[:3]
    return Triage(TriageState(str(state)), perhaps_when(until if isinstance(until, int) else None), str(how))


def _applied(row: Row) -> Applied:
    return Applied(
        id=row[0],
        batch=row[1],
        at=when(row[2]),
        account=row[3],
        item=row[4],
        move=Move(row[5]),
        act=row[6],
        before=_triage(row[7:10]),
        after=_triage(row[10:13]),
        undoes=row[13],
        outbox=row[14],
    )


async def ensure_items(
    writer: Writer, items: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, Triage]]:
    """The row id and the state of items, by (account, item); new ones begin open."""
    wanted = list(dict.fromkeys(items))
    await writer.many("INSERT OR IGNORE INTO triage (account, item) VALUES (?, ?)", wanted)
    found: dict[tuple[str, str], tuple[int, Triage]] = {}
    for start in range(0, len(wanted), 400):
        part = wanted[start : start + 400]
        rows = await writer.rows(
            f"WITH wanted (account, item) AS (VALUES {pairs(len(part))}) "
            "SELECT t.state, t.until, t.how, t.account, t.item, t.id FROM wanted w "
            "CROSS JOIN triage t ON t.account = w.account AND t.item = w.item",
            [value for pair in part for value in pair],
        )
        found.update({(row[3], row[4]): (row[5], _triage(row)) for row in rows})
    return found


async def apply_moves(
    writer: Writer,
    items: Sequence[tuple[str, str]],
    move: Move,
    now: datetime,
    *,
    until: datetime | None = None,
    act: str = "",
    outbox: int | None = None,
) -> list[Applied]:
    """Move items within a transaction, and log those that changed."""
    if not items:
        return []
    places = await ensure_items(writer, ((account, storable(item)) for account, item in items))
    applied: list[Applied] = []
    for (account, item), (row, before) in places.items():
        after = moved(before, move, until=until, act=storable(act))
        if after == before and outbox is None:
            continue
        batch = applied[0].id if applied else 0
        line = Applied(0, batch, now, account, item, move, storable(act), before, after, None, outbox)
        applied.append(await _write_move(writer, row, line))
    return applied


async def undo_move(writer: Writer, log_id: int, now: datetime) -> Applied | None:
    """Restore what an item was before a line of the log; None if the item has moved on since."""
    row = await writer.row(f"SELECT {_COLUMNS} FROM triage_log WHERE id = ?", (log_id,))
    if row is None:
        return None
    line = _applied(row)
    place = (line.account, line.item)
    item, state = (await ensure_items(writer, [place]))[place]
    later = await writer.row(
        "SELECT 1 FROM triage_log l WHERE account = ? AND item = ? AND "
        f"(id = ? AND NOT ({_STANDING.format('l')}) OR id > ? AND {_STANDING.format('l')})",
        (*place, log_id, log_id),
    )
    if later is not None or state != line.after:
        return None
    back = Applied(0, 0, now, *place, line.move, line.act, line.after, line.before, undoes=log_id)
    return await _write_move(writer, item, back)


async def _write_move(writer: Writer, row: int, line: Applied) -> Applied:
    before, after = line.before, line.after
    await writer.run(
        "UPDATE triage SET state = ?, until = ?, how = ? WHERE id = ?",
        (after.state.value, perhaps_moment(after.until), after.how, row),
    )
    values = (
        line.batch, moment(line.at), line.account, line.item, line.move.value, line.act,
        before.state.value, perhaps_moment(before.until), before.how,
        after.state.value, perhaps_moment(after.until), after.how, line.undoes, line.outbox,
    )  # fmt: skip
    log_id = await writer.insert(
        f"INSERT INTO triage_log ({_COLUMNS.removeprefix('id, ')}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", values
    )
    if not line.batch:
        await writer.run("UPDATE triage_log SET batch = id WHERE id = ?", (log_id,))
    return Applied(
        log_id, line.batch or log_id, line.at, line.account, line.item, line.move, line.act, before, after,
        line.undoes, line.outbox,
    )  # fmt: skip
