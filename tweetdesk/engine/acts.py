"""Acts: what the user decides becomes rows of triage and outbox, and can be taken back in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tweetdesk.domain.events import ItemsChanged, Notice, OutboxChanged, Severity, TriageChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState, draft_key
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.clock import Clock
from tweetdesk.store.store import Store

if TYPE_CHECKING:
    from tweetdesk.networks.base import Network, Permission

#: How an item is said to be done after an act on it.
DONE_BY = {
    ActKind.REPLY: "answered",
    ActKind.MESSAGE: "answered",
    ActKind.QUOTE: "quoted",
    ActKind.REPOST: "reposted",
    ActKind.LIKE: "liked",
    ActKind.BLOCK: "blocked",
    ActKind.MUTE: "muted",
    ActKind.MUTE_THREAD: "muted",
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


@dataclass(frozen=True, slots=True)
class HandedOff:
    """An act that is to be done on the network's own page: its row of the outbox, and the address of the page."""

    row: OutboxRow
    url: str


#: Takes one act back. Raises NotAllowed when it is too late.
Undo = Callable[[], Awaitable[Undone]]


class Acts:
    """Carries out decisions: private ones at once, public ones through the outbox."""

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
        self._undo: list[Undo] = []

    # -- private decisions -------------------------------------------------------------------------------
    async def decide(
        self, items: Sequence[Item], move: Move, *, words: str, until: datetime | None = None
    ) -> None:
        """Mark items as followed up (FINISH), snoozed (SNOOZE, with `until`) or open (REOPEN).

        Raises NotAllowed for an item whose answer is still on its way.
        """
        now = self._clock.now()
        applied = []
        for item in items:
            done = await self._store.triage.apply(item.account, [item.id], move, until=until, act=words, now=now)
            if not done and item.state is TriageState.ANSWERING:
                raise NotAllowed("Your answer to this is on its way; z takes it back while it is held.")
            applied += done
            self._bus.publish(TriageChanged(item.account, frozenset({item.id})))

        async def undo() -> Undone:
            for one in reversed(applied):
                await self._store.triage.undo(one.id, self._clock.now())
            for item in items:
                self._bus.publish(TriageChanged(item.account, frozenset({item.id})))
            owner = items[0].account if items else ""
            return Undone(f"{words} taken back", tuple(item.id for item in items), account=owner)

        self._undo.append(undo)

    # -- acts that leave the machine ------------------------------------------------------------------------
    def permission(self, account: str, kind: ActKind, post: Post | None) -> Permission:
        """Whether this account may do this to this post: here, on the network's own page, or not at all.

        Raises NotAllowed where the account is not logged in.
        """
        network = self._networks.get(account)
        if network is None:
            raise NotAllowed("That account is not logged in. `tweetdesk login` adds it.")
        return network.can(kind, post)

    def check(self, account: str, kind: ActKind, post: Post | None) -> None:
        """Raises NotAllowed with the reason if this account may not do this to this post from here."""
        permission = self.permission(account, kind, post)
        from tweetdesk.networks.base import Allowed

        if not isinstance(permission, Allowed):
            raise NotAllowed(permission.why)

    async def send(self, act: Act, item: Item | None, *, draft: Draft | None = None) -> OutboxRow:
        """Put an act into the outbox: public ones are held for a moment. Raises NotAllowed.

        `item` is moved by it, also where another account acts than the one that has it; its post is then the one
        that the acting account's server knows (`Engine.here`).
        """
        self.check(act.account, act.kind, item.post if item else None)
        network = self._networks[act.account]
        _reaches(network, act)
        if act.kind.writes_text and (left := network.measure(act.kind, act.text, act.warning).left) < 0:
            raise NotAllowed(f"The text is {-left} too long for {network.vocabulary.network}.")
        now = self._clock.now()
        held_until = now + timedelta(seconds=self.hold_seconds if act.kind.public else 0)
        move = Move.ANSWER if act.kind in ANSWERS else Move.FINISH if act.kind in FINISHES else None
        row = await self._store.outbox.put(
            act,
            item.id if item else "",
            item_account=item.account if item else "",
            material=network.begin(act, now, os.urandom(8)),
            held_until=held_until,
            draft=draft,
            move=move if item else None,
            act_words=DONE_BY.get(act.kind, ""),
            now=now,
        )
        await self._hide(act)
        self._undo.append(lambda: self.take_back(row))
        self._tell(row)
        return row

    async def _hide(self, act: Act) -> None:
        """After a block or mute: take the person out of sight, for as long as it lasts."""
        if act.kind in HIDES and act.person:
            until = self._clock.now() + timedelta(seconds=act.seconds) if act.seconds else None
            await self._store.posts.hide_author(act.account, act.person.id, until)
            self._bus.publish(ItemsChanged(frozenset()))

    # -- acts that are done on the network's own page -------------------------------------------------------
    async def hand_off(self, act: Act, item: Item | None, *, draft: Draft | None = None) -> HandedOff:
        """Keep an act that is to be done on the network's own page; the item waits for it. Raises NotAllowed."""
        from tweetdesk.networks.base import HandOff, No

        permission = self.permission(act.account, act.kind, item.post if item else None)
        if isinstance(permission, No):
            raise NotAllowed(permission.why)
        network = self._networks[act.account]
        _reaches(network, act)
        url = network.page(act) or (permission.url if isinstance(permission, HandOff) else "")
        if not url:
            raise NotAllowed(f"{network.vocabulary.network} has no page for this: open the post there with o.")
        now = self._clock.now()
        row = await self._store.outbox.hand_off(
            act,
            item.id if item else "",
            item_account=item.account if item else "",
            page=url,
            until=now + HAND_OFF_WAITS,
            draft=draft,
            now=now,
        )
        self._undo.append(lambda: self.take_back(row))
        self._tell(row)
        return HandedOff(row, url)

    async def done_there(self, row: OutboxRow) -> None:
        """The user has done what was handed off: the item is done by it, or as before where that finishes nothing.

        Raises NotAllowed where the act is not handed off (any more).
        """
        kind = row.act.kind
        finished = DONE_BY[kind] if kind in FINISHES | ANSWERS else ""
        done = await self._store.outbox.done_there(row.id, finished, self._clock.now())
        if done is None:
            raise NotAllowed(f"This {kind} is not waiting to be done elsewhere.")
        await self._hide(row.act)

        self._undo.append(lambda: self._not_done_there(row))
        self._tell(done)

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

    async def help_list(self, account: str, person: Identity) -> bool:
        """Put a person on the help list of an account, or take them off; whether they are on it now."""
        on = all(one.id != person.id for one in await self._store.people.helped(account))
        await self._store.people.set_helped(account, person, on, self._clock.now())

        async def undo() -> Undone:
            await self._store.people.set_helped(account, person, not on, self._clock.now())
            self._bus.publish(ItemsChanged(frozenset()))
            return Undone(f"{person.called} is {'off' if on else 'on'} your help list again")

        self._undo.append(undo)
        self._bus.publish(ItemsChanged(frozenset()))
        return on

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
        last = next(iter(await self._store.triage.last_undoable(1)), None)
        if last is None:
            raise NotAllowed("There is nothing to take back.")
        if last.outbox is not None and (row := await self._store.outbox.row(last.outbox)):
            done = row.page and row.state is OutboxState.SENT
            return lambda: self._not_done_there(row) if done else self.take_back(row)

        async def undo() -> Undone:
            await self._store.triage.undo(last.id, self._clock.now())
            self._bus.publish(TriageChanged(last.account, frozenset({last.item})))
            return Undone(f"{last.act or last.move} taken back", (last.item,), account=last.account)

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

    async def end_doubt(self, row: OutboxRow, state: OutboxState) -> None:
        """The user has looked whether an unsure act was carried out: SENT, QUEUED (again) or REFUSED (not)."""
        now = self._clock.now()
        if state is OutboxState.SENT:
            await self._store.outbox.sent(row.id, row.result, now)
        elif state is OutboxState.QUEUED:
            await self._store.outbox.again(row.id, now, "", now)
        else:
            await self._store.outbox.refused(row.id, "It was not sent.", now)
        self._tell(row)

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
        if row.item and row.act.kind in FINISHES:
            await self._store.triage.apply(row.item_account, [row.item], Move.REOPEN, now=now)
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

    def complain(self, error: NotAllowed) -> None:
        """Tell the user why something could not be done."""
        self._bus.publish(Notice(str(error), Severity.WARNING))


def _reaches(network: Network, act: Act) -> None:
    """Raises NotAllowed for an act on what the account's server cannot mean: something of another network, or a
    post by the name that another server gave it. The last line of defence: the desk offers no such act.
    """
    account = network.account
    url = urlsplit(account.server)
    host = url.hostname or ""
    known_as = {account.network, host, f"{host}:{url.port}" if url.port else host}
    elsewhere = any(ref is not None and ref.server not in known_as for ref in (act.target, act.root))
    if elsewhere or (act.person is not None and act.person.network != account.network):
        raise NotAllowed(f"@{account.handle} on {network.vocabulary.network} cannot reach this: nothing was sent.")


def act_on(kind: ActKind, item: Item, *, account: str = "", text: str = "", record: str = "") -> Act:
    """The act of a kind on an item, with everything about its post taken now."""
    post = item.post
    return Act(
        kind,
        account or item.account,
        target=post.ref,
        target_version=post.version,
        root=post.reply_root or post.ref,
        root_version=post.root_version or post.version,
        person=post.author,
        conversation=post.conversation,
        text=text,
        record=record,
    )
