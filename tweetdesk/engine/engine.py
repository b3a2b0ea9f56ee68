"""The engine: owns every task that talks to networks, in one TaskGroup; runs with the desk or without a screen.

What only the tasks need is imported when they begin: the deck is painted before that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.events import Notice, Severity, SourceStatus, TriageChanged
from tweetdesk.domain.people import Profile
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.engine.acts import Acts
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock, SystemClock
from tweetdesk.store.store import Store

if TYPE_CHECKING:
    from tweetdesk.engine.poller import Poller
    from tweetdesk.engine.sender import Sender
    from tweetdesk.networks.base import Network, Thread

log = logging.getLogger(__name__)

#: How often the engine looks for snoozes and waits that ended, in seconds.
ALARM_SECONDS = 20.0
#: A task that failed by a mistake of ours starts again after so many seconds.
RESTART_SECONDS = 30.0


class Engine:
    """Keeps the watched sources fresh and the outbox empty, between `start()` and `stop()`."""

    def __init__(
        self,
        store: Store,
        accounts: Sequence[Account],
        opener: Callable[[Account], Network],
        *,
        clock: Clock | None = None,
        hold_seconds: float = 10.0,
    ) -> None:
        """`opener` opens the network of an account; that waits until `start`, so that the desk can paint before.

        `hold_seconds` is how long public acts wait before they are sent. The caller closes the store.
        """
        self.store = store
        self.networks: dict[str, Network] = {}
        self.clock = clock or SystemClock()
        self.bus, self.busy = Bus(), Busy()
        self.acts = Acts(store, self.networks, self.bus, self.clock, self._wake, hold_seconds)
        self._accounts, self._opener = accounts, opener
        self._pollers: dict[Source, tuple[Poller, asyncio.Task[None]]] = {}
        self._senders: dict[str, Sender] = {}
        self._group: asyncio.TaskGroup | None = None
        self._main: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    # -- life ------------------------------------------------------------------------------------------------
    def connect(self) -> None:
        """Open the networks of all accounts; nothing is asked of them yet."""
        for account in self._accounts:
            if account.id not in self.networks:
                self.networks[account.id] = self._opener(account)

    async def start(self) -> None:
        """Begin sending what is in the outbox and waking what was snoozed; `watch` begins the fetching."""
        self.connect()
        self._main = asyncio.create_task(self._run(), name="engine")
        await self._started.wait()

    async def stop(self) -> None:
        """End every task and close the networks; what was under way is settled at the next start."""
        if self._main is not None:
            self._main.cancel()
            await asyncio.gather(self._main, return_exceptions=True)
            self._main = None
        for network in self.networks.values():
            await network.close()

    async def _run(self) -> None:
        from tweetdesk.engine.sender import Sender

        try:
            async with asyncio.TaskGroup() as self._group:
                if not self.store.read_only:
                    for account, network in self.networks.items():
                        sender = Sender(network, self.store, self.bus, self.clock, self.busy)
                        self._senders[account] = sender
                        sender.wake()
                        self._spawn(f"sender {account}", sender.run)
                    self._spawn("alarm", self._alarm)
                self._started.set()
                await asyncio.Event().wait()
        finally:
            self._group = None
            self._pollers.clear()

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        assert self._group is not None, "the engine has not been started"
        return self._group.create_task(self._supervise(name, work), name=name)

    async def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Keep one task alive: a mistake of ours in it must not end the others, or the desk."""
        while True:
            try:
                await work()
                return
            except Exception as error:  # the named boundary of the engine's tasks
                log.exception("%s failed", name.split(" ")[0])
                text = f"A part of tweetdesk stumbled ({type(error).__name__}) and starts again in half a minute."
                self.bus.publish(Notice(text, Severity.ERROR))
            await self.clock.sleep(RESTART_SECONDS)

    async def idle(self) -> None:
        """Return when nothing is being fetched or sent, and nothing that is due waits for it."""
        await self.busy.idle()

    def _wake(self, account: str) -> None:
        if sender := self._senders.get(account):
            sender.wake()

    async def _alarm(self) -> None:
        """Bring back what was snoozed until now."""
        while True:
            with self.busy.work():
                for due in await self.store.triage.due(self.clock.now()):
                    self.bus.publish(TriageChanged(due.account, frozenset({due.item})))
            await self.clock.sleep(ALARM_SECONDS)

    # -- sources ---------------------------------------------------------------------------------------------
    def watch(self, sources: Iterable[Source]) -> None:
        """Keep exactly these sources fresh: new ones are fetched at once, others are let go."""
        wanted = {source for source in sources if source.account in self.networks}
        for source in set(self._pollers) - wanted:
            _, task = self._pollers.pop(source)
            task.cancel()
        if self.store.read_only:
            return
        from tweetdesk.engine.helping import Helping, HelpingPoller
        from tweetdesk.engine.poller import Poller

        helping = Helping(self.store, (account.user_id for account in self._accounts))
        for source in sorted(wanted - set(self._pollers)):
            kind = HelpingPoller if source.kind == "helping" else Poller
            poller = kind(
                source,
                self.networks[source.account],
                self.store,
                self.bus,
                self.clock,
                self.busy,
                helping,
            )
            self._pollers[source] = (poller, self._spawn(f"poller {source.kind}", poller.run))

    def fetch_now(self, sources: Iterable[Source]) -> None:
        """Ask for these sources at once."""
        for source in sources:
            if source in self._pollers:
                self._pollers[source][0].fetch_now()

    def statuses(self) -> dict[Source, SourceStatus]:
        """How each watched source is doing."""
        return {source: poller.status for source, (poller, _) in self._pollers.items()}

    # -- questions of the desk -------------------------------------------------------------------------------
    async def thread(self, account: str, ref: PostRef) -> Thread:
        """The conversation around a post, fresh from the network; its posts are kept. Raises NetworkError."""
        network = self.networks[account]
        with self.busy.work():
            thread = await network.thread(ref)
            if not self.store.read_only:
                await self.store.posts.keep(account, [one.post for one in thread.posts if one.post])
        return thread

    async def profile(self, account: str, who: str) -> Profile:
        """A person as the network tells it now; kept. Raises NetworkError."""
        with self.busy.work():
            profile = await self.networks[account].profile(who)
            if not self.store.read_only:
                await self.store.people.save_profile(account, profile, self.clock.now())
        return profile
