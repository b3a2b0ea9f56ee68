"""Logging in to the Mastodon face: apps, the page on which one agrees, codes, PKCE, tokens, permissions."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tweetdesk.sandbox.mastodon import account_id, token
from tweetdesk.sandbox.world import World

from .conftest import Clock
from .fediverse import fediverse

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
LOOPBACK = "http://127.0.0.1:8742/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-long"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


async def register(http: httpx.AsyncClient, scopes: str = "read write follow") -> dict[str, Any]:
    body = {"client_name": "a test", "redirect_uris": f"{OUT_OF_BAND}\n{LOOPBACK}", "scopes": scopes}
    answer = await http.post("/api/v1/apps", data=body)
    assert answer.status_code == 200, answer.text
    app: dict[str, Any] = answer.json()
    return app


def asked(app: dict[str, Any], place: str = OUT_OF_BAND, **more: str) -> dict[str, str]:
    given = {"client_id": app["client_id"], "redirect_uri": place, "response_type": "code", "scope": "read write"}
    return {**given, "code_challenge": CHALLENGE, "code_challenge_method": "S256", **more}


async def code_of(http: httpx.AsyncClient, app: dict[str, Any], **more: str) -> str:
    page = await http.post("/oauth/authorize", data=asked(app, **more))
    found = re.search(r"oauth-code>([^<]+)<", page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


async def exchange(http: httpx.AsyncClient, app: dict[str, Any], code: str, **more: str) -> httpx.Response:
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": OUT_OF_BAND,
        "code_verifier": VERIFIER,
    }
    client = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
    return await http.post("/oauth/token", data={**body, **client, **more})


async def test_a_code_is_shown_and_gives_a_token_that_works(world: World) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        page = await http.get("/oauth/authorize", params=asked(app))
        assert page.status_code == 200
        assert "a test would like to use the account ada" in page.text
        given = (await exchange(http, app, await code_of(http, app))).json()
        assert (given["token_type"], given["scope"]) == ("Bearer", "read write")
        headers = {"authorization": f"Bearer {given['access_token']}"}
        me = (await http.get("/api/v1/accounts/verify_credentials", headers=headers)).json()
        assert (me["acct"], me["id"]) == ("ada", account_id(world))
        named = (await http.get("/api/v1/apps/verify_credentials", headers=headers)).json()
        assert named["name"] == "a test"


async def test_the_browser_is_sent_back_with_code_and_state(world: World) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        answer = await http.post("/oauth/authorize", data=asked(app, LOOPBACK, state="s 1"))
        assert answer.status_code == 302
        place = urlsplit(answer.headers["location"])
        given = parse_qs(place.query)
        assert answer.headers["location"].startswith(LOOPBACK)
        assert given["state"] == ["s 1"]
        assert (await exchange(http, app, given["code"][0], redirect_uri=LOOPBACK)).status_code == 200
        denied = await http.post("/oauth/authorize", data=asked(app, LOOPBACK, deny="1"))
        assert parse_qs(urlsplit(denied.headers["location"]).query)["error"] == ["access_denied"]


async def test_what_is_wrong_with_a_code_is_invalid_grant(world: World, clock: Clock) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        code = await code_of(http, app)
        for more in ({"code": "nonsense"}, {"code_verifier": "another"}, {"redirect_uri": LOOPBACK}):
            answer = await exchange(http, app, **{"code": code, **more})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert (await exchange(http, app, code)).status_code == 200
        assert (await exchange(http, app, code)).json()["error"] == "invalid_grant"
        late = await code_of(http, app)
        clock.pass_seconds(601)
        assert (await exchange(http, app, late)).json()["error"] == "invalid_grant"
        wrong = await exchange(http, app, await code_of(http, app), client_secret="x")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"client_id": "nobody"}, 401),
        ({"redirect_uri": "https://evil.example.com/"}, 400),
        ({"scope": "push"}, 400),
    ],
)
async def test_a_wrong_request_is_a_page_and_no_code(world: World, wrong: dict[str, str], status: int) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        for answer in (
            await http.get("/oauth/authorize", params=asked(app) | wrong),
            await http.post("/oauth/authorize", data=asked(app) | wrong),
        ):
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("text/html")
            assert "oauth-code" not in answer.text


async def test_a_revoked_token_works_no_more(world: World) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        given = (await exchange(http, app, await code_of(http, app))).json()["access_token"]
        body = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": given}
        assert (await http.post("/oauth/revoke", data=body)).json() == {}
        answer = await http.get("/api/v1/timelines/home", headers={"authorization": f"Bearer {given}"})
        assert (answer.status_code, answer.json()) == (401, {"error": "The access token was revoked"})


async def test_a_token_without_the_permission_is_refused(world: World) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http, "read:statuses write:favourites")
        code = await code_of(http, app, scope="read:statuses write:favourites")
        given = (await exchange(http, app, code)).json()["access_token"]
        headers = {"authorization": f"Bearer {given}"}
        home = await http.get("/api/v1/timelines/home", headers=headers)
        assert home.status_code == 200
        ident = home.json()[0]["id"]
        assert (await http.post(f"/api/v1/statuses/{ident}/favourite", headers=headers)).status_code == 200
        for answer in (
            await http.post("/api/v1/statuses", headers=headers, data={"status": "no"}),
            await http.get("/api/v1/notifications", headers=headers),
        ):
            assert answer.status_code == 403
            assert answer.json() == {"error": "This action is outside the authorized scopes"}


async def test_no_token_and_a_wrong_one(world: World) -> None:
    for bearer in ("", "nonsense", token(world, "tom") + "x"):
        async with fediverse(world, bearer=bearer) as http:
            answer = await http.get("/api/v1/timelines/home")
            assert (answer.status_code, answer.json()) == (401, {"error": "The access token is invalid"})
    async with fediverse(world, bearer="") as http:
        assert (await http.get("/api/v1/timelines/public")).status_code == 200


async def test_apps_and_tokens_outlive_a_restart(world: World, clock: Clock) -> None:
    async with fediverse(world, bearer="") as http:
        app = await register(http)
        given = (await exchange(http, app, await code_of(http, app))).json()["access_token"]
    again = World(epoch=world.epoch, clock=clock, live_seconds=0)
    async with fediverse(again, bearer=given) as http:
        assert (await http.get("/api/v1/accounts/verify_credentials")).json()["acct"] == "ada"
        assert (await exchange(http, app, await code_of(http, app))).status_code == 200
