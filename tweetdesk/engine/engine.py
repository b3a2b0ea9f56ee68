"""The engine: owns every task that talks to networks, in one TaskGroup; runs with the desk or without a screen.

What only the tasks need is imported when they begin: the deck is painted before that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.events import (
    ItemsChanged,
    Notice,
    OutboxChanged,
    Severity,
    SourceState,
    SourceStatus,
    TriageChanged,
)
from tweetdesk.domain.selections import Source
from tweetdesk.engine.acts import Acts
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock, SystemClock
from tweetdesk.engine.questions import Questions
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.store import Store

if TYPE_CHECKING:
    from tweetdesk.engine.poller import Poller
    from tweetdesk.engine.recheck import Recheck
    from tweetdesk.engine.sender import Sender
    from tweetdesk.engine.tools import Tools
    from tweetdesk.networks.base import Network

log = logging.getLogger(__name__)

#: How often the engine looks for snoozes and waits that ended, in seconds.
ALARM_SECONDS = 20.0
#: So long after the start pictures that nothing needs are thrown away, in seconds.
TIDY_SECONDS = 60.0
#: A task that failed, by a full disk or a mistake of ours, starts again after so many seconds.
RESTART_SECONDS = 30.0


class Engine(Questions):
    """Keeps the watched sources fresh and the outbox empty, between `start()` and `stop()`."""

    def __init__(
        self,
        store: Store,
        accounts: Sequence[Account],
        opener: Callable[[Account], Network],
        *,
        clock: Clock | None = None,
        hold_seconds: float = 10.0,
        budget_micros: int | None = None,
    ) -> None:
        """`opener` opens the network of an account; that waits until `start`, so that the desk can paint before.

        `hold_seconds` is how long public acts wait before they are sent; `budget_micros` is what reading may cost
        a day (see engine/budget.py). The caller closes the store.
        """
        self.store = store
        self.networks: dict[str, Network] = {}
        self.clock = clock or SystemClock()
        self.bus, self.busy = Bus(), Busy()
        self.acts = Acts(store, self.networks, self.bus, self.clock, self._wake, hold_seconds)
        self.budget_micros = budget_micros
        #: How much of an act's pictures has been sent, in percent, by its row of the outbox.
        self.uploading: dict[int, int] = {}
        self._accounts, self._opener = accounts, opener
        self._paused: dict[str, str] = {}
        self._made: Tools | None = None
        self._pollers: dict[Source, tuple[Poller, asyncio.Task[None]]] = {}
        self._senders: dict[str, tuple[Sender, asyncio.Task[None]]] = {}
        self._streams: dict[str, list[asyncio.Task[None]]] = {}
        self._rechecks: dict[str, Recheck] = {}
        self._wanted: tuple[frozenset[Source], bool] = (frozenset(), True)
        self._group: asyncio.TaskGroup | None = None
        self._main: asyncio.Task[None] | None = None
        self._started = asyncio.Event()

    # -- life ------------------------------------------------------------------------------------------------
    def connect(self) -> None:
        """Open the networks of all accounts; nothing is asked of them yet."""
        for account in self._accounts:
            if account.id not in self.networks:
                self.networks[account.id] = self._opener(account)

    @property
    def _tools(self) -> Tools:
        """What the tasks work with, made when the first one needs it."""
        if self._made is None:
            from tweetdesk.engine.budget import Budget
            from tweetdesk.engine.pauses import Pauses
            from tweetdesk.engine.tools import Tools

            budget = Budget(self.store.ledger, self.budget_micros, self.clock, self.networks)
            pauses = Pauses(self._paused, self.bus, self._pause_changed)
            self._made = Tools(
                self.store, self.bus, self.clock, self.busy, budget, pauses, self.acts, self.uploading
            )
        return self._made

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
        try:
            async with asyncio.TaskGroup() as self._group:
                if self.store.read_only:
                    self._spawn("taking over", self._take_over)
                else:
                    self._begin_writing()
                self._started.set()
                await asyncio.Event().wait()
        finally:
            self._group = None
            self._pollers.clear()
            self._senders.clear()
            self._streams.clear()
            self._rechecks.clear()

    def _begin_writing(self) -> None:
        """What only the one process does that has the profile."""
        for account in self.networks:
            self._begin_sending(account)
        self._spawn("alarm", self._alarm)
        self._spawn("tidy", self._tidy)

    async def _take_over(self) -> None:
        """Be the one who writes as soon as nobody else is, and do all that was left to that one."""
        from tweetdesk.engine.taking_over import TAKEN_OVER, our_turn

        if not await our_turn(self.store, self.clock, self.bus, self.busy):
            return
        before = list(self.networks.values())
        self.networks.update({account.id: self._opener(account) for account in self._accounts})  # as logged in now
        self._begin_writing()
        self.watch(*self._wanted)
        self.bus.publish(Notice(TAKEN_OVER))
        self.bus.publish(ItemsChanged(frozenset()))
        self.bus.publish(OutboxChanged(0))
        for network in before:
            await network.close()

    def _begin_sending(self, account: str) -> None:
        from tweetdesk.engine.sender import Sender

        sender = Sender(self.networks[account], self._tools)
        task = self._spawn(f"sender {account}", sender.run)
        task.add_done_callback(_ending(sender))
        self._senders[account] = (sender, task)

    def _spawn(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        assert self._group is not None, "the engine has not been started"
        return self._group.create_task(self._supervise(name, work), name=name)

    async def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Keep one task alive: a full disk, or a mistake of ours in it, must not end the others, or the desk."""
        while True:
            try:
                await work()
                return
            except StoreTrouble as trouble:  # what was under way is in doubt, and settled before it is repeated
                log.warning("%s stopped: %s", name.split(" ")[0], trouble)
                self.bus.publish(Notice(f"{trouble} What waits is tried again in half a minute.", Severity.ERROR))
            except Exception as error:  # the named boundary of the engine's tasks
                log.exception("%s failed", name.split(" ")[0])
                text = f"A part of tweetdesk stumbled ({type(error).__name__}) and starts again in half a minute."
                self.bus.publish(Notice(text, Severity.ERROR))
            await self.clock.sleep(RESTART_SECONDS)

    async def idle(self) -> None:
        """Return when nothing is being fetched or sent, and nothing that is due waits for it."""
        await self.busy.idle()

    def _wake(self, account: str) -> None:
        if account in self._senders:
            self._senders[account][0].wake()

    async def _alarm(self) -> None:
        """Bring back what was snoozed until now, and people whose mute has ended."""
        while True:
            with self.busy.work():
                for due in await self.store.triage.due(self.clock.now(), self.clock.offset()):
                    self.bus.publish(TriageChanged(due.account, frozenset({due.item})))
                if await self.store.posts.show_again(self.clock.now()):
                    self.bus.publish(ItemsChanged(frozenset()))
            await self.clock.sleep(ALARM_SECONDS)

    async def _tidy(self) -> None:
        """Once, some time after the start: throw away pictures that nothing needs any more."""
        from tweetdesk.engine.pictures import tidy

        await self.clock.sleep(TIDY_SECONDS)
        with self.busy.work():
            await tidy(self.store, self.clock.now())

    # -- sources ---------------------------------------------------------------------------------------------
    def watch(self, sources: Iterable[Source], listen: bool = True) -> None:
        """Keep exactly these sources fresh: new ones are fetched at once, others are let go.

        With `listen` the streams of their accounts are heard as well, and what is shown is looked at again for
        edits and deletions.
        """
        wanted = {source for source in sources if source.account in self.networks}
        self._wanted = (frozenset(wanted), listen)
        for source in set(self._pollers) - wanted:
            self._pollers.pop(source)[1].cancel()
        if self.store.read_only:
            return
        self._begin_polling(wanted - set(self._pollers))
        accounts = {source.account for source in wanted} if listen else set()
        for account in set(self._streams) - accounts:
            for task in self._streams.pop(account):
                task.cancel()
        for account in sorted(accounts - set(self._streams)):
            self._begin_listening(account)

    def _begin_polling(self, sources: Iterable[Source]) -> None:
        from tweetdesk.engine.helping import Helping, HelpingPoller
        from tweetdesk.engine.poller import Poller

        helping = Helping(self.store, (account.user_id for account in self._accounts))
        for source in sorted(sources):
            kind = HelpingPoller if source.kind == "helping" else Poller
            poller = kind(source, self.networks[source.account], self._tools, helping)
            task = self._spawn(f"poller {source.kind}", poller.run)
            task.add_done_callback(_ending(poller))
            self._pollers[source] = (poller, task)

    def _begin_listening(self, account: str) -> None:
        from tweetdesk.engine.listener import Listener
        from tweetdesk.engine.recheck import Recheck

        listener = Listener(self.networks[account], self._tools, self._fetch_kind)
        recheck = self._rechecks[account] = Recheck(self.networks[account], self._tools, self._watched)
        self._streams[account] = [
            self._spawn(f"listener {account}", listener.run),
            self._spawn(f"recheck {account}", recheck.run),
        ]

    def _watched(self, account: str) -> tuple[Source, ...]:
        return tuple(source for source in self._pollers if source.account == account)

    def _fetch_kind(self, account: str, kind: str) -> None:
        """A stream told of something new; what has to wait for a limit goes on waiting."""
        for source in self._watched(account):
            poller = self._pollers[source][0]
            until = poller.status.until if poller.status.state is SourceState.LIMITED else None
            if source.kind == kind and (until is None or until <= self.clock.now()):
                poller.fetch_now()

    def fetch_now(self, sources: Iterable[Source]) -> None:
        """Ask for these sources at once, because the user wants it: a paused account goes on.

        What is shown of their accounts is looked at again for edits and deletions as well.
        """
        wanted = [source for source in sources if source in self._pollers]
        for account in {source.account for source in wanted}:
            self.try_again(account)
            if account in self._streams:
                self._spawn(f"recheck {account} now", self._rechecks[account].now)
        for source in wanted:
            self._pollers[source][0].fetch_now(by_hand=True)

    def statuses(self) -> dict[Source, SourceStatus]:
        """How each watched source is doing."""
        return {source: poller.status for source, (poller, _) in self._pollers.items()}

    # -- accounts --------------------------------------------------------------------------------------------
    @property
    def paused(self) -> Mapping[str, str]:
        """The accounts of which nothing is asked until the user has done something, each with the sentence."""
        return MappingProxyType(self._paused)

    def set_budget(self, micros: int | None) -> None:
        """Another day's budget (see engine/budget.py): what the one before has stopped is asked for again."""
        self.budget_micros = self._tools.budget.micros = micros
        for source, (poller, _) in self._pollers.items():
            if poller.status.state is SourceState.LIMITED and self.networks[source.account].price_date:
                poller.fetch_now()

    def resume(self, account: str) -> None:
        """Try a paused account again: all its sources, and its outbox."""
        self._tools.pauses.resume(account)

    def try_again(self, account: str) -> None:
        """The same, and what waits in the outbox for the line only is sent at once."""
        self.resume(account)
        if account in self._senders:
            self._senders[account][0].line_back()

    def _pause_changed(self, account: str) -> None:
        """An account was paused, or goes on: each of its tasks looks what to do."""
        self._wake(account)
        for source in self._watched(account):
            self._pollers[source][0].fetch_now()

    async def reconnect(self, account: str) -> None:
        """After a new login: close the account's network, open it with the fresh session, and go on."""
        login = next(one for one in self._accounts if one.id == account)
        watched, listened = tuple(self._pollers), bool(self._streams)
        tasks = [self._pollers.pop(source)[1] for source in self._watched(account)]
        tasks += self._streams.pop(account, [])
        if account in self._senders:
            tasks.append(self._senders.pop(account)[1])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        before, self.networks[account] = self.networks[account], self._opener(login)
        self.resume(account)
        if self._group is not None and not self.store.read_only:
            self._begin_sending(account)
        self.watch(watched, listen=listened)
        await before.close()


def _ending(one: Poller | Sender) -> Callable[[object], None]:
    """Tells a poller or sender that its task has ended, also where it was cancelled before it began."""
    return lambda _: one.ended()
