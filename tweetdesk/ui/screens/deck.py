"""The deck: the columns of one layout side by side, scrolled sideways where they do not fit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal

from tweetdesk.domain.events import ItemsChanged, StatusChanged, TriageChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.layouts import Column, Layout
from tweetdesk.domain.selections import Shows
from tweetdesk.engine.session import Session
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.widgets.column import ColumnView
from tweetdesk.ui.widgets.pane import Pane

#: Narrower than this, one column is shown at a time, the others as counts (LOOK.md).
ONE_COLUMN_BELOW = 100


class DeckScreen(StageScreen):
    """One layout. Its columns keep their places for as long as tweetdesk runs, and in the store after that."""

    def __init__(self, session: Session, layout: Layout) -> None:
        super().__init__(session)
        self.layout_shown = layout
        self.panes = [Pane(session, layout.name, column) for column in layout.columns]
        self.focus_index = 0
        #: Set when what the store has is on the screen.
        self.loaded = asyncio.Event()
        self._changing = asyncio.Lock()
        #: How many items came back: snoozes and waits that ended, and what went on.
        self._back = 0
        self._deck = Horizontal(*self.panes, id="deck")

    def compose_body(self) -> ComposeResult:
        """The columns."""
        yield self._deck

    # -- which column ------------------------------------------------------------------------------------------
    @property
    def pane(self) -> Pane | None:
        """The column under the hand."""
        return self.panes[min(self.focus_index, len(self.panes) - 1)] if self.panes else None

    @property
    def view(self) -> ColumnView | None:
        """The view of the column under the hand."""
        return self.pane.view if self.pane else None

    def focus_column(self, index: int) -> None:
        """Put the hand on a column, and bring it into sight."""
        if not self.panes:
            return
        self.focus_index = max(0, min(len(self.panes) - 1, index))
        self._show_focus()

    def _show_focus(self) -> None:
        if self.one_column:
            for index, pane in enumerate(self.panes):
                pane.display = index == self.focus_index
        if here := self.pane:
            if not self.is_busy:
                here.view.focus(scroll_visible=False)
            if not self.one_column:
                here.scroll_visible(animate=False)
            self.status.show_item(here.view.selected)
        self._show_layout()

    @property
    def one_column(self) -> bool:
        """Whether the terminal is so narrow that columns are shown one at a time."""
        return self.size.width < ONE_COLUMN_BELOW

    # -- life --------------------------------------------------------------------------------------------------
    def on_mount(self) -> None:
        """Read the columns; the one under the hand first."""
        self._show_focus()
        self.later(self._load(), group="load")

    async def _load(self) -> None:
        with self.app.batch_update():
            await asyncio.gather(*(pane.load() for pane in self.panes))
        self.app.first_paint.close()  # type: ignore[attr-defined]
        self.call_after_refresh(self.loaded.set)
        await self.loaded.wait()
        for pane in self.panes:
            await pane.complete()
        self.refresh_status()
        self._show_focus()
        self.set_interval(30, self._minute)

    def _minute(self) -> None:
        """What is told by the clock."""
        for pane in self.panes:
            pane.show_status()

    def on_resize(self, event: events.Resize) -> None:
        """One column or all of them, by the width there is."""
        self._fit()
        self.call_after_refresh(self._show_focus)

    def _fit(self) -> None:
        """Columns have the widths of the layout; where all of them fit, they share what is left over."""
        widths = shared([pane.column.width for pane in self.panes], self.size.width)
        for index, pane in enumerate(self.panes):
            pane.display = not self.one_column or index == self.focus_index
            pane.styles.width = "1fr" if self.one_column else widths[index]

    async def save_places(self) -> None:
        """Keep every column's place."""
        for pane in self.panes:
            await pane.save_place()

    # -- the layout changes -------------------------------------------------------------------------------------
    async def show_layout(self, focus: int) -> None:
        """Show the layout as it is now; panes of columns that stay are kept as they are."""
        async with self._changing:
            await self.save_places()
            spare = list(self.panes)
            panes: list[Pane] = []
            for column in self.layout_shown.columns:
                pane = next((one for one in spare if one.column.id == column.id), None)
                if pane is None:
                    pane = Pane(self.session, self.layout_shown.name, column)
                    await self._deck.mount(pane)
                    await pane.load()
                    await pane.complete()
                else:
                    spare.remove(pane)
                    pane.column = column
                panes.append(pane)
            for pane in spare:
                await pane.remove()
            self.panes = panes
            order = {id(pane): index for index, pane in enumerate(panes)}
            self._deck.sort_children(key=lambda one: order.get(id(one), 0))
            self._fit()
            self.focus_column(focus)

    def accounts_at_hand(self) -> tuple[str, ...]:
        """The accounts of the column under the hand."""
        return tuple(sorted({source.account for source in self.pane.sources()})) if self.pane else ()

    def column_at_hand(self) -> Column | None:
        """The column under the hand, as the layout has it."""
        return self.pane.column if self.pane else None

    # -- what the engine tells ------------------------------------------------------------------------------------
    def on_items_changed(self, event: ItemsChanged) -> None:
        """Something arrived or went: the panes that show it read again."""
        for pane in self.panes:
            if pane.shows_of(event.sources):
                pane.want_refresh(event.items)

    def on_triage_changed(self, event: TriageChanged) -> None:
        """Decisions changed: the panes that show those items read again."""
        for pane in self.panes:
            pane.want_refresh(event.items)

    def on_status_changed(self, event: StatusChanged) -> None:
        """A source is doing better or worse: its columns' heads say so."""
        for pane in self.panes:
            if event.status.source in pane.sources():
                pane.show_status()

    def on_pane_counted(self, message: Pane.Counted) -> None:
        """What waits may be another number now."""
        message.stop()
        self._show_layout()

    def on_column_view_marked(self, message: ColumnView.Marked) -> None:
        """Another number of items is marked."""
        message.stop()
        for pane in self.panes:
            if pane.view is message.column:
                pane.show_count()

    async def _count(self) -> None:
        accounts = sorted({source.account for pane in self.panes for source in pane.sources()})
        self._back = await self.session.store.posts.back(accounts)
        self._show_layout()
        await super()._count()

    def on_column_view_selected(self, message: ColumnView.Selected) -> None:
        """Another item is under the hand."""
        message.stop()
        if self.pane and message.column is self.pane.view:
            self.status.show_item(message.item)

    def selected_anywhere(self) -> list[Item]:
        """The selected item of each column."""
        return [item for pane in self.panes if (item := pane.view.selected)]

    def _show_layout(self) -> None:
        """What waits, in words, for the status line; where one column is shown, the others' counts in its head."""
        waits = self._waiting()
        words = {0: "nothing waits for you", 1: "1 waits for you"}.get(waits, f"{waits} wait for you")
        words += f" · {self._back} due" if self._back else ""
        title = f"{self.session.title}: " if self.session.title else ""
        self.status.show_layout(f"{title}{self.layout_shown.name} ▸ {words}")
        for pane in self.panes:
            pane.show_detail(self._others(pane) if self.one_column else None)

    def _waiting(self) -> int:
        """How many items wait for us; what stands in a column of what is owed as well counts once."""
        addressed = [pane for pane in self.panes if pane.kind.addressed]
        owed = [pane for pane in addressed if pane.selection.shows is Shows.OWED]
        covered = {source for pane in owed for source in pane.sources()}
        others = [pane for pane in addressed if not pane.sources() <= covered]
        return sum(pane.open_count for pane in {*owed, *others})

    def _others(self, pane: Pane) -> str:
        others = (one for one in self.panes if one is not pane)
        return " │ ".join(f"{_called(one)} {one.open_count}" for one in others)

    def go_back(self) -> None:
        """Esc: take marks off; else end a filter."""
        if (pane := self.pane) and pane.view.marked():
            pane.view.unmark()
        elif pane and pane.selection.words:
            self.later(pane.reselect(words=""))


def _called(pane: Pane) -> str:
    """A column in a word or two, where only its count is shown."""
    column = pane.column
    return column.title or ("" if pane.kind.one_account else column.words) or pane.kind.title


def shared(widths: Sequence[int], room: int) -> list[int]:
    """Column widths in cells, stretched in proportion where all of them together leave room."""
    total = sum(widths)
    if not total or total >= room:
        return list(widths)
    ends = [round(sum(widths[: index + 1]) * room / total) for index in range(len(widths))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
