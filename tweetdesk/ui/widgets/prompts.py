"""The one line at the bottom that asks: yes or no, a few words, or one of a short list."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from tweetdesk.ui.text import content, one_line
from tweetdesk.ui.widgets.choice import Choice
from tweetdesk.ui.widgets.listing import Entry, Listing

#: The most choices shown at once; the list scrolls beyond.
MOST_CHOICES = 8
#: What cannot stand in a line: controls, newlines among them, and unpaired surrogates.
_UNTYPED = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
#: Lines of the screen that a list leaves to what is above and below it.
LEFT_FREE = 5


class PromptInput(Input):
    """The input of the line: every key ends here."""

    DEFAULT_CSS = """
    PromptInput {
        width: 1fr;
        height: 1;
        border: none;
        padding: 0;
        background: $background;
        &:focus { border: none; background-tint: $foreground 0%; }
    }
    """

    def __init__(self, press: Callable[[str], bool]) -> None:
        """`press` carries out a key of the prompt, and tells whether it was one."""
        super().__init__(compact=True, select_on_focus=False)
        self.cursor_blink = False
        self._press = press

    async def on_key(self, event: events.Key) -> None:
        """Keys of the prompt, then what Input binds; what is left means nothing here."""
        if self._press(event.key):
            pass
        elif event.is_printable:
            return
        elif (bound := self.screen.active_bindings.get(event.key)) and bound.node is self:
            await self.run_action(bound.binding.action)
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is text, all of it, on one line."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(_UNTYPED.sub(" ", event.text.strip("\r\n")))


class Prompt(Widget):
    """Asks one thing at a time; a second question waits for the first answer.

    Await it in a worker, never in a message handler: a handler that waits keeps its screen from being painted.
    When the prompt is removed while it asks, the wait is cancelled.
    """

    can_focus = True
    DEFAULT_CSS = """
    Prompt {
        display: none;
        height: auto;
        background: $background;
        &.-open { display: block; }
        & #prompt-choices { display: none; }
        & #prompt-choices.-open { display: block; }
        & Horizontal { height: auto; padding: 0 1; }
        & #prompt-question { width: auto; height: auto; max-height: 4; color: $warning; }
        & #prompt-question.-whole { width: 1fr; }
        & #prompt-hints { height: auto; max-height: 3; padding: 0 1; color: $text-muted; display: none; }
        & #prompt-hints.-open { display: block; }
        & #prompt-hints.-understood { color: $success; }
        & #prompt-hints.-wrong { color: $error; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = asyncio.Lock()
        self._answer: asyncio.Future[Any] | None = None
        self._keys: Callable[[str], bool] = lambda key: True
        self._check: Callable[[str], str] | None = None
        self._hinted: Sequence[str] = ()
        self._choices: Sequence[Choice] = ()
        self._list = Listing(MOST_CHOICES, id="prompt-choices")
        self._question = Static(id="prompt-question")
        self._input = PromptInput(self._press)
        self._hints = Static(id="prompt-hints")

    def compose(self) -> ComposeResult:
        """The list, the question with its input, the hints."""
        yield self._list
        yield self._hints
        with Horizontal():
            yield self._question
            yield self._input

    @property
    def is_open(self) -> bool:
        """Whether something is being asked."""
        return self._answer is not None

    # -- questions -----------------------------------------------------------------------------------------------
    async def confirm(self, question: str) -> bool:
        """A question with yes or no: y is yes; n, q and Esc are no; other keys do nothing."""

        def press(key: str) -> bool:
            if key in ("y", "Y"):
                self._settle(True)
            elif key in ("n", "N", "q", "escape"):
                self._settle(False)
            return True

        return bool(await self._ask(f"{one_line(question)} y/n", press, self))

    async def line(
        self,
        question: str,
        value: str = "",
        hints: Sequence[str] = (),
        check: Callable[[str], str] | None = None,
        complete: Callable[[str], Awaitable[tuple[str, Sequence[str]]]] | None = None,
    ) -> str | None:
        """A few words, stripped; None after Esc. `hints` are shown above, each a short piece.

        `check` says what is understood, which is shown while one types, or raises ValueError with a sentence: then
        Enter shows that, and what was typed stays. `complete` gives what Tab makes of the words, and hints.
        """

        def press(key: str) -> bool:
            if key == "enter":
                self._enter()
            elif key == "escape":
                self._settle(None)
            elif key == "tab" and complete is not None:
                self.run_worker(self._complete(complete), group="complete", exclusive=True)
            return key in ("enter", "escape", "tab")

        async with self._lock:
            with self._input.prevent(Input.Changed):
                self._input.value = one_line(value)
            self._input.cursor_position = len(self._input.value)
            self._check = check
            answer: str | None = await self._asked(one_line(question), press, self._input, hints=hints)
            self._check = None
            return answer

    async def _complete(self, complete: Callable[[str], Awaitable[tuple[str, Sequence[str]]]]) -> None:
        before = self._input.value
        value, hints = await complete(before)
        if self._answer is not None and self._input.value == before:
            self._input.value = value
            self._input.cursor_position = len(value)
            self._show_hints(hints)

    def _enter(self) -> None:
        try:
            if self._check is not None:
                self._check(self._input.value.strip())
        except ValueError as error:
            self._show_hints([str(error)], "wrong")
        else:
            self._settle(self._input.value.strip())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is understood of it so far."""
        event.stop()
        if self._check is None or self._answer is None:
            return
        try:
            self._show_hints([self._check(self._input.value.strip())], "understood")
        except ValueError:
            self._show_hints(self._hinted)

    async def choose(self, question: str, choices: Sequence[Choice], selected: int = 0) -> int | None:
        """The index of one of a list; None after Esc or for an empty list.

        j, k and the arrows move, 1 to 9 take one at once, Enter takes the selected one.
        """
        if not choices:
            return None
        async with self._lock:
            self._choices = choices
            self._show_choices(selected)
            answer: int | None = await self._asked(one_line(question), self._press_choice, self)
            self._choices = ()
            return answer

    async def _ask(self, question: str, press: Callable[[str], bool], focus: Widget) -> Any:
        async with self._lock:
            return await self._asked(question, press, focus)

    async def _asked(
        self, question: str, press: Callable[[str], bool], focus: Widget, hints: Sequence[str] = ()
    ) -> Any:
        if not self.is_attached:
            raise asyncio.CancelledError  # its screen has closed: nobody is there to answer
        self._answer = asyncio.get_running_loop().create_future()
        self._keys = press
        before = self.screen.focused
        self._show(question, hints, typing=focus is self._input)
        self.add_class("-open")
        focus.focus()
        try:
            return await self._answer
        finally:
            self._answer = None
            if self.is_attached:
                if self.screen.focused in (self, self._input):
                    self.screen.set_focus(before if before is not None and before.is_attached else None)
                self.remove_class("-open")

    def on_unmount(self) -> None:
        """Nobody is there to answer any more."""
        if self._answer is not None:
            self._answer.cancel()

    def _settle(self, answer: Any) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    # -- keys ----------------------------------------------------------------------------------------------------
    def on_key(self, event: events.Key) -> None:
        """While something is asked, every key is an answer or nothing."""
        event.stop()
        event.prevent_default()
        self._press(event.key)

    def on_paste(self, event: events.Paste) -> None:
        """A paste answers no question."""
        event.stop()

    def _press(self, key: str) -> bool:
        return self._keys(key) if self._answer is not None else True

    def _press_choice(self, key: str) -> bool:
        last = len(self._choices) - 1
        steps = {"j": 1, "down": 1, "k": -1, "up": -1, "home": -last, "end": last, "g": -last, "G": last}
        if key in steps:
            self._list.move(steps[key])
        elif key == "enter":
            self._settle(self._list.selected)
        elif key in ("escape", "q"):
            self._settle(None)
        elif key.isascii() and key.isdigit() and 0 < int(key) <= len(self._choices):
            self._settle(int(key) - 1)
        return True

    # -- showing -------------------------------------------------------------------------------------------------
    def _show(self, question: str, hints: Sequence[str], typing: bool) -> None:
        self._question.update(content(f"{question}: " if typing else question))
        self._question.set_class(not typing, "-whole")
        self._input.display = typing
        self._list.set_class(bool(self._choices), "-open")
        self._hinted = hints
        self._show_hints(hints)

    def _show_hints(self, hints: Sequence[str], tone: str = "") -> None:
        """What stands above the question; `tone` is "understood", "wrong" or ""."""
        self._hints.set_class(bool(hints), "-open")
        for name in ("understood", "wrong"):
            self._hints.set_class(name == tone, f"-{name}")
        self._hints.update(content(" · ".join(one_line(hint) for hint in hints)))

    def on_resize(self) -> None:
        """The list leaves room for what is above it."""
        if self._choices:
            self._show_choices(self._list.selected)

    def _show_choices(self, selected: int) -> None:
        most = max(1, min(MOST_CHOICES, self.app.size.height - LEFT_FREE))
        entries = [
            Entry(f"{index + 1 if index < 9 else '·'} {choice.label}", choice.detail)
            for index, choice in enumerate(self._choices)
        ]
        self._list.show(entries, selected, most=most)
