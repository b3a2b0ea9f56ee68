"""Cautions: what one might want to know before a text is sent, and in which sense two texts are alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher

#: A post older than this is old, as far as answering it goes.
OLD = timedelta(days=7)
#: For so long a text that was sent to somebody is compared with.
LATELY = timedelta(days=7)
#: Texts alike from this share on are nearly the same.
ALIKE = 0.85
#: Shorter texts are alike by chance, or out of courtesy: "Thank you so much!" (letters and digits).
SHORTEST = 25
#: Only so much of a long text is compared.
COMPARED = 600

NO_WAY_BACK = "once sent, a direct message cannot be taken back"

_HANDLES = re.compile(r"@[\w.-]+(@[\w.-]+)?")
_LINKS = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that went to somebody: their permanent id, what they are called, and the text."""

    person: str
    called: str
    text: str


def essence(text: str) -> str:
    """What a text says, without handles, links, punctuation, case and accents."""
    bare = _LINKS.sub(" ", _HANDLES.sub(" ", text[: COMPARED * 4]))
    folded = unicodedata.normalize("NFKD", bare.casefold())
    kept = "".join(one if one.isalnum() else " " for one in folded if not unicodedata.combining(one))
    return " ".join(kept.split())[:COMPARED]


def sent_alike(text: str, person: str, sent: Iterable[Sent]) -> Sent | None:
    """What was sent to somebody else and says nearly the same; None for nothing."""
    said = essence(text)
    if len(said) < SHORTEST:
        return None
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(said)
    for one in sent:
        if one.person == person or len(other := essence(one.text)) < SHORTEST:
            continue
        matcher.set_seq1(other)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE:
            return one
    return None


def day_words(at: datetime, now: datetime) -> str:
    """A day by the clock of `now`: "today", "yesterday", "on Tuesday", "on 12 March", with the year if another."""
    local, days = at.astimezone(now.tzinfo), (now.date() - at.astimezone(now.tzinfo).date()).days
    if 0 <= days <= 1:
        return "yesterday" if days else "today"
    if 0 < days < 7:
        return f"on {local:%A}"
    return f"on {local.day} {local:%B}{f' {local.year}' if local.year != now.year else ''}"


def old_words(written: datetime, now: datetime) -> str:
    """That a post is old: "This post is from 12 March."; "" where it is not."""
    return f"This post is from {day_words(written, now).removeprefix('on ')}." if now - written > OLD else ""


def answered_words(at: datetime | None, now: datetime) -> str:
    """That a post was answered before: "You answered this on Tuesday."; "" where it was not."""
    return f"You answered this {day_words(at, now)}." if at else ""
