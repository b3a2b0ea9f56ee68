"""X: one account on the API v2, as the protocol in networks/base.py asks for it.

Every user brings an app of their own, and pays for what is read and written; what X lets no private app do is
handed off to x.com. The rules for texts (x_text) are loaded when one is written.
Sources: docs.x.com; the OpenAPI documents 2.166 and 2.167.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostKind, PostRef, Span
from tweetdesk.domain.selections import Source
from tweetdesk.networks import x_allowed, x_feeds, x_threads
from tweetdesk.networks.base import (
    Allowed,
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
from tweetdesk.networks.shelf import EmptyShelf, Shelf
from tweetdesk.networks.x_fields import fields
from tweetdesk.networks.x_login import USUAL_SERVER, log_in, log_in_with_tokens
from tweetdesk.networks.x_messages import Messages
from tweetdesk.networks.x_pictures import NO_SCOPE, SCOPE, TAKES
from tweetdesk.networks.x_prices import Bill, price_list
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_session import Session
from tweetdesk.networks.x_wire import NAME, WireList, all_of, is_id
from tweetdesk.networks.x_writes import Writes

__all__ = ["USUAL_SERVER", "X", "log_in", "log_in_with_tokens", "open"]

#: How often each kind of source is asked for (seconds): what is written to us often, what costs much seldom.
_POLL = {
    "mentions": 120.0, "messages": 300.0, "home": 900.0, "search": 1800.0, "hashtag": 1800.0, "list": 1800.0,
    "person": 1800.0, "recheck": float("inf"),
}  # fmt: skip
#: Under which rate limit each kind of source is asked for.
_GROUPS = {"hashtag": "search"}
_LISTS = 100
#: The longest handle that X gives.
_LONGEST_HANDLE = 15
#: How many people a sentence names.
_NAMED = 3


class X:
    """One account on X; see `Network` in networks/base.py for what each method promises."""

    name = NAME

    def __init__(
        self,
        account: Account,
        secrets: SecretPlace,
        *,
        transport: Transport | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        pace: float = 1.0,
        shelf: Shelf | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        chosen = options or {}
        self.account = account
        self._pace, self._clock = pace, clock
        self._shelf = shelf or EmptyShelf()
        self._session = Session(account, secrets, transport=transport, clock=clock, sleep=sleep)
        bill = Bill(self._shelf, clock, chosen.get("owns_app", True) is not False)
        asked = fields(str(chosen.get("field_names", "tweet")), media=chosen.get("media", False) is True)
        self._reading = Reading(self._session, self._shelf, bill, asked)
        self._messages = Messages(self._reading)
        self._writes = Writes(self._reading, self._messages)
        self._lists: tuple[str, tuple[NamedList, ...]] = ("", ())

    @property
    def vocabulary(self) -> Vocabulary:
        """X's words."""
        return Vocabulary("X", "post", "Repost", "reposted", "like")

    @property
    def limits(self) -> Limits:
        """The rate limit as last told."""
        return self._session.http.limits

    @property
    def price_date(self) -> str:
        """The date of the price list that is shipped."""
        return price_list().date

    def limits_for(self, kind: str) -> Limits:
        """The rate limit of a kind of source: each has its own."""
        return self._session.http.limits_by.get(_GROUPS.get(kind, kind), Limits())

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a source since the cursor. Raises Refused for a search that X cannot do."""
        if source.kind == "messages":
            return await self._messages.fetch(cursor)
        return await x_feeds.fetch(self._reading, source, cursor)

    async def thread(self, ref: PostRef) -> Thread:
        """The conversation around a post: what the shelf has, and what was said in the last seven days."""
        return await x_threads.thread(self._reading, ref)

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The newest messages of a conversation, oldest first."""
        return await self._messages.newest(conversation)

    async def profile(self, who: str) -> Profile:
        """A person by id or handle; one that was seen today is not asked for again."""
        who = who.removeprefix("@")
        seen = self._reading.seen_today(who)
        if seen is None and (shelved := await self._shelf.profile(who)) and self._today(shelved[1]):
            seen = shelved[0]
        if seen is not None:
            return seen
        if is_id(who):
            found = await self._reading.one_person(f"/2/users/{who}", ())
        elif who.isascii() and who.replace("_", "a").isalnum() and len(who) <= _LONGEST_HANDLE:
            found = await self._reading.one_person(f"/2/users/by/username/{who}", ())
        else:
            raise NotThere(f"“{who[:40]}” is no handle of X: those have up to 15 letters, digits and _.", "handle")
        if found is None:
            raise NotThere("Nobody on X has this handle (any more).", "not-found")
        return found

    async def posts(self, refs: tuple[PostRef, ...]) -> tuple[Post, ...]:
        """These posts as they are now; those that were read today already are not paid for again."""
        reading = self._reading
        wanted = [ref.id for ref in refs if ref.server == NAME and is_id(ref.id)]
        today = (await reading.bill.today()).get("post", set())
        known = await self._shelf.posts([PostRef(NAME, one) for one in wanted if one in today])
        found = {ref.id: post for ref, post in known.items()}
        missing = [one for one in dict.fromkeys(wanted) if one not in found]
        for start in range(0, len(missing), _LISTS):
            some = missing[start : start + _LISTS]
            each = reading.bill.price("post") + reading.bill.price("user")
            reading.bill.affordable(len(some), len(some), each)
            found |= (await reading.complete(await reading.look_up(some), (), parents=False))[0]
        return tuple(found[one] for one in wanted if one in found)

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists that this account owns; asked for once a day."""
        day = self._clock().astimezone(UTC).date().isoformat()
        if self._lists[0] != day:
            most = self._reading.bill.affordable(_LISTS, 1, self._reading.bill.price("list"))
            params = [("max_results", str(most)), ("list.fields", "name")]
            path = f"/2/users/{self._session.own}/owned_lists"
            scopes = "list.read tweet.read users.read"
            answer = await self._reading.ask(path, params, group="lists", kind="list", scopes=scopes)
            found = all_of(answer.entries(), WireList)[0]
            self._lists = day, tuple(NamedList(one.id, one.name) for one in found if is_id(one.id))
        return self._lists[1]

    async def people(self, words: str) -> tuple[Identity, ...]:
        """Nobody: X has no list of handles that begin so, and each person of a search costs a cent."""
        return ()

    async def here(self, post: Post) -> Post:
        """X has one name for a post, wherever it is asked for."""
        return post

    async def listen(self) -> AsyncIterator[News]:
        """There is no stream that fits: X's costs five times as much as polling."""
        for news in tuple[News, ...]():
            yield news

    def poll_seconds(self, kind: str) -> float:
        """How often a source of this kind is to be asked, at this account's pace."""
        return _POLL.get(kind, 1800.0) * self._pace

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """Whether this account may do this to this post, here or on x.com only."""
        return x_allowed.permission(self._reading, kind, post)

    def form(self, kind: ActKind, post: Post | None, everyone: bool = False) -> Form:
        """No text is filled in: X knows whom an answer is for. Pictures where X lets us post here."""
        if kind is ActKind.MESSAGE and post is not None and post.kind is PostKind.POST:
            return Form(note="X takes this only if this person takes messages from you.")
        if kind not in (ActKind.POST, ActKind.REPLY) or not isinstance(self.can(kind, post), Allowed):
            return Form()
        to_all = everyone or (post is not None and post.author.id == self.account.user_id)
        notes = [self._named(post)] if kind is ActKind.REPLY and post and to_all else []
        if self._session.lacks(SCOPE):
            return Form(note=" ".join(filter(None, (*notes, NO_SCOPE))))
        return Form(note=" ".join(notes), pictures=TAKES)

    def _named(self, post: Post) -> str:
        """Whom X names by itself in an answer to everyone (to ourselves: always), beside the author."""
        apart = (self.account.user_id, post.author.id)
        others = [f"@{who.handle}" for who in post.mentions if who.id not in apart]
        more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        return f"X names {', '.join(others[:_NAMED])}{more} as well." if others else ""

    def page(self, act: Act) -> str:
        """The page of x.com where this act is done by hand, the text filled in."""
        return x_allowed.page(act)

    def price(self, kind: ActKind, text: str, post: Post | None = None) -> Price | None:
        """What an act costs; a link makes a post dear, and an answer to somebody who wrote to us is cheaper."""
        from tweetdesk.networks.x_text import links

        summoned = post is None or x_allowed.engaged(self.account.user_id, post)
        return price_list().for_act(kind, bool(links(text)), summoned)

    def measure(self, kind: ActKind, text: str, warning: str = "") -> Length:
        """The weighted length of a text (280; links 23; the handles that an answer begins with nothing)."""
        from tweetdesk.networks.x_text import measure

        return measure(kind, text)

    def spans(self, text: str) -> tuple[Span, ...]:
        """Links, mentions (by handle), hashtags and cashtags, by X's own rules."""
        from tweetdesk.networks.x_text import spans

        return spans(text)

    def begin(self, act: Act, now: datetime, entropy: bytes) -> str:
        """The moment of an act, and a name for it."""
        return self._writes.begin(now, entropy)

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with our newest known post, whom an answer leaves out, and the pictures' ids."""
        return await self._writes.prepare(act, material, files)

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry the act out; texts are never sent again by themselves, see `settle`."""
        return await self._writes.send(act, material)

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """Whether a doubtful act was carried out; see `Writes.settle`."""
        return await self._writes.settle(act, material)

    async def close(self) -> None:
        """Let go of connections."""
        await self._session.close()

    def _today(self, moment: datetime) -> bool:
        return moment.astimezone(UTC).date() == self._clock().astimezone(UTC).date()


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
) -> X:
    """The network for an account that has logged in.

    `pace` stretches the time between polls; X finds out the language of a post itself, so `languages` are not
    needed. `options`: field_names ("tweet", "post": which vocabulary is sent), owns_app (True: our own posts and
    mentions cost less), media (False: descriptions of pictures and polls are asked for, and paid for).
    """
    return X(
        account, secrets, transport=transport, clock=clock, sleep=sleep, pace=pace, shelf=shelf, options=options
    )
