"""The sender: carries out one account's outbox, act after act, and settles every doubt before it repeats.

Senders are the only writers to the networks. `sending` is committed before the bytes leave; a row that is found in
it after a crash, or whose answer was lost, is settled with the network first (DESIGN section 7).
"""

from __future__ import annotations

import math
import os
from dataclasses import replace
from datetime import datetime, timedelta

from tweetdesk.domain.dates import when_words
from tweetdesk.domain.events import (
    Event,
    ItemsChanged,
    Notice,
    OutboxChanged,
    Severity,
    SourceState,
    StatusChanged,
    TriageChanged,
)
from tweetdesk.domain.outbox import Act, ActKind, OutboxRow, marked
from tweetdesk.domain.selections import Source
from tweetdesk.engine.pauses import PAUSING
from tweetdesk.engine.pictures import ActPictures
from tweetdesk.engine.poller import BACKOFF
from tweetdesk.engine.rounds import Rounds
from tweetdesk.engine.tools import Tools
from tweetdesk.engine.undoing import HIDES
from tweetdesk.networks.base import (
    HandOff,
    LoginNeeded,
    Network,
    NetworkError,
    OutOfMoney,
    RateLimited,
    Receipt,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.store.content import item_of

#: What the user put off to a time that is longer past is not simply sent: there is a moment to take it back.
LATE = timedelta(hours=1)

_NO_PLACE = "The post of the thread before it was not found, so this could not be put below it."


class Sender(Rounds):
    """Drains one account's outbox until it is cancelled; a slow account does not hold up the others."""

    def __init__(self, network: Network, tools: Tools) -> None:
        super().__init__(tools.busy, tools.clock)
        self._network, self._tools = network, tools
        self._account = network.account.id
        self._store, self._bus = tools.store, tools.bus
        self._began = 0  # the round of the account in which the request under way began; see Pauses
        self._offline: set[Source] = set()
        self._line_is_back = True

    def line_back(self) -> None:
        """The line is there again, or the user wants it tried: what waits for nothing else is due."""
        self._line_is_back = True
        self.wake()

    async def run(self) -> None:
        """Settle what a crash left behind, then send whatever is ready, until cancelled."""
        unsubscribe = self._bus.subscribe(self._hear)
        try:
            await super().run()
        finally:
            unsubscribe()

    async def _round(self) -> float:
        """Send what is ready, and what has become so meanwhile; the seconds until the next row is due."""
        while True:
            went_on = await self.drain()
            due = None if self._stopped else await self._store.outbox.next_due(self._account)
            if due is None:
                return math.inf
            seconds = (due - self._clock.now()).total_seconds()
            if not went_on or seconds > 0:
                return max(seconds, 0.05)

    def _hear(self, event: Event) -> None:
        """A source of this account that was offline and is not any more tells that the line is back."""
        if not isinstance(event, StatusChanged) or event.status.source.account != self._account:
            return
        source = event.status.source
        if event.status.state is SourceState.OFFLINE:
            self._offline.add(source)
        elif event.status.state is SourceState.FRESH and source in self._offline:
            self._offline.clear()
            self.line_back()

    @property
    def _stopped(self) -> bool:
        """Whether nothing may be sent: the account is paused, or nothing may leave this machine."""
        return bool(self._tools.pauses.why(self._account) or self._tools.acts.locked)

    async def drain(self) -> bool:
        """Carry out everything of this account that is ready now, in order; whether there was anything."""
        if self._stopped:
            return False
        now = self._clock.now()
        if self._line_is_back:
            self._line_is_back = False
            await self._store.outbox.line_back(self._account, now)
        await self._hold_late(now)
        doubtful = await self._store.outbox.doubtful(now, self._account)
        for row in doubtful:
            async with self._tools.budget.acting(self._account):
                self._began = self._tools.pauses.round(self._account)
                await self._settle(row, row.material)
            if self._stopped:
                return True
        ready = await self._store.outbox.ready(now, self._account)
        for row in ready:
            async with self._tools.budget.acting(self._account):
                self._began = self._tools.pauses.round(self._account)
                await self._send(row)
            if self._stopped:
                return True
        return bool(doubtful or ready)

    async def _hold_late(self, now: datetime) -> None:
        """What was to be sent while tweetdesk did not run, or the machine slept, is held once more, and told."""
        until = now + timedelta(seconds=self._tools.acts.hold_seconds)
        for row in await self._store.outbox.late(now, until, self._account, after=LATE):
            at = when_words(row.not_before, now.astimezone())
            text = f"What you put off to {at} could not be sent then: it is sent now."
            if until > now:
                text += " For a moment it can be taken back: g o, then z."
            self._bus.publish(Notice(text, Severity.WARNING))
            self._bus.publish(OutboxChanged(row.id))

    async def _send(self, row: OutboxRow) -> None:
        if row.follows is not None and row.act.target is None:
            await self._refused(row, _NO_PLACE)
            return
        try:
            material = await self._prepared(row)
        except Refused as error:
            await self._refused(row, str(error))
            return
        except NetworkError as error:
            await self._again(row, error)
            return
        if self._stopped or not await self._store.outbox.begin_sending(row.id, material, self._clock.now()):
            return  # nothing may be sent any more, or it was taken back meanwhile
        self._bus.publish(OutboxChanged(row.id))
        try:
            receipt = await self._network.send(row.act, material)
        except (Unreachable, ServerTrouble) as error:
            await self._settle(row, material, error)
        except Refused as error:
            await self._refused(row, str(error))
        except (RateLimited, LoginNeeded, OutOfMoney) as error:
            await self._again(row, error)
        except Unsure as error:
            await self._unsure(row, error)
        else:
            await self._sent(row, receipt)

    async def _prepared(self, row: OutboxRow) -> str:
        """The material with what has to be asked, or uploaded, first."""
        material = row.material or self._network.begin(row.act, self._clock.now(), os.urandom(8))
        try:
            return await self._network.prepare(row.act, material, ActPictures(row.id, self._tools))
        finally:
            if self._tools.uploading.pop(row.id, None) is not None:
                self._bus.publish(OutboxChanged(row.id))

    async def _settle(self, row: OutboxRow, material: str, cause: NetworkError | None = None) -> None:
        """Find out whether a doubtful row was carried out; without an answer it stays in doubt."""
        try:
            receipt = await self._network.settle(row.act, material)
        except Unsure as error:
            await self._unsure(row, error)
        except NetworkError as error:
            offline = isinstance(error, Unreachable)
            next_try = self._next_try(row, error)
            now = self._clock.now()
            await self._store.outbox.still_doubtful(row.id, next_try, str(error), now, offline=offline)
            self._bus.publish(OutboxChanged(row.id))
        else:
            if receipt is not None:
                await self._sent(row, receipt)
            elif cause is not None:
                await self._again(row, cause)
            else:  # a crash or a dead line came between: it is sent in this round
                now = self._clock.now()
                await self._store.outbox.again(row.id, now, row.why, now)

    def _next_try(self, row: OutboxRow, error: NetworkError) -> datetime:
        """When to try again; an error that concerns the whole account pauses it, and the row waits for its end."""
        now = self._clock.now()
        if isinstance(error, PAUSING):
            self._tools.pauses.pause(self._account, error, self._began)
            return now
        if isinstance(error, RateLimited):
            return max(error.until, now + timedelta(seconds=1))
        return now + timedelta(seconds=BACKOFF[min(row.attempts, len(BACKOFF) - 1)])

    async def _again(self, row: OutboxRow, error: NetworkError) -> None:
        """It was surely not carried out: queue it again."""
        offline, next_try = isinstance(error, Unreachable), self._next_try(row, error)
        await self._store.outbox.again(row.id, next_try, str(error), self._clock.now(), offline=offline)
        self._bus.publish(OutboxChanged(row.id))

    async def _unsure(self, row: OutboxRow, error: Unsure) -> None:
        await self._store.outbox.unsure(row.id, str(error), self._clock.now())
        self._bus.publish(OutboxChanged(row.id))
        self._bus.publish(Notice(f"{error} (g o shows the outbox)", Severity.WARNING))

    async def _refused(self, row: OutboxRow, why: str) -> None:
        await self._store.outbox.refused(row.id, why, self._clock.now())
        if row.act.kind in HIDES and row.act.person:
            await self._store.posts.unhide_author(row.act.account, row.act.person.id)
            self._bus.publish(ItemsChanged(frozenset()))
        self._bus.publish(Notice(f"{self._called(row)} was refused: {why}{await self._kept(row)}", Severity.ERROR))
        self._tell(row)

    def _called(self, row: OutboxRow) -> str:
        """What a row is, at the beginning of a sentence and in the network's word."""
        if row.parts > 1:
            return f"Post {row.part} of {row.parts} of a thread"
        words = self._network.vocabulary
        return {ActKind.REPOST: words.repost, ActKind.LIKE: words.like}.get(
            row.act.kind, row.act.kind
        ).capitalize()

    async def _kept(self, row: OutboxRow) -> str:
        """What has become of the text of a refused row, in a sentence."""
        if not row.act.kind.writes_text:
            return ""
        if row.parts > 1:
            rest = "It and what comes after it are" if row.part < row.parts else "It is"
            sent = f" ({row.part - 1} of {row.parts} sent)" if row.part > 1 else ""
            return f" {rest} kept as a draft{sent}: g o goes on with it."
        if await self._handed_off(row.act):
            network = self._network.vocabulary.network
            return f" The text is kept as a draft: the same key opens it for {network}'s own page."
        return " The text is kept as a draft."

    async def _handed_off(self, act: Act) -> bool:
        """Whether what was refused can be done by hand on the network's own page."""
        post = await self._store.posts.post(act.target, act.account) if act.target else None
        return post is not None and isinstance(self._network.can(act.kind, post), HandOff)

    async def _sent(self, row: OutboxRow, receipt: Receipt) -> None:
        now = self._clock.now()
        await self._store.outbox.sent(row.id, receipt.result, now, receipt.post)
        if receipt.post is not None:
            account = self._network.account
            source = Source(account.id, "messages" if row.act.kind is ActKind.MESSAGE else "home")
            await self._store.posts.add_own(account, receipt.post, source)
            self._bus.publish(ItemsChanged(frozenset({source}), frozenset({item_of(receipt.post)})))
        await self._mark(row.act, receipt)
        self._tell(row)

    async def _mark(self, act: Act, receipt: Receipt) -> None:
        """Remember what we did to a post, so that the same key takes it back before it is read again."""
        post = await self._store.posts.post(act.target, act.account) if act.target else None
        viewer = post and marked(post.viewer, act.kind, receipt.result)
        if post and viewer and viewer != post.viewer:
            await self._store.posts.keep(act.account, [replace(post, viewer=viewer)])
            self._bus.publish(ItemsChanged(frozenset(), frozenset({item_of(post)})))

    def _tell(self, row: OutboxRow) -> None:
        self._bus.publish(OutboxChanged(row.id))
        if row.items:
            self._bus.publish(TriageChanged(row.item_account, frozenset(row.items)))
