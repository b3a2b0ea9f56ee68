"""What is new on Mastodon in mentions, home, lists, hashtags and a person's posts.

Our cursor is a JSON object: the id of the newest entry of each question that was asked.
Sources: Mastodon documentation, methods notifications, timelines, accounts (statuses), lists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Fetched, NamedList, NetworkError, NotThere, Page
from tweetdesk.networks.json_values import Json, decode, inner, noted, words
from tweetdesk.networks.mastodon_pages import Question, Read, read_new
from tweetdesk.networks.mastodon_people import People
from tweetdesk.networks.mastodon_records import id_of, identity, in_path, is_hidden, moment
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_threads import AT_ONCE, Threads


class Feeds:
    """The feeds of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session, threads: Threads, people: People) -> None:
        self._session, self._threads, self._people = session, threads, people

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a feed since the cursor. Raises ValueError for another kind."""
        if source.kind == "mentions":
            return await self._mentions(cursor)
        if source.kind == "person":
            source = replace(source, words=await self._people.id_here(source.words) if source.words else "")
        question = self._question(source)
        if question is None:
            return Page(cursor=cursor)
        newest = newest_in(cursor)
        read = await read_new(self._session, question, newest.get("", ""), self.feed_entry)
        return await self.page(read, {"": read.newest})

    def _question(self, source: Source) -> Question | None:
        """How to ask for a feed; None for one that cannot hold anything."""
        wanted = source.words.strip()
        match source.kind:
            case "home":
                return Question("/api/v1/timelines/home")
            case "list":
                return Question(f"/api/v1/timelines/list/{in_path(wanted)}", (), "read:lists") if wanted else None
            case "hashtag":
                tag = wanted.lstrip("#")
                return Question(f"/api/v1/timelines/tag/{in_path(tag)}") if tag else None
            case "person":
                # Of our own posts the answers are wanted too: they tell what was answered elsewhere.
                params = () if wanted == self._session.place.own_id else (("exclude_replies", "true"),)
                return Question(f"/api/v1/accounts/{in_path(wanted)}/statuses", params) if wanted else None
            case _:
                raise ValueError(f"Mastodon has no source of the kind {source.kind!r}")

    async def page(self, read: Read[Fetched], newest: Mapping[str, str], note: str = "") -> Page:
        """What was read as a page: the posts put into their threads. Direct posts are shown as messages only."""
        placed = await self._threads.placed(one.post for one in read.entries)
        return Page(
            posts=tuple(replace(one, post=placed[one.post.ref]) for one in read.entries),
            cursor=cursor_of(newest),
            gap=read.gap,
            unreadable=read.unreadable,
            note=note,
        )

    def feed_entry(self, view: Json) -> Fetched | None:
        """An entry of a timeline: a post, or one that somebody boosted into it. Raises Unreadable."""
        if is_hidden(view):
            return None
        boosted = inner(view, "reblog")
        made = self._threads.read_one(boosted or view)
        if made.visibility == "direct":
            return None
        if not boosted:
            return Fetched(made, made.created_at)
        at = min(moment(view.get("created_at")) or made.created_at, self._session.clock())
        return Fetched(made, max(at, made.created_at), (), identity(view.get("account"), self._session.place))

    # --- mentions ------------------------------------------------------------------------------------------------

    async def _mentions(self, cursor: str) -> Page:
        types = ["mention", *(["quote"] if self._session.instance.quotes else [])]
        params = tuple(("types[]", one) for one in types)
        question = Question("/api/v1/notifications", params, "read:notifications")
        newest, authors = newest_in(cursor).get("", ""), list[Json]()

        def mention(view: Json) -> Fetched | None:
            found = self._mention(view)
            if found is not None:
                authors.append(inner(view, "status", "account"))
            return found

        read = await read_new(self._session, question, newest, mention, patient=True)
        people = await self._people.met(authors)
        await self._complete(read.entries)
        return replace(await self.page(read, {"": read.newest}), people=people)

    def _mention(self, view: Json) -> Fetched | None:
        """A notification as a post; None for direct messages: they have a column of their own."""
        kind, status = words(view, "type"), inner(view, "status")
        if kind not in ("mention", "quote"):
            return None  # a server that leaves the types out of what it was asked
        made = self._threads.read_one(status)
        if made.visibility == "direct" or is_hidden(view) or is_hidden(status):
            return None
        answers_us = id_of(status, "in_reply_to_account_id") == self._session.place.own_id
        why = "quotes you" if kind == "quote" else "replies to you" if answers_us else "mentions you"
        return Fetched(made, made.created_at, (why,))

    async def _complete(self, mentions: Sequence[Fetched]) -> None:
        """Fetch what the newest mentions answer, where it is not known; without it they are shown as well."""
        newest = sorted((one.post for one in mentions), key=lambda post: post.created_at, reverse=True)
        refs = list(dict.fromkeys(post.reply_to for post in newest if post.reply_to is not None))
        known = {*await self._session.shelf.posts(refs), *(post.ref for post in newest)}
        missing = [ref for ref in refs if ref not in known][: 2 * AT_ONCE]
        try:
            await self._threads.fetch_answered(missing)
        except NetworkError:
            return

    # --- lists ---------------------------------------------------------------------------------------------------

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists that this account has; none where the server has no lists."""
        try:
            found = decode((await self._session.get("/api/v1/lists", scope="read:lists")).body, list[Any])
        except NotThere:
            return ()
        return tuple(NamedList(id_of(one), words(one, "title")) for one in found if id_of(one))


# --- cursors -----------------------------------------------------------------------------------------------------


def cursor_of(newest: Mapping[str, str]) -> str:
    """The cursor for the newest ids of the questions asked."""
    return json.dumps({"newest": {name: value for name, value in newest.items() if value}}, separators=(",", ":"))


def newest_in(cursor: str) -> dict[str, str]:
    """The ids in a cursor; none for the first time (a cursor that makes no sense is as good as none)."""
    found = inner(noted(cursor), "newest")
    return {name: value for name, value in found.items() if isinstance(value, str)}
