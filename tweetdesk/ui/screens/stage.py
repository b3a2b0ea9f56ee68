"""The stage: what the deck and the conversation have in common: an item under the hand, and what keys do to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget
from textual.worker import Worker

from tweetdesk.domain.events import (
    AccountChanged,
    Event,
    ItemsChanged,
    Notice,
    OutboxChanged,
    Severity,
    StatusChanged,
    TriageChanged,
    Uploading,
)
from tweetdesk.domain.items import Item
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.errors import NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.ui.actions import ONE_AT_A_TIME, OPENS, Work, load_all
from tweetdesk.ui.keys import Keys, handed_on
from tweetdesk.ui.screens.leaving import LeftOnce
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.column import ColumnView
from tweetdesk.ui.widgets.status import StatusLine

if TYPE_CHECKING:
    from tweetdesk.ui.composing import Composing
    from tweetdesk.ui.widgets.composer import Composer
    from tweetdesk.ui.widgets.prompts import Prompt

log = logging.getLogger(__name__)

#: A key repeated within this time after a change of focus was meant for the place before (seconds).
GUARD_SECONDS = 0.15
#: After this time of waiting for a chord's second key, a line shows what may follow (seconds).
CHORD_SECONDS = 0.4
#: So long at most keys are kept for a prompt or composer that is about to open (seconds).
TYPE_AHEAD_SECONDS = 0.5


class StageScreen(LeftOnce):
    """A screen with items: keys from the command table, prompts, composer and status line at the bottom.

    A subclass gives the body (`compose_body`), the column view under the hand (`view`), and refreshes itself when
    `on_items_changed` and `on_triage_changed` are called.
    """

    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS = ""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        # Both are made when they are first needed: making them would take a tenth of the whole start.
        self.prompt: Prompt | None = None
        self.composer: Composer | None = None
        self._composing: Composing | None = None
        self.status = StatusLine(session)
        self._acting = ("", "")
        self._keys = Keys(session.commands)
        self._focus_changed_at, self._changed_by = 0.0, ""
        self._works: list[Work] = []
        self._opening = False
        self._typed_ahead: list[events.Key] = []
        self._counting = self._count_again = False
        self._unsubscribe: Callable[[], None] = _nothing

    # -- for subclasses ----------------------------------------------------------------------------------------
    def compose_body(self) -> ComposeResult:
        """The widgets above the bottom lines."""
        yield Widget()

    @property
    def view(self) -> ColumnView | None:
        """The column view whose selected item the keys act on."""
        return None

    def on_items_changed(self, event: ItemsChanged) -> None:
        """Items of some sources changed."""

    def on_triage_changed(self, event: TriageChanged) -> None:
        """Decisions about some items changed."""

    def on_status_changed(self, event: StatusChanged) -> None:
        """A source is doing better or worse."""

    def go_back(self) -> None:
        """Esc with nothing open."""

    # -- life -----------------------------------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        """Body, then the status line; composer and prompt come between them."""
        yield from self.compose_body()
        yield self.status

    def on_mount(self) -> None:
        """Hear what the engine tells."""
        self._unsubscribe = self.session.engine.bus.subscribe(self._hear)

    def on_unmount(self) -> None:
        """Hear no more; what was asked for and not begun is let go."""
        self._unsubscribe()
        for work in self._works:
            work.close()
        self._works.clear()

    def _hear(self, event: Event) -> None:
        if self._composing is not None:
            self._composing.hear(event)
        if isinstance(event, ItemsChanged):
            self.on_items_changed(event)
        elif isinstance(event, TriageChanged):
            self.on_triage_changed(event)
        elif isinstance(event, StatusChanged):
            self.on_status_changed(event)
        elif isinstance(event, Notice):
            self.tell(event.text, event.severity)
        elif isinstance(event, AccountChanged) and event.why:
            self.tell(f"{self._called(event.account)} is paused: {event.why}", Severity.ERROR)
        if isinstance(event, OutboxChanged | TriageChanged | ItemsChanged | AccountChanged | Uploading):
            self.refresh_status()

    def _called(self, account_id: str) -> str:
        account = self.session.account(account_id)
        return f"@{clean(account.handle, newlines=False)}" if account else account_id

    # -- what actions use -----------------------------------------------------------------------------------------
    @property
    def selected(self) -> Item | None:
        """The item under the hand."""
        return self.view.selected if self.view else None

    def accounts_at_hand(self) -> tuple[str, ...]:
        """The accounts (ids) whose items are shown at the place under the hand; () for no one's in particular."""
        return ()

    @property
    def posting_account(self) -> str:
        """As whom something new is written: as one acts now, else as the item or the column at hand belongs to."""
        if self.acting_as or self.selected:
            return self.acting_as or (self.selected.account if self.selected else "")
        ids = [account.id for account in self.session.accounts]
        here = self.accounts_at_hand()
        return next((one for one in ids if one in here), ids[0] if ids else "")

    @property
    def acting_as(self) -> str:
        """The account that one has chosen to act as for the item under the hand, "" for the usual one."""
        account, item_id = self._acting
        return account if account and self.selected is not None and self.selected.id == item_id else ""

    def act_as(self, account: str, item: Item, words: str) -> None:
        """Act on this item as another account, once; `words` name it in the status line."""
        self._acting = (account, item.id)
        self.status.show_acting(item.id, words)

    def end_acting(self) -> None:
        """Act as the usual account again."""
        self._acting = ("", "")
        self.status.show_acting("", "")

    def tell(self, text: str, severity: Severity = Severity.INFORMATION) -> None:
        """A sentence for the user, in the status line."""
        self.status.tell(text, severity)

    def refresh_status(self) -> None:
        """Bring the status line up to date, soon; what is asked for meanwhile is done in one go after it."""
        self._count_again = True
        if not self._counting:
            self._counting = True
            self.later(self._count(), group="status")

    async def _count(self) -> None:
        try:
            while self._count_again:
                self._count_again = False
                await self.status.refresh_counts()
        finally:
            self._counting = False

    def later(self, work: Work, group: str = "acts") -> None:
        """Run something that takes longer; its errors become sentences."""
        self._works.append(work)

        async def run() -> None:
            await self._told(work)

        _: Worker[None] = self.run_worker(run, group=group)

    async def _told(self, work: Work) -> None:
        self._works.remove(work)
        try:
            await work
        except (NotAllowed, NetworkError, StoreTrouble) as error:
            severity = Severity.WARNING if isinstance(error, NotAllowed) else Severity.ERROR
            self.tell(str(error), severity)

    async def confirm(self, question: str) -> bool:
        """Ask a question that y or n answers."""
        answer = await (await self.asked()).confirm(question)
        self._focus_moved()
        return answer

    async def asked(self) -> Prompt:
        """The prompt line, ready to ask."""
        if self.prompt is None:
            from tweetdesk.ui.widgets.prompts import Prompt

            self.prompt = Prompt()
            await self.mount(self.prompt, before=self.status)
        return self.prompt

    @property
    def is_busy(self) -> bool:
        """Whether something is asked or written: keys go there then."""
        asking = self.prompt is not None and self.prompt.is_open
        return asking or (self.composer is not None and self.composer.is_open)

    async def composing(self) -> Composing:
        """The composer, ready to be opened."""
        if self.composer is None or self._composing is None:
            from tweetdesk.ui.composing import Composing
            from tweetdesk.ui.widgets.composer import Composer

            self.composer = Composer(self.session.commands)
            self._composing = Composing(self, self.composer)
            await self.mount(self.composer, before=self.prompt or self.status)
        return self._composing

    def _focus_moved(self) -> None:
        self._focus_changed_at, self._changed_by = time.monotonic(), self.app.last_key  # type: ignore[attr-defined]

    # -- the composer ---------------------------------------------------------------------------------------------
    def on_composer_send(self, message: Composer.Send) -> None:
        """The text is finished: into the outbox with it."""
        message.stop()
        self._with_composing(lambda composing: composing.send(message.act, message.at))

    def on_composer_ask(self, message: Composer.Ask) -> None:
        """A command of the composer for which something has to be asked."""
        message.stop()
        self._with_composing(lambda composing: composing.ask(message.command, message.act))

    def on_composer_closed(self, message: Composer.Closed) -> None:
        """Left without sending: the draft was kept."""
        message.stop()
        self._focus_moved()
        if self._composing is not None:
            self._composing.closed(message.act)

    def _with_composing(self, work: Callable[[Composing], Work]) -> None:
        async def run() -> None:
            await work(await self.composing())
            if not self.is_busy:
                self._focus_moved()

        self.later(run())

    # -- keys -----------------------------------------------------------------------------------------------------
    def on_key(self, event: events.Key) -> None:
        """A key that no open prompt or composer took."""
        if self.is_busy:
            return
        event.stop()
        event.prevent_default()
        if self._opening:
            self._typed_ahead.append(event)
        else:
            self.press(event.key, getattr(event, "again", False))

    def _run_opening(self, work: Work) -> None:
        """Run what opens a prompt, the composer or a screen; keys typed before that is there are kept for it."""
        self._opening = True
        self.later(self._until_open(work))
        self.set_timer(TYPE_AHEAD_SECONDS, self._type_on)

    async def _until_open(self, work: Work) -> None:
        try:
            self.call_later(self._type_on_when_open)
            await work
        finally:
            self._type_on()

    def _type_on_when_open(self) -> None:
        if self.is_busy or (not self.is_current and self.app.screen.is_mounted):
            self._type_on()
        elif self._opening:
            self.set_timer(0.005, self._type_on_when_open)

    def _type_on(self) -> None:
        """Hand over what was typed ahead, in order."""
        if self._opening:
            self._opening = False
            typed, self._typed_ahead = self._typed_ahead, []
            for event in typed:
                self.app.post_message(handed_on(event))

    def press(self, key: str, again: bool = False) -> None:
        """Carry out what a key means here; `again` is whether the key before it was the same one."""
        if again and key == self._changed_by and time.monotonic() - self._focus_changed_at < GUARD_SECONDS:
            return  # the repeat of a key that closed a prompt or the composer was not meant for the column
        command = self._keys.feed(key)
        if self._keys.pending:
            self.set_timer(CHORD_SECONDS, lambda: self.status.show_chord(self._keys.pending))
            return
        self.status.show_chord(None)
        if command is not None:
            self.run(command.id, key)

    def run(self, command_id: str, key: str = "") -> None:
        """Carry out a command."""
        command = next(one for one in self.session.commands if one.id == command_id)
        item = self.selected
        if command.needs and item is None:
            self.tell("There is no item here to do this to.")
            return
        if command.needs == "post" and item is not None and item.post.kind is PostKind.MESSAGE:
            self.tell(f"{command.title} is for posts, not for direct messages.")
            return
        if command_id in ONE_AT_A_TIME and self.view and len(self.view.marked()) > 1:
            self.tell(f"{command.title} is for one at a time, not for what is marked; Esc takes the marks off.")
            return
        try:
            work = load_all()[command_id](self, key)
        except NotAllowed as error:
            self.tell(str(error), Severity.WARNING)
            return
        if work is not None:
            (self._run_opening if command_id in OPENS else self.later)(work)


def _nothing() -> None:
    """Nothing has been subscribed to yet."""
