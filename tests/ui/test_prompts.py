"""The line that asks: every key is an answer or nothing, and one question stands at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Input, Static

from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.prompts import Prompt


class Page(App[None]):
    """A page with a prompt; collects the keys that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.prompt = Prompt()
        self.seen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("above")
        yield Input(id="other")
        yield self.prompt

    def on_key(self, event: events.Key) -> None:
        self.seen.append(event.key)

    def ask(self, question: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        return asyncio.create_task(question)

    def shown(self, name: str) -> str:
        return str(self.query_one(f"#prompt-{name}", Static).render())


@pytest.mark.parametrize(
    ("keys", "answer"),
    [("y", True), ("Y", True), ("n", False), ("escape", False), ("q", False), ("j enter x B y", True)],
)
async def test_yes_or_no(keys: str, answer: bool) -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.screen.set_focus(None)
        asked = app.ask(app.prompt.confirm("block @growth_hub [/] everywhere?"))
        await pilot.pause()
        assert app.shown("question") == "block @growth_hub [/] everywhere? y/n"
        assert app.prompt.is_open
        await pilot.press(*keys.split())
        assert await asked is answer
        assert app.seen == []
        assert not app.prompt.is_open
        assert not app.prompt.display
        assert app.focused is None


async def test_a_line_of_words() -> None:
    app = Page()
    async with app.run_test() as pilot:
        app.query_one("#other").focus()
        asked = app.ask(app.prompt.line("search for", "async", hints=("words", "from:handle")))
        await pilot.pause()
        assert app.shown("question") == "search for: "
        assert app.shown("hints") == "words · from:handle"
        await pilot.press(*" pyj", "backspace", "q", "tab", "f5", "left", "right", "enter")
        assert await asked == "async pyq"
        assert app.focused is app.query_one("#other")
        asked = app.ask(app.prompt.line("search for"))
        await pilot.pause()
        await pilot.press("x", "escape")
        assert await asked is None
        assert app.seen == []


def number(text: str) -> str:
    if not text.isdigit():
        raise ValueError(f'"{text}" is no number. Try "3".')
    return f"that is {int(text)}"


async def test_what_is_understood_is_said_while_one_types() -> None:
    app = Page()
    async with app.run_test() as pilot:
        asked = app.ask(app.prompt.line("how many", hints=["3", "4"], check=number))
        await pilot.pause()
        assert app.shown("hints") == "3 · 4"
        await pilot.press("1", "2")
        assert app.shown("hints") == "that is 12"
        await pilot.press("x")
        assert app.shown("hints") == "3 · 4"
        await pilot.press("enter")
        assert app.shown("hints") == '"12x" is no number. Try "3".'
        assert app.prompt.is_open
        await pilot.press("backspace")
        assert app.shown("hints") == "that is 12"
        await pilot.press("enter")
        assert await asked == "12"
        asked = app.ask(app.prompt.line("which words", "12x"))
        await pilot.pause()
        await pilot.press("enter")
        assert await asked == "12x"


CHOICES = [Choice(f"choice {number}", "detail [/]") for number in range(20)]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [("enter", 0), ("j down enter", 2), ("j j k enter", 1), ("3", 2), ("9", 8), ("k enter", 0), ("end enter", 19),
     ("escape", None), ("q", None), ("0 x y j enter", 1)],
)  # fmt: skip
async def test_one_of_a_list(keys: str, answer: int | None) -> None:
    app = Page()
    async with app.run_test(size=(80, 24)) as pilot:
        asked = app.ask(app.prompt.choose("snooze until", CHOICES))
        await pilot.pause()
        await pilot.press(*keys.split())
        assert await asked == answer
        assert app.seen == []


async def test_a_long_list_scrolls_and_fits_a_small_screen() -> None:
    app = Page()
    async with app.run_test(size=(40, 12)) as pilot:
        asked = app.ask(app.prompt.choose("snooze until", CHOICES))
        await pilot.pause()
        assert app.shown("choices").splitlines()[0].split() == ["▌1", "choice", "0", "detail", "[/]"]
        rows = len(app.shown("choices").splitlines())
        await pilot.press(*["j"] * 10)
        assert "choice 10" in app.shown("choices").splitlines()[-1]
        assert len(app.shown("choices").splitlines()) == rows == 7
        await pilot.press("escape")
        assert await asked is None


async def test_an_empty_list_has_no_answer() -> None:
    app = Page()
    async with app.run_test():
        assert await app.prompt.choose("which", []) is None


async def test_a_second_question_waits() -> None:
    app = Page()
    async with app.run_test() as pilot:
        first = app.ask(app.prompt.confirm("first?"))
        second = app.ask(app.prompt.confirm("second?"))
        await pilot.pause()
        assert app.shown("question") == "first? y/n"
        await pilot.press("y")
        assert await first is True
        await pilot.pause()
        assert app.shown("question") == "second? y/n"
        await pilot.press("n")
        assert await second is False


async def test_removing_the_prompt_cancels_the_question() -> None:
    app = Page()
    async with app.run_test() as pilot:
        asked = app.ask(app.prompt.confirm("sure?"))
        await pilot.pause()
        await app.prompt.remove()
        with pytest.raises(asyncio.CancelledError):
            await asked


async def test_a_prompt_that_was_removed_asks_nothing() -> None:
    app = Page()
    async with app.run_test() as pilot:
        await app.prompt.remove()
        await pilot.pause()
        with pytest.raises(asyncio.CancelledError):
            await app.ask(app.prompt.confirm("sure?"))


async def test_a_cancelled_question_goes_away() -> None:
    app = Page()
    async with app.run_test() as pilot:
        asked = app.ask(app.prompt.confirm("sure?"))
        await pilot.pause()
        asked.cancel()
        await pilot.pause()
        assert not app.prompt.is_open
        assert not app.prompt.display


async def test_tab_completes_a_line_and_says_what_there_is() -> None:
    answers = {"ca": ("cat ", ("cat one", "cat two [/]")), "cat o": ("cat one", ())}

    async def complete(text: str) -> tuple[str, tuple[str, ...]]:
        return answers.get(text, (text, ()))

    app = Page()
    async with app.run_test() as pilot:
        asked = app.ask(app.prompt.line("File", complete=complete))
        await pilot.press("c", "a", "tab")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.shown("hints") == "cat one · cat two [/]"
        await pilot.press("o", "tab")
        await app.workers.wait_for_complete()
        await pilot.press("!", "enter")
        assert await asked == "cat one!"
        assert app.seen == []


async def test_all_of_a_paste_is_in_the_line_and_commands_nothing() -> None:
    app = Page()
    async with app.run_test() as pilot:
        asked = app.ask(app.prompt.line("Words"))
        await pilot.pause()
        app.screen.post_message(events.Paste("a cat\r\non a \x1b[31mchair\n"))
        await pilot.pause()
        await pilot.press("enter")
        assert await asked == "a cat on a  [31mchair"
