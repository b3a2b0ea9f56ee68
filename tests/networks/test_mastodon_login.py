"""The login to Mastodon: a real server (mastodon-mock), recorded answers of GoToSocial, servers that are none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotPermitted,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
)
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.networks.mastodon_login import (
    OUT_OF_BAND,
    PLAIN_SCOPES,
    SCOPES,
    log_in,
    log_in_with_token,
    register,
    revoke,
    server_address,
)
from tweetdesk.networks.oauth import Proof, fresh_proof
from tweetdesk.sandbox import mastodon
from tweetdesk.sandbox.world import World

SERVER = "https://social.example.com"
RECORDED = Path(__file__).parents[2] / "../shared/data/mastodon_gotosocial"
INSTANCE = {"domain": "example.com", "version": "4.5.0", "title": "<b>\x1b[31m"}
ME = {"id": "109", "username": "Ada", "acct": "Ada", "display_name": "Ada L.", "url": f"{SERVER}/@Ada"}
APP = {"client_id": "our-id", "client_secret": "our-secret"}
TOKEN = {"access_token": "the-token", "token_type": "Bearer", "scope": SCOPES}

# --- what is typed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("social.example.com", "https://social.example.com"),
        (" Social.Example.COM. ", "https://social.example.com"),
        ("https://social.example.com/@ada/109", "https://social.example.com"),
        ("@ada@social.example.com", "https://social.example.com"),
        ("ada@social.example.com", "https://social.example.com"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("straße.example", "https://xn--strae-oqa.example"),
        ("social.example.com:8443", "https://social.example.com:8443"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://localhost:3000/web", "http://localhost:3000"),
        ("[::1]:3000", "http://[::1]:3000"),
        ("\u2066social.example.com\u2069", "https://social.example.com"),
    ],
)
def test_a_server_is_found_in_what_is_typed(typed: str, address: str) -> None:
    assert server_address(typed) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "a b",
        "ftp://a.example",
        "https://",
        "x:99999",
        "a..b",
        "-",
        "https://u:pw@a.example",
        "%00",
    ],
)
def test_what_is_no_server_is_said_to_be_none(typed: str) -> None:
    with pytest.raises(Refused, match="is not the address of a server"):
        server_address(typed)
    if "pw" in typed:
        with pytest.raises(Refused, match=r"“https://a.example” is not"):
            server_address(typed)


def test_http_is_for_this_machine_only() -> None:
    with pytest.raises(Refused, match="a token is sent by https only"):
        server_address("http://social.example.com")


# --- a real server -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of a mastodon-mock."""
    testing = pytest.importorskip("mastodon_mock.testing.server", reason="needs mastodon-mock")
    with testing.MockServer() as server:
        yield server.base_url


async def _code(address: str, username: str = "alice") -> str:
    """Allow the app as somebody, as the page behind the address does; the code that is shown."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    async with httpx.AsyncClient() as browser:
        page = await browser.get(address)
        assert page.status_code == 200
        shown = await browser.post(address.partition("?")[0], data={**query, "username": username})
    found = re.search(r"code: (\S+?)<", shown.text)
    assert found is not None
    return found[1]


async def test_a_login_over_a_line(mock: str) -> None:
    login = await log_in(mock, _code)
    assert (login.account.network, login.account.handle, login.account.server) == (
        "mastodon", "alice@mock.local", mock,
    )  # fmt: skip
    assert set(login.secret) == {"access_token", "client_id", "client_secret", "scope"}
    assert login.secret["access_token"] not in repr(login)
    with_token = await log_in_with_token(mock, login.secret["access_token"])
    assert with_token.account == login.account
    assert await revoke(mock, login.secret) is True
    with pytest.raises(LoginNeeded, match="was revoked"):
        await log_in_with_token(mock, login.secret["access_token"])


async def test_a_wrong_code_can_be_followed_by_the_right_one(mock: str) -> None:
    registration = await register(mock)
    with pytest.raises(Refused, match="does not take this code") as told:
        await registration.redeem("mockcode_nobody")
    assert told.value.code == "invalid_grant"
    login = await registration.redeem(await _code(registration.address, "bob"))
    assert login.account.handle == "bob@mock.local"


# --- recorded and made-up servers --------------------------------------------------------------------------------


class Server:
    """Answers by path: (status, body) or a body; keeps what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        self.asked.append((request.url.path, form))
        found = self.answers.get(request.url.path, (404, {"error": "Record not found"}))
        if isinstance(found, list):
            found = found.pop(0)
        status, body, headers = (*found, {})[:3] if isinstance(found, tuple) else (200, found, {})
        text = body if isinstance(body, str) else json.dumps(body)
        return httpx.Response(status, text=text, headers=headers)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


def _whole(**changed: Any) -> Server:
    answers: dict[str, Any] = {
        "/api/v2/instance": INSTANCE,
        "/api/v1/apps": APP,
        "/oauth/token": TOKEN,
        "/api/v1/accounts/verify_credentials": ME,
    }
    return Server({**answers, **{f"/{name.replace('__', '/')}": value for name, value in changed.items()}})


async def test_what_is_asked_is_what_the_documentation_wants() -> None:
    server, proof = _whole(), Proof("v" * 43, "our state")
    registration = await register(SERVER, "http://127.0.0.1:5/callback", transport=server.transport, proof=proof)
    (app,) = [form for path, form in server.asked if path == "/api/v1/apps"]
    assert app["redirect_uris"] == f"http://127.0.0.1:5/callback\n{OUT_OF_BAND}"
    assert app["scopes"] == SCOPES
    assert not {"push", "write", "follow", "write:accounts"} & set(SCOPES.split())
    query = {name: values[0] for name, values in parse_qs(urlsplit(registration.address).query).items()}
    assert registration.address.startswith(f"{SERVER}/oauth/authorize?")
    assert query == {
        "response_type": "code", "client_id": "our-id", "redirect_uri": "http://127.0.0.1:5/callback",
        "scope": SCOPES, "state": "our state", "code_challenge": proof.challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    login = await registration.redeem("the-code")
    token = dict(server.asked)["/oauth/token"]
    assert (token["code"], token["code_verifier"], token["grant_type"]) == (
        "the-code", "v" * 43, "authorization_code",
    )  # fmt: skip
    assert token["redirect_uri"] == "http://127.0.0.1:5/callback"
    assert (login.account.user_id, login.account.handle) == ("109@social.example.com", "Ada@example.com")
    assert login.secret == {
        "access_token": "the-token", "client_id": "our-id", "client_secret": "our-secret", "scope": SCOPES,
    }  # fmt: skip


async def test_a_server_without_pieces_of_write_is_asked_for_the_whole() -> None:
    metadata = {"scopes_supported": ["read", "write", "follow", "push"]}
    server = _whole(**{".well-known__oauth-authorization-server": metadata})
    assert (await register(SERVER, transport=server.transport)).scope == PLAIN_SCOPES
    server = _whole(**{".well-known__oauth-authorization-server": {"scopes_supported": SCOPES.split()}})
    assert (await register(SERVER, transport=server.transport)).scope == SCOPES
    server = _whole(api__v1__apps=[(422, {"error": "Validation failed: Scopes doesn't match"}), APP])
    assert (await register(SERVER, transport=server.transport)).scope == PLAIN_SCOPES
    assert [form["scopes"] for path, form in server.asked if path == "/api/v1/apps"] == [SCOPES, PLAIN_SCOPES]


@pytest.mark.skipif(not RECORDED.exists(), reason="needs ../shared/data/mastodon_gotosocial")
async def test_gotosocial_as_it_was_recorded() -> None:
    def recorded(name: str) -> tuple[int, Any]:
        (path,) = RECORDED.glob(f"*-{name}.json")
        found = json.loads(path.read_text())
        return found["status"], found["body"]

    server = Server({
        "/api/v2/instance": recorded("instance_v2"),
        "/.well-known/oauth-authorization-server": recorded("oauth_metadata"),
        "/api/v1/apps": recorded("app_register"),
        "/oauth/token": TOKEN,
        "/api/v1/accounts/verify_credentials": recorded("verify_credentials_alice"),
    })  # fmt: skip
    registration = await register("http://localhost:18312", transport=server.transport)
    login = await registration.redeem("code")
    assert login.account.handle == "alice@localhost:18312"
    assert login.account.user_id == "01P87XE4KZHXY9N5VHMEGS9C4B@localhost:18312"
    server.answers["/api/v2/instance"] = (404, {"error": "Not Found"})
    server.answers["/api/v1/instance"] = recorded("instance_v1")
    assert (await register("http://localhost:18312", transport=server.transport)).domain == "localhost:18312"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((404, "<html>not here</html>"), "not as a Mastodon server does"),
        ((200, "<!doctype html><title>Welcome</title>"), "not as a Mastodon server does"),
        ((200, {"error": None}), "not as a Mastodon server does"),
        ((200, [1, 2]), "not as a Mastodon server does"),
        ((200, "[" * 100_000), "not as a Mastodon server does"),
        ((200, {"version": "1", "domain": 5.5}), "not as a Mastodon server does"),
        ((500, "oops"), "is in trouble"),
        ((302, "", {"location": "https://social.example.org/api/v2/instance"}), "--server social.example.org"),
        ((302, "", {"location": "/login"}), "not as a Mastodon server does"),
        ((302, "", {"location": "https://ev(il/"}), "not as a Mastodon server does"),
        ((429, {"error": "Throttled"}, {"retry-after": "30"}), "wants us to wait"),
    ],
)
async def test_a_host_that_is_no_mastodon_server_is_said_to_be_none(answer: Any, words: str) -> None:
    server = Server({"/api/v2/instance": [answer] * 3, "/api/v1/instance": [answer] * 3})
    with pytest.raises((ServerTrouble, Refused, RateLimited), match=words) as told:
        await register(SERVER, transport=server.transport)
    assert str(told.value).isprintable()
    assert "/api/v1/apps" not in dict(server.asked)


async def test_a_server_that_tells_nothing_to_strangers_is_still_one() -> None:
    server = _whole(api__v2__instance=(401, {"error": "This API requires an authenticated user"}))
    assert (await register(SERVER, transport=server.transport)).domain == "social.example.com"


async def test_a_domain_that_makes_no_sense_is_not_taken_over() -> None:
    server = _whole(api__v2__instance={"version": "1", "domain": "x\x1b[31m evil", "uri": "https://Example.org"})
    assert (await register(SERVER, transport=server.transport)).domain == "example.org"


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ((400, {"error": "invalid_grant", "error_description": "L'autorisation…"}), Refused, "too old"),
        ((401, {"error": "invalid_client"}), Refused, "begin the login again"),
        ((400, {"error": "invalid_scope"}), NotPermitted, "permissions"),
        ((403, {"error": "Dein Konto\x1b[2J ist gesperrt"}), Refused, r"says no: “Dein Konto\[2J ist gesperrt”"),
        ((200, {"access_token": "a\r\nb"}), ServerTrouble, "not as a Mastodon server"),
        ((200, "<html>"), ServerTrouble, "not as a Mastodon server"),
        ((503, "busy"), ServerTrouble, "is in trouble"),
    ],
)
async def test_a_code_that_is_refused_is_a_sentence(answer: Any, kind: type[NetworkError], words: str) -> None:
    registration = await register(SERVER, transport=_whole(oauth__token=answer).transport)
    with pytest.raises(kind, match=words) as told:
        await registration.redeem("my-secret-code")
    assert "my-secret-code" not in str(told.value)
    assert str(told.value).isprintable()


@pytest.mark.parametrize(
    "me",
    [{}, {"id": "1"}, {"id": "1", "username": "a\x1b[31m"}, {"id": "a b", "username": "ada"}, (200, []), "no"],
)
async def test_an_account_that_makes_no_sense_is_not_taken_over(me: Any) -> None:
    server = _whole(api__v1__accounts__verify_credentials=me)
    with pytest.raises(ServerTrouble):
        await (await register(SERVER, transport=server.transport)).redeem("code")


async def test_ids_that_are_numbers_are_texts() -> None:
    server = _whole(api__v1__accounts__verify_credentials={**ME, "id": 109})
    login = await (await register(SERVER, transport=server.transport)).redeem("code")
    assert login.account.user_id == "109@social.example.com"


async def test_no_line_is_said_to_be_none() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unreachable, match="cannot be reached"):
        await register(SERVER, transport=httpx.MockTransport(broken))
    assert await revoke(SERVER, {**APP, "access_token": "t"}, transport=httpx.MockTransport(broken)) is False


async def test_a_token_made_by_hand_is_not_revoked() -> None:
    server = _whole()
    login = await log_in_with_token(SERVER, " the-token\n", transport=server.transport)
    assert await revoke(SERVER, login.secret, transport=server.transport) is False
    with pytest.raises(Refused, match="not an access token"):
        await log_in_with_token(SERVER, "two words", transport=server.transport)


async def test_permissions_that_are_missing_are_named() -> None:
    for given, words in (
        ("read write follow push", ""),
        (SCOPES, ""),
        ("read write:statuses write:follows", "write:bookmarks, write:blocks, write:conversations"),
    ):
        server = _whole(oauth__token={**TOKEN, "scope": given})
        login = await (await register(SERVER, transport=server.transport)).redeem("code")
        assert words in login.note
        assert bool(words) == bool(login.note)


# --- the sandbox -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flavour", mastodon.FLAVOURS)
async def test_a_code_that_is_too_old_is_followed_by_a_fresh_one(flavour: str) -> None:
    now = [datetime(2026, 11, 22, 12, tzinfo=UTC)]
    world = World(1, clock=lambda: now[0])
    transport = AsgiTransport(mastodon.face(world, flavour=flavour))
    registration = await register("http://localhost", transport=transport)

    async def code(**pressed: str) -> str:
        query = {name: values[0] for name, values in parse_qs(urlsplit(registration.address).query).items()}
        async with httpx.AsyncClient(transport=transport) as browser:
            page = await browser.post("http://localhost/oauth/authorize", data={**query, **pressed})
        found = re.search(r"oauth-code>([^<]+)<", page.text)
        assert found is not None
        return found[1]

    old = await code()
    now[0] += timedelta(minutes=11)
    with pytest.raises(Refused, match="too old"):
        await registration.redeem(old)
    login = await registration.redeem(await code(person="ada"))
    assert (login.account.handle, login.note) == (f"ada@{mastodon.HOST}", "")
    assert login.secret["scope"] == registration.scope
    proof = fresh_proof()
    stolen = replace(registration, proof=proof)
    with pytest.raises(Refused, match="does not take this code"):
        await stolen.redeem(await code())
    assert proof.verifier not in repr(stolen)
    assert await revoke("http://localhost", login.secret, transport=transport) is True
    with pytest.raises(LoginNeeded):
        await log_in_with_token("http://localhost", login.secret["access_token"], transport=transport)
