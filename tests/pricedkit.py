"""A network that costs money and streams, on the sandbox: what it asks is Bluesky's, what it charges is its own.

For the tests of budgets, pauses, streams and hand-offs, where the prices of the day must not matter.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from deskkit import Desk, sandbox_desk

from tweetdesk.cli.demo import SERVER
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks import spending
from tweetdesk.networks.base import (
    BudgetReached,
    Files,
    HandOff,
    NetworkError,
    News,
    Page,
    Permission,
    Receipt,
    Vocabulary,
)
from tweetdesk.networks.bluesky import Bluesky, log_in
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.bluesky import face

#: What one resource costs, in micro-dollars.
PRICE = 5000


class Priced(Bluesky):
    """Bluesky as if each post read cost half a cent; likes are handed off.

    `polls` says otherwise how often a kind is asked for, `trouble` is raised by everything that asks, `streams`
    has what `listen` gives, one after another: news, or an error that ends the stream. `gates` are for one fetch
    of a kind: it sets the first event, waits for the second, and raises the trouble that there was before.
    """

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.asked: list[str] = []
        self.begun = asyncio.Event()
        self.polls: dict[str, float] = {}
        self.trouble: NetworkError | None = None
        self.note = ""
        self.gates: dict[str, tuple[asyncio.Event, asyncio.Event]] = {}
        self.streams: asyncio.Queue[News | NetworkError | None] | None = None
        self.listens = 0

    @property
    def vocabulary(self) -> Vocabulary:
        """A name of its own."""
        return Vocabulary("Pricey")

    @property
    def price_date(self) -> str:
        """It costs money."""
        return "2026-01-01"

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        self.begun.set()
        if self.trouble is not None:
            raise self.trouble

    async def fetch(self, source: Source, cursor: str) -> Page:
        """A page that is paid for: refused beforehand where not one resource can be, and by what it has else."""
        if source.kind in self.gates:
            trouble, (reached, opened) = self.trouble, self.gates.pop(source.kind)
            reached.set()
            await opened.wait()
            if trouble is not None:
                raise trouble
        self._ask(source.kind)
        left = spending.money_left()
        if left is not None and left < PRICE:
            raise BudgetReached("too little is left", self._session.clock())
        page = await super().fetch(source, cursor)
        spending.count(resources=len(page.posts), micros=len(page.posts) * PRICE)
        return Page(page.posts, page.cursor, page.gap, page.unreadable, page.people, page.gone, self.note)

    async def profile(self, who: str) -> Profile:
        """A person for the price of two posts."""
        self._ask("profile")
        spending.count(resources=1, micros=2 * PRICE)
        return await super().profile(who)

    async def posts(self, refs: tuple[PostRef, ...]) -> tuple[Post, ...]:
        """Posts, for nothing."""
        self._ask("posts")
        return await super().posts(refs)

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """Asks as well."""
        self._ask("prepare")
        return await super().prepare(act, material, files)

    async def send(self, act: Act, material: str) -> Receipt:
        """An act for three times the price of a post."""
        spending.count(micros=3 * PRICE)
        return await super().send(act, material)

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """Likes and blocks are done on the page only."""
        if kind in (ActKind.LIKE, ActKind.BLOCK):
            return HandOff("https://pricey.example.com/usual", "Pricey lets its own page do this only.")
        return super().can(kind, post)

    def page(self, act: Act) -> str:
        """A page for texts and likes; of a block only `can` knows one."""
        if act.kind is ActKind.BLOCK:
            return ""
        return f"https://www.pricey.example.com/{act.kind.name.lower()}?text={act.text}"

    def poll_seconds(self, kind: str) -> float:
        """As `polls` says."""
        return self.polls.get(kind) or super().poll_seconds(kind)

    async def listen(self) -> AsyncIterator[News]:
        """What is put into `streams`; None ends a stream, an error breaks it."""
        self.listens += 1
        if self.streams is None:
            return
        while (news := await self.streams.get()) is not None:
            if isinstance(news, NetworkError):
                raise news
            yield news


@asynccontextmanager
async def priced_desk(
    folder: Path, *, budget: int | None = None, polls: dict[str, float] | None = None, stream: bool = False,
    hold_seconds: float = 10,
) -> AsyncIterator[tuple[Desk, Priced]]:  # fmt: skip
    """A desk whose only network is a `Priced` one, with so many micro-dollars a day."""
    async with sandbox_desk(folder, started=False, hold_seconds=hold_seconds) as desk:
        transport, person = AsgiTransport(face(desk.world)), desk.world.account
        clock, sleep = desk.clock.now, desk.clock.pause
        login = await log_in(SERVER, person.handle, person.password, transport=transport, clock=clock)
        place = MemoryPlace(login.secret)
        network = Priced(desk.account, place, transport=transport, clock=clock, sleep=sleep)
        network.polls = dict(polls or {})
        if stream:
            network.streams = asyncio.Queue()
        desk.engine.networks[desk.account.id] = network
        desk.engine.budget_micros = budget
        await desk.engine.start()
        yield desk, network


async def settled(desk: Desk) -> None:
    """What was just put into a stream has been heard, and what it started is done."""
    for _ in range(20):
        await asyncio.sleep(0)
    await desk.engine.idle()
