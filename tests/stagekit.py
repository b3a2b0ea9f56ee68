"""An app over a session, to push single screens onto."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.app import App
from textual.pilot import Pilot

import tweetdesk.ui
from tweetdesk.engine.session import Session


class StageApp(App[None]):
    """Holds a session, has the styles of the desk, and nothing else."""

    CSS_PATH = str(Path(tweetdesk.ui.__file__).parent / "app.tcss")
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.answers: list[object] = []


def screen_text(app: App[None]) -> str:
    """What is on the screen, as plain text."""
    height = app.size.height
    strips = app.screen._compositor.render_strips()
    assert len(strips) == height
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(condition: Callable[[], bool], pilot: Pilot[None]) -> None:
    """Wait until something holds, at most five seconds."""
    async with asyncio.timeout(5):
        while not condition():
            await pilot.pause(0.01)
