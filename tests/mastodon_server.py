"""A real server of the Mastodon API on loopback (mastodon-mock), and people who use it by plain HTTP.

It is laxer than the real ones: no mention anchors in its HTML, a boost of a direct post is taken, and so on.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tweetdesk.domain.accounts import Account

MISSING = "mastodon-mock is not installed (pip install mastodon-mock==0.6.1)"


def require() -> None:
    """Skip the test where the server is not installed."""
    if importlib.util.find_spec("mastodon_mock") is None:
        pytest.skip(MISSING)


@dataclass(frozen=True)
class Person:
    """Somebody with an account on the server, who talks to it as any client would."""

    url: str
    name: str
    id: str
    token: str

    @property
    def person_id(self) -> str:
        """Their id with its server, as it is everywhere in the program."""
        return f"{self.id}@{self.url.removeprefix('http://')}"

    @property
    def account(self) -> Account:
        """Their account, as a login of ours would have made it."""
        return Account("mastodon", self.person_id, f"{self.name}@localhost", self.url)

    @property
    def secret(self) -> dict[str, str]:
        """What a login of ours would have kept."""
        return {"access_token": self.token, "client_id": "id", "client_secret": "s", "scope": "read write follow"}

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """One request; the JSON of its answer. Raises for all that is not 2xx."""
        sent = {"authorization": f"Bearer {self.token}", **(headers or {})}
        answer = httpx.request(method, f"{self.url}{path}", json=body, headers=sent, timeout=20, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def post(self, text: str, **more: Any) -> str:
        """Post a status; its id."""
        return str(self.call("POST", "/api/v1/statuses", {"status": text, **more})["id"])

    def statuses(self) -> list[dict[str, Any]]:
        """What they have posted, newest first."""
        found: list[dict[str, Any]] = self.call("GET", f"/api/v1/accounts/{self.id}/statuses?limit=40")
        return found


@dataclass
class Server:
    """A running server, its people, and its faults."""

    url: str
    people: dict[str, Person]

    def __getitem__(self, name: str) -> Person:
        return self.people[name]

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def fault(
        self, effect: Mapping[str, Any], *, path: str = "", count: int = 1, methods: tuple[str, ...] = ()
    ) -> None:
        """Let the next requests fail: an effect as the server's /api/v1/_mock/faults has it."""
        match: dict[str, Any] = {}
        if path:
            match["path"] = path
        if methods:
            match["methods"] = list(methods)
        rule = {"match": match, "effect": dict(effect), "count": count}
        httpx.post(f"{self.url}/api/v1/_mock/faults", json=rule, trust_env=False).raise_for_status()

    def reset(self) -> None:
        """As at the start: nobody has written anything, and there are no faults."""
        httpx.delete(f"{self.url}/api/v1/_mock/faults", trust_env=False).raise_for_status()
        httpx.post(f"{self.url}/api/v1/_mock/reset", trust_env=False).raise_for_status()
        self.people.update({name: _person(self.url, name) for name in self.people})


@contextmanager
def running() -> Iterator[Server]:
    """A fresh server with alice, bob and carol. Skips the test where it is not installed."""
    require()
    from mastodon_mock.testing.server import MockServer

    with MockServer() as server:
        yield Server(server.base_url, {name: _person(server.base_url, name) for name in ("alice", "bob", "carol")})


def _person(url: str, name: str) -> Person:
    token = f"{name}_token"
    answer = httpx.get(
        f"{url}/api/v1/accounts/verify_credentials",
        headers={"authorization": f"Bearer {token}"},
        timeout=20,
        trust_env=False,
    )
    answer.raise_for_status()
    return Person(url, name, str(answer.json()["id"]), token)
