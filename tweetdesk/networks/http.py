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
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

# httpx brings a command line of its own, which loads click and rich where they are installed: twice its own time.
if "httpx._main" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]

import httpx

from tweetdesk import __version__
from tweetdesk.networks import spending
from tweetdesk.networks.base import Limits, ServerTrouble, Unreachable
from tweetdesk.networks.http_bodies import Body, Upload
from tweetdesk.networks.http_limits import limits_in
from tweetdesk.networks.http_redaction import redacted

__all__ = [
    "Answer",
    "AsgiTransport",
    "Clock",
    "Http",
    "Params",
    "Sleep",
    "Transport",
    "Upload",
    "ascii_host",
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
#: What goes wrong before anything is sent.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
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
        #: The limits of each group of calls (`limit_key`), where a network has one each.
        self.limits_by: dict[str, Limits] = {}
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
        form: Params | None = None,
        upload: Upload | None = None,
        headers: Mapping[str, str] | None = None,
        retry: bool = False,
        limit_key: str = "",
    ) -> Answer:
        """Ask once, or with `retry` (reads only) up to three times.

        `json`, `form` or `upload` is the body. What the answer tells of the rate limit is kept in `limits`, and
        under `limit_key` in `limits_by`.

        Raises Unreachable where no whole answer came, and ServerTrouble where it is larger than can be. Any
        status is an answer: what 4xx and 5xx mean is for the network's file to say.
        """
        body = Body(json, form, upload)
        tries = 1 + (MORE_TRIES if retry else 0)
        for attempt in range(tries):
            last = attempt == tries - 1
            try:
                answer = await self._once(method, path, params, body, headers or {}, limit_key)
            except Unreachable as trouble:
                if last or isinstance(trouble, _NoUse):
                    raise
            else:
                if last or answer.status not in _PASSING or "retry-after" in answer.headers:
                    return answer
            await self._sleep(FIRST_PAUSE * 2**attempt * (0.5 + self._random()))
        raise AssertionError("the last try returns or raises")

    async def _once(
        self, method: str, path: str, params: Params, body: Body, headers: Mapping[str, str], limit_key: str
    ) -> Answer:
        spending.count(requests=1)
        try:
            async with asyncio.timeout(WHOLE_SECONDS + body.seconds):
                answer = await self._exchange(method, path, params, body, headers)
        except (httpx.TransportError, TimeoutError) as error:
            trouble = _told(error, self._host)
            trouble.unsent = isinstance(error, _BEFORE_SENDING)
            _log.debug("%s %s: %s", method, path, trouble)
            raise trouble from error
        except (httpx.InvalidURL, httpx.DecodingError, httpx.TooManyRedirects) as error:
            raise ServerTrouble(f"{self._host} sent an answer that cannot be unpacked: try later.") from error
        _log.debug("%s %s: %s, %d bytes", method, path, answer.status, len(answer.body))
        now = self._clock()
        self.limits = limits_in(answer.headers, now, self.limits)
        if limit_key:
            self.limits_by[limit_key] = limits_in(answer.headers, now, self.limits_by.get(limit_key, Limits()))
        return answer

    async def _exchange(
        self, method: str, path: str, params: Params, body: Body, headers: Mapping[str, str]
    ) -> Answer:
        query = httpx.QueryParams(list(params)) if params else None
        sent = {**headers, **body.headers}
        async with self._opened().stream(method, path, params=query, headers=sent, **body.sent) as response:
            return Answer(response.status_code, _names(response), await self._whole(response))

    async def _whole(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST_BODY:
                raise ServerTrouble(f"{self._host} sent an answer that is far too large; it was left unread.")
        return bytes(body)

    @asynccontextmanager
    async def lines(
        self,
        path: str,
        *,
        params: Params = (),
        headers: Mapping[str, str] | None = None,
        silence: float = 120.0,
    ) -> AsyncIterator[tuple[Answer, AsyncIterator[str]]]:
        """A GET whose answer does not end (server-sent events): the answer so far, and its lines as they come.

        The body is whole where the status is not 2xx; there are no lines then. Raises Unreachable when the line
        breaks, also while lines are read, and after so many seconds of silence.
        """
        spending.count(requests=1)
        timeout = httpx.Timeout(silence, connect=CONNECT_SECONDS)
        asked = {"accept": "text/event-stream", **(headers or {})}
        query = httpx.QueryParams(list(params)) if params else None
        try:
            async with self._opened().stream(
                "GET", path, params=query, headers=asked, timeout=timeout
            ) as response:
                if response.is_success:
                    yield Answer(response.status_code, _names(response), b""), response.aiter_lines()
                else:
                    body = await self._whole(response)
                    yield Answer(response.status_code, _names(response), body), _no_lines()
        except (httpx.TransportError, TimeoutError) as error:
            raise _told(error, self._host) from error
        except (httpx.InvalidURL, httpx.DecodingError) as error:
            raise ServerTrouble(f"{self._host} sent an answer that cannot be unpacked: try later.") from error

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


async def _no_lines() -> AsyncIterator[str]:
    for line in tuple[str, ...]():
        yield line


def _names(response: httpx.Response) -> dict[str, str]:
    """The headers by names in lower case; several of one name are joined by commas."""
    return {name.lower(): value for name, value in response.headers.items()}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def ascii_host(host: str) -> str:
    """A host name as it is looked up: lower case, other letters by IDNA. Raises ValueError for no such name."""
    try:
        return httpx.URL(scheme="https", host=host).raw_host.decode("ascii")
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error


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
        async with AsyncExitStack() as closing:
            closing.push_async_callback(exchange.aclose)
            start = await exchange.next()
            closing.pop_all()
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
