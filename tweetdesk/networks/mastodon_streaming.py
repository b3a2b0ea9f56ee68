"""What happens on Mastodon as it happens: by WebSocket where the server has one, else by server-sent events.

Source: Mastodon documentation, methods streaming (events update, delete, notification, conversation,
status.update); recorded streams of GoToSocial (WebSocket) and mastodon-mock (server-sent events).
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal
from urllib.parse import urlsplit

from tweetdesk.domain.posts import PostKind, PostRef
from tweetdesk.networks.base import News, Unreachable
from tweetdesk.networks.http import is_loopback
from tweetdesk.networks.json_values import Json, Unreadable, entry, inner, words
from tweetdesk.networks.mastodon_session import Session, login_gone
from tweetdesk.networks.mastodon_threads import Threads

#: Seconds until a WebSocket must stand; the largest message (bytes); seconds of silence that end an event stream.
OPEN_SECONDS, LARGEST, SILENCE = 10, 4_000_000, 90.0

_PATH = "/api/v1/streaming"
_log = logging.getLogger(__name__)


class _NoStream(Exception):
    """The server has no stream of this kind."""


class Streaming:
    """The stream of one account."""

    def __init__(self, session: Session, threads: Threads) -> None:
        self._session, self._threads = session, threads
        self._ways = (self._socket, self._events)  # in the order in which they are tried
        self._missing: list[object] = []  # those that the server was found not to have

    async def listen(self) -> AsyncIterator[News]:
        """What happens; ends at once where the server has no stream. Raises Unreachable when it breaks."""
        for way in self._ways:
            if way in self._missing or (way == self._socket and self._session.transport is not None):
                continue
            try:
                async with way() as events:
                    async for event, payload in events:
                        if news := await self._news(event, payload):
                            yield news
            except _NoStream:
                self._missing.append(way)

    # --- the two ways --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _socket(self) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
        """The events of the WebSocket. Raises _NoStream, Unreachable."""
        address = _address(self._session.instance.streaming)
        if not address:
            raise _NoStream
        from websockets.asyncio.client import connect
        from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

        headers = {"Authorization": f"Bearer {await self._session.token()}"}
        proxy: Literal[True] | None = None if is_loopback(urlsplit(address).hostname or "") else True
        try:
            async with connect(
                f"{address}{_PATH}?stream=user", additional_headers=headers, open_timeout=OPEN_SECONDS,
                max_size=LARGEST, proxy=proxy,
            ) as socket:  # fmt: skip
                # Of direct messages Mastodon tells in a stream of their own.
                await socket.send(json.dumps({"type": "subscribe", "stream": "direct"}))

                async def messages() -> AsyncIterator[tuple[str, str]]:
                    async for message in socket:
                        yield _parts(message)

                yield messages()
        except InvalidStatus as refused:
            if refused.response.status_code == 401:
                raise login_gone(self._session.account) from refused
            if refused.response.status_code < 500:
                raise _NoStream from refused
            raise self._broken("is in trouble") from refused
        except InvalidHandshake as refused:
            raise _NoStream from refused
        except (WebSocketException, OSError) as error:
            raise self._broken("broke off") from error
        raise self._broken("ended")

    @asynccontextmanager
    async def _events(self) -> AsyncIterator[AsyncIterator[tuple[str, str]]]:
        """The events of the stream over HTTP. Raises _NoStream, Unreachable."""
        headers = {"authorization": f"Bearer {await self._session.token()}"}
        async with self._session.http.lines(f"{_PATH}/user", headers=headers, silence=SILENCE) as (answer, lines):
            if answer.status == 401:
                raise login_gone(self._session.account)
            if answer.status >= 500 or answer.status == 429:
                raise self._broken("is in trouble")
            if not answer.ok or not answer.headers.get("content-type", "").startswith("text/event-stream"):
                raise _NoStream
            yield _server_sent(lines)
        raise self._broken("ended")

    def _broken(self, how: str) -> Unreachable:
        return Unreachable(f"The stream of {self._session.host} {how}: it will be opened again.")

    # --- what is told --------------------------------------------------------------------------------------------

    async def _news(self, event: str, payload: str) -> News | None:
        """What an event means; None for those that mean nothing here, or make no sense."""
        if event == "delete":
            identifier = payload.strip()
            return News(gone=(PostRef(self._session.host, identifier),)) if identifier else None
        if event not in ("update", "notification", "conversation", "status.update", "status_update"):
            return None
        if event == "conversation":
            return News(kinds=("messages",))
        try:
            view = entry(payload.encode())
            if event == "notification":
                return _told(view)
            if event == "update":
                direct = words(view, "visibility") == "direct"
                return News(kinds=("messages",) if direct else ("home",))
            return await self._changed(view)
        except Unreadable as unreadable:
            _log.debug("an event %s of the stream makes no sense: %s", event, unreadable)
            return None

    async def _changed(self, view: Json) -> News:
        """An edited post; a direct one only where the conversation that it belongs to is known."""
        made = self._threads.read_one(view)
        placed = (await self._threads.placed([made]))[made.ref]
        if placed.kind is PostKind.MESSAGE:
            known = await self._session.shelf.posts([made.ref])
            if made.ref not in known:
                return News(kinds=("messages",))
        return News(changed=(placed,))


def _told(notification: Json) -> News | None:
    """What a notification means: a mention, or a direct message."""
    if words(notification, "type") not in ("mention", "quote"):
        return None
    direct = words(inner(notification, "status"), "visibility") == "direct"
    return News(kinds=("messages",) if direct else ("mentions",))


def _parts(message: str | bytes) -> tuple[str, str]:
    """The event and the payload of a WebSocket's message; empty for one that makes no sense."""
    try:
        found: Any = entry(message if isinstance(message, bytes) else message.encode())
    except (Unreadable, UnicodeEncodeError):
        return "", ""
    payload = found.get("payload")
    return words(found, "event"), payload if isinstance(payload, str) else json.dumps(payload)


async def _server_sent(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """The events of a text/event-stream: name and data (WHATWG HTML, server-sent events)."""
    event, data = "", list[str]()
    async for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if event and data:
                yield event, "\n".join(data)
            event, data = "", []
        elif name == "event":
            event = value
        elif name == "data":
            data.append(value)


def _address(url: str) -> str:
    """The base of a WebSocket's address; "" for what is none, or would send the token unprotected."""
    try:
        parts = urlsplit(url.replace("https://", "wss://", 1).replace("http://", "ws://", 1))
        host = parts.hostname or ""
    except ValueError:
        return ""
    if not host or not (parts.scheme == "wss" or (parts.scheme == "ws" and is_loopback(host))):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix(_PATH)}"
