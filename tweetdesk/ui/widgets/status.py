"""The status line: the layout, what waits, the outbox; at the right the keys that fit the item under the hand."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.events import Severity
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import OutboxState
from tweetdesk.domain.posts import PostKind
from tweetdesk.engine.session import Session
from tweetdesk.ui.keys import Chord
from tweetdesk.ui.text import cells, clean, shortened

#: How long a sentence stays in the line, in seconds, at least; long ones stay longer, and errors three times so.
SENTENCE_SECONDS = 6.0
#: Stands at the left while nothing may leave this machine.
READ_ONLY = " READ ONLY "


class StatusLine(Widget):
    """One line at the very bottom. A sentence covers it for a while; a chord's keys cover both."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--quiet",
        "status--information",
        "status--warning",
        "status--error",
    }

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._left = ""
        self._outbox = "outbox empty"
        self._sentence: tuple[str, Severity] | None = None
        self._chord: Chord | None = None
        self._item: Item | None = None
        self._acting = ("", "")
        self._writing = False
        self._forget = 0

    def tell(self, text: str, severity: Severity = Severity.INFORMATION) -> None:
        """Show a sentence for a while."""
        self._sentence = (clean(text, newlines=False), severity)
        self._forget += 1
        turn = self._forget
        seconds = SENTENCE_SECONDS + len(text) / 30
        self.set_timer(seconds * (3 if severity is Severity.ERROR else 1), lambda: self._end_sentence(turn))
        self.refresh()

    def _end_sentence(self, turn: int) -> None:
        if turn == self._forget:
            self._sentence = None
            self.refresh()

    def show_chord(self, chord: Chord | None) -> None:
        """Show what may follow a chord's first key."""
        if chord != self._chord:
            self._chord = chord
            self.refresh()

    def show_layout(self, words: str) -> None:
        """The left end: the layout's name and what waits."""
        if words != self._left:
            self._left = words
            self.refresh()

    def show_item(self, item: Item | None) -> None:
        """The item under the hand: its keys are at the right."""
        if (item is None) != (self._item is None) or (item and self._item and item.id != self._item.id):
            self._item = item
            self.refresh()

    def show_acting(self, item_id: str, words: str) -> None:
        """As whom one acts, for as long as this item is under the hand; "" ends it."""
        self._acting = (item_id, clean(words, newlines=False))
        self.refresh()

    def show_writing(self, on: bool) -> None:
        """While one writes, the keys of the desk mean nothing: the composer tells its own."""
        self._writing = on
        self.refresh()

    async def refresh_counts(self) -> None:
        """Read how many acts are on their way."""
        rows = await self.session.store.outbox.unfinished()
        later = [row for row in rows if row.later and row.state is OutboxState.HELD]
        rows = [row for row in rows if row not in later]
        words = [f"sending picture {percent} %" for percent in self.session.engine.uploading.values()]
        for state, label in (
            (OutboxState.HELD, "held"),
            (OutboxState.QUEUED, "queued"),
            (OutboxState.SENDING, "sending"),
            (OutboxState.UNSURE, "unsure (g o)"),
            (OutboxState.HANDED_OFF, "to be done elsewhere (H)"),
        ):
            if count := sum(row.state is state for row in rows):
                words.append(f"{count} {label}")
        if later:
            words.append(f"{len(later)} for later")
        outbox = "outbox: " + " · ".join(words) if words else "outbox empty"
        if paused := len(self.session.engine.paused):
            outbox += f" · {paused} account{'s' if paused > 1 else ''} paused (g a)"
        if outbox != self._outbox:
            self._outbox = outbox
            self.refresh()

    # -- drawing ------------------------------------------------------------------------------------------------
    def render_line(self, y: int) -> Strip:
        """The one line."""
        locked = bool(self.session.engine.acts.locked) or self.session.store.read_only
        sign = READ_ONLY if locked and self.size.width > 3 * len(READ_ONLY) else ""
        strip = self._line(self.size.width - len(sign))
        return Strip([Segment(sign, self._warning_style + Style(reverse=True)), *strip]) if sign else strip

    def _line(self, width: int) -> Strip:
        base = self.rich_style
        quiet = self.get_component_rich_style("status--quiet")
        if self._chord is not None:
            keys = "  ".join(f"{face(key)} {command.title.lower()}" for key, command in self._chord.following)
            text = f" {face(self._chord.first)} …  {keys}"
            return self._strip([Segment(shortened(text, width), base)], width)
        if self._sentence is not None:
            text, severity = self._sentence
            style = self.get_component_rich_style(f"status--{severity}")
            return self._strip([Segment(shortened(f" {text}", width), style)], width)
        left = f" {self._left} · {self._outbox}" if self._left else f" {self._outbox}"
        item_id, acting = self._acting
        if acting and self._item is not None and self._item.id == item_id:
            return self._strip([Segment(shortened(f" {acting} · {left[1:]}", width), self._warning_style)], width)
        right = self._key_words(width - cells(left) - 3) if width >= 60 and not self._writing else ""
        left = shortened(left, width - cells(right) - 1)
        gap = " " * max(0, width - cells(left) - cells(right) - 1)
        return self._strip([Segment(left + gap, base), Segment(right + " ", quiet)], width)

    @property
    def _warning_style(self) -> Style:
        return self.get_component_rich_style(f"status--{Severity.WARNING}")

    def _strip(self, segments: list[Segment], width: int) -> Strip:
        return Strip(segments).adjust_cell_length(width, self.rich_style)

    def _key_words(self, room: int) -> str:
        """As many of the keys that fit the item as there is room for; help is always among them."""
        words = [
            f"{face(command.keys[0])} {self._word(command)}"
            for command in self.session.commands
            if command.place == "desk" and command.word and self._fits(command)
        ]
        for count in range(5, 0, -1):
            if cells(text := "  ".join([*words[:count], "? keys"])) <= room:
                return text
        return "? keys"

    def _fits(self, command: Command) -> bool:
        if self._item is None:
            return not command.needs
        return command.needs != "post" or self._item.post.kind is PostKind.POST

    def _word(self, command: Command) -> str:
        if self._item is None:
            return command.word
        if command.id == "person":
            return clean(self._item.post.author.called, newlines=False)[:16]
        network = self.session.engine.networks.get(self._item.account)
        if command.id == "repost" and network:
            return network.vocabulary.repost
        return command.word
