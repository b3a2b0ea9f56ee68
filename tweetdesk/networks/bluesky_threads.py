"""A conversation on Bluesky in reading order: what came before, the post, and the answers below it.

Source: lexicon app.bsky.feed.getPostThread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.networks.base import NotThere, Thread, ThreadPost
from tweetdesk.networks.bluesky_records import (
    Json,
    Unreadable,
    decode,
    entry,
    excerpt,
    excerpt_of,
    inner,
    members,
    post,
)
from tweetdesk.networks.bluesky_session import Session

#: How far a conversation is read: answers below answers, and posts above.
DEPTH, PARENT_HEIGHT = 10, 80
_LATE = datetime.max.replace(tzinfo=UTC)


class _Answer(msgspec.Struct):
    thread: msgspec.Raw


async def thread(session: Session, ref: PostRef) -> Thread:
    """The conversation around a post. Raises NotThere, NetworkError."""
    params = [("uri", ref.id), ("depth", str(DEPTH)), ("parentHeight", str(PARENT_HEIGHT))]
    answer = decode(await session.get("app.bsky.feed.getPostThread", params), _Answer)
    try:
        view = entry(answer.thread)
    except Unreadable:
        view = {}
    if view.get("notFound") is True:
        raise NotThere("This post does not exist (any more).", "NotFound")
    return Thread(tuple(_in_order(view)))


def _in_order(focus: Json) -> Iterator[ThreadPost]:
    above, view = [focus], inner(focus, "parent")
    while view and len(above) <= PARENT_HEIGHT:
        above.append(view)
        view = inner(view, "parent")
    before: Post | None = None
    for depth, one in enumerate(reversed(above)):
        shown = _shown(one, depth, before)
        yield shown
        before = shown.post
    yield from _below(focus, len(above), before)


def _below(view: Json, depth: int, before: Post | None) -> Iterator[ThreadPost]:
    """The answers to a post, oldest first, each followed by its own."""
    if depth > PARENT_HEIGHT + DEPTH + 1:
        return
    views = [reply for reply in members(view, "replies") if isinstance(reply, dict)]
    pairs = [(reply, _shown(reply, depth, before)) for reply in views]
    for reply, shown in sorted(pairs, key=lambda pair: pair[1].post.created_at if pair[1].post else _LATE):
        yield shown
        yield from _below(reply, depth + 1, shown.post)


def _shown(view: Json, depth: int, before: Post | None) -> ThreadPost:
    """One place of a conversation: the post, or why it is not shown."""
    if "post" in view:
        try:
            made = post(inner(view, "post"))
        except Unreadable:
            return ThreadPost(depth, missing="cannot be shown")
        if before is not None and made.reply_to == before.ref:
            made = replace(made, parent=excerpt_of(before))
        return ThreadPost(depth, made, made.ref)
    known = excerpt(view)
    return ThreadPost(depth, ref=known.ref, missing=known.missing or "cannot be shown")
