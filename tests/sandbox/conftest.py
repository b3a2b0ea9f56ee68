"""Worlds and clients for the tests of the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.bluesky import CHAT_PROXY, face
from tweetdesk.sandbox.world import World

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
BASE = "http://sandbox.example.com"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = EPOCH) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Client:
    """Calls XRPC methods of a world, as somebody."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(face(world)), base_url=BASE)
        self.headers: dict[str, str] = {}
        self.session: dict[str, Any] = {}

    @property
    def did(self) -> str:
        return str(self.session["did"])

    async def log_in(self, handle: str, password: str) -> Client:
        body = {"identifier": handle, "password": password}
        answer = await self.post("com.atproto.server.createSession", body)
        assert answer.status_code == 200, answer.text
        self.session = answer.json()
        self.headers = {"authorization": f"Bearer {self.session['accessJwt']}"}
        return self

    def _headers(self, nsid: str) -> dict[str, str]:
        proxy = {"atproto-proxy": CHAT_PROXY} if nsid.startswith("chat.") else {}
        return {**self.headers, **proxy}

    async def get(self, nsid: str, **params: Any) -> httpx.Response:
        return await self.http.get(f"/xrpc/{nsid}", params=params, headers=self._headers(nsid))

    async def post(self, nsid: str, body: Any = None) -> httpx.Response:
        return await self.http.post(f"/xrpc/{nsid}", json=body, headers=self._headers(nsid))

    async def ask(self, nsid: str, **params: Any) -> Any:
        """The body of a call that must succeed."""
        answer = await self.get(nsid, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def write(
        self, collection: str, record: dict[str, Any], method: str = "createRecord", **more: Any
    ) -> Any:
        """Writes a record of one's own; the answer's body."""
        answer = await self.put(collection, record, method, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(
        self, collection: str, record: dict[str, Any], method: str = "putRecord", **more: Any
    ) -> httpx.Response:
        value = {"$type": collection, "createdAt": "2026-11-02T09:30:00.000Z", **record}
        body = {"repo": self.did, "collection": collection, "record": value, **more}
        return await self.post(f"com.atproto.repo.{method}", body)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    """A world in which nothing happens by itself."""
    return World(epoch=EPOCH, clock=clock, live_seconds=0)


@pytest.fixture
async def ada(world: World) -> Client:
    return await Client(world).log_in(world.account.handle, world.account.password)


@pytest.fixture
async def tom(world: World) -> Client:
    return await Client(world).log_in("tom.example.com", "tom-pass")
