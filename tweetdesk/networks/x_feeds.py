"""What is new on X: mentions, home timeline, a list, a person's posts, hashtags and searches, read after a cursor.

Our cursor is a JSON object: the newest id seen and when it was written (`since`, `at`); for what must not be
missed the ids between which posts are still to be read (`rest`); for lists, which cannot be asked for news only,
the ids of the newest (`seen`).
Sources: docs.x.com, timelines, recent search, list posts lookup; the OpenAPI documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import BudgetReached, Fetched, Page, Refused
from tweetdesk.networks.http import Params
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.x_query import DAYS, hashtag, query
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_wire import NAME, Answer, WirePost, all_of, first_id, is_id, newest

#: Posts in the first page ever and in later ones; ids kept in a list's cursor.
FIRST, LATER, KEPT_KEYS = 20, 50, 100
#: Posts in a page and pages that are read in one go of what must not be missed.
MOST, PAGES = 100, 3
#: How many posts of a list are asked for in turn, until one is known: each is paid for, also those that are known.
LIST_STEPS = (5, 20, 50)
#: Recent search takes no id from before this (X counts seven days).
_REACH = timedelta(days=DAYS) - timedelta(hours=1)
#: How far this machine's clock may be ahead of X's.
_APART = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a source is asked for: path, parameters, rate limit, price, and the smallest page that there is.

    `fills`: nothing may be missed, so what was not read now is read later. `parents`: what is answered is wanted
    too. `searched`: ids that are older than a week are not taken.
    """

    path: str
    group: str
    least: int
    params: tuple[tuple[str, str], ...] = ()
    price: str = "post"
    fills: bool = False
    parents: bool = False
    searched: bool = False
    note: str = ""
    scopes: str = "tweet.read users.read"


@dataclass(slots=True)
class _Read:
    """What has been read of a source."""

    wires: list[WirePost] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    unreadable: int = 0
    more: bool = False

    def take(self, answer: Answer) -> list[WirePost]:
        """Take the posts of an answer."""
        found, broken = all_of(answer.entries(), WirePost)
        self.answers.append(answer)
        self.wires += found
        self.unreadable += broken
        return found


async def fetch(reading: Reading, source: Source, cursor: str) -> Page:
    """What is new in a source of posts since the cursor. Raises NetworkError; ValueError for another kind."""
    await reading.remember()
    before = dict(reading.own_posts)
    kind = _kind(reading, source)
    if kind is None:
        return Page(cursor=cursor)
    if source.kind == "list":
        read, after = await _read_list(reading, kind, _object(cursor))
    else:
        read, after = await _read_new(reading, kind, _object(cursor))
    posts, broken, context = await reading.complete(read.wires, read.answers, parents=kind.parents)
    await _learn_roots(reading, posts.values())
    entries = [_entry(reading, source.kind, wire, posts) for wire in read.wires if wire.id in posts]
    await reading.note_own(before)
    return Page(
        posts=tuple({(str(one.post.ref), one.reposted_by): one for one in entries}.values()),
        cursor=json.dumps(after, separators=(",", ":")),
        gap=read.more and not after.get("rest"),
        unreadable=read.unreadable + broken,
        people=reading.newly_met(),
        note=kind.note,
        context=context,
    )


def _kind(reading: Reading, source: Source) -> _Kind | None:
    """How to ask for a source; None for one that cannot hold anything (a search without words)."""
    own = reading.session.own
    match source.kind:
        case "mentions":
            return _Kind(f"/2/users/{own}/mentions", "mentions", 5, price="owned", fills=True, parents=True)
        case "home":
            return _Kind(f"/2/users/{own}/timelines/reverse_chronological", "home", 1)
        case "list":
            scopes = "list.read tweet.read users.read"
            return _Kind(f"/2/lists/{_id(source.words)}/tweets", "list", 1, scopes=scopes)
        case "person":
            if source.words == own:
                return _Kind(f"/2/users/{own}/tweets", "person", 5, price="owned", fills=True)
            return _Kind(f"/2/users/{_id(source.words)}/tweets", "person", 5)
        case "search" | "hashtag":
            asked = query(source.words) if source.kind == "search" else hashtag(source.words)
            params = (("query", asked), ("sort_order", "recency"))
            note = "X searches the last seven days"
            return (
                _Kind("/2/tweets/search/recent", "search", 10, params, searched=True, note=note) if asked else None
            )
        case _:
            raise ValueError(f"X has no source of the kind {source.kind!r}")


def _id(words: str) -> str:
    """An id that goes into a path. Raises Refused for what is none."""
    if not is_id(words.strip()):
        raise Refused(f"“{words.strip()[:40]}” is no id of X: choose the list or the person again.", "id")
    return words.strip()


# --- what can be asked for since an id ---------------------------------------------------------------------------


async def _read_new(reading: Reading, kind: _Kind, cursor: dict[str, Any]) -> tuple[_Read, dict[str, Any]]:
    """What is new since the cursor, and what was left over the last time; the cursor after it."""
    read = _Read()
    since, at = _since(cursor), _at(cursor)
    first = not since
    if kind.searched and at is not None and reading.session.clock() - at > _REACH:
        since, read.more = "", not first
    size = FIRST if not since else MOST if kind.fills else LATER
    oldest, more = await _pages(reading, kind, read, since, "", size, PAGES if since and kind.fills else 1)
    read.more = read.more or (more and not first)
    rest = [since, oldest] if more and since and oldest and kind.fills else None
    if rest is None and (left := _rest(cursor)):
        rest = await _fill(reading, kind, read, left)
    after: dict[str, Any] = {"since": newest([*(wire.id for wire in read.wires), _since(cursor)])}
    if not after["since"]:  # nothing yet: from now on nothing is to be missed
        after["since"] = first_id(reading.session.clock() - _APART)
    latest = next((wire for wire in read.wires if wire.id == after["since"]), None)
    try:
        after["at"] = (latest.moment if latest else at or reading.session.clock()).isoformat()
    except Unreadable:
        after["at"] = reading.session.clock().isoformat()
    return read, {**after, "rest": rest} if rest else after


async def _fill(reading: Reading, kind: _Kind, read: _Read, left: list[str]) -> list[str] | None:
    """Read on where the last fetch had to stop; what is still left."""
    try:
        oldest, more = await _pages(reading, kind, read, left[0], left[1], MOST, PAGES)
    except BudgetReached:
        return left
    return [left[0], oldest] if more and oldest else None


async def _pages(
    reading: Reading, kind: _Kind, read: _Read, since: str, until: str, size: int, pages: int
) -> tuple[str, bool]:
    """Read pages from the newest on; the oldest id that was read, and whether there is more before it."""
    oldest, token = until, ""
    for number in range(pages):
        try:
            size = reading.bill.affordable(size, kind.least, _each(reading, kind))
        except BudgetReached:
            if number == 0:
                raise
            return oldest, True
        params = [("max_results", str(max(size, kind.least))), *kind.params]
        params += [(name, value) for name, value in (("since_id", since), ("until_id", until)) if value]
        params += [(_token_name(kind), token)] if token else []
        answer = await _ask(reading, kind, params)
        found = read.take(answer)
        oldest = min((wire.id for wire in found if is_id(wire.id)), key=int, default=oldest)
        token = answer.meta.next_token
        if not token:
            return oldest, False
    return oldest, True


async def _ask(reading: Reading, kind: _Kind, params: Params) -> Answer:
    asked = [*params, *reading.fields.posts()]
    return await reading.ask(kind.path, asked, group=kind.group, kind=kind.price, scopes=kind.scopes)


def _token_name(kind: _Kind) -> str:
    return "next_token" if kind.searched else "pagination_token"


def _each(reading: Reading, kind: _Kind) -> int:
    """The most that a post of such a page can cost, with its author and what the answer brings along."""
    price, fields = reading.bill.price, reading.fields
    each = price(kind.price) + (0 if kind.group == "person" else price("user"))
    if fields.includes_authors:
        each += price("user") + 2 * price("post")
    return each + (5 * price("media") if fields.media else 0)


# --- lists -------------------------------------------------------------------------------------------------------


async def _read_list(reading: Reading, kind: _Kind, cursor: dict[str, Any]) -> tuple[_Read, dict[str, Any]]:
    """The newest of a list until one is known: few at first, since those that are known cost as much."""
    read, token = _Read(), ""
    seen = [one for one in cursor.get("seen") or () if isinstance(one, str)]
    for size in LIST_STEPS if seen else (FIRST,):
        size = reading.bill.affordable(size, 1, _each(reading, kind)) if not read.wires else size
        params = [("max_results", str(size)), *([("pagination_token", token)] if token else [])]
        answer = await _ask(reading, kind, params)
        found, token = read.take(answer), answer.meta.next_token
        if not token or any(wire.id in seen for wire in found):
            break
    else:
        read.more = bool(seen)
    read.wires = [wire for wire in read.wires if wire.id not in seen]
    keys = dict.fromkeys([*(wire.id for wire in read.wires), *seen])
    return read, {"seen": list(keys)[:KEPT_KEYS]}


# --- entries -----------------------------------------------------------------------------------------------------


def _entry(reading: Reading, kind: str, wire: WirePost, posts: dict[str, Post]) -> Fetched:
    """A post as its source gives it; a repost is the post that is repeated, at the time at which it was."""
    made = posts[wire.id]
    if (original := reading.known.posts.get(wire.reference("retweeted"))) is not None:
        return Fetched(original, wire.moment, (), made.author)
    return Fetched(made, made.created_at, _why(reading, wire, made) if kind == "mentions" else ())


def _why(reading: Reading, wire: WirePost, made: Post) -> tuple[str, ...]:
    own = reading.session.own
    if wire.in_reply_to_user_id == own or (made.parent and made.parent.author and made.parent.author.id == own):
        return ("replies to you",)
    if made.quote and made.quote.author and made.quote.author.id == own:
        return ("quotes you",)
    return ("mentions you",)


async def _learn_roots(reading: Reading, posts: Iterable[Post]) -> None:
    """Learn from the shelf which of these conversations are ours: what is ours may be answered and hidden."""
    roots = {post.reply_root.id for post in posts if post.reply_root} - reading.known.posts.keys()
    if roots:
        reading.keep((await reading.shelf.posts([PostRef(NAME, one) for one in roots])).values())


# --- cursors -----------------------------------------------------------------------------------------------------


def _object(cursor: str) -> dict[str, Any]:
    """A cursor's object; a cursor that makes no sense is as good as none."""
    try:
        found: Any = json.loads(cursor)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _since(cursor: dict[str, Any]) -> str:
    found = cursor.get("since")
    return found if isinstance(found, str) and is_id(found) else ""


def _at(cursor: dict[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(cursor.get("at", ""))
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _rest(cursor: dict[str, Any]) -> list[str] | None:
    found = cursor.get("rest")
    usable = (
        isinstance(found, list) and len(found) == 2 and all(isinstance(one, str) and is_id(one) for one in found)
    )
    return found if usable else None
