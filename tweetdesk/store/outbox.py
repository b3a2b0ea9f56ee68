"""The outbox: acts on their way to a network, none lost and none sent twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.domain.triage import Move
from tweetdesk.store.codec import IN_OUTBOX, marks, moment, storable, when
from tweetdesk.store.drafts import drop_draft
from tweetdesk.store.outbox_hand_offs import HANDED_OFF, HandOffs
from tweetdesk.store.outbox_rows import (
    COLUMNS,
    PENDING,
    UNSENT,
    aim_next,
    bind_thread,
    change_row,
    free_items,
    give_text_back,
    insert_row,
    move_items,
    outbox_row,
    remember_act,
    row_of,
    stop_thread,
)
from tweetdesk.store.triage import apply_moves

#: A clock that is set back by no more was only corrected.
_TICK = timedelta(seconds=1)

#: Nothing before it in its lane is under way, and the post of its thread before it was sent. What the user put
#: off to a time stands in nobody's way, nor does the rest of a thread of which a post is unsure.
_FIRST = (
    "(o.follows IS NULL OR EXISTS (SELECT 1 FROM outbox f WHERE f.id = o.follows AND f.state = 'sent')) "
    "AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.state IN ('held', 'queued', 'sending') "
    "AND e.lane = o.lane AND e.id < o.id AND NOT (e.state = 'held' AND e.later) "
    "AND NOT EXISTS (SELECT 1 FROM outbox u WHERE u.thread = e.thread AND u.state = 'unsure'))"
)


class Outbox(HandOffs):
    """Acts of all accounts, in the order in which they were made."""

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
        items: Sequence[str] = (),
        then: Sequence[tuple[Act, str]] = (),
        later: bool = False,
        now: datetime,
    ) -> OutboxRow:
        """Take an act in, held until a time (queued at once where that is not later than `now`).

        One transaction: the row, the draft deleted, the item moved (ANSWER or FINISH, with `act_words` as what
        finished it) and the log. `item_account` has the item ("": the account that acts); `items` are all that
        are moved, where `item` stands for several. `then` are the further posts of a thread, each with its
        material: rows after the first, which is the one returned. `later` says that the user chose the time.
        """
        state = OutboxState.HELD if held_until > now else OutboxState.QUEUED
        async with self._database.write(durable=True) as writer:
            first, *_ = [
                await insert_row(
                    writer, one, item, item_account, state, now, not_before=held_until, material=fixed, later=later
                )
                for one, fixed in ((act, material), *then)
            ]
            if then:
                await bind_thread(writer, first)
            if draft is not None:
                await drop_draft(writer, draft.account, draft.item)
            if move is not None and item:
                await move_items(writer, first, items or (item,), move, now, act=act_words)
            return await row_of(writer, first)

    async def take_back(self, row_id: int, now: datetime) -> OutboxRow | None:
        """Stop an act that surely has not been carried out: its text is a draft again, its item as before.

        Of a thread all that has not been sent is stopped, and is one draft: the act of the row that is returned,
        which is the first one stopped. None where it is too late: the bytes have left, or may have.
        """
        async with self._database.write(durable=True) as writer:
            row = await row_of(writer, row_id)
            if row.thread is not None:
                stopped = await stop_thread(writer, row, now)
            else:
                only = f"({UNSENT} OR {HANDED_OFF})"
                done = await change_row(writer, row_id, OutboxState.TAKEN_BACK, now, only=only)
                stopped = [await row_of(writer, row_id)] if done else []
            return await give_text_back(writer, stopped, now) if stopped else None

    async def send_now(self, row_id: int, now: datetime) -> OutboxRow | None:
        """Let a held act, with all of its thread, wait no longer; None where it is not held."""
        async with self._database.write(durable=True) as writer:
            changed = await writer.rows(
                "UPDATE outbox SET not_before = ?, later = 0 WHERE state = 'held' "
                "AND coalesce(thread, id) = (SELECT coalesce(thread, id) FROM outbox WHERE id = ?) RETURNING id",
                (moment(now), row_id),
            )
            return await row_of(writer, row_id) if changed else None

    async def late(self, now: datetime, until: datetime, account: str, *, after: timedelta) -> list[OutboxRow]:
        """Put-off acts whose time passed more than `after` ago, unnoticed: held once more, until another time.

        Of a thread only the first is returned.
        """
        async with self._database.write(durable=True) as writer:
            changed = await writer.rows(
                "SELECT id FROM outbox WHERE state = 'held' AND later AND account = ? AND not_before < ?",
                (account, moment(now - after)),
            )
            rows = [await row_of(writer, row_id) for (row_id,) in changed]
            await writer.many(
                "UPDATE outbox SET not_before = ?, later = 0 WHERE id = ?",
                [(moment(until), row_id) for (row_id,) in changed],
            )
            return [row for row in rows if row.part == 1]

    async def ready(self, now: datetime, account: str | None = None) -> list[OutboxRow]:
        """What an account (or any) may send now, in order: held acts whose time has come are queued.

        One act a conversation or thread: the next one only when the one before it is settled. What seems to be
        held, or put off by a failure, since a time to come waits no longer: the clock was set back.
        """
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET state = 'queued', changed_at = ?1, not_before = min(not_before, ?1) "
                "WHERE state = 'held' AND (not_before <= ?1 OR NOT later AND created_at > ?3) "
                "AND (?2 IS NULL OR account = ?2)",
                (moment(now), account, moment(now + _TICK)),
            )
            await writer.run(
                "UPDATE outbox SET changed_at = ?1, not_before = min(not_before, ?1) "
                "WHERE state IN ('queued', 'sending') AND changed_at > ?3 AND (?2 IS NULL OR account = ?2)",
                (moment(now), account, moment(now + _TICK)),
            )
            rows = await writer.rows(
                f"SELECT {COLUMNS} FROM outbox o WHERE o.state = 'queued' AND o.not_before <= ? "
                f"AND (? IS NULL OR o.account = ?) AND {_FIRST} ORDER BY o.id",
                (moment(now), account, account),
            )
            return [outbox_row(row) for row in rows]

    async def next_due(self, account: str | None = None) -> datetime | None:
        """When the next act of an account (or any) may be sent or settled; None where nothing waits for a time."""
        row = await self._database.read_row(
            "SELECT min(not_before) FROM outbox o WHERE o.state IN ('held', 'queued', 'sending') "
            f"AND (? IS NULL OR o.account = ?) AND {_FIRST}",
            (account, account),
        )
        return None if row is None or row[0] is None else when(row[0])

    async def line_back(self, account: str, now: datetime) -> None:
        """What of an account waits only because the line was dead is due now."""
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET not_before = ?1, offline = 0 WHERE state IN ('queued', 'sending') AND offline "
                "AND account = ?2 AND not_before > ?1",
                (moment(now), account),
            )

    async def begin_sending(self, row_id: int, material: str, now: datetime) -> OutboxRow | None:
        """Commit that the bytes are about to leave; None where the act was taken back meanwhile."""
        async with self._database.write(durable=True) as writer:
            done = await change_row(
                writer, row_id, OutboxState.SENDING, now, only="state = 'queued'", material=material
            )
            return await row_of(writer, row_id) if done else None

    async def sent(self, row_id: int, result: str, now: datetime, post: Post | None = None) -> OutboxRow:
        """The network carried it out; `result` is its reference of what was made, `post` the post, if one was.

        The next post of a thread answers that one from now on.
        """
        async with self._database.write(durable=True) as writer:
            if not await change_row(
                writer, row_id, OutboxState.SENT, now, only="state NOT IN ('sent', 'taken back')", result=result
            ):
                return await row_of(writer, row_id)
            row = await row_of(writer, row_id)
            if post is not None:
                await aim_next(writer, row, post, now)
            await apply_moves(writer, await free_items(writer, row), Move.SENT, now)
            await remember_act(writer, row, now)
            return row

    async def refused(self, row_id: int, why: str, now: datetime) -> OutboxRow:
        """The network said no, `why` in a sentence: the text is a draft again, the item is as before.

        What comes after it in its thread is in the same draft, and is not sent either.
        """
        async with self._database.write(durable=True) as writer:
            done = await change_row(
                writer,
                row_id,
                OutboxState.REFUSED,
                now,
                only="state IN ('held', 'queued', 'sending', 'unsure')",
                why=why,
            )
            row = await row_of(writer, row_id)
            if done:
                rest = await stop_thread(writer, row, now) if row.thread is not None else []
                await give_text_back(writer, [row, *rest], now)
            return row

    async def again(
        self, row_id: int, not_before: datetime, why: str, now: datetime, *, offline: bool = False
    ) -> OutboxRow:
        """It surely was not carried out (or repeating does no harm): try once more, not before a time.

        `offline` is whether it waits for nothing but the line; see `line_back`.
        """
        async with self._database.write(durable=True) as writer:
            done = await change_row(
                writer,
                row_id,
                OutboxState.QUEUED,
                now,
                only="state IN ('queued', 'sending', 'unsure')",
                why=why,
            )
            if done:
                await writer.run(
                    "UPDATE outbox SET not_before = ?, offline = ?, attempts = attempts + 1 WHERE id = ?",
                    (moment(not_before), offline, row_id),
                )
            return await row_of(writer, row_id)

    async def unsure(self, row_id: int, why: str, now: datetime | None = None) -> OutboxRow:
        """Nobody can know whether it was carried out: the user decides (sent, again or refused)."""
        async with self._database.write(durable=True) as writer:
            await change_row(
                writer, row_id, OutboxState.UNSURE, now, only="state IN ('queued', 'sending')", why=why
            )
            return await row_of(writer, row_id)

    async def still_doubtful(
        self, row_id: int, not_before: datetime, why: str, now: datetime, *, offline: bool = False
    ) -> OutboxRow:
        """Whether it was carried out could not be asked now: ask again, not before a time; `offline` as above."""
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "UPDATE outbox SET not_before = ?, changed_at = ?, why = ?, offline = ?, attempts = attempts + 1 "
                "WHERE id = ? AND state = 'sending'",
                (moment(not_before), moment(now), storable(why), offline, row_id),
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

    async def unfinished(self) -> list[OutboxRow]:
        """Everything that is still to be sent, or to be decided by the user, oldest first."""
        return await self._select(f"WHERE {IN_OUTBOX} ORDER BY id")

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
