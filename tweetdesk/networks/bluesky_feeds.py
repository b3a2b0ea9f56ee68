"""What is new on Bluesky: mentions, home timeline, search and a person's posts, read after a cursor.

The network's own cursors go to older entries only. Ours is a JSON object with the keys of the newest entries seen:
pages are read from the newest until one holds a known key.
Sources: lexicons app.bsky.notification.listNotifications, app.bsky.feed.getTimeline, searchPosts, getAuthorFeed,
getPosts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from tweetdesk.domain.people import Profile
from tweetdesk.domain.posts import Excerpt, Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Fetched, NamedList, NotThere, Page, Refused, ServerTrouble
from tweetdesk.networks.bluesky_records import (
    Json,
    Unreadable,
    decode,
    entry,
    excerpt,
    excerpt_of,
    identity,
    inner,
    moment,
    post,
    profile,
    words,
)
from tweetdesk.networks.bluesky_session import Session

#: Entries in the first page ever and in later pages; pages read; keys kept in a cursor; posts asked for at once.
FIRST_LIMIT, LIMIT, MOST_PAGES, KEPT_KEYS, POSTS_AT_ONCE = 100, 50, 5, 100, 25

_GONE = {
    "list": "This list does not exist (any more).",
    "person": "This person is not on Bluesky (any more).",
}
_REASONS = {"mention": "mentions you", "reply": "replies to you", "quote": "quotes you"}


class _Batch(msgspec.Struct):
    """A page of any of the four: each entry is decoded by itself, so that one that is broken is only left out."""

    notifications: list[msgspec.Raw] | None = None
    feed: list[msgspec.Raw] | None = None
    posts: list[msgspec.Raw] | None = None
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a page: its key, what it is, and the people in it."""

    key: str
    fetched: Fetched
    people: tuple[Profile, ...] = ()


@dataclass(slots=True)
class _Read:
    """What has been read of a source."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    gap: bool = False
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class _Kind:
    """How a source is asked for: the method, its parameters, the name of the list in the answer, its reader."""

    method: str
    params: tuple[tuple[str, str], ...]
    name: str
    read: Callable[[Json], _Entry]


async def fetch(session: Session, source: Source, cursor: str) -> Page:
    """What is new in a source of posts since the cursor. Raises NetworkError; ValueError for another kind."""
    kind = _kind(session, source)
    if kind is None:
        return Page(cursor=cursor)
    seen = _seen(cursor)
    try:
        read = await _read_new(session, kind, seen)
    except NotThere:
        if source.kind not in _GONE:
            raise
        raise NotThere(_GONE[source.kind], "NotFound") from None
    if source.kind in ("mentions", "search", "hashtag"):
        await _complete(session, read, whole=source.kind == "mentions")
    if not read.entries:
        return Page(cursor=cursor or _cursor([]), gap=read.gap, unreadable=read.unreadable)
    people = {one.identity.id: one for found in read.entries.values() for one in found.people}
    return Page(
        posts=tuple(found.fetched for found in read.entries.values()),
        cursor=_cursor([*read.entries, *(seen or ())]),
        gap=read.gap,
        unreadable=read.unreadable,
        people=tuple(people.values()),
    )


async def lists(session: Session) -> tuple[NamedList, ...]:
    """The lists of people that the account has made (app.bsky.graph.getLists, purpose curatelist)."""
    body = await session.get("app.bsky.graph.getLists", [("actor", session.did), ("limit", "100")])
    found = decode(body, dict[str, Any]).get("lists")
    return tuple(
        NamedList(one["uri"], one["name"])
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict) and isinstance(one.get("uri"), str) and isinstance(one.get("name"), str)
        if one.get("purpose") != "app.bsky.graph.defs#modlist"
    )


def _kind(session: Session, source: Source) -> _Kind | None:
    """How to ask for a source; None for one that cannot hold anything (a search without words)."""
    match source.kind:
        case "mentions":
            reasons = tuple(("reasons", reason) for reason in _REASONS)
            return _Kind(
                "app.bsky.notification.listNotifications",
                reasons,
                "notifications",
                lambda view: _notification(view, session.did),
            )
        case "home":
            return _Kind("app.bsky.feed.getTimeline", (), "feed", _feed_entry)
        case "search":
            params = (("q", source.words.strip()), ("sort", "latest"))
            return _Kind("app.bsky.feed.searchPosts", params, "posts", _found) if source.words.strip() else None
        case "list":
            return _Kind("app.bsky.feed.getListFeed", (("list", source.words),), "feed", _feed_entry)
        case "hashtag":
            tag = source.words.strip().lstrip("#")
            tagged = (("q", f"#{tag}"), ("tag", tag), ("sort", "latest"))
            return _Kind("app.bsky.feed.searchPosts", tagged, "posts", _found) if tag else None
        case "person":
            # Of our own posts the answers are wanted too: they tell what was answered elsewhere.
            ours = source.words == session.did
            chosen = "posts_with_replies" if ours else "posts_and_author_threads"
            params = (("actor", source.words), ("filter", chosen))
            return _Kind("app.bsky.feed.getAuthorFeed", params, "feed", _feed_entry) if source.words else None
        case _:
            raise ValueError(f"Bluesky has no source of the kind {source.kind!r}")


async def _read_new(session: Session, kind: _Kind, seen: list[str] | None) -> _Read:
    """Pages from the newest on, until one holds an entry that is known."""
    first, read, known, older = seen is None, _Read(), set(seen or ()), ""
    for number in range(1 if first else MOST_PAGES):
        limit = FIRST_LIMIT if first else LIMIT
        params = [("limit", str(limit)), *kind.params, *([("cursor", older)] if older else [])]
        try:
            batch = decode(await session.get(kind.method, params), _Batch)
        except ServerTrouble:
            if number == 0:
                raise
            read.gap = True  # a cursor that the server does not take: it answers 502
            return read
        older = batch.cursor or ""
        if _take(read, kind, batch, known) or not older:
            return read
    read.gap = not first
    return read


def _take(read: _Read, kind: _Kind, batch: _Batch, known: set[str]) -> bool:
    """Take the new entries of a page; whether there was a known one."""
    raws = getattr(batch, kind.name)
    if raws is None:
        raise ServerTrouble("The server left out what it was asked for; it will be asked again later.")
    met = False
    for raw in raws:
        try:
            found = kind.read(entry(raw))
        except Unreadable:
            read.unreadable += 1
            continue
        if found.key in known:
            met = True
        elif found.key in read.entries:  # two reasons for one post
            before = read.entries[found.key]
            why = tuple(dict.fromkeys((*before.fetched.why, *found.fetched.why)))
            read.entries[found.key] = replace(before, fetched=replace(before.fetched, why=why))
        else:
            read.entries[found.key] = found
    return met


# --- entries -----------------------------------------------------------------------------------------------------


def _people(*views: object) -> tuple[Profile, ...]:
    return tuple(profile(view) for view in views if isinstance(view, Mapping) and inner(view, "viewer"))


def _notification(view: Json, own: str) -> _Entry:
    """An entry of listNotifications: the post itself without embed and viewer, and the reason."""
    made = post(view)
    reason = words(view, "reason")
    why = [_REASONS.get(reason, reason)] if reason else []
    if made.reply_to is not None:
        answers_us = made.reply_to.id.startswith(f"at://{own}/")
        if reason == "reply" and not answers_us:  # further down in a conversation that is ours
            why = ["answers in your conversation"]
        elif reason == "mention" and answers_us:  # the network gives one reason only
            why = [_REASONS["reply"], *why]
    return _Entry(made.ref.id, Fetched(made, made.created_at, tuple(why)), _people(view.get("author")))


def _feed_entry(view: Json) -> _Entry:
    """An entry of a timeline: a post, what it answers, and who reposted it. One entry is (uri, reposted by)."""
    parent = inner(view, "reply", "parent")
    made = post(inner(view, "post"), excerpt(parent) if parent else None)
    author, reason = inner(view, "post", "author"), inner(view, "reason")
    if words(reason, "$type") != "app.bsky.feed.defs#reasonRepost":
        return _Entry(made.ref.id, Fetched(made, made.created_at), _people(author))
    by = identity(reason.get("by"))
    at = moment(reason.get("indexedAt")) or made.created_at
    return _Entry(f"{made.ref.id} {by.id}", Fetched(made, at, (), by), _people(author, reason.get("by")))


def _found(view: Json) -> _Entry:
    """An entry of a search: a post."""
    made = post(view)
    return _Entry(made.ref.id, Fetched(made, made.created_at), _people(view.get("author")))


# --- what notifications and searches leave out -------------------------------------------------------------------


async def _complete(session: Session, read: _Read, *, whole: bool) -> None:
    """Put in what posts answer; and for notifications (`whole`) embeds, our likes and closed replies."""
    wanted = dict.fromkeys(read.entries) if whole else {}
    for found in read.entries.values():
        if found.fetched.post.reply_to is not None:
            wanted[found.fetched.post.reply_to.id] = None
    try:
        views = await posts_by_uri(session, wanted)
    except (ServerTrouble, Refused):
        return  # the notifications themselves say enough to be shown
    for key, found in read.entries.items():
        made = views.get(key, found.fetched.post)
        if made.reply_to is not None:
            above = views.get(made.reply_to.id)
            parent = excerpt_of(above) if above else Excerpt(made.reply_to, missing="deleted or blocked")
            made = replace(made, parent=parent)
        read.entries[key] = replace(found, fetched=replace(found.fetched, post=made))


async def posts_by_uri(session: Session, uris: Iterable[str]) -> dict[str, Post]:
    """Posts as they are now; those that are gone or unreadable are left out. Raises NetworkError."""
    wanted, found = list(uris), dict[str, Post]()
    for start in range(0, len(wanted), POSTS_AT_ONCE):
        params = [("uris", uri) for uri in wanted[start : start + POSTS_AT_ONCE]]
        batch = decode(await session.get("app.bsky.feed.getPosts", params), _Batch)
        for raw in batch.posts or ():
            try:
                made = post(entry(raw))
            except Unreadable:
                continue
            found[made.ref.id] = made
    return found


# --- cursors -----------------------------------------------------------------------------------------------------


def _cursor(keys: list[str]) -> str:
    return json.dumps({"seen": list(dict.fromkeys(keys))[:KEPT_KEYS]}, separators=(",", ":"))


def _seen(cursor: str) -> list[str] | None:
    """The keys in a cursor; None for the first time (a cursor that makes no sense is as good as none)."""
    try:
        found: Any = json.loads(cursor)
    except ValueError:
        return None
    keys = found.get("seen") if isinstance(found, dict) else None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else None
