"""What was decided about each item, with a log of every move that changed something."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tweetdesk.domain.reasons import due as due_reason
from tweetdesk.domain.triage import BY_HAND, CONVERSATION_MUTED, IN_MUTED, Move, Triage, TriageState
from tweetdesk.domain.triage import move as moved
from tweetdesk.store.codec import moment, pairs, perhaps_moment, perhaps_when, storable, when
from tweetdesk.store.database import Database, Row, Writer
from tweetdesk.store.history import Decision, history

COLUMNS = (
    "id, batch, at, account, item, move, act, before_state, before_until, before_how, before_offset, "
    "after_state, after_until, after_how, after_offset, undoes, outbox"
)
_STANDS = 'state, until, how, "offset"'

#: A line of the log that neither takes another back nor was taken back itself.
STANDING = "{0}.undoes IS NULL AND NOT EXISTS (SELECT 1 FROM triage_log u WHERE u.undoes = {0}.id)"
#: A line of the log that left its item otherwise than it was: a like is logged, and changes nothing.
CHANGING = " OR ".join(
    f"{{0}}.before_{name} IS NOT {{0}}.after_{name}" for name in ("state", "until", "how", "offset")
)
#: Nothing that stands has moved the item since a line `l`.
_UNMOVED = (
    f"(NOT ({CHANGING.format('l')}) OR NOT EXISTS (SELECT 1 FROM triage_log n WHERE n.account = l.account "
    f"AND n.item = l.item AND n.id > l.id AND ({CHANGING.format('n')}) AND {STANDING.format('n')}))"
)
#: The moves that can be taken back: an unblock is by blocking again.
_MOVES = ",".join(repr(move.value) for move in BY_HAND if move is not Move.UNBLOCK)
_UNDOABLE = f"{STANDING.format('l')} AND l.move IN ({_MOVES}) AND {_UNMOVED}"

#: Clocks on walls are at most so far apart, in microseconds: from UTC-12 to UTC+14.
_APART = 26 * 3600 * 1_000_000
#: When a row comes back by the clock on the wall; the offset of now in minutes fills it.
_COMES = 'until + coalesce("offset" - ?, 0) * 60000000'


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
            f"SELECT {_STANDS} FROM triage WHERE account = ? AND item = ?", (account, item)
        )
        return triage_from(row) if row else Triage()

    async def states(self, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Triage]:
        """Where items stand, by (account, item); those that are not in it are open."""
        return {place: state for place, (_, state) in (await _found(self._database.read, places)).items()}

    async def apply(
        self,
        account: str,
        items: Sequence[str],
        move: Move,
        *,
        until: datetime | None = None,
        offset: int | None = None,
        act: str = "",
        now: datetime,
    ) -> list[Applied]:
        """Move items of one account, in one transaction with the log; returns those that changed.

        `until` is needed by SNOOZE, WAIT and HAND_OFF (ValueError without it); where it was chosen by the clock on
        the wall, `offset` is how many minutes east of UTC that clock is then. `act` names what finished them.
        """
        places = [(account, item) for item in items]
        return await self.apply_all(places, move, until=until, offset=offset, act=act, now=now)

    async def apply_all(
        self,
        places: Sequence[tuple[str, str]],
        move: Move,
        *,
        until: datetime | None = None,
        offset: int | None = None,
        act: str = "",
        now: datetime,
    ) -> list[Applied]:
        """`apply` for items of several accounts (account, item), as one batch."""
        async with self._database.write(durable=True) as writer:
            return await apply_moves(writer, places, move, now, until=until, offset=offset, act=act)

    async def undo(self, log_id: int, now: datetime) -> Applied | None:
        """Put an item back to what it was before a line of the log; None if it has moved on since."""
        async with self._database.write(durable=True) as writer:
            return await undo_move(writer, log_id, now)

    async def undo_batch(self, batch: int, now: datetime) -> list[Applied]:
        """Put all items of one act back to what they were; returns the lines of those that had not moved since."""
        async with self._database.write(durable=True) as writer:
            rows = await writer.rows(
                "SELECT id FROM triage_log WHERE id >= ? AND batch = ? ORDER BY id DESC", (batch, batch)
            )
            return await undo_moves(writer, [row[0] for row in rows], now)

    async def undo_act(self, outbox: int, now: datetime) -> list[Applied]:
        """Put the items of an act of the outbox back to what they were; the lines of those that could be."""
        async with self._database.write(durable=True) as writer:
            return await undo_act(writer, outbox, now)

    async def last_undoable(self, limit: int = 20, before: int | None = None) -> list[list[Applied]]:
        """The newest acts by hand that can be undone, newest first, each with its lines, oldest first.

        Those lines whose items have moved since are left out. With `before`, only batches older than that one.
        """
        found: list[list[Applied]] = []
        while len(found) < limit:
            row = await self._database.read_row(
                f"SELECT batch FROM triage_log l WHERE (? IS NULL OR l.id < ?) AND {_UNDOABLE} "
                "ORDER BY l.id DESC LIMIT 1",
                (before, before),
            )
            if row is None:
                break
            before = int(row[0])
            found.append(
                await self._lines(f"l WHERE l.id >= ? AND batch = ? AND {_UNDOABLE} ORDER BY id", before, before)
            )
        return found

    async def log(self, account: str, item: str) -> list[Applied]:
        """All that happened to an item, oldest first."""
        return await self._lines("WHERE account = ? AND item = ? ORDER BY id", account, item)

    async def recent(self, limit: int = 100) -> list[Applied]:
        """The newest lines of the log over all items, newest first."""
        return await self._lines("ORDER BY id DESC LIMIT ?", limit)

    async def _lines(self, which: str, *values: object) -> list[Applied]:
        """Lines of the log; `which` and in what order is SQL."""
        rows = await self._database.read(f"SELECT {COLUMNS} FROM triage_log {which}", values)
        return [_applied(row) for row in rows]

    async def history(
        self, limit: int = 100, before: tuple[int, int] | None = None, words: str = ""
    ) -> list[Decision]:
        """What was decided and done by hand, newest first, with what became of it (see store/history.py).

        `before` is the `place` of the last one that is known; with `words` only those that have all of them.
        """
        return await history(self._database, limit, before, words)

    async def due(self, now: datetime, offset: int = 0) -> list[Applied]:
        """Open the snoozed and waiting items whose date has come, each with the reason; returns what was moved.

        `offset` is how many minutes east of UTC the clock on the wall is now. What was chosen by such a clock
        comes when the one of now shows that time; all else at its moment.
        """
        async with self._database.write(durable=True) as writer:
            rows = await writer.rows(
                f"SELECT {_STANDS}, account, item FROM triage WHERE until IS NOT NULL AND until <= ? "
                f"AND {_COMES} <= ? AND state IN ('snoozed', 'waiting') ORDER BY {_COMES}, id",
                (moment(now) + _APART, offset, moment(now), offset),
            )
            applied: list[Applied] = []
            for row in rows:
                triage, place = triage_from(row), (row[4], row[5])
                reason = due_reason(triage, await since(writer, place, triage), now, offset)
                applied += await apply_moves(writer, [place], Move.DUE, now, act=reason)
            return applied

    async def next_due(self, offset: int = 0) -> datetime | None:
        """When the next item comes back, if the clock on the wall stays `offset` minutes east of UTC."""
        row = await self._database.read_row(
            f"SELECT min({_COMES}) FROM triage WHERE until IS NOT NULL AND state IN ('snoozed', 'waiting')",
            (offset,),
        )
        return perhaps_when(row[0]) if row else None

    async def replay(self) -> dict[tuple[str, str], Triage]:
        """The states that the log alone tells, by (account, item); what is not in it is open.

        Equal to the table (tests hold this): the log is complete.
        """
        states: dict[tuple[str, str], Triage] = {}
        for line in await self._lines("ORDER BY id"):
            states[line.account, line.item] = line.after
        return {place: state for place, state in states.items() if state != Triage()}

    async def table(self) -> dict[tuple[str, str], Triage]:
        """The states of all items that are not simply open, by (account, item)."""
        rows = await self._database.read(
            f"SELECT {_STANDS}, account, item FROM triage WHERE state <> 'open' OR how <> ''"
        )
        return {(row[4], row[5]): triage_from(row) for row in rows}


def triage_from(row: Sequence[object]) -> Triage:
    """The state whose columns (state, until, how, offset) a row begins with."""
    state, until, how, offset = row[:4]
    return Triage(
        TriageState(str(state)),
        perhaps_when(until if isinstance(until, int) else None),
        str(how),
        offset if isinstance(offset, int) else None,
    )


def _applied(row: Row) -> Applied:
    return Applied(
        id=row[0],
        batch=row[1],
        at=when(row[2]),
        account=row[3],
        item=row[4],
        move=Move(row[5]),
        act=row[6],
        before=triage_from(row[7:11]),
        after=triage_from(row[11:15]),
        undoes=row[15],
        outbox=row[16],
    )


async def since(writer: Writer, place: tuple[str, str], triage: Triage) -> datetime | None:
    """When the snooze or wait began that an item is in."""
    row = await writer.row(
        "SELECT at FROM triage_log WHERE account = ? AND item = ? AND move IN ('snooze', 'wait', 'hand off') "
        "AND undoes IS NULL AND after_until = ? ORDER BY id DESC LIMIT 1",
        (*place, perhaps_moment(triage.until)),
    )
    return when(row[0]) if row else None


async def ensure_items(
    writer: Writer, items: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, Triage]]:
    """The row id and the state of items, by (account, item); new ones begin open."""
    wanted = list(dict.fromkeys(items))
    await writer.many("INSERT OR IGNORE INTO triage (account, item) VALUES (?, ?)", wanted)
    found = await _found(writer.rows, wanted)
    return {place: found[place] for place in wanted}


async def _found(
    read: Callable[[str, Sequence[object]], Awaitable[list[Row]]], places: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, Triage]]:
    """The row id and the state of those items that have a row, by (account, item)."""
    found: dict[tuple[str, str], tuple[int, Triage]] = {}
    for start in range(0, len(places), 400):
        part = places[start : start + 400]
        rows = await read(
            f"WITH wanted (account, item) AS (VALUES {pairs(len(part))}) "
            f"SELECT {_STANDS}, t.account, t.item, t.id FROM wanted w "
            "CROSS JOIN triage t ON t.account = w.account AND t.item = w.item",
            [value for pair in part for value in pair],
        )
        found.update({(row[4], row[5]): (row[6], triage_from(row)) for row in rows})
    return found


async def apply_moves(
    writer: Writer,
    items: Sequence[tuple[str, str]],
    move: Move,
    now: datetime,
    *,
    until: datetime | None = None,
    offset: int | None = None,
    act: str = "",
    outbox: int | None = None,
) -> list[Applied]:
    """Move items within a transaction, and log those that changed; with `outbox` (an act's row) all of them."""
    if not items:
        return []
    places = await ensure_items(writer, ((account, storable(item)) for account, item in items))
    applied: list[Applied] = []
    for (account, item), (row, before) in places.items():
        after = moved(before, move, until=until, act=storable(act), offset=offset)
        if after == before and outbox is None:
            continue
        batch = applied[0].batch if applied else 0
        line = Applied(0, batch, now, account, item, move, storable(act), before, after, None, outbox)
        applied.append(await _write_move(writer, row, line))
    return applied


async def undo_move(writer: Writer, log_id: int, now: datetime, batch: int = 0) -> Applied | None:
    """Restore what an item was before a line of the log; None if the item has moved on since.

    A line that changed nothing can always be taken back, once. `batch` is what the line of the log belongs to.
    """
    row = await writer.row(
        f"SELECT {COLUMNS} FROM triage_log l WHERE id = ? AND {STANDING.format('l')} AND {_UNMOVED}", (log_id,)
    )
    if row is None:
        return None
    line = _applied(row)
    place = (line.account, line.item)
    item, state = (await ensure_items(writer, [place]))[place]
    changed = line.before != line.after
    if changed and state != line.after:
        return None
    after = line.before if changed else state
    back = Applied(0, batch, now, *place, line.move, line.act, state, after, undoes=log_id)
    return await _write_move(writer, item, back)


async def undo_moves(writer: Writer, log_ids: Iterable[int], now: datetime) -> list[Applied]:
    """`undo_move` for several lines, the newest first, as one batch; those that could be taken back."""
    undone: list[Applied] = []
    for log_id in log_ids:
        back = await undo_move(writer, log_id, now, undone[0].batch if undone else 0)
        undone += [back] if back else []
    return undone


async def undo_act(writer: Writer, outbox: int, now: datetime) -> list[Applied]:
    """Take back what an act of the outbox did to its items, as far as they have not moved since.

    That an answer was sent is no move of its own. An answer on its way leaves its items in any case: what cannot
    be as it was is open.
    """
    rows = await writer.rows(
        "SELECT id, move, account, item FROM triage_log WHERE outbox = ? AND undoes IS NULL ORDER BY id DESC",
        (outbox,),
    )
    undone: list[Applied] = []
    for log_id, move, account, item in rows:
        if move != Move.ANSWER:
            undone += await undo_moves(writer, [log_id], now)
            continue
        later = await writer.rows(
            f"SELECT n.id, n.move FROM triage_log n WHERE n.account = ? AND n.item = ? AND n.id > ? "
            f"AND ({CHANGING.format('n')}) AND {STANDING.format('n')}",
            (account, item, log_id),
        )
        news = [row[0] for row in later if row[1] == Move.SENT]
        if len(news) == len(later):
            undone += (await undo_moves(writer, [*reversed(news), log_id], now))[-1:]
        undone += await apply_moves(writer, [(account, item)], Move.REFUSED, now)
    return undone


async def _write_move(writer: Writer, row: int, line: Applied) -> Applied:
    before, after = line.before, line.after
    await writer.run(
        'UPDATE triage SET state = ?, until = ?, how = ?, "offset" = ? WHERE id = ?', (*_values(after), row)
    )
    values = (
        line.batch, moment(line.at), line.account, line.item, line.move.value, line.act, *_values(before),
        *_values(after), line.undoes, line.outbox,
    )  # fmt: skip
    log_id = await writer.insert(
        f"INSERT INTO triage_log ({COLUMNS.removeprefix('id, ')}) VALUES ({','.join('?' * len(values))})", values
    )
    if not line.batch:
        await writer.run("UPDATE triage_log SET batch = id WHERE id = ?", (log_id,))
    reopened = line.move is Move.REOPEN and line.undoes is None and before.how != IN_MUTED
    if reopened or (line.undoes is not None and before.how == CONVERSATION_MUTED):
        await _let_out(writer, line)
    return replace(line, id=log_id, batch=line.batch or log_id)


async def _let_out(writer: Writer, line: Applied) -> None:
    """If its conversation was muted, it is not any more: what arrived meanwhile wants a decision after all."""
    server, _, post = line.item.partition(" ")
    rows = await writer.rows(
        "SELECT t.account, t.item FROM posts p CROSS JOIN posts o ON o.conversation = p.conversation "
        "AND o.server = p.server CROSS JOIN triage t ON t.account = ? AND t.item = o.server || ' ' || o.id "
        "WHERE p.server = ? AND p.id = ? AND p.conversation <> '' AND t.state = 'done' AND t.how = ?",
        (line.account, server, post, IN_MUTED),
    )
    await apply_moves(writer, [(row[0], row[1]) for row in rows], Move.REOPEN, line.at)


def _values(triage: Triage) -> tuple[str, int | None, str, int | None]:
    return triage.state.value, perhaps_moment(triage.until), triage.how, triage.offset
