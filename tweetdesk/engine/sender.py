"""The sender: carries out one account's outbox, act after act, and settles every doubt before it repeats.

Senders are the only writers to the networks. `sending` is committed before the bytes leave; a row that is found in
it after a crash, or whose answer was lost, is settled with the network first (DESIGN section 7).
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from tweetdesk.domain.events import ItemsChanged, Notice, OutboxChanged, Severity, TriageChanged
from tweetdesk.domain.outbox import Act, ActKind, OutboxRow, marked
from tweetdesk.domain.selections import Source
from tweetdesk.engine.busy import Held
from tweetdesk.engine.pauses import PAUSING
from tweetdesk.engine.poller import BACKOFF
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


class Sender:
    """Drains one account's outbox until it is cancelled; a slow account does not hold up the others."""

    def __init__(self, network: Network, tools: Tools) -> None:
        self._network, self._tools = network, tools
        self._account = network.account.id
        self._store, self._bus, self._clock = tools.store, tools.bus, tools.clock
        self._wake = asyncio.Event()
        self._held = Held(tools.busy)
        self.wake()

    def wake(self) -> None:
        """Something was put into the outbox, or taken out of it; or the account was paused, or goes on."""
        self._wake.set()
        self._held.begin()

    def ended(self) -> None:
        """The task of this account has ended: nothing is under way any more."""
        self._held.end()

    async def run(self) -> None:
        """Settle what a crash left behind, then send whatever is ready, until cancelled."""
        try:
            while True:
                self._wake.clear()
                self._held.begin()
                await self.drain()
                due = None if self._paused else await self._store.outbox.next_due(self._account)
                if not self._wake.is_set():
                    self._held.end()
                    await self._pause(due)
        finally:
            self._held.end()

    @property
    def _paused(self) -> bool:
        return bool(self._tools.pauses.why(self._account))

    async def _pause(self, due: datetime | None) -> None:
        """Sleep until the next row is due, or somebody wakes us."""
        waits: set[asyncio.Future[object]] = {asyncio.ensure_future(self._wake.wait())}
        if due is not None:
            seconds = max((due - self._clock.now()).total_seconds(), 0.05)
            waits.add(asyncio.ensure_future(self._clock.sleep(seconds)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def drain(self) -> None:
        """Carry out everything of this account that is ready now, in order; nothing while it is paused."""
        now = self._clock.now()
        if self._paused:
            return
        for row in await self._store.outbox.doubtful(now, self._account):
            async with self._tools.budget.acting(self._account):
                await self._settle(row, row.material)
            if self._paused:
                return
        for row in await self._store.outbox.ready(now, self._account):
            async with self._tools.budget.acting(self._account):
                await self._send(row)
            if self._paused:
                return

    async def _send(self, row: OutboxRow) -> None:
        try:
            material = await self._network.prepare(row.act, row.material)
        except Refused as error:
            await self._refused(row, str(error))
            return
        except NetworkError as error:
            await self._again(row, error)
            return
        if not await self._store.outbox.begin_sending(row.id, material, self._clock.now()):
            return  # it was taken back meanwhile
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

    async def _settle(self, row: OutboxRow, material: str, cause: NetworkError | None = None) -> None:
        """Find out whether a doubtful row was carried out; without an answer it stays in doubt."""
        try:
            receipt = await self._network.settle(row.act, material)
        except Unsure as error:
            await self._unsure(row, error)
        except NetworkError as error:
            await self._store.outbox.still_doubtful(row.id, self._next_try(row, error), str(error))
            self._bus.publish(OutboxChanged(row.id))
        else:
            if receipt is not None:
                await self._sent(row, receipt)
            elif cause is not None:
                await self._again(row, cause)
            else:  # a crash or a dead line came between: it is sent in this round
                await self._store.outbox.again(row.id, self._clock.now(), row.why)

    def _next_try(self, row: OutboxRow, error: NetworkError) -> datetime:
        """When to try again; an error that concerns the whole account pauses it, and the row waits for its end."""
        if isinstance(error, PAUSING):
            self._tools.pauses.pause(self._account, error)
            return self._clock.now()
        if isinstance(error, RateLimited):
            return error.until
        return self._clock.now() + timedelta(seconds=BACKOFF[min(row.attempts, len(BACKOFF) - 1)])

    async def _again(self, row: OutboxRow, error: NetworkError) -> None:
        """It was surely not carried out: queue it again."""
        await self._store.outbox.again(row.id, self._next_try(row, error), str(error))
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
        kept = " The text is kept as a draft." if row.act.kind.writes_text else ""
        if kept and await self._handed_off(row.act):
            network = self._network.vocabulary.network
            kept = f" The text is kept as a draft: the same key opens it for {network}'s own page."
        self._bus.publish(Notice(f"{row.act.kind.capitalize()} was refused: {why}{kept}", Severity.ERROR))
        self._tell(row)

    async def _handed_off(self, act: Act) -> bool:
        """Whether what was refused can be done by hand on the network's own page."""
        post = await self._store.posts.post(act.target, act.account) if act.target else None
        return post is not None and isinstance(self._network.can(act.kind, post), HandOff)

    async def _sent(self, row: OutboxRow, receipt: Receipt) -> None:
        now = self._clock.now()
        await self._store.outbox.sent(row.id, receipt.result, now)
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
        if row.item:
            self._bus.publish(TriageChanged(row.item_account, frozenset({row.item})))
