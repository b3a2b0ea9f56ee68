"""People to help: whether a post asks for something that you might give, with the reasons in words.

A score adds up what each signal is worth; every signal that counts says so in a reason that is shown. There is
no follower count in it, nothing random and nothing hidden. Phrases are in `ASKS` by kind and language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from tweetdesk.domain.posts import Post, PostKind, SpanKind

#: What a post can want, with the phrases that tell it (matched on word boundaries, in lower case).
ASKS: dict[str, tuple[str, ...]] = {
    "seeks": (
        r"(?:i'?m|i am|we'?re|we are|am|are|still|currently|now)? ?(?:looking|searching|hunting) for "
        r"(?!ward\b)(?P<what>[^.!?\n]{3,60})",
        r"(?:seeking|in search of) (?P<what>[^.!?\n]{3,60})",
        r"(?:we|i) (?:are )?(?:need|could use|could do with) (?P<what>(?:some|two|three|help|your help|"
        r"(?:a |an )?(?:volunteers?|testers?|reviewers?|hand|mentor|designer|developer|speakers?|co-?\w+))\b"
        r"[^.!?\n]{0,60})",
        r"(?:open|available) (?:for|to) (?:work|new roles|freelance)",
        r"(?:testers|volunteers|contributors|reviewers|speakers) (?:wanted|needed|welcome)",
        r"(?:busco|buscamos|necesito|necesitamos) (?P<what>[^.!?\n]{3,60})",
        r"(?:suche|suchen|brauche|gesucht:?) (?P<what>[^.!?\n]{3,60})",
        r"(?:procuro|procuramos|preciso de) (?P<what>[^.!?\n]{3,60})",
        r"(?:je cherche|nous cherchons|on cherche) (?P<what>[^.!?\n]{3,60})",
    ),
    "asks": (
        r"(?:does|do|has|have|did|can|could|would|is|are) (?:any|some)(?:one|body)\b"
        r"(?! (?:say|said|else (?:notice|think)))"
        r"(?P<what>[^.?\n]{0,70})\?",
        r"any(?:one|body) (?:here |else |out there )?(?:know|knows|have|has|got|recommend|used|using|tried|"
        r"able|up for)(?P<what>[^.!?\n]{0,60})",
        r"who (?:here )?(?:knows|has (?:a|an|any|used|tried)|can (?:help|recommend|explain))\b"
        r"(?P<what>[^.!?\n]{0,60})",
        r"(?:any|what'?s a|is there a) (?:good |decent |sane |nice |clean |better )?"
        r"(?:tips|advice|recommendations?|recs|suggestions|ideas|pointers|way|book|resource|tool|library)\b"
        r"(?P<what>[^.!?\n]{0,60})",
        r"(?:can|could) (?:you|someone|somebody|anyone) (?:please )?(?:recommend|explain|point|help|suggest)"
        r"(?P<what>[^.!?\n]{0,60})",
        r"(?:please|can you|could you) help me\b(?P<what>[^.!?\n]{0,50})",
        r"how do (?:you|people|others|folks)(?: all)? (?P<what>[^.!?\n]{3,60})\?",
        r"(?:alguien (?:sabe|conoce|tiene)|me recomend[aá]is|qui[eé]n sabe)(?P<what>[^.!?\n]{0,60})",
        r"(?:kennt|wei(?:ß|ss)|hat) (?:hier )?(?:jemand|wer)(?P<what>[^.!?\n]{0,60})",
        r"(?:algu[eé]m (?:sabe|conhece|tem))(?P<what>[^.!?\n]{0,60})",
        r"quelqu'un (?:sait|conna[iî]t|a)(?P<what>[^.!?\n]{0,60})",
    ),
    "wants it shared": (
        r"please (?:share|repost|boost|spread the word|pass (?:it|this) on)",
        r"(?:reposts?|boosts?|shares?) (?:are )?(?:appreciated|welcome|help)",
        r"(?:por favor )?(?:compartid|difundid|comparte)",
        r"bitte teilen",
    ),
    "shows own work": (
        r"(?:i|we) (?:just |finally |have |'?ve )?(?:made|built|wrote|released|published|launched|shipped|"
        r"finished|drew|recorded)\b(?P<what>[^.!?\n]{0,60})",
        r"(?:my|our) (?:first|new|latest) (?P<what>[^.!?\n]{3,60}?)(?: is)? (?:out|here|live|online|available)\b",
        r"first release of (?P<what>[^.!?\n]{3,60})",
        r"feedback (?:is )?(?:very )?(?:welcome|appreciated)",
    ),
}  # fmt: skip

#: What each kind of ask is worth, and each other signal.
WORTH = {"asks": 40, "seeks": 45, "wants it shared": 25, "shows own work": 20}
NOBODY_ANSWERED, FEW_ANSWERED, FRESH, STALE, ON_YOUR_LIST, HELPED_YOU, YOU_OWE, MATCHES, LONG_AGO = (
    15, 5, 10, -15, 25, 15, 10, 10, 5,
)  # fmt: skip
#: A post with less is no candidate.
ENOUGH = 45
#: Older posts are no candidates: the moment has passed.
TOO_OLD = timedelta(days=10)

#: Sales talk: who sells does not ask for help.
SELLS = re.compile(
    r"\b(?:dm me|book a (?:free )?call|limited (?:time|spots)|10x|grow your (?:audience|followers)|sign up now|"
    r"discount|% off|buy now|free trial|link in bio|passive income|crypto|giveaway)\b"
)


@cache
def _patterns() -> tuple[tuple[str, tuple[re.Pattern[str], ...]], ...]:
    """Each kind with its phrases, the strongest kind first; made at first use, since it takes a while."""
    return tuple(
        (kind, tuple(re.compile(rf"(?<!\w){phrase}") for phrase in ASKS[kind]))
        for kind in sorted(ASKS, key=lambda kind: -WORTH[kind])
    )


@dataclass(frozen=True, slots=True)
class Relationship:
    """What we know of us and the author: all from the local store.

    `answered_us` counts their answers to us; `they_wait` says that a mention of theirs is open; `last_helped` is
    when we last answered or reposted them; `answered_this`: we have answered this very post.
    """

    on_help_list: bool = False
    answered_us: int = 0
    they_wait: bool = False
    last_helped: datetime | None = None
    answered_this: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post worth helping with: its score, and the reasons in words, the strongest first."""

    score: int
    reasons: tuple[str, ...]


def asks(text: str) -> tuple[str, str] | None:
    """What a text wants: (kind, about what), the strongest kind first; None if it wants nothing.

    Sales talk wants nothing. `about what` is cut from the text itself and can be "".
    """
    lowered = text.lower().replace("’", "'")
    if SELLS.search(lowered):
        return None
    for kind, patterns in _patterns():
        for pattern in patterns:
            if found := pattern.search(lowered):
                return kind, _about(text, found)
    return None


def judge(post: Post, knows: Relationship, now: datetime, topics: Iterable[str] = ()) -> Candidate | None:
    """Whether this post is a candidate for the column, and why.

    `topics` are the words of our search columns. Our own answers, old posts and posts that want nothing are none.
    """
    age = now - post.created_at
    if post.kind is not PostKind.POST or knows.answered_this or age > TOO_OLD:
        return None
    wanted = asks(_without_links(post))
    if wanted is None:
        return None
    kind, about = wanted
    parts = [(WORTH[kind], f"{kind}: {about}" if about else kind)]
    parts += _freshness(post, age)
    parts += _relationship(knows, now)
    lowered = post.text.lower()
    if match := next((topic for topic in topics if topic and topic.lower().strip('"') in lowered), None):
        parts.append((MATCHES, f'your topic "{match}"'))
    score = sum(points for points, _ in parts)
    if score < ENOUGH:
        return None
    return Candidate(score, tuple(words for _, words in sorted(parts, key=lambda part: -part[0]) if words))


def _freshness(post: Post, age: timedelta) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    if post.reply_to is not None:
        parts.append((-20, ""))
    if post.reply_count == 0:
        parts.append((NOBODY_ANSWERED, "no answers yet"))
    elif post.reply_count is not None and post.reply_count <= 2:
        parts.append((FEW_ANSWERED, "1 answer so far" if post.reply_count == 1 else "2 answers so far"))
    if age < timedelta(hours=6):
        parts.append((FRESH, ""))
    elif age > timedelta(days=3):
        parts.append((STALE, ""))
    return parts


def _relationship(knows: Relationship, now: datetime) -> list[tuple[int, str]]:
    parts: list[tuple[int, str]] = []
    if knows.on_help_list:
        parts.append((ON_YOUR_LIST, "on your help list"))
    if knows.answered_us:
        times = {1: "once", 2: "twice"}.get(knows.answered_us, f"{knows.answered_us} times")
        parts.append((HELPED_YOU, f"answered you {times}"))
    if knows.they_wait:
        parts.append((YOU_OWE, "you owe an answer"))
    if knows.last_helped is not None and (weeks := (now - knows.last_helped).days // 7) >= 2:
        parts.append((LONG_AGO, f"not helped for {weeks} weeks"))
    return parts


def _without_links(post: Post) -> str:
    """The text with its links blanked out: an address is no request."""
    text = post.text
    for span in post.spans:
        if span.kind is SpanKind.LINK:
            text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text


def _about(text: str, found: re.Match[str]) -> str:
    """The words after the phrase, cut at a word, as the author wrote them."""
    if "what" not in found.re.groupindex or found["what"] is None:
        return ""
    start, end = found.span("what")
    words = " ".join(text[start:end].split()).strip(" ,;:-–—")
    if len(words) > 40:
        words = words[:40].rsplit(" ", 1)[0] + " …"
    return words
