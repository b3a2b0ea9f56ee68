"""Acts: what the user decides becomes rows of triage and outbox, and can be taken back in the reverse order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tweetdesk.domain.events import ItemsChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState, posts_of
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import Move
from tweetdesk.engine.deciding import Deciding
from tweetdesk.engine.undoing import ANSWERS, DONE_BY, FINISHES, HAND_OFF_WAITS, HIDES, NotAllowed

if TYPE_CHECKING:
    from tweetdesk.networks.base import Network, Permission


#: So much later than the one before it a post of a thread begins: some networks sort by that.
_MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class HandedOff:
    """An act that is to be done on the network's own page: its row of the outbox, and the address of the page."""

    row: OutboxRow
    url: str


class Acts(Deciding):
    """Carries out decisions: private ones at once, public ones through the outbox."""

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

    async def send(
        self, act: Act, item: Item | None, *, draft: Draft | None = None, at: datetime | None = None
    ) -> OutboxRow:
        """Put an act into the outbox: public ones are held for a moment, or until `at`. Raises NotAllowed.

        `item` is moved by it with all that it stands for, also where another account acts than the one that has
        it; its post is then the one that the acting account's server knows (`Engine.here`). The posts of a thread
        (`act.more`) become a row each; the row of the first is returned.
        """
        self.must_leave()
        self.check(act.account, act.kind, item.post if item else None)
        network = self._networks[act.account]
        _reaches(network, act)
        first, *rest = posts_of(act)
        _fits(network, first, rest)
        now = self._clock.now()
        if at is not None and at <= now:
            raise NotAllowed("That time is over: nothing was sent.")
        # What the user puts off begins when its time has come: some networks show posts by when they began.
        begun = [
            "" if at else network.begin(one, now + part * _MOMENT, os.urandom(8))
            for part, one in enumerate((first, *rest))
        ]
        held_until = at or now + timedelta(seconds=self.hold_seconds if act.kind.public else 0)
        move = Move.ANSWER if act.kind in ANSWERS else Move.FINISH if act.kind in FINISHES else Move.ACT
        row = await self._store.outbox.put(
            first,
            item.id if item else "",
            item_account=item.account if item else "",
            items=item.ids if item else (),
            material=begun[0],
            held_until=held_until,
            draft=draft,
            move=move if item else None,
            act_words=DONE_BY.get(act.kind, ""),
            then=list(zip(rest, begun[1:], strict=True)),
            later=at is not None,
            now=now,
        )
        await self._hide(act)
        self._undo.append(lambda: self.take_back(row))
        self._tell(row)
        return row

    async def send_now(self, row: OutboxRow) -> None:
        """Send at once what is held, or was put off to a time. Raises NotAllowed where it is not (any more)."""
        self.must_leave()
        now = await self._store.outbox.send_now(row.id, self._clock.now())
        if now is None:
            raise NotAllowed("This does not wait for a time.")
        self._tell(now)

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

        self.must_leave()
        permission = self.permission(act.account, act.kind, item.post if item else None)
        if isinstance(permission, No):
            raise NotAllowed(permission.why)
        network = self._networks[act.account]
        _reaches(network, act)
        if act.more:
            name = network.vocabulary.network
            raise NotAllowed(f"{name}'s own page takes one post at a time: hand off the first, then go on there.")
        url = network.page(act) or (permission.url if isinstance(permission, HandOff) else "")
        if not url:
            raise NotAllowed(f"{network.vocabulary.network} has no page for this: open the post there with o.")
        now = self._clock.now()
        row = await self._store.outbox.hand_off(
            act,
            item.id if item else "",
            item_account=item.account if item else "",
            items=item.ids if item else (),
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


def _fits(network: Network, first: Act, rest: Sequence[Act]) -> None:
    """Raises NotAllowed for a text that is too long, and for a thread of what cannot be one."""
    if rest and first.kind not in (ActKind.POST, ActKind.REPLY, ActKind.QUOTE):
        raise NotAllowed(f"A {first.kind} cannot go on in a further post.")
    for part, act in enumerate((first, *rest), 1):
        if act.kind.writes_text and (left := network.measure(act.kind, act.text, act.warning).left) < 0:
            what = f"Post {part} of the thread" if rest else "The text"
            raise NotAllowed(f"{what} is {-left} too long for {network.vocabulary.network}.")


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
