"""Mastodon's streams: a WebSocket on loopback that says what GoToSocial said, event streams, and neither."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from mastodon_replay import ACCOUNT, DATA, GOTOSOCIAL, SECRET, status
from replaykit import NOW
from websockets.asyncio.server import Request, Response, ServerConnection, serve

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.posts import PostRef
from tweetdesk.networks import mastodon
from tweetdesk.networks.base import LoginNeeded, News, Unreachable
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport


def event(name: str, payload: Any, stream: str = "user") -> str:
    """A WebSocket's message as the servers send it: JSON within JSON."""
    inside = payload if isinstance(payload, str) else json.dumps(payload)
    return json.dumps({"stream": [stream], "event": name, "payload": inside})


@dataclass
class Socket:
    """A server with a WebSocket: what it says, and what it was told."""

    messages: list[str | bytes]
    refuse: int = 0
    stay: bool = True
    streaming: str | None = None
    told: list[str] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    port: int = 0

    def http(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers plain requests: its description, and that there is nothing else."""
        if request.path.startswith("/api/v1/streaming?"):
            self.asked.append(request)
            return connection.respond(self.refuse, "no") if self.refuse else None
        if request.path.startswith("/api/v2/instance"):
            address = f"ws://127.0.0.1:{self.port}" if self.streaming is None else self.streaming
            urls = {"configuration": {"urls": {"streaming": address}}}
            return connection.respond(200, json.dumps({**GOTOSOCIAL, **urls}))
        return connection.respond(404, '{"error": "Not Found"}')

    async def talk(self, socket: ServerConnection) -> None:
        """One listener."""
        self.told.append(str(await socket.recv()))
        for message in self.messages:
            await socket.send(message)
        if self.stay:
            await socket.wait_closed()


@asynccontextmanager
async def listening(server: Socket) -> AsyncIterator[mastodon.Mastodon]:
    async with serve(server.talk, "127.0.0.1", 0, process_request=server.http) as running:
        server.port = next(iter(running.sockets)).getsockname()[1]
        account = Account(
            "mastodon", f"1@127.0.0.1:{server.port}", "ada@example.com", f"http://127.0.0.1:{server.port}"
        )
        network = mastodon.open(account, MemoryPlace(SECRET), clock=lambda: NOW)
        try:
            yield network
        finally:
            await network.close()


async def _heard(network: mastodon.Mastodon, enough: Callable[[list[News]], bool]) -> list[News]:
    heard: list[News] = []
    stream = network.listen()
    async with asyncio.timeout(10):
        async for news in stream:
            heard.append(news)
            if enough(heard):
                break
    await stream.aclose()
    return heard


async def _until_it_breaks(network: mastodon.Mastodon) -> list[News]:
    """All that is heard before the stream breaks off, which it has to."""
    heard: list[News] = []
    try:
        async for news in network.listen():
            heard.append(news)  # noqa: PERF401 (what came before counts)
    except Unreachable as told:
        assert str(told).endswith("it will be opened again.")  # noqa: PT017 (a test helper that raises else)
        return heard
    raise AssertionError("the stream ended without a word")


async def test_every_event_means_what_it_should() -> None:
    direct = status("d", visibility="direct")
    server = Socket([
        event("update", status("1")),
        event("update", direct),
        event("notification", {"id": "n", "type": "mention", "status": status("2")}),
        event("notification", {"id": "n", "type": "mention", "status": direct}),
        event("notification", {"id": "n", "type": "favourite", "status": status("2")}),
        event("conversation", {"id": "c"}, "direct"),
        event("status.update", status("3", "edited")),
        event("status.update", direct),
        event("filters_changed", ""),
        "not json", b"\xff\xfe", "[]", '{"event": 7}', event("update", "{"), event("update", "[]"),
        event("status.update", {"id": "4"}), event("delete", ""), event("unknown", "{}"),
        event("delete", "5"),
    ])  # fmt: skip
    async with listening(server) as network:
        heard = await _heard(network, lambda heard: bool(heard[-1].gone))
        host = network.account.server.removeprefix("http://")
    kinds = [news.kinds for news in heard if news.kinds]
    assert kinds == [("home",), ("messages",), ("mentions",), ("messages",), ("messages",), ("messages",)]
    assert [[one.text for one in news.changed] for news in heard if news.changed] == [["edited"]]
    assert heard[-1].gone == (PostRef(host, "5"),)
    (asked,) = server.asked
    assert asked.headers["authorization"] == "Bearer t"
    assert "t" not in asked.path.partition("?")[2].replace("stream=user", ""), "the token is in no address"
    assert json.loads(server.told[0]) == {"type": "subscribe", "stream": "direct"}


async def test_what_gotosocial_said() -> None:
    path = DATA / "mastodon_gotosocial/streaming-ws.txt"
    if not path.exists():
        pytest.skip("streaming-ws.txt of ../shared/data/mastodon_gotosocial is not there")
    lines = [line for line in path.read_text().split("\n") if line.startswith("{")]
    async with listening(Socket([*lines, event("delete", "the end")])) as network:
        heard = await _heard(network, lambda heard: any(ref.id == "the end" for ref in heard[-1].gone))
    kinds = [kind for news in heard for kind in news.kinds]
    assert {"home", "mentions", "messages"} == set(kinds)
    assert kinds.count("home") + sum(bool(news.gone or news.changed) for news in heard) >= 20
    assert sum(len(news.gone) for news in heard) == 3
    assert [len(one.changed) for one in heard if one.changed] == [1]


async def test_a_stream_that_ends_says_so() -> None:
    async with listening(Socket([event("update", status("1"))], stay=False)) as network:
        assert await _until_it_breaks(network) == [News(kinds=("home",))]


async def test_a_server_without_any_stream_ends_at_once_and_is_not_asked_again() -> None:
    server = Socket([], refuse=404)
    async with listening(server) as network:
        for _ in range(3):
            assert [news async for news in network.listen()] == []
    assert len(server.asked) == 1


async def test_a_stream_that_does_not_know_us() -> None:
    async with listening(Socket([], refuse=401)) as network:
        with pytest.raises(LoginNeeded):
            await anext(network.listen())
    async with listening(Socket([], refuse=503)) as network:
        with pytest.raises(Unreachable):
            await anext(network.listen())


@pytest.mark.parametrize(
    "url", ["ws://far.example.com", "http://far.example.com", "javascript:x", "", "wss://[", "ftp://127.0.0.1"]
)
async def test_the_token_goes_to_no_address_that_is_not_protected(url: str) -> None:
    server = Socket([event("delete", "1")], streaming=url)
    async with listening(server) as network:
        assert [news async for news in network.listen()] == []
    assert server.asked == []


# --- server-sent events ------------------------------------------------------------------------------------------


class Events:
    """An application that streams these pieces to whoever asks for /api/v1/streaming/user."""

    def __init__(self, *pieces: str, status_code: int = 200, kind: str = "text/event-stream") -> None:
        self.pieces, self.status_code, self.kind = pieces, status_code, kind
        self.streams = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/api/v1/streaming/user":
            self.streams += 1
            headers = [(b"content-type", self.kind.encode())]
            await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
            for piece in self.pieces:
                await send({"type": "http.response.body", "body": piece.encode(), "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            return
        body = json.dumps(GOTOSOCIAL if path == "/api/v2/instance" else {}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def _events_desk(app: Events) -> mastodon.Mastodon:
    return mastodon.open(ACCOUNT, MemoryPlace(SECRET), transport=AsgiTransport(app), clock=lambda: NOW)


async def test_server_sent_events_in_any_pieces() -> None:
    mention = json.dumps({"id": "n", "type": "mention", "status": status("2")})
    text = f":connected\n\n:thump\n\nevent: update\ndata: {json.dumps(status('1'))}\n\nevent: notification\n"
    text += (
        f"data: {mention}\n\nevent:delete\ndata:5\n\ndata: no name\n\nevent: update\n\nevent: update\ndata: x\n\n"
    )
    network = _events_desk(Events(*(text[at : at + 7] for at in range(0, len(text), 7))))
    assert await _until_it_breaks(network) == [
        News(kinds=("home",)),
        News(kinds=("mentions",)),
        News(gone=(PostRef("social.example.com", "5"),)),
    ]
    await network.close()


@pytest.mark.parametrize(
    ("app", "error"),
    [
        (Events("no", status_code=404, kind="application/json"), None),
        (Events("<html>a page</html>", kind="text/html"), None),
        (Events("", status_code=401, kind="application/json"), LoginNeeded),
        (Events("", status_code=502, kind="text/html"), Unreachable),
    ],
)
async def test_what_is_no_event_stream(app: Events, error: type[Exception] | None) -> None:
    network = _events_desk(app)
    if error is not None:
        with pytest.raises(error):
            await anext(network.listen())
    else:
        for _ in range(2):
            assert [news async for news in network.listen()] == []
        assert app.streams == 1, "that there is none is remembered"
    await network.close()
