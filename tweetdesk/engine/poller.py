"""The poller: asks one source of one account again and again, stores what is new, and tells how it is doing."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tweetdesk.domain.events import ItemsChanged, SourceState, SourceStatus, StatusChanged, TriageChanged
from tweetdesk.domain.selections import Source
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock
from tweetdesk.networks.base import (
    Fetched,
    LoginNeeded,
    Network,
    NetworkError,
    Page,
    RateLimited,
    Refused,
    Unreachable,
)
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

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


class Poller:
    """Keeps one source fresh until it is cancelled. Reads only: every write belongs to the sender."""

    def __init__(
        self,
        source: Source,
        network: Network,
        store: Store,
        bus: Bus,
        clock: Clock,
        busy: Busy,
        helping: Sorter,
    ) -> None:
        self.source = source
        self.status = SourceStatus(source, SourceState.LOADING, clock.now())
        self._network, self._store, self._bus = network, store, bus
        self._clock, self._busy, self._helping = clock, busy, helping
        self._failures = 0
        self._wanted = asyncio.Event()
        self._wanted.set()
        busy.begin()  # the first fetch; ended by `run`

    def fetch_now(self) -> None:
        """Ask at once instead of at the next time."""
        if not self._wanted.is_set():
            self._wanted.set()
            self._busy.begin()

    async def run(self) -> None:
        """Fetch whenever it is time or wanted, until cancelled."""
        try:
            while True:
                pause = await self.fetch_once()
                self._wanted.clear()
                self._busy.end()
                await self._pause(pause)
        finally:
            if self._wanted.is_set():
                self._busy.end()

    async def _pause(self, seconds: float) -> None:
        """Sleep until it is time, or somebody wants a fetch; busy again afterwards."""
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waiting = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waiting.cancel()
        if not self._wanted.is_set():
            self._wanted.set()
            self._busy.begin()

    async def fetch_once(self) -> float:
        """Fetch and store one page; the seconds until the next one is due. Never raises NetworkError."""
        try:
            page = await self._network.fetch(self.source, await self._store.sources.cursor(self.source))
            await self._take(page)
        except NetworkError as error:
            return await self._trouble(error)
        except StoreTrouble as error:
            self._publish(SourceState.BROKEN, why=str(error))
            return BACKOFF[3]
        self._failures = 0
        why = ""
        if page.unreadable:
            why = f"{page.unreadable} of the newest could not be read"
        elif page.gap:
            why = "more came than was read; older ones are missing"
        await self._tell(SourceState.FRESH, why=why)
        return self._network.poll_seconds(self.source.kind)

    async def _take(self, page: Page) -> None:
        """Store a page. What we wrote ourselves is nothing that a search could find for us."""
        now = self._clock.now()
        ours = self._network.account.user_id
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
            self._bus.publish(ItemsChanged(frozenset({self.source, helping})))
        if ingested.moved:
            self._bus.publish(TriageChanged(self.source.account, ingested.moved))

    async def _trouble(self, error: NetworkError) -> float:
        """Tell what is wrong, and how long to wait before asking again."""
        now = self._clock.now()
        if isinstance(error, RateLimited):
            wait = max((error.until - now).total_seconds(), 1.0)
            await self._tell(SourceState.LIMITED, until=error.until, why=str(error))
            return wait
        wait = BACKOFF[min(self._failures, len(BACKOFF) - 1)] * random.uniform(1.0, 1.25)
        self._failures += 1
        state = SourceState.OFFLINE if isinstance(error, Unreachable) else SourceState.BROKEN
        if isinstance(error, LoginNeeded | Refused):
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


def arrival(fetched: Fetched) -> Arrival:
    """What the network handed over, as the store takes it."""
    return Arrival(fetched.post, fetched.at, fetched.why, fetched.reposted_by)
