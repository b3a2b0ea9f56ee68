"""The outbox: acts on their way to a network, none lost and none sent twice."""

from __future__ import annotations

from datetime import datetime

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.codec import clean, encoded, marks, moment, storable, when
from tweetdesk.store.database import Database, Writer
from tweetdesk.store.drafts import drop_draft
from tweetdesk.store.outbox_rows import (
    COLUMNS,
    PENDING,
    another,
    as_before,
    change_row,
    give_text_back,
    insert_row,
    move_item,
    outbox_row,
    remember_act,
    row_of,
    target_of,
)
from tweetdesk.store.triage import apply_moves, ensure_items, undo_move

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
            row_id = await insert_row(
                writer, act, item, item_account, state, now, not_before=held_until, material=material
            )
            if draft is not None:
                await drop_draft(writer, draft.account, draft.item)
            if move is not None and item:
                await move_item(writer, row_id, move, now, act=act_words)
            return await row_of(writer, row_id)

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
        owner = (item_account or act.account) if item else ""
        place = (owner, storable(item), act.account, act.kind.value, storable(target_of(act)))
        async with self._database.write(durable=True) as writer:
            before = await writer.row(
                "SELECT id FROM outbox WHERE item_account = ? AND item = ? AND account = ? AND kind = ? "
                f"AND target = ? AND {_HANDED_OFF}",
                place,
            )
            if before is not None:
                row_id = int(before[0])
                await writer.run(
                    "UPDATE outbox SET act = ?, page = ?, changed_at = ? WHERE id = ?",
                    (encoded(clean(act)), storable(page), moment(now), row_id),
                )
            else:
                row_id = await insert_row(
                    writer, act, item, item_account, OutboxState.HANDED_OFF, now, not_before=now, page=page
                )
            if draft is not None:
                await drop_draft(writer, draft.account, draft.item)
            row = await row_of(writer, row_id)
            if item and (before is None or not await _waits(writer, row)):
                await move_item(writer, row_id, Move.HAND_OFF, now, act=_handed_off(act), until=until)
            return row

    async def done_there(self, row_id: int, finished: str, now: datetime) -> OutboxRow | None:
        """An act that was handed off has been done: its item is done by it (`finished` says how).

        With "" the act finishes nothing, and the item is as it was before. None where the act is not handed off.
        """
        async with self._database.write(durable=True) as writer:
            if not await change_row(writer, row_id, OutboxState.SENT, now, only=_HANDED_OFF):
                return None
            row = await row_of(writer, row_id)
            if row.item and finished:
                place = [(row.item_account, row.item)]
                await apply_moves(writer, place, Move.FINISH, now, act=finished, outbox=row_id)
            elif row.item:
                await as_before(writer, row_id, now)
            await remember_act(writer, row, now)
            return row

    async def not_done_there(self, row_id: int, until: datetime, now: datetime) -> OutboxRow | None:
        """Take `done_there` back: the act is handed off again, its item waits again. None where it is not done."""
        async with self._database.write(durable=True) as writer:
            if not await change_row(
                writer, row_id, OutboxState.HANDED_OFF, now, only="state = 'sent' AND page <> ''"
            ):
                return None
            row = await row_of(writer, row_id)
            finished = await writer.row(
                "SELECT max(id) FROM triage_log WHERE outbox = ? AND move = ?", (row_id, Move.FINISH.value)
            )
            if finished and finished[0]:
                await undo_move(writer, finished[0], now)
            elif row.item:
                await move_item(writer, row_id, Move.HAND_OFF, now, act=_handed_off(row.act), until=until)
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
            done = await change_row(
                writer,
                row_id,
                OutboxState.TAKEN_BACK,
                now,
                only="state IN ('held', 'queued', 'handed off')",
            )
            return await give_text_back(writer, row_id, now) if done else None

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
                f"SELECT {COLUMNS} FROM outbox o WHERE state = 'queued' AND not_before <= ? "
                f"AND (? IS NULL OR account = ?) AND {_FIRST} ORDER BY id",
                (moment(now), account, account),
            )
            return [outbox_row(row) for row in rows]

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
            done = await change_row(
                writer, row_id, OutboxState.SENDING, now, only="state = 'queued'", material=material
            )
            return await row_of(writer, row_id) if done else None

    async def sent(self, row_id: int, result: str, now: datetime) -> OutboxRow:
        """The network carried it out; `result` is its reference of what was made."""
        async with self._database.write(durable=True) as writer:
            if not await change_row(
                writer, row_id, OutboxState.SENT, now, only="state NOT IN ('sent', 'taken back')", result=result
            ):
                return await row_of(writer, row_id)
            row = await row_of(writer, row_id)
            if row.item and not await another(writer, row):
                await apply_moves(writer, [(row.item_account, row.item)], Move.SENT, now)
            await remember_act(writer, row, now)
            return row

    async def refused(self, row_id: int, why: str, now: datetime) -> OutboxRow:
        """The network said no, `why` in a sentence: the text is a draft again, the item is as before."""
        async with self._database.write(durable=True) as writer:
            done = await change_row(
                writer,
                row_id,
                OutboxState.REFUSED,
                now,
                only="state IN ('held', 'queued', 'sending', 'unsure')",
                why=why,
            )
            return await give_text_back(writer, row_id, now) if done else await row_of(writer, row_id)

    async def again(self, row_id: int, not_before: datetime, why: str, now: datetime | None = None) -> OutboxRow:
        """It surely was not carried out (or repeating does no harm): try once more, not before a time."""
        async with self._database.write(durable=True) as writer:
            done = await change_row(
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
            return await row_of(writer, row_id)

    async def unsure(self, row_id: int, why: str, now: datetime | None = None) -> OutboxRow:
        """Nobody can know whether it was carried out: the user decides (sent, again or refused)."""
        async with self._database.write(durable=True) as writer:
            await change_row(
                writer, row_id, OutboxState.UNSURE, now, only="state IN ('queued', 'sending')", why=why
            )
            return await row_of(writer, row_id)

    async def still_doubtful(self, row_id: int, not_before: datetime, why: str) -> OutboxRow:
        """Whether it was carried out could not be asked now: ask again, not before a time."""
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET not_before = ?, why = ?, attempts = attempts + 1 "
                "WHERE id = ? AND state = 'sending'",
                (moment(not_before), storable(why), row_id),
            )
            return await row_of(writer, row_id)

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
            f"SELECT count(*) FROM outbox WHERE state IN ({marks(len(PENDING))}) AND (? IS NULL OR account = ?)",
            (*PENDING, account, account),
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
        rows = await self._database.read(f"SELECT {COLUMNS} FROM outbox {rest}", parameters)
        return [outbox_row(row) for row in rows]


def _handed_off(act: Act) -> str:
    """What an item is called whose act was handed off."""
    return f"{OutboxState.HANDED_OFF}: {act.kind}"


async def _waits(writer: Writer, row: OutboxRow) -> bool:
    """Whether the item of a row waits for an act that was handed off."""
    place = (row.item_account, row.item)
    _, triage = (await ensure_items(writer, [place]))[place]
    return triage.state is TriageState.WAITING and bool(triage.how)
