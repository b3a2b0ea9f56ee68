"""Mastodon: one account on any server of the Mastodon API, as the protocol in networks/base.py asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef, Span
from tweetdesk.domain.selections import Source
from tweetdesk.networks import mastodon_rules, mastodon_text
from tweetdesk.networks.base import (
    Files,
    Form,
    Length,
    Limits,
    NamedList,
    News,
    NotThere,
    Page,
    Permission,
    Price,
    Receipt,
    SecretPlace,
    Thread,
    Vocabulary,
)
from tweetdesk.networks.http import Clock, Sleep, Transport, utc_now
from tweetdesk.networks.mastodon_direct import Direct
from tweetdesk.networks.mastodon_feeds import Feeds
from tweetdesk.networks.mastodon_login import log_in
from tweetdesk.networks.mastodon_people import People
from tweetdesk.networks.mastodon_records import NAME, is_web
from tweetdesk.networks.mastodon_search import Search
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_streaming import Streaming
from tweetdesk.networks.mastodon_threads import Threads
from tweetdesk.networks.mastodon_writes import Writes
from tweetdesk.networks.shelf import Shelf

__all__ = ["Mastodon", "log_in", "open"]

#: How often each kind of source is asked for (seconds).
_POLL = {
    "mentions": 30.0, "messages": 30.0, "home": 60.0, "list": 90.0, "hashtag": 120.0, "search": 180.0,
    "person": 300.0, "recheck": 300.0,
}  # fmt: skip


class Mastodon:
    """One account on a server of the Mastodon API; what each method promises is said in networks/base.py."""

    name = NAME

    def __init__(
        self, account: Account, session: Session, *, pace: float = 1.0, languages: tuple[str, ...] = ()
    ) -> None:
        self.account = account
        self._session, self._pace = session, pace
        self._threads = Threads(session)
        self._people = People(session)
        self._feeds = Feeds(session, self._threads, self._people)
        self._search = Search(session, self._threads, self._feeds)
        self._direct = Direct(session, self._threads, self._feeds, self._people)
        self._writes = Writes(session, self._threads, self._direct, self._people, languages)
        self._streaming = Streaming(session, self._threads)

    @property
    def vocabulary(self) -> Vocabulary:
        """Mastodon's words."""
        return Vocabulary("Mastodon", "post", "boost", "boosted", "favourite")

    @property
    def limits(self) -> Limits:
        """The rate limit as last told."""
        return self._session.http.limits

    @property
    def price_date(self) -> str:
        """Mastodon costs nothing."""
        return ""

    def limits_for(self, kind: str) -> Limits:
        """All requests of an account share one limit."""
        return self.limits

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a source (mentions, messages, home, list, hashtag, person, search) since the cursor."""
        await self._session.learn()
        if source.kind == "messages":
            return await self._direct.fetch(cursor)
        if source.kind == "search":
            return await self._search.fetch(source.words, cursor)
        return await self._feeds.fetch(source, cursor)

    async def thread(self, ref: PostRef) -> Thread:
        """The conversation around a post, as far as the server knows it."""
        return await self._threads.thread(ref)

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The messages of a conversation, oldest first."""
        return await self._direct.messages(conversation)

    async def profile(self, who: str) -> Profile:
        """A person by id, or by @user@domain."""
        return await self._people.profile(who)

    async def posts(self, refs: tuple[PostRef, ...]) -> tuple[Post, ...]:
        """These posts as they are now, in the order asked for; those that are gone are left out."""
        wanted = [ref for ref in refs if ref.server == self._session.host]
        found = await self._threads.by_id([ref.id for ref in wanted])
        placed = await self._threads.placed(found.values())
        return tuple(placed[ref] for ref in wanted if ref in placed)

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists of people that this account has."""
        return await self._feeds.lists()

    async def people(self, words: str) -> tuple[Identity, ...]:
        """Up to eight people whom this server knows and whose handle or name begins so."""
        return await self._people.begun(words)

    async def here(self, post: Post) -> Post:
        """A post of another server as this account's server knows it, or can fetch it by its address."""
        if post.ref.server == self._session.host:
            return post
        if is_web(post.url):
            raws = await self._threads.search(post.url, 1, resolve=True)
            found = [one for one in self._threads.read(raws) if one is not None]
            if found:
                return (await self._threads.placed(found[:1]))[found[0].ref]
        raise NotThere(f"{self._session.host} does not know this post: it cannot be acted on from there.", "404")

    async def listen(self) -> AsyncIterator[News]:
        """What happens, as it happens: by WebSocket, else by server-sent events; ends at once without either."""
        await self._session.learn()
        async for news in self._streaming.listen():
            yield news

    def poll_seconds(self, kind: str) -> float:
        """How often a source of this kind is to be asked, at this account's pace."""
        return _POLL.get(kind, 300.0) * self._pace

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """Whether this account may do this to this post (or to its author)."""
        return mastodon_rules.permission(kind, post, self._session.place, self._session.instance)

    def form(self, kind: ActKind, post: Post | None, everyone: bool = False) -> Form:
        """The handles that an answer has to hold, and the visibility and content warning of what it answers."""
        return mastodon_rules.form(kind, post, self._session.place, self._session.instance, everyone)

    def page(self, act: Act) -> str:
        """The server's own composer with the text of a post; other acts begin at the post."""
        if act.kind is ActKind.POST and self._session.instance.mastodon:
            return f"{self.account.server}/share?" + urlencode({"text": act.text})
        return ""

    def price(self, kind: ActKind, text: str, post: Post | None = None) -> Price | None:
        """Mastodon costs nothing."""
        return None

    def measure(self, kind: ActKind, text: str, warning: str = "") -> Length:
        """The length of a text as this server counts it; a quote by address counts the address too."""
        instance = self._session.instance
        length = mastodon_text.measure(text, warning, instance, self._session.host)
        if kind is not ActKind.QUOTE or instance.quotes:
            return length
        used = length.used + instance.characters_per_url + 1
        over = used - length.limit
        why = f"Too long by {over}: {self._session.host} takes {length.limit} characters, the address included."
        return replace(length, used=used, why=why if over > 0 else "")

    def spans(self, text: str) -> tuple[Span, ...]:
        """Links, mentions (by handle) and tags."""
        return mastodon_text.spans(text)

    def begin(self, act: Act, now: datetime, entropy: bytes) -> str:
        """The Idempotency-Key and the moment of an act."""
        return self._writes.begin(now, entropy)

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with the whole post in it, its pictures sent up; repeating it changes nothing."""
        if act.kind is ActKind.QUOTE or act.media:
            await self._session.learn()
        return await self._writes.prepare(act, material, files)

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry the act out."""
        return await self._writes.send(act, material)

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """Whether a doubtful act was carried out; see `Writes.settle`."""
        await self._session.learn()
        return await self._writes.settle(act, material)

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()


def open(
    account: Account,
    secrets: SecretPlace,
    *,
    transport: Transport | None = None,
    clock: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
    pace: float = 1.0,
    languages: tuple[str, ...] = (),
    shelf: Shelf | None = None,
    options: Mapping[str, Any] | None = None,
) -> Mastodon:
    """The network for an account that has logged in.

    `pace` stretches the time between polls; posts are marked with the first of the `languages` (BCP 47); there
    are no `options`. With a `transport` in place of the line there is no WebSocket.
    """
    session = Session(account, secrets, transport=transport, clock=clock, sleep=sleep, shelf=shelf)
    return Mastodon(account, session, pace=pace, languages=languages)
