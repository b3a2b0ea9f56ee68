"""The head of a column: two lines that say what it is, for whom, how much is open, and how it is doing."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tweetdesk.ui.text import cells, one_line, shortened
from tweetdesk.ui.widgets.paint import Paint
from tweetdesk.ui.wrap import Piece, Role, within

#: From this many rows of the terminal on, a blank row parts the head from the posts.
TALL = 30


class ColumnHead(Widget, can_focus=False):
    """Two lines over a column; `show` says what stands in them, `active` whether the column is the one in use.

    What does not fit is shortened: first the account or words, then the state, then the name; the count stays.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = "ColumnHead { width: 1fr; height: auto; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.title = self.detail = self.count = self.state = ""
        self.trouble = False
        self._active = False
        self._paint: Paint | None = None

    @property
    def active(self) -> bool:
        """Whether this is the head of the column in use."""
        return self._active

    @active.setter
    def active(self, active: bool) -> None:
        if active != self._active:
            self._active = active
            self.refresh()

    def show(
        self,
        *,
        title: str | None = None,
        detail: str | None = None,
        count: str | None = None,
        state: str | None = None,
        trouble: bool | None = None,
    ) -> None:
        """Say something new; what is None stays.

        `detail` is the account or words, `count` is in words ("4 open"), `state` a short sentence ("up to date
        14:02"), `trouble` makes it amber. Text from outside may be given as it is.
        """
        before = (self.title, self.detail, self.count, self.state, self.trouble)
        self.title = self.title if title is None else one_line(title)
        self.detail = self.detail if detail is None else one_line(detail)
        self.count = self.count if count is None else one_line(count)
        self.state = self.state if state is None else one_line(state)
        self.trouble = self.trouble if trouble is None else trouble
        if before != (self.title, self.detail, self.count, self.state, self.trouble):
            self.refresh()

    def lines(self, width: int) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
        """The two lines in at most `width` cells, each beginning with one blank cell."""
        room = max(0, width - 2)
        words = self.count.partition(" ")[0] if room < 24 else self.count
        count = shortened(words, room)
        left = room - (cells(count) + 2 if count else 0)
        name = shortened(self.title, max(0, left))
        first: list[Piece] = [(" ", Role.QUIET), (name, Role.ACCENT if self._active else Role.NAME_SEEN)]
        left -= cells(name)
        if self.detail and left >= 6:
            detail = shortened(self.detail, left - 2)
            first += [("  ", Role.QUIET), (detail, Role.HANDLE)]
            left -= 2 + cells(detail)
        if count:
            first += [(" " * max(0, left + 2 if name else left), Role.QUIET), (count, Role.TEXT)]
        state = shortened(self.state, room)
        second = ((" ", Role.QUIET), (state, Role.WARNING if self.trouble else Role.QUIET))
        return within(tuple(first), width), within(second, width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Two lines, and a blank one where the terminal is tall enough."""
        return 3 if viewport.height >= TALL else 2

    def on_mount(self) -> None:
        """Follow the theme."""
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)

    def _theme_changed(self, _: object) -> None:
        self._paint = None
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """The two lines, cut to a region; see textual.widget.Widget.render_lines."""
        if self._paint is None:
            self._paint = Paint(self.app.theme_variables, colourless=self.app.no_color)
        paint, width = self._paint, self.size.width
        if width < 1:
            return [Strip.blank(crop.width)] * crop.height
        strips = []
        filters = self.app.get_line_filters()
        for line in (*self.lines(width - 1), *[()] * (crop.bottom - 2)):
            segments = paint.segments(line, width - 1)
            segments.append(Segment("│", paint.style(Role.RULE)))
            strip = Strip(segments).adjust_cell_length(width, paint.ground)
            for each in filters:
                strip = strip.apply_filter(each, self.background_colors[1])
            strips.append(strip)
        strips = strips[crop.y : crop.bottom]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips
