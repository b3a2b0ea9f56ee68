"""An X for tests that says what it is told to say, and remembers what it was asked; and a shelf in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from replaykit import NOW, Clock, in_turn, response
from x_openapi import Checked

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef
from tweetdesk.networks import x
from tweetdesk.networks.base import Page
from tweetdesk.networks.credentials import MemoryPlace

OWN = "1072250532645998596"
ACCOUNT = Account("x", OWN, "ada", "https://api.x.com")
LASTS = timedelta(days=30)
SECRET: dict[str, Any] = {
    "kind": "oauth2",
    "client_id": "app",
    "client_secret": "",
    "access_token": "first",
    "refresh_token": "again",
    "expires_at": int((NOW + LASTS).timestamp()),
    "scope": "tweet.read users.read tweet.write tweet.moderate.write offline.access dm.read dm.write mute.read "
    "mute.write block.read list.read bookmark.read bookmark.write media.write",
}
STATIC = {"kind": "oauth1", "consumer_key": "ck", "consumer_secret": "cs", "token": "t", "token_secret": "ts"}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    name: str
    params: dict[str, str]
    body: Any
    headers: Mapping[str, str]


@dataclass
class Server:
    """Answers by "VERB /path": a value, (status, value), a response, an exception, a list of them, a function."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request; a form is kept as a mapping."""
        name = f"{request.method} {request.url.path}"
        body: Any = None
        if request.content:
            form = request.headers["content-type"].startswith("application/x-www-form-urlencoded")
            body = dict(httpx.QueryParams(request.content.decode())) if form else json.loads(request.content)
        asked = Asked(name, dict(request.url.params), body, dict(request.headers))
        self.asked.append(asked)
        answer = self.answers.get(name, (404, problem("Not Found", "nothing here", status=404)))
        return response(in_turn(answer), asked)

    def of(self, name: str) -> list[Asked]:
        """What was asked of one endpoint."""
        return [asked for asked in self.asked if asked.name == name]

    @property
    def names(self) -> list[str]:
        """What was asked, in order."""
        return [asked.name for asked in self.asked]


def problem(title: str, detail: str, kind: str = "about:blank", status: int = 403, **more: Any) -> dict[str, Any]:
    """A problem document as X writes them."""
    where = kind if kind == "about:blank" else f"https://api.twitter.com/2/problems/{kind}"
    return {"title": title, "detail": detail, "type": where, "status": status, **more}


def number(minutes: float = 0.0, count: int = 0) -> str:
    """The id of a post that was written so many minutes before NOW."""
    epoch = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
    milliseconds = int((NOW - timedelta(minutes=minutes) - epoch).total_seconds() * 1000)
    return str((milliseconds << 22) + count)


def wire(identifier: str, author: str = "21", text: str = "hello", **more: Any) -> dict[str, Any]:
    """A post as X sends it."""
    return {"id": identifier, "author_id": author, "text": text, "conversation_id": identifier, **more}


def user(identifier: str, name: str = "grace") -> dict[str, Any]:
    """A person as X sends them."""
    return {
        "id": identifier,
        "username": name,
        "name": name.capitalize(),
        "description": "",
        "connection_status": [],
    }


def looked_up(known: Mapping[str, dict[str, Any]]) -> Callable[[Asked], Any]:
    """An answer for lookups by `ids`: those that are known, and a problem for each of the others."""

    def answer(asked: Asked) -> Any:
        ids = asked.params["ids"].split(",")
        data = [known[one] for one in ids if one in known]
        gone = [
            {"value": one, "resource_id": one, "parameter": "ids", "title": "Not Found Error",
             "detail": "gone", "type": "https://api.twitter.com/2/problems/resource-not-found"}
            for one in ids
            if one not in known
        ]  # fmt: skip
        return {**({"data": data} if data else {}), **({"errors": gone} if gone else {})}

    return answer


@dataclass
class MemoryShelf:
    """What an engine would have stored of pages and threads."""

    clock: Callable[[], datetime] = lambda: NOW
    kept: dict[PostRef, Post] = field(default_factory=dict)
    met: dict[str, tuple[Profile, datetime]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)

    def take(self, page: Page) -> Page:
        """Store a page as the engine does."""
        self.keep([*(one.post for one in page.posts), *page.context])
        self.met |= {one.identity.id: (one, self.clock()) for one in page.people}
        return page

    def keep(self, posts: Sequence[Post | None]) -> None:
        """Store posts."""
        self.kept |= {post.ref: post for post in posts if post is not None}

    async def posts(self, refs: Sequence[PostRef]) -> Mapping[PostRef, Post]:
        """Those of these posts that are known."""
        return {ref: self.kept[ref] for ref in refs if ref in self.kept}

    async def conversation(self, server: str, conversation: str) -> tuple[Post, ...]:
        """The known posts of a thread, oldest first."""
        found = [post for post in self.kept.values() if post.conversation == conversation]
        return tuple(sorted(found, key=lambda post: post.created_at))

    async def people(self, network: str, ids: Sequence[str]) -> Mapping[str, Identity]:
        """Those of these people that are known, by id: authors count as well."""
        authors = {post.author.id: post.author for post in self.kept.values()}
        known = {**authors, **{one: seen.identity for one, (seen, _) in self.met.items()}}
        return {one: known[one] for one in ids if one in known}

    async def profile(self, who: str) -> tuple[Profile, datetime] | None:
        """A person's profile by id or handle."""
        found = [one for one in self.met.values() if who in (one[0].identity.id, one[0].identity.handle)]
        return found[0] if found else None

    async def matching(self, network: str, words: str, limit: int) -> tuple[Post, ...]:
        """None."""
        return ()

    async def note(self, key: str) -> str:
        """What was noted."""
        return self.notes.get(key, "")

    async def set_note(self, key: str, value: str) -> None:
        """Note it."""
        self.notes[key] = value


@dataclass
class Desk:
    """An account that is logged in to an X; requests are held against the OpenAPI document."""

    network: x.X
    server: Server
    shelf: MemoryShelf
    clock: Clock
    place: MemoryPlace


def desk(
    server: Server,
    *,
    words: str = "tweet",
    secret: Mapping[str, Any] | None = SECRET,
    shelf: MemoryShelf | None = None,
    clock: Clock | None = None,
    **options: Any,
) -> Desk:
    """An account that is logged in to such a server."""
    clock, place = clock or Clock(), MemoryPlace(secret)
    shelf = shelf or MemoryShelf(clock)
    network = x.open(
        ACCOUNT,
        place,
        transport=Checked(httpx.MockTransport(server), words),
        clock=clock,
        sleep=clock.sleep,
        shelf=shelf,
        options={"field_names": words, **options},
    )
    return Desk(network, server, shelf, clock, place)
