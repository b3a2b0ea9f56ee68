"""The budget: how much money each read may still cost today, and the ledger of what everything has used."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta

from tweetdesk.domain.selections import Source
from tweetdesk.engine.clock import Clock
from tweetdesk.networks import spending
from tweetdesk.networks.base import Network
from tweetdesk.networks.errors import BudgetReached
from tweetdesk.networks.spending import DOLLAR, Tally
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.ledger import Ledger, day_of

#: Kinds of source that may use the whole of a day's budget, and the part of it that all others may use.
FIRST_KINDS = frozenset({"mentions", "messages"})
SHARE = 0.8
#: From this part of the budget on sources are asked less often, at the end of it so many times less often.
SLOWS_FROM, SLOWEST = 0.5, 8.0

log = logging.getLogger(__name__)


class Budget:
    """One day's money (UTC) for reading, over all accounts on networks that cost something.

    Acts are counted but never stopped: what they cost is told before. What was used is in the ledger, so that a
    restart does not begin a new budget.
    """

    def __init__(self, ledger: Ledger, micros: int | None, clock: Clock, networks: Mapping[str, Network]) -> None:
        """`micros` is what a day may cost, in micro-dollars: None for any; with 0 nothing that costs is read by
        itself, only what the user asks for by hand.
        """
        self.micros = micros
        self._ledger, self._clock, self._networks = ledger, clock, networks
        self._spent: tuple[date, int] = (date.min, 0)
        self._unsaved: tuple[date, int] = (date.min, 0)
        self._one_at_a_time = asyncio.Lock()

    async def allowance(self, account: str, source: Source | None, *, by_hand: bool = False) -> int | None:
        """How much a read may cost now, in micro-dollars; None for any (and where the network costs nothing).

        Raises StoreTrouble.
        """
        if self.micros is None or not self._priced(account):
            return None
        if self.micros == 0:
            return None if by_hand else 0
        now = self._clock.now()
        self._spent = (day_of(now), await self._ledger.micros(now) + _on(self._unsaved, now))
        return max(0, self._share(source) - _on(self._spent, now))

    def stretch(self, account: str, source: Source | None) -> float:
        """How many times longer to wait between two reads: 1 up to half of the day's money, 8 at its end."""
        if not self.micros or not self._priced(account):
            return 1.0
        used = _on(self._spent, self._clock.now()) / max(1, self._share(source))
        return 1.0 + (SLOWEST - 1.0) * min(1.0, max(0.0, (used - SLOWS_FROM) / (1.0 - SLOWS_FROM)))

    @asynccontextmanager
    async def reading(
        self, account: str, source: Source | None = None, *, by_hand: bool = False
    ) -> AsyncIterator[Tally]:
        """Count a read, within what it may cost: of reads that cost, one at a time, so that none spends twice.

        `source` is None for a look-up; `by_hand` is whether the user asked for just this. Raises StoreTrouble, and
        BudgetReached with the sentence for the user.
        """
        async with AsyncExitStack() as stack:
            if self._priced(account):
                await stack.enter_async_context(self._one_at_a_time)
            allowance = await self.allowance(account, source, by_hand=by_hand)
            if allowance == 0:
                raise self._reached(account, source)
            with spending.tally(allowance) as counted:
                try:
                    yield counted
                except BudgetReached as error:
                    raise self._reached(account, source) from error
                finally:
                    await self._keep(account, source, counted)

    @asynccontextmanager
    async def acting(self, account: str) -> AsyncIterator[Tally]:
        """Count an act, whatever it costs."""
        with spending.tally() as counted:
            try:
                yield counted
            finally:
                await self._keep(account, None, counted)

    async def _keep(self, account: str, source: Source | None, used: Tally) -> None:
        """Write what was used into the ledger; what cannot be written counts for as long as the program runs."""
        if not (used.requests or used.resources or used.micros):
            return
        now = self._clock.now()
        if used.micros:
            self._spent = (day_of(now), _on(self._spent, now) + used.micros)
        try:
            await self._ledger.count(
                account, source, now, requests=used.requests, resources=used.resources, micros=used.micros
            )
        except StoreTrouble as error:
            self._unsaved = (day_of(now), _on(self._unsaved, now) + used.micros)
            log.warning("the ledger was not written: %s", error)

    def _priced(self, account: str) -> bool:
        network = self._networks.get(account)
        return network is not None and bool(network.price_date)

    def _share(self, source: Source | None) -> int:
        whole = self.micros or 0
        return whole if source is not None and source.kind in FIRST_KINDS else int(whole * SHARE)

    def _reached(self, account: str, source: Source | None) -> BudgetReached:
        now, name = self._clock.now(), self._networks[account].vocabulary.network
        until = datetime.combine(day_of(now) + timedelta(days=1), time(), UTC)
        if not self.micros:
            text = f"{name} is read only when you ask (dollars_a_day is 0 in settings.toml): Ctrl+r reads it now."
            return BudgetReached(text, until)
        but = "" if self._share(source) == self.micros else " but for mentions and messages"
        text = (
            f"Today's budget for {name} (${self.micros / DOLLAR:.2f}) is used up{but}: more after 00:00 UTC, "
            "or raise dollars_a_day in settings.toml"
        )
        return BudgetReached(text, until)


def _on(counted: tuple[date, int], now: datetime) -> int:
    """What was counted, if it was on this day."""
    day, micros = counted
    return micros if day == day_of(now) else 0
