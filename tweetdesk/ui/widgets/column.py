"""The column widget: a list of posts or conversations that never jumps under the hand of who reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from textual.geometry import Region
from textual.message import Message

from tweetdesk.domain.items import Item
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.head import ColumnHead
from tweetdesk.ui.widgets.rows import ItemReader, Order, Place, Ref
from tweetdesk.ui.widgets.surface import ColumnSurface
from tweetdesk.ui.widgets.window import Slot, Window

__all__ = ["ColumnHead", "ColumnView", "ItemReader", "Place"]

#: How many items around the screen are read ahead.
AHEAD = 30
#: How far forward the first open item is looked for when a column opens at its oldest.
LOOK_FORWARD = 200
#: Seconds for which an item that was dealt with stays in sight.
FADE = 1.0
#: Seconds for which painting waits for a page that is being read.
PATIENCE = 0.1
READING = "reading …"


class ColumnView(ColumnSurface):
    """A column of items, oldest at the top.

    It reads through an `ItemReader` and holds little: the order of all rows, and a few pages of items. The
    selected item (or the only one left to look at) is the anchor: what arrives, changes or goes away moves other
    items, and this one stays on its row. Its methods are what keys do; it has no keys of its own.

    `clock` tells the time in the zone in which times are shown; `ours` are our identities' ids; `empty_text` is
    shown while there is nothing; `open_key` and `newest_key` are named in hints. `head` is the column's head, to
    be put above it.
    """

    DEFAULT_CSS = "ColumnView { width: 1fr; height: 1fr; }"

    class Selected(Message):
        """Another item is selected now, or none."""

        def __init__(self, column: ColumnView, item: Item | None) -> None:
            self.column = column
            self.item = item
            super().__init__()

        @property
        def control(self) -> ColumnView:
            """The column."""
            return self.column

    class NearOldest(Message):
        """The reader has come near the oldest item that there is here; older ones may be fetched."""

        def __init__(self, column: ColumnView) -> None:
            self.column = column
            super().__init__()

        @property
        def control(self) -> ColumnView:
            """The column."""
            return self.column

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        ours: frozenset[str] = frozenset(),
        empty_text: str = "",
        folded: bool = True,
        open_key: str = "Enter",
        newest_key: str = "G",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            clock=clock,
            ours=ours,
            folded=folded,
            open_key=open_key,
            newest_key=newest_key,
            id=id,
            classes=classes,
        )
        self.head = ColumnHead()
        self.words = READING
        self._empty_text = empty_text
        self._reader: ItemReader | None = None
        self._told: Ref | None = None
        self._told_oldest: Ref | None = None
        self._opens_at = "oldest"
        self._reading = asyncio.Lock()
        self._filling = False
        self._settle_after_fill = False

    # -- what it shows ---------------------------------------------------------------------------------------

    @property
    def selected(self) -> Item | None:
        """The selected item; None when there is none, or for the moment in which it is still being read."""
        return None if self._selected is None else self._items.get(self._selected)

    @property
    def selected_id(self) -> str | None:
        """The selected item's id, known even before it is read."""
        return None if self._selected is None else self._selected[1]

    @property
    def place(self) -> Place | None:
        """Where the hand is, to come back to with `load`."""
        if self._selected is None:
            return None
        account, item = self._selected
        return Place(item, self._top, account, self._order.keys[self._order.index[self._selected]])

    @property
    def new_count(self) -> int:
        """How many items arrived at the newest end and were not yet on the screen."""
        return len(self._new)

    @property
    def count(self) -> int:
        """How many items there are."""
        return len(self._order)

    @property
    def empty_text(self) -> str:
        """What is said while there is nothing."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        self._empty_text = text
        if self._reader is not None:
            self.words = text
            self.refresh()

    # -- reading ---------------------------------------------------------------------------------------------

    async def load(self, reader: ItemReader, place: Place | None = None, opens_at: str = "oldest") -> None:
        """Show what `reader` has, at `place` if it is still there or else nearest to it.

        Without a place: at the "oldest" item that is open, or at the "newest". Errors of the reader are raised.
        """
        async with self._reading:
            self._reader, self._opens_at = reader, opens_at
            self._anchor = self._selected = self._told_oldest = None
            self._order = Order()
            self.words = READING
            self.refresh()
            for forget in (self._items, self._laid, self._leaving, self._new):
                forget.clear()
            order = Order(await reader.keys())
            if len(order):
                index, top = await self._opening(reader, order, place)
                ref = order.refs[index]
                order = order.without(await self._read(reader, _around(order, index, self.size.height or 60)))
                if len(order):
                    self._anchor = self._selected = ref if ref in order.index else order.refs[order.nearest(0)]
                    self._top = top
            self._order = order
            self.words = self._empty_text
            self._kept_window = None
            if self._anchor is not None and self.size.height:
                self._keep_in_sight()
            self._changed()

    async def _opening(self, reader: ItemReader, order: Order, place: Place | None) -> tuple[int, int]:
        """The item to begin with, and its row."""
        if place is not None:
            index = order.find(place.item, place.account)
            return (order.nearest(place.key), max(0, place.line)) if index is None else (index, place.line)
        if self._opens_at == "newest":
            return len(order) - 1, max(0, self.size.height)
        for start in range(0, min(len(order), LOOK_FORWARD), AHEAD):
            page = order.refs[start : start + AHEAD]
            await self._read(reader, page)
            for index, ref in enumerate(page, start):
                item = self._items.get(ref)
                if item is not None and item.state is TriageState.OPEN:
                    return index, 0
        return 0, 0

    async def refresh_items(self, changed: Collection[str] | None = None) -> None:
        """Read the order again, and the items whose ids are in `changed` (None: all that are held).

        The selected item stays on its row. New items at the newest end are counted in `new_count` until they are
        seen; what is gone leaves, and if it was selected the next one is selected where it stands.
        """
        reader = self._reader
        if reader is None:
            return
        async with self._reading:
            order = Order(await reader.keys())
            near = self._upcoming(order)
            stale = [ref for ref in near if ref not in self._items or changed is None or ref[1] in changed]
            fresh = await reader.items(stale) if stale else {}
            if reader is self._reader:
                self._renew(order, near, stale, fresh, changed)

    def _renew(
        self,
        order: Order,
        near: list[Ref],
        stale: list[Ref],
        fresh: dict[Ref, Item],
        changed: Collection[str] | None,
    ) -> None:
        """Take in what was read; nothing is shown half."""
        order = order.without([ref for ref in stale if ref not in fresh])
        held = set(near)
        for ref in self._items:
            if ref not in held and (changed is None or ref[1] in changed):
                self._items.pop(ref)
        for ref, item in fresh.items():
            if self._items.get(ref) != item:
                self._items[ref] = item
            back = changed is not None and ref[1] in changed and item.state is TriageState.OPEN
            if ref in self._leaving and back and ref in order.index:
                self._unfade(ref)
        self._swap(order.with_kept(self._leaving, self._order))

    def _upcoming(self, order: Order) -> list[Ref]:
        """What may be on the screen under a new order: around the anchor, and around what stood beside it."""
        if not len(order):
            return []
        if self._anchor is None:
            index = len(order) - 1 if self._opens_at == "newest" else 0
        elif self._anchor in order.index:
            index = order.index[self._anchor]
        else:
            index = order.nearest(self._order.keys[self._order.index[self._anchor]])
        return _around(order, index, max(AHEAD, self.size.height))

    def _swap(self, order: Order) -> None:
        """Put a new order in the place of the old one; the anchor keeps its row."""
        before = self._order
        if before.keys and before.refs != order.refs:
            newest = before.keys[-1]
            at = len(order)
            while at > 0 and order.keys[at - 1] > newest:
                at -= 1
            self._new.update(ref for ref in order.refs[at:] if ref not in before.index)
        self._new &= order.index.keys()
        if self._anchor is not None:
            rows = {before.refs[slot.index]: slot.top for slot in self._window().slots}
            self._order = order
            self._kept_window = None
            self._hold(before, rows)
        else:
            self._order = order
            if len(order):
                self._anchor = self._selected = order.refs[-1 if self._opens_at == "newest" else 0]
                self._top = 0
                self._kept_window = None
                self._keep_in_sight()
        self._changed()

    def _hold(self, before: Order, rows: dict[Ref, int]) -> None:
        """Keep selection and anchor, or hand them to the next item that is still there, on its own row."""
        if self._selected is not None and self._selected not in self._order.index:
            self._selected = self._neighbour(before, self._selected)
        anchor = self._selected
        if anchor is None and self._anchor in self._order.index:
            anchor = self._anchor
        if anchor is None and len(self._order):
            anchor = self._order.refs[-1]
            self._selected = None if anchor in self._leaving else anchor
        moved = anchor is not None and anchor != self._anchor
        if anchor is not None and moved:
            self._top = rows.get(anchor, self._top)
        self._anchor = anchor
        if moved and self.size.height:
            self._top = self._window().shown(self._window().anchor).top

    def _neighbour(self, order: Order, ref: Ref) -> Ref | None:
        """The next item after one that goes, else the one before it, that stays and is not leaving."""
        at = order.index[ref]
        following: Iterable[Ref] = order.refs[at + 1 :]
        for refs in (following, reversed(order.refs[:at])):
            for candidate in refs:
                if candidate in self._order.index and candidate not in self._leaving:
                    return candidate
        return None

    async def _read(self, reader: ItemReader, refs: Iterable[Ref]) -> list[Ref]:
        """Bring items into memory, in one page. Gives those that are no longer there."""
        unread = [ref for ref in refs if ref not in self._items]
        found = await reader.items(unread) if unread else {}
        for ref, item in found.items():
            self._items[ref] = item
        return [ref for ref in unread if ref not in found]

    # -- moving ----------------------------------------------------------------------------------------------

    def move(self, by: int = 1) -> None:
        """Select the item so many further down (or up); in one taller than the screen, read on first."""
        for _ in range(abs(by)):
            self._step(1 if by > 0 else -1)

    def _step(self, by: int) -> None:
        if self._anchor is None:
            return
        window = self._window()
        if (within := window.scrolled(by)) is not None:
            self._go(within)
            return
        index = window.anchor + by
        while 0 <= index < len(self._order) and self._order.refs[index] in self._leaving:
            index += by
        if 0 <= index < len(self._order):
            self._go(window.shown(index).clamped())
        else:
            self._go(window.shown(window.anchor).clamped())

    def page(self, by: int = 1) -> None:
        """A screen further down (+1) or up (-1)."""
        if self._anchor is not None:
            self._go(self._window().paged(by))

    def half_page(self, by: int = 1) -> None:
        """Half a screen further down (+1) or up (-1)."""
        if self._anchor is not None:
            self._go(self._window().half_paged(by))

    def first(self) -> None:
        """To the oldest item."""
        if self._anchor is not None:
            self._go(self._window().placed(0, 0))

    def last(self) -> None:
        """To the newest item; what is new counts as seen."""
        self._new.clear()
        if self._anchor is not None:
            self._go(self._window().placed(len(self._order) - 1, max(0, self.size.height)))

    def select(self, item: str, account: str = "") -> bool:
        """Select an item by its id and bring it into sight. False when it is not here."""
        index = self._order.find(item, account)
        if index is None or self._anchor is None:
            return False
        self._unfade(self._order.refs[index])
        self._go(self._window().shown(index).clamped())
        return True

    def _go(self, window: Window) -> None:
        """Take on a window: its anchor is selected."""
        was, before = self._window(), self._selected
        self._take(window)
        if self._anchor in self._leaving and (other := self._neighbour(self._order, self._anchor)) is not None:
            self._take(window.shown(self._order.index[other]))
        self._keep_in_sight()
        self._selected = self._anchor if self._anchor not in self._leaving else None
        after = self._window()
        if self._settle_after_fill or was.slots != after.slots:
            self._changed(of_hand=True)
        elif before != self._selected:
            self._repaint(before, self._selected)
            self._tell()
        if after.slots[0].index < AHEAD and self._told_oldest != self._order.refs[0]:
            self._told_oldest = self._order.refs[0]
            self.post_message(self.NearOldest(self))

    def _take(self, window: Window) -> None:
        self._anchor, self._top, self._kept_window = self._order.refs[window.anchor], window.top, window

    def _keep_in_sight(self) -> None:
        """Move the anchor onto the screen, and close gaps at the ends."""
        window = self._window()
        self._take(window.shown(window.anchor).clamped())
        slots = self._window().slots
        self._settle_after_fill = any(self._order.refs[slot.index] not in self._items for slot in slots)

    # -- leaving ---------------------------------------------------------------------------------------------

    def leave(self, items: Collection[str], words: str = "", *, account: str = "") -> None:
        """These items were dealt with: they fade, with `words` in their first line, and are gone a moment later.

        The next item is selected at once, where it stands; without one, the one before.
        """
        going = [
            ref
            for ref in self._order.refs
            if ref[1] in items and account in ("", ref[0]) and ref not in self._leaving
        ]
        if not going:
            return
        for ref in going:
            self._leaving[ref] = clean(words, newlines=False)
            self._laid.pop(ref)
        if self._selected in self._leaving:
            other = self._neighbour(self._order, self._selected)
            if other is None:
                self._selected = None
            else:
                self._go(self._window().shown(self._order.index[other]).clamped())
        self._changed()
        self.set_timer(FADE, lambda: self._gone(going))

    def keep(self, items: Collection[str]) -> None:
        """Items that were leaving stay after all."""
        for ref in tuple(self._leaving):
            if ref[1] in items:
                self._unfade(ref)
        if self._selected is None and self._anchor is not None and self._anchor not in self._leaving:
            self._selected = self._anchor
        self._changed()

    def _unfade(self, ref: Ref) -> None:
        if self._leaving.pop(ref, None) is not None:
            self._laid.pop(ref)

    def _gone(self, refs: Iterable[Ref]) -> None:
        """Take out what has faded, unless it came back meanwhile."""
        gone = {ref for ref in refs if ref in self._leaving}
        if gone:
            order = self._order.without(gone)
            for ref in gone:
                del self._leaving[ref]
            self._swap(order)

    # -- after a change --------------------------------------------------------------------------------------

    def _changed(self, *, of_hand: bool = False) -> None:
        """Something other than the selection alone changed: paint anew, read ahead, tell who listens.

        After a move of the hand to where nothing is read yet, painting waits for the page, but not for long.
        """
        self._told_at = self.clock()
        self._kept_window = None
        if self._anchor is not None and self.size.height:
            slots = self._window().slots
            if self._new:
                self._new -= {self._order.refs[slot.index] for slot in slots if slot.top < self.size.height}
            self._read_ahead(slots)
        if of_hand and self._settle_after_fill:
            self.set_timer(PATIENCE, self.refresh)
        else:
            self.refresh()
        self._tell()

    def _tell(self) -> None:
        if self._told != self._selected and (self._selected is None or self._selected in self._items):
            self._told = self._selected
            self.post_message(self.Selected(self, self.selected))

    def _read_ahead(self, slots: tuple[Slot, ...]) -> None:
        """Read what is beside the screen, before it is needed."""
        if self._filling or self._reader is None:
            return
        refs, first, last = self._order.refs, slots[0].index, slots[-1].index + 1
        half = AHEAD // 2
        if all(ref in self._items for ref in refs[max(0, first - half) : last + half]):
            return
        self._filling = True
        self.run_worker(self._fill(self._reader, refs[max(0, first - AHEAD) : last + AHEAD]))

    async def _fill(self, reader: ItemReader, refs: list[Ref]) -> None:
        """Read a page in the background; then show it where the screen was waiting for it."""
        try:
            absent = await self._read(reader, refs)
        finally:
            self._filling = False
        if reader is not self._reader or self._anchor is None:
            return
        if absent:
            self._swap(self._order.without(absent))
        self._kept_window = None
        if self._settle_after_fill and self._anchor is not None:
            self._keep_in_sight()
            self._changed()
        elif self._anchor is not None:
            self._read_ahead(self._window().slots)
            self._tell()

    def _repaint(self, *refs: Ref | None) -> None:
        """Paint the rows of these items only."""
        window = self._window()
        for ref in refs:
            slot = window.slot(self._order.index[ref]) if ref in self._order.index else None
            if slot is not None:
                top, bottom = max(0, slot.top), min(self.size.height, slot.bottom)
                if top < bottom:
                    self.refresh(Region(0, top, self.size.width, bottom - top))

    def watch_has_focus(self, _has_focus: bool) -> None:
        """The keys go here now, or elsewhere."""
        super().watch_has_focus(_has_focus)
        self.head.active = _has_focus
        if self._anchor is not None and self.size.height:
            self._repaint(self._selected)


def _around(order: Order, index: int, reach: int) -> list[Ref]:
    return order.refs[max(0, index - reach) : index + reach]
