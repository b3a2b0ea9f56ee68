"""Undoing: the acts of the last while, and how each of them is taken back, on the network too where it can be."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tweetdesk.domain.events import ItemsChanged, OutboxChanged, TriageChanged
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState, as_one, draft_key
from tweetdesk.domain.triage import BLOCKED, CONVERSATION_MUTED, MUTED, Move
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.clock import Clock
from tweetdesk.store.history import Decision
from tweetdesk.store.outbox_rows import draft_of
from tweetdesk.store.store import Store
from tweetdesk.store.triage import Applied

if TYPE_CHECKING:
    from tweetdesk.networks.base import Network

#: How an item is said to be done after an act on it.
DONE_BY = {
    ActKind.REPLY: "answered",
    ActKind.MESSAGE: "answered",
    ActKind.QUOTE: "quoted",
    ActKind.REPOST: "reposted",
    ActKind.LIKE: "liked",
    ActKind.BLOCK: BLOCKED,
    ActKind.MUTE: MUTED,
    ActKind.MUTE_THREAD: CONVERSATION_MUTED,
    ActKind.DELETE: "deleted",
    ActKind.BOOKMARK: "bookmarked",
    ActKind.REPORT: "reported",
    ActKind.HIDE_REPLY: "hidden",
}
#: Answers finish their item when they have been sent.
ANSWERS = frozenset({ActKind.REPLY, ActKind.MESSAGE})
#: Acts after which the item is done with; the others (follow, like, bookmark) leave it where it is.
FINISHES = frozenset(DONE_BY) - ANSWERS - {ActKind.LIKE, ActKind.BOOKMARK}
#: What brings back what another act has taken back.
BACK_AGAIN: dict[ActKind, ActKind] = {
    back: kind for kind in ActKind if (back := kind.opposite) and back is not ActKind.DELETE
}
#: Acts that do something, and not take something back.
FORWARD = frozenset(kind for kind in ActKind if kind.opposite or kind.writes_text)
#: An act in these states can still be taken back, if at all.
STANDS = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.SENDING, OutboxState.SENT, OutboxState.HANDED_OFF)
#: Among so many of the newest acts one is looked for that moved no item.
LAST_ROWS = 100
#: So long an undo waits for the end of a send that is on its way.
SEND_SECONDS = 3.0
HIDES = frozenset({ActKind.BLOCK, ActKind.MUTE})
#: How long an item waits for an act that was handed off.
HAND_OFF_WAITS = timedelta(days=3)


class NotAllowed(Exception):
    """The act cannot be done here; the text is a sentence for the user."""


class NotYet(NotAllowed):
    """It cannot be done at this moment, but soon."""


class Sent(NotAllowed):
    """A text that was sent: it is taken back by deleting it there (`delete_sent`), which is to be asked first."""

    def __init__(self, row: OutboxRow) -> None:
        super().__init__("It was sent. Open it and press Del to delete it.")
        self.row = row


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: words for the user, the items that come back, and a text that was not sent.

    `account` is whose triage the items are in, which need not be the account of the draft.
    """

    words: str
    items: tuple[str, ...] = ()
    draft: Draft | None = None
    account: str = ""


#: Takes one act back. Raises NotAllowed when it is too late.
Undo = Callable[[], Awaitable[Undone]]


class Undoing:
    """Remembers how to take back what was done, the last first."""

    def __init__(
        self,
        store: Store,
        networks: Mapping[str, Network],
        bus: Bus,
        clock: Clock,
        wake: Callable[[str], None],
        hold_seconds: float,
    ) -> None:
        """`wake` tells the sender of an account that something is in its outbox."""
        self._store, self._networks, self._bus, self._clock = store, networks, bus, clock
        self._wake = wake
        self.hold_seconds = hold_seconds
        #: Why nothing may leave this machine now, a sentence for the user; "" while acts may.
        self.locked = ""
        self._undo: list[Undo] = []
        #: What could not be taken back: batches of the log, and rows of the outbox.
        self._left_batches: set[int] = set()
        self._left_rows: set[int] = set()

    # -- looking only ----------------------------------------------------------------------------------------
    def lock(self, sentence: str) -> None:
        """Let nothing leave this machine from now on, and say why; "" lets acts out, also those that wait."""
        self.locked = sentence
        for account in self._networks:
            self._wake(account)
        self._bus.publish(OutboxChanged(0))

    def must_leave(self) -> None:
        """Raises NotYet while nothing may leave this machine."""
        if self.locked:
            raise NotYet(self.locked)

    # -- taking back -----------------------------------------------------------------------------------------
    def remember(self, undo: Undo) -> None:
        """Let `undo()` take back something that is not an act: a closed column."""
        self._undo.append(undo)

    async def undo(self) -> Undone:
        """Take the last act back, on the network too where it can; after a restart the log knows what was last.

        What cannot be taken back is left alone from then on, so that the next `undo` reaches the act before it.
        Raises NotAllowed; Sent where a text was sent, which `delete_sent` deletes.
        """
        undo = self._undo.pop() if self._undo else await self._from_log()
        try:
            return await undo()
        except NotYet:
            self._undo.append(undo)
            raise

    async def _from_log(self) -> Undo:
        """How to take back the newest act that the log and the outbox have."""
        batch = await self._last_batch()
        alone = await self._last_alone()
        if alone is not None and (batch is None or alone.created_at > batch[0].at):
            return lambda: self.take_back(alone)
        if batch is None:
            raise NotAllowed("There is nothing to take back.")
        return await self.undo_of(batch)

    async def _last_batch(self) -> list[Applied] | None:
        """The newest decision of the log that stands."""
        before: int | None = None
        while found := await self._store.triage.last_undoable(10, before):
            for batch in found:
                if batch[0].batch not in self._left_batches and batch[0].outbox not in self._left_rows:
                    return batch
            before = found[-1][0].batch
        return None

    async def _last_alone(self) -> OutboxRow | None:
        """The newest act of the outbox that moved no item and stands."""
        rows = await self._store.outbox.rows(LAST_ROWS)
        done = (row for row in rows if row.state is not OutboxState.TAKEN_BACK)
        over = {(row.act.account, row.act.kind, row.act.record) for row in done}
        for row in rows:
            kind = row.act.kind
            stands = row.state in STANDS and not row.item and row.id not in self._left_rows
            forward = kind in FORWARD and (row.thread is None or row.thread == row.id)
            if stands and forward and (row.act.account, kind.opposite, row.result) not in over:
                return row
        return None

    async def undo_of(self, batch: Sequence[Applied]) -> Undo:
        """How to take back one decision of the log, all lines of it."""
        first = batch[0]
        if first.outbox is not None and (row := await self._store.outbox.row(first.outbox)):
            done = row.page and row.state is OutboxState.SENT
            return lambda: self._not_done_there(row) if done else self.take_back(row)
        words = f"{first.act or first.move} taken back{counted(len(batch))}"
        return lambda: self._undo_batch(first.batch, words)

    async def undo_decision(self, lines: Sequence[Decision]) -> Undone:
        """Take one decision of the history back, and nothing else that was done with it. Raises as `undo`.

        `lines` are those of the posts for which one item stood.
        """
        first = lines[0]
        if first.outbox is not None and (row := await self._store.outbox.row(first.outbox)):
            if row.page and row.state is OutboxState.SENT:
                return await self._not_done_there(row)
            return await self.take_back(row)
        now = self._clock.now()
        undone = [await self._store.triage.undo(line.id, now) for line in lines if line.id is not None]
        places = [(one.account, one.item) for one in undone if one is not None]
        if not places:
            raise NotAllowed("That does not stand any more, so there is nothing to take back.")
        self._tell_triage(places)
        return Undone(f"{first.words} taken back", tuple(item for _, item in places), account=places[0][0])

    async def _undo_batch(self, batch: int, words: str) -> Undone:
        """Put the items of one decision back to what they were. Raises NotAllowed where all have moved on."""
        undone = await self._store.triage.undo_batch(batch, self._clock.now())
        if not undone:
            self._left_batches.add(batch)
            raise NotAllowed("That was changed again since, so nothing was taken back.")
        places = [(one.account, one.item) for one in reversed(undone)]
        self._tell_triage(places)
        return Undone(words, tuple(item for _, item in places), account=places[0][0])

    async def take_back(self, row: OutboxRow) -> Undone:
        """Take one act back: out of the outbox, or on the network where that can be. Raises NotAllowed.

        Of a thread all that was not sent is taken back, and is one draft. Raises Sent for a text that was sent.
        """
        back = await self._store.outbox.take_back(row.id, self._clock.now())
        if back is None:
            try:
                return await self._reverse(row)
            except NotAllowed as error:
                if not isinstance(error, NotYet):
                    self._left_rows.add(row.id)
                raise
        if row.act.kind in HIDES and not row.page:
            await self._unhide(row.act)
        self._tell(row)
        words = f"{row.act.kind.capitalize()} taken back, nothing was sent"
        draft = None
        if row.act.kind.writes_text:
            if back.follows is not None:
                back = await self._goes_on(back)
                words = f"The rest of the thread taken back ({back.part - 1} of {back.parts} on the way or sent)"
            words += "; the text is in the composer"
            draft = await self._kept(draft_of(back, self._clock.now()))
        return Undone(words, row.items, draft, row.item_account)

    async def _goes_on(self, back: OutboxRow) -> OutboxRow:
        """The rest of a thread: once the post before it is sent, it is known what it answers."""
        before = await self._store.outbox.row(back.follows or 0)
        sent = before and await self._after_sending(before)
        aimed = await self._store.outbox.row(back.id)
        if sent and aimed and sent.state is OutboxState.SENT:
            return replace(back, act=replace(aimed.act, more=back.act.more))
        return back

    async def _kept(self, draft: Draft) -> Draft:
        """A text that came back, as it was kept: with what was written in its place since."""
        return await self._store.drafts.get(draft.account, draft.item) or draft

    async def delete_sent(self, row: OutboxRow) -> Undone:
        """Delete a text there that was sent, all of its thread: it is a draft again, its items are as before.

        Raises NotAllowed while nothing may leave this machine.
        """
        self.must_leave()
        rows = [row]
        if row.thread is not None:
            listed = await self._store.outbox.rows(LAST_ROWS)
            rows = sorted((one for one in listed if one.thread == row.thread), key=lambda one: one.part)
        rows = [one for one in rows if one.state is OutboxState.SENT]
        now = self._clock.now()
        for one in reversed(rows):
            await self._put_opposite(one, ActKind.DELETE)
        whole = as_one([replace(one.act, record="") for one in rows])
        draft = Draft(whole.account, draft_key(whole, row.item), whole, whole.text, now)
        await self._store.drafts.give_back(draft)
        await self._store.triage.undo_act(row.thread or row.id, now)
        self._tell_triage((row.item_account, item) for item in row.items)
        words = "It is being deleted there; the text is in the composer"
        return Undone(words, row.items, await self._kept(draft), row.item_account)

    async def _not_done_there(self, row: OutboxRow) -> Undone:
        """Take back that something was done elsewhere. Raises NotAllowed."""
        now, kind = self._clock.now(), row.act.kind
        back = await self._store.outbox.not_done_there(row.id, now + HAND_OFF_WAITS, now)
        if back is None:
            raise NotAllowed(f"The {kind} is not said to be done any more.")
        if kind in HIDES:
            await self._unhide(row.act)
        self._tell(back)
        return Undone(f"{kind.capitalize()} waits to be done again", row.items, account=row.item_account)

    async def _after_sending(self, row: OutboxRow) -> OutboxRow:
        """A row once its send has ended, which mostly takes a moment; as it is where that takes longer."""
        current = await self._store.outbox.row(row.id) or row
        for _ in range(int(SEND_SECONDS / 0.05)):
            if current.state is not OutboxState.SENDING:
                break
            await self._clock.pause(0.05)
            current = await self._store.outbox.row(row.id) or row
        return current

    async def _reverse(self, row: OutboxRow) -> Undone:
        """Undo on the network what was already carried out."""
        current = await self._after_sending(row)
        kind, opposite = row.act.kind, row.act.kind.opposite or BACK_AGAIN.get(row.act.kind)
        if current.state is OutboxState.SENDING:
            raise NotYet(f"The {kind} is just being sent; press z again in a moment.")
        if current.state is OutboxState.UNSURE:
            raise NotAllowed(f"It is not known whether the {kind} was sent: g o shows it, and asks you.")
        if current.state is not OutboxState.SENT:
            raise NotAllowed(f"The {kind} was not sent ({current.state}); there is nothing to take back.")
        if current.page:
            host = urlsplit(current.page).hostname
            raise NotAllowed(f"The {kind} was done on {host}: take it back there.")
        if opposite is None:
            raise NotAllowed(f"A {kind} that was sent cannot be taken back.")
        if opposite is ActKind.DELETE:
            raise Sent(current)
        self.must_leave()
        await self._put_opposite(current, opposite)
        undone = await self._store.triage.undo_act(row.id, self._clock.now())
        if row.item and kind in FINISHES and not undone:
            move = Move.UNBLOCK if kind is ActKind.BLOCK else Move.REOPEN
            await self._store.triage.apply(row.item_account, row.items, move, now=self._clock.now())
        if kind in HIDES:
            await self._unhide(row.act)
        self._tell_triage((row.item_account, item) for item in row.items)
        return Undone(f"{kind.capitalize()} is being taken back", row.items, account=row.item_account)

    async def _put_opposite(self, row: OutboxRow, kind: ActKind) -> None:
        """Into the outbox with what takes an act back that was carried out."""
        act = replace(row.act, kind=kind, record=row.result, text="", media=(), more=())
        now = self._clock.now()
        material = self._networks[act.account].begin(act, now, os.urandom(8))
        self._tell(await self._store.outbox.put(act, "", material=material, held_until=now, now=now))

    async def _unhide(self, act: Act) -> None:
        if act.person:
            await self._store.posts.unhide_author(act.account, act.person.id)
            self._bus.publish(ItemsChanged(frozenset()))

    def _tell(self, row: OutboxRow) -> None:
        self._wake(row.act.account)
        self._bus.publish(OutboxChanged(row.id))
        self._tell_triage((row.item_account, item) for item in row.items)

    def _tell_triage(self, places: Iterable[tuple[str, str]]) -> None:
        """Decisions about these items changed, by (account, item)."""
        items: dict[str, set[str]] = {}
        for account, item in places:
            items.setdefault(account, set()).add(item)
        for account, changed in items.items():
            self._bus.publish(TriageChanged(account, frozenset(changed)))


def counted(number: int) -> str:
    """For how many, where it was not one."""
    return f" for {number}" if number > 1 else ""
