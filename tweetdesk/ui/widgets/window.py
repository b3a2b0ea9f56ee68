"""The arithmetic of a column: which items stand on which rows, and where they stand after a move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Slot:
    """One item on the screen: its index, the row on which it begins (may be negative), and its height.

    The height includes the blank row that parts it from the next one.
    """

    index: int
    top: int
    height: int

    @property
    def bottom(self) -> int:
        """The row after its last one."""
        return self.top + self.height


@dataclass(frozen=True)
class Window:
    """A view of `count` items on `rows` rows, held in place by one of them: item `anchor` begins on row `top`.

    `height_of` gives an item's height in rows, the blank row after it included, at least 1; only items that are
    on the screen, and one beside, are asked for. Every change gives a new window. Needs count >= 1.
    """

    count: int
    rows: int
    height_of: Callable[[int], int]
    anchor: int
    top: int

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """What is on the screen, from top to bottom; the anchor too where it lies outside."""
        anchor = Slot(self.anchor, self.top, self.height_of(self.anchor))
        above: list[Slot] = []
        index, top = self.anchor - 1, self.top
        while index >= 0 and top > 0:
            height = self.height_of(index)
            top -= height
            above.append(Slot(index, top, height))
            index -= 1
        below: list[Slot] = []
        index, bottom = self.anchor + 1, anchor.bottom
        while index < self.count and bottom < self.rows:
            height = self.height_of(index)
            below.append(Slot(index, bottom, height))
            bottom += height
            index += 1
        return (*reversed(above), anchor, *below)

    def slot(self, index: int) -> Slot | None:
        """Where an item stands, if it is on the screen."""
        at = index - self.slots[0].index
        return self.slots[at] if 0 <= at < len(self.slots) else None

    def shown(self, index: int) -> Window:
        """With this item as the anchor and on the screen, moving as little as can be.

        An item taller than the screen shows its beginning, or its end where it comes in from above.
        """
        height = self.height_of(index)
        slot = self.slot(index)
        outside = self.rows if index > self.anchor else -height
        top = outside if slot is None else slot.top
        if height - 1 > self.rows:
            if top > 0 or (slot is None and top == self.rows):
                top = 0
            elif top + height <= 1:
                top = self.rows - height + 1
        else:
            top = max(0, min(top, self.rows - height))
        return replace(self, anchor=index, top=top)

    def placed(self, index: int, top: int) -> Window:
        """With this item beginning on this row."""
        return replace(self, anchor=index, top=top)

    def clamped(self) -> Window:
        """Without rows left empty above the first item, or below the last one while some are hidden above."""
        first, last = self.slots[0], self.slots[-1]
        window = self
        if last.index == self.count - 1 and last.bottom < self.rows:
            window = replace(window, top=window.top + self.rows - last.bottom)
            first = window.slots[0]
        if first.index == 0 and first.top > 0:
            window = replace(window, top=window.top - first.top)
        return window

    def scrolled(self, by: int) -> Window | None:
        """One step within the anchor where it is taller than the screen and has more that way, else None.

        `by` is +1 for down and -1 for up; a step is half a screen.
        """
        slot = self.slot(self.anchor)
        if slot is None or slot.height - 1 <= self.rows:
            return None
        step = max(1, self.rows // 2)
        hidden = slot.bottom - 1 - self.rows if by > 0 else -slot.top
        if hidden <= 0:
            return None
        return replace(self, top=self.top - min(step, hidden) * (1 if by > 0 else -1))

    def paged(self, by: int) -> Window:
        """A screen further down (+1) or up (-1); what was cut off at the edge is whole afterwards.

        The new anchor is the first item at the upper edge, or the last one at the end.
        """
        return self._page_down() if by > 0 else self._page_up()

    def _page_down(self) -> Window:
        cut = next((slot for slot in self.slots if slot.bottom - 1 > self.rows), None)
        if cut is None:
            last = self.slots[-1]
            if last.index == self.count - 1:
                return self.placed(last.index, last.top)
            return self.placed(last.index + 1, 0).clamped()
        if cut.top <= 0:  # it fills the screen: on within it
            return replace(
                self, anchor=cut.index, top=cut.top - min(max(1, self.rows - 1), cut.bottom - 1 - self.rows)
            )
        return self.placed(cut.index, 0).clamped()

    def _page_up(self) -> Window:
        first = self.slots[0]
        if first.index == 0 and first.top >= 0:
            return self.placed(0, first.top)
        if first.top < 0 and self.rows - first.height <= first.top:  # it fills the screen: back within it
            return replace(self, anchor=first.index, top=first.top + min(max(1, self.rows - 1), -first.top))
        cut = first.index if first.top < 0 else max(0, first.index - 1)
        window = self.placed(cut, self.rows - self.height_of(cut)).clamped()
        whole = next((slot for slot in window.slots if slot.top >= 0), window.slots[0])
        return window.placed(whole.index, whole.top)

    def half_paged(self, by: int) -> Window:
        """Half a screen further; the anchor stays the same item while it can be seen."""
        step = max(1, self.rows // 2) * (1 if by > 0 else -1)
        moved = replace(self, top=self.top - step).clamped()
        slot = moved.slot(self.anchor)
        if slot is not None and slot.top >= 0 and slot.bottom - 1 <= self.rows and moved.top != self.top:
            return moved
        if moved.top == self.top:  # nothing left to scroll: on to the end
            return self.shown(self.count - 1 if by > 0 else 0)
        whole = [slot for slot in moved.slots if slot.top >= 0 and slot.bottom - 1 <= self.rows]
        if not whole:
            seen = [slot for slot in moved.slots if slot.bottom - 1 > 0 and slot.top < self.rows] or [
                moved.slots[0]
            ]
            return moved.placed(seen[0].index, seen[0].top)
        nearest = whole[0] if by > 0 else whole[-1]
        return moved.placed(nearest.index, nearest.top)
