"""Conversations on X: what the shelf has, and what recent search finds since the conversation was last opened.

Source: docs.x.com, conversation id; recent search.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tweetdesk.domain.posts import Excerpt, Post, PostRef
from tweetdesk.networks.base import BudgetReached, NotThere, Thread, ThreadPost
from tweetdesk.networks.x_query import DAYS
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_wire import NAME, WirePost, all_of, is_id, newest

#: Posts of a conversation that are read the first time, and later; how many above a post are looked up.
FIRST, LATER, ABOVE = 50, 50, 10
_REACH = timedelta(days=DAYS) - timedelta(hours=1)


async def thread(reading: Reading, ref: PostRef) -> Thread:
    """The conversation around a post. Raises NotThere."""
    await reading.remember()
    before = dict(reading.own_posts)
    focal = await _focal(reading, ref)
    conversation = focal.conversation or focal.ref.id
    known = {post.ref.id: post for post in await reading.shelf.conversation(NAME, conversation)}
    known |= {post.ref.id: post for post in reading.known.posts.values() if post.conversation == conversation}
    known[focal.ref.id] = focal
    note = ""
    try:
        more = await _search(reading, conversation, known)
    except BudgetReached as error:
        more, note = False, str(error)
    await _above(reading, known, conversation)
    if more:
        note = "More was answered than is read here: the page on x.com has all of it."
    await reading.note_own(before)
    return Thread(tuple(_ordered(known, conversation, note)))


async def _focal(reading: Reading, ref: PostRef) -> Post:
    if not is_id(ref.id):
        raise NotThere("This is no post of X.", "not-found")
    if ref.id not in reading.known.posts:
        await _fetch(reading, [ref.id])
    found = reading.known.posts.get(ref.id)
    if found is None:
        why = reading.known.missing.get(ref.id, "deleted")
        raise NotThere(f"This post cannot be read on X: {why}.", "not-found")
    return found


async def _fetch(reading: Reading, ids: list[str]) -> None:
    """Make posts known by id: from the shelf where it has them."""
    reading.keep((await reading.shelf.posts([PostRef(NAME, one) for one in ids])).values())
    wanted = [one for one in ids if one not in reading.known.posts]
    if wanted:
        price = reading.bill.price
        reading.bill.affordable(len(wanted), len(wanted), price("post") + price("user"))
        await reading.complete(await reading.look_up(wanted), (), parents=False)


async def _search(reading: Reading, conversation: str, known: dict[str, Post]) -> bool:
    """Put in what was said in a conversation since it was last opened; whether there is more than was read."""
    key, now = f"thread {conversation}", reading.session.clock()
    since, at, count = _noted(await reading.shelf.note(key))
    if count > len(known):
        since = ""  # what was read the last time is not there any more
    if at is None or now - at > _REACH:
        since = ""
    price = reading.bill.price
    size = reading.bill.affordable(LATER if since else FIRST, 10, price("post") + price("user"))
    params = [("query", f"conversation_id:{conversation}"), ("max_results", str(size))]
    params += [("since_id", since)] if since else []
    answer = await reading.ask(
        "/2/tweets/search/recent", [*params, *reading.fields.posts()], group="search", kind="post"
    )
    wires = all_of(answer.entries(), WirePost)[0]
    made, _, _ = await reading.complete(wires, [answer], parents=False)
    known.update(made)
    latest = newest([since, *made]) or newest(known)
    written = next((post.created_at for post in made.values() if post.ref.id == latest), at or now)
    kept = {"since": latest, "at": written.isoformat(), "count": len(known)}
    await reading.shelf.set_note(key, json.dumps(kept, separators=(",", ":")))
    return bool(answer.meta.next_token)


async def _above(reading: Reading, known: dict[str, Post], conversation: str) -> None:
    """Put in what is answered and not there yet, up to the first post, as far as the money goes."""
    try:
        for _ in range(ABOVE):
            wanted = {post.reply_to.id for post in known.values() if post.reply_to} | {conversation}
            wanted -= {one for one in wanted if one in known or one in reading.known.missing or not is_id(one)}
            if not wanted:
                return
            await _fetch(reading, sorted(wanted)[:20])
            found = {one: reading.known.posts[one] for one in wanted if one in reading.known.posts}
            if not found:
                return
            known.update(found)
    except BudgetReached:
        return


def _ordered(known: dict[str, Post], conversation: str, note: str) -> Iterable[ThreadPost]:
    """Every post once, each answer below what it answers, the oldest first."""
    children: dict[str, list[Post]] = {}
    for post in sorted(known.values(), key=lambda one: (one.created_at, one.ref.id)):
        above = post.reply_to.id if post.reply_to else ""
        if post.ref.id == conversation:
            above = ""
        elif above not in known and conversation in known:
            above = conversation
        children.setdefault(above if above in known else "", []).append(post)

    stack: list[tuple[int, Post, Post | None]] = [(0, post, None) for post in reversed(children.get("", []))]
    seen: set[str] = set()
    while stack:
        depth, post, before = stack.pop()
        if post.ref.id in seen:
            continue
        seen.add(post.ref.id)
        yield ThreadPost(depth, _below(post, before), post.ref)
        stack += [(depth + 1, child, post) for child in reversed(children.get(post.ref.id, []))]
    for post in known.values():
        if post.ref.id not in seen:  # a made-up circle of answers has no beginning
            yield ThreadPost(0, post, post.ref)
    if note:
        yield ThreadPost(1, missing=note)


def _below(post: Post, before: Post | None) -> Post:
    """A post that knows what it answers, where that stands above it."""
    if before is None or post.reply_to != before.ref or (post.parent and post.parent.text):
        return post
    return replace(post, parent=Excerpt(before.ref, before.author, before.text))


def _noted(note: str) -> tuple[str, datetime | None, int]:
    """Since which id, of when, with how many posts known; nothing for a note that makes no sense."""
    try:
        found: Any = json.loads(note)
        at = datetime.fromisoformat(found["at"])
        since, count = found["since"], found["count"]
    except (ValueError, TypeError, KeyError):
        return "", None, 0
    usable = isinstance(since, str) and is_id(since) and isinstance(count, int) and at.tzinfo is not None
    return (since, at, count) if usable else ("", None, 0)
