"""The other people of the live tests: a Bluesky client on the standard library alone.

It shares no code with tweetdesk, so that both cannot misread the protocol in the same way.
"""

from __future__ import annotations

import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

Json = dict[str, Any]
Found = TypeVar("Found")


class PlainError(Exception):
    """The server said no: `status` and its own short name for the reason."""

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(f"{status} {name}: {message}")
        self.status, self.name = status, name


def until(look: Callable[[], Found], seconds: float = 20.0, what: str = "") -> Found:
    """What `look` gives, as soon as it gives something true; a server takes a moment to show what was written.

    Raises AssertionError when time is up.
    """
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"not within {seconds} s: {what or look}"
        time.sleep(0.1)
    return found


def call(server: str, verb: str, method: str, given: Json | None = None, token: str = "", proxy: str = "") -> Json:
    """One call of a method (an NSID) by HTTP: parameters for GET, a JSON body for POST. Raises PlainError."""
    url, body, headers = f"{server}/xrpc/{method}", None, {"accept": "application/json"}
    if verb == "GET" and given:
        url += "?" + urllib.parse.urlencode(given, doseq=True)
    elif verb == "POST" and given is not None:
        body = json.dumps(given).encode()
        headers["content-type"] = "application/json"
    if token:
        headers["authorization"] = f"Bearer {token}"
    if proxy:
        headers["atproto-proxy"] = proxy
    request = urllib.request.Request(url, body, headers, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        with error:
            said = _json(error.read())
        raise PlainError(error.code, said.get("error", ""), said.get("message", "")) from None
    return _json(text)


def _json(text: bytes) -> Json:
    try:
        found = json.loads(text or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass
class Post:
    """A post that was written: its address and version."""

    uri: str
    cid: str

    @property
    def ref(self) -> Json:
        """As a com.atproto.repo.strongRef."""
        return {"uri": self.uri, "cid": self.cid}


@dataclass
class Person:
    """Somebody on a server, logged in."""

    server: str
    handle: str
    password: str
    did: str = ""
    _token: str = field(default="", repr=False)

    def log_in(self) -> Person:
        """Begin a session. Raises PlainError."""
        answer = call(
            self.server, "POST", "com.atproto.server.createSession",
            {"identifier": self.handle, "password": self.password},
        )  # fmt: skip
        self.did, self._token = answer["did"], answer["accessJwt"]
        return self

    def get(self, method: str, **given: Any) -> Json:
        """Ask something. Raises PlainError."""
        return call(self.server, "GET", method, given, self._token)

    def do(self, method: str, **given: Any) -> Json:
        """Do something. Raises PlainError."""
        return call(self.server, "POST", method, given, self._token)

    def post(
        self, text: str, mentions: tuple[Person, ...] = (), root: Post | None = None, parent: Post | None = None
    ) -> Post:
        """Write a post; each person of `mentions` must stand in the text as @handle."""
        record: Json = {"$type": "app.bsky.feed.post", "text": text, "createdAt": _now(), "langs": ["en"]}
        facets = [_mention(text, person) for person in mentions]
        if facets:
            record["facets"] = facets
        if parent is not None:
            record["reply"] = {"root": (root or parent).ref, "parent": parent.ref}
        answer = self.do(
            "com.atproto.repo.createRecord", repo=self.did, collection="app.bsky.feed.post", record=record
        )
        return Post(answer["uri"], answer["cid"])

    def records(self, collection: str) -> list[Json]:
        """One's own records of a collection, from the repository itself: as true as it gets."""
        return self.get("com.atproto.repo.listRecords", repo=self.did, collection=collection, limit=100)["records"]

    def replies(self, post: Post) -> list[Json]:
        """The direct answers to a post as the network shows them (app.bsky.feed.defs#postView)."""
        try:
            answer = self.get("app.bsky.feed.getPostThread", uri=post.uri, depth=6)
        except PlainError as said:
            if said.name == "NotFound":  # not yet
                return []
            raise
        return [one["post"] for one in answer["thread"].get("replies", []) if "post" in one]

    def seen(self, post: Post) -> Json:
        """A post as the network shows it, or {} while it does not."""
        return next(iter(self.get("app.bsky.feed.getPosts", uris=[post.uri])["posts"]), {})

    def view_of(self, other: Person) -> Json:
        """What there is between oneself and another person (app.bsky.actor.defs#viewerState)."""
        viewer: Json = self.get("app.bsky.actor.getProfile", actor=other.did).get("viewer", {})
        return viewer


def new_person(server: str, name: str) -> Person | None:
    """A fresh account, or None where the server does not give them out freely."""
    try:
        offered = call(server, "GET", "com.atproto.server.describeServer")
        if offered.get("inviteCodeRequired") or not offered.get("availableUserDomains"):
            return None
        handle = f"{name}{secrets.token_hex(4)}{offered['availableUserDomains'][0]}"
        password = secrets.token_urlsafe(12)
        call(
            server, "POST", "com.atproto.server.createAccount",
            {"email": f"{secrets.token_hex(6)}@example.com", "handle": handle, "password": password},
        )  # fmt: skip
    except PlainError:
        return None
    return Person(server, handle, password).log_in()


def _mention(text: str, person: Person) -> Json:
    """The facet of a mention; its range counts UTF-8 bytes (app.bsky.richtext.facet)."""
    start = text.encode().index(f"@{person.handle}".encode())
    end = start + len(f"@{person.handle}".encode())
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": person.did}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
