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
_PIECE = re.compile(r'(?P<sign>-?)(?:(?P<name>[A-Za-z_]+):(?P<value>"[^"]*"|[^\s()"]+)|"[^"]*"|[^\s()"]+)|[()]')
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
    if _depth(text) != 0:
        raise _no("the parentheses do not match")
    pieces = list(_PIECE.finditer(_plain(text)))
    for piece in pieces:
        _check(piece)
    if not any(_stands_alone(piece) for piece in pieces):
        raise _no("it needs at least one word, #tag, @name or from: that posts must have")
    asked = "".join(piece if piece in "()" else f" {piece} " for piece in (match[0] for match in pieces))
    asked = " ".join(asked.replace("(", " (").replace(")", ") ").split())
    if not any(piece["name"] == "is" for piece in pieces):
        asked = f"({asked}) -is:retweet" if " OR " in asked else f"{asked} -is:retweet"
    if len(asked) > LONGEST:
        raise _no(f"it has {len(asked)} characters, and X takes {LONGEST}")
    return asked


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


def _depth(text: str) -> int:
    """How many parentheses are open at the end; below zero if one closed too early."""
    depth = 0
    for char in re.sub(r'"[^"]*"', "", text):
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return depth
    return depth


def _check(piece: re.Match[str]) -> None:
    """Raises Refused for an operator that there is not."""
    name = (piece["name"] or "").lower()
    if not name or name in ("http", "https"):
        return
    if name in _OF_THE_PAGE:
        raise _no(f"“{name}:” works on the page x.com only")
    if name not in _ALONE | _NARROWING:
        raise _no(f"there is no operator “{name}:” (a text with a colon in it goes between quotation marks)")
    if name in _KINDS and piece["value"].lower() not in _KINDS[name]:
        raise _no(f"“{name}:” goes with {', '.join(_KINDS[name])}, not with “{piece['value']}”")


def _stands_alone(piece: re.Match[str]) -> bool:
    return (
        piece[0] not in ("(", ")", "OR") and not piece["sign"] and (piece["name"] or "").lower() not in _NARROWING
    )


def _no(why: str) -> Refused:
    return Refused(f"X cannot search for this: {why}.", "query")
