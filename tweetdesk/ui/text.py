"""The one door by which text from outside becomes something shown.

A post, a name or a server's answer may hold characters that command the terminal, turn the reading order around,
or hide text. `clean` puts a visible mark in the place of each of them, so that what is read is what is there:

=============================================== ==========================================
what                                            mark
=============================================== ==========================================
C0 controls and DEL                             their control pictures, ``␛`` for escape
C1 controls                                     ``⟨U+009B⟩``
bidi overrides, embeddings, isolates            their names, ``⟨RLO⟩``
direction marks (LRM, RLM, ALM)                 nothing in right-to-left text, else a name
zero-width and other unseen characters          ``⟨ZWSP⟩``, a run of them ``⟨ZWSP×12⟩``
tag characters outside of a flag                ``⟨TAG×40⟩``
variation selectors that vary nothing           ``⟨VS×40⟩``
fillers that look like a space                  ``␢``
more than six marks on one letter               the first six
a mark that has no letter                       it stands on ``◌``
soft hyphen                                     ``‧``
unpaired surrogates, noncharacters              ``�``
tab, line and paragraph separator               ``␉``, ``␤`` and a new line
=============================================== ==========================================

What belongs to a script or an emoji stays: joiners between the parts of an emoji or after a letter of a script
that joins, one variation selector after its base, the tags of a flag.
"""

from __future__ import annotations

from functools import lru_cache

import regex
from rich.cells import cell_len
from textual.content import Content


def _scripts(*names: str) -> str:
    """The inside of a character class for these scripts."""
    return "".join(rf"\p{{Script={name}}}" for name in names)


_JOINING = _scripts(
    "Arabic", "Syriac", "Mongolian", "Nko", "Mandaic", "Thaana", "Adlam", "Devanagari", "Bengali", "Gurmukhi",
    "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada", "Malayalam", "Sinhala", "Tibetan", "Myanmar", "Khmer",
)  # fmt: skip
_UNSPACED = _scripts("Thai", "Lao", "Khmer", "Myanmar", "Tibetan", "Han", "Hiragana", "Katakana", "Javanese")

_UNSEEN = (
    r"[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}"
    r"\p{Emoji_Modifier}]--[\n\p{Prepended_Concatenation_Mark}]]"
)
_SUSPICIOUS = regex.compile(_UNSEEN, regex.V1)

#: What may stay, each with what it needs around it; then what is replaced. The first alternative that fits wins.
_PIECE = regex.compile(
    r"(?P<stays>"
    r"\u200D(?<=\p{Extended_Pictographic}[\uFE0F\p{Emoji_Modifier}]?\u200D)(?=\p{Extended_Pictographic})"
    r"|[\uFE0E\uFE0F](?<=[\p{Extended_Pictographic}\p{Regional_Indicator}].)"
    r"|\uFE0F(?<=[0-9#*]\uFE0F)(?=\u20E3)"
    r"|\p{Emoji_Modifier}(?<=\p{Emoji_Modifier_Base}\uFE0F?\p{Emoji_Modifier})"
    r"|[\uFE00-\uFE02](?<=[\p{Sm}\p{Han}\p{Script=Myanmar}].)"
    r"|[\U000E0100-\U000E01EF](?<=\p{Han}.)"
    r"|[\u180B-\u180D\u180F](?<=\p{Script=Mongolian}.)"
    rf"|\u200C(?<=[{_JOINING}].)"
    rf"|\u200B(?<=[{_UNSPACED}].)(?=[{_UNSPACED}])"
    r"|[\U000E0030-\U000E0039\U000E0061-\U000E007A]{3,6}\U000E007F(?<=\U0001F3F4.{4,7})"
    r")"
    rf"|(?P<joiner>\u200D(?<=[{_JOINING}].)\u200D?)"
    r"|(?P<newline>\r\n)"
    r"|(?P<tags>[\U000E0000-\U000E007F]+)"
    r"|(?P<selectors>[\uFE00-\uFE0F\U000E0100-\U000E01EF]+)"
    rf"|(?P<code>{_UNSEEN})(?P<more>(?P=code)*)",
    regex.V1 | regex.DOTALL,
)
_RIGHT_TO_LEFT = regex.compile(r"[[\p{Bidi_Class=R}\p{Bidi_Class=AL}]&&\p{L}]", regex.V1)
_STACKED = regex.compile(r"(\p{M}{6})\p{M}+")
_LONE = regex.compile(r"(?:^|(?<=\s))(?=\p{M})")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")

_NAMES = {
    0x034F: "CGJ", 0x061C: "ALM", 0x180E: "MVS", 0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM",
    0x200F: "RLM", 0x202A: "LRE", 0x202B: "RLE", 0x202C: "PDF", 0x202D: "LRO", 0x202E: "RLO", 0x2060: "WJ",
    0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI", 0x2069: "PDI", 0xFEFF: "BOM",
}  # fmt: skip
_SINGLE = {
    0x7F: "␡", 0xAD: "‧", 0x115F: "␢", 0x1160: "␢", 0x3164: "␢", 0xFFA0: "␢", 0x2028: "␤\n", 0x2029: "␤\n",
}  # fmt: skip


def cells(text: str) -> int:
    """How many terminal cells this takes, as the compositor counts them."""
    return cell_len(text)


def clean(text: str, *, newlines: bool = True) -> str:
    """The same text with a visible mark for everything that would not be seen, or would command the terminal.

    Newlines stay; with `newlines=False`, for what has one line only, each becomes ``␤``. The answer encodes to
    UTF-8 always, and cleaning it again changes nothing.
    """
    if not (text.isascii() and text.isprintable()):
        if _SUSPICIOUS.search(text):
            text = _replaced(text)
        text = _LONE.sub("◌", _STACKED.sub(r"\1", text))
    return text if newlines or "\n" not in text else text.replace("\n", "␤")


def content(text: str, *, newlines: bool = True) -> Content:
    """Text from outside as Content that holds these characters and no markup."""
    return Content(clean(text, newlines=newlines))


def one_line(text: str) -> str:
    """Cleaned text on one line: newlines and runs of spaces become one space."""
    return clean(" ".join(text.split()))


def shortened(text: str, width: int) -> str:
    """Cleaned text in at most so many cells, cut between graphemes, with an ellipsis for what is missing."""
    if cells(text) <= width:
        return text
    return _shortened(text, width)


@lru_cache(1024)
def _shortened(text: str, width: int) -> str:
    if width <= 0:
        return ""
    kept, room = [], width - 1
    for grapheme in graphemes(text):
        room -= cells(grapheme)
        if room < 0:
            break
        kept.append(grapheme)
    return "".join(kept).rstrip() + "…"


def graphemes(text: str) -> list[str]:
    """The user-perceived characters (Unicode's extended grapheme clusters), in order."""
    if text.isascii():
        return list(text)
    found: list[str] = regex.findall(r"\X", text)
    return found


def _replaced(text: str) -> str:
    right_to_left = _RIGHT_TO_LEFT.search(text) is not None

    def mark(match: regex.Match[str]) -> str:
        whole: str = match.group()
        kind = match.lastgroup
        if match["stays"] is not None:
            return whole
        if match["joiner"] is not None:
            # The compositor takes the character after a joiner to have no width. In a script that is not so;
            # a second joiner, which joins nothing more, stands in for it.
            return whole[0] * 2
        if match["newline"] is not None:
            return "\n"
        if kind == "tags" or kind == "selectors":
            return _named("TAG" if kind == "tags" else "VS", len(whole))
        if whole[0] in _DIRECTION_MARKS and right_to_left:
            return ""
        return _marked(whole)

    replaced: str = _PIECE.sub(mark, text)
    return replaced


def _marked(run: str) -> str:
    """The mark for a run of one character."""
    code = ord(run[0])
    if code in _SINGLE:
        return _SINGLE[code] * len(run)
    if code < 0x20:
        return chr(0x2400 + code) * len(run)
    if 0xD800 <= code <= 0xDFFF or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF:
        return "�" * len(run)
    if 0x1F3FB <= code <= 0x1F3FF:
        return _named("TONE", len(run))
    return _named(_NAMES.get(code, f"U+{code:04X}"), len(run))


def _named(name: str, count: int) -> str:
    return f"⟨{name}⟩" if count == 1 else f"⟨{name}×{count}⟩"
