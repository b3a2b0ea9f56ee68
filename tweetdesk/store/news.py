"""News: what arrivals mean for decisions that were made before; asked before the arrivals join their sources.

Whatever is decided here happens once: only what this account sees for the first time is news, in whichever source.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from tweetdesk.domain.posts import Post, PostKind, SpanKind
from tweetdesk.domain.reasons import activity, joined, silent
from tweetdesk.domain.triage import CONVERSATION_MUTED, IN_MUTED, Move, Triage, TriageState
from tweetdesk.store.codec import IN_OUTBOX, marks, moment, pairs
from tweetdesk.store.database import Writer
from tweetdesk.store.triage import STANDING, apply_moves, since, triage_from

if TYPE_CHECKING:
    from tweetdesk.store.ingest import Arrived

#: What an item is called that our own newest message answers, wherever that was written.
ANSWERED = "answered"

_PART = 400


@dataclass(frozen=True, slots=True)
class _Member:
    """A post of a thread about which something was decided; `key` orders by time, `author` is an id."""

    item: str
    triage: Triage
    author: str
    key: int


@dataclass(slots=True)
class _Thread:
    """What is new in a thread, oldest first, and what was decided in it before."""

    new: list[Arrived] = field(default_factory=list)
    members: list[_Member] = field(default_factory=list)


async def news(writer: Writer, arrived: Sequence[Arrived], now: datetime) -> list[str]:
    """Move what arrivals move; the items that were moved. What hidden people write moves nothing."""
    moved = await _conversations(writer, arrived, now)
    moved += await _answered_elsewhere(writer, arrived, now)
    for account in dict.fromkeys(one.account for one in arrived):
        for thread in await _threads(writer, account, arrived):
            moved += await _goes_on(writer, account, thread, now)
    return moved


def towards_us(one: Arrived) -> str:
    """What somebody's post does towards us: "message", "reply", "quote", "mention", or ""."""
    post, us = one.stored.post, one.us
    if post.kind is PostKind.MESSAGE:
        return "message"
    if _to_us(post, us):
        return "reply"
    if post.quote and post.quote.author and post.quote.author.id == us:
        return "quote"
    return "mention" if one.source.kind == "mentions" or _mentioned(post, us) else ""


def _to_us(post: Post, us: str) -> bool:
    return bool(post.parent and post.parent.author and post.parent.author.id == us)


def _mentioned(post: Post, person: str) -> bool:
    return any(span.kind is SpanKind.MENTION and span.target == person for span in post.spans)


async def _conversations(writer: Writer, arrived: Sequence[Arrived], now: datetime) -> list[str]:
    """The newest message of a conversation decides: theirs reopens it; ours, wherever written, answers it."""
    newest: dict[tuple[str, str], Arrived] = {}
    for one in arrived:
        if one.first and one.stored.post.kind is PostKind.MESSAGE:
            newest[one.account, one.item] = one
    moved: list[str] = []
    for place, one in newest.items():
        row = await writer.row(
            "SELECT (SELECT max(key) FROM memberships WHERE item = t.id), activity_at FROM triage t WHERE id = ?",
            (one.item_row,),
        )
        newest_key, seen_until = row or (None, 0)
        # Without a message the item was rescued from a damaged database, which had those until then.
        known = seen_until >= moment(one.arrival.at) if newest_key is None else newest_key > one.key
        if known:
            continue
        if one.ours:
            if one.state.state is TriageState.OPEN:
                moved += await _move(writer, [place], Move.ANSWERED, now, ANSWERED)
        elif not one.hidden:
            reason = activity(one.state, message=True)
            moved += await _move(writer, [place], Move.ACTIVITY, now, reason)
    return moved


async def _answered_elsewhere(writer: Writer, arrived: Sequence[Arrived], now: datetime) -> list[str]:
    """A post of ours answers what it replies to, and nothing else; an answer that was handed off is then done."""
    answered: list[tuple[str, str]] = []
    for one in arrived:
        post = one.stored.post
        if not (one.fresh and one.ours and post.reply_to and post.kind is PostKind.POST):
            continue
        if not await _was_known(writer, one, str(post.reply_to)):
            answered.append((one.account, str(post.reply_to)))
    moved = await _move(writer, answered, Move.ANSWERED, now, ANSWERED)
    await writer.many(
        "UPDATE outbox SET state = 'sent', changed_at = ? WHERE item_account = ? AND item = ? "
        f"AND {IN_OUTBOX} AND state = 'handed off' AND kind = 'reply'",
        ((moment(now), *place) for place in answered),
    )
    return moved


async def _was_known(writer: Writer, one: Arrived, item: str) -> bool:
    """Whether what was decided about an item came after this answer of ours, or the outbox sent it."""
    post = one.stored.post
    return await writer.row(
        "SELECT 1 FROM triage_log WHERE account = ? AND item = ? AND at > ? "
        "AND (undoes IS NOT NULL OR move IN ('snooze', 'wait', 'reopen', 'let in')) "
        "UNION ALL SELECT 1 FROM outbox WHERE account = ? AND target = ? AND state = 'sent' AND result = ?",
        (one.account, item, moment(post.created_at), one.account, item, post.ref.id),
    ) is not None  # fmt: skip


async def _threads(writer: Writer, account: str, arrived: Sequence[Arrived]) -> list[_Thread]:
    """The threads in which others wrote something new and an account has decided something before."""
    threads: dict[tuple[str, str], _Thread] = {}
    for one in arrived:
        post = one.stored.post
        if one.account != account or not one.fresh or one.ours or one.hidden:
            continue
        if post.kind is PostKind.POST and post.conversation:
            threads.setdefault((post.ref.server, post.conversation), _Thread()).new.append(one)
    places = list(threads)
    for start in range(0, len(places), _PART):
        part = places[start : start + _PART]
        rows = await writer.rows(
            f"WITH wanted (server, thread) AS (VALUES {pairs(len(part))}) "
            'SELECT t.state, t.until, t.how, t."offset", w.server, w.thread, t.item, p.author, p.key '
            "FROM wanted w CROSS JOIN posts p ON p.conversation = w.thread AND p.server = w.server "
            "CROSS JOIN triage t ON t.account = ? AND t.item = p.server || ' ' || p.id "
            "WHERE p.kind = 'post' AND (t.state <> 'open' OR t.how <> '')",
            [*(value for place in part for value in place), account],
        )
        for row in rows:
            threads[row[4], row[5]].members.append(_Member(row[6], triage_from(row), row[7], row[8]))
    return [thread for thread in threads.values() if thread.members]


async def _goes_on(writer: Writer, account: str, thread: _Thread, now: datetime) -> list[str]:
    """A thread goes on in which something was decided.

    In a muted one all that is new is done. Otherwise what waits for the author of something new comes back, and
    with something addressed to us what is snoozed. What is done stays so: the new post stands for the thread, and
    says why it is there.
    """
    fresh = {one.item: one for one in thread.new if one.state == Triage()}
    if await _muted(writer, account, thread.members):
        return await _move(writer, [(account, item) for item in fresh], Move.FINISH, now, IN_MUTED)
    moved: list[str] = []
    # What was decided before it came was known: it was in a database that was damaged.
    new = [one for one in thread.new if one.state.state in (TriageState.OPEN, TriageState.SCREENED)]
    for member in thread.members:
        if one := await _brings_back(writer, account, member, new):
            same, ours = one.author == member.author, one.us == member.author
            reason = activity(member.triage, same_person=same, ours=ours)
            moved += await _move(writer, [(account, member.item)], Move.ACTIVITY, now, reason)
    for item, one in fresh.items():
        before = [member for member in thread.members if member.key < one.stored.key]
        if before and towards_us(one):
            decided = [(member.triage, member.author == one.author) for member in before]
            reason = joined(decided, to_us=_to_us(one.stored.post, one.us))
            moved += await _move(writer, [(account, item)], Move.ACTIVITY, now, reason)
    return moved


async def _muted(writer: Writer, account: str, members: Sequence[_Member]) -> bool:
    """Whether the conversation was muted on one of these posts: until that is taken back, or the post reopened."""
    for start in range(0, len(members), _PART):
        items = [member.item for member in members[start : start + _PART]]
        row = await writer.row(
            f"SELECT 1 FROM triage_log l WHERE l.account = ? AND l.item IN ({marks(len(items))}) "
            f"AND l.move = 'finish' AND l.after_how = ? AND {STANDING.format('l')} "
            "AND NOT EXISTS (SELECT 1 FROM triage_log n WHERE n.account = l.account AND n.item = l.item "
            f"AND n.id > l.id AND n.move = 'reopen' AND {STANDING.format('n')}) LIMIT 1",
            (account, *items, CONVERSATION_MUTED),
        )
        if row is not None:
            return True
    return False


async def _brings_back(writer: Writer, account: str, member: _Member, new: Iterable[Arrived]) -> Arrived | None:
    """What of the new posts reopens something that waits or was put off; None if nothing does.

    A wait ends with a post by the person waited for (after a question of our own: by anybody), seen wherever, if
    it is addressed to us or was written since.
    """
    put_off = member.triage.state in (TriageState.WAITING, TriageState.SNOOZED)
    if not put_off and not (member.triage.state is TriageState.OPEN and silent(member.triage.how)):
        return None
    began = await since(writer, (account, member.item), member.triage)
    for one in new:
        if one.stored.key <= member.key:
            continue
        if member.triage.state is TriageState.SNOOZED:
            if towards_us(one):
                return one
        elif member.author in (one.author, one.us) and (
            towards_us(one) or began is None or one.stored.post.created_at >= began
        ):
            return one
    return None


async def _move(
    writer: Writer, places: Sequence[tuple[str, str]], move: Move, now: datetime, act: str
) -> list[str]:
    return [line.item for line in await apply_moves(writer, places, move, now, act=act)]
