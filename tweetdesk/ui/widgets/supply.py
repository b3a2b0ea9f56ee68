"""Where a column's items come from: pages read through an ItemReader, and what happens when they change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from tweetdesk.domain.items import Item
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.widgets.rows import ItemReader, Order, Place, Ref
from tweetdesk.ui.widgets.surface import ColumnSurface
from tweetdesk.ui.widgets.window import Slot, Window

#: How many items around the screen are read ahead.
AHEAD = 30
#: How far forward the first open item is looked for when a column opens at its oldest.
LOOK_FORWARD = 200
#: Seconds for which painting waits for a page that is being read.
PATIENCE = 0.1
READING = "reading …"
#: After every key.
_NEWEST = (1 << 63) - 1


class ColumnSupply(ColumnSurface):
    """The reading half of a column: it brings items into memory and keeps the anchor where it is meanwhile."""

    def __init__(
        self,
        *,
        clock: Callable[[], datetime],
        ours: frozenset[str],
        empty_text: str,
        folded: bool,
        open_key: str,
        newest_key: str,
        id: str | None,
        classes: str | None,
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
        self.words = READING
        self._empty_text = empty_text
        self._reader: ItemReader | None = None
        self._opens_at = "oldest"
        self._reading = asyncio.Lock()
        self._filling = False
        self._settle_after_fill = False
        self._part = False
        self._told_oldest: Ref | None = None

    def _tell(self) -> None:
        """Tell who listens of another selection."""
        raise NotImplementedError

    async def load(
        self, reader: ItemReader, place: Place | None = None, opens_at: str = "oldest", *, part: bool = False
    ) -> None:
        """Show what `reader` has, at `place` if it is still there or else nearest to it.

        Without a place: at the "oldest" item that is open, or at the "newest". With `part` only what is around
        that place is read, for a quick first screen; `complete` has to follow. Errors of the reader are raised.
        """
        async with self._reading:
            self._reader, self._opens_at, self._part = reader, opens_at, part
            self._anchor = self._selected = self._told_oldest = None
            self._order = Order()
            self.words = READING
            self.refresh()
            for forget in (self._items, self._laid, self._leaving, self._new, self._marked):
                forget.clear()
            end = _NEWEST if opens_at == "newest" else 0
            near = (place.key if place else end) if part else None
            order = await _order(reader, near)
            if len(order):
                index, top = await self._opening(reader, order, place)
                ref = order.refs[index]
                reach = max(AHEAD // 2, (self.size.height or 60) // 2)
                order = order.without(await self._read(reader, _around(order, index, reach)))
                if len(order):
                    self._anchor = self._selected = ref if ref in order.index else order.refs[order.nearest(0)]
                    self._top = top
            self._order = order
            self.words = self._empty_text
            self._kept_window = None
            if self._anchor is not None and self.size.height:
                self._keep_in_sight()
            self._changed()

    async def complete(self) -> None:
        """After a `load` of a part: read the whole order. What comes with it is not new."""
        reader = self._reader
        if reader is None:
            return
        async with self._reading:
            self._part = False
            order = await _order(reader)
            # Of a thread perhaps not all posts were in the part.
            more = [ref for ref in self._items if ref in order.index and self._is_stale(ref, order, frozenset())]
            fresh = await reader.items(more) if more else {}
            if reader is self._reader:
                for ref, item in fresh.items():
                    self._items[ref] = item
                self._swap(order.with_kept(self._leaving, self._order), arrived=False)

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
        """Read the order again, and the items of which an id is in `changed` (None: all that are held).

        An item is read again as well where it stands for other posts than before. The selected item stays on its
        row. New items at the newest end are counted in `new_count` until they are seen; what is gone leaves, and
        if it was selected the next one is selected where it stands.
        """
        reader = self._reader
        if reader is None:
            return
        changed = None if changed is None else frozenset(changed)
        async with self._reading:
            order = await _order(reader)
            near = self._upcoming(order)
            stale = [ref for ref in near if self._is_stale(ref, order, changed)]
            fresh = await reader.items(stale) if stale else {}
            if reader is self._reader:
                self._renew(order, near, stale, fresh, changed)

    def _is_stale(self, ref: Ref, order: Order, changed: frozenset[str] | None) -> bool:
        """Whether what is held of a row is not, or perhaps not, what the store has."""
        item = self._items.get(ref)
        if item is None or changed is None or item.ids != order.ids(ref):
            return True
        return not changed.isdisjoint(item.ids)

    def _renew(
        self,
        order: Order,
        near: list[Ref],
        stale: list[Ref],
        fresh: dict[Ref, Item],
        changed: frozenset[str] | None,
    ) -> None:
        """Take in what was read; nothing is shown half."""
        order = order.without([ref for ref in stale if ref not in fresh])
        held = set(near)
        for ref in self._items:
            if ref not in held and self._is_stale(ref, order, changed):
                self._items.pop(ref)
        for ref, item in fresh.items():
            if self._items.get(ref) != item:
                self._items[ref] = item
            # The decision is known, and it is still shown here: that was taken back, or what is done is shown.
            if ref in self._leaving and changed is not None and not changed.isdisjoint(item.ids):
                self._unfade(ref)
        self._swap(order.with_kept(self._leaving, self._order))

    def _upcoming(self, order: Order) -> list[Ref]:
        """What may be on the screen under a new order: around the anchor, and around what stood beside it."""
        if not len(order):
            return []
        if self._anchor is None:
            index = len(order) - 1 if self._opens_at == "newest" else 0
        elif (row := order.followed(self._anchor, self._order)) in order.index:
            index = order.index[row]
        else:
            index = order.nearest(self._order.keys[self._order.index[self._anchor]])
        return _around(order, index, max(AHEAD, self.size.height))

    def _swap(self, order: Order, *, arrived: bool = True) -> None:
        """Put a new order in the place of the old one; the anchor keeps its row.

        Where the hand is elsewhere, what came above it is not left out of sight over an empty end. With `arrived`,
        what is newer than all before counts as new.
        """
        before = self._order
        if arrived and before.keys and before.refs != order.refs:
            newest = before.keys[-1]
            at = len(order)
            while at > 0 and order.keys[at - 1] > newest:
                at -= 1
            self._new.update(ref for ref in order.refs[at:] if before.row_of(ref) is None)
        self._new &= order.index.keys()
        if self._anchor is not None:
            rows = {before.refs[slot.index]: slot.top for slot in self._window().slots}
            self._order = order
            self._kept_window = None
            self._follow(before)
            self._hold(before, rows)
            if self._anchor is not None and self.size.height and not self.in_hand:
                self._keep_in_sight()
        else:
            self._order = order
            if len(order):
                self._anchor = self._selected = order.refs[-1 if self._opens_at == "newest" else 0]
                self._top = 0
                self._kept_window = None
                self._keep_in_sight()
        self._changed()

    def _follow(self, before: Order) -> None:
        """Where a row goes on under another post's id, so does what is known of it."""
        self._marked = {self._order.followed(ref, before) for ref in self._marked} & self._order.index.keys()
        if self._selected is not None:
            self._selected = self._order.followed(self._selected, before)
        if self._anchor is not None:
            self._anchor = self._order.followed(self._anchor, before)

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

    def _take(self, window: Window) -> None:
        self._anchor, self._top, self._kept_window = self._order.refs[window.anchor], window.top, window

    def _keep_in_sight(self) -> None:
        """Move the anchor onto the screen, and close gaps at the ends."""
        window = self._window()
        self._take(window.shown(window.anchor).clamped())
        slots = self._window().slots
        self._settle_after_fill = any(self._order.refs[slot.index] not in self._items for slot in slots)

    def _unfade(self, ref: Ref) -> None:
        if self._leaving.pop(ref, None) is not None:
            self._laid.pop(ref)

    def _changed(self, *, of_hand: bool = False) -> None:
        """Something other than the selection alone changed: paint anew, read ahead, tell who listens.

        After a move of the hand to where nothing is read yet, painting waits for the page, but not for long.
        """
        self._told_at = self.clock()
        self._kept_window = None
        if self._anchor is not None and self.size.height:
            slots = self._window().slots
            if self._new:
                self._new -= {self._order.refs[slot.index] for slot in slots if slot.top < self.size.height - 1}
            self._read_ahead(slots)
        if of_hand and self._settle_after_fill:
            self.set_timer(PATIENCE, self.refresh)
        else:
            self.refresh()
        self._tell()

    def _read_ahead(self, slots: tuple[Slot, ...]) -> None:
        """Read what is beside the screen, before it is needed."""
        if self._filling or self._reader is None or self._part:
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


async def _order(reader: ItemReader, near: int | None = None) -> Order:
    rows = await reader.rows(near)
    return Order(rows.keys, rows.members)


def _around(order: Order, index: int, reach: int) -> list[Ref]:
    return order.refs[max(0, index - reach) : index + reach]
