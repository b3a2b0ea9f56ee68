"""Handles and tags offered while one types: one quiet line, never in the way of a key that means something."""

from __future__ import annotations

from collections.abc import Sequence

import regex
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from tweetdesk.ui.text import cells, one_line
from tweetdesk.ui.widgets.paper import Offer, Offering
from tweetdesk.ui.widgets.writing import Writing

#: So long typing pauses before the network is asked (seconds).
ASK_AFTER = 0.3
#: The network is asked for words of at least so many letters.
SHORTEST = 2
#: So many are offered at most.
MOST = 6
#: What is offered may hold nothing else than this, whatever a server says.
_SAFE = regex.compile(r"[@#][\p{L}\p{M}\p{N}_.@-]{1,100}")
#: The word before the cursor, if it is the beginning of a handle or a tag.
_WORD = regex.compile(r"(?<![\p{L}\p{N}_/@#.])([@#])([\p{L}\p{M}\p{N}_.-]{1,60}(?:@[\w.-]{0,60})?)$")


def word_before(line: str) -> tuple[str, str]:
    """The sign and the word of the handle or tag that a line ends with; ("", "") for none."""
    found = _WORD.search(line[-140:])
    return (found[1], found[2]) if found else ("", "")


class Offers(Static):
    """Hidden while nothing is offered."""

    DEFAULT_CSS = "Offers { height: 1; padding: 0 1; color: $text-muted; display: none; }"

    def __init__(self, writing: Writing) -> None:
        super().__init__(id="composer-offers")
        self._writing = writing
        self.source: Offering | None = None
        self._word = ("", "")
        self._left = ("", "")  # the word at which Esc was pressed
        self._offers: tuple[Offer, ...] = ()
        self._taken = -1
        self._start = (0, 0)
        self._put = ""
        self._asking: Worker[None] | None = None

    @property
    def offering(self) -> bool:
        """Whether something can be taken."""
        return bool(self._offers)

    def look(self) -> None:
        """The text or the cursor is another: offer what fits the word before the cursor."""
        if self._put and self._writing.cursor_location == self._end and self._still_there:
            return
        row, column = self._writing.cursor_location
        selected = self._writing.selection.start != self._writing.selection.end
        line = self._writing.document.get_line(row)
        word = ("", "") if selected or self.source is None else word_before(line[:column])
        if word == self._word and not self._put:
            return
        self._word, self._put, self._taken = word, "", -1
        self._start = (row, column - len(word[1]) - 1)
        if not word[0] or not word[1].startswith(self._left[1] or "\0"):
            self._left = ("", "")
        # What was offered stays while it fits, so that the line does not flicker.
        fitting = [offer for offer in self._offers if offer.text[1:].casefold().startswith(word[1].casefold())]
        self._show(fitting if word[0] else ())
        if word[0] and not self._left[0]:
            self._asking = self.run_worker(self._ask(word), group="offers", exclusive=True)

    def take(self) -> bool:
        """Put the first into the text; again: the next one in its place. Whether something was offered."""
        if not self._offers:
            return False
        self._taken = (self._taken + 1) % len(self._offers)
        end = self._end if self._put else self._writing.cursor_location
        row, column = end
        follows = self._writing.document.get_line(row)[column : column + 1]
        self._put = self._offers[self._taken].text + ("" if follows.isspace() else " ")
        self._writing.replace(self._put, self._start, end)
        self._writing.move_cursor(self._end)
        self._show(self._offers)
        return True

    def hide(self) -> bool:
        """Offer nothing more for this word; whether something was offered."""
        offered, self._left = bool(self._offers), self._word
        self._show(())
        self._put = ""
        return offered

    @property
    def _end(self) -> tuple[int, int]:
        row, column = self._start
        return row, column + len(self._put)

    @property
    def _still_there(self) -> bool:
        row, column = self._start
        return self._writing.document.get_line(row)[column : column + len(self._put)] == self._put

    async def _ask(self, word: tuple[str, str]) -> None:
        source = self.source
        if source is None:
            return
        near = await source.near(*word)
        if word != self._word or self._put:
            return
        self._show(near)
        if len(word[1]) >= SHORTEST:
            self.set_timer(ASK_AFTER, lambda: self._ask_network(word, near))

    def _ask_network(self, word: tuple[str, str], near: Sequence[Offer]) -> None:
        source = self.source
        if word != self._word or self._put or source is None:
            return

        async def ask() -> None:
            far = await source.far(*word)
            if word == self._word and not self._put and not self._left[0]:
                self._show([*near, *far])

        self.run_worker(ask(), group="offers", exclusive=True)

    def _show(self, offers: Sequence[Offer]) -> None:
        safe = {offer.text.casefold(): offer for offer in reversed(offers) if _SAFE.fullmatch(offer.text)}
        self._offers = tuple(reversed(safe.values()))[:MOST]
        self.display = bool(self._offers)
        parts: list[str | tuple[str, str]] = ["Tab "]
        room = self.app.size.width - 6
        for index, offer in enumerate(self._offers):
            words = f"{offer.text} {one_line(offer.called)}".rstrip()[:60]
            room -= cells(words) + 3
            if room < 0 and index:
                break
            parts += [" · "] if index else []
            parts.append((words, "bold $accent") if index == max(0, self._taken) else words)
        self.update(Content.assemble(*parts))
