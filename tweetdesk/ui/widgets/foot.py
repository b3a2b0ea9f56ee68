"""The last line of the composer: trouble, else a hint, else the keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from tweetdesk.domain.commands import Command
from tweetdesk.ui.text import content
from tweetdesk.ui.widgets.paper import Paper, key_words


class Foot(Static):
    """`trouble` is of the store or the network, and stays until it is over; `hint` until the next key."""

    DEFAULT_CSS = """
    Foot {
        height: auto; max-height: 2; padding: 0 1; color: $text-muted; text-align: right;
        &.-trouble { color: $error; text-align: left; }
        &.-hint { color: $warning; text-align: left; }
    }
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        """The composer's commands."""
        super().__init__(id="composer-foot")
        self._commands = commands
        self.trouble = self.hint = ""

    def show(self, paper: Paper, keys: str = "") -> None:
        """Bring it up to date; `keys` are those of something within the composer that has them now."""
        self.set_class(bool(self.trouble), "-trouble")
        self.set_class(bool(self.hint) and not self.trouble, "-hint")
        words = self.trouble or self.hint
        room = self.app.size.width - 2
        self.update(content(words) if words else Content(keys or key_words(paper, self._commands, room)))
