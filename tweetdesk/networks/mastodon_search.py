"""Search on Mastodon: hashtag timelines always, full text where a probe finds it, and what is here already.

Sources: Mastodon documentation, methods timelines (tag), search (v2).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import timedelta

from tweetdesk.domain.posts import Post, PostKind
from tweetdesk.networks.base import Fetched, Page, Refused
from tweetdesk.networks.json_values import Unreadable, entry, members, noted
from tweetdesk.networks.mastodon_feeds import Feeds, newest_in
from tweetdesk.networks.mastodon_pages import LIMIT, Question, Read, read_new
from tweetdesk.networks.mastodon_records import NAME, in_path, moment
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_threads import Threads

#: Hashtags of one search; local matches; ids kept in the cursor; how long the probe's result is believed.
MOST_TAGS, LOCAL, KEPT, PROBE_GOOD_FOR = 5, 40, 200, timedelta(days=3)

_OPERATOR = re.compile(r"-|\w+:")
_TAG = re.compile(r"#?(?P<tag>\w*[^\W\d]\w*)\Z")


@dataclass(frozen=True, slots=True)
class Query:
    """What was asked for: the hashtags, any of which will do, and the plain words, all of which must be there."""

    tags: tuple[str, ...]
    plain: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Query:
        """Words that begin with # are hashtags; where there is none, every word is looked for as one."""
        parts = [part.strip("\"'“”.,;!?()") for part in text.split() if not _OPERATOR.match(part)]
        tags = [found["tag"] for part in parts if part.startswith("#") and (found := _TAG.match(part))]
        plain = [part for part in parts if part and not part.startswith("#")]
        tags = tags or [found["tag"] for part in plain if (found := _TAG.match(part))]
        return cls(tuple(dict.fromkeys(tags))[:MOST_TAGS], tuple(dict.fromkeys(plain)))

    def fits(self, post: Post) -> bool:
        """Whether a post has all the plain words."""
        text = f"{post.text}\n{post.warning}".casefold()
        return all(word.casefold() in text for word in self.plain)


class Search:
    """The searches of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session, threads: Threads, feeds: Feeds) -> None:
        self._session, self._threads, self._feeds = session, threads, feeds

    async def fetch(self, text: str, cursor: str) -> Page:
        """What is new for some words since the cursor; the page's note says which ways answered."""
        if not text.strip():
            return Page(cursor=cursor)
        query, seen = Query.parse(text), _seen(cursor)
        before, newest = newest_in(cursor), dict[str, str]()
        whole: Read[Fetched] = Read()
        for tag in query.tags:  # one by one: several servers ignore the parameter that would join them
            question = Question(f"/api/v1/timelines/tag/{in_path(tag)}")
            read = await read_new(self._session, question, before.get(tag, ""), self._feeds.feed_entry)
            newest[tag] = read.newest
            whole.gap |= read.gap
            whole.unreadable += read.unreadable
            whole.entries += [one for one in read.entries if query.fits(one.post)]
        full_text = await self._has_full_text()
        if full_text:
            await self._full_text(text, whole)
        whole.entries = [one for one in _distinct(whole.entries) if one.post.ref.id not in seen]
        found = await self._feeds.page(whole, newest, self._note(query, full_text))
        here = await self._here(query, {*seen, *(one.post.ref.id for one in found.posts)})
        ids = [one.post.ref.id for one in (*found.posts, *here)]
        return Page(
            posts=(*found.posts, *here),
            cursor=_with_seen(found.cursor, [*ids, *seen]),
            gap=found.gap,
            unreadable=found.unreadable,
            note=found.note,
        )

    async def _full_text(self, text: str, whole: Read[Fetched]) -> None:
        for raw in await self._threads.search(text, LIMIT):
            try:
                found = self._feeds.feed_entry(entry(raw))
            except Unreadable:
                whole.unreadable += 1
                continue
            if found is not None:
                whole.entries.append(found)

    async def _has_full_text(self) -> bool:
        """Whether the server searches in texts: asked for our own posts, and remembered for some days."""
        now = self._session.clock()
        known = noted(await self._session.shelf.note("full text"))
        at, works = moment(known.get("at")), known.get("works") is True
        if at is not None and now - PROBE_GOOD_FOR < at <= now:
            return works
        try:
            works = bool(await self._threads.search("from:me", 1))
        except Refused:
            works = False
        await self._session.shelf.set_note("full text", json.dumps({"at": now.isoformat(), "works": works}))
        return works

    async def _here(self, query: Query, seen: set[str]) -> list[Fetched]:
        """What this machine has already."""
        asked = [" ".join(query.plain)] if query.plain else list(query.tags)
        found: dict[str, Fetched] = {}
        for one in asked:
            for post in await self._session.shelf.matching(NAME, one, LOCAL):
                ours = post.ref.server == self._session.host and post.ref.id not in seen
                if ours and post.kind is PostKind.POST:
                    found[post.ref.id] = Fetched(post, post.created_at)
        return list(found.values())

    def _note(self, query: Query, full_text: bool) -> str:
        if full_text:
            return "full text and hashtags" if query.tags else "full text"
        ways = "hashtags and what is here already" if query.tags else "only what is here already"
        return f"{ways}: {self._session.host} has no full-text search"


def _distinct(entries: list[Fetched]) -> list[Fetched]:
    return list({one.post.ref: one for one in entries}.values())


def _seen(cursor: str) -> list[str]:
    """The ids of the newest posts that were found before."""
    return [one for one in members(noted(cursor), "seen") if isinstance(one, str)]


def _with_seen(cursor: str, ids: list[str]) -> str:
    whole = {**noted(cursor), "seen": list(dict.fromkeys(ids))[:KEPT]}
    return json.dumps(whole, separators=(",", ":"))
