"""A line between a program and an HTTP server that a test can cut: a proxy that is stopped and started again.

Single requests can be caught on their way by a Trap: kept waiting, lost, answered with something else, or passed
on twice. Where the server names its own address in an answer, the proxy puts its own there, so that the program
stays on this line. Server-sent events go through as they come; a WebSocket is refused, as some proxies do.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

#: Called with "before" (nothing was passed on yet) or "after" (the server has answered, the program does not know)
#: and what is asked (the verb and the last part of the path); the answer goes on its way unless it returns True:
#: then the connection is broken.
Watcher = Callable[[str, str], bool]

#: A trap that nobody has let go opens by itself after so many seconds.
LONGEST_HOLD = 60.0


@dataclass(frozen=True)
class Instead:
    """An answer that the program gets in place of the server's."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Trap:
    """What happens to the next request that fits `asked` (a pattern of the verb and the path with its query).

    `moment` is "before" (the server has nothing yet) or "after" (it has answered, the program does not know).
    The first `skip` requests are let through. With `hold` the request waits there until `let_go`. Then it goes on
    its way, or it is `lost` (the connection breaks), or answered `instead`; `twice` passes it on two times, and
    gives the second answer. A request is caught once at most.
    """

    asked: str
    moment: str = "before"
    hold: bool = False
    lost: bool = False
    instead: Instead | None = None
    twice: bool = False
    skip: int = 0
    #: Called in the proxy's thread when the request is caught, before it waits.
    caught: Callable[[], None] = lambda: None
    sprung: threading.Event = field(default_factory=threading.Event)
    #: Set when the server has answered (or dropped) the request that was caught before it.
    arrived: threading.Event = field(default_factory=threading.Event)
    #: Set when the program's side of the line has been given the answer, of a trap "after".
    answered: threading.Event = field(default_factory=threading.Event)
    _open: threading.Event = field(default_factory=threading.Event)

    def fits(self, moment: str, request: str) -> bool:
        """Whether this trap is for a request ("POST /api/v1/statuses") at this moment; asked once for each."""
        if moment != self.moment or re.search(self.asked, request) is None:
            return False
        self.skip -= 1
        return self.skip < 0

    def spring(self) -> None:
        """The request is here: tell it, and keep it if that is wanted."""
        self.caught()
        self.sprung.set()
        if self.hold:
            self._open.wait(LONGEST_HOLD)

    def wait(self, seconds: float = 20.0) -> None:
        """Return when a request is caught. Raises AssertionError."""
        assert self.sprung.wait(seconds), f"nothing like {self.asked!r} was asked within {seconds} s"

    def let_go(self) -> None:
        """What waits goes on."""
        self._open.set()


_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "host", "accept-encoding"}


class Proxy:
    """Passes requests on to `target` (a URL) while it is started.

    `asked` counts them by verb and last path part; `traps` wait for one request each.
    """

    def __init__(self, target: str) -> None:
        self.target = target.rstrip("/")
        self.asked: Counter[str] = Counter()
        self.watch: Watcher = lambda moment, method: False
        self.traps: list[Trap] = []
        self._taking = threading.Lock()
        self.port = 0
        self._server: _Server | None = None
        self.start()

    @property
    def url(self) -> str:
        """Where the program has to ask."""
        return f"http://localhost:{self.port}"

    def trap(self, asked: str, moment: str = "before", **what: Any) -> Trap:
        """Lay a trap for one request; see Trap."""
        made = Trap(asked, moment, **what)
        self.traps.append(made)
        return made

    def trap_behind(self, first: str, asked: str, *, skip: int = 0, **what: Any) -> Trap:
        """Lay a trap once `first` was asked (`skip` + 1 times): for what is asked for other reasons before."""
        made = Trap(asked, **what)
        self.trap(first, skip=skip, caught=lambda: self.traps.append(made))
        return made

    def clear(self) -> None:
        """Take all traps away, and let go what they hold."""
        with self._taking:
            traps, self.traps = self.traps, []
        for one in traps:
            one.let_go()

    def take(self, moment: str, request: str) -> Trap | None:
        """The trap for a request, which is used up by it."""
        with self._taking:
            found = next((one for one in self.traps if one.fits(moment, request)), None)
            if found is not None:
                self.traps.remove(found)
        if found is not None:
            found.spring()
        return found

    def start(self) -> None:
        """Listen (again, at the same port)."""
        self._server = _Server(("127.0.0.1", self.port), self)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more and break what is open: connections are refused from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.break_all()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], proxy: Proxy) -> None:
        self.proxy = proxy
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:  # type: ignore[no-untyped-def]
        self._open.discard(request)
        super().shutdown_request(request)

    def break_all(self) -> None:
        for one in tuple(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]
        """A broken connection is what this is for: nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _pass_on(self) -> None:
        proxy = self.server.proxy
        method = f"{self.command} {urlsplit(self.path).path.rpartition('/')[2]}"
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        proxy.asked[method] += 1
        trap = proxy.take("before", f"{self.command} {self.path}")
        if proxy.watch("before", method) or (trap and trap.lost):
            return self._break()
        if trap and trap.instead:
            return self._give(trap.instead)
        if "upgrade" in self.headers:
            return self.send_error(404)
        if trap and trap.twice:
            with contextlib.closing(self._ask(proxy.target, body)) as line:
                line.getresponse().read()
        try:
            with contextlib.closing(self._ask(proxy.target, body)) as line:
                answer = line.getresponse()
                if answer.headers.get_content_type() == "text/event-stream":
                    return self._stream(answer)
                content = answer.read()
        finally:
            if trap:
                trap.arrived.set()
        trap = trap or proxy.take("after", f"{self.command} {self.path}")
        if proxy.watch("after", method) or (trap and trap.lost):
            return self._break()
        if trap and trap.instead:
            return self._give(trap.instead)
        content = content.replace(urlsplit(proxy.target).netloc.encode(), urlsplit(proxy.url).netloc.encode())
        self._head(answer)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        if trap:
            trap.answered.set()
        return None

    do_GET = do_POST = do_PUT = do_DELETE = _pass_on  # noqa: N815

    def _ask(self, target: str, body: bytes) -> http.client.HTTPConnection:
        place = urlsplit(target)
        line = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        line.request(self.command, self.path, body or None, headers)
        return line

    def _head(self, answer: http.client.HTTPResponse) -> None:
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)

    def _give(self, answer: Instead) -> None:
        self.send_response(answer.status)
        for name, value in {"content-type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _stream(self, answer: http.client.HTTPResponse) -> None:
        """An answer without an end, as it comes, until one side has enough."""
        self.close_connection = True
        self._head(answer)
        self.end_headers()
        with contextlib.suppress(OSError, http.client.HTTPException):
            while part := answer.read1():
                self.wfile.write(part)

    def _break(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""
