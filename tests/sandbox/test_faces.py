"""Three faces behind one address."""

from __future__ import annotations

import httpx
import pytest

from tweetdesk.sandbox import mastodon, x
from tweetdesk.sandbox.faces import NETWORKS, faces, network_of
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock


@pytest.mark.parametrize(
    ("path", "network", "asked"),
    [
        ("/xrpc/_health", "bluesky", "/xrpc/_health"),
        ("/2/users/me", "x", "/2/users/me"),
        ("/2/oauth2/token", "x", "/2/oauth2/token"),
        ("/i/oauth2/authorize", "x", "/i/oauth2/authorize"),
        ("/1.1/account/verify_credentials.json", "x", "/1.1/account/verify_credentials.json"),
        ("/oauth/request_token", "x", "/oauth/request_token"),
        ("/oauth/token", "mastodon", "/oauth/token"),
        ("/api/v1/statuses", "mastodon", "/api/v1/statuses"),
        ("/.well-known/nodeinfo", "mastodon", "/.well-known/nodeinfo"),
        ("/nodeinfo/2.0", "mastodon", "/nodeinfo/2.0"),
        ("/_sandbox/faults", "bluesky", "/_sandbox/faults"),
        ("/_sandbox/bluesky/faults", "bluesky", "/_sandbox/faults"),
        ("/_sandbox/mastodon/post", "mastodon", "/_sandbox/post"),
        ("/_sandbox/x/world", "x", "/_sandbox/world"),
    ],
)
def test_a_path_belongs_to_one_network(path: str, network: str, asked: str) -> None:
    assert network_of(path) == (network, asked)


async def test_bluesky_answers_as_before() -> None:
    clock = Clock()
    worlds = [World(epoch=EPOCH, clock=clock, live_seconds=0, part=(number, 3)) for number in range(3)]
    app = httpx.ASGITransport(faces(*worlds))
    async with httpx.AsyncClient(transport=app, base_url="http://sandbox.example.com") as http:
        assert (await http.get("/xrpc/_health")).json() == {"version": "sandbox"}
        assert (await http.get("/_sandbox/world")).json()["posts"] == len(worlds[0].records.posts)
        assert (await http.get("/nothing")).status_code == 404


async def test_each_network_answers_for_its_own_world() -> None:
    clock = Clock()
    worlds = [World(epoch=EPOCH, clock=clock, live_seconds=0, part=(number, 3)) for number in range(3)]
    app = httpx.ASGITransport(faces(*worlds))
    async with httpx.AsyncClient(transport=app, base_url="http://sandbox.example.com") as http:
        for number, name in enumerate(NETWORKS):
            body = {"handle": "tom.example.com", "text": f"@ada.example.com on {name}"}
            uri = (await http.post(f"/_sandbox/{name}/post", json=body)).json()["uri"]
            assert [uri in world.records.posts for world in worlds] == [number == place for place in range(3)]
        headers = {"authorization": f"Bearer {mastodon.token(worlds[1])}"}
        newest = (await http.get("/api/v1/notifications", headers=headers)).json()[0]
        assert "on mastodon" in newest["status"]["content"]
        headers = {"authorization": f"Bearer {x.token(worlds[2])}"}
        mentions = await http.get(f"/2/users/{x.account_id(worlds[2])}/mentions", headers=headers)
        assert "on x" in mentions.json()["data"][0]["text"]


async def test_a_network_s_limit_can_be_raised_for_a_measurement() -> None:
    clock = Clock()
    worlds = [World(epoch=EPOCH, clock=clock, live_seconds=0, part=(number, 3)) for number in range(3)]
    app = httpx.ASGITransport(faces(*worlds))
    async with httpx.AsyncClient(transport=app, base_url="http://sandbox.example.com") as http:
        assert (await http.post("/_sandbox/mastodon/limit", json={"requests": 70_000})).status_code == 200
        headers = {"authorization": f"Bearer {mastodon.token(worlds[1])}"}
        answer = await http.get("/api/v1/notifications", headers=headers)
        assert int(answer.headers["x-ratelimit-remaining"]) > 3000
        assert (await http.post("/_sandbox/mastodon/limit", json={"requests": "many"})).status_code == 400
