"""Faults on order: each kind, for one method or for all, as often as asked."""

from __future__ import annotations

import asyncio
import json

import pytest

from tweetdesk.sandbox.faults import Dropped
from tweetdesk.sandbox.records import POST

from .conftest import Client

TIMELINE = "app.bsky.feed.getTimeline"


async def test_a_status_with_body_and_headers_once(ada: Client) -> None:
    ada.world.faults.add(TIMELINE, kind="status", status=503, body={"why": "tea"}, headers={"x-tea": "1"})
    await ada.ask("app.bsky.actor.getPreferences")
    answer = await ada.get(TIMELINE)
    assert (answer.status_code, answer.json(), answer.headers["x-tea"]) == (503, {"why": "tea"}, "1")
    await ada.ask(TIMELINE)


async def test_any_method_several_times(ada: Client) -> None:
    ada.world.faults.add("*", times=2, kind="status")
    codes = [(await ada.get(TIMELINE)).status_code for _ in range(3)]
    assert codes == [500, 500, 200]


async def test_bodies_that_are_no_answers(ada: Client) -> None:
    for kind in ("html", "broken_json"):
        ada.world.faults.add(TIMELINE, kind=kind)
        answer = await ada.get(TIMELINE)
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            json.loads(answer.content)


async def test_missing_fields(ada: Client) -> None:
    ada.world.faults.add(TIMELINE, kind="missing_fields")
    feed = (await ada.ask(TIMELINE))["feed"]
    assert set(feed[0]["post"]) == {"uri"}
    assert "author" in feed[1]["post"]


async def test_expired_and_rate_limit(ada: Client) -> None:
    ada.world.faults.add(TIMELINE, kind="expired")
    assert (await ada.get(TIMELINE)).json()["error"] == "ExpiredToken"
    ada.world.faults.add(TIMELINE, kind="rate_limit", seconds=40)
    answer = await ada.get(TIMELINE)
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "40"
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answer.headers)


async def test_a_token_that_expires_after_the_first_call(ada: Client) -> None:
    ada.world.faults.add(TIMELINE, kind="expired", after=1)
    await ada.ask(TIMELINE)
    assert (await ada.get(TIMELINE)).json()["error"] == "ExpiredToken"
    await ada.ask(TIMELINE)


async def test_trouble_after_the_write_was_carried_out(ada: Client) -> None:
    before = len(ada.world.records.posts)
    ada.world.faults.add("com.atproto.repo.createRecord", kind="status_after", status=502)
    answer = await ada.put(POST, {"text": "it did arrive"}, "createRecord")
    assert (answer.status_code, answer.json()["error"]) == (502, "InternalServerError")
    assert len(ada.world.records.posts) == before + 1


async def test_a_call_that_arrives_twice(ada: Client) -> None:
    """Without a key of its own a post is there twice; with one the second call changes nothing."""
    before = len(ada.world.records.posts)
    ada.world.faults.add("com.atproto.repo.createRecord", kind="twice")
    await ada.write(POST, {"text": "echo"})
    assert len(ada.world.records.posts) == before + 2
    ada.world.faults.add("com.atproto.repo.putRecord", kind="twice")
    await ada.write(POST, {"text": "no echo"}, "putRecord", rkey="3mfpkdwk2ss2a", swapRecord=None)
    assert len(ada.world.records.posts) == before + 3


@pytest.mark.parametrize(("kind", "written"), [("drop_before", 0), ("drop_after", 1)])
async def test_a_lost_connection_before_and_after_the_write(ada: Client, kind: str, written: int) -> None:
    before = len(ada.world.records.posts)
    ada.world.faults.add("com.atproto.repo.createRecord", kind=kind)
    with pytest.raises(Dropped):
        await ada.write(POST, {"text": "did it arrive?"})
    assert len(ada.world.records.posts) - before == written


async def test_a_call_that_hangs_until_it_is_cancelled(ada: Client) -> None:
    ada.world.faults.add(TIMELINE, kind="hang")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ada.get(TIMELINE), 0.05)
    ada.world.faults.add(TIMELINE, kind="slow", seconds=0.01)
    await ada.ask(TIMELINE)


def test_an_unknown_kind_is_refused(ada: Client) -> None:
    with pytest.raises(ValueError, match="no fault is called 'rain'"):
        ada.world.faults.add(kind="rain")


async def test_faults_posts_and_messages_over_http(ada: Client) -> None:
    answer = await ada.http.post("/_sandbox/faults", json={"method": TIMELINE, "kind": "html"})
    assert answer.json() == {"waiting": 1}
    assert (await ada.get(TIMELINE)).headers["content-type"].startswith("text/html")
    post = {"handle": "tom.example.com", "text": "hi @ada.example.com"}
    uri = (await ada.http.post("/_sandbox/post", json=post)).json()["uri"]
    assert uri in ada.world.records.posts
    message = {"handle": "tom.example.com", "text": "psst"}
    assert (await ada.http.post("/_sandbox/message", json=message)).status_code == 200
    assert (await ada.http.get("/_sandbox/world")).json()["posts"] == len(ada.world.records.posts)
    wrong = await ada.http.post("/_sandbox/post", json={"handle": "nobody.example.com", "text": "?"})
    assert wrong.status_code == 400
