"""The card: a page over the desk with a heading, something to scroll, and its keys; Esc and q close it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.events import Event
from tweetdesk.engine.session import Session
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.base import NetworkError
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.ui.keys import Keys
from tweetdesk.ui.screens.leaving import LeftOnce
from tweetdesk.ui.text import cells, content
from tweetdesk.ui.widgets.prompts import Prompt

log = logging.getLogger(__name__)


class Page(VerticalScroll, can_focus=False):
    """What scrolls: one text, made anew for every width."""

    ALLOW_SELECT = False

    def __init__(self, make: Callable[[int], Content]) -> None:
        """`make` gives the text for a width in cells."""
        super().__init__()
        self._make = make
        self._text = Static()

    def compose(self) -> ComposeResult:
        """The text."""
        yield self._text

    def on_resize(self) -> None:
        """Another width."""
        self.show()

    def show(self) -> None:
        """Make the text anew."""
        width = self.scrollable_content_region.width
        if width > 0:
            self._text.update(self._make(width))


class CardScreen(LeftOnce, ModalScreen[Any]):
    """A page over the desk. Its keys are those of the desk's command table, as far as they mean something here.

    A subclass gives the body and the ids of commands that close it or act (`closes`, `act`).
    """

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    CardScreen {
        background: $background;
        & #card-heading { height: auto; padding: 0 1; color: $accent; text-style: bold; }
        & #card-notice { height: auto; max-height: 3; padding: 0 1; display: none; }
        & #card-notice.-open { display: block; }
        & #card-notice.-error { color: $error; }
        & #card-notice.-warning { color: $warning; }
        & #card-foot { height: auto; max-height: 2; padding: 0 1; color: $text-muted; background: $panel; }
        & Page { height: 1fr; padding: 1 1 0 1; scrollbar-size-vertical: 1; }
        & Listing { padding: 1 0 0 0; }
    }
    """
    #: Commands that close the card.
    closes: frozenset[str] = frozenset({"back", "quit"})

    def __init__(self, commands: Sequence[Command], heading: str) -> None:
        super().__init__()
        self.commands = commands
        self.prompt = Prompt()
        self._keys = Keys(commands)
        self._heading = Static(content(heading, newlines=False), id="card-heading")
        self._notice = Static(id="card-notice")
        self._foot = Static(id="card-foot")

    # -- for subclasses ----------------------------------------------------------------------------------------
    def compose_body(self) -> ComposeResult:
        """What is between the heading and the keys."""
        yield Widget()

    def act(self, command: Command, key: str) -> None:
        """Carry out a command that neither moves nor closes."""

    def scroll(self, by: int, *, pages: bool = False) -> None:
        """Move by so many lines, or half screens."""
        page = self.query_one(Page)
        page.scroll_relative(y=by * (max(1, page.size.height // 2) if pages else 1), animate=False)

    def foot(self) -> Sequence[tuple[str, str]]:
        """What is named at the bottom: ids of commands, each with the word for it here."""
        return ()

    # -- life --------------------------------------------------------------------------------------------------
    def compose(self) -> ComposeResult:
        """Heading, notice, body, question, keys."""
        yield self._heading
        yield self._notice
        yield from self.compose_body()
        yield self.prompt
        yield self._foot

    def on_resize(self) -> None:
        """The keys that fit."""
        self.show_foot()

    def show_foot(self) -> None:
        """Name the keys that fit into one line."""
        table = {command.id: command for command in self.commands}
        words = [f"{face(table[name].keys[0])} {word}" for name, word in self.foot() if name in table]
        ending = "Esc back"
        while words and cells("  ".join([*words, ending])) > self.size.width - 2:
            words.pop()
        self._foot.update(Content("  ".join([*words, ending])))

    def head(self, text: str) -> None:
        """Another heading."""
        self._heading.update(content(text, newlines=False))

    def tell(self, text: str, severity: str = "") -> None:
        """A sentence under the heading, "" for none; `severity` is "error", "warning" or ""."""
        self._notice.update(content(text, newlines=False))
        self._notice.set_class(bool(text), "-open")
        for name in ("error", "warning"):
            self._notice.set_class(severity == name, f"-{name}")

    def later(self, work: Coroutine[Any, Any, None], group: str = "card") -> None:
        """Run something that takes longer; its errors become sentences."""
        self.run_worker(self._told(work), group=group)

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except NotAllowed as error:
            self.tell(str(error), "warning")
        except (NetworkError, StoreTrouble) as error:
            self.tell(str(error), "error")

    # -- keys --------------------------------------------------------------------------------------------------
    def on_key(self, event: events.Key) -> None:
        """A key that no open question took."""
        event.stop()
        event.prevent_default()
        if self.focused is not None:
            return
        command = self._keys.feed(event.key)
        if command is not None:
            self.run(command, event.key)

    def run(self, command: Command, key: str) -> None:
        """Move, close, or act."""
        match command.id:
            case "next_item":
                self.scroll(1)
            case "previous_item":
                self.scroll(-1)
            case "page_down":
                self.scroll(2, pages=True)
            case "page_up":
                self.scroll(-2, pages=True)
            case "half_page_down":
                self.scroll(1, pages=True)
            case "half_page_up":
                self.scroll(-1, pages=True)
            case "first_item":
                self.scroll(-1_000_000)
            case "last_item":
                self.scroll(1_000_000)
            case name if name in self.closes:
                self.dismiss(None)
            case _:
                self.act(command, key)


class LiveCard(CardScreen):
    """A card over a session that is kept up to date while it is open.

    A subclass says at which events (`hears`) it has to be read again, and how (`read_again`).
    """

    hears: tuple[type[Event], ...] = ()

    def __init__(self, session: Session, heading: str) -> None:
        super().__init__(session.commands, heading)
        self.session = session
        self._unsubscribe: Callable[[], None] = lambda: None

    def read_again(self) -> None:
        """What is shown may have changed, or is shown for the first time."""

    def on_mount(self) -> None:
        """Read, and hear what changes."""
        self._unsubscribe = self.session.engine.bus.subscribe(self._hear)
        self.read_again()

    def on_unmount(self) -> None:
        """Hear no more."""
        self._unsubscribe()

    def _hear(self, event: Event) -> None:
        if isinstance(event, self.hears):
            self.read_again()


def indented(line: Content, width: int) -> list[Content]:
    """A line broken to a width in cells, what follows indented a little more than its beginning."""
    indent = len(line.plain) - len(line.plain.lstrip())
    if line.cell_length <= width or width <= indent + 8:
        return [line]
    pieces = line[indent:].wrap(width - indent - 2)
    return [piece.pad_left(indent if number == 0 else indent + 2) for number, piece in enumerate(pieces)]
