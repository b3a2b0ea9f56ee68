"""The column widget: a list of posts or conversations that never jumps under the hand of who reads it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from textual.geometry import Region
from textual.message import Message

from tweetdesk.domain.items import Item
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.head import ColumnHead
from tweetdesk.ui.widgets.rows import ItemReader, Loaded, Place, Ref
from tweetdesk.ui.widgets.supply import AHEAD, ColumnSupply
from tweetdesk.ui.widgets.window import Window

__all__ = ["ColumnHead", "ColumnView", "ItemReader", "Loaded", "Place"]

#: Seconds for which an item that was dealt with stays in sight.
FADE = 1.0


class ColumnView(ColumnSupply):
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

    class Marked(Message):
        """Other items are marked now, or none."""

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
            empty_text=empty_text,
            folded=folded,
            open_key=open_key,
            newest_key=newest_key,
            id=id,
            classes=classes,
        )
        self.head = ColumnHead()
        self._told: Ref | None = None
        self._marked_last: Ref | None = None

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

    # -- marking ---------------------------------------------------------------------------------------------

    def loaded(self) -> tuple[Loaded, ...]:
        """Every row as it stands now, oldest first, but those that are leaving; nothing is read."""
        return tuple(self._loaded(ref) for ref in self._order.refs if ref not in self._leaving)

    def marked(self) -> tuple[Loaded, ...]:
        """The marked rows as they stand now, oldest first."""
        return tuple(self._loaded(ref) for ref in self._order.refs if ref in self._marked)

    def marked_items(self) -> tuple[Item, ...]:
        """The marked items that are in memory."""
        found = (self._items.get(ref) for ref in self._order.refs if ref in self._marked)
        return tuple(item for item in found if item is not None)

    def _loaded(self, ref: Ref) -> Loaded:
        return Loaded(*ref, self._order.ids(ref))

    def mark(self, ref: Ref | None = None) -> bool:
        """Mark a row, (account, id), or take its mark off; None is the selected one. Whether it is marked now."""
        ref = self._selected if ref is None else self._order.row_of(ref)
        if ref is None or ref in self._leaving:
            return False
        self._marked ^= {ref}
        if ref in self._marked:
            self._marked_last = ref
        self._marks_changed(ref)
        return ref in self._marked

    def mark_to_here(self) -> int:
        """Mark everything from the last marked row to the selected one; how many are marked then."""
        if self._selected is None:
            return len(self._marked)
        here = self._order.index[self._selected]
        begin = self._order.index[self._marked_last] if self._marked_last in self._marked else here
        between = self._order.refs[min(begin, here) : max(begin, here) + 1]
        self._marked.update(ref for ref in between if ref not in self._leaving)
        self._marked_last = self._selected
        self._marks_changed(*between)
        return len(self._marked)

    def unmark(self) -> None:
        """Take all marks off."""
        marked, self._marked = self._marked, set()
        self._marks_changed(*marked)

    def _marks_changed(self, *refs: Ref) -> None:
        self.post_message(self.Marked(self))
        if self._anchor is not None and self.size.height:
            self._repaint(*refs)

    # -- leaving ---------------------------------------------------------------------------------------------

    def leave(self, items: Collection[Ref], words: str = "") -> None:
        """These items were dealt with: they fade, with `words` in their first line, and are gone a moment later.

        They are named by account and id. A row that stands for several posts is named by its own id, or by all of
        theirs. The next item is selected at once, where it stands; without one, the one before.
        """
        named = frozenset(items)
        going = [ref for ref in self._order.refs if ref not in self._leaving and self._is_named(ref, named)]
        if not going:
            return
        if self._marked:
            self._marked.difference_update(going)
            self._marks_changed()
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

    def _is_named(self, ref: Ref, named: frozenset[Ref]) -> bool:
        return ref in named or named.issuperset((ref[0], one) for one in self._order.ids(ref))

    def keep(self, items: Collection[Ref]) -> None:
        """Items that were leaving stay after all; they are named as for `leave`."""
        named = frozenset(items)
        for ref in tuple(self._leaving):
            if not named.isdisjoint((ref[0], one) for one in self._order.ids(ref)):
                self._unfade(ref)
        if self._selected is None and self._anchor is not None and self._anchor not in self._leaving:
            self._selected = self._anchor
        self._changed()

    def _gone(self, refs: Iterable[Ref]) -> None:
        """Take out what has faded, unless it came back meanwhile."""
        gone = {ref for ref in refs if ref in self._leaving}
        if gone:
            order = self._order.without(gone)
            for ref in gone:
                del self._leaving[ref]
            self._swap(order)

    # -- painting and telling --------------------------------------------------------------------------------

    def _tell(self) -> None:
        if self._told != self._selected and (self._selected is None or self._selected in self._items):
            self._told = self._selected
            self.post_message(self.Selected(self, self.selected))

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
        self.head.active = self.in_hand
        if self._anchor is not None and self.size.height:
            self._repaint(self._selected)
