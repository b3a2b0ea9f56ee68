"""Moving: within a column, between columns, into a conversation and back."""

from __future__ import annotations

from collections.abc import Callable

from tweetdesk.ui.actions import ACTIONS, Work, action
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.widgets.column import ColumnView


def _within(command: str, move: Callable[[ColumnView], Work | None]) -> None:
    """Register a movement within the column under the hand."""

    def act(stage: StageScreen, key: str) -> Work | None:
        return move(stage.view) if stage.view else None

    ACTIONS[command] = act


_within("next_item", lambda view: view.move(1))
_within("previous_item", lambda view: view.move(-1))
_within("page_down", lambda view: view.page(1))
_within("page_up", lambda view: view.page(-1))
_within("half_page_down", lambda view: view.half_page(1))
_within("half_page_up", lambda view: view.half_page(-1))
_within("first_item", lambda view: view.first())
_within("last_item", lambda view: view.last())


@action("column_left")
def column_left(stage: StageScreen, key: str) -> None:
    """To the column at the left."""
    if isinstance(stage, DeckScreen):
        stage.focus_column(stage.focus_index - 1)


@action("column_right")
def column_right(stage: StageScreen, key: str) -> None:
    """To the column at the right."""
    if isinstance(stage, DeckScreen):
        stage.focus_column(stage.focus_index + 1)


@action("column_number")
def column_number(stage: StageScreen, key: str) -> None:
    """To the column of the number that was pressed."""
    if isinstance(stage, DeckScreen) and key.isdigit():
        if int(key) > len(stage.panes):
            stage.tell(f"There is no column {key}; a adds one.")
        else:
            stage.focus_column(int(key) - 1)


@action("last_column")
def last_column(stage: StageScreen, key: str) -> None:
    """To the last column."""
    if isinstance(stage, DeckScreen):
        stage.focus_column(len(stage.panes) - 1)


def _go(command: str, kind: str) -> None:
    """Register a chord that goes to the next column of a kind, in another layout where this one has none."""

    def act(stage: StageScreen, key: str) -> Work | None:
        if not isinstance(stage, DeckScreen):
            return None
        count = len(stage.panes)
        after = [(stage.focus_index + step) % count for step in range(1, count + 1)] if count else []
        for index in after:
            if stage.panes[index].column.kind == kind:
                stage.focus_column(index)
                return None
        for layout in stage.app.layouts:  # type: ignore[attr-defined]
            kinds = [column.kind for column in layout.columns]
            if kind in kinds:
                return _in_layout(stage, layout.name, kinds.index(kind))
        stage.tell("No layout has such a column; a adds one.")
        return None

    ACTIONS[command] = act


async def _in_layout(stage: DeckScreen, name: str, index: int) -> None:
    """To a column of another layout."""
    app = stage.app
    await app.show_layout(name)  # type: ignore[attr-defined]
    if isinstance(app.screen, DeckScreen):
        app.screen.focus_column(index)


for _kind in ("mentions", "messages", "home", "search", "helping", "owed", "later"):
    _go(f"go_{_kind}", _kind)


@action("back")
def back(stage: StageScreen, key: str) -> None:
    """Close what is open."""
    stage.go_back()
