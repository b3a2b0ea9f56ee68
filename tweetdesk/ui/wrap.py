"""Wraps text with roles into lines of at most so many cells, never within a grapheme."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum, auto

from tweetdesk.ui.text import cells, graphemes, shortened


class Role(IntEnum):
    """What a piece of a line is; the theme decides how it looks."""

    TEXT = 0
    NAME = auto()
    NAME_SEEN = auto()
    HANDLE = auto()
    AGE = auto()
    LINK = auto()
    MENTION = auto()
    TAG = auto()
    QUIET = auto()
    RULE = auto()
    WARNING = auto()
    PENDING = auto()
    REFUSED = auto()
    DONE = auto()
    ACCENT = auto()


#: A piece of a line: cleaned text without a newline, and its role.
Piece = tuple[str, Role]
#: One line of a layout, from left to right.
Line = tuple[Piece, ...]

_TOKEN = re.compile(r"[ \u2000-\u2006\u2008-\u200a\u200b\u3000]+|[^ \u2000-\u2006\u2008-\u200a\u200b\u3000]+")

#: What does not begin a line in a script without spaces.
_CLOSING = frozenset("。、，．！？：；」』）］｝〉》】…ー")


def line_cells(line: Line) -> int:
    """The width of a line in cells."""
    return sum(cells(text) for text, _ in line)


def within(line: Line, width: int) -> Line:
    """A line cut to a width; used where pieces were put side by side."""
    if line_cells(line) <= width:
        return line
    kept: list[Piece] = []
    room = width
    for text, role in line:
        size = cells(text)
        if size > room:
            if room > 0:
                kept.append((shortened(text, room), role))
            break
        kept.append((text, role))
        room -= size
    return tuple(kept)


def wrap(pieces: Iterable[Piece], width: int) -> list[Line]:
    """The pieces, whose texts may hold newlines, as lines no wider than `width` cells.

    Lines break at spaces, which are dropped there; a word longer than a line breaks between graphemes, and so does
    a script that writes its words without spaces. A width below 1 is taken as 1; a grapheme wider than the line
    becomes an ellipsis.
    """
    width = max(1, width)
    lines: list[Line] = []
    for paragraph in _paragraphs(pieces):
        text = "".join(piece for piece, _ in paragraph)
        if cells(text) <= width:
            lines.append(tuple(paragraph))
            continue
        spans = _broken(text, width)
        lines.extend(_slices(paragraph, spans, width))
    return lines


def cut(pieces: Iterable[Piece], width: int, most: int) -> list[Line]:
    """At most so many lines, the last one ending in an ellipsis if there would be more."""
    pieces = list(pieces)
    if most == 1:
        return [within(tuple(pieces), width)] if pieces else []
    lines = wrap(pieces, width)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    text, role = last[-1] if last else ("", Role.QUIET)
    ending = shortened(f"{text} …", max(1, width - line_cells(last[:-1])))
    return [*lines[: most - 1], (*last[:-1], (ending, role))]


def _paragraphs(pieces: Iterable[Piece]) -> list[list[Piece]]:
    found: list[list[Piece]] = [[]]
    for text, role in pieces:
        first, *rest = text.split("\n")
        if first:
            found[-1].append((first, role))
        found.extend([(part, role)] if part else [] for part in rest)
    return found


def _broken(text: str, width: int) -> list[tuple[int, int]]:
    """Where the lines of a paragraph begin and end, in code points."""
    spans: list[tuple[int, int]] = []
    start = end = used = 0  # the line so far: from `start` to `end`, `used` cells wide, without trailing space
    gap = 0  # cells of the space after `end`
    for match in _TOKEN.finditer(text):
        token, at = match.group(), match.start()
        size = cells(token)
        if token[0].isspace() or token[0] == "\u200b":
            gap = size
            if end == start and gap > width // 2:  # a paragraph keeps the space that it begins with, if small
                start, end, gap = match.end(), match.end(), 0
            continue
        if used + gap + size <= width:
            end, used, gap = match.end(), used + gap + size, 0
            continue
        if size > width or size > len(token):
            for unit in _units(token, width):
                room = cells(unit)
                if used + gap + room > width:
                    if end > start:
                        spans.append((start, end))
                    start, end, used, gap = at, at, 0, 0
                at += len(unit)
                end, used, gap = at, used + gap + room, 0
            continue
        if end > start:
            spans.append((start, end))
        start, end, used, gap = at, match.end(), size, 0
    if end > start or not spans:
        spans.append((start, end))
    return spans


def _units(token: str, width: int) -> Iterable[str]:
    """A word cut where a line may break: around wide characters, but not before closing punctuation.

    Words of narrow characters stay whole where they fit.
    """
    units: list[str] = []
    narrow = False
    for grapheme in graphemes(token):
        wide = cells(grapheme) > 1
        last = units[-1] if units else ""
        joins = (narrow and not wide) or grapheme in _CLOSING
        if units and joins and cells(last) + cells(grapheme) <= width:
            units[-1] += grapheme
        else:
            units.append(grapheme)
        narrow = not wide
    return units


def _slices(paragraph: Sequence[Piece], spans: Sequence[tuple[int, int]], width: int) -> Iterable[Line]:
    """The pieces cut at the spans' ends."""
    bounds: list[tuple[int, int, Piece]] = []
    at = 0
    for piece in paragraph:
        bounds.append((at, at + len(piece[0]), piece))
        at += len(piece[0])
    first = 0
    for start, end in spans:
        line: list[Piece] = []
        while first < len(bounds) and bounds[first][1] <= start:
            first += 1
        for begin, stop, (text, role) in bounds[first:]:
            if begin >= end:
                break
            line.append((text[max(0, start - begin) : min(stop, end) - begin], role))
        yield _fitted(tuple(line), width)


def _fitted(line: Line, width: int) -> Line:
    """A line that cannot be broken further, with an ellipsis for a grapheme wider than the whole line."""
    return line if line_cells(line) <= width else (("…", line[0][1]),)
