"""How the code of an OAuth login comes back: an address or a code that was pasted, or a receiver on loopback.

Sources: RFC 6749 section 4.1.2 (the answer and its errors), RFC 8252 section 7.3 (redirects to loopback).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from tweetdesk.networks.errors import NetworkError, Refused, Unreachable
from tweetdesk.networks.oauth import Proof
from tweetdesk.networks.server_address import shown, visible

#: How long the receiver waits for the browser to come back (seconds).
WAIT_SECONDS = 600.0
#: How long a browser may take to send its request (seconds), and how large that may be (bytes).
_REQUEST_SECONDS, _LARGEST_REQUEST = 10.0, 16_384

_PAGE = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>tweetdesk</title>
<body style="font: 1.2em sans-serif; margin: 4em auto; max-width: 32em"><p>{words}</p></body></html>
"""
_HEAD = """\
HTTP/1.1 {status}\r
content-type: text/html; charset=utf-8\r
content-length: {length}\r
cache-control: no-store\r
content-security-policy: default-src 'none'; style-src 'unsafe-inline'\r
referrer-policy: no-referrer\r
connection: close\r
\r
"""

_WRONG_STATE = (
    "That answer does not belong to this login (its state is another): it was not used. "
    "Open the address that was shown last."
)


def code_in(text: str, proof: Proof) -> str:
    """The code in what was pasted: the code alone, or the whole address that the browser was sent to.

    Raises Refused: nothing there ("Empty"), a state that is not ours ("StateMismatch"), or the network's own no
    ("access_denied" and the others of RFC 6749). An address without a state is not ours either.
    """
    pasted = visible(text)
    if not pasted:
        raise Refused("Nothing was pasted.", "Empty")
    if "?" in pasted or "code=" in pasted or "error=" in pasted:
        query = (pasted.partition("?")[2] or pasted).partition("#")[0]
        return code_of(parse_qs(query, keep_blank_values=True), proof)
    if any(char.isspace() for char in pasted) or "://" in pasted:
        raise Refused("That is not a code: paste the code, or the whole address with “code=” in it.", "Empty")
    return pasted


def code_of(query: Mapping[str, list[str]], proof: Proof) -> str:
    """The code in the query of a redirect. Raises Refused, as `code_in` does."""
    found = {name: values[0] for name, values in query.items() if len(values) == 1}
    if not proof.matches(found.get("state", "")):
        raise Refused(_WRONG_STATE, "StateMismatch")
    if error := found.get("error", ""):
        if error == "access_denied":
            raise Refused("The login was refused in the browser: nothing was saved.", error)
        words = shown(found.get("error_description", "") or error, 200)
        raise Refused(f"The login failed in the browser: “{words}”. Nothing was saved.", error)
    if not found.get("code"):
        raise Refused("That address has no code in it: paste the whole address.", "Empty")
    return found["code"]


class Receiver:
    """Waits on 127.0.0.1 for the browser to come back with the code; an async context manager.

    Answers that are not ours (a wrong state, another path) are refused, and told to `refused`; the receiver goes
    on waiting. Only requests that reach 127.0.0.1 are heard: nothing is opened to the network around.
    """

    def __init__(
        self,
        proof: Proof,
        *,
        port: int = 0,
        path: str = "/callback",
        refused: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        self._proof, self._port, self._path, self._refused = proof, port, path, refused
        self._server: asyncio.Server | None = None
        self._answers: asyncio.Queue[str | NetworkError] = asyncio.Queue()

    @property
    def address(self) -> str:
        """The redirect address; the port is known once the receiver is open."""
        return f"http://127.0.0.1:{self._port}{self._path}"

    async def __aenter__(self) -> Receiver:
        """Listen. Raises Refused where the port is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=_LARGEST_REQUEST)
        except OSError as error:
            raise Refused(
                f"Port {self._port} of this machine cannot be used ({error.strerror or 'taken'}): "
                "end the program that has it, or choose another with --port.",
                "PortTaken",
            ) from error
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()

    async def code(self, seconds: float = WAIT_SECONDS) -> str:
        """The code, once the browser has brought it; can be asked for again if that one is of no use.

        Raises Refused where the login was refused there, and Unreachable when time is up.
        """
        try:
            async with asyncio.timeout(seconds):
                answer = await self._answers.get()
        except TimeoutError:
            raise Unreachable(
                f"The browser did not come back within {seconds / 60:.0f} minutes: begin again."
            ) from None
        if isinstance(answer, NetworkError):
            raise answer
        return answer

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer: str | NetworkError | None = None
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_REQUEST_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                status, words, answer = self._judged(request)
                body = _PAGE.format(words=words).encode()
                writer.write(_HEAD.format(status=status, length=len(body)).encode() + body)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        if answer is not None:  # only now: the browser has its page before anybody closes this server
            self._answers.put_nowait(answer)

    def _judged(self, request: bytes) -> tuple[str, str, str | NetworkError | None]:
        """The status and the words for a request, and the answer that it brings, if it is ours."""
        method, _, rest = request.split(b"\r\n", 1)[0].decode("latin-1").partition(" ")
        try:
            target = urlsplit(rest.partition(" ")[0])
        except ValueError:
            return "400 Bad Request", "That is no address.", None
        if method != "GET" or target.path != self._path:
            return "404 Not Found", "There is nothing here.", None
        try:
            code = code_of(parse_qs(target.query, keep_blank_values=True), self._proof)
        except Refused as no:
            if no.code in ("StateMismatch", "Empty"):
                self._refused(str(no))
                return (
                    "400 Bad Request",
                    "This answer does not belong to the login that tweetdesk waits for.",
                    None,
                )
            return "200 OK", "The login was refused. You may close this page.", no
        return "200 OK", "tweetdesk has what it needs. You may close this page.", code
