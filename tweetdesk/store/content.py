"""The posts themselves: keeping, finding and removing their content, whichever source they came from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, Viewer
from tweetdesk.store.codec import SEQUENCE_MASK, clean, decode_post, encoded, findable, first_key, pairs
from tweetdesk.store.database import Writer
from tweetdesk.store.people import keep_identities

_PART = 400


@dataclass(slots=True)
class Stored:
    """A post within the transaction: its row, and whether the row is new or its content changed."""

    post: Post
    key: int
    new: bool = False
    changed: bool = False


def item_of(post: Post) -> str:
    """The item that a post belongs to: itself, or its direct message conversation."""
    return conversation_item(post.conversation) if post.kind is PostKind.MESSAGE else str(post.ref)


async def store_posts(writer: Writer, account: str, posts: Iterable[Post]) -> dict[PostRef, Stored]:
    """Keep posts (new, or changed since); returns them by reference. The last of doubles counts."""
    wanted = {post.ref: post for post in map(clean, posts)}
    stored = await _known(writer, wanted)
    fresh = [post for ref, post in wanted.items() if ref not in stored]
    keys = await _free_keys(writer, fresh)
    for post, key in zip(fresh, keys, strict=True):
        stored[post.ref] = Stored(post, key, new=True)
    await writer.many(
        "INSERT INTO posts (key, server, id, kind, network, author, conversation, seen_by, words, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (key, post.ref.server, post.ref.id, post.kind.value, post.author.network, post.author.id,
             post.conversation, account, _findable(post), _body(post))
            for post, key in zip(fresh, keys, strict=True)
        ),
    )  # fmt: skip
    await writer.many(
        "UPDATE posts SET kind = ?, author = ?, conversation = ?, words = ?, body = ? WHERE key = ?",
        (
            (one.post.kind.value, one.post.author.id, one.post.conversation, _findable(one.post), _body(one.post),
             one.key)
            for one in stored.values()
            if one.changed
        ),
    )  # fmt: skip
    await keep_views(writer, ((account, stored[ref].key, post.viewer) for ref, post in wanted.items()))
    await keep_identities(writer, (who for post in wanted.values() for who in _people_in(post)))
    return stored


async def _known(writer: Writer, wanted: dict[PostRef, Post]) -> dict[PostRef, Stored]:
    stored: dict[PostRef, Stored] = {}
    refs = list(wanted)
    for start in range(0, len(refs), _PART):
        part = refs[start : start + _PART]
        rows = await writer.rows(
            f"WITH wanted (server, id) AS (VALUES {pairs(len(part))}) SELECT p.key, p.body FROM wanted w "
            "CROSS JOIN posts p ON p.server = w.server AND p.id = w.id",
            [value for ref in part for value in (ref.server, ref.id)],
        )
        for key, body in rows:
            before = decode_post(body)
            post = _merged(before, wanted[before.ref])
            stored[post.ref] = Stored(post, key, changed=_body(post) != body)
    return stored


def _merged(before: Post, after: Post) -> Post:
    """The newer content, with what a poorer answer left out kept from the one before."""
    return replace(
        after,
        reply_count=before.reply_count if after.reply_count is None else after.reply_count,
        parent=before.parent if after.parent is None and after.reply_to == before.reply_to else after.parent,
        conversation=after.conversation or before.conversation,
    )


async def _free_keys(writer: Writer, posts: Sequence[Post]) -> list[int]:
    """A free key for each new post: the first of its millisecond that nobody has."""
    firsts = sorted({first_key(post.created_at) for post in posts})
    taken: dict[int, int] = {}
    for start in range(0, len(firsts), _PART):
        part = firsts[start : start + _PART]
        rows = await writer.rows(
            f"WITH wanted (first) AS (VALUES {','.join(['(?)'] * len(part))}) SELECT w.first, "
            f"(SELECT max(key) FROM posts WHERE key BETWEEN w.first AND w.first + {SEQUENCE_MASK}) FROM wanted w",
            part,
        )
        taken.update({first: first - 1 if newest is None else newest for first, newest in rows})
    keys = []
    for post in posts:
        first = first_key(post.created_at)
        taken[first] += 1
        keys.append(taken[first])
    return keys


def _body(post: Post) -> str:
    return encoded(replace(post, viewer=Viewer()))


def _findable(post: Post) -> str:
    described = (media.alt for media in post.media)
    card = (post.card.title, post.card.description) if post.card else ()
    quote = (post.quote.text,) if post.quote else ()
    return findable((post.text, post.author.name, post.author.handle, post.warning, *described, *card, *quote))


def _people_in(post: Post) -> list[Identity]:
    excerpts = [excerpt.author for excerpt in (post.parent, post.quote) if excerpt and excerpt.author]
    return [*excerpts, post.author]


async def keep_views(writer: Writer, views: Iterable[tuple[str, int, Viewer]]) -> None:
    """Keep what accounts have done to posts (account, post row, viewer)."""
    listed = list(views)
    nothing = Viewer()
    await writer.many(
        "DELETE FROM views WHERE post = ? AND account = ?",
        ((key, account) for account, key, viewer in listed if viewer == nothing),
    )
    await writer.many(
        "INSERT INTO views (account, post, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        ((account, key, encoded(viewer)) for account, key, viewer in listed if viewer != nothing),
    )


async def remove_posts(writer: Writer, gone: Iterable[PostRef]) -> list[str]:
    """Take posts out of everything but the history; returns the items that they belonged to."""
    items: list[str] = []
    for ref in dict.fromkeys(gone):
        rows = await writer.rows(
            "DELETE FROM posts WHERE server = ? AND id = ? RETURNING kind, conversation", (ref.server, ref.id)
        )
        items.extend(
            conversation_item(conversation) if kind == PostKind.MESSAGE else str(ref)
            for kind, conversation in rows
        )
    return items
