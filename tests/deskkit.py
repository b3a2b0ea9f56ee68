"""An engine on the sandbox with a clock that a test moves, for the tests of engine, cli and ui."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tweetdesk.cli.demo import sandbox_logins
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.events import Event, Notice
from tweetdesk.domain.items import Item
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.engine.session import Session, open_session
from tweetdesk.networks.base import Login
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.faces import NETWORKS, faces
from tweetdesk.sandbox.world import World
from tweetdesk.store.folders import Folders

START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


class FakeClock:
    """Stands still until `advance`; sleepers wake in the order of their times."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._count = 0
        self.minutes_east = 0

    def now(self) -> datetime:
        """The time, aware UTC."""
        return self._now

    def offset(self) -> int:
        """How many minutes east of UTC the clock on the wall is, as a test has set it."""
        return self.minutes_east

    def jump(self, moment: datetime) -> None:
        """Set the clock, or wake the machine after a night.

        Whoever sleeps wakes at the next `advance`: at the time on the wall, or after so many seconds, the sooner.
        """
        back = min(moment - self._now, timedelta())
        self._sleepers = [(when + back, count, future) for when, count, future in self._sleepers]
        self._now = moment

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been moved so far."""
        self._count += 1
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + timedelta(seconds=seconds), self._count, future))
        await future

    async def pause(self, seconds: float) -> None:
        """Takes no time: what is under way would otherwise wait for a clock that waits for it."""
        await asyncio.sleep(0)

    async def advance(self, seconds: float, settle: Callable[[], Awaitable[None]]) -> None:
        """Move on, waking who sleeps; `settle` returns when what that started is done."""
        end = self._now + timedelta(seconds=seconds)
        while self._sleepers and self._sleepers[0][0] <= end:
            when, _, future = heapq.heappop(self._sleepers)
            self._now = max(self._now, when)
            if not future.done():
                future.set_result(None)
                for _ in range(10):
                    await asyncio.sleep(0)
                await settle()
        self._now = end


class Desk:
    """A session on sandbox worlds of its own, and what a test asks of it.

    `worlds` has one by network; `world` and `account` are those of the first network asked for.
    """

    def __init__(self, session: Session, worlds: dict[str, World], clock: FakeClock) -> None:
        self.session, self.worlds, self.clock = session, worlds, clock
        self.engine, self.store = session.engine, session.store
        self.account: Account = session.accounts[0]
        self.world = worlds[self.account.network]

    def account_on(self, network: str) -> Account:
        """The account on a network."""
        return next(one for one in self.session.accounts if one.network == network)

    def source(self, kind: str, words: str = "", network: str = "") -> Source:
        """A source of the account, or of that on another network."""
        return Source((self.account_on(network) if network else self.account).id, kind, words)

    async def watch(self, *sources: Source) -> None:
        """Watch exactly these, and wait until they have been fetched."""
        self.engine.watch(sources)
        await self.engine.idle()

    async def fetch(self, *sources: Source) -> None:
        """Fetch now, and wait."""
        self.engine.fetch_now(sources)
        await self.engine.idle()

    async def items(self, source: Source, **more: bool) -> list[Item]:
        """The items of a source, oldest first."""
        selection = Selection((source,), by_conversation=source.kind == "messages", **more)
        keys = await self.store.posts.item_keys(selection)
        found = await self.store.posts.items(selection, [(account, item) for _, item, account in keys])
        return [found[account, item] for _, item, account in keys]

    def told(self) -> list[str]:
        """The sentences that are told from now on."""
        heard: list[str] = []

        def hear(event: Event) -> None:
            if isinstance(event, Notice):
                heard.append(event.text)

        self.engine.bus.subscribe(hear)
        return heard

    async def later(self, seconds: float) -> None:
        """Move the clock, and wait until what that started is done."""
        await self.engine.idle()
        await self.clock.advance(seconds, self.engine.idle)
        await self.engine.idle()


@asynccontextmanager
async def sandbox_desk(
    folder: Path,
    *,
    live_seconds: float = 0,
    seed: int = 1,
    started: bool = True,
    hold_seconds: float = 10,
    networks: Sequence[str] = ("bluesky",),
) -> AsyncIterator[Desk]:
    """A desk on worlds of its own with the same clock. Without `live_seconds` nothing happens there.

    With one network its world is whole; with several each has its part of one.
    """
    clock = FakeClock()
    parts = {name: (number, len(networks)) if len(networks) > 1 else None for number, name in enumerate(networks)}
    worlds = {
        name: World(seed, epoch=START, clock=clock.now, live_seconds=live_seconds, part=part)
        for name, part in parts.items()
    }
    nowhere = next(iter(worlds.values()))
    transport = AsgiTransport(faces(**{name: worlds.get(name, nowhere) for name in NETWORKS}))
    logins = await sandbox_logins(worlds, transport, clock=clock.now)
    async with logged_in(folder, logins, worlds, transport, clock, hold_seconds) as desk:
        if started:
            await desk.engine.start()
        yield desk


@asynccontextmanager
async def logged_in(
    folder: Path,
    logins: Sequence[Login],
    worlds: dict[str, World],
    transport: AsgiTransport,
    clock: FakeClock,
    hold_seconds: float = 10,
) -> AsyncIterator[Desk]:
    """A desk of these accounts, whose engine has not been started."""
    session = await open_session(
        Folders(folder / "config", folder / "data", folder / "state"),
        accounts=[login.account for login in logins],
        places={login.account.id: MemoryPlace(login.secret) for login in logins},
        transport=transport,
        clock=clock,
    )
    session.engine.acts.hold_seconds = hold_seconds
    try:
        yield Desk(session, worlds, clock)
    finally:
        await session.close()


@asynccontextmanager
async def beside(first: Desk, folder: Path, *, started: bool = True) -> AsyncIterator[Desk]:
    """Another program on the same profile and worlds."""
    nowhere = first.world
    transport = AsgiTransport(faces(**{name: first.worlds.get(name, nowhere) for name in NETWORKS}))
    logins = await sandbox_logins(first.worlds, transport, clock=first.clock.now)
    async with logged_in(folder, logins, first.worlds, transport, first.clock) as desk:
        if started:
            await desk.engine.start()
        yield desk
