"""Muted words: which posts have them, as whole words, in any case, with accents or without."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.posts import Post

#: Scripts that are written without spaces between words (or, Korean, with endings joined to them), as the inside
#: of a character class: there a word is found anywhere.
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"

#: A character that belongs to a word with spaces around it.
_LETTER = rf"[^\W{UNSPACED}]"
_ACCENTS = "[\u0300-\u036f]"


@dataclass(frozen=True, slots=True)
class MutedWords:
    """Words, or a phrase, that are muted since a moment, and until one (None: for good)."""

    words: str
    since: datetime
    until: datetime | None = None


def folded(text: str) -> str:
    """A text in which case and accents make no difference, with single spaces."""
    import unicodedata  # where nothing is muted, the start need not wait for it

    bare = re.sub(_ACCENTS, "", unicodedata.normalize("NFD", text.casefold()))
    return " ".join(unicodedata.normalize("NFC", bare).split())


class Muting:
    """Finds muted words in posts."""

    def __init__(self, words: Iterable[str]) -> None:
        phrases = sorted(phrase for phrase in {folded(one) for one in words} if phrase)
        self._found = re.compile("|".join(map(_whole, phrases))) if phrases else None

    def __bool__(self) -> bool:
        return self._found is not None

    def hides(self, post: Post) -> bool:
        """Whether a post says one of them: in its text, its warning, and what it shows, links or quotes."""
        if self._found is None:
            return False
        said = [post.text, post.warning, *(media.alt for media in post.media)]
        said += [post.card.title, post.card.description] if post.card else []
        said += [post.quote.text] if post.quote else []
        said += [option.title for option in post.poll.options] if post.poll else []
        return any(self._found.search(folded(one)) for one in said if one)


def _whole(phrase: str) -> str:
    """A phrase that is no part of a longer word."""
    before = rf"(?<!{_LETTER})" if re.search(f"^{_LETTER}", phrase) else ""
    after = rf"(?!{_LETTER})" if re.search(f"{_LETTER}$", phrase) else ""
    return before + re.escape(phrase) + after
