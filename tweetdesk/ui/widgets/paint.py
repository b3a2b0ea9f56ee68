"""Turns laid-out lines into strips of coloured cells, by the variables of the theme."""

from __future__ import annotations

from collections.abc import Mapping

from rich.color import Color, ColorParseError
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tweetdesk.ui.lines import Line, Role
from tweetdesk.ui.wrap import line_cells

#: The colour of each role, as the name of a theme variable (`$desk-...`).
COLOURS: dict[Role, str] = {
    Role.TEXT: "text",
    Role.NAME: "text",
    Role.NAME_SEEN: "text",
    Role.HANDLE: "quiet",
    Role.AGE: "quiet",
    Role.LINK: "second",
    Role.MENTION: "second",
    Role.TAG: "second",
    Role.QUIET: "quiet",
    Role.RULE: "line",
    Role.WARNING: "amber",
    Role.PENDING: "amber",
    Role.REFUSED: "red",
    Role.DONE: "green",
    Role.ACCENT: "accent",
}
_BOLD = frozenset({Role.NAME, Role.ACCENT})
#: What keeps its colour on an item that is about to leave.
_LOUD = frozenset({Role.DONE})
#: What stands in for each colour in a theme that has no variables of ours.
_GENERAL = {
    "ground": ("background", "#101418"),
    "raised": ("panel", "#1c2229"),
    "text": ("foreground", "#e6e6e6"),
    "quiet": ("text-muted", "#9aa4af"),
    "accent": ("accent", "#7cc4ff"),
    "second": ("secondary", "#8fd0c0"),
    "amber": ("warning", "#f0b860"),
    "red": ("error", "#ff8f87"),
    "green": ("success", "#8fd58f"),
    "line": ("panel-lighten-1", "#3a434d"),
}


class Paint:
    """The styles of one theme: `style(role)` on plain or raised ground, and whole strips from lines."""

    def __init__(self, variables: Mapping[str, str], *, colourless: bool = False) -> None:
        self._colours = {name: _colour(name, variables) for name in _GENERAL}
        self._colourless = colourless
        self._styles = {
            (role, raised, faded): self._make(role, raised, faded)
            for role in Role
            for raised in (False, True)
            for faded in (False, True)
        }
        self.ground = Style(bgcolor=self._colours["ground"])
        self.raised = Style(bgcolor=self._colours["raised"])

    def style(self, role: Role, *, raised: bool = False, faded: bool = False) -> Style:
        """How text of a role looks."""
        return self._styles[role, raised, faded]

    def _make(self, role: Role, raised: bool, faded: bool) -> Style:
        name = "quiet" if faded and role not in _LOUD else COLOURS[role]
        return Style(
            color=self._colours[name],
            bgcolor=self._colours["raised" if raised else "ground"],
            bold=role in _BOLD and not faded,
            dim=True if self._colourless and name in ("quiet", "line") else None,
        )

    def segments(self, line: Line, width: int, *, raised: bool = False, faded: bool = False) -> list[Segment]:
        """A line as segments of exactly `width` cells, filled up with ground; the line must not be wider."""
        segments = [Segment(text, self._styles[role, raised, faded]) for text, role in line if text]
        rest = width - line_cells(line)
        if rest > 0:
            segments.append(Segment(" " * rest, self.raised if raised else self.ground))
        return segments

    def blank(self, width: int) -> Strip:
        """A row of ground."""
        return Strip.blank(max(0, width), self.ground)


def _colour(name: str, variables: Mapping[str, str]) -> Color:
    general, otherwise = _GENERAL[name]
    for value in (variables.get(f"desk-{name}"), variables.get(general)):
        if value:
            try:
                return Color.parse(value.split()[0])
            except ColorParseError:
                continue
    return Color.parse(otherwise)
