"""HTTP for every network's file: one client with time limits, retries of reads, and errors told in sentences.

This is the only module that imports httpx; importing it costs, so `networks.base` does not.
"""

from __future__ import annotations

import asyncio
import logging
import random as _random
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

# httpx brings a command line of its own, which loads click and rich where they are installed: twice its own time.
if "httpx._main" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]

import httpx

from tweetdesk import __version__
from tweetdesk.networks.base import Limits, ServerTrouble, Unreachable
from tweetdesk.networks.http_redaction import redacted

__all__ = [
    "Answer",
    "AsgiTransport",
    "Clock",
    "Http",
    "Params",
    "Sleep",
    "Transport",
    "is_loopback",
    "redacted",
    "utc_now",
]

#: Seconds until a connection must stand, between two pieces of an answer, and for a whole exchange.
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 8.0, 25.0, 90.0
#: No answer of a network is larger than this (bytes, unpacked).
LARGEST_BODY = 20_000_000
#: A read is tried again so many times, with pauses that grow from this one (seconds).
MORE_TRIES, FIRST_PAUSE = 2, 0.5
#: Answers that say that a read may work a moment later.
_PASSING = frozenset({502, 503, 504})

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[object]]
Params = Sequence[tuple[str, str]]
Transport = httpx.AsyncBaseTransport

_log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said: status, headers (names in lower case), the unpacked body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300


class Http:
    """A client for one server.

    Redirects are never followed, so that credentials go nowhere but to `base_url`. `transport` stands in for the
    line in tests and in the demo; `clock`, `sleep` and `random` (0 <= x < 1) for time and chance.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: Transport | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.limits = Limits()
        self._transport, self._clock, self._sleep, self._random = transport, clock, sleep, random
        self._client: httpx.AsyncClient | None = None
        url = httpx.URL(self.base_url)
        self._host = url.host if url.port is None else f"{url.host}:{url.port}"
        self._loopback = is_loopback(url.host)

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = False,
    ) -> Answer:
        """Ask once, or with `retry` (reads only) up to three times.

        Raises Unreachable where no whole answer came, and ServerTrouble where it is larger than can be. Any
        status is an answer: what 4xx and 5xx mean is for the network's file to say.
        """
        tries = 1 + (MORE_TRIES if retry else 0)
        for attempt in range(tries):
            last = attempt == tries - 1
            try:
                answer = await self._once(method, path, params, json, headers or {})
            except Unreachable as trouble:
                if last or isinstance(trouble, _NoUse):
                    raise
            else:
                if last or answer.status not in _PASSING or "retry-after" in answer.headers:
                    return answer
            await self._sleep(FIRST_PAUSE * 2**attempt * (0.5 + self._random()))
        raise AssertionError("the last try returns or raises")

    async def _once(self, method: str, path: str, params: Params, json: Any, headers: Mapping[str, str]) -> Answer:
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                answer = await self._exchange(method, path, params, json, headers)
        except (httpx.TransportError, TimeoutError) as error:
            trouble = _told(error, self._host)
            _log.debug("%s %s: %s", method, path, trouble)
            raise trouble from error
        except (httpx.InvalidURL, httpx.DecodingError, httpx.TooManyRedirects) as error:
            raise ServerTrouble(f"{self._host} sent an answer that cannot be unpacked: try later.") from error
        _log.debug("%s %s: %s, %d bytes", method, path, answer.status, len(answer.body))
        self.limits = limits_in(answer.headers, self._clock(), self.limits)
        return answer

    async def _exchange(
        self, method: str, path: str, params: Params, json: Any, headers: Mapping[str, str]
    ) -> Answer:
        client = self._opened()
        query = httpx.QueryParams(list(params)) if params else None
        async with client.stream(method, path, params=query, json=json, headers=dict(headers)) as response:
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise ServerTrouble(f"{self._host} sent an answer that is far too large; it was left unread.")
            names = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, names, bytes(body))

    def _opened(self) -> httpx.AsyncClient:
        """The client, made at the first call: reading the certificates takes a while."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                base_url=self.base_url,
                transport=self._transport,
                timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=8, max_keepalive_connections=4, keepalive_expiry=60),
                headers={"user-agent": f"tweetdesk/{__version__}", "accept": "application/json"},
                follow_redirects=False,
                trust_env=not self._loopback,  # no proxy between us and our own machine
            )
        return self._client

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


# --- rate limits -------------------------------------------------------------------------------------------------


def limits_in(headers: Mapping[str, str], now: datetime, before: Limits) -> Limits:
    """The rate limit that an answer tells (`ratelimit-*` or `x-ratelimit-*`), else what was told before."""
    for prefix in ("ratelimit-", "x-ratelimit-", "x-rate-limit-"):
        left, limit = _whole(headers.get(prefix + "remaining")), _whole(headers.get(prefix + "limit"))
        until = moment_in(headers.get(prefix + "reset", ""), now)
        if left is not None or limit is not None or until is not None:
            return Limits(left, limit, until)
    if "retry-after" in headers:
        return replace(before, left=0, until=moment_in(headers["retry-after"], now))
    return before


def wait_in(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Until when an answer asks us to wait: `retry-after`, else the reset of the rate limit."""
    return moment_in(headers.get("retry-after", ""), now) or limits_in(headers, now, Limits()).until


def moment_in(text: str, now: datetime) -> datetime | None:
    """A moment as servers write it: epoch seconds, seconds from now, ISO, or an HTTP date; else None."""
    text = text.strip()
    try:
        seconds = float(text)
    except ValueError:
        return _dated(text)
    try:
        if seconds > 1_000_000_000:
            return datetime.fromtimestamp(seconds, UTC)
        return now + timedelta(seconds=max(0.0, seconds))
    except (OverflowError, ValueError, OSError):
        return None


def _dated(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = parse(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _whole(text: str | None) -> int | None:
    """The first whole number of a header ("100, 100;w=60" happens)."""
    digits = (text or "").strip().split(",")[0].split(";")[0]
    return int(digits) if digits.isascii() and digits.isdigit() else None


# --- what went wrong, in sentences -------------------------------------------------------------------------------


class _NoUse(Unreachable):
    """Unreachable in a way that trying again at once would not mend."""


def _told(error: BaseException, host: str) -> Unreachable:
    """The sentence for an exception of the line: what happened, and what can be done."""
    causes = tuple(_causes(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _NoUse(
                f"The certificate of {host} cannot be trusted ({cause.verify_message or 'not valid'}): "
                "nothing was sent. Check the address, and the clock of this machine."
            )
        if isinstance(cause, ssl.SSLError):
            return _NoUse(f"No secure connection to {host} could be made: check the address and the port.")
        if isinstance(cause, socket.gaierror):
            if cause.errno == socket.EAI_AGAIN:
                return _NoUse(f"The name {host} cannot be looked up at the moment: are you online?")
            return _NoUse(f"There is no server called {host}: check the address.")
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(f"{host} refuses the connection: the server is not running, or the port is wrong.")
    if isinstance(error, httpx.ConnectTimeout):
        return Unreachable(f"{host} cannot be reached: no connection within {CONNECT_SECONDS:.0f} seconds.")
    if isinstance(error, (httpx.TimeoutException, TimeoutError)):
        return Unreachable(f"{host} took too long to answer (more than {READ_SECONDS:.0f} seconds).")
    if isinstance(error, httpx.ConnectError):
        return Unreachable(f"{host} cannot be reached: check the line and the address.")
    return Unreachable(f"The connection to {host} was lost before the answer had come.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, groups opened."""
    waiting, seen = [error], set[int]()
    while waiting:
        this = waiting.pop(0)
        if id(this) in seen:
            continue
        seen.add(id(this))
        yield this
        if isinstance(this, BaseExceptionGroup):
            waiting.extend(this.exceptions)
        waiting.extend(found for found in (this.__cause__, this.__context__) if found is not None)


# --- an application in place of a line ---------------------------------------------------------------------------

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class AsgiTransport(httpx.AsyncBaseTransport):
    """Talks to an ASGI application in this process, and streams: pieces of a body come as they are sent.

    The application runs as a task of its own, which is cancelled when the response is closed. If it fails, the
    client sees what it would see on a line: ConnectError for a ConnectionRefusedError before the answer, else
    ReadError, also in the middle of a body. (httpx's own ASGITransport waits for the whole body.)
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Start the application and hand on its answer as soon as it begins."""
        exchange = _Exchange(self._app, request, await request.aread())
        try:
            start = await exchange.next()
        except BaseException:
            await exchange.aclose()
            raise
        return httpx.Response(start["status"], headers=start.get("headers", []), stream=exchange)


class _Exchange(httpx.AsyncByteStream):
    """One request on its way through an application: also the stream of the response's body."""

    def __init__(self, app: AsgiApp, request: httpx.Request, body: bytes) -> None:
        self._request, self._body = request, [body]
        self._sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue(maxsize=1)
        self._closed = asyncio.Event()
        self._seconds: float | None = request.extensions.get("timeout", {}).get("read")
        url = request.url
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": request.method,
            "headers": [(name.lower(), value) for name, value in request.headers.raw], "scheme": url.scheme,
            "path": url.path, "raw_path": url.raw_path.split(b"?")[0], "query_string": url.query,
            "server": (url.host, url.port), "client": ("127.0.0.1", 0), "root_path": "",
        }  # fmt: skip
        self._task = asyncio.ensure_future(app(scope, self._receive, self._sent.put))

    async def _receive(self) -> dict[str, Any]:
        if self._body:
            return {"type": "http.request", "body": self._body.pop(), "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> dict[str, Any]:
        """The application's next message; raises httpx's errors if it fails, ends or is silent for too long."""
        getting = asyncio.ensure_future(self._sent.get())
        try:
            await asyncio.wait({getting, self._task}, timeout=self._seconds, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return getting.result()
            if not self._sent.empty():
                return self._sent.get_nowait()
        finally:
            getting.cancel()
        if not self._task.done():
            raise httpx.ReadTimeout("no answer in time", request=self._request)
        error = None if self._task.cancelled() else self._task.exception()
        kind = httpx.ConnectError if isinstance(error, ConnectionRefusedError) else httpx.ReadError
        raise kind("the application ended without an answer", request=self._request) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self.next()
            more = message.get("more_body", False)
            yield message.get("body", b"")

    async def aclose(self) -> None:
        """Tell the application that nobody listens any more, and end it."""
        self._closed.set()
        self._task.cancel()
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # taken, so that asyncio does not report it as lost
