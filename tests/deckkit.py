"""The whole desk, open on a sandbox, under a pilot's hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from deskkit import Desk
from stagekit import screen_text, until
from textual.pilot import Pilot

from tweetdesk.ui.app import TweetdeskApp
from tweetdesk.ui.screens.deck import DeckScreen

_BARS = str.maketrans(dict.fromkeys("▁▂▃▄▅▆▇█", " "))


class Hands:
    """An open desk, and what a test does there; tests of one theme inherit and add their own."""

    def __init__(self, desk: Desk, app: TweetdeskApp, pilot: Pilot[int]) -> None:
        self.desk, self.app, self.pilot = desk, app, pilot
        self.session = desk.session

    @property
    def deck(self) -> DeckScreen:
        """The deck, which has to be what is shown."""
        assert isinstance(self.app.screen, DeckScreen)
        return self.app.screen

    @property
    def status(self) -> str:
        """The status line as it is painted."""
        return self.deck.status.render_line(0).text

    @property
    def shown(self) -> str:
        """What is on the screen in one line, without the scrollbar."""
        return " ".join(screen_text(self.app).translate(_BARS).split())

    async def settle(self) -> None:
        """Wait until engine and workers are done, and the screen shows it."""
        for _ in range(3):
            await self.session.engine.idle()
            await self.app.workers.wait_for_complete()
            await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys; each may start something that asks, so workers are not waited for."""
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def sees(self, words: str) -> None:
        """Wait until something is on the screen, whatever the lines that it is broken into."""
        await until(lambda: words in self.shown, self.pilot)

    async def told(self, words: str) -> None:
        """Wait until the status line says something."""
        await until(lambda: words in self.status, self.pilot)


_Kind = TypeVar("_Kind", bound=Hands)


@asynccontextmanager
async def hands_on(
    desk: Desk, kind: type[_Kind], app: TweetdeskApp | None = None, size: tuple[int, int] = (240, 60), **more: Any
) -> AsyncIterator[_Kind]:
    """A desk opened and at rest; `app` where it is not the usual one, `more` for `App.run_test`."""
    app = app or TweetdeskApp(desk.session)
    async with app.run_test(size=size, **more) as pilot:
        hands = kind(desk, app, pilot)
        await hands.settle()
        yield hands
