"""Prices on X: what is billed, once a UTC day, what is free, and what happens where the money ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.faces import faces
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x_ids import post_id

from .conftest import EPOCH, Clock
from .x_kit import BASE, XClient


@pytest.fixture
def x(world: World) -> XClient:
    return XClient(world)


async def bill(x: XClient) -> Any:
    return await x.ask("/_sandbox/billing")


async def test_a_resource_is_billed_once_a_day(x: XClient, clock: Clock) -> None:
    number = x.found(by="tom")[0]
    for _ in range(3):
        await x.ask(f"/2/tweets/{number}")
    report = await bill(x)
    assert (report["deliveries"], report["billed"], report["distinct"], report["micros"]) == (3, 1, 1, 5_000)
    clock.now = clock.now.replace(hour=0) + timedelta(days=1)
    await x.ask(f"/2/tweets/{number}")
    report = await bill(x)
    assert (report["deliveries"], report["billed"], report["distinct"], report["micros"]) == (4, 2, 1, 10_000)
    assert list(report["days"]) == ["2026-11-02", "2026-11-03"]


async def test_ones_own_mentions_and_posts_are_cheap(x: XClient) -> None:
    await x.ask(f"/2/users/{x.id}/mentions", max_results=10)
    await x.ask(f"/2/users/{x.id}/tweets", max_results=10)
    assert (await bill(x))["micros"] == 20 * 1_000
    await x.ask(f"/2/users/{x.user('tom')}/tweets", max_results=5)
    assert (await bill(x))["micros"] == 20 * 1_000 + 5 * 5_000


async def test_they_are_not_where_the_app_is_somebody_elses(x: XClient) -> None:
    await x.call("POST", "/_sandbox/billing", {"owner": False})
    await x.ask(f"/2/users/{x.id}/mentions", max_results=10)
    assert (await bill(x))["micros"] == 10 * 5_000


async def test_what_is_included_is_counted(x: XClient) -> None:
    number = x.found(by="tom", reply=True)[0]
    await x.ask(f"/2/tweets/{number}", expansions="author_id,referenced_tweets.id,referenced_tweets.id.author_id")
    today = (await bill(x))["days"]["2026-11-02"]
    assert today["reads"]["post"] == 2
    assert today["micros"] == 2 * 5_000 + today["reads"]["user"] * 10_000


async def test_pictures_are_billed_where_they_are_expanded(x: XClient, world: World) -> None:
    posts = world.records.posts.values()
    number = next(post_id(one.uri) for one in posts if len((one.value.get("embed") or {}).get("images", ())) == 1)
    await x.ask(f"/2/tweets/{number}", tweet_fields="attachments")
    assert (await bill(x))["micros"] == 5_000
    body = await x.ask(f"/2/tweets/{number}", expansions="attachments.media_keys", media_fields="alt_text")
    assert body["includes"]["media"][0]["alt_text"]
    assert (await bill(x))["micros"] == 10_000


async def test_empty_and_refused_requests_are_free(x: XClient) -> None:
    await x.get("/2/tweets/search/recent", query="nothingofthekind")
    await x.get(f"/2/users/{x.id}/mentions", max_results=1)
    await x.get("/2/tweets/7")
    await x.post("I was not asked", x.found(by="tom")[0])
    await x.post("x" * 281)
    assert (await bill(x))["micros"] == 0


async def test_prices_of_writing(x: XClient, world: World) -> None:
    spent = 0

    async def costs(answer: Any, micros: int) -> Any:
        nonlocal spent
        body = (await answer).json()
        spent += micros
        assert (await bill(x))["micros"] == spent
        return body["data"]

    own = await costs(x.post("Without a link"), 15_000)
    await costs(x.post("With a link https://example.com"), 200_000)
    await costs(x.post("With a link example.com/a too"), 200_000)
    await costs(x.post("On to my own", own["id"]), 15_000)
    mention = post_id(world.post("tom.example.com", "What says @ada.example.com?"))
    await costs(x.post("She says yes", mention), 10_000)
    await costs(x.call("POST", f"/2/users/{x.id}/retweets", {"tweet_id": mention}), 15_000)
    await costs(x.call("DELETE", f"/2/users/{x.id}/retweets/{mention}"), 10_000)
    tom = x.user("tom")
    await costs(x.call("POST", f"/2/users/{x.id}/muting", {"target_user_id": tom}), 15_000)
    await costs(x.call("DELETE", f"/2/users/{x.id}/muting/{tom}"), 5_000)
    await costs(x.call("POST", f"/2/dm_conversations/with/{tom}/messages", {"text": "Hello"}), 15_000)
    await costs(x.call("DELETE", f"/2/tweets/{own['id']}"), 10_000)


async def test_messages_and_people_read(x: XClient) -> None:
    body = await x.ask("/2/dm_events", max_results=5)
    await x.ask("/2/users", ids=f"{x.id},{x.user('tom')}")
    report = await bill(x)
    assert report["micros"] == 10_000 * (len(body["data"]) + 2)
    assert report["days"]["2026-11-02"]["reads"] == {"dm_event": 5, "user": 2}


async def test_where_the_credits_end(x: XClient) -> None:
    await x.call("POST", "/_sandbox/billing", {"credits": 12_000})
    await x.ask("/2/users/me")
    assert (await x.post("One more")).status_code == 201
    answer = await x.get("/2/users/me")
    assert answer.status_code == 402
    assert answer.json() == {
        "title": "Payment Required",
        "detail": "credits depleted",
        "status": 402,
        "type": "https://api.x.com/2/problems/credits-depleted",
    }
    await x.call("POST", "/_sandbox/billing", {"credits": None})
    assert (await x.get("/2/users/me")).status_code == 200


async def test_where_the_months_cap_is_reached(x: XClient, clock: Clock) -> None:
    await x.call("POST", "/_sandbox/billing", {"spend_cap": 10_000})
    await x.ask("/2/users/me")
    answer = await x.get("/2/users/me")
    assert answer.status_code == 403
    assert answer.json()["type"] == "https://api.x.com/2/problems/spend-cap-reached"
    clock.pass_seconds(timedelta(days=30).total_seconds())
    assert (await x.get("/2/users/me")).status_code == 200


async def test_the_ledger_is_read_through_all_faces(world: World) -> None:
    other = World(epoch=EPOCH, clock=world.clock, live_seconds=0)
    x = XClient(world)
    x.http = httpx.AsyncClient(transport=httpx.ASGITransport(faces(other, other, world)), base_url=BASE)
    await x.ask("/2/users/me")
    assert (await x.ask("/_sandbox/x/billing"))["micros"] == 10_000


async def test_a_switch_that_is_none(x: XClient) -> None:
    answer = await x.call("POST", "/_sandbox/billing", {"nonsense": 1})
    assert (answer.status_code, "nonsense is none of" in answer.json()["message"]) == (400, True)
    assert (await x.ask("/_sandbox/world"))["account"]["handle"] == "ada.example.com"
