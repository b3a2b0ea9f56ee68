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

import re
from functools import lru_cache

from rich.cells import cell_len
from textual.content import Content

#: Texts of these characters only need no mark, and each character is a grapheme: letters without combining marks
#: (Latin, Greek, Cyrillic, kana, Han, Hangul syllables), punctuation, symbols, emoji that stand alone.
_PLAIN = re.compile(
    "[\n -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1eff\u2010-\u2027\u2030-\u205e"
    "\u20a0-\u20bf\u2190-\u23ff\u2500-\u27bf\u3001-\u3029\u3041-\u3096\u309b-\u30ff\u4e00-\u9fff"
    "\uac00-\ud7a3\uff01-\uff9d\U0001f300-\U0001f3fa\U0001f400-\U0001faff]*"
)


def cells(text: str) -> int:
    """How many terminal cells this takes, as the compositor counts them."""
    return cell_len(text)


def clean(text: str, *, newlines: bool = True) -> str:
    """The same text with a visible mark for everything that would not be seen, or would command the terminal.

    Newlines stay; with `newlines=False`, for what has one line only, each becomes ``␤``. The answer encodes to
    UTF-8 always, and cleaning it again changes nothing.
    """
    if not _PLAIN.fullmatch(text):
        from tweetdesk.ui.marks import marked

        text = marked(text)
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
    if _PLAIN.fullmatch(text):
        return list(text)
    from tweetdesk.ui.marks import clusters

    return clusters(text)
