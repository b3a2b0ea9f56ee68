"""Streams of the Mastodon face, by SSE and by WebSocket, spoken as ASGI and over a real socket."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tweetdesk.sandbox.asgi import ASGIApp
from tweetdesk.sandbox.mastodon import face, token
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock
from .fediverse import fediverse, post, write

HELLO = "@ada.example.com are you there?"
PATIENCE = 10
"""Seconds after which a test gives up waiting."""


class Connection:
    """One ASGI connection to an app: what it has sent waits in `sent`."""

    def __init__(self, app: ASGIApp, kind: str, path: str, bearer: str, **query: str) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.given: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        headers = [(b"host", b"social.example.com")]
        if bearer:
            headers.append((b"authorization", f"Bearer {bearer}".encode()))
        scope = {"type": kind, "path": path, "method": "GET", "headers": headers, "scheme": "https"}
        scope |= {"query_string": urlencode(query).encode(), "subprotocols": [], "extensions": {}}
        self.given.put_nowait({"type": "http.request"} if kind == "http" else {"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app(scope, self.given.get, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.put_nowait(message)

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.sent.get(), PATIENCE)

    async def frame(self) -> dict[str, Any]:
        """The next frame of a WebSocket, with its payload read."""
        frame: dict[str, Any] = json.loads((await self.next())["text"])
        return frame

    async def event(self) -> tuple[str, str]:
        """The next server-sent event: name and payload."""
        lines = (await self.next())["body"].decode().rstrip().splitlines()
        return lines[0].removeprefix("event: "), lines[1].removeprefix("data: ")

    def say(self, **body: str) -> None:
        self.given.put_nowait({"type": "websocket.receive", "text": json.dumps(body)})


@asynccontextmanager
async def connected(app: ASGIApp, kind: str, path: str, bearer: str, **query: str) -> AsyncIterator[Connection]:
    connection = Connection(app, kind, path, bearer, **query)
    try:
        yield connection
    finally:
        leave = "http.disconnect" if kind == "http" else "websocket.disconnect"
        connection.given.put_nowait({"type": leave})
        await asyncio.wait_for(connection.task, PATIENCE)


async def test_sse_tells_what_happens(world: World) -> None:
    app = face(world)
    async with connected(app, "http", "/api/v1/streaming/user", token(world)) as stream:
        start = await stream.next()
        assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream")
        assert (await stream.next())["body"] == b":)\n"
        uri = world.post("tom.example.com", HELLO)
        name, payload = await stream.event()
        status = json.loads(payload)
        assert (name, status["account"]["acct"]) == ("update", "tom@photos.example.net")
        name, payload = await stream.event()
        assert (name, json.loads(payload)["type"]) == ("notification", "mention")
        assert json.loads(payload)["status"]["id"] == status["id"]
        world.edit(uri, HELLO + " Never mind.")
        name, payload = await stream.event()
        assert (name, json.loads(payload)["id"]) == ("status.update", status["id"])
        world.delete(uri)
        assert await stream.event() == ("delete", status["id"])
        world.message("mira.example.org", "psst")
        name, payload = await stream.event()
        assert (name, json.loads(payload)["status"]["visibility"]) == ("notification", "direct")
    assert world.watchers == []


async def test_a_websocket_takes_and_leaves_streams(world: World) -> None:
    app = face(world)
    async with connected(app, "websocket", "/api/v1/streaming", token(world), stream="user") as socket:
        assert (await socket.next())["type"] == "websocket.accept"
        world.post("tom.example.com", "news")
        frame = await socket.frame()
        assert (frame["stream"], frame["event"]) == (["user"], "update")
        assert "news" in json.loads(frame["payload"])["content"]
        socket.say(type="subscribe", stream="nonsense")
        assert (await socket.frame())["status"] == 400
        socket.say(type="unsubscribe", stream="user")
        socket.say(type="subscribe", stream="direct")
        socket.say(type="subscribe", stream="hashtag", tag="Heron")
        socket.say(type="subscribe", stream="nonsense")
        assert (await socket.frame())["status"] == 400
        world.message("mira.example.org", "psst")
        frame = await socket.frame()
        assert (frame["stream"], frame["event"]) == (["direct"], "conversation")
        assert json.loads(frame["payload"])["unread"] is True
        world.post(world.people.by_key["vic"].did, "#heron #HERON")
        frame = await socket.frame()
        assert (frame["stream"], frame["event"]) == (["hashtag", "heron"], "update")


@pytest.mark.parametrize("place", ["query", "subprotocol"])
async def test_a_websocket_takes_its_token_elsewhere_too(world: World, place: str) -> None:
    query = {"access_token": token(world)} if place == "query" else {}
    connection = Connection(face(world), "websocket", "/api/v1/streaming", "", stream="user", **query)
    if place == "subprotocol":
        connection.task.cancel()
        scope = {"type": "websocket", "path": "/api/v1/streaming", "headers": [], "query_string": b"stream=user"}
        scope["subprotocols"] = [token(world)]
        connection.given.put_nowait({"type": "websocket.connect"})
        connection.task = asyncio.ensure_future(face(world)(scope, connection.given.get, connection._send))
    accept = await connection.next()
    assert accept == {"type": "websocket.accept", "subprotocol": token(world) if place == "subprotocol" else None}
    connection.given.put_nowait({"type": "websocket.disconnect"})
    await asyncio.wait_for(connection.task, PATIENCE)


async def test_without_a_token_or_a_stream_there_is_none(world: World) -> None:
    async with connected(face(world), "websocket", "/api/v1/streaming", "nonsense", stream="user") as socket:
        assert (await socket.next())["type"] == "websocket.close"
    async with connected(face(world, streaming=False), "websocket", "/api/v1/streaming", token(world)) as socket:
        assert (await socket.next())["type"] == "websocket.close"
    async with fediverse(world, bearer="") as http:
        assert (await http.get("/api/v1/streaming/user")).status_code == 401
    async with fediverse(world, streaming=False) as http:
        assert (await http.get("/api/v1/streaming/user")).status_code == 404
        assert (await http.get("/api/v1/streaming/health")).text == "OK"


async def test_what_happens_by_itself_arrives_without_another_request(clock: Clock) -> None:
    world = World(epoch=EPOCH, clock=clock)
    async with connected(face(world), "http", "/api/v1/streaming/public", token(world)) as stream:
        await stream.next()
        await stream.next()
        clock.pass_seconds(60)
        assert (await stream.event())[0] == "update"


async def test_streams_can_be_ended_from_outside(world: World) -> None:
    app = face(world)
    async with connected(app, "websocket", "/api/v1/streaming", token(world), stream="user") as socket:
        await socket.next()
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://social.example.com") as http:
            assert await post(http, "/_sandbox/streams/end") == {"ended": 1}
        assert (await socket.next())["type"] == "websocket.close"


async def test_nothing_of_muted_people_and_of_private_talks(world: World) -> None:
    app = face(world)
    async with fediverse(world) as http:
        tom = (await http.get("/api/v1/accounts/lookup", params={"acct": "tom@photos.example.net"})).json()
        await post(http, f"/api/v1/accounts/{tom['id']}/mute")
    async with connected(app, "http", "/api/v1/streaming/user", token(world)) as stream:
        await stream.next()
        await stream.next()
        world.post("tom.example.com", HELLO)
        world.message("tom.example.com", "psst")
        world.message("mira.example.org", "not for ada", to="tom.example.com")
        async with fediverse(world) as http:
            made = await write(http, "mine")
        name, payload = await stream.event()
        assert (name, json.loads(payload)["id"]) == ("update", made["id"])


def test_a_real_socket_on_a_served_sandbox() -> None:
    websockets = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
    pytest.importorskip("uvicorn")
    command = [sys.executable, "-m", "tweetdesk.sandbox", "--port", "0", "--live-seconds", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            instance = httpx.get(f"{ready['url']}/api/v2/instance").json()
            address = f"{instance['configuration']['urls']['streaming']}/api/v1/streaming?stream=user"
            headers = {"authorization": f"Bearer {ready['networks']['mastodon']['token']}"}
            body = {"handle": "tom.example.com", "text": HELLO}
            with websockets.connect(address, additional_headers=headers) as socket:
                httpx.post(f"{ready['url']}/_sandbox/mastodon/post", json=body).raise_for_status()
                events = [json.loads(socket.recv(PATIENCE))["event"] for _ in "12"]
                assert events == ["update", "notification"]
            with pytest.raises(websockets.InvalidStatus) as refused, websockets.connect(address):
                pass
            assert refused.value.response.status_code == 401
            with httpx.stream("GET", f"{ready['url']}/api/v1/streaming/user", headers=headers) as answer:
                lines = answer.iter_lines()
                assert next(lines) == ":)"
                httpx.post(f"{ready['url']}/_sandbox/mastodon/message", json=body).raise_for_status()
                assert next(lines) == "event: notification"
        finally:
            process.kill()
