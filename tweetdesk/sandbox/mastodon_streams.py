"""Streams of the sandbox's Mastodon face: what happens, as it happens, by SSE and by WebSocket.

After docs.joinmastodon.org/methods/streaming.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from .asgi import Receive, Scope, Send
from .mastodon_calls import Call
from .mastodon_ids import HOST, number
from .mastodon_text import tags
from .mastodon_timelines import at_home
from .records import POST, REPOST
from .world import World

Op = dict[str, Any]
Event = tuple[list[str], str, str]
"""(stream, name, payload)."""
LOOK_SECONDS = 0.25
"""A stream looks so often for what is due by the clock."""
PATHS = {
    "/api/v1/streaming/user": "user",
    "/api/v1/streaming/user/notification": "user:notification",
    "/api/v1/streaming/direct": "direct",
    "/api/v1/streaming/public": "public",
    "/api/v1/streaming/public/local": "public:local",
    "/api/v1/streaming/hashtag": "hashtag",
}
STREAMS = frozenset(PATHS.values())


@dataclass(eq=False)
class Stream:
    """One connection: to which streams it listens, and what has not been sent yet (None: hang up)."""

    call: Call
    names: set[tuple[str, str]] = field(default_factory=set)
    """(stream, hashtag or "")."""
    events: asyncio.Queue[Event | None] = field(default_factory=asyncio.Queue)

    def notice(self, ops: tuple[Op, ...]) -> None:
        """Takes in what has changed."""
        for op in ops:
            for name, tag in sorted(self.names):
                stream = [name, tag] if tag else [name]
                for event, payload in _events(self.call, name, tag, op):
                    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
                    self.events.put_nowait((stream, event, text))


def _events(call: Call, name: str, tag: str, op: Op) -> Iterator[tuple[str, Any]]:
    """What a change is on one stream."""
    if op["op"] == "message":
        yield from _message(call, name, op)
    elif (
        op["op"] == "delete" and op["collection"] in (POST, REPOST) and name not in ("direct", "user:notification")
    ):
        yield "delete", str(number(op["rkey"]))
    elif op["op"] == "put":
        record = call.world.records.get(op["did"], op["collection"], op["rkey"])
        edited = "edited_at" in op["value"].get("mastodon", {})
        known = record is not None and (op["collection"] != POST or record.uri in call.world.records.posts)
        if record is None or not known:
            return
        if record.collection in (POST, REPOST) and _belongs(call, name, tag, op):
            yield "status.update" if edited else "update", call.views.status(record)
        if name in ("user", "user:notification") and not edited:
            yield from _notifications(call, op)


def _belongs(call: Call, name: str, tag: str, op: Op) -> bool:
    """Whether a post or repost stands in the timeline of a stream."""
    record = call.world.records.get(op["did"], op["collection"], op["rkey"])
    if record is None or not call.views.visible(record) or call.views.relations.blocks(record.did):
        return False
    if name == "user":
        return at_home(call, record, call.world.follows(call.me) | {call.me}) and not call.views.relations.mutes(
            record.did
        )
    if record.collection != POST or call.views.visibility(record) != "public":
        return False
    if name == "hashtag":
        return tag in tags(record.value)
    local = call.directory.place(record.did)[1] == HOST
    return name == "public" or (name == "public:local" and local)


def _notifications(call: Call, op: Op) -> Iterator[tuple[str, Any]]:
    for _, _, notice in reversed(call.world.records.notices[call.me][-20:]):
        if notice.record.rkey == op["rkey"] and notice.record.did == op["did"]:
            view = call.views.notice(notice)
            if view is not None:
                yield "notification", view


def _message(call: Call, name: str, op: Op) -> Iterator[tuple[str, Any]]:
    """A direct message: a mention, and a conversation for who listens to `direct`."""
    if call.me not in op["to"] or call.views.relations.mutes(op["did"]) or call.views.relations.blocks(op["did"]):
        return
    found = call.message(str(number(op["id"])))
    if found is None:
        return
    if name == "direct":
        yield "conversation", call.views.conversation(found[0])
    elif name in ("user", "user:notification") and op["did"] != call.me:
        yield "notification", call.views.message_notice(*found)


class Streams:
    """All connections of a face that are open."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open: set[Stream] = set()

    def hang_up(self) -> int:
        """Ends all streams, as a server does that is restarted; how many there were."""
        for stream in self.open:
            stream.events.put_nowait(None)
        return len(self.open)

    async def _follow(self, stream: Stream) -> AsyncIterator[Event | None]:
        """The events of a stream; None where nothing happened for a moment. Ends when it is hung up."""
        while True:
            try:
                event = await asyncio.wait_for(stream.events.get(), LOOK_SECONDS)
            except TimeoutError:
                self.world.advance()
                yield None
                continue
            if event is None:
                return
            yield event

    def _begin(self, stream: Stream) -> None:
        self.open.add(stream)
        self.world.watchers.append(stream.notice)

    def _end(self, stream: Stream) -> None:
        self.open.discard(stream)
        self.world.watchers.remove(stream.notice)

    async def serve_lines(self, call: Call, name: str, receive: Receive, send: Send) -> None:
        """Server-sent events, until one of both sides ends it."""
        stream = Stream(call, {(name, call.text("tag").lower() if name == "hashtag" else "")})
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"private, no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b":)\n", "more_body": True})
        self._begin(stream)
        gone = asyncio.create_task(_gone(receive, "http.disconnect"))
        try:
            async for event in self._follow(stream):
                if gone.done():
                    return
                if event is not None:
                    body = f"event: {event[1]}\ndata: {event[2]}\n\n".encode()
                    await send({"type": "http.response.body", "body": body, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self._end(stream)

    async def serve_socket(self, call: Call, receive: Receive, send: Send, protocol: str | None) -> None:
        """One WebSocket with any number of streams, until one of both sides ends it."""
        stream = Stream(call)
        first = call.text("stream")
        if first in STREAMS:
            stream.names.add((first, call.text("tag").lower() if first == "hashtag" else ""))
        await send({"type": "websocket.accept", "subprotocol": protocol})
        self._begin(stream)
        talk = asyncio.create_task(_talk(stream, receive, send))
        try:
            async for event in self._follow(stream):
                if talk.done():
                    return
                if event is not None:
                    frame = {"stream": event[0], "event": event[1], "payload": event[2]}
                    text = json.dumps(frame, ensure_ascii=False)
                    await send({"type": "websocket.send", "text": text})
            await send({"type": "websocket.close", "code": 1001})
        finally:
            talk.cancel()
            self._end(stream)


async def _gone(receive: Receive, kind: str) -> None:
    while (await receive())["type"] != kind:
        pass


async def _talk(stream: Stream, receive: Receive, send: Send) -> None:
    """Takes what the client asks for on a WebSocket: subscribe and unsubscribe."""
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        try:
            asked = json.loads(message.get("text") or "")
            name, kind = asked["stream"], asked["type"]
        except (ValueError, KeyError, TypeError):
            continue
        if name not in STREAMS:
            await send({"type": "websocket.send", "text": '{"error":"Unknown stream type","status":400}'})
            continue
        place = (name, str(asked.get("tag", "")).lower() if name == "hashtag" else "")
        if kind == "subscribe":
            stream.names.add(place)
        elif kind == "unsubscribe":
            stream.names.discard(place)


def socket_token(scope: Scope) -> tuple[str, str | None]:
    """The token of a WebSocket, and the subprotocol to agree on: from query, header or subprotocol."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    kind, _, bearer = headers.get("authorization", "").partition(" ")
    protocols = list(scope.get("subprotocols") or ())
    if "access_token" in query:
        return query["access_token"][-1], None
    if kind.lower() == "bearer":
        return bearer.strip(), None
    return (protocols[0], protocols[0]) if protocols else ("", None)
