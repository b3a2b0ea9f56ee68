"""A Mastodon-API server for tests that says what it is told to say, and what real servers were recorded to say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from replaykit import Clock, in_turn, response

from tweetdesk.domain.accounts import Account
from tweetdesk.networks import mastodon
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.mastodon_records import Place
from tweetdesk.networks.shelf import Shelf

DATA = Path(__file__).parents[1] / "../shared/data"
ACCOUNT = Account("mastodon", "1@social.example.com", "ada@example.com", "https://social.example.com")
SECRET = {"access_token": "t", "client_id": "i", "client_secret": "s", "scope": "read write"}
PLACE = Place("social.example.com", "example.com", ACCOUNT.user_id)
INSTANCE = {"domain": "example.com", "version": "4.5.0", "api_versions": {"mastodon": 7}, "configuration": {}}
GOTOSOCIAL = {
    "domain": "example.com",
    "version": "0.20.0",
    "configuration": {"statuses": {"max_characters": 5000}},
}


def recorded(folder: str, name: str) -> dict[str, Any]:
    """A recorded exchange of mastodon_gotosocial or mastodon_mock; the test is skipped where it is not there."""
    found = sorted((DATA / folder).glob(f"[0-9][0-9][0-9]-{name}.json"))
    if not found:
        pytest.skip(f"{name} of ../shared/data/{folder} is not there")
    exchange: dict[str, Any] = json.loads(found[0].read_text())
    return exchange


def cassettes() -> list[dict[str, Any]]:
    """All recorded calls of Mastodon.py; the test is skipped where they are not there."""
    path = DATA / "mastodon_py_cassettes/responses.jsonl"
    if not path.exists():
        pytest.skip("responses.jsonl of ../shared/data/mastodon_py_cassettes is not there")
    return [json.loads(line) for line in path.read_text().split("\n") if line]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object anywhere in an answer, the outer before the inner ones."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def person(name: str, identifier: str = "") -> dict[str, Any]:
    """An account; a name without a server is one of ours."""
    return {
        "id": identifier or f"id-{name}",
        "username": name.partition("@")[0],
        "acct": name,
        "display_name": name.partition("@")[0].capitalize(),
        "url": f"https://social.example.com/@{name}",
    }


def status(identifier: str, text: str = "hello", by: str = "bob", **more: Any) -> dict[str, Any]:
    """A status as Mastodon sends it, as far as it is looked at."""
    return {
        "id": identifier,
        "created_at": "2026-11-22T18:30:00.000Z",
        "account": person(by, "1" if by == "ada" else ""),
        "content": f"<p>{text}</p>",
        "visibility": "public",
        "spoiler_text": "",
        "url": f"https://social.example.com/@{by}/{identifier}",
        "in_reply_to_id": None,
        "mentions": [],
        "tags": [],
        **more,
    }


def mention(identifier: str, of: dict[str, Any], kind: str = "mention") -> dict[str, Any]:
    """A notification about a status."""
    return {"id": identifier, "type": kind, "account": of["account"], "status": of}


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    verb: str
    path: str
    params: list[tuple[str, str]]
    body: Any
    headers: Mapping[str, str]

    def get(self, name: str) -> str:
        """A parameter; "" without it."""
        return dict(self.params).get(name, "")


@dataclass
class Wire:
    """Answers by "GET /path": a value, (status, value, headers), bytes, an exception, a function, a list of `Say`.

    What is not told is answered with 404.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answers.setdefault("GET /api/v2/instance", INSTANCE)
        self.answers.setdefault("GET /api/v1/preferences", {})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content.startswith(b"{") else request.content.decode()
        path = request.url.raw_path.decode().partition("?")[0]
        params = list(request.url.params.multi_items())
        asked = Asked(request.method, path, params, body, dict(request.headers))
        self.asked.append(asked)
        answer = self.answers.get(f"{request.method} {path}", (404, {"error": "Record not found"}))
        if isinstance(answer, list) and answer and isinstance(answer[0], Say):
            answer = in_turn(answer).what
        return response(answer, asked)

    def of(self, method: str, path: str) -> list[Asked]:
        """What was asked of one method and path."""
        return [asked for asked in self.asked if (asked.verb, asked.path) == (method, path)]


@dataclass(frozen=True)
class Say:
    """One of several answers in a row (a plain list is one answer: a page)."""

    what: Any


def desk(
    wire: Wire,
    clock: Clock | None = None,
    secret: Mapping[str, Any] | None = SECRET,
    shelf: Shelf | None = None,
    account: Account = ACCOUNT,
) -> mastodon.Mastodon:
    """An account that is logged in to such a server."""
    clock = clock or Clock()
    return mastodon.open(
        account,
        MemoryPlace(secret),
        transport=httpx.MockTransport(wire),
        clock=clock,
        sleep=clock.sleep,
        shelf=shelf,
    )
