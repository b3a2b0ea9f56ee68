"""Acts that are done on a network's own page: kept in the outbox, never sent from here, and said to be done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tweetdesk.domain.outbox import Act, Draft, OutboxRow, OutboxState
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.codec import clean, encoded, moment, storable
from tweetdesk.store.database import Database, Writer
from tweetdesk.store.drafts import drop_draft
from tweetdesk.store.outbox_rows import (
    COLUMNS,
    as_before,
    change_row,
    insert_row,
    move_items,
    outbox_row,
    remember_act,
    row_of,
    target_of,
)
from tweetdesk.store.triage import apply_moves, ensure_items, undo_move

HANDED_OFF = "state = 'handed off'"


class HandOffs:
    """The part of the outbox whose acts the user does by hand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hand_off(
        self,
        act: Act,
        item: str,
        *,
        page: str,
        until: datetime,
        draft: Draft | None = None,
        item_account: str = "",
        items: Sequence[str] = (),
        now: datetime,
    ) -> OutboxRow:
        """Keep an act that is to be done on the network's own page: it is never sent from here.

        One transaction: the row, the draft deleted, the item (or all `items`) waiting until a time, and the log.
        The same act on the same item again takes the place of the one before.
        """
        owner = (item_account or act.account) if item else ""
        place = (owner, storable(item), act.account, act.kind.value, storable(target_of(act)))
        async with self._database.write(durable=True) as writer:
            before = await writer.row(
                "SELECT id FROM outbox WHERE item_account = ? AND item = ? AND account = ? AND kind = ? "
                f"AND target = ? AND {HANDED_OFF}",
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
                moved = items or (item,)
                await move_items(writer, row_id, moved, Move.HAND_OFF, now, act=_handed_off(act), until=until)
                return await row_of(writer, row_id)
            return row

    async def done_there(self, row_id: int, finished: str, now: datetime) -> OutboxRow | None:
        """An act that was handed off has been done: its item is done by it (`finished` says how).

        With "" the act finishes nothing, and the item is as it was before. None where the act is not handed off.
        """
        async with self._database.write(durable=True) as writer:
            if not await change_row(writer, row_id, OutboxState.SENT, now, only=HANDED_OFF):
                return None
            row = await row_of(writer, row_id)
            places = [(row.item_account, item) for item in row.items]
            if finished:
                await apply_moves(writer, places, Move.FINISH, now, act=finished, outbox=row_id)
            else:
                await as_before(writer, row, now)
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
            finished = await writer.rows(
                "SELECT id FROM triage_log WHERE outbox = ?1 AND move = ?2 AND batch = (SELECT max(batch) "
                "FROM triage_log WHERE outbox = ?1 AND move = ?2)",
                (row_id, Move.FINISH.value),
            )
            for (line,) in finished:
                await undo_move(writer, line, now)
            if not finished:
                words = _handed_off(row.act)
                await move_items(writer, row_id, row.items, Move.HAND_OFF, now, act=words, until=until)
            return row

    async def handed_off(self, account: str | None = None) -> list[OutboxRow]:
        """The acts of an account (or any) that were handed off and of which nothing has been said yet, newest
        first."""
        return await self._select(f"WHERE {HANDED_OFF} AND (? IS NULL OR account = ?) ORDER BY id DESC",
                                  account, account)  # fmt: skip

    async def _select(self, rest: str, *parameters: object) -> list[OutboxRow]:
        rows = await self._database.read(f"SELECT {COLUMNS} FROM outbox o {rest}", parameters)
        return [outbox_row(row) for row in rows]


def _handed_off(act: Act) -> str:
    """What an item is called whose act was handed off."""
    return f"{OutboxState.HANDED_OFF}: {act.kind}"


async def _waits(writer: Writer, row: OutboxRow) -> bool:
    """Whether the item of a row waits for an act that was handed off."""
    place = (row.item_account, row.item)
    _, triage = (await ensure_items(writer, [place]))[place]
    return triage.state is TriageState.WAITING and bool(triage.how)
