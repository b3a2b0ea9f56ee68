"""The marks that `clean` puts in the place of what cannot be seen; ui/text.py says what they are.

It stands apart because of the package regex: most texts are plain, and the first screen need not wait for it.
"""

from __future__ import annotations

import regex


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


def marked(text: str) -> str:
    """The text with a visible mark for everything that would not be seen, or would command the terminal."""
    if _SUSPICIOUS.search(text):
        text = _replaced(text)
    lone: str = _LONE.sub("◌", _STACKED.sub(r"\1", text))
    return lone


def clusters(text: str) -> list[str]:
    """The extended grapheme clusters of a text (Unicode Standard Annex 29), in order."""
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
