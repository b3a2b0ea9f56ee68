"""The HTTP client: retries of reads, limits from headers, a sentence for every failure, and streaming."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replaykit import NOW, Clock

from tweetdesk import __version__
from tweetdesk.networks import http
from tweetdesk.networks.base import Limits, ServerTrouble, Unreachable
from tweetdesk.networks.http import AsgiTransport, Http, is_loopback, redacted
from tweetdesk.networks.http_bodies import Body, file_in_a_form
from tweetdesk.networks.http_limits import limits_in, moment_in, wait_in


def _client(answer: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None) -> Http:
    clock = clock or Clock()
    transport = httpx.MockTransport(answer)
    return Http("https://example.com", transport=transport, clock=clock, sleep=clock.sleep, random=lambda: 0.5)


# --- asking ------------------------------------------------------------------------------------------------------


async def test_what_is_sent() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"a": 1}, headers={"X-Name": "v"})

    client = _client(answer)
    params = [("a", "1"), ("b", "ü &"), ("a", "2")]
    got = await client.call(
        "POST", "/xrpc/x", params=params, json={"t": "é"}, headers={"authorization": "Bearer t"}
    )
    assert (got.status, got.ok, got.body, got.headers["x-name"]) == (200, True, b'{"a":1}', "v")
    assert seen[0].headers["user-agent"] == f"tweetdesk/{__version__}"
    assert seen[0].headers["authorization"] == "Bearer t"
    assert sorted(seen[0].url.params.multi_items()) == sorted(params)
    await client.close()
    await client.close()


@pytest.mark.parametrize(
    "trouble", [502, 503, 504, httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ReadError("x")]
)
async def test_a_read_is_tried_three_times(trouble: int | Exception) -> None:
    tries: list[datetime] = []
    clock = Clock()

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(clock())
        if isinstance(trouble, Exception):
            raise trouble
        return httpx.Response(trouble)

    client = _client(answer, clock)
    if isinstance(trouble, Exception):
        with pytest.raises(Unreachable):
            await client.call("GET", "/", retry=True)
    else:
        assert (await client.call("GET", "/", retry=True)).status == trouble
    assert len(tries) == 3
    pauses = [(after - before).total_seconds() for before, after in pairwise(tries)]
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("trouble", [500, 429, 404])
async def test_other_answers_are_not_asked_for_again(trouble: int) -> None:
    tries = []

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        return httpx.Response(trouble)

    assert (await _client(answer).call("GET", "/", retry=True)).status == trouble
    assert len(tries) == 1


async def test_a_write_is_never_tried_again() -> None:
    tries = []

    def answer(request: httpx.Request) -> httpx.Response:
        tries.append(1)
        raise httpx.ReadError("x")

    with pytest.raises(Unreachable):
        await _client(answer).call("POST", "/")
    assert len(tries) == 1


async def test_redirects_are_not_followed() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://other.example.com/"})

    assert (await _client(answer).call("GET", "/", headers={"authorization": "Bearer t"})).status == 302
    assert asked == ["example.com"]


async def test_an_endless_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LARGEST_BODY", 1000)
    packed = gzip.compress(b"a" * 100_000)
    client = _client(lambda _: httpx.Response(200, content=packed, headers={"content-encoding": "gzip"}))
    with pytest.raises(ServerTrouble, match="far too large"):
        await client.call("GET", "/")


async def test_a_body_that_cannot_be_unpacked_is_trouble_of_the_server() -> None:
    client = _client(
        lambda _: httpx.Response(200, stream=_Bytes(b"not gzip"), headers={"content-encoding": "gzip"})
    )
    with pytest.raises(ServerTrouble):
        await client.call("GET", "/")


class _Bytes(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self.body


# --- failures of a real line -------------------------------------------------------------------------------------


@asynccontextmanager
async def _serving(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> AsyncIterator[int]:
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _trouble(base_url: str) -> str:
    client = Http(base_url)
    try:
        with pytest.raises(Unreachable) as told:
            await client.call("POST", "/")
        return str(told.value)
    finally:
        await client.close()


async def test_a_refused_connection() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        assert "refuses the connection" in await _trouble(f"http://{host}:{port}")


async def test_no_such_host() -> None:
    said = await _trouble("http://no-such-host.invalid")
    assert "no-such-host.invalid" in said
    assert "There is no server called" in said or "cannot be looked up" in said


async def test_a_connection_that_is_lost() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        writer.close()

    async with _serving(talk) as port:
        assert "was lost" in await _trouble(f"http://127.0.0.1:{port}")


async def test_a_server_without_tls() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with _serving(talk) as port:
        assert "No secure connection" in await _trouble(f"https://127.0.0.1:{port}")


async def test_a_certificate_that_nobody_vouches_for(tmp_path: Any) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_own_certificate(tmp_path))
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0, ssl=context)
    try:
        said = await _trouble(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    finally:
        server.close()
    assert "certificate" in said
    assert "self" in said


def _own_certificate(folder: Any) -> str:
    """A certificate that we have signed ourselves, with its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "own.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return str(path)


async def test_time_outs_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for error, words in (
        (httpx.ConnectTimeout("x"), "no connection within 8"),
        (httpx.ReadTimeout("x"), "too long"),
    ):

        def answer(request: httpx.Request, error: Exception = error) -> httpx.Response:
            raise error

        with pytest.raises(Unreachable, match=words):
            await _client(answer).call("GET", "/")
    monkeypatch.setattr(http, "WHOLE_SECONDS", 0.05)

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    client = Http("http://example.com", transport=AsgiTransport(silent))
    with pytest.raises(Unreachable, match="too long"):
        await client.call("GET", "/")
    await client.close()


# --- limits ------------------------------------------------------------------------------------------------------


def test_limits_are_read_from_headers() -> None:
    reset = NOW + timedelta(seconds=90)
    before = Limits(7, 8, NOW)
    epoch = {
        "ratelimit-limit": "3000",
        "ratelimit-remaining": "2966",
        "ratelimit-reset": str(int(reset.timestamp())),
    }
    assert limits_in(epoch, NOW, before) == Limits(2966, 3000, reset)
    iso = {
        "x-ratelimit-remaining": "1",
        "x-ratelimit-limit": "300",
        "x-ratelimit-reset": "2026-11-22T18:41:30.000Z",
    }
    assert limits_in(iso, NOW, before) == Limits(1, 300, reset)
    seconds = {"ratelimit-remaining": "5, 100;w=60", "ratelimit-reset": "90"}
    assert limits_in(seconds, NOW, before) == Limits(5, None, reset)
    assert limits_in({}, NOW, before) is before
    assert limits_in({"retry-after": "90"}, NOW, before) == Limits(0, 8, reset)
    assert wait_in({"retry-after": "Sun, 22 Nov 2026 18:41:30 GMT"}, NOW) == reset
    assert wait_in({**epoch, "retry-after": "5"}, NOW) == NOW + timedelta(seconds=5)
    assert wait_in({}, NOW) is None


@given(st.text(max_size=30))
def test_any_header_is_survived(text: str) -> None:
    found = moment_in(text, NOW)
    assert found is None or found.tzinfo is not None
    limits_in({"ratelimit-remaining": text, "ratelimit-limit": text, "retry-after": text}, NOW, Limits())


def test_loopback() -> None:
    assert all(
        is_loopback(host) for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]")
    )
    assert not any(
        is_loopback(host) for host in ("example.com", "localhost.example.com", "10.0.0.1", "0.0.0.0", "")
    )


# --- redaction ---------------------------------------------------------------------------------------------------

JWT = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiJ9.eyJzY29wZSI6ImNvbSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {JWT}",
        f"a {JWT} b",
        '{"password": "abcd-efgh-ijkl-mnop", "x": 1}',
        "password=hunter2secret&x=1",
        "my app password is abcd-efgh-ijkl-mnop",
        f"{{'accessJwt': '{JWT}', 'refreshJwt': 'hunter2secret'}}",
        "authorization: Basic aHVudGVyMnNlY3JldA==",
    ],
)
def test_secrets_are_hidden_in_texts(text: str) -> None:
    hidden = redacted(text)
    assert not any(secret in hidden for secret in ("c2lnbmF0dXJl", "hunter2secret", "efgh", "aHVudGVy"))
    assert "[hidden]" in hidden


def test_secrets_are_hidden_in_mappings() -> None:
    given = {
        "accessJwt": "a",
        "Authorization": "b",
        "password": "c",
        "deep": [{"refreshJwt": "d"}],
        "handle": "e",
        "n": 5,
    }
    hidden = redacted(given)
    assert hidden == {
        "accessJwt": "[hidden]", "Authorization": "[hidden]", "password": "[hidden]",
        "deep": [{"refreshJwt": "[hidden]"}], "handle": "e", "n": 5,
    }  # fmt: skip
    assert redacted("a plain sentence about passwords") == "a plain sentence about passwords"


# --- the streaming transport -------------------------------------------------------------------------------------


async def test_pieces_come_as_they_are_sent() -> None:
    go_on = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (scope["method"], scope["path"], scope["query_string"]) == ("POST", "/a b", b"q=1")
        assert (await receive())["body"] == b"hello"
        await send({"type": "http.response.start", "status": 201, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"two"})

    async with (
        httpx.AsyncClient(transport=AsgiTransport(app)) as client,
        client.stream("POST", "http://example.com/a%20b?q=1", content=b"hello") as response,
    ):
        assert (response.status_code, response.headers["x"]) == (201, "y")
        pieces = response.aiter_bytes()
        assert await anext(pieces) == b"one"
        go_on.set()
        assert [piece async for piece in pieces if piece] == [b"two"]


async def test_closing_the_response_cancels_the_application() -> None:
    ended: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async with (
        httpx.AsyncClient(transport=AsgiTransport(app)) as client,
        client.stream("GET", "http://example.com/") as response,
    ):
        assert await anext(response.aiter_bytes()) == b"one"
    assert ended == ["cancelled"]


async def test_giving_up_the_request_cancels_the_application() -> None:
    started, ended = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with httpx.AsyncClient(transport=AsgiTransport(app)) as client:
        asking = asyncio.create_task(client.get("http://example.com/"))
        await started.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert ended.is_set()


@pytest.mark.parametrize(
    ("error", "when", "seen"),
    [
        (ConnectionRefusedError("no"), "before", httpx.ConnectError),
        (ConnectionError("lost"), "before", httpx.ReadError),
        (ConnectionError("lost"), "within", httpx.ReadError),
        (RuntimeError("a mistake"), "within", httpx.ReadError),
        (None, "before", httpx.ReadError),
    ],
)
async def test_a_failing_application_is_a_failing_line(
    error: Exception | None, when: str, seen: type[Exception]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if when == "within":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        if error is not None:
            raise error

    async with httpx.AsyncClient(transport=AsgiTransport(app)) as client:
        with pytest.raises(seen):
            await client.get("http://example.com/")


async def test_a_silent_application_times_out() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.Event().wait()

    async with httpx.AsyncClient(transport=AsgiTransport(app), timeout=0.02) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get("http://example.com/")


# --- files -------------------------------------------------------------------------------------------------------


async def test_a_file_leaves_in_pieces_that_are_told_once_they_are_gone() -> None:
    told, got = list[int](), list[int]()

    class Line(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            assert request.headers["content-length"] == "200000"
            assert request.headers["content-type"] == "image/png"
            assert "transfer-encoding" not in request.headers
            assert isinstance(request.stream, httpx.AsyncByteStream)
            body = bytearray()
            async for piece in request.stream:
                assert sum(got) >= max(told, default=0), "told before it was taken"
                body += piece
                got.append(len(piece))
            return httpx.Response(200, content=bytes(body[:3]))

    client = Http("https://example.com", transport=Line())
    upload = http.Upload(b"\x89PN" + bytes(199_997), "image/png", told.append)
    for _ in range(2):
        told.clear()
        answered = await client.call("POST", "/blob", upload=upload)
        assert answered.body == b"\x89PN"
        assert told == [65_536, 131_072, 196_608, 200_000]
    await client.close()


async def test_a_file_in_a_form_is_read_by_another_program() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    content = bytes(range(256)) * 300
    alt = "Ünïcode, “quotes” and\nlines --x"
    upload = file_in_a_form(content, "image/webp", lambda sent: None, field="file", fields=[("description", alt)])
    await _client(answer).call("POST", "/media", upload=upload)
    kind, body = seen[0].headers["content-type"], seen[0].content
    assert int(seen[0].headers["content-length"]) == len(body)
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    described, file = whole.iter_parts()
    assert described.get_payload(decode=True).decode() == alt
    assert (file.get_content_type(), file.get_filename()) == ("image/webp", "picture.webp")
    assert file.get_payload(decode=True) == content


def test_a_large_file_has_the_time_that_a_slow_line_needs() -> None:
    upload = http.Upload(bytes(10_000_000), "image/png", lambda sent: None)
    assert Body(upload=upload).seconds == 500
    assert Body(json={"a": "b"}).seconds == 0
