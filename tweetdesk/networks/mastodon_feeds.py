"""What is new on Mastodon in mentions, home, lists, hashtags and a person's posts.

Our cursor is a JSON object: the id of the newest entry of each question that was asked.
Sources: Mastodon documentation, methods notifications, timelines, accounts (statuses), lists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tweetdesk.domain.people import Profile
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Fetched, NamedList, NetworkError, NotThere, Page, Refused, ServerTrouble
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry, inner, words
from tweetdesk.networks.mastodon_pages import Question, Read, read_new
from tweetdesk.networks.mastodon_records import id_of, identity, in_path, is_hidden, moment, profile
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_threads import AT_ONCE, Threads

#: Relationships asked for in one request.
PEOPLE_AT_ONCE = 40


class Feeds:
    """The feeds of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session, threads: Threads) -> None:
        self._session, self._threads = session, threads

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a feed since the cursor. Raises ValueError for another kind."""
        if source.kind == "mentions":
            return await self._mentions(cursor)
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
                params = () if wanted == self._session.place.user_id else (("exclude_replies", "true"),)
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
        newest = newest_in(cursor).get("", "")
        read = await read_new(self._session, question, newest, self._mention, patient=True)
        people = await self.met([view for _, view in read.entries])
        found = replace_entries(read, [one for one, _ in read.entries])
        await self._complete(found)
        return replace(await self.page(found, {"": read.newest}), people=people)

    def _mention(self, view: Json) -> tuple[Fetched, Json] | None:
        """A notification as a post and who wrote it; None for direct messages: they have a column of their own."""
        kind, status = words(view, "type"), inner(view, "status")
        if kind not in ("mention", "quote"):
            return None  # a server that leaves the types out of what it was asked
        made = self._threads.read_one(status)
        if made.visibility == "direct" or is_hidden(view) or is_hidden(status):
            return None
        answers_us = id_of(status, "in_reply_to_account_id") == self._session.place.user_id
        why = "quotes you" if kind == "quote" else "replies to you" if answers_us else "mentions you"
        return Fetched(made, made.created_at, (why,)), inner(status, "account")

    async def _complete(self, read: Read[Fetched]) -> None:
        """Fetch what mentions answer, where it is not known yet; without it they are shown as well."""
        refs = {one.post.reply_to for one in read.entries if one.post.reply_to is not None}
        known = await self._session.shelf.posts(sorted(refs))
        missing = sorted(refs - set(known) - {one.post.ref for one in read.entries})[: 2 * AT_ONCE]
        try:
            await self._threads.fetch_answered(missing)
        except NetworkError:
            return

    async def met(self, views: Iterable[Json]) -> tuple[Profile, ...]:
        """People with our relationship to them; none where the server does not tell it."""
        accounts = {id_of(view): view for view in views if id_of(view) not in ("", self._session.place.user_id)}
        ids = list(accounts)[:PEOPLE_AT_ONCE]
        if not ids:
            return ()
        try:
            told = await relationships(self._session, ids)
        except NetworkError:
            return ()  # an addition: the posts themselves are there
        found = []
        for identifier in ids:
            try:
                if identifier in told:
                    found.append(profile(accounts[identifier], self._session.place, told[identifier]))
            except Unreadable:
                continue
        return tuple(found)

    # --- people and lists ----------------------------------------------------------------------------------------

    async def profile(self, who: str) -> Profile:
        """A person by id, or by handle (user@domain): also one whom the server has to look up elsewhere."""
        try:
            view = await self._account(who)
            told = await relationships(self._session, [id_of(view)])
            return profile(view, self._session.place, told.get(id_of(view), {}))
        except Unreadable:
            raise ServerTrouble("The server's answer about this person makes no sense; try again later.") from None

    async def _account(self, who: str) -> Json:
        if "@" not in who:
            return entry((await self._session.get(f"/api/v1/accounts/{in_path(who)}", scope="read:accounts")).body)
        handle = who.removeprefix("@").removesuffix(f"@{self._session.place.domain}")
        try:
            asked = [("acct", handle)]
            return entry((await self._session.get("/api/v1/accounts/lookup", asked, scope="read:accounts")).body)
        except Refused:
            params = [("q", f"@{handle}"), ("type", "accounts"), ("resolve", "true"), ("limit", "1")]
            answer = await self._session.get("/api/v2/search", params, scope="read:search")
            for raw in decode(answer.body, _Accounts).accounts:
                view = entry(raw)
                if identity(view, self._session.place).handle.lower() == who.removeprefix("@").lower():
                    return view
            raise NotThere(f"{self._session.host} knows nobody called {who}.", "404") from None

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists that this account has; none where the server has no lists."""
        try:
            found = decode((await self._session.get("/api/v1/lists", scope="read:lists")).body, list[Any])
        except NotThere:
            return ()
        return tuple(NamedList(id_of(one), words(one, "title")) for one in found if id_of(one))


class _Accounts(msgspec.Struct):
    accounts: list[msgspec.Raw] = []


def replace_entries(read: Read[Any], entries: list[Fetched]) -> Read[Fetched]:
    """What was read with other entries."""
    return Read(entries, read.newest, read.gap, read.unreadable)


async def relationships(session: Session, ids: Iterable[str]) -> dict[str, Json]:
    """Our relationships to people, by id; Raises NetworkError."""
    params = [("id[]", one) for one in ids]
    answer = await session.get("/api/v1/accounts/relationships", params, scope="read:follows")
    return {id_of(one): one for one in decode(answer.body, list[Any]) if isinstance(one, dict)}


# --- cursors -----------------------------------------------------------------------------------------------------


def cursor_of(newest: Mapping[str, str]) -> str:
    """The cursor for the newest ids of the questions asked."""
    return json.dumps({"newest": {name: value for name, value in newest.items() if value}}, separators=(",", ":"))


def newest_in(cursor: str) -> dict[str, str]:
    """The ids in a cursor; none for the first time (a cursor that makes no sense is as good as none)."""
    try:
        found = inner(json.loads(cursor), "newest")
    except ValueError:
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}
