"""What a user types into a search, made into a query that X's recent search takes, or refused with a sentence.

Source: docs.x.com, posts, search, build a query, and the list of operators (for self-serve access).
"""

from __future__ import annotations

import re

from tweetdesk.networks.base import Refused

#: The longest query (characters), and how far back recent search reaches (days).
LONGEST, DAYS = 512, 7

#: Operators that may stand alone, and those that narrow others only.
_ALONE = frozenset({
    "from", "to", "url", "retweets_of", "in_reply_to_tweet_id", "retweets_of_tweet_id", "quotes_of_tweet_id",
    "context", "entity", "conversation_id", "list", "place", "place_country", "point_radius", "bounding_box",
})  # fmt: skip
_NARROWING = frozenset({"is", "has", "lang"})
_KINDS = {
    "is": ("retweet", "reply", "quote", "verified", "nullcast"),
    "has": ("hashtags", "cashtags", "links", "mentions", "media", "images", "video_link", "videos", "geo"),
}
#: Operators of the search on x.com that the API does not have.
_OF_THE_PAGE = frozenset({
    "since", "until", "since_time", "until_time", "since_id", "max_id", "min_faves", "min_retweets", "min_replies",
    "filter", "near", "within", "source", "card_name", "geocode",
})  # fmt: skip
_PIECE = re.compile(
    r'(?P<open>-?\()|(?P<close>\))|(?P<sign>-?)(?:(?P<name>[A-Za-z_]+):(?P<value>"[^"]*"|[^\s()"]+)|"[^"]*"|[^\s()"]+)'
)
_TAG = re.compile(r"\w*[^\W\d_]\w*")


def query(words: str) -> str:
    """The query for what was typed; reposts are left out unless an `is:` says otherwise. "" for nothing.

    Raises Refused for what cannot be asked.
    """
    text = " ".join(words.split())
    if not text:
        return ""
    if text.count('"') % 2:
        raise _no("a quotation mark is open: close it")
    reader = _Reader(list(_PIECE.finditer(_plain(text))))
    asked, alone = reader.either()
    if reader.at < len(reader.pieces):
        raise _no("the parentheses do not match")
    if not alone:
        raise _no("it needs at least one word, #tag, @name or from: that posts must have")
    if not reader.chosen:
        asked = f"({asked}) -is:retweet" if reader.several else f"{asked} -is:retweet"
    if len(asked) > LONGEST:
        raise _no(f"it has {len(asked)} characters, and X takes {LONGEST}")
    return asked


class _Reader:
    """Reads the pieces of a query: words side by side bind closer than OR. Its methods raise Refused.

    `chosen`: an `is:` stands in it; `several`: an OR stands outside of all parentheses.
    """

    def __init__(self, pieces: list[re.Match[str]]) -> None:
        self.pieces, self.at = pieces, 0
        self.chosen = any((piece["name"] or "").lower() == "is" for piece in pieces)
        self.several = False

    def either(self, depth: int = 0) -> tuple[str, bool]:
        """Alternatives: as they are asked for, and whether each of them may stand alone."""
        parts = [self._all(depth)]
        while self._next() == "OR":
            self.at += 1
            self.several = self.several or depth == 0
            parts.append(self._all(depth))
        return " OR ".join(part for part, _ in parts), all(alone for _, alone in parts)

    def _all(self, depth: int) -> tuple[str, bool]:
        parts = []
        while self._next() not in ("", "OR", ")"):
            parts.append(self._one(depth))
        if not parts:
            raise _no("something is missing beside OR, or between parentheses")
        return " ".join(part for part, _ in parts), any(alone for _, alone in parts)

    def _one(self, depth: int) -> tuple[str, bool]:
        piece = self.pieces[self.at]
        self.at += 1
        if not piece["open"]:
            _check(piece)
            return piece[0], not piece["sign"] and (piece["name"] or "").lower() not in _NARROWING
        inner, alone = self.either(depth + 1)
        if self._next() != ")":
            raise _no("the parentheses do not match")
        self.at += 1
        return f"{piece[0]}{inner})", alone and not piece[0].startswith("-")

    def _next(self) -> str:
        return self.pieces[self.at][0] if self.at < len(self.pieces) else ""


def hashtag(words: str) -> str:
    """The query for a hashtag, with or without its #; "" for nothing. Raises Refused for what is none."""
    tag = words.strip().lstrip("#＃")
    if not tag:
        return ""
    if not _TAG.fullmatch(tag):
        raise Refused(f"“{words.strip()}” is no hashtag: it has letters, digits and _ only.", "query")
    return query(f"#{tag}")


def _plain(text: str) -> str:
    """AND is what a space means, and NOT is written as a minus."""
    parts = re.split(r'("[^"]*")', text)
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"(?:(?<=\s)|^)AND\s+", "", parts[number])
        parts[number] = re.sub(r"(?:(?<=[\s(])|^)NOT\s+", "-", parts[number])
    return "".join(parts)


def _check(piece: re.Match[str]) -> None:
    """Raises Refused for an operator that there is not."""
    name = (piece["name"] or "").lower()
    if not piece[0].strip('-:"') or piece[0].lstrip("-") in ("OR", "AND", "NOT"):
        raise _no(f"“{piece[0]}” stands alone in it")
    if not name or name in ("http", "https"):
        return
    if name in _OF_THE_PAGE:
        raise _no(f"“{name}:” works on the page x.com only")
    if name not in _ALONE | _NARROWING:
        raise _no(f"there is no operator “{name}:” (a text with a colon in it goes between quotation marks)")
    if name in _KINDS and piece["value"].lower() not in _KINDS[name]:
        raise _no(f"“{name}:” goes with {', '.join(_KINDS[name])}, not with “{piece['value']}”")


def _no(why: str) -> Refused:
    return Refused(f"X cannot search for this: {why}.", "query")
