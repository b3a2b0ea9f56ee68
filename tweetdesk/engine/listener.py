"""The listener: hears one account's stream; what is new is fetched at once, what changed or went is taken over."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tweetdesk.domain.events import ItemsChanged
from tweetdesk.engine.budget import FIRST_KINDS
from tweetdesk.engine.pauses import PAUSING
from tweetdesk.engine.poller import BACKOFF
from tweetdesk.engine.tools import Tools
from tweetdesk.networks.base import Network, NetworkError, News, RateLimited
from tweetdesk.store.content import item_of
from tweetdesk.store.errors import StoreTrouble

#: The least seconds between two fetches that a stream asks for: of what is addressed to us, and of all else.
SOONEST, SOON = 1.0, 10.0
#: A stream that ends in less than this many seconds, having told nothing, is none: it is asked for again after so
#: many seconds.
AT_ONCE, NO_STREAM = 5.0, 6 * 3600.0


class Listener:
    """Hears the stream of one account until it is cancelled; an addition to polling, which goes on."""

    def __init__(self, network: Network, tools: Tools, fetch: Callable[[str, str], None]) -> None:
        """`fetch` has the watched sources of an account and kind fetched at once."""
        self._network, self._tools, self._fetch = network, tools, fetch
        self._account = network.account.id
        self._failures = 0
        self._kinds: set[str] = set()
        self._asked: dict[str, datetime] = {}
        self._told = asyncio.Event()

    async def run(self) -> None:
        """Listen again and again, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch_told())
            while True:
                await self._tools.pauses.over(self._account)
                await self._tools.clock.sleep(await self._listen())

    async def _listen(self) -> float:
        """Listen until the stream ends; the seconds until it is to be asked for again."""
        clock = self._tools.clock
        began, heard, in_round = clock.now(), False, self._tools.pauses.round(self._account)
        try:
            async with self._tools.budget.acting(self._account):
                async for news in self._network.listen():
                    heard, self._failures = True, 0
                    await self._take(news)
        except PAUSING as error:
            self._tools.pauses.pause(self._account, error, in_round)
            return 0.0
        except RateLimited as error:
            return max((error.until - clock.now()).total_seconds(), 1.0)
        except (NetworkError, StoreTrouble):
            # Polling goes on and tells the trouble in the columns' heads.
            return self._backoff()
        if not heard and (clock.now() - began).total_seconds() < AT_ONCE:
            return NO_STREAM
        return self._backoff()

    def _backoff(self) -> float:
        seconds = BACKOFF[min(self._failures, len(BACKOFF) - 1)]
        self._failures += 1
        return seconds * random.uniform(1.0, 1.25)

    async def _take(self, news: News) -> None:
        """Have fetched what is new, and take over what changed and what is gone of what is known here."""
        if news.kinds:
            self._kinds.update(news.kinds)
            self._told.set()
        if news.changed or news.gone:
            with self._tools.busy.work():
                await take_over(self._tools, self._account, news)

    async def _fetch_told(self) -> None:
        """Fetch the kinds that the stream told of; each not more often than is good for its rate limit."""
        while True:
            await self._told.wait()
            self._told.clear()
            now = self._tools.clock.now()
            for kind in sorted(self._kinds):
                gap = timedelta(seconds=SOONEST if kind in FIRST_KINDS else SOON)
                if self._asked.get(kind, datetime.min.replace(tzinfo=UTC)) + gap <= now:
                    self._kinds.discard(kind)
                    self._asked[kind] = now
                    self._fetch(self._account, kind)
            if self._kinds:
                await self._tools.clock.sleep(SOONEST)
                self._told.set()


async def take_over(tools: Tools, account: str, news: News) -> None:
    """Store those of the changed posts that are known, remove those that are gone, and tell whom it concerns."""
    posts = tools.store.posts
    known = await posts.known(post.ref for post in news.changed)
    changed = [post for post in news.changed if post.ref in known]
    sources = await posts.sources_of([*known, *news.gone])
    kept = await posts.keep(account, changed) if changed else 0
    gone = await posts.remove(news.gone) if news.gone else frozenset()
    if (kept or gone) and sources:
        tools.bus.publish(ItemsChanged(sources, frozenset(item_of(post) for post in changed)))
