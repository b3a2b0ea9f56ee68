"""The text area of the composer: every key ends here, and a paste is text, whatever it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar

import regex
from rich.text import Text
from textual import events
from textual.widgets import TextArea

from tweetdesk.domain.posts import Span
from tweetdesk.ui.keys import handed_on

#: Lines longer than this are shown without links and mentions told apart.
LONGEST_MARKED_LINE = 4000

#: What no network takes in a text and no terminal should get: controls but tab and newline, unpaired surrogates.
_UNTYPED = regex.compile(r"[\p{Cs}\x00-\x08\x0b-\x1f\x7f-\x9f]")
#: Turns the reading order around: shown in the text area as a mark of the same length.
_TURNS = regex.compile(r"[\u202a-\u202e\u2066-\u2069]")


def typed(text: str) -> str:
    """A pasted, edited or kept text as it may stand in the composer: plain newlines, no control characters."""
    plain: str = _UNTYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return plain


_NO_TABS = Text("")


class _LongLine(Text):
    """A long line: only its pieces that are painted are made, for TextArea divides a line at every painting."""

    def divide(self, offsets: Iterable[int]) -> _Sections:  # type: ignore[override]
        """The pieces between these places."""
        return _Sections(self, [0, *offsets, len(self)])


class _Sections:
    """Pieces of a line, each made when it is asked for.

    The first that is asked for is painted; of those before it only the tabs are counted.
    """

    def __init__(self, line: Text, places: list[int]) -> None:
        self._line, self._places = line, places
        self._painted = False
        self._tabs = "\t" in line.plain

    def __getitem__(self, index: int) -> Text:
        if self._painted and not self._tabs:
            return _NO_TABS
        self._painted = True
        start, end = self._places[index], self._places[index + 1]
        piece = Text(self._line.plain[start:end], style=self._line.style, end="", no_wrap=True)
        for span in self._line.spans:
            if span.start < end and span.end > start:
                piece.stylize(span.style, max(0, span.start - start), span.end - start)
        return piece


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
        #: Keys pressed while the text was on its way out: they are for the desk that comes back.
        self.typed_after: list[events.Key] = []
        self._press = press

    def take_lines(self, lines: int) -> None:
        """Be so high; nothing is laid out again where it is."""
        if self.styles.height is None or self.styles.height.value != lines:
            self.styles.height = lines

    def get_line(self, line_index: int) -> Text:
        """A line with what will be a link, a mention or a tag in its colour."""
        line = self.document.get_line(line_index)
        shown = line if line.isascii() else _TURNS.sub("�", line)
        text = (Text if len(line) <= LONGEST_MARKED_LINE else _LongLine)(shown, end="", no_wrap=True)
        if line and len(line) <= LONGEST_MARKED_LINE:
            style = self.get_component_rich_style("writing--followed", partial=True)
            for span in self.find_spans(line):
                text.stylize(style, span.start, span.end)
        return text

    async def on_key(self, event: events.Key) -> None:
        """Keys of the composer first, then what TextArea binds; what is left means nothing here."""
        if self.read_only:
            self.typed_after.append(event)
        elif event.key == "ctrl+j":
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

    def hand_on(self) -> None:
        """The desk is back: it gets the keys that were pressed for it, in order."""
        typed, self.typed_after = self.typed_after, []
        for event in typed:
            self.app.post_message(handed_on(event))

    def on_paste(self, event: events.Paste) -> None:
        """A paste is text, whatever it holds."""
        event.stop()
        event.prevent_default()
        result = self.replace(typed(event.text), *self.selection)
        self.move_cursor(result.end_location)
