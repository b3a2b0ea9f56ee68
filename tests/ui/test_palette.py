"""The palette finds a command by a few letters and says which one was chosen."""

from __future__ import annotations

import pytest
from textual.app import App

from tweetdesk.domain.commands import COMMANDS
from tweetdesk.ui.palette import PaletteScreen, matching, score


class Desk(App[None]):
    """Something to open the palette over."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str | None] = []

    def open(self) -> None:
        self.push_screen(PaletteScreen(), self.chosen.append)


@pytest.mark.parametrize(
    ("words", "best"),
    [("rep", "reply"), ("repost", "repost"), ("foll", "followed_up"), ("block", "block"), ("ob", "go_outbox"),
     ("cplk", "yank_link"), ("snoo", "snooze"), ("half page u", "half_page_up"), ("pers", "person"),
     ("g m", "go_mentions"), ("unblocks", "block")],
)  # fmt: skip
def test_a_few_letters_find_it(words: str, best: str) -> None:
    assert best in [command.id for command in matching(words, COMMANDS)[:3]]


def test_the_words_beginning_alike_come_first() -> None:
    assert matching("reply", COMMANDS)[0].id == "reply"
    assert matching("mute", COMMANDS)[0].id == "mute"
    assert score("zz", "reply") == 0
    assert score("", "anything") == 1


def test_all_but_the_palette_itself_without_words() -> None:
    desk = [command for command in COMMANDS if command.place == "desk" and command.id != "palette"]
    assert matching("", COMMANDS) == desk


@pytest.mark.parametrize("size", [(240, 60), (80, 24), (40, 12)])
async def test_enter_chooses(size: tuple[int, int]) -> None:
    app = Desk()
    async with app.run_test(size=size) as pilot:
        app.open()
        await pilot.pause()
        await pilot.press(*"mute", "down", "up", "down", "enter")
        await pilot.pause()
        assert app.chosen == ["mute_thread"]


async def test_esc_and_nothing_found() -> None:
    app = Desk()
    async with app.run_test() as pilot:
        app.open()
        await pilot.pause()
        await pilot.press(*"[/]q", "enter")
        assert app.chosen == []
        await pilot.press("escape")
        await pilot.pause()
        assert app.chosen == [None]
