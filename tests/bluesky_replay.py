"""A Bluesky server for tests that says what it is told to say, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from replaykit import Clock, in_turn, response

from tweetdesk.domain.accounts import Account
from tweetdesk.networks import bluesky
from tweetdesk.networks.credentials import MemoryPlace

RECORDED = Path(__file__).parents[1] / "../shared/data/bluesky_recorded"
ALICE = "did:plc:b6udslv7k6zlmod47aytfavt"
ACCOUNT = Account("bluesky", ALICE, "alice.test", "http://localhost:12583")
SECRET = {"accessJwt": "first", "refreshJwt": "again", "did": ALICE, "handle": "alice.test", "pds": ACCOUNT.server}


def recorded(name: str) -> dict[str, Any]:
    """A recorded exchange; the test is skipped where it is not there."""
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path.name} of ../shared/data/bluesky_recorded is not there")
    exchange: dict[str, Any] = json.loads(path.read_text())
    return exchange


def body_of(name: str) -> Any:
    """The body of a recorded answer."""
    return recorded(name)["response"]["body"]


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    verb: str
    method: str
    params: list[tuple[str, str]]
    body: Any
    headers: Mapping[str, str]


@dataclass
class Server:
    """Answers by method (NSID): a value, (status, value), bytes, an exception, a list of them, or a function."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        method = request.url.path.removeprefix("/xrpc/")
        body = json.loads(request.content) if request.content else None
        asked = Asked(request.method, method, list(request.url.params.multi_items()), body, dict(request.headers))
        self.asked.append(asked)
        answer = self.answers.get(method, (501, {"error": "MethodNotImplemented", "message": "no"}))
        return response(in_turn(answer), asked)

    def of(self, method: str) -> list[Asked]:
        """What was asked of one method."""
        return [asked for asked in self.asked if asked.method == method]


def desk(server: Server, clock: Clock | None = None, secret: Mapping[str, Any] | None = SECRET) -> bluesky.Bluesky:
    """An account that is logged in to such a server."""
    clock = clock or Clock()
    transport = httpx.MockTransport(server)
    return bluesky.open(ACCOUNT, MemoryPlace(secret), transport=transport, clock=clock, sleep=clock.sleep)
