"""Logins on X: the page, the code with PKCE, single-use refresh tokens, scopes, and OAuth 1.0a signatures."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    OAUTH1_TOKEN,
    oauth1_token,
    state_of,
)
from tweetdesk.sandbox.x_login import oauth1_signature

from .conftest import Clock
from .x_kit import BASE, XClient

REDIRECT = "http://127.0.0.1:8765/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-it-is"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
SCOPE = "tweet.read users.read offline.access"


@pytest.fixture
def x(world: World) -> XClient:
    client = XClient(world)
    client.headers = {}
    return client


def asking(**changed: str) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "scope": SCOPE,
        "state": "st&ate",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in {**asked, **changed}.items() if value}


async def code(x: XClient, **changed: str) -> str:
    answer = await x.http.post("/i/oauth2/authorize", params=asking(**changed), data={"approve": "true"})
    assert answer.status_code == 302
    back = parse_qs(urlsplit(answer.headers["location"]).query)
    assert back["state"] == ["st&ate"]
    return back["code"][0]


async def exchange(x: XClient, **changed: str) -> httpx.Response:
    given = {
        "grant_type": "authorization_code",
        "client_id": CLIENT_ID,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
    }
    return await x.http.post("/2/oauth2/token", data={**given, **changed})


async def renew(x: XClient, token: str) -> httpx.Response:
    given = {"grant_type": "refresh_token", "client_id": CLIENT_ID, "refresh_token": token}
    return await x.http.post("/2/oauth2/token", data=given)


async def me(x: XClient, token: str) -> httpx.Response:
    return await x.http.get("/2/users/me", headers={"authorization": f"Bearer {token}"})


async def test_the_page_asks_and_its_buttons_answer(x: XClient) -> None:
    page = await x.http.get("/i/oauth2/authorize", params=asking())
    assert page.headers["content-type"].startswith("text/html")
    assert 'value="st&amp;ate"' in page.text
    assert "<li>tweet.read</li>" in page.text
    no = await x.http.post("/i/oauth2/authorize", data={**asking(), "approve": "false"})
    assert parse_qs(urlsplit(no.headers["location"]).query) == {"error": ["access_denied"], "state": ["st&ate"]}


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "another"},
        {"redirect_uri": "http://localhost:8765/callback"},
        {"redirect_uri": "http://127.0.0.1.example.com/"},
        {"state": ""},
        {"code_challenge": ""},
        {"response_type": "token"},
        {"scope": "everything"},
    ],
)
async def test_the_page_refuses(x: XClient, changed: dict[str, str]) -> None:
    for verb in ("GET", "POST"):
        answer = await x.http.request(verb, "/i/oauth2/authorize", params=asking(**changed))
        assert answer.status_code == 400
        assert "Something went wrong" in answer.text


async def test_a_login_from_page_to_token(x: XClient, clock: Clock) -> None:
    pair = (await exchange(x, code=await code(x))).json()
    assert (pair["token_type"], pair["expires_in"], pair["scope"]) == ("bearer", 7200, SCOPE)
    assert (await me(x, pair["access_token"])).json()["data"]["username"] == "ada"
    clock.pass_seconds(7201)
    assert (await me(x, pair["access_token"])).status_code == 401
    renewed = (await renew(x, pair["refresh_token"])).json()
    assert (await me(x, renewed["access_token"])).status_code == 200


async def test_a_refresh_token_works_once(x: XClient) -> None:
    pair = (await exchange(x, code=await code(x))).json()
    second = await renew(x, pair["refresh_token"])
    assert second.json()["refresh_token"] != pair["refresh_token"]
    again = await renew(x, pair["refresh_token"])
    assert again.status_code == 400
    assert again.json() == {
        "error": "invalid_request",
        "error_description": "Value passed for the token was invalid.",
    }


async def test_without_offline_access_there_is_no_refresh_token(x: XClient) -> None:
    pair = (await exchange(x, code=await code(x, scope="tweet.read users.read"))).json()
    assert "refresh_token" not in pair


@pytest.mark.parametrize(
    "changed", [{"code_verifier": "another"}, {"redirect_uri": REDIRECT + "/"}, {"code": "nonsense"}]
)
async def test_a_wrong_exchange(x: XClient, changed: dict[str, str]) -> None:
    answer = await exchange(x, **{"code": await code(x), **changed})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_code_lives_thirty_seconds_and_works_once(x: XClient, clock: Clock) -> None:
    late = await code(x)
    clock.pass_seconds(31)
    assert (await exchange(x, code=late)).status_code == 400
    timely = await code(x)
    clock.pass_seconds(29)
    assert (await exchange(x, code=timely)).status_code == 200
    assert (await exchange(x, code=timely)).status_code == 400


async def test_a_confidential_client(x: XClient) -> None:
    given = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    for secret, status in ((CLIENT_SECRET, 200), ("another", 401)):
        body = {**given, "code": await code(x)}
        answer = await x.http.post("/2/oauth2/token", data=body, auth=(CLIENT_ID, secret))
        assert answer.status_code == status
    assert (await exchange(x, code=await code(x), client_id="another")).json()["error"] == "unauthorized_client"


async def test_a_revoked_token(x: XClient) -> None:
    pair = (await exchange(x, code=await code(x))).json()
    given = {"client_id": CLIENT_ID, "token": pair["access_token"]}
    assert (await x.http.post("/2/oauth2/revoke", data=given)).json() == {"revoked": True}
    assert (await me(x, pair["access_token"])).status_code == 401


async def test_a_scope_that_is_missing(x: XClient) -> None:
    token = (await exchange(x, code=await code(x))).json()["access_token"]
    x.headers = {"authorization": f"Bearer {token}"}
    assert (await x.get(f"/2/users/{x.id}/mentions")).status_code == 200
    answer = await x.get("/2/dm_events")
    assert (answer.status_code, answer.json()["detail"]) == (403, "You are not permitted to perform this action.")


# -- OAuth 1.0a -----------------------------------------------------------------------------------------------


def signed(x: XClient, verb: str, path: str, **changed: Any) -> str:
    """An Authorization header (RFC 5849); `changed`: other oauth_ values, `query`, `base`."""
    query: dict[str, str] = changed.pop("query", {})
    base: str = changed.pop("base", BASE)
    given = {
        "oauth_consumer_key": CONSUMER_KEY,
        "oauth_token": OAUTH1_TOKEN,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(x.world.clock().timestamp())),
        "oauth_nonce": "abc",
        "oauth_version": "1.0",
        **changed,
    }
    given["oauth_signature"] = oauth1_signature(verb, base + path, [*query.items(), *given.items()])
    return "OAuth " + ", ".join(f'{name}="{quote(value, safe="~")}"' for name, value in given.items())


async def test_a_signed_request(x: XClient) -> None:
    query = {"ids": f"{x.id},{x.user('tom')}", "user.fields": "created_at"}
    for base in (BASE, "https://api.x.com"):
        x.headers = {"authorization": signed(x, "GET", "/2/users", query=query, base=base)}
        answer = await x.http.get("/2/users", params=query, headers=x.headers)
        assert answer.status_code == 200
        assert answer.headers["x-access-level"] == "read-write-directmessages"
    x.headers = {"authorization": signed(x, "POST", "/2/tweets", oauth_token=oauth1_token(x.world))}
    assert (await x.post("Signed")).status_code == 201


def test_the_signature_is_that_of_the_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of X's documentation, "Creating a signature"."""
    monkeypatch.setattr("tweetdesk.sandbox.x_login.CONSUMER_SECRET", "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw")
    secret = "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE"
    monkeypatch.setattr("tweetdesk.sandbox.x_login.OAUTH1_TOKEN_SECRET", secret)
    pairs = {
        "status": "Hello Ladies + Gentlemen, a signed OAuth request!",
        "include_entities": "true",
        "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "oauth_version": "1.0",
    }
    url = "https://api.twitter.com/1.1/statuses/update.json"
    assert oauth1_signature("POST", url, list(pairs.items())) == "hCtSmYh+iHYCEqBWrE7C7hYmtUk="


@pytest.mark.parametrize(
    "changed",
    [
        {"oauth_consumer_key": "another"},
        {"oauth_token": "another"},
        {"oauth_signature_method": "PLAINTEXT"},
        {"oauth_timestamp": "soon"},
        {"oauth_nonce": ""},
        {"base": "https://elsewhere.example.com"},
    ],
)
async def test_a_wrong_signature(x: XClient, changed: dict[str, str]) -> None:
    x.headers = {"authorization": signed(x, "GET", "/2/users/me", **changed)}
    assert (await x.get("/2/users/me")).status_code == 401


async def test_a_changed_request(x: XClient) -> None:
    x.headers = {"authorization": signed(x, "GET", "/2/users", query={"ids": x.id})}
    assert (await x.get("/2/users", ids=x.user("tom"))).status_code == 401


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (-299, 200), (301, 401), (-301, 401)])
async def test_a_clock_that_is_off(x: XClient, seconds: int, status: int) -> None:
    stamp = str(int(x.world.clock().timestamp()) + seconds)
    x.headers = {"authorization": signed(x, "GET", "/2/users/me", oauth_timestamp=stamp)}
    assert (await x.get("/2/users/me")).status_code == status


async def test_permissions_of_the_app(x: XClient) -> None:
    state_of(x.world).oauth1_access = "read"
    x.headers = {"authorization": signed(x, "GET", "/2/users/me")}
    assert (await x.get("/2/users/me")).headers["x-access-level"] == "read"
    x.headers = {"authorization": signed(x, "POST", "/2/tweets")}
    answer = await x.post("May I?")
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/oauth1-permissions")
