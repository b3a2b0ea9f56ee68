"""Wording: our own sentences about acts, in the words of the network that they are for ("boost", "favourite")."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tweetdesk.engine.session import Session
    from tweetdesk.networks.base import Vocabulary

#: (account id, one of our own sentences) -> the sentence in the words of that account's network.
Wording = Callable[[str, str], str]

_ACTS = re.compile(r"\b(repost|like)(ed|d)?\b", re.IGNORECASE)


def plain(account: str, text: str) -> str:
    """The Wording of no network."""
    return text


def in_words(text: str, vocabulary: Vocabulary | None) -> str:
    """A sentence of ours in a network's words. Not for sentences with words from outside in them."""
    if vocabulary is None:
        return text

    def word(match: re.Match[str]) -> str:
        found = match.group().casefold()
        if found.startswith("repost"):
            said = vocabulary.reposted if match[2] else vocabulary.repost
        else:
            said = past(vocabulary.like) if match[2] else vocabulary.like
        return said[:1].upper() + said[1:] if match.group()[0].isupper() else said

    return _ACTS.sub(word, text)


def past(word: str) -> str:
    """What has been done: "liked", "favourited"."""
    return word + ("d" if word.endswith("e") else "ed")


def wording(session: Session) -> Wording:
    """The Wording of a session's accounts; an account whose network is not open yet has plain words."""

    def words(account: str, text: str) -> str:
        network = session.engine.networks.get(account)
        return in_words(text, network.vocabulary if network else None)

    return words
