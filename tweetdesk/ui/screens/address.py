"""An address in full, for where there is no browser: to be selected by hand, or pasted from the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content

from tweetdesk.domain.commands import Command
from tweetdesk.ui.screens.card import CardScreen, Page
from tweetdesk.ui.text import clean, graphemes


class AddressScreen(CardScreen):
    """Shows one address, however long it is, and what to do with it."""

    def __init__(self, commands: Sequence[Command], heading: str, address: str, why: str = "") -> None:
        """`why` is a sentence about what the page is for; the address has been copied already."""
        super().__init__(commands, heading)
        self.address, self._why = address, why
        self._page = Page(self._make)

    def compose_body(self) -> ComposeResult:
        """The address."""
        yield self._page

    def foot(self) -> Sequence[tuple[str, str]]:
        """Copying it once more."""
        return (("yank_link", "copy again"),)

    def act(self, command: Command, key: str) -> None:
        """Copy it once more."""
        if command.id == "yank_link":
            self.app.copy_to_clipboard(self.address)
            self.tell("Copied, if your terminal takes what programs copy (OSC 52).")

    def _make(self, width: int) -> Content:
        shown = graphemes(clean(self.address, newlines=False))
        width = max(1, width)
        lines = [
            Content("".join(shown[at : at + width])).stylize("$secondary") for at in range(0, len(shown), width)
        ]
        there = "No browser can be opened here. The address is copied, where the terminal takes that (OSC 52):"
        parts = [Content(clean(self._why)), Content("")] if self._why else []
        return Content("\n").join([*parts, Content(there), Content(""), *lines])
