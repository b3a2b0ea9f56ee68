"""A column widget with items in memory, under a pilot's hands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from columnworld import Columns, Shelf, item, person, post
from textual.pilot import Pilot

from tweetdesk.domain.items import Item
from tweetdesk.ui.widgets.column import ColumnView


@asynccontextmanager
async def desk(
    shelf: Shelf, *, size: tuple[int, int] = (60, 30), width: int = 44, beside: Sequence[Shelf] = ()
) -> AsyncIterator[tuple[Columns, ColumnView, Pilot[None]]]:
    """An app with a column of these items, loaded."""
    app = Columns([shelf, *beside], width=width)
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        await calm(app, pilot)
        yield app, app.view, pilot


async def calm(app: Columns, pilot: Pilot[None]) -> None:
    """Until everything that was asked for is read and painted."""
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for something that is bound to happen."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a timer of Textual's sets it
            await asyncio.sleep(0.01)


def rows(view: ColumnView) -> list[str]:
    """The column's rows as text."""
    return [strip.text for strip in view.render_lines(view.size.region)]


def hand(view: ColumnView) -> list[tuple[int, str]]:
    """The rows of the selected item, with their numbers."""
    return [(at, row[:-1]) for at, row in enumerate(rows(view)) if row[:1] in "▌▏"]


def short(key: int) -> Item:
    """An item of two rows."""
    return item(key, post(key, person(f"Writer {key}"), f"Text {key}"))
