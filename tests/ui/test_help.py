"""Help says every key of the table, and finds it by words."""

from __future__ import annotations

import pytest
from textual.app import App

from tweetdesk.domain.commands import COMMANDS, bind, face
from tweetdesk.ui.screens.card import Page
from tweetdesk.ui.screens.help import HelpScreen, blocks, spread


class Desk(App[None]):
    """Something to put help over."""


def shown(app: App[None]) -> str:
    return str(app.screen.query_one(Page).query_one("Static").render())


@pytest.mark.parametrize("width", [36, 76, 110, 150, 236])
def test_every_command_is_there_at_every_width(width: int) -> None:
    text = spread(blocks(COMMANDS), width).plain
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    joined = " ".join(text.split())
    for command in COMMANDS:
        assert command.title.split()[0] in joined
        assert all(face(key) in joined for key in command.keys[:1])


def test_wide_screens_have_columns_side_by_side() -> None:
    assert spread(blocks(COMMANDS), 236).plain.count("\n") < spread(blocks(COMMANDS), 76).plain.count("\n") / 2


def test_the_users_own_keys_are_shown() -> None:
    text = spread(blocks(bind(COMMANDS, {"reply": ["J"]})), 100).plain
    assert any(line.split()[:2] == ["J", "Reply:"] for line in text.splitlines())


@pytest.mark.parametrize("key", ["question_mark", "q", "escape", "backspace"])
async def test_closes(key: str) -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HelpScreen())
        await pilot.press(key)
        assert not isinstance(app.screen, HelpScreen)


async def test_scrolls() -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HelpScreen())
        await pilot.pause()
        page = app.screen.query_one(Page)
        await pilot.press("j", "down", "k")
        assert page.scroll_y == 1
        await pilot.press("space")
        assert page.scroll_y > 15
        await pilot.press("G")
        assert page.scroll_y == page.max_scroll_y
        await pilot.press("g", "g")
        assert page.scroll_y == 0


async def test_narrows_to_words() -> None:
    app = Desk()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.push_screen(HelpScreen())
        await pilot.press("slash", *"mute", "enter")
        await pilot.pause()
        assert "Mute the conversation" in shown(app)
        assert "Reply" not in shown(app)
        await pilot.press("escape")
        await pilot.pause()
        assert "Reply" in shown(app)
        await pilot.press("slash", *"xyzzy [/]")
        await pilot.pause()
        assert shown(app).startswith("No key")


async def test_small_screens_work() -> None:
    app = Desk()
    async with app.run_test(size=(40, 12)) as pilot:
        await app.push_screen(HelpScreen())
        await pilot.pause()
        assert "Next item" in shown(app)
