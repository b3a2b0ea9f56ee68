"""The application: opens the layouts of a session as modes, and keeps the engine watching what they show."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.theme import Theme
from textual.worker import WorkerFailed

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.commands import MOVE
from tweetdesk.domain.events import Severity
from tweetdesk.domain.layouts import Layout
from tweetdesk.engine.session import Session
from tweetdesk.ui.bursts import TOGETHER, Bursts
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.themes import load_theme, load_themes

#: A store that answers so slowly that nothing is there yet: the empty deck is painted (seconds).
LONGEST_BLANK = 1.0


class TweetdeskApp(App[int]):
    """The desk. The session is opened and closed by whoever runs the app."""

    CSS_PATH = "app.tcss"
    TITLE = "tweetdesk"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self, session: Session, *, login_command: Callable[[Account], Sequence[str]] | None = None
    ) -> None:
        """`login_command` gives the command that logs an account in again; empty where it needs none."""
        self.session, self.login_command = session, login_command
        self.layouts = list(session.saved_layouts)
        names = [layout.name for layout in self.layouts]
        self.shown = session.shown_layout if session.shown_layout in names else names[0]
        # Each layout is a mode; the one shown last is the default, so that nothing is made or painted before it.
        self.MODES = {name: partial(self._deck_of, name) for name in names}  # type: ignore[misc]
        self.DEFAULT_MODE = self.shown  # type: ignore[misc]
        # Textual turns colours into greys for NO_COLOR; with the terminal's own palette there are none at all.
        super().__init__(ansi_color=bool(os.environ.get("NO_COLOR")))
        #: The key that was pressed last, whoever took it.
        self.last_key = ""
        self._bursts = Bursts()
        self._harmless = {key for command in session.commands if command.category == MOVE for key in command.keys}
        # Nothing is painted before the first deck has been read: an empty frame would cost as much as a full one.
        self.first_paint = ExitStack()
        self.first_paint.enter_context(self.batch_update())
        self._dress()

    # -- life -----------------------------------------------------------------------------------------------
    def _deck_of(self, name: str) -> DeckScreen:
        return DeckScreen(self.session, next(one for one in self.layouts if one.name == name))

    def on_mount(self) -> None:
        """Painting what the store has comes first; the networks wait for it."""
        self.set_timer(LONGEST_BLANK, self.first_paint.close)
        self.run_worker(self._begin())

    async def _begin(self) -> None:
        if isinstance(self.screen, DeckScreen):
            await self.screen.loaded.wait()
        gc.freeze()  # what the start made stays
        gc.enable()
        self._tell_start()
        await self.session.engine.start()
        await self.watch_sources()

    def _dress(self) -> None:
        own = self.session.folders.config / "themes"
        theme, mistakes = load_theme(self.session.settings.theme, own)
        self.session.mistakes += mistakes
        self.register_theme(theme)
        self.theme = theme.name

    def themes(self) -> list[Theme]:
        """All themes, ours and the user's, ready to be chosen."""
        themes, mistakes = load_themes(self.session.folders.config / "themes")
        for theme in themes:
            self.register_theme(theme)
        for mistake in mistakes:
            if isinstance(self.screen, StageScreen):
                self.screen.tell(str(mistake), Severity.WARNING)
        return themes

    def on_resize(self, event: events.Resize) -> None:
        """The size that the terminal has now holds.

        A signal of a new size that comes while that of the one before is handled is told before it: the last that
        is heard of would be a size of the past, and everything after it painted for that.
        """
        now = Size(*shutil.get_terminal_size((0, 0)))
        if now and now != event.size and not self.is_headless:
            self.post_message(events.Resize(now, now))

    # -- keys and failures ------------------------------------------------------------------------------------
    async def on_event(self, event: events.Event) -> None:
        """Remember the key before this one, whoever took it: see `StageScreen.press`."""
        if isinstance(event, events.Key) and not event.is_forwarded and not hasattr(event, "again"):
            if await self._pasted(event):
                return
            event.again = event.key == self.last_key  # type: ignore[attr-defined]
            self.last_key = event.key
        await super().on_event(event)

    def post_message(self, message: Message) -> bool:
        """Note when a key arrives: see ui/bursts.py."""
        if isinstance(message, events.Key) and not message.is_forwarded and not hasattr(message, "again"):
            self._bursts.arrived(message)
        return super().post_message(message)

    async def _pasted(self, key: events.Key) -> bool:
        """Whether this key belongs to a text pasted where nothing is written: none of it means anything."""
        writing = self.focused is not None and self.focused.check_consume_key("a", "a")
        acts = not writing and key.key not in self._harmless
        together = 0.0 if self.is_headless else TOGETHER  # without a terminal nothing is on its way
        part, first = await self._bursts.pasted(key, acts=acts, together=together)
        if first and isinstance(self.screen, StageScreen):
            self.screen.tell("That came like a pasted text: nothing of it was carried out.", Severity.WARNING)
        return part

    def _fatal_error(self) -> None:
        """End without the traceback that Textual prints: it shows variables, and in them what people wrote."""
        self._close_messages_no_wait()

    @property
    def failure(self) -> BaseException | None:
        """The mistake of ours that ended the app, if one did."""
        failed = self._exception
        return failed.error if isinstance(failed, WorkerFailed) else failed

    def _tell_start(self) -> None:
        """What was found wrong at the start, where it is seen."""
        store, deck = self.session.store, self.screen
        if not isinstance(deck, DeckScreen):
            return
        if store.put_aside:
            text = f"The database was damaged; it was put aside as {store.put_aside} and a fresh one begun."
            deck.tell(text, Severity.ERROR)
        elif store.read_only:
            deck.tell("Already open: this one only reads, and takes over when that ends.", Severity.WARNING)
        for mistake in self.session.mistakes:
            deck.tell(str(mistake), Severity.WARNING)

    async def leave(self) -> None:
        """Keep every place, then end."""
        for screen in self._decks():
            await screen.save_places()
        await self._keep_shown()
        self.exit(0)

    async def leave_stage(self, stage: StageScreen) -> None:
        """q: close what is open on top of the deck, or leave."""
        if isinstance(stage, DeckScreen):
            if stage.composer and not await stage.composer.keep():
                stage.tell("The draft could not be saved; it would be lost.", Severity.ERROR)
                return
            await self.leave()
        else:
            stage.go_back()

    def _decks(self) -> Iterable[DeckScreen]:
        for stack in self._screen_stacks.values():
            yield from (screen for screen in stack if isinstance(screen, DeckScreen))

    # -- layouts --------------------------------------------------------------------------------------------
    async def show_layout(self, name: str) -> None:
        """Switch to a layout; its columns are where they were left."""
        self.shown = name
        await self.switch_mode(name)
        await self._keep_shown()
        await self.watch_sources()

    async def _keep_shown(self) -> None:
        if not self.session.store.read_only:
            await self.session.store.columns.show_layout(self.shown)

    async def switch_layout(self, by: int) -> None:
        """To the next layout, or the one before."""
        names = [layout.name for layout in self.layouts]
        await self.show_layout(names[(names.index(self.shown) + by) % len(names)])

    async def layout_changed(self, layout: Layout) -> None:
        """A layout was changed on the deck: remember it, and watch what it needs."""
        self.layouts = [layout if one.name == layout.name else one for one in self.layouts]
        await self.watch_sources()

    async def watch_sources(self) -> None:
        """Keep fresh what the layouts show: all of them, so that switching is instant, unless it costs money."""
        shown = [column for one in self.layouts if one.name == self.shown for column in one.columns]
        hidden = [column for one in self.layouts if one.name != self.shown for column in one.columns]
        self.session.engine.watch(await self.session.watched(shown, hidden))
