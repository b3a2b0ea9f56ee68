"""Pictures on the X face: their way up, what is refused, their end after a day, and posts that have them."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x_ids import post_id
from tweetdesk.sandbox.x_media import LASTS

from .conftest import Clock
from .x_kit import MEDIA, PNG, XClient

INVALID = "Your media IDs are invalid."


@pytest.fixture
def x(world: World) -> XClient:
    return XClient(world)


def message(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["errors"][0]["message"])


async def uploaded(x: XClient, data: bytes = PNG, alt: str = "") -> str:
    """The id of a picture that went up in two pieces."""
    body = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(data)}
    number: str = (await x.call("POST", "/2/media/upload/initialize", body)).json()["data"]["id"]
    for index, piece in enumerate((data[:20], data[20:])):
        sent = {"media": base64.b64encode(piece).decode(), "segment_index": index}
        assert (await x.call("POST", f"/2/media/upload/{number}/append", sent)).status_code == 200
    answer = await x.call("POST", f"/2/media/upload/{number}/finalize")
    assert answer.json()["data"] == {
        "id": number, "media_key": f"3_{number}", "size": len(data), "expires_after_secs": LASTS,
    }  # fmt: skip
    if alt:
        described = {"id": number, "metadata": {"alt_text": {"text": alt}}}
        assert (await x.call("POST", "/2/media/metadata", described)).status_code == 200
    return number


def post(x: XClient, *ids: str, text: str = "") -> Any:
    return x.call("POST", "/2/tweets", {"text": text, "media": {"media_ids": list(ids)}})


async def test_a_post_has_its_pictures_with_their_alt_texts(x: XClient) -> None:
    one, two = await uploaded(x, alt="a dot"), await uploaded(x)
    made = (await post(x, one, two)).json()["data"]["id"]
    asked = {"expansions": "attachments.media_keys", "media_fields": MEDIA, "tweet_fields": "attachments,entities"}
    found = await x.ask(f"/2/tweets/{made}", **asked)
    assert len(found["data"]["attachments"]["media_keys"]) == 2
    assert [medium["alt_text"] for medium in found["includes"]["media"]] == ["a dot", ""]
    link = found["data"]["entities"]["urls"][0]
    assert link["expanded_url"].endswith(f"/status/{made}/photo/1")
    assert link["media_key"] in found["data"]["attachments"]["media_keys"]


async def test_pictures_that_no_post_may_have(x: XClient, world: World, clock: Clock) -> None:
    number = await uploaded(x)
    begun = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": 9}
    half = (await x.call("POST", "/2/media/upload/initialize", begun)).json()["data"]["id"]
    assert message(await post(x, "77")) == INVALID
    assert message(await post(x, number, half)) == INVALID
    assert message(await post(XClient(world, "tom"), number)) == INVALID
    assert "1 to 4" in message(await post(x, *[number] * 5))
    assert "1 to 4" in message(await post(x))
    clock.pass_seconds(LASTS)
    assert message(await post(x, number, text="Too late")) == INVALID
    described = {"id": number, "metadata": {"alt_text": {"text": "late"}}}
    assert (await x.call("POST", "/2/media/metadata", described)).status_code == 404


async def test_a_picture_that_takes_its_time(x: XClient) -> None:
    x.state.processing = 2
    data = {"media": base64.b64encode(PNG).decode(), "media_category": "tweet_image"}
    made = (await x.call("POST", "/2/media/upload", data)).json()["data"]
    assert made["processing_info"]["state"] == "in_progress"
    assert message(await post(x, made["id"])) == INVALID
    for state in ("in_progress", "succeeded"):
        assert (await x.ask("/2/media/upload", media_id=made["id"]))["data"]["processing_info"]["state"] == state
    assert (await post(x, made["id"])).status_code == 201


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("upload", {"media": base64.b64encode(b"%PDF").decode(), "media_category": "tweet_image"}, "unrecognized"),
        ("upload", {"media": "no base64!", "media_category": "tweet_image"}, "$.media"),
        ("upload/initialize", {"media_category": "tweet_image", "total_bytes": 6_000_000}, "exceeds"),
        ("upload/initialize", {"media_category": "holiday", "total_bytes": 5}, "enumeration"),
        ("upload/initialize", {"media_category": "tweet_image"}, "total_bytes"),
        ("metadata", {"id": "ab"}, "$.id"),
    ],
)
async def test_bodies_that_are_wrong(x: XClient, path: str, body: Any, why: str) -> None:
    assert why in message(await x.call("POST", f"/2/media/{path}", body))


async def test_an_end_before_all_is_there(x: XClient) -> None:
    begun = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(PNG)}
    number = (await x.call("POST", "/2/media/upload/initialize", begun)).json()["data"]["id"]
    assert "do not add up" in message(await x.call("POST", f"/2/media/upload/{number}/finalize"))
    wrong = {"media": "AAAA", "segment_index": 1000}
    assert "segment_index" in message(await x.call("POST", f"/2/media/upload/{number}/append", wrong))
    long = {"id": number, "metadata": {"alt_text": {"text": "a" * 1001}}}
    assert "1000" in message(await x.call("POST", "/2/media/metadata", long))


async def test_an_answer_names_everybody_but_those_left_out(x: XClient, world: World) -> None:
    uri = world.post("tom.example.com", "What do @ada.example.com, @mira.example.org and @ines.example.net think?")
    both = {"in_reply_to_tweet_id": post_id(uri)}
    less = {**both, "exclude_reply_user_ids": [x.user("mira"), x.user("ines")]}
    fields = {"tweet_fields": "entities,display_text_range"}
    names = {}
    for text, reply in (("All of us agree", both), ("I agree", less)):
        made = (await x.call("POST", "/2/tweets", {"text": text, "reply": reply})).json()["data"]["id"]
        found = (await x.ask(f"/2/tweets/{made}", **fields))["data"]
        names[text] = [one["username"] for one in found["entities"]["mentions"]]
        assert found["text"][found["display_text_range"][0] :] == text
    assert names == {"All of us agree": ["tom", "mira", "ines"], "I agree": ["tom"]}
    wrong = {"text": "Hm", "reply": {**both, "exclude_reply_user_ids": "7"}}
    assert "exclude_reply_user_ids" in message(await x.call("POST", "/2/tweets", wrong))
