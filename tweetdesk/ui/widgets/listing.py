"""A short list of plain rows with one of them selected: choices, commands, outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from tweetdesk.ui.text import cells, one_line, shortened


@dataclass(frozen=True, slots=True)
class Entry:
    """A row: what it is, a quiet word beside it, something at the right end, and a quiet line below it.

    `tone` colours what is at the right: "warning", "error", "success" or "". Text from outside may be given as
    it is.
    """

    label: str
    detail: str = ""
    right: str = ""
    below: str = ""
    tone: str = ""


class Listing(Static):
    """Shows as many entries as there is room for, the selected one among them.

    With `most` it takes as many lines as it needs up to that; without, the height that it is given.
    """

    DEFAULT_CSS = """
    Listing { width: 1fr; height: 1fr; }
    """

    def __init__(self, most: int | None = None, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.entries: Sequence[Entry] = ()
        self.selected = 0
        self._most, self.empty, self._top = most, empty, 0

    def show(self, entries: Sequence[Entry], selected: int = 0, *, most: int | None = None) -> None:
        """Other entries; `selected` is brought into their range, `most` replaces what was set before."""
        self.entries = entries
        self._most = most if most is not None else self._most
        self.selected = max(0, min(selected, len(entries) - 1))
        if self._most is not None:
            self.styles.height = max(1, min(self._most, self._each * len(entries)))
        self._paint_rows()

    def move(self, by: int) -> None:
        """Select an entry further down, or up."""
        self.selected = max(0, min(len(self.entries) - 1, self.selected + by))
        self._paint_rows()

    def on_resize(self) -> None:
        """Other rows fit."""
        self._paint_rows()

    @property
    def page(self) -> int:
        """How many entries fit at once."""
        height = self._most if self._most is not None else self.size.height
        return max(1, height // self._each)

    @property
    def _each(self) -> int:
        return 3 if any(entry.below for entry in self.entries) else 1

    def _paint_rows(self) -> None:
        if not self.entries:
            self.update(Content(f" {self.empty}").stylize("$text-muted") if self.empty else Content(""))
            return
        rows = min(self.page, len(self.entries))
        self._top = max(0, min(self._top, self.selected, len(self.entries) - rows))
        self._top = max(self._top, self.selected - rows + 1)
        lines: list[Content] = []
        for index in range(self._top, min(len(self.entries), self._top + rows)):
            lines += self._lines(self.entries[index], index == self.selected)
        self.update(Content("\n").join(lines))

    def _lines(self, entry: Entry, selected: bool) -> list[Content]:
        width = max(8, (self.size.width or self.app.size.width) - 2)
        lines = [_raised(_first(entry, selected, width), selected, width + 2)]
        if self._each > 1:
            below = Content.assemble(
                ("▌" if selected else " ", "$accent"), (shortened(one_line(entry.below), width), "$text-muted")
            )
            lines += [_raised(below, selected, width + 2), Content("")]
        return lines


def _first(entry: Entry, selected: bool, width: int) -> Content:
    right = shortened(one_line(entry.right), width // 2)
    label = shortened(one_line(entry.label), width - cells(right) - 1)
    room = width - cells(label) - cells(right) - 3
    detail = shortened(one_line(entry.detail), room) if room > 3 else ""
    gap = width - cells(label) - cells(right) - (cells(detail) + 2 if detail else 0)
    return Content.assemble(
        ("▌" if selected else " ", "$accent"),
        (label, "bold" if selected else ""),
        (f"  {detail}" if detail else "", "$text-muted"),
        " " * max(1, gap),
        (right, f"${entry.tone}" if entry.tone else "$text-muted"),
    )


def _raised(line: Content, selected: bool, width: int) -> Content:
    if not selected:
        return line
    return line.pad_right(max(0, width - line.cell_length)).stylize("on $panel")
