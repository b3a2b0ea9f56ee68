"""The command palette: every command of the desk by name, found by a few letters of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tweetdesk.domain.commands import COMMANDS, Command, face
from tweetdesk.ui.screens.leaving import LeftOnce
from tweetdesk.ui.widgets.listing import Entry, Listing
from tweetdesk.ui.widgets.prompts import PromptInput

#: Rows of the list, at most.
MOST = 16
#: Points for a letter found, more at the beginning of a word and right after the letter before it.
_FOUND, _WORD_START, _NEXT, _TITLE = 1, 8, 5, 40


def score(words: str, text: str) -> int:
    """How well letters fit a text in which they stand in this order: 0 if they do not, else more for better."""
    wanted, text = words.casefold().replace(" ", ""), text.casefold()
    if not wanted:
        return 1
    best = 0
    for start in (at for at, letter in enumerate(text) if letter == wanted[0]):
        points, at = 0, start - 1
        for letter in wanted:
            found = text.find(letter, at + 1)
            if found < 0:
                points = 0
                break
            points += _FOUND + (_NEXT if found == at + 1 and letter != wanted[0] else 0)
            points += _WORD_START if found == 0 or not text[found - 1].isalnum() else 0
            at = found
        best = max(best, points)
    return best


def matching(words: str, commands: Iterable[Command]) -> list[Command]:
    """The desk's commands that fit the words, the best first; the title counts more than the explanation."""
    found = []
    for place, command in enumerate(commands):
        if command.place != "desk" or command.id == "palette":
            continue
        points = score(words, command.title)
        points = points + _TITLE if points else 0
        if not points and all(word in command.help.casefold() for word in words.casefold().split()):
            points = 1
        if words and words in (face(key) for key in command.keys):
            points += 2 * _TITLE
        if points:
            found.append((-points, place, command))
    return [command for *_, command in sorted(found, key=lambda row: row[:2])]


class PaletteScreen(LeftOnce, ModalScreen[Any]):
    """A list above the line in which one types. Dismissed with a command's id, or None."""

    DEFAULT_CSS = """
    PaletteScreen {
        align: left bottom;
        & Vertical { height: auto; width: 1fr; background: $background; border-top: solid $secondary 40%; }
        & Horizontal { height: 1; padding: 0 1; background: $panel; }
        & PromptInput { background: $panel; }
        & #palette-mark { width: auto; color: $warning; background: $panel; }
    }
    """

    def __init__(self, commands: Sequence[Command] = COMMANDS) -> None:
        """`commands` is the table with the user's keys."""
        super().__init__()
        self._commands = commands
        self._found: list[Command] = []
        self._list = Listing(MOST, empty="No command is called that.")
        self._input = PromptInput(self._press)

    def compose(self) -> ComposeResult:
        """The list, and the line."""
        with Vertical():
            yield self._list
            with Horizontal():
                yield Static(Content("command: "), id="palette-mark")
                yield self._input

    def on_mount(self) -> None:
        """Every command, until something is typed; the desk stays in sight above."""
        self.styles.background = "transparent"
        self._show()
        self._input.focus()

    def on_resize(self) -> None:
        """As many rows as fit."""
        self._show(self._list.selected)

    def on_input_changed(self) -> None:
        """Other letters."""
        self._show()

    def on_key(self, event: events.Key) -> None:
        """Nothing of the desk happens meanwhile."""
        event.stop()
        event.prevent_default()

    def _show(self, selected: int = 0) -> None:
        self._found = matching(self._input.value, self._commands)
        entries = [
            Entry(command.title, command.help, "  ".join(face(key) for key in command.keys[:2]))
            for command in self._found
        ]
        self._list.show(entries, selected, most=max(1, min(MOST, self.size.height - 4)))

    def _press(self, key: str) -> bool:
        steps = {"down": 1, "up": -1, "tab": 1, "shift+tab": -1, "ctrl+n": 1, "ctrl+p": -1}
        pages = {"pagedown": 1, "pageup": -1}
        if key in steps:
            self._list.move(steps[key])
        elif key in pages:
            self._list.move(pages[key] * self._list.page)
        elif key == "enter":
            if self._found:
                self.dismiss(self._found[self._list.selected].id)
        elif key == "escape":
            self.dismiss(None)
        else:
            return False
        return True
