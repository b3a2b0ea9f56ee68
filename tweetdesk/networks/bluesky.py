"""Bluesky: one account on the AT Protocol, as the protocol in networks/base.py asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostKind, PostRef, Span
from tweetdesk.domain.selections import Source
from tweetdesk.networks import bluesky_feeds, bluesky_targets, bluesky_text, bluesky_threads
from tweetdesk.networks.base import (
    Allowed,
    Files,
    Form,
    Length,
    Limits,
    NamedList,
    News,
    No,
    Page,
    Permission,
    Price,
    Receipt,
    SecretPlace,
    Thread,
    Vocabulary,
)
from tweetdesk.networks.bluesky_chat import Chat
from tweetdesk.networks.bluesky_login import USUAL_SERVER, log_in
from tweetdesk.networks.bluesky_pictures import TAKES
from tweetdesk.networks.bluesky_records import SERVER
from tweetdesk.networks.bluesky_session import Session
from tweetdesk.networks.bluesky_writes import Writes
from tweetdesk.networks.http import Clock, Sleep, Transport, utc_now
from tweetdesk.networks.shelf import Shelf

__all__ = ["USUAL_SERVER", "Bluesky", "log_in", "open"]

#: How often each kind of source is asked for (seconds).
_POLL = {
    "mentions": 25.0, "messages": 20.0, "home": 60.0, "search": 150.0, "person": 300.0, "list": 90.0,
    "hashtag": 150.0, "recheck": 600.0,
}  # fmt: skip
_ON_POSTS = (
    ActKind.REPLY, ActKind.QUOTE, ActKind.REPOST, ActKind.LIKE, ActKind.MUTE_THREAD, ActKind.BOOKMARK,
)  # fmt: skip
_ON_PEOPLE = (ActKind.FOLLOW, ActKind.BLOCK, ActKind.MUTE, ActKind.MESSAGE, ActKind.REPORT)
_HIDING = (ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY)


class Bluesky:
    """One account on Bluesky; see `Network` in networks/base.py for what each method promises."""

    name = SERVER

    def __init__(
        self,
        account: Account,
        secrets: SecretPlace,
        *,
        transport: Transport | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        pace: float = 1.0,
        languages: tuple[str, ...] = (),
    ) -> None:
        self.account = account
        self._pace = pace
        self._session = Session(account, secrets, transport=transport, clock=clock, sleep=sleep)
        self._chat = Chat(self._session)
        self._writes = Writes(self._session, self._chat, languages)

    @property
    def vocabulary(self) -> Vocabulary:
        """Bluesky's words."""
        return Vocabulary("Bluesky")

    @property
    def limits(self) -> Limits:
        """The rate limit as last told."""
        return self._session.http.limits

    @property
    def price_date(self) -> str:
        """Bluesky costs nothing."""
        return ""

    def limits_for(self, kind: str) -> Limits:
        """All requests share one limit."""
        return self.limits

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a source (mentions, messages, home, search, person) since the cursor."""
        if source.kind == "messages":
            return await self._chat.fetch(cursor)
        return await bluesky_feeds.fetch(self._session, source, cursor)

    async def thread(self, ref: PostRef) -> Thread:
        """The conversation around a post: up to 80 posts above it, and ten answers deep below."""
        return await bluesky_threads.thread(self._session, ref)

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The newest fifty messages of a conversation, oldest first."""
        return await self._chat.messages(conversation)

    async def profile(self, who: str) -> Profile:
        """A person by DID or handle."""
        return await bluesky_targets.person(self._session, who.removeprefix("@"))

    async def posts(self, refs: tuple[PostRef, ...]) -> tuple[Post, ...]:
        """These posts as they are now, in the order asked for; those that are gone are left out."""
        wanted = [ref.id for ref in refs if not ref.id.startswith("chat ")]
        found = await bluesky_feeds.posts_by_uri(self._session, wanted)
        return tuple(found[uri] for uri in wanted if uri in found)

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists that this account has made."""
        return await bluesky_feeds.lists(self._session)

    async def people(self, words: str) -> tuple[Identity, ...]:
        """Up to eight people whose handle or name begins so (app.bsky.actor.searchActorsTypeahead)."""
        return await bluesky_targets.people(self._session, words)

    async def here(self, post: Post) -> Post:
        """Bluesky has one name for a post, wherever it is asked for."""
        return post

    async def listen(self) -> AsyncIterator[News]:
        """There is no stream that fits: polling is all."""
        for news in tuple[News, ...]():
            yield news

    def poll_seconds(self, kind: str) -> float:
        """How often a source of this kind is to be asked, at this account's pace."""
        return _POLL.get(kind, 300.0) * self._pace

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """Whether this account may do this to this post (or to its author)."""
        if kind in _HIDING:
            return No("tweetdesk cannot hide answers on Bluesky; the official app can, in the post's own menu.")
        if post is None:
            return Allowed()
        ours = post.author.id == self.account.user_id
        if kind in _ON_POSTS and post.kind is PostKind.MESSAGE:
            return No(f"A direct message has no {kind.value}.")
        if kind is ActKind.REPLY and post.viewer.replies_closed:
            return No("The author has closed the replies to this post.")
        if kind is ActKind.QUOTE and post.viewer.quotes_closed:
            return No("The author does not want this post to be quoted.")
        if kind is ActKind.DELETE and not ours:
            return No("Only your own posts can be deleted.")
        if kind in _ON_PEOPLE and ours and post.kind is PostKind.POST:
            return No("This is your own post.")
        if kind in (ActKind.BLOCK, ActKind.MUTE, ActKind.FOLLOW) and ours:
            return No("This is your own message.")
        return Allowed()

    def form(self, kind: ActKind, post: Post | None, everyone: bool = False) -> Form:
        """With `everyone` the handles of who is named beside the author, whom an answer reaches by itself."""
        if kind not in (ActKind.POST, ActKind.REPLY, ActKind.QUOTE):
            return Form()
        named = (
            bluesky_text.named(post, self.account.user_id) if post and kind is ActKind.REPLY and everyone else ""
        )
        return Form(named, languages=True, pictures=TAKES)

    def page(self, act: Act) -> str:
        """The official app with the text of a post in its composer; other acts begin at the post."""
        if act.kind is ActKind.POST:
            return "https://bsky.app/intent/compose?" + urlencode({"text": act.text})
        return ""

    def price(self, kind: ActKind, text: str, post: Post | None = None) -> Price | None:
        """Bluesky costs nothing."""
        return None

    def measure(self, kind: ActKind, text: str, warning: str = "") -> Length:
        """The length in graphemes (300, messages 1000), or in bytes (3000, 10000) where that is nearer the end."""
        return bluesky_text.measure(kind, text)

    def spans(self, text: str) -> tuple[Span, ...]:
        """Links, mentions (by handle) and tags, by the rules of the official app."""
        return bluesky_text.spans(text)

    def begin(self, act: Act, now: datetime, entropy: bytes) -> str:
        """The record key (a TID) and the creation time of an act."""
        return self._writes.begin(now, entropy)

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with the whole record in it; repeating it changes nothing."""
        return await self._writes.prepare(act, material, files)

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry the act out; for records exact, however often it is repeated with the same prepared material."""
        return await self._writes.send(act, material)

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """Whether a doubtful act was carried out; see `Writes.settle` and `Chat.settle`."""
        return await self._writes.settle(act, material)

    async def log_out(self) -> None:
        """End the session on the server, if it can be reached."""
        await self._session.log_out()

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
) -> Bluesky:
    """The network for an account that has logged in.

    `pace` stretches the time between polls; `languages` are the tags (BCP 47) that posts are marked with; a
    `shelf` is not needed here, and there are no `options`.
    """
    return Bluesky(account, secrets, transport=transport, clock=clock, sleep=sleep, pace=pace, languages=languages)
