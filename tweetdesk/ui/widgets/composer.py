"""The composer: where a text is written; it names the account and what is answered, and loses nothing."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import regex
from rich.text import Text
from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.await_complete import AwaitComplete
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static, TextArea

from tweetdesk.domain.commands import COMMANDS, Command, face
from tweetdesk.domain.outbox import Act
from tweetdesk.domain.posts import Span
from tweetdesk.networks.base import Length
from tweetdesk.ui.editor import EditorTrouble, edit, editor_command
from tweetdesk.ui.keeping import SAVE_AFTER, Keeper
from tweetdesk.ui.text import cells, content, one_line, shortened

#: Lines of text: at least, at most, and at most on a screen of fewer than `SMALL_SCREEN` lines.
FEWEST_LINES, MOST_LINES, MOST_LINES_SMALL, SMALL_SCREEN = 3, 8, 3, 30
#: The length left turns amber from here on.
NEAR_THE_END = 20
#: Texts longer than this are measured when typing pauses (seconds), not at every key.
LONG_TEXT, MEASURE_AFTER = 4000, 0.15
#: Lines longer than this are shown without links and mentions told apart.
LONGEST_MARKED_LINE = 4000

#: What no network takes in a text and no terminal should get: controls but tab and newline, unpaired surrogates.
_UNTYPED = regex.compile(r"[\p{Cs}\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Turns the reading order around: shown in the text area as a mark of the same length.
_TURNS = regex.compile(r"[\u202a-\u202e\u2066-\u2069]")

EMPTY = "There is nothing to send yet."


def typed(text: str) -> str:
    """A pasted, edited or kept text as it may stand in the composer: plain newlines, no control characters."""
    plain: str = _UNTYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain


class Writing(TextArea):
    """The text area: every key ends here, so that no key of the desk acts while one writes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"writing--followed"}
    DEFAULT_CSS = """
    Writing {
        height: 3;
        border: none;
        padding: 0 1;
        background: $background;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
        & .text-area--cursor-line { background: $background; }
        & .writing--followed { color: $secondary; }
    }
    """

    def __init__(self, press: Callable[[str], bool]) -> None:
        """`press` carries out a key of the composer, and tells whether it was one."""
        super().__init__(soft_wrap=True, tab_behavior="focus", show_line_numbers=False)
        self.cursor_blink = False
        self.match_cursor_bracket = False
        self.find_spans: Callable[[str], tuple[Span, ...]] = lambda text: ()
        self._press = press

    def get_line(self, line_index: int) -> Text:
        """A line with what will be a link, a mention or a tag in its colour."""
        line = self.document.get_line(line_index)
        text = Text(_TURNS.sub("�", line), end="", no_wrap=True)
        if line and len(line) <= LONGEST_MARKED_LINE:
            style = self.get_component_rich_style("writing--followed", partial=True)
            for span in self.find_spans(line):
                text.stylize(style, span.start, span.end)
        return text

    async def on_key(self, event: events.Key) -> None:
        """Keys of the composer first, then what TextArea binds; what is left means nothing here."""
        if event.key == "ctrl+j":
            # A terminal without bracketed paste sends each pasted newline like this.
            self.replace("\n", *self.selection)
        elif self._press(event.key):
            pass
        elif event.is_printable or event.key == "enter":
            return
        elif (bound := self.screen.active_bindings.get(event.key)) and bound.node is self:
            await self.run_action(bound.binding.action)
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is text, whatever it holds."""
        event.stop()
        event.prevent_default()
        result = self.replace(typed(event.text), *self.selection)
        self.move_cursor(result.end_location)


class Composer(Widget):
    """Hidden until `open`; then three to eight lines to write in, over the whole width.

    The draft is saved shortly after each change, when the focus leaves, and when the composer closes, except
    after a successful send and after the draft was thrown away.
    """

    DEFAULT_CSS = """
    Composer {
        display: none;
        height: auto;
        border-top: solid $secondary 40%;
        background: $background;
        &.-open { display: block; }
        & > Horizontal { height: auto; }
        & #composer-heading { width: 1fr; height: auto; max-height: 2; padding: 0 1; color: $accent; }
        & #composer-length { width: auto; padding: 0 1; color: $text-muted; }
        & #composer-length.-near { color: $warning; }
        & #composer-length.-over { color: $error; text-style: bold; }
        & #composer-answered { height: 1; padding: 0 1; color: $text-muted; }
        & #composer-foot { height: auto; max-height: 2; padding: 0 1; color: $text-muted; text-align: right; }
        & #composer-foot.-trouble { color: $error; text-align: left; }
        & #composer-foot.-hint { color: $warning; text-align: left; }
    }
    """

    class Send(Message):
        """The user wants this act sent; the composer stays until `close` or `refuse`."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    class Closed(Message):
        """The composer was left without sending; the draft is kept (unless `text` is blank)."""

        def __init__(self, act: Act, text: str) -> None:
            super().__init__()
            self.act, self.text = act, text

    class Discard(Message):
        """The user wants the draft thrown away: ask, delete it, and `close`."""

        def __init__(self, act: Act) -> None:
            super().__init__()
            self.act = act

    def __init__(self, commands: Sequence[Command] = COMMANDS, *, save_after: float = SAVE_AFTER) -> None:
        """`commands` is the command table with the user's keys; `save_after` in seconds."""
        super().__init__()
        self._commands = [command for command in commands if command.place == "compose"]
        self._keys = {key: command.id for command in self._commands for key in command.keys}
        self._save_after = save_after
        self._act: Act | None = None
        self._keeper: Keeper | None = None
        self._measure: Callable[[str], Length] = lambda text: Length(0, 0)
        self._hold_seconds = 0.0
        self._sending = self._discarding = False
        self._trouble = self._hint = ""
        self._measuring: Timer | None = None
        self._focus_before: Widget | None = None
        self._heading = Static(id="composer-heading")
        self._length = Static(id="composer-length")
        self._answered = Static(id="composer-answered")
        self._writing = Writing(self._press)
        self._foot = Static(id="composer-foot")

    def compose(self) -> ComposeResult:
        """Heading and length, what is answered, the text, the keys."""
        with Horizontal():
            yield self._heading
            yield self._length
        yield self._answered
        yield self._writing
        yield self._foot

    # -- for the owner -------------------------------------------------------------------------------------------
    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return self._act is not None

    @property
    def act(self) -> Act | None:
        """The act being written, with the text as it is now; None when closed."""
        return replace(self._act, text=self._writing.text) if self._act else None

    def open(
        self,
        act: Act,
        *,
        heading: str,
        answered: str,
        text: str,
        measure: Callable[[str], Length],
        spans: Callable[[str], tuple[Span, ...]],
        save: Callable[[str], Awaitable[None]],
        hold_seconds: float,
    ) -> None:
        """Show the composer for an act and give it the focus. What was being written before is saved first.

        `text` is the draft as the store has it; `save` is called with the whole text ("" once all is erased) and
        may raise StoreTrouble, which is shown and tried again at the next change.
        """
        if self._keeper is not None and not self._sending:
            self._keeper.save_now()
        elif not self.is_open:
            self._focus_before = self.screen.focused
        self._act, self._measure, self._hold_seconds = act, measure, hold_seconds
        self._sending = self._discarding = False
        self._trouble = self._hint = ""
        self._keeper = Keeper(text, save, self._show_trouble, self._save_after)
        self._heading.update(content(heading, newlines=False))
        self._answered.update(content(one_line(answered)))
        self._answered.display = bool(answered)
        self._writing.find_spans = spans
        self._writing.read_only = False
        self._writing.load_text(typed(text))
        self._writing.move_cursor(self._writing.document.end)
        self.add_class("-open")
        self._show_length()
        self._fit()
        self._writing.focus()

    def close(self, keep: bool = True) -> AwaitComplete:
        """Hide the composer and give the focus back; may be awaited until the draft is saved.

        Nothing is saved after Send (the outbox has the text), after Discard, and with `keep=False`.
        """
        keeper, keep = self._keeper, keep and not (self._sending or self._discarding)
        self._act = self._keeper = None
        self._stop_measuring()
        self._writing.find_spans = lambda text: ()
        self._give_focus_back()
        self.remove_class("-open")
        self._writing.load_text("")
        ending: Coroutine[Any, Any, Any] | None = None
        if keeper is not None:
            ending = keeper.flush() if keep else keeper.stop()
        return AwaitComplete(*([ending] if ending else []))

    def refuse(self, sentence: str) -> None:
        """After Send: it could not be sent, for this reason; go on writing."""
        self._sending = False
        self._writing.read_only = False
        self._show_trouble(sentence)

    async def keep(self) -> bool:
        """Save the draft now, if there is one; whether the store has it."""
        return await self._keeper.flush() if self._keeper and not self._sending else True

    async def unsaved(self) -> bool:
        """Save the draft now; True if that failed, so that it would be lost by leaving."""
        return not await self.keep()

    # -- typing --------------------------------------------------------------------------------------------------
    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Keep the draft, tell the length, and take the lines that the text needs."""
        event.stop()
        if self._keeper is None:
            return
        text = self._writing.text
        self._keeper.changed(text)
        self._hint = ""
        if self._keeper.saved:
            self._trouble = ""
        self._fit()
        self._stop_measuring()
        if len(text) > LONG_TEXT:
            self._measuring = self.set_timer(MEASURE_AFTER, self._show_length)
        else:
            self._show_length()
        self._show_foot()

    def on_descendant_blur(self) -> None:
        """Whatever takes the focus away: the text is safe."""
        if self._keeper is not None and not (self._sending or self._discarding):
            self._keeper.save_now()

    async def on_unmount(self) -> None:
        """The screen goes away: the text is safe."""
        self._stop_measuring()
        if not self._discarding:
            await self.keep()

    def on_resize(self) -> None:
        """Fewer lines on a small screen; the keys that fit."""
        self._fit()
        self._show_foot()

    # -- keys ----------------------------------------------------------------------------------------------------
    def _press(self, key: str) -> bool:
        """Carry out a key of the composer; whether it was one. While a text is being sent, they do nothing."""
        self._discarding = False
        command = self._keys.get(key)
        if command is None or self._act is None:
            return False
        if self._sending:
            return True
        match command:
            case "send":
                self._send()
            case "keep_draft":
                act, text = self._act, self._writing.text
                self.close()
                self.post_message(self.Closed(replace(act, text=text), text))
            case "discard":
                self._discarding = True
                self.post_message(self.Discard(replace(self._act, text=self._writing.text)))
            case "editor":
                self.run_worker(self._edit(), group="editor", exclusive=True)
        return True

    def _send(self) -> None:
        text = self._writing.text
        if not text.strip():
            self._show_hint(EMPTY)
            return
        length = self._measure(text)
        if length.left < 0:
            self._show_length()
            self._show_hint(f"This is {-length.left} too long to be sent.")
            return
        assert self._act is not None
        self._sending = self._writing.read_only = True
        self._show_hint("Sending …" if not self._hold_seconds else "")
        self.run_worker(self._hand_over(replace(self._act, text=text)), group="send")

    async def _hand_over(self, act: Act) -> None:
        """No save may come after the outbox has deleted the draft: let the last one end first."""
        if self._keeper is not None:
            await self._keeper.flush()
        self.post_message(self.Send(act))

    async def _edit(self) -> None:
        """Write in the user's own editor, with the desk out of its way; engine and network go on meanwhile."""
        text = self._writing.text
        try:
            command = editor_command(os.environ)
            await self.keep()
            trouble: EditorTrouble | None = None
            with self.app.batch_update(), self.app.suspend():
                # suspend() does not resume after an error: none may leave it.
                try:
                    text = await edit(text, command)
                except EditorTrouble as error:
                    trouble = error
            if trouble is not None:
                raise trouble
        except SuspendNotSupported:
            self._show_hint("The editor cannot be opened in this terminal.")
        except EditorTrouble as error:
            self._show_hint(str(error))
        else:
            if typed(text) != self._writing.text:
                self._writing.replace(typed(text), (0, 0), self._writing.document.end)
                self._writing.move_cursor(self._writing.document.end)

    # -- showing -------------------------------------------------------------------------------------------------
    def _fit(self) -> None:
        most = MOST_LINES_SMALL if self.app.size.height < SMALL_SCREEN else MOST_LINES
        lines = max(FEWEST_LINES, min(most, self._writing.wrapped_document.height))
        if self._writing.styles.height is None or self._writing.styles.height.value != lines:
            self._writing.styles.height = lines

    def _show_length(self) -> None:
        length = self._measure(self._writing.text)
        over, near = length.left < 0, length.left <= NEAR_THE_END
        words = f"{-length.left:,} too long" if over else f"{length.left:,} left"
        self._length.update(Content(words if not length.why else f"{words} · {length.why}"))
        self._length.set_class(over, "-over")
        self._length.set_class(near and not over, "-near")

    def _show_trouble(self, sentence: str) -> None:
        self._trouble = sentence
        self._show_foot()

    def _show_hint(self, sentence: str) -> None:
        self._hint = sentence
        self._show_foot()

    def _show_foot(self) -> None:
        if not self.is_open:
            return
        self._foot.set_class(bool(self._trouble), "-trouble")
        self._foot.set_class(bool(self._hint) and not self._trouble, "-hint")
        words = self._trouble or self._hint
        self._foot.update(content(words) if words else Content(self._keys_in_words(self.size.width - 2)))

    def _keys_in_words(self, width: int) -> str:
        """The composer's keys, as many as fit: "Ctrl+s send (held 10 s) · Esc keep the draft · Ctrl+o editor"."""
        parts = [f"{face(command.keys[0])} {command.word}" for command in self._commands if command.word]
        held = list(parts)
        if self._act and self._act.kind.public and self._hold_seconds:
            for index, command in enumerate(one for one in self._commands if one.word):
                if command.id == "send":
                    held[index] += f" (held {self._hold_seconds:.0f} s)"
        choices = [held, parts, held[:2], parts[:2], parts[:1]]
        lines = [" · ".join(choice) for choice in choices]
        return next((line for line in lines if cells(line) <= width), shortened(lines[-1], width))

    def _stop_measuring(self) -> None:
        if self._measuring is not None:
            self._measuring.stop()
            self._measuring = None

    def _give_focus_back(self) -> None:
        before, self._focus_before = self._focus_before, None
        if self.screen.focused is self._writing:
            self.screen.set_focus(before if before is not None and before.is_attached else None)
