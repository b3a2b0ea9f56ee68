"""Help: every key of the command table by category, and what the words and marks on the screen mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.commands import COMMANDS, Command, face
from tweetdesk.ui.screens.card import CardScreen, Page
from tweetdesk.ui.widgets.prompts import PromptInput

#: A column of help is at least so wide, in cells.
NARROWEST = 68
GAP = 3

STATES = (
    ("bold name", "open: it waits for a decision of yours"),
    ("reply held", "your answer leaves in a moment; z takes it back"),
    ("your answer is on its way", "in the outbox; done once it was sent"),
    ("waiting until", "back when they answer, or on that day"),
    ("snoozed · back", "out of sight until then"),
    ("they answered, 3 days of silence", "why it came back; g w goes to all that is due"),
    ("done: followed up", "decided, and how; D shows and hides what is done"),
    ("screened", "kept out of sight, never deleted"),
)
MARKS = (
    ("▌", "where you are"),
    ("▏", "where you were in another column"),
    ("↳", "what a post answers"),
    ("│", "what a post quotes"),
    ("↓ 3 new", "arrived at the newest end, below what you see"),
    ("warning:", "folded by its author; Enter shows it"),
    ("picture:", "what a picture shows, in its author's words"),
    ("word (host)", "a link, with the host where it really leads"),
    ("␛ ⟨RLO⟩ �", "characters that cannot be seen, made visible"),
    ("amber, red", "needs you or is late; refused or destructive"),
)

#: One row of help: keys, title, explanation.
Row = tuple[str, str, str]
Block = tuple[str, tuple[Row, ...]]


def key_words(command: Command) -> str:
    """The keys of a command as people write them: "j Down", "1 … 9"."""
    faces = [face(key) for key in command.keys]
    if len(faces) > 3:
        return f"{faces[0]} … {faces[-1]}"
    return " ".join(faces)


def blocks(commands: Iterable[Command], words: str = "") -> list[Block]:
    """The table as blocks by category, with the legend at the end, narrowed to rows that have all the words."""
    wanted = words.casefold().split()
    table: dict[str, list[Row]] = {}
    for command in commands:
        table.setdefault(command.category, []).append((key_words(command), command.title, command.help))
    table["What the words mean"] = [(word, "", meaning) for word, meaning in STATES]
    table["What the marks mean"] = [(mark, "", meaning) for mark, meaning in MARKS]
    found: list[Block] = []
    for category, rows in table.items():
        kept = tuple(row for row in rows if all(one in " ".join(row).casefold() for one in wanted))
        if kept:
            found.append((category, kept))
    return found


def _lines(block: Block, width: int) -> list[Content]:
    """A block in lines of at most `width` cells."""
    category, rows = block
    left = min(max(len(row[0]) for row in rows), width // 2)
    lines = [Content(category).stylize("bold $accent")]
    for keys, title, meaning in rows:
        text = f"{title}: {meaning}" if title and meaning else title or meaning
        pairs = zip_longest(wrap(keys, max(1, left)), wrap(text, max(10, width - left - 2)), fillvalue="")
        for first, part in pairs:
            lines.append(Content.assemble((first.ljust(left), "$secondary"), "  ", part))
    return [*lines, Content("")]


def spread(found: Sequence[Block], width: int) -> Content:
    """The blocks side by side in as many columns as fit, filled from the left."""
    count = max(1, (width + GAP) // (NARROWEST + GAP))
    each = (width - GAP * (count - 1)) // count
    laid = [_lines(block, each) for block in found]
    total = sum(len(lines) for lines in laid)
    columns: list[list[Content]] = [[]]
    for lines in laid:
        used = len(columns[-1])
        if used and len(columns) < count and used + len(lines) / 2 > total / count:
            columns.append([])
        columns[-1] += lines
    height = max((len(column) for column in columns), default=0)
    rows = []
    for at in range(height):
        row = Content("")
        for number, column in enumerate(columns):
            cell = column[at] if at < len(column) else Content("")
            last = number == len(columns) - 1
            row += cell if last else cell.pad_right(max(0, each + GAP - cell.cell_length))
        rows.append(row)
    return Content("\n").join(rows)


class HelpScreen(CardScreen):
    """The keys; `/` narrows them to words."""

    closes = frozenset({"back", "quit", "help"})
    DEFAULT_CSS = """
    HelpScreen {
        & PromptInput { display: none; margin: 0 1; color: $warning; }
        & PromptInput.-open { display: block; }
    }
    """

    def __init__(self, commands: Sequence[Command] = COMMANDS) -> None:
        """`commands` is the table with the user's keys."""
        super().__init__(commands, "Help · the keys")
        self._page = Page(self._make)
        self._filter = PromptInput(self._filter_key)
        self._filter.placeholder = "words"

    def compose_body(self) -> ComposeResult:
        """The filter and the table."""
        yield self._filter
        yield self._page

    def foot(self) -> Sequence[tuple[str, str]]:
        """Moving and narrowing."""
        return (("filter", "find"), ("page_down", "on"), ("next_item", "down"), ("previous_item", "up"))

    def _make(self, width: int) -> Content:
        found = blocks(self.commands, self._filter.value)
        return spread(found, width) if found else Content("No key has these words. Esc shows all.")

    def act(self, command: Command, key: str) -> None:
        """Narrow, or end that."""
        if command.id == "filter":
            self._filter.add_class("-open")
            self._filter.focus()

    def run(self, command: Command, key: str) -> None:
        """The first Esc ends the filter."""
        if command.id == "back" and self._filter.value:
            self._filter.value = ""
            self._filter.remove_class("-open")
            return
        super().run(command, key)

    def on_input_changed(self) -> None:
        """Other words."""
        self._page.show()
        self._page.scroll_home(animate=False)

    def _filter_key(self, key: str) -> bool:
        if key not in ("enter", "escape"):
            return False
        if key == "escape":
            self._filter.value = ""
        self.set_focus(None)
        self._filter.set_class(bool(self._filter.value), "-open")
        return True
