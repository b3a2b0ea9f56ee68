"""Requests and answers of the sandbox's faces, as ASGI carries them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class Answer:
    """An HTTP answer: a body of None is empty."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    def encoded(self) -> bytes:
        if self.raw is not None:
            return self.raw
        if self.body is None:
            return b""
        try:
            return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        except UnicodeEncodeError:  # lone surrogates: only an escape can carry them
            return json.dumps(self.body, separators=(",", ":")).encode()


@dataclass(slots=True)
class Request:
    """An HTTP request, read whole."""

    verb: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes
    base_url: str


def json_object(raw: bytes, *, broken: Exception, other: Exception) -> dict[str, Any]:
    """The JSON object of a body; an empty body is an empty object.

    Raises `broken` for what is no JSON, and `other` for JSON that is no object.
    """
    if not raw:
        return {}
    try:
        body = json.loads(raw)
    except ValueError:
        raise broken from None
    if not isinstance(body, dict):
        raise other
    return body


async def read(scope: Scope, receive: Receive) -> Request:
    """The whole request."""
    headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            break
        body += event.get("body", b"")
        more = event.get("more_body", False)
    query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    host = headers.get("host", "sandbox.example.com")
    base_url = f"{scope.get('scheme', 'http')}://{host}"
    return Request(scope["method"], scope["path"], query, headers, bytes(body), base_url)


async def respond(answer: Answer, request: Request, send: Send) -> None:
    """Sends an answer, with a body unless only the head was asked for."""
    raw = answer.encoded()
    headers = {"access-control-allow-origin": "*", **answer.headers}
    if raw:
        headers["content-type"] = answer.content_type
    headers["content-length"] = str(len(raw))
    pairs = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": b"" if request.verb == "HEAD" else raw})


async def lifespan(receive: Receive, send: Send) -> None:
    """What a server asks of an application at its start and end: nothing has to be done."""
    while True:
        event = await receive()
        await send({"type": event["type"] + ".complete"})
        if event["type"] == "lifespan.shutdown":
            return
