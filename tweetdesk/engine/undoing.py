"""Undoing: the acts of the last while, and how each of them is taken back, on the network too where it can be."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tweetdesk.domain.events import ItemsChanged, OutboxChanged, TriageChanged
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState, draft_key
from tweetdesk.domain.triage import BLOCKED, CONVERSATION_MUTED, MUTED, Move
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.clock import Clock
from tweetdesk.store.store import Store

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
#: So long an undo waits for the end of a send that is on its way.
SEND_SECONDS = 3.0
HIDES = frozenset({ActKind.BLOCK, ActKind.MUTE})
#: How long an item waits for an act that was handed off.
HAND_OFF_WAITS = timedelta(days=3)


class NotAllowed(Exception):
    """The act cannot be done here; the text is a sentence for the user."""


class NotYet(NotAllowed):
    """It cannot be done at this moment, but soon."""


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

        Raises NotAllowed.
        """
        undo = self._undo.pop() if self._undo else await self._from_log()
        try:
            return await undo()
        except NotYet:
            self._undo.append(undo)
            raise

    async def _from_log(self) -> Undo:
        """How to take back the newest decision that the log has."""
        batch = next(iter(await self._store.triage.last_undoable(1)), None)
        if batch is None:
            raise NotAllowed("There is nothing to take back.")
        last = batch[0]
        if last.outbox is not None and (row := await self._store.outbox.row(last.outbox)):
            done = row.page and row.state is OutboxState.SENT
            return lambda: self._not_done_there(row) if done else self.take_back(row)

        async def undo() -> Undone:
            undone = await self._store.triage.undo_batch(last.batch, self._clock.now())
            for one in undone:
                self._bus.publish(TriageChanged(one.account, frozenset({one.item})))
            items = tuple(one.item for one in undone)
            return Undone(f"{last.act or last.move} taken back", items, account=last.account)

        return undo

    async def take_back(self, row: OutboxRow) -> Undone:
        """Take one act back: out of the outbox, or on the network where that can be. Raises NotAllowed."""
        back = await self._store.outbox.take_back(row.id, self._clock.now())
        if back is None:
            return await self._reverse(row)
        if row.act.kind in HIDES and not row.page:
            await self._unhide(row.act)
        self._tell(row)
        words = f"{row.act.kind.capitalize()} taken back, nothing was sent"
        draft = None
        if row.act.kind.writes_text:
            words += "; the text is in the composer"
            key = draft_key(row.act, row.item)
            draft = Draft(row.act.account, key, row.act, row.act.text, self._clock.now())
        return Undone(words, (row.item,) if row.item else (), draft, row.item_account)

    async def _not_done_there(self, row: OutboxRow) -> Undone:
        """Take back that something was done elsewhere. Raises NotAllowed."""
        now, kind = self._clock.now(), row.act.kind
        back = await self._store.outbox.not_done_there(row.id, now + HAND_OFF_WAITS, now)
        if back is None:
            raise NotAllowed(f"The {kind} is not said to be done any more.")
        if kind in HIDES:
            await self._unhide(row.act)
        self._tell(back)
        items = (row.item,) if row.item else ()
        return Undone(f"{kind.capitalize()} waits to be done again", items, account=row.item_account)

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
        opposite = row.act.kind.opposite
        if current.state is OutboxState.SENDING:
            raise NotYet(f"The {row.act.kind} is just being sent; press z again in a moment.")
        if current.state is OutboxState.UNSURE:
            raise NotAllowed(f"It is not known whether the {row.act.kind} was sent: g o shows it, and asks you.")
        if current.state is not OutboxState.SENT:
            raise NotAllowed(f"The {row.act.kind} was not sent ({current.state}); there is nothing to take back.")
        if current.page:
            host = urlsplit(current.page).hostname
            raise NotAllowed(f"The {row.act.kind} was done on {host}: take it back there.")
        if opposite is None:
            raise NotAllowed(f"A {row.act.kind} that was sent cannot be taken back.")
        if opposite is ActKind.DELETE:
            raise NotAllowed("It was sent. Open it and press Del to delete it.")
        self.must_leave()
        network = self._networks[row.act.account]
        act = replace(row.act, kind=opposite, record=current.result)
        now = self._clock.now()
        put = await self._store.outbox.put(
            act,
            "",
            material=network.begin(act, now, os.urandom(8)),
            held_until=now,
            draft=None,
            move=None,
            act_words="",
            now=now,
        )
        undone = await self._store.triage.undo_act(row.id, now)
        if row.item and row.act.kind in FINISHES and not undone:
            move = Move.UNBLOCK if row.act.kind is ActKind.BLOCK else Move.REOPEN
            await self._store.triage.apply(row.item_account, [row.item], move, now=now)
        if row.act.kind in HIDES:
            await self._unhide(row.act)
        self._tell(put)
        self._bus.publish(TriageChanged(row.item_account, frozenset({row.item})))
        items = (row.item,) if row.item else ()
        return Undone(f"{row.act.kind.capitalize()} is being taken back", items, account=row.item_account)

    async def _unhide(self, act: Act) -> None:
        if act.person:
            await self._store.posts.unhide_author(act.account, act.person.id)
            self._bus.publish(ItemsChanged(frozenset()))

    def _tell(self, row: OutboxRow) -> None:
        self._wake(row.act.account)
        self._bus.publish(OutboxChanged(row.id))
        if row.item:
            self._bus.publish(TriageChanged(row.item_account, frozenset({row.item})))
