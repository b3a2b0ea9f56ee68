"""The login to X: OAuth 2.0 as its documentation has it, static tokens, and every way in which X says no."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from program import Sandbox
from replaykit import Clock

from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotPermitted,
    OutOfMoney,
    RateLimited,
    Refused,
    ServerTrouble,
)
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.networks.oauth import Proof
from tweetdesk.networks.oauth_return import code_in
from tweetdesk.networks.x_login import (
    SCOPES,
    STATIC,
    USUAL_SERVER,
    App,
    log_in,
    log_in_with_tokens,
    revoke,
    server_address,
)
from tweetdesk.sandbox import x
from tweetdesk.sandbox.world import World

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ME = {"data": {"id": "2244994945", "name": "Ada \u202e", "username": "ada"}}
TOKEN = {
    "token_type": "bearer", "expires_in": 7200, "access_token": "acc", "refresh_token": "ref", "scope": SCOPES,
}  # fmt: skip
FOUR = {"consumer_key": "ck", "consumer_secret": "cs", "token": "to", "token_secret": "ts"}


class Server:
    """Answers of the token endpoint and of users/me; keeps the requests."""

    def __init__(self, token: Any = TOKEN, me: Any = ME, headers: dict[str, str] | None = None) -> None:
        self.answers = {"/2/oauth2/token": token, "/2/users/me": me, "/2/oauth2/revoke": {"revoked": True}}
        self.headers = headers or {}
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        found = self.answers[request.url.path]
        status, body = found if isinstance(found, tuple) else (200, found)
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=text, headers=self.headers)

    def form(self, path: str) -> dict[str, str]:
        (request,) = [one for one in self.asked if one.url.path == path]
        return {name: values[0] for name, values in parse_qs(request.content.decode()).items()}

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


def _app(server: Server, secret: str = "") -> App:
    return App("the id", secret, proof=Proof("v" * 43, "st"), transport=server.transport, clock=lambda: NOW)


# --- OAuth 2.0 ---------------------------------------------------------------------------------------------------


def test_the_address_asks_for_what_is_needed() -> None:
    app = _app(Server())
    address = urlsplit(app.address)
    assert (address.scheme, address.netloc, address.path) == ("https", "x.com", "/i/oauth2/authorize")
    assert {name: values[0] for name, values in parse_qs(address.query).items()} == {
        "response_type": "code", "client_id": "the id", "redirect_uri": "http://127.0.0.1:8742/callback",
        "scope": SCOPES, "state": "st", "code_challenge": app.proof.challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    assert "scope=tweet.read%20users.read" in app.address
    assert {"offline.access", "tweet.write", "dm.read", "tweet.moderate.write"} <= set(SCOPES.split())
    assert not {"like.write", "follows.write", "block.write"} & set(SCOPES.split())
    here = App("id", server="http://127.0.0.1:8080")
    assert here.address.startswith("http://127.0.0.1:8080/i/oauth2/authorize?")


async def test_a_public_client_names_itself_in_the_form() -> None:
    server = Server()
    login = await _app(server).redeem("code")
    assert server.form("/2/oauth2/token") == {
        "grant_type": "authorization_code", "code": "code", "client_id": "the id",
        "redirect_uri": "http://127.0.0.1:8742/callback", "code_verifier": "v" * 43,
    }  # fmt: skip
    assert "authorization" not in server.asked[0].headers
    assert server.asked[1].headers["authorization"] == "Bearer acc"
    account = login.account
    assert (account.network, account.user_id, account.handle, account.server, account.name) == (
        "x", "2244994945", "ada", USUAL_SERVER, "",
    )  # fmt: skip
    assert login.secret == {
        "kind": "oauth2", "client_id": "the id", "client_secret": "", "access_token": "acc",
        "refresh_token": "ref", "expires_at": int(NOW.timestamp()) + 7200, "scope": SCOPES,
    }  # fmt: skip
    assert "acc" not in repr(login).replace("account", "")


async def test_a_confidential_client_names_itself_by_basic() -> None:
    server = Server()
    login = await _app(server, "s:e").redeem("code")
    assert server.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"the%20id:s%3Ae").decode()
    assert "client_id" not in server.form("/2/oauth2/token")
    assert login.secret["client_secret"] == "s:e"
    assert "s:e" not in repr(_app(server, "s:e"))


async def test_the_whole_login_in_one() -> None:
    server = Server()

    async def code_for(address: str) -> str:
        assert "client_id=id" in address
        return "code"

    login = await log_in("id", code_for, transport=server.transport, clock=lambda: NOW)
    assert login.account.handle == "ada"


_CODE = {"error": "invalid_request", "error_description": "Value passed for the authorization code was invalid."}
_PROBLEM = "https://api.twitter.com/2/problems/"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((400, _CODE), Refused, "older than 30 seconds"),
        ((400, {"error": "invalid_grant"}), Refused, "older than 30 seconds"),
        ((401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}),
         LoginNeeded, "no Native App"),
        ((400, {"error": "invalid_client"}), LoginNeeded, "client id alone"),
        ((400, {"error": "invalid_request", "error_description": "Missing\x1b[31m redirect"}), Refused,
         r"Missing\[31m redirect"),
        ((200, {**TOKEN, "refresh_token": None}), NotPermitted, "offline.access"),
        ((200, {**TOKEN, "access_token": "a\nb"}), ServerTrouble, "no token"),
        ((200, "<html>"), ServerTrouble, "no token"),
        ((503, "<html>"), ServerTrouble, "is in trouble"),
        ((302, ""), ServerTrouble, "makes no sense"),
        ((429, {"title": "Too Many Requests"}), RateLimited, "wants us to wait"),
    ],
)  # fmt: skip
async def test_a_code_that_is_refused_is_a_sentence(answer: Any, kind: type[NetworkError], words: str) -> None:
    server = Server(token=answer)
    with pytest.raises(kind, match=words) as told:
        await _app(server).redeem("my-secret-code")
    assert "my-secret-code" not in str(told.value)
    assert str(told.value).isprintable()
    if "30 seconds" in words:
        assert isinstance(told.value, Refused)
        assert told.value.code == "invalid_grant"


async def test_a_wrong_client_secret_is_told_from_a_missing_one() -> None:
    with pytest.raises(LoginNeeded, match="with this client secret"):
        await _app(Server(token=(401, {"error": "unauthorized_client"})), "secret").redeem("code")


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((402, {"title": "CreditsDepleted", "type": _PROBLEM + "credits"}), OutOfMoney, "credits"),
        ((403, {"title": "SpendCapReached", "type": _PROBLEM + "spend-cap-reached"}), OutOfMoney, "console.x.com"),
        ((403, {"title": "Client Forbidden", "type": _PROBLEM + "client-forbidden", "detail": "no project"}),
         NotPermitted, "“no project”"),
        ((403, {"type": _PROBLEM + "oauth1-permissions", "detail": "not configured"}), NotPermitted,
         "Read, write and direct messages"),
        ((401, {"title": "Unauthorized", "type": "about:blank", "status": 401}), LoginNeeded, "wrong, or was"),
        ((200, {"errors": [{"title": "Not Found Error"}]}), ServerTrouble, "whose account"),
        ((200, {"data": {"id": "1", "username": "a\x1b[31m"}}), ServerTrouble, "whose account"),
        ((200, {"data": []}), ServerTrouble, "whose account"),
        ((200, "nonsense"), ServerTrouble, "whose account"),
    ],
)  # fmt: skip
async def test_an_account_that_is_not_told_is_a_sentence(
    answer: Any, kind: type[NetworkError], words: str
) -> None:
    server = Server(me=answer)
    for login in (
        _app(server).redeem("code"),
        log_in_with_tokens(FOUR, transport=server.transport, clock=lambda: NOW),
    ):
        with pytest.raises(kind, match=words) as told:
            await login
        assert str(told.value).isprintable()


async def test_tokens_are_taken_back() -> None:
    server = Server()
    login = await _app(server).redeem("code")
    assert await revoke(USUAL_SERVER, login.secret, transport=server.transport) is True
    assert server.form("/2/oauth2/revoke") == {
        "token": "ref", "token_type_hint": "refresh_token", "client_id": "the id",
    }  # fmt: skip
    assert await revoke(USUAL_SERVER, {"kind": "oauth1", **FOUR}, transport=server.transport) is False

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    assert await revoke(USUAL_SERVER, login.secret, transport=httpx.MockTransport(broken)) is False


# --- OAuth 1.0a --------------------------------------------------------------------------------------------------


async def test_four_tokens_are_checked_by_a_signed_request() -> None:
    server = Server()
    tokens = {name: f" {value}\n" for name, value in FOUR.items()}
    login = await log_in_with_tokens(tokens, transport=server.transport, clock=lambda: NOW)
    assert login.secret == {"kind": "oauth1", **FOUR}
    assert login.account.id == "x:2244994945"
    header = server.asked[0].headers["authorization"]
    assert header.startswith('OAuth oauth_consumer_key="ck", oauth_nonce="')
    assert f'oauth_timestamp="{int(NOW.timestamp())}"' in header
    assert 'oauth_token="to"' in header
    assert set(login.secret) == {"kind", *STATIC}


async def test_tokens_that_are_missing_are_named_and_nothing_is_asked() -> None:
    server = Server()
    with pytest.raises(Refused, match=r": consumer secret, token secret\.$"):
        await log_in_with_tokens(
            {**FOUR, "consumer_secret": "", "token_secret": "a b"}, transport=server.transport, clock=lambda: NOW
        )
    assert server.asked == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-372, "6 minutes 12 s behind"), (400, "6 minutes 40 s ahead of"), (7300, "2 hours ahead of"),
        (-200_000, "2 days behind"), (60, "1 minute ahead of"),
    ],
)  # fmt: skip
async def test_a_clock_that_is_off_is_told_by_how_much(seconds: int, words: str) -> None:
    theirs = {"date": format_datetime(NOW, usegmt=True)}
    server = Server(me=(401, {"title": "Unauthorized"}), headers=theirs)
    ours = NOW + timedelta(seconds=seconds)
    with pytest.raises(LoginNeeded, match=words):
        await log_in_with_tokens(FOUR, transport=server.transport, clock=lambda: ours)


async def test_a_clock_that_is_right_or_not_told_is_not_blamed() -> None:
    for date in (format_datetime(NOW, usegmt=True), "yesterday", "", "Mon, 99 Foo 2026 99:99:99 GMT"):
        server = Server(me=(401, {"title": "Unauthorized"}), headers={"date": date})
        with pytest.raises(LoginNeeded, match="does not take these tokens"):
            await log_in_with_tokens(FOUR, transport=server.transport, clock=lambda: NOW)


async def test_a_clock_that_is_off_does_not_matter_where_x_says_yes() -> None:
    server = Server(headers={"date": format_datetime(NOW - timedelta(days=1), usegmt=True)})
    login = await log_in_with_tokens(FOUR, transport=server.transport, clock=lambda: NOW)
    assert login.account.handle == "ada"


async def test_permissions_that_are_missing_are_named() -> None:
    login = await _app(Server(token={**TOKEN, "scope": SCOPES.replace("dm.read dm.write ", "")})).redeem("code")
    assert "X did not give these permissions: dm.read, dm.write." in login.note
    assert (await _app(Server()).redeem("code")).note == ""
    for level, words in (("read", "“read”"), ("read-write", "“read-write”"), ("read-write-directmessages", "")):
        server = Server(headers={"x-access-level": level})
        login = await log_in_with_tokens(FOUR, transport=server.transport, clock=lambda: NOW)
        assert words in login.note
        assert ("User authentication settings" in login.note) == bool(words)


# --- the sandbox -------------------------------------------------------------------------------------------------


async def _agreed(address: str, transport: httpx.AsyncBaseTransport, **pressed: str) -> str:
    """The address that the page sends to, once a button of it was pressed."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    async with httpx.AsyncClient(transport=transport) as browser:
        answer = await browser.post(address.partition("?")[0], data={**query, **pressed})
    assert answer.status_code == 302
    return answer.headers["location"]


async def test_a_code_that_is_too_old_is_followed_by_a_fresh_one() -> None:
    clock = Clock(NOW)
    transport = AsgiTransport(x.face(World(1, clock=clock)))
    app = App(x.CLIENT_ID, server="http://localhost", transport=transport, clock=clock)
    code = code_in(await _agreed(app.address, transport), app.proof)
    clock.now += timedelta(seconds=31)
    with pytest.raises(Refused, match="older than 30 seconds"):
        await app.redeem(code)
    login = await app.redeem(code_in(await _agreed(app.address, transport), app.proof))
    assert (login.account.handle, login.note) == ("ada", "")
    assert login.secret["expires_at"] == int(clock.now.timestamp()) + 7200
    with pytest.raises(Refused, match="refused in the browser"):
        code_in(await _agreed(app.address, transport, approve="false"), app.proof)


async def test_a_clock_that_is_off_is_told_over_a_line() -> None:
    served = Sandbox()
    try:
        own = {name: served.networks["x"]["own"][name] for name in STATIC}
        login = await log_in_with_tokens(own, server=served.url)
        assert login.account.server == served.url
        with pytest.raises(LoginNeeded, match=r"clock of this machine is 1 hour .*behind X's"):
            await log_in_with_tokens(
                own, server=served.url, clock=lambda: datetime.now(UTC) - timedelta(minutes=61)
            )
    finally:
        served.close()


# --- the server --------------------------------------------------------------------------------------------------


def test_x_has_one_server_and_stand_ins_are_of_this_machine() -> None:
    assert server_address("") == server_address(" https://API.x.com/ ") == USUAL_SERVER
    assert server_address("http://127.0.0.1:8080/2") == "http://127.0.0.1:8080"
    for wrong in ("https://api.example.com", "http://api.x.com", "https://127.0.0.1", "a b"):
        with pytest.raises(Refused):
            server_address(wrong)
