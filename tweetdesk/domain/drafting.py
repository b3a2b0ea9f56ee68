"""What is being written, as the posts of a thread: taken apart and put together, split where it is too long."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from tweetdesk.domain.outbox import Act, Attachment, Part

#: The most posts that one writes in one go.
MOST_PARTS = 25
#: Stands on a line of its own between the posts of a thread in the user's editor.
BETWEEN = "---"

#: Where a text is best cut, the best first; a cut is made after what is found.
_SENTENCE = re.compile(r"[.!?…。！？]+[\"'”’»)\]]*(?:\s+|(?<=[。！？]))")
_CUTS = (re.compile(r"\n\s*\n"), _SENTENCE, re.compile(r"\s+"))
#: A cut that leaves less than this share of a post filled is not worth it.
_FILLED = 0.5
_JOINERS = "\u200d\ufe0e\ufe0f"


def parts_of(act: Act) -> tuple[Part, ...]:
    """All posts of what is being written, the first included."""
    return (Part(act.text, act.media), *act.more)


def with_parts(act: Act, parts: Sequence[Part]) -> Act:
    """The same act with these posts."""
    first, *more = parts
    return replace(act, text=first.text, media=first.media, more=tuple(more))


def filled(part: Part) -> bool:
    """Whether there is something in it."""
    return bool(part.text.strip() or part.media)


def without_empty(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The posts without the empty ones after the first."""
    return (parts[0], *(part for part in parts[1:] if filled(part)))


def merged(above: Act, below: Act) -> Act:
    """Two drafts for one place as one: nothing of either is lost, what is in both is there once.

    Two single texts become one with a blank line between them; where one is a thread they follow each other.
    """
    if below.empty or parts_of(above) == parts_of(below):
        return above
    if above.empty:
        return with_parts(above, parts_of(below))
    if above.more or below.more:
        return with_parts(above, without_empty([*parts_of(above), *parts_of(below)]))
    texts = [text for text in (above.text, below.text) if text.strip()]
    text = texts[0] if texts and texts[0] == texts[-1] else "\n\n".join(texts)
    return replace(above, text=text, media=tuple(dict.fromkeys(above.media + below.media)))


# -- in the user's editor -----------------------------------------------------------------------------------------
def for_editor(parts: Sequence[Part]) -> str:
    """The texts, with a line `---` between two posts."""
    return f"\n{BETWEEN}\n".join(part.text for part in parts)


def from_editor(text: str, before: Sequence[Part]) -> tuple[Part, ...]:
    """The posts of an edited text; pictures stay with the post of the same number, and none is lost."""
    texts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line.rstrip() == BETWEEN:
            texts.append([])
        else:
            texts[-1].append(line)
    media: list[tuple[Attachment, ...]] = [part.media for part in before]
    written = ["\n".join(lines) for lines in texts]
    written += [""] * (len(media) - len(written))
    media += [()] * (len(written) - len(media))
    return without_empty([Part(*both) for both in zip(written, media, strict=True)])


# -- too long -----------------------------------------------------------------------------------------------------
def split(text: str, fits: Callable[[str], bool], most: int = 1000) -> tuple[str, ...]:
    """A text in pieces that fit, cut after a paragraph, else a sentence, else a word, else anywhere.

    Nothing but space between two pieces is dropped. A piece that cannot be made to fit stays as it is, and so does
    the rest where there would be more than `most` pieces.
    """
    pieces: list[str] = []
    rest = text.strip()
    while rest and len(pieces) < most - 1 and 0 < (longest := _longest(rest, fits)) < len(rest):
        cut = _cut(rest, longest)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return tuple([*pieces, rest] if rest else pieces)


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """How many characters from the start still fit; found by halving, first among the short ones."""
    short, long = 0, 64
    while long < len(text) and fits(text[:long]):
        short, long = long, long * 2
    if long >= len(text):
        if fits(text):
            return len(text)
        long = len(text)
    while short < long - 1:
        middle = (short + long) // 2
        if fits(text[:middle].rstrip()):
            short = middle
        else:
            long = middle
    return short


def _cut(text: str, longest: int) -> int:
    """Where to cut so that at most so many characters are before it."""
    window = text[: longest + 1]
    for pattern in _CUTS:
        ends = [
            match.end() for match in pattern.finditer(window) if len(window[: match.end()].rstrip()) <= longest
        ]
        if ends and (ends[-1] > longest * _FILLED or pattern is _CUTS[-1]):
            return ends[-1]
    cut = longest
    while cut > 1 and _joined(text[cut - 1], text[cut]):
        cut -= 1
    return cut


def _joined(before: str, after: str) -> bool:
    """Whether two characters look like one: a letter and its mark, the parts of an emoji or of a flag."""
    flag = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    skin = "\U0001f3fb" <= after <= "\U0001f3ff"
    return flag or skin or before == "\u200d" or after in _JOINERS or bool(unicodedata.combining(after))
