"""The poller: asks one source of one account again and again, stores what is new, and tells how it is doing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tweetdesk.domain.events import ItemsChanged, SourceState, SourceStatus, StatusChanged, TriageChanged
from tweetdesk.domain.selections import Source
from tweetdesk.engine.pauses import PAUSING
from tweetdesk.engine.rounds import Rounds
from tweetdesk.engine.tools import Tools
from tweetdesk.networks.base import (
    Fetched,
    Network,
    NetworkError,
    Page,
    RateLimited,
    Refused,
    Unreachable,
)
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.posts import Arrival

#: Waits after failures in a row, in seconds, before the jitter of up to a quarter.
BACKOFF = (5.0, 15.0, 30.0, 60.0, 120.0, 300.0)


class Sorter(Protocol):
    """Chooses what of a page belongs into other sources too (the candidates of "people to help")."""

    async def candidates(
        self, source: Source, fetched: Sequence[Fetched], now: datetime
    ) -> Sequence[tuple[Source, Arrival]]:
        """The posts, each with the source that it belongs into."""

    async def review(self, source: Source, network: Network, now: datetime) -> bool:
        """Look again at what was sorted into a source; whether there was anything."""


class Poller(Rounds):
    """Keeps one source fresh until it is cancelled. Reads only: every write belongs to the sender."""

    def __init__(self, source: Source, network: Network, tools: Tools, helping: Sorter) -> None:
        super().__init__(tools.busy, tools.clock)
        self.source = source
        self.status = SourceStatus(source, SourceState.LOADING, tools.clock.now())
        self._network, self._tools, self._helping = network, tools, helping
        self._store, self._bus = tools.store, tools.bus
        self._failures = 0
        self._by_hand = False

    def fetch_now(self, *, by_hand: bool = False) -> None:
        """Ask at once instead of at the next time, and once more where a fetch is under way."""
        self._by_hand = self._by_hand or by_hand
        self.wake()

    async def _round(self) -> float:
        """Fetch if that may be; the seconds until the next round."""
        by_hand, self._by_hand = self._by_hand, False
        account, kind = self.source.account, self.source.kind
        if why := self._tools.pauses.why(account):
            if (self.status.state, self.status.why) != (SourceState.REFUSED, why):
                await self._tell(SourceState.REFUSED, why=why)
            return math.inf
        if math.isinf(self._network.poll_seconds(kind)) and not by_hand:
            await self._rest()
            return math.inf
        return await self.fetch_once(by_hand=by_hand)

    async def _rest(self) -> None:
        """Tell of a source that is read by hand only: when it was read the last time, if it was."""
        name = self._network.vocabulary.network
        last = (await self._store.sources.statuses()).get(self.source)
        if last is not None and last.state is SourceState.FRESH:
            self.status = last
            self._bus.publish(StatusChanged(last))
        else:
            self._publish(SourceState.LIMITED, why=f"{name} is read here only when you ask: Ctrl+r reads it now.")

    async def fetch_once(self, *, by_hand: bool = False) -> float:
        """Fetch and store one page; the seconds until the next one is due. Never raises NetworkError."""
        began = self._tools.pauses.round(self.source.account)
        try:
            cursor = await self._store.sources.cursor(self.source)
            async with self._tools.budget.reading(self.source.account, self.source, by_hand=by_hand) as used:
                page = await self._network.fetch(self.source, cursor)
                used.resources = used.resources or len(page.posts)
            await self._take(page)
        except NetworkError as error:
            return await self._trouble(error, began)
        except StoreTrouble as error:
            self._publish(SourceState.BROKEN, why=str(error))
            return BACKOFF[3]
        self._failures = 0
        await self._tell(SourceState.FRESH, why=_remarks(page))
        return self._next()

    def _next(self) -> float:
        """The seconds until the next fetch after one that went well: longer, as the day's money is used up."""
        seconds = self._network.poll_seconds(self.source.kind)
        return seconds * self._tools.budget.stretch(self.source.account, self.source)

    async def _take(self, page: Page) -> None:
        """Store a page. What we wrote ourselves is nothing that a search could find for us."""
        now = self._clock.now()
        ours = self._network.account.user_id
        if page.context:
            await self._store.posts.keep(self.source.account, page.context)
        ingested = await self._store.posts.ingest(
            self.source,
            [arrival(one) for one in page.posts if self.source.kind != "search" or one.post.author.id != ours],
            cursor=page.cursor,
            people=page.people,
            gone=page.gone,
            also=await self._helping.candidates(self.source, page.posts, now),
            now=now,
        )
        if ingested.new or ingested.changed or page.gone:
            helping = Source(self.source.account, "helping")
            self._bus.publish(ItemsChanged(frozenset({self.source, helping}), ingested.items))
        if ingested.moved:
            self._bus.publish(TriageChanged(self.source.account, ingested.moved))

    async def _trouble(self, error: NetworkError, began: int) -> float:
        """Tell what is wrong, and how long to wait before asking again; `began` is the round of the request."""
        now = self._clock.now()
        if isinstance(error, RateLimited):
            wait = max((error.until - now).total_seconds(), 1.0)
            await self._tell(SourceState.LIMITED, until=error.until, why=str(error))
            return wait
        if isinstance(error, PAUSING):
            self._tools.pauses.pause(self.source.account, error, began)
            why = self._tools.pauses.why(self.source.account)
            await self._tell(SourceState.REFUSED, why=why or str(error))
            return math.inf if why else BACKOFF[0]
        wait = BACKOFF[min(self._failures, len(BACKOFF) - 1)] * random.uniform(1.0, 1.25)
        self._failures += 1
        state = SourceState.OFFLINE if isinstance(error, Unreachable) else SourceState.BROKEN
        if isinstance(error, Refused):
            state, wait = SourceState.REFUSED, BACKOFF[-1]
        await self._tell(state, until=now + timedelta(seconds=wait), why=str(error))
        return wait

    async def _tell(self, state: SourceState, until: datetime | None = None, why: str = "") -> None:
        self._publish(state, until, why)
        try:
            await self._store.sources.save_status(self.status)
        except StoreTrouble as error:
            self._publish(SourceState.BROKEN, until, str(error))

    def _publish(self, state: SourceState, until: datetime | None = None, why: str = "") -> None:
        self.status = SourceStatus(self.source, state, self._clock.now(), until, why)
        self._bus.publish(StatusChanged(self.status))


def _remarks(page: Page) -> str:
    """What there is to say of a page that was read: what answered, and what is missing."""
    said = [page.note] if page.note else []
    if page.unreadable:
        said.append(f"{page.unreadable} of the newest could not be read")
    elif page.gap:
        said.append("more came than was read; older ones are missing")
    return "; ".join(said)


def arrival(fetched: Fetched) -> Arrival:
    """What the network handed over, as the store takes it."""
    return Arrival(fetched.post, fetched.at, fetched.why, fetched.reposted_by)
