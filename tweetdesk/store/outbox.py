"""The outbox: acts on their way to a network, none lost and none sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tweetdesk.domain.outbox import UNSETTLED, Act, ActKind, Draft, OutboxRow, OutboxState, draft_key
from tweetdesk.domain.people import Touch
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.triage import Move
from tweetdesk.store.codec import clean, decode_act, encoded, marks, moment, storable, when
from tweetdesk.store.database import Database, Row, Writer
from tweetdesk.store.drafts import drop_draft, give_back
from tweetdesk.store.ingest import network_of
from tweetdesk.store.people import keep_touches
from tweetdesk.store.triage import apply_moves, undo_move

_COLUMNS = "id, act, item, state, created_at, not_before, material, result, why, attempts, item_account, page"
_PENDING = tuple(state.value for state in UNSETTLED)
_IN_DOUBT = (*_PENDING, OutboxState.UNSURE.value)
_HANDED_OFF = "state = 'handed off'"

#: Nothing before it in its lane is under way.
_FIRST = (
    "NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state IN ('held', 'queued', 'sending') "
    "AND e.lane = o.lane AND e.id < o.id)"
)


class Outbox:
    """Acts of all accounts, in the order in which they were made."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(
        self,
        act: Act,
        item: str,
        *,
        material: str,
        held_until: datetime,
        draft: Draft | None = None,
        move: Move | None = None,
        act_words: str = "",
        item_account: str = "",
        now: datetime,
    ) -> OutboxRow:
        """Take an act in, held until a time (queued at once where that is not later than `now`).

        One transaction: the row, the draft deleted, the item moved (ANSWER or FINISH, with `act_words` as what
        finished it) and the log. `item_account` has the item ("": the account that acts).
        """
        state = OutboxState.HELD if held_until > now else OutboxState.QUEUED
        async with self._database.write(durable=True) as writer:
            row_id = await _insert(
                writer, act, item, item_account, state, now, not_before=held_until, material=material
            )
            if draft is not None:
                await drop_draft(writer, draft.account, draft.item)
            if move is not None and item:
                await _move(writer, row_id, move, now, act=act_words)
            return await _row(writer, row_id)

    async def hand_off(
        self,
        act: Act,
        item: str,
        *,
        page: str,
        until: datetime,
        draft: Draft | None = None,
        item_account: str = "",
        now: datetime,
    ) -> OutboxRow:
        """Keep an act that is to be done on the network's own page: it is never sent from here.

        One transaction: the row, the draft deleted, the item waiting until a time, and the log. The same act on
        the same item again takes the place of the one before.
        """
        async with self._database.write(durable=True) as writer:
            before = await writer.row(
                "SELECT id FROM outbox WHERE item_account = ? AND item = ? AND account = ? AND kind = ? "
                f"AND target = ? AND {_HANDED_OFF}",
                (item_account or act.account, storable(item), act.account, act.kind.value, storable(_target(act))),
            )
            if before is not None:
                row_id = int(before[0])
                await writer.run(
                    "UPDATE outbox SET act = ?, page = ?, changed_at = ? WHERE id = ?",
                    (encoded(clean(act)), storable(page), moment(now), row_id),
                )
            else:
                row_id = await _insert(
                    writer, act, item, item_account, OutboxState.HANDED_OFF, now, not_before=now, page=page
                )
            if draft is not None:
                await drop_draft(writer, draft.account, draft.item)
            if item:
                words = f"{OutboxState.HANDED_OFF}: {act.kind}"
                await _move(writer, row_id, Move.HAND_OFF, now, act=words, until=until)
            return await _row(writer, row_id)

    async def done_there(self, row_id: int, finished: str, now: datetime) -> OutboxRow | None:
        """An act that was handed off has been done: its item is done by it (`finished` says how).

        With "" the act finishes nothing, and the item is as it was before. None where the act is not handed off.
        """
        async with self._database.write(durable=True) as writer:
            if not await _change(writer, row_id, OutboxState.SENT, now, only=_HANDED_OFF):
                return None
            row = await _row(writer, row_id)
            if row.item and finished:
                place = [(row.item_account, row.item)]
                await apply_moves(writer, place, Move.FINISH, now, act=finished, outbox=row_id)
            elif row.item:
                await _as_before(writer, row_id, now)
            await _remember(writer, row, now)
            return row

    async def handed_off(self, account: str | None = None) -> list[OutboxRow]:
        """The acts of an account (or any) that were handed off and of which nothing has been said yet, newest
        first."""
        return await self._select(f"WHERE {_HANDED_OFF} AND (? IS NULL OR account = ?) ORDER BY id DESC",
                                  account, account)  # fmt: skip

    async def take_back(self, row_id: int, now: datetime) -> OutboxRow | None:
        """Stop an act that surely has not been carried out: its text is a draft again, its item as before.

        None where it is too late: the bytes have left, or may have.
        """
        async with self._database.write(durable=True) as writer:
            done = await _change(
                writer,
                row_id,
                OutboxState.TAKEN_BACK,
                now,
                only="state IN ('held', 'queued', 'handed off')",
            )
            return await _give_back(writer, row_id, now) if done else None

    async def ready(self, now: datetime, account: str | None = None) -> list[OutboxRow]:
        """What an account (or any) may send now, in order: held acts whose time has come are queued.

        One act a conversation or thread: the next one only when the one before it is settled.
        """
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET state = 'queued', changed_at = ? "
                "WHERE state = 'held' AND not_before <= ? AND (? IS NULL OR account = ?)",
                (moment(now), moment(now), account, account),
            )
            rows = await writer.rows(
                f"SELECT {_COLUMNS} FROM outbox o WHERE state = 'queued' AND not_before <= ? "
                f"AND (? IS NULL OR account = ?) AND {_FIRST} ORDER BY id",
                (moment(now), account, account),
            )
            return [_outbox_row(row) for row in rows]

    async def next_due(self, account: str | None = None) -> datetime | None:
        """When the next act of an account (or any) may be sent or settled; None where nothing waits for a time."""
        row = await self._database.read_row(
            "SELECT min(not_before) FROM outbox o WHERE state IN ('held', 'queued', 'sending') "
            f"AND (? IS NULL OR account = ?) AND {_FIRST}",
            (account, account),
        )
        return None if row is None or row[0] is None else when(row[0])

    async def begin_sending(self, row_id: int, material: str, now: datetime) -> OutboxRow | None:
        """Commit that the bytes are about to leave; None where the act was taken back meanwhile."""
        async with self._database.write(durable=True) as writer:
            done = await _change(
                writer, row_id, OutboxState.SENDING, now, only="state = 'queued'", material=material
            )
            return await _row(writer, row_id) if done else None

    async def sent(self, row_id: int, result: str, now: datetime) -> OutboxRow:
        """The network carried it out; `result` is its reference of what was made."""
        async with self._database.write(durable=True) as writer:
            if not await _change(
                writer, row_id, OutboxState.SENT, now, only="state NOT IN ('sent', 'taken back')", result=result
            ):
                return await _row(writer, row_id)
            row = await _row(writer, row_id)
            if row.item and not await _another(writer, row):
                await apply_moves(writer, [(row.item_account, row.item)], Move.SENT, now)
            await _remember(writer, row, now)
            return row

    async def refused(self, row_id: int, why: str, now: datetime) -> OutboxRow:
        """The network said no, `why` in a sentence: the text is a draft again, the item is as before."""
        async with self._database.write(durable=True) as writer:
            done = await _change(
                writer,
                row_id,
                OutboxState.REFUSED,
                now,
                only="state IN ('held', 'queued', 'sending', 'unsure')",
                why=why,
            )
            return await _give_back(writer, row_id, now) if done else await _row(writer, row_id)

    async def again(self, row_id: int, not_before: datetime, why: str, now: datetime | None = None) -> OutboxRow:
        """It surely was not carried out (or repeating does no harm): try once more, not before a time."""
        async with self._database.write(durable=True) as writer:
            done = await _change(
                writer,
                row_id,
                OutboxState.QUEUED,
                now or not_before,
                only="state IN ('queued', 'sending', 'unsure')",
                why=why,
            )
            if done:
                await writer.run(
                    "UPDATE outbox SET not_before = ?, attempts = attempts + 1 WHERE id = ?",
                    (moment(not_before), row_id),
                )
            return await _row(writer, row_id)

    async def unsure(self, row_id: int, why: str, now: datetime | None = None) -> OutboxRow:
        """Nobody can know whether it was carried out: the user decides (sent, again or refused)."""
        async with self._database.write(durable=True) as writer:
            await _change(writer, row_id, OutboxState.UNSURE, now, only="state IN ('queued', 'sending')", why=why)
            return await _row(writer, row_id)

    async def still_doubtful(self, row_id: int, not_before: datetime, why: str) -> OutboxRow:
        """Whether it was carried out could not be asked now: ask again, not before a time."""
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET not_before = ?, why = ?, attempts = attempts + 1 "
                "WHERE id = ? AND state = 'sending'",
                (moment(not_before), storable(why), row_id),
            )
            return await _row(writer, row_id)

    async def doubtful(self, now: datetime, account: str | None = None) -> list[OutboxRow]:
        """Acts of an account (or any) that were being sent when the program or the answer ended.

        They are settled before anything else is sent. Those that `still_doubtful` put off are left out until
        their time.
        """
        return await self._select(
            "WHERE state = 'sending' AND not_before <= ? AND (? IS NULL OR account = ?) ORDER BY id",
            moment(now), account, account,
        )  # fmt: skip

    async def rows(self, limit: int = 100) -> list[OutboxRow]:
        """The newest acts, newest first."""
        return await self._select("ORDER BY id DESC LIMIT ?", limit)

    async def row(self, row_id: int) -> OutboxRow | None:
        """One act."""
        found = await self._select("WHERE id = ?", row_id)
        return found[0] if found else None

    async def pending_count(self, account: str | None = None) -> int:
        """How many acts (of one account, or of all) are not settled yet."""
        row = await self._database.read_row(
            f"SELECT count(*) FROM outbox WHERE state IN ({marks(len(_PENDING))}) AND (? IS NULL OR account = ?)",
            (*_PENDING, account, account),
        )
        return int(row[0]) if row else 0

    async def result_of(
        self, kind: ActKind, target: PostRef | None = None, *, account: str | None = None, person: str = ""
    ) -> OutboxRow | None:
        """The newest act of a kind on a post (or, for follows, blocks and mutes, on a person's id) that stands.

        None where there is none, or where its opposite was sent after it. Its `result` takes it back.
        """
        place = str(target) if target is not None else person
        rows = await self._select(
            "WHERE target = ? AND state = 'sent' AND (? IS NULL OR account = ?) ORDER BY id DESC",
            storable(place), account, account,
        )  # fmt: skip
        undone: set[str] = set()
        for row in rows:
            if row.act.kind is kind:
                return None if row.act.account in undone else row
            if row.act.kind is kind.opposite:
                undone.add(row.act.account)
        return None

    async def _select(self, rest: str, *parameters: object) -> list[OutboxRow]:
        rows = await self._database.read(f"SELECT {_COLUMNS} FROM outbox {rest}", parameters)
        return [_outbox_row(row) for row in rows]


def lane(act: Act) -> str:
    """What has to stay in order: the conversation, thread, person, or the new posts of one account."""
    place = act.conversation or (str(act.root or act.target) if act.root or act.target else "")
    return f"{act.account} {place or (act.person.id if act.person else 'new')}"


def _target(act: Act) -> str:
    if act.target is not None:
        return str(act.target)
    return act.person.id if act.person else act.conversation


def _outbox_row(row: Row) -> OutboxRow:
    return OutboxRow(
        row[0], decode_act(row[1]), row[2], OutboxState(row[3]), when(row[4]), when(row[5]), *row[6:12]
    )


async def _insert(
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
    act, item = clean(act), storable(item)
    owner = (item_account or act.account) if item else ""
    values = (
        act.account, item, owner, lane(act), act.kind.value, _target(act), encoded(act), state.value, moment(now),
        moment(not_before), moment(now), storable(material), storable(page),
    )  # fmt: skip
    return await writer.insert(
        "INSERT INTO outbox (account, item, item_account, lane, kind, target, act, state, created_at, not_before, "
        f"changed_at, material, page) VALUES ({marks(len(values))})",
        values,
    )


async def _move(
    writer: Writer, row_id: int, move: Move, now: datetime, *, act: str, until: datetime | None = None
) -> None:
    """Move the item of a row, and keep which line of the log did it."""
    row = await _row(writer, row_id)
    place = [(row.item_account, row.item)]
    applied = await apply_moves(writer, place, move, now, until=until, act=act, outbox=row_id)
    await writer.run("UPDATE outbox SET log = ? WHERE id = ?", (applied[0].id, row_id))


async def _row(writer: Writer, row_id: int) -> OutboxRow:
    row = await writer.row(f"SELECT {_COLUMNS} FROM outbox WHERE id = ?", (row_id,))
    if row is None:
        raise KeyError(row_id)
    return _outbox_row(row)


async def _change(
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


async def _another(writer: Writer, row: OutboxRow) -> bool:
    """Whether another act with a text for the same item is still under way."""
    kinds = [kind.value for kind in ActKind if kind.writes_text]
    return await writer.row(
        f"SELECT 1 FROM outbox WHERE item_account = ? AND item = ? AND id <> ? AND kind IN ({marks(len(kinds))}) "
        f"AND state IN ({marks(len(_IN_DOUBT))})",
        (row.item_account, row.item, row.id, *kinds, *_IN_DOUBT),
    ) is not None  # fmt: skip


async def _give_back(writer: Writer, row_id: int, now: datetime) -> OutboxRow:
    """After an act that will not happen: its text is a draft again, its item is as it was before."""
    row = await _row(writer, row_id)
    if row.act.kind.writes_text and row.act.text.strip():
        await give_back(writer, Draft(row.act.account, draft_key(row.act, row.item), row.act, row.act.text, now))
    if not await _another(writer, row):
        await _as_before(writer, row_id, now)
    return row


async def _as_before(writer: Writer, row_id: int, now: datetime) -> None:
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


async def _remember(writer: Writer, row: OutboxRow, now: datetime) -> None:
    """The touch of an act that reached somebody. Messages are remembered when the sent message is stored."""
    act = row.act
    if act.person is None or act.kind is ActKind.MESSAGE:
        return
    touch = Touch(now, "ours", act.kind.value, str(act.target) if act.target else "", act.text)
    await keep_touches(writer, act.account, [(network_of(act.account), act.person.id, touch)])
