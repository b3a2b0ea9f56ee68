"""The composer as it is seen: its lines from the heading to the keys, and when each is shown."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.timer import Timer
from textual.widget import Widget

from tweetdesk.domain.commands import Command, face
from tweetdesk.domain.outbox import Act
from tweetdesk.ui.widgets.audience import Audience
from tweetdesk.ui.widgets.foot import Foot
from tweetdesk.ui.widgets.letterhead import SMALL_SCREEN, Letterhead
from tweetdesk.ui.widgets.offers import Offers
from tweetdesk.ui.widgets.sheet import Sheet
from tweetdesk.ui.widgets.writing import Writing

#: Lines of text: at least, at most, and at most on a screen of fewer than `SMALL_SCREEN` lines.
FEWEST_LINES, MOST_LINES, MOST_LINES_SMALL = 3, 8, 3
#: Texts longer than this are measured when typing pauses (seconds), not at every key.
LONG_TEXT, MEASURE_AFTER = 4000, 0.15


class WritingDesk(Widget):
    """Shows a sheet; what keys do to it is the Composer's."""

    DEFAULT_CSS = """
    WritingDesk {
        display: none;
        height: auto;
        border-top: solid $secondary 40%;
        background: $background;
        &.-open { display: block; }
    }
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        """The composer's commands, with the user's keys."""
        super().__init__()
        self._keys = {key: command.id for command in commands for key in command.keys}
        self._first_keys = {command.id: next(iter(command.keys), "") for command in commands}
        self._sheet: Sheet | None = None
        self._cautions: tuple[str, ...] = ()
        self._measuring: Timer | None = None
        self._head = Letterhead(self._first_keys.get("visibility", ""), self._first_keys.get("attach", ""))
        self._audience = Audience(self._press, self._chosen, self._back_to_text)
        self._writing = Writing(self._press)
        self._offers = Offers(self._writing)
        self._foot = Foot(commands)

    def compose(self) -> ComposeResult:
        """What stands above the text, who may see it, the text, what is offered, the keys."""
        yield self._head
        yield self._audience
        yield self._writing
        yield self._offers
        yield self._foot

    @property
    def is_open(self) -> bool:
        """Whether something is being written."""
        return self._sheet is not None

    @property
    def act(self) -> Act | None:
        """The act being written, with everything as it is now; None when closed."""
        if self._sheet is None:
            return None
        self._sheet.write(self._writing.text)
        return self._sheet.act(self._audience.visibility, self._audience.warning)

    def _press(self, key: str) -> bool:
        """Carry out a key; whether it was one of the composer."""
        raise NotImplementedError

    def _chosen(self) -> None:
        """Another visibility, picture or language, or a letter of the warning."""
        raise NotImplementedError

    def tell(self, sentence: str) -> None:
        """A sentence about what is being written, until the next key."""
        self._foot.hint = sentence
        self._show_foot()

    def _back_to_text(self) -> None:
        self._audience.close()
        self._fit()
        self._show_setting()
        self._show_foot()
        self._writing.focus()

    # -- showing -------------------------------------------------------------------------------------------------
    def on_resize(self) -> None:
        """Fewer lines on a small screen; the keys that fit."""
        self._show_all()

    def _show_all(self) -> None:
        self._fit()
        self._show_setting()
        self._show_length()
        self._show_foot()

    def _fit(self) -> None:
        most = MOST_LINES_SMALL if self.app.size.height < SMALL_SCREEN else MOST_LINES
        lines = max(FEWEST_LINES, min(most, self._writing.wrapped_document.height))
        if self._audience.is_open and most == MOST_LINES_SMALL:
            lines = 1  # what is being chosen needs the room
        self._writing.take_lines(lines)

    def _show_length(self) -> None:
        act, sheet = self.act, self._sheet
        if act is None or sheet is None:
            return
        self._head.show_length(sheet, act.warning)
        if sheet.paper.threads and not self._foot.hint and sheet.length(act.warning).left < 0:
            key = face(self._first_keys.get("next_part", ""))
            self.tell(f"Too long for one post: {key} splits it into a thread.")

    def _show_setting(self) -> None:
        """Who may see it, the content warning, the pictures, what to mind; nothing where there is none."""
        act, sheet = self.act, self._sheet
        if act is not None and sheet is not None:
            choosing = self._audience.is_open
            self._head.show_setting(sheet, act.visibility, act.warning, self._cautions, choosing)

    def _show_trouble(self, sentence: str) -> None:
        self._foot.trouble = sentence
        self._show_foot()

    def _show_foot(self) -> None:
        if self._sheet is not None:
            self._foot.show(self._sheet.paper, self._audience.keys if self._audience.is_open else "")

    def _show_length_soon(self) -> None:
        """At once, or when typing pauses where it takes longer."""
        self._stop_measuring()
        if len(self._writing.text) > LONG_TEXT:
            self._measuring = self.set_timer(MEASURE_AFTER, self._show_length)
        else:
            self._show_length()

    def _stop_measuring(self) -> None:
        if self._measuring is not None:
            self._measuring.stop()
            self._measuring = None
