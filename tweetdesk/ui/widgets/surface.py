"""What a column paints: its items laid out, cached as strips, with bar, edge and marks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from tweetdesk.domain.items import Item
from tweetdesk.ui.lines import Line, Role, layout_item, wrap
from tweetdesk.ui.text import cells, clean, shortened
from tweetdesk.ui.widgets.paint import Paint
from tweetdesk.ui.widgets.rows import Order, Recent, Ref
from tweetdesk.ui.widgets.window import Window
from tweetdesk.ui.wording import Wording, plain

#: How many items stay in memory, and how many of them laid out.
KEPT, LAID = 400, 120
MINUTE = 60.0
#: What stands at the left of an item that the next private act is for.
MARK = "*"
_UNREAD: tuple[Line, ...] = ((("…", Role.QUIET),), ())


class Laid:
    """One item laid out for one width at one minute, with the strips made of it so far."""

    __slots__ = ("item", "lines", "minute", "strips")

    def __init__(self, item: Item | None, lines: tuple[Line, ...], minute: int) -> None:
        self.item = item
        self.lines = lines
        self.minute = minute
        self.strips: dict[tuple[int, str, bool, bool], Strip] = {}


class ColumnSurface(Widget, can_focus=True):
    """The painting half of a column; ColumnView moves what stands here.

    The state: the order of all rows, the items read, the anchor and the row `_top` on which it begins, and what is
    selected, marked, new, or leaving.
    """

    ALLOW_SELECT = False

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        ours: frozenset[str],
        folded: bool,
        open_key: str,
        newest_key: str,
        id: str | None,
        classes: str | None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.clock = clock
        self.ours = ours
        self.folded = folded
        self.open_key = open_key
        self.newest_key = newest_key
        self.words = ""
        self.wording: Wording = plain
        #: Whether what is shown waits for an answer of ours, and says for how long.
        self.owing = False
        self._told_at = clock()
        self._order = Order()
        self._items: Recent[Ref, Item] = Recent(KEPT)
        self._laid: Recent[Ref, Laid] = Recent(LAID)
        self._unread = Laid(None, _UNREAD, 0)
        self._anchor: Ref | None = None
        self._top = 0
        self._selected: Ref | None = None
        self._new: set[Ref] = set()
        self._leaving: dict[Ref, str] = {}
        self._marked: set[Ref] = set()
        self._kept_window: Window | None = None
        self._fits = Size(0, 0)
        self._kept_paint: Paint | None = None
        self._blanks: dict[bool, Strip] = {}

    def on_mount(self) -> None:
        """Follow the theme and the time."""
        self.app.theme_changed_signal.subscribe(self, self._theme_changed)
        self.set_interval(MINUTE / 3, self.refresh_ages)

    def _theme_changed(self, _: object) -> None:
        self._kept_paint = None
        self._forget_layout()
        self.refresh()

    def _forget_layout(self) -> None:
        self._laid.clear()
        self._blanks.clear()
        self._unread.strips.clear()
        self._kept_window = None

    def refresh_ages(self) -> None:
        """Tell ages anew, when a minute has passed."""
        before = self._minute
        self._told_at = self.clock()
        if self._minute == before or self._anchor is None:
            return
        refs = [self._order.refs[slot.index] for slot in self._window().slots]
        shown = [self._lay_old(ref) for ref in refs]
        if shown != [self._lay(ref).lines for ref in refs]:
            self._kept_window = None
            self.refresh()

    def _lay_old(self, ref: Ref) -> tuple[Line, ...]:
        laid = self._laid.get(ref)
        return () if laid is None else laid.lines

    # -- layout ----------------------------------------------------------------------------------------------

    @property
    def _minute(self) -> int:
        return int(self._told_at.timestamp() // 60)

    @property
    def _text_width(self) -> int:
        """Cells for text: beside the bar, a blank cell where there is room, and the edge."""
        width = self.size.width
        return max(0, width - (3 if width >= 12 else 2))

    def _fit(self) -> None:
        """After a change of size: lay out anew where the width changed, and keep the anchor in sight."""
        if self._fits == self.size:
            return
        if self._fits.width != self.size.width:
            self._forget_layout()
        self._fits = self.size
        self._kept_window = None
        if self._anchor is not None and self.size.height:
            window = self._window()
            self._kept_window = window.shown(window.anchor).clamped()
            self._top = self._kept_window.top

    def _window(self) -> Window:
        """What stands where; needs an anchor."""
        self._fit()
        if self._kept_window is None:
            assert self._anchor is not None
            self._kept_window = Window(
                len(self._order), self.size.height, self._height, self._order.index[self._anchor], self._top
            )
        return self._kept_window

    def _height(self, index: int) -> int:
        return len(self._lay(self._order.refs[index]).lines) + 1

    def _lay(self, ref: Ref) -> Laid:
        """An item laid out for this width; a stand-in while it is not read."""
        item = self._items.get(ref)
        if item is None:
            return self._unread
        laid = self._laid.get(ref)
        if laid is None or laid.item is not item or laid.minute != self._minute:
            lines = layout_item(
                item,
                self._text_width,
                now=self._told_at,
                ours=self.ours,
                folded=self.folded,
                open_key=self.open_key,
                notice=self._leaving.get(ref, ""),
                wording=self.wording,
                owing=self.owing,
            )
            laid = Laid(item, lines, self._minute)
            self._laid[ref] = laid
        return laid

    # -- painting --------------------------------------------------------------------------------------------

    @property
    def _paint(self) -> Paint:
        if self._kept_paint is None:
            self._kept_paint = Paint(self.app.theme_variables, colourless=self.app.no_color)
        return self._kept_paint

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a region of the column; see textual.widget.Widget.render_lines."""
        width, height = self.size
        if width < 1 or height < 1:
            return [Strip.blank(crop.width)] * crop.height
        strips = self._worded(width, height) if self._anchor is None else self._rows(width, height)
        if self._new:
            strips[-1] = self._new_mark(width)
        strips = strips[crop.y : crop.bottom]
        ground = self.background_colors[1]
        for each in self.app.get_line_filters():
            strips = [strip.apply_filter(each, ground) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _rows(self, width: int, height: int) -> list[Strip]:
        """Every row of the screen."""
        slots = self._window().slots
        first, last = self._thumb(height)
        strips: list[Strip] = []
        for slot in slots:
            ref = self._order.refs[slot.index]
            laid = self._lay(ref)
            bar = self._bar(ref)
            faded = ref in self._leaving
            for row in range(max(len(strips), slot.top, 0), min(height, slot.bottom)):
                while len(strips) < row:
                    strips.append(self._blank(width, first <= len(strips) < last))
                at, thumb = row - slot.top, first <= row < last
                if at >= len(laid.lines):
                    strips.append(self._blank(width, thumb))
                    continue
                marked = at == 0 and ref in self._marked
                strip = laid.strips.get((at, bar, thumb, marked))
                if strip is None:
                    strip = self._strip(laid.lines[at], width, bar, thumb=thumb, faded=faded, marked=marked)
                    laid.strips[at, bar, thumb, marked] = strip
                strips.append(strip)
        while len(strips) < height:
            strips.append(self._blank(width, first <= len(strips) < last))
        return strips

    def _bar(self, ref: Ref) -> str:
        """The bar at the left of an item: full where the keys go, thin in another column."""
        if ref != self._selected:
            return " "
        return "▌" if self.in_hand else "▏"

    @property
    def in_hand(self) -> bool:
        """Whether this is the column that acts are about: it has the keys, or lent them to prompt or composer."""
        return self.has_focus or getattr(self.screen, "view", None) is self

    def _strip(self, line: Line, width: int, bar: str, *, thumb: bool, faded: bool, marked: bool = False) -> Strip:
        """One row: bar (or the mark of what the next act is for), text, edge."""
        raised = bar == "▌"
        role = Role.ACCENT if raised or marked else Role.QUIET
        line = ((MARK if marked else bar, role), *line)
        segments = self._paint.segments(line, width - 1, raised=raised, faded=faded and bar == " ")
        segments.append(self._edge(thumb))
        return Strip(segments).adjust_cell_length(width, self._paint.ground)

    def _edge(self, thumb: bool) -> Segment:
        """The thin line between columns, which is the scrollbar too."""
        return Segment("┃", self._paint.style(Role.QUIET)) if thumb else Segment("│", self._paint.style(Role.RULE))

    def _blank(self, width: int, thumb: bool) -> Strip:
        strip = self._blanks.get(thumb)
        if strip is None or strip.cell_length != width:
            strip = self._strip((), width, " ", thumb=thumb, faded=False)
            self._blanks[thumb] = strip
        return strip

    def _thumb(self, height: int) -> tuple[int, int]:
        """The rows of the scrollbar's thumb, by the share of the items that is in sight; none if all are."""
        seen = [slot.index for slot in self._window().slots if slot.top < height and slot.bottom - 1 > 0]
        count = len(self._order)
        if not seen or len(seen) >= count:
            return 0, 0
        size = max(1, round(height * len(seen) / count))
        share = seen[0] / (count - len(seen))
        first = round((height - size) * min(1.0, share))
        return first, first + size

    def _new_mark(self, width: int) -> Strip:
        """The row at the bottom edge that tells of new items further down."""
        text = shortened(f"↓ {len(self._new)} new · {self.newest_key}", max(0, width - 2))
        before = (width - 1 - cells(text)) // 2
        line = ((" " * max(0, before), Role.QUIET), (text, Role.LINK))
        segments = [*self._paint.segments(line, width - 1, raised=True), self._edge(False)]
        return Strip(segments).adjust_cell_length(width, self._paint.ground)

    def _worded(self, width: int, height: int) -> list[Strip]:
        """An empty column: what would fill it, or that it is being read."""
        pieces = [(clean(self.words), Role.QUIET)]
        lines: list[Line] = [(), *wrap(pieces, max(1, self._text_width))] if self._text_width > 0 else []
        strips = [self._strip(line, width, " ", thumb=False, faded=False) for line in lines[:height]]
        return strips + [self._blank(width, False)] * (height - len(strips))
