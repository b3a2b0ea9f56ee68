"""Posts and messages as they were read: taking them in, and answering what columns, search and threads ask."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.items import Item, Rows, is_conversation
from tweetdesk.domain.muting import UNSPACED
from tweetdesk.domain.people import Profile
from tweetdesk.domain.posts import Post, PostRef, Viewer
from tweetdesk.domain.selections import Selection, Shows, Source
from tweetdesk.store.codec import clean, decode_post, pairs, storable
from tweetdesk.store.content import item_of, keep_views, remove_posts, store_posts
from tweetdesk.store.database import Row
from tweetdesk.store.hiding import Hiding
from tweetdesk.store.ingest import (
    Arrival,
    Ingested,
    own_arrivals,
    take_in,
)
from tweetdesk.store.item_rows import Place, grouped, item_from, items_from, joined
from tweetdesk.store.reading import (
    NEWEST_MESSAGES,
    Query,
    back_query,
    count_query,
    decided_query,
    found_query,
    is_one_source,
    item_query,
    items_query,
    keys_query,
    nowhere_query,
    public_query,
    standing_query,
)

__all__ = ["Arrival", "Ingested", "Posts"]

#: FTS5's tokenizer takes a whole run of such a script for one word.
_UNSPACED = re.compile(f"[{UNSPACED}]")
_WORD = re.compile(r"\w")

_PART = 400
#: The reasons of so many of the newest posts of a thread are told.
_TOLD = 50


class Posts(Hiding):
    """The cached posts of all sources. Nothing here asks a network."""

    async def ingest(
        self,
        source: Source,
        arrivals: Sequence[Arrival],
        *,
        cursor: str | None,
        people: Sequence[Profile] = (),
        gone: Sequence[PostRef] = (),
        also: Sequence[tuple[Source, Arrival]] = (),
        now: datetime,
    ) -> Ingested:
        """Take in what a source gave, all in one transaction with its cursor (None leaves the cursor).

        A crash in between leaves neither half, so that nothing is skipped: it is read again. `also` are arrivals
        in other sources that follow from this answer. Text with unpaired surrogates is stored with U+FFFD.
        """
        pairs_of = [*((source, arrival) for arrival in arrivals), *also]
        async with self._database.write() as writer:
            return await take_in(writer, source, pairs_of, cursor=cursor, people=people, gone=gone, now=now)

    async def keep(self, account: str, posts: Iterable[Post]) -> int:
        """Cache posts that belong to no source (the rest of a thread); returns how many were new or changed."""
        async with self._database.write() as writer:
            stored = await store_posts(writer, account, posts)
            return sum(one.new or one.changed for one in stored.values())

    async def add_own(self, account: Account, post: Post, *sources: Source, why: Sequence[str] = ()) -> Ingested:
        """Cache our own just-sent post, as a member of these sources (a message: of the messages source).

        It decides nothing: what was answered is moved by the outbox. A conversation that begins with it is done.
        """
        async with self._database.write() as writer:
            return await own_arrivals(writer, account.id, post, sources, tuple(why))

    async def post(self, ref: PostRef, account: str = "") -> Post | None:
        """A cached post, with what the account (if one is named) has done to it."""
        row = await self._database.read_row(
            "SELECT p.body, v.body FROM posts p LEFT JOIN views v ON v.post = p.key AND v.account = ? "
            "WHERE p.server = ? AND p.id = ?",
            (account, storable(ref.server), storable(ref.id)),
        )
        return decode_post(row[0], row[1]) if row else None

    async def own(self, account: str, post: str) -> Post | None:
        """A cached post that an account wrote, by what its network calls it (`OutboxRow.result`)."""
        network, _, us = account.partition(":")
        row = await self._database.read_row(
            "SELECT p.body, v.body FROM posts p LEFT JOIN views v ON v.post = p.key AND v.account = ? "
            "WHERE p.network = ? AND p.author = ? AND p.id = ?",
            (account, network, us, storable(post)),
        )
        return decode_post(row[0], row[1]) if row else None

    async def known(self, refs: Iterable[PostRef]) -> set[PostRef]:
        """Which of these posts are cached."""
        wanted = list(dict.fromkeys(refs))
        found: set[PostRef] = set()
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            rows = await self._database.read(
                f"WITH wanted (server, id) AS (VALUES {pairs(len(part))}) SELECT p.server, p.id FROM wanted w "
                "CROSS JOIN posts p ON p.server = w.server AND p.id = w.id",
                [storable(value) for ref in part for value in (ref.server, ref.id)],
            )
            found.update(PostRef(*row) for row in rows)
        return found

    async def sources_of(self, refs: Iterable[PostRef]) -> frozenset[Source]:
        """The sources that have any of these posts."""
        wanted = list(dict.fromkeys(refs))
        found: set[Source] = set()
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            rows = await self._database.read(
                f"WITH wanted (server, id) AS (VALUES {pairs(len(part))}) "
                "SELECT DISTINCT s.account, s.kind, s.words FROM wanted w "
                "CROSS JOIN posts p ON p.server = w.server AND p.id = w.id "
                "CROSS JOIN memberships m ON m.post = p.key CROSS JOIN sources s ON s.id = m.source",
                [storable(value) for ref in part for value in (ref.server, ref.id)],
            )
            found.update(Source(*row) for row in rows)
        return frozenset(found)

    async def set_viewer(self, account: str, ref: PostRef, viewer: Viewer) -> None:
        """Keep what an account has done to a post (our own repost, before the network tells of it)."""
        async with self._database.write() as writer:
            row = await writer.row("SELECT key FROM posts WHERE server = ? AND id = ?", (ref.server, ref.id))
            if row is not None:
                await keep_views(writer, [(account, row[0], clean(viewer))])

    async def rows(self, selection: Selection, near: int | None = None) -> Rows:
        """The rows of a column as it stands now, oldest first.

        With `near`, only those of one source that are around this key (a few hundred), where that saves time.
        """
        if not selection.sources:
            return Rows([])
        if near is None or not is_one_source(selection):
            found = await self._database.read(*keys_query(selection))
        else:
            before = await self._database.read(*keys_query(selection, f"AND m.key < {near:d}", newest=True))
            after = await self._database.read(*keys_query(selection, f"AND m.key >= {near:d}", newest=False))
            found = [*reversed(before), *after]
        return grouped(found) if selection.by_thread else Rows(found)

    async def item_keys(self, selection: Selection) -> list[tuple[int, str, str]]:
        """(key, item id, account id) of everything that a column shows now, oldest first."""
        return list((await self.rows(selection)).keys)

    async def items(
        self, selection: Selection, ids: Sequence[Place], members: Mapping[Place, tuple[str, ...]] | None = None
    ) -> dict[Place, Item]:
        """The items of a page, by (account id, item id); those that are gone are left out.

        `members`, from `rows`, are the ids of those that stand for several posts.
        """
        if not selection.sources or not ids:
            return {}
        several = {place: members[place] for place in ids if place in members} if members else {}
        wanted = list(ids)
        for (account, _), posts in several.items():
            wanted += [(account, one) for one in posts[1:][-NEWEST_MESSAGES:]]
        found: dict[Place, Item] = {}
        for part in _parts(wanted):
            found |= items_from(await self._database.read(*items_query(selection, part)))
            if selection.shows is not Shows.OPEN and (rest := [place for place in part if place not in found]):
                found |= items_from(await self._database.read(*nowhere_query(rest)))
        standing: dict[Place, list[Row]] = {}
        for part in _parts([(account, one) for (account, _), posts in several.items() for one in posts[-_TOLD:]]):
            for row in await self._database.read(*standing_query(part)):
                standing.setdefault((row[0], row[1]), []).append(row)
        for place, posts in several.items():
            if place in found:
                found[place] = joined(posts, found[place], found, standing)
        return {place: found[place] for place in ids if place in found}

    async def item(self, account: str, item_id: str) -> Item | None:
        """One post or direct message conversation of an account, from whichever source."""
        place = (account, storable(item_id))
        rows = await self._database.read(*item_query(*place, is_conversation(item_id)))
        return items_from(rows or await self._database.read(*nowhere_query([place]))).get(place)

    async def counts(self, selections: Sequence[Selection]) -> list[int]:
        """How many open items each selection has; of what was put off, how many there are."""
        return [await self._number(count_query(selection)) if selection.sources else 0 for selection in selections]

    async def back(self, accounts: Sequence[str]) -> int:
        """How many items of these accounts came back: snoozes and waits that ended, and what went on."""
        return await self._number(back_query(accounts)) if accounts else 0

    async def any_decided(self, selection: Selection) -> bool:
        """Whether something was decided about anything in the sources of a selection."""
        return bool(selection.sources and await self._number(decided_query(selection)))

    async def _number(self, query: Query) -> int:
        row = await self._database.read_row(*query)
        return int(row[0]) if row else 0

    async def search(self, words: str, limit: int = 100) -> list[Item]:
        """Cached posts and messages with all of these words, newest first.

        A word also finds words that begin with it. In scripts without spaces it is found anywhere.
        """
        match, contains = _asked(words)
        if not match and not contains:
            return []
        rows = await self._database.read(*found_query(match, contains, limit))
        items = []
        for row in rows:
            post = decode_post(row[8], row[9])
            items.append(item_from((row[0], row[1] or item_of(post), *row[2:]), post))
        return items

    async def matching(
        self, network: str, servers: Collection[str], words: str, limit: int, account: str
    ) -> tuple[Post, ...]:
        """The newest cached public posts of a network and its servers with all of these words, newest first.

        Words are found as by `search`; each post says what the account has done to it.
        """
        match, contains = _asked(words)
        if not match and not contains:
            return ()
        rows = await self._database.read(*public_query(match, contains, network, servers, limit, account))
        return tuple(decode_post(*row) for row in rows)

    async def found(self, refs: Iterable[PostRef], account: str) -> dict[PostRef, Post]:
        """Those of these posts that are cached, each with what the account has done to it."""
        wanted = list(dict.fromkeys(refs))
        posts: list[Post] = []
        for start in range(0, len(wanted), _PART):
            part = wanted[start : start + _PART]
            rows = await self._database.read(
                f"WITH wanted (server, id) AS (VALUES {pairs(len(part))}) SELECT p.body, v.body FROM wanted w "
                "CROSS JOIN posts p ON p.server = w.server AND p.id = w.id "
                "LEFT JOIN views v ON v.post = p.key AND v.account = ?",
                [*(storable(value) for ref in part for value in (ref.server, ref.id)), account],
            )
            posts += [decode_post(*row) for row in rows]
        return {post.ref: post for post in posts}

    async def conversation(self, conversation: str, account: str = "") -> list[Post]:
        """The cached posts of a thread or of a direct message conversation, oldest first.

        Each says what the account (if one is named) has done to it.
        """
        rows = await self._database.read(
            "SELECT p.body, v.body FROM posts p LEFT JOIN views v ON v.post = p.key AND v.account = ? "
            "WHERE p.conversation = ? ORDER BY p.key",
            (account, storable(conversation)),
        )
        return [decode_post(*row) for row in rows]

    async def remove(self, refs: Iterable[PostRef]) -> frozenset[str]:
        """Take deleted posts out of everything but the history; returns the items that they belonged to."""
        async with self._database.write() as writer:
            return frozenset(await remove_posts(writer, refs))

    async def leave(self, source: Source, refs: Iterable[PostRef]) -> None:
        """Take posts out of one source; they stay in others, and cached."""
        place = (source.account, source.kind, storable(source.words))
        async with self._database.write() as writer:
            await writer.many(
                "DELETE FROM memberships WHERE "
                "source = (SELECT id FROM sources WHERE account = ? AND kind = ? AND words = ?) "
                "AND post = (SELECT key FROM posts WHERE server = ? AND id = ?)",
                ((*place, storable(ref.server), storable(ref.id)) for ref in refs),
            )

    async def forget_source(self, source: Source) -> None:
        """Let go of a source, its cursor and what it held; the posts stay cached for search and threads."""
        async with self._database.write() as writer:
            await writer.run(
                "DELETE FROM sources WHERE account = ? AND kind = ? AND words = ?",
                (source.account, source.kind, storable(source.words)),
            )


def _parts(places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    """So many at a time as one question can name."""
    for start in range(0, len(places), _PART):
        yield places[start : start + _PART]


def _asked(words: str) -> tuple[str, list[str]]:
    """Words as the full-text index is asked for them, and those that can only be looked for letter by letter."""
    asked = [storable(word) for word in words.replace("\0", " ").casefold().split() if _WORD.search(word)]
    whole = ('"' + word.replace('"', '""') + '"*' for word in asked if not _UNSPACED.search(word))
    return " ".join(whole), [word for word in asked if _UNSPACED.search(word)]
