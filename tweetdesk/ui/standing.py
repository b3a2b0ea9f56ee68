"""What is to be known of an item under its text: why it is here, where it stands, what our own act is doing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tweetdesk.domain.items import Item
from tweetdesk.domain.posts import Post, PostKind
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.text import one_line
from tweetdesk.ui.times import age, back, unanswered
from tweetdesk.ui.wording import Wording
from tweetdesk.ui.wrap import Line, Piece, Role, cut

#: Who may see a post, where that is not everybody; a network's word that is not here is shown as it is.
_VISIBILITIES = {"public": "", "private": "followers only", "direct": "only those mentioned"}


def standing(item: Item, width: int, now: datetime, wording: Wording, owing: str) -> Iterable[Line]:
    """The lines under an item; `owing` says for how long it waits for us, "" where it does not."""
    known = [*_about(item.post, now), *(one_line(reason) for reason in item.why)]
    pieces: list[Piece] = [(" · ".join(known), Role.QUIET)] if known else []
    came_back = one_line(wording(item.account, item.how)) if item.state is TriageState.OPEN else ""
    if late := came_back or owing:
        pieces += [(" · ", Role.QUIET)] if known else []
        pieces.append((late, Role.PENDING))
    if pieces:
        yield from cut(pieces, width, 3)
    if item.pending:
        yield from cut([(one_line(wording(item.account, item.pending)), Role.PENDING)], width, 2)
    if words := _state_words(item, now, wording):
        role = Role.PENDING if item.state is TriageState.ANSWERING else Role.QUIET
        yield from cut([(words, role)], width, 2)


def owed(item: Item, ours: frozenset[str], now: datetime) -> str:
    """For how long an open item waits for an answer of ours, in words; nothing while that is short.

    It waits since the first post after our own newest one; nothing that is shown is older than the oldest shown.
    """
    if item.state is not TriageState.OPEN or item.pending:
        return ""
    since: datetime | None = None
    for post in reversed(item.messages or (item.post,)):
        if post.author.id in ours:
            break
        since = post.created_at
    return unanswered(since, now) if since else ""


def _about(post: Post, now: datetime) -> list[str]:
    """What is to be known of a post beside what it says: who may see it, that it was changed, that it is kept."""
    if post.kind is not PostKind.POST:
        return []
    words = [_VISIBILITIES.get(post.visibility, one_line(post.visibility))]
    if post.edited_at is not None:
        words.append(f"edited {age(post.edited_at, now)}")
    if post.viewer.bookmarked:
        words.append("bookmarked")
    return [word for word in words if word]


def _state_words(item: Item, now: datetime, wording: Wording) -> str:
    """Where an item stands, in words; nothing while it is open, or while `pending` says it."""
    returns = back(item.until, item.offset, now) if item.until is not None else ""
    match item.state:
        case TriageState.DONE:
            return f"done: {one_line(wording(item.account, item.how))}" if item.how.strip() else "done"
        case TriageState.SNOOZED:
            return f"snoozed · back {returns}" if returns else "snoozed"
        case TriageState.WAITING if item.how:
            return f"handed off · back {returns}" if returns else "handed off"
        case TriageState.WAITING:
            return f"waiting until {returns}, unless they answer" if returns else "waiting for them"
        case TriageState.SCREENED:
            return "screened"
        case TriageState.ANSWERING if not item.pending:
            return "your answer is on its way"
        case _:
            return ""
