"""Pictures with posts on X: where they may go, the way up, what is not sent twice, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
import x_replay
from networkkit import Album
from replaykit import Clock
from x_desk import EPOCH, Desk, opened

from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.networks.base import (
    HandOff,
    LoginNeeded,
    NotPermitted,
    Pictures,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
)
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import state_of, token

PNG = b"\x89PNG\r\n\x1a\n"
CREATE, INITIALIZE, METADATA = "POST /2/tweets", "POST /2/media/upload/initialize", "POST /2/media/metadata"
APPEND, FINALIZE = "POST /2/media/upload/:id/append", "POST /2/media/upload/:id/finalize"


def picture(name: str = "a", size: int = 100, alt: str = "a dot", mime: str = "image/png") -> Attachment:
    return Attachment(name, alt, mime, size)


def files(*pictures: Attachment) -> Album:
    return Album(*((one, PNG + bytes(one.size - len(PNG))) for one in pictures))


def asked(desk: Desk, part: str) -> list[httpx.Request]:
    return [one for one in desk.transport.asked if part in one.url.path]


def images(desk: Desk) -> list[list[tuple[str, int]]]:
    """Alt texts and sizes of the pictures of each of our newest posts in the world."""
    mine = desk.world.people.by_key["ada"].did
    found = [one for one in desk.world.records.posts.values() if one.did == mine and "embed" in one.value]
    new = [one for one in found if one.at >= "2026-11-02T09:30:00"]
    return [[(one["alt"], one["image"]["size"]) for one in made.value["embed"]["images"]] for made in new]


# --- what may be offered -----------------------------------------------------------------------------------------


async def test_where_pictures_may_go_with_a_text() -> None:
    made = x_replay.desk(x_replay.Server())
    ada = made.network.account.identity
    mention = Post(
        PostRef("x", "30"), Identity("x", "21", "grace"), "hi", EPOCH, conversation="30", mentions=(ada,)
    )
    stranger, message = replace(mention, mentions=()), replace(mention, kind=PostKind.MESSAGE)
    takes = Pictures(4, ("image/jpeg", "image/png", "image/webp"), 5_000_000, 1000)
    assert made.network.form(ActKind.POST, None).pictures == takes
    assert made.network.form(ActKind.REPLY, mention).pictures == takes
    assert isinstance(made.network.can(ActKind.REPLY, stranger), HandOff)
    assert made.network.form(ActKind.REPLY, stranger).pictures is None
    assert made.network.form(ActKind.QUOTE, mention).pictures is None
    assert made.network.form(ActKind.MESSAGE, message).pictures is None
    assert not made.network.form(ActKind.POST, None).languages


async def test_a_login_of_before_is_told_to_log_in_again() -> None:
    secret = {**x_replay.SECRET, "scope": x_replay.SECRET["scope"].replace(" media.write", "")}
    made = x_replay.desk(x_replay.Server(), secret=secret)
    act = Act(ActKind.POST, made.network.account.id, text="look", media=(picture(),))
    with pytest.raises(NotPermitted, match="tweetdesk login x"):
        await made.network.prepare(act, made.network.begin(act, EPOCH, b"12345678"), files(picture()))
    assert made.server.asked == []
    form = made.network.form(ActKind.POST, None)
    assert form.pictures is None
    assert "tweetdesk login x" in form.note


# --- the way up --------------------------------------------------------------------------------------------------


async def test_pictures_go_up_once_and_into_the_post(desk: Desk) -> None:
    one, two = picture("one", 1_300_000), picture("two", 500, alt="")
    act, there = desk.made(ActKind.POST, None, "two pictures", media=(one, two)), files(one, two)
    material = await desk.ready(act, there)
    total = one.size + two.size
    assert there.told[-1] == (total, total)
    assert [sent for sent, _ in there.told] == sorted(sent for sent, _ in there.told)
    assert len(there.told) >= 4, "a large picture tells more than once how far it is"
    assert len(asked(desk, "/append")) == 4
    assert len(asked(desk, "/metadata")) == 1, "no empty alt text"
    before = len(desk.transport.asked)
    assert await desk.network.prepare(act, material, there) == material
    receipt = await desk.network.send(act, material)
    assert len(desk.transport.asked) == before + 1, "nothing goes up twice"
    assert images(desk) == [[("a dot", 1_300_000), ("", 500)]]
    assert receipt.post is not None
    assert [one.alt for one in receipt.post.media] == ["a dot", ""]


async def test_a_picture_alone_is_a_post(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "", media=(picture(),))
    material = await desk.ready(act, files(picture()))
    await desk.network.send(act, material)
    assert "text" not in json.loads(asked(desk, "/2/tweets")[-1].content)
    assert images(desk) == [[("a dot", 100)]]


async def test_an_old_picture_goes_up_again(desk: Desk) -> None:
    act, there = desk.made(ActKind.POST, None, "tomorrow", media=(picture(),)), files(picture())
    material = await desk.ready(act, there)
    desk.clock.now += timedelta(hours=22)
    assert await desk.network.prepare(act, material, there) == material
    desk.clock.now += timedelta(hours=3)
    with pytest.raises(Refused, match="send it again"):
        await desk.network.send(act, material)
    again = await desk.network.prepare(act, material, there)
    assert json.loads(again)["media"] != json.loads(material)["media"]
    await desk.network.send(act, again)
    assert images(desk) == [[("a dot", 100)]]


@pytest.mark.parametrize("broken", [INITIALIZE, APPEND, FINALIZE, METADATA])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "drop_before", "times": 9}, Unreachable),
        ({"kind": "drop_after", "times": 9}, Unreachable),
        ({"kind": "status", "status": 503, "times": 9}, ServerTrouble),
        ({"kind": "status_after", "status": 502, "times": 9}, ServerTrouble),
        ({"kind": "broken_json", "times": 9}, ServerTrouble),
        ({"kind": "rate_limit", "seconds": 60}, RateLimited),
    ],
)
async def test_a_way_up_that_breaks_off_is_gone_again(
    clock: Clock, broken: str, fault: dict[str, Any], error: type[Exception]
) -> None:
    desk = opened(World(clock=clock, seed=7), clock)
    one, two = picture("one", 100), picture("two", 200)
    act, there = desk.made(ActKind.POST, None, "two pictures", media=(one, two)), files(one, two)
    begun = desk.network.begin(act, desk.clock(), b"12345678")
    desk.world.faults.add(broken, after=1, **fault)
    with pytest.raises(error) as told:
        await desk.network.prepare(act, begun, there)
    assert str(told.value).endswith(".")
    desk.world.faults.clear()
    material = await desk.network.prepare(act, begun, there)
    sizes = [json.loads(one.content)["total_bytes"] for one in asked(desk, "/initialize")]
    assert sizes.count(100) == 1, "what arrived stays there"
    await desk.network.send(act, material)
    assert images(desk) == [[("a dot", 100), ("a dot", 200)]]
    await desk.network.close()


async def test_a_restart_between_the_way_up_and_the_post(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "look", media=(picture(),))
    material = await desk.ready(act, files(picture()))
    again = opened(desk.world, desk.clock, desk.transport.words, desk.shelf)
    assert await again.network.prepare(act, material, files()) == material
    await again.network.send(act, material)
    assert images(desk) == [[("a dot", 100)]]
    await again.network.close()


async def test_a_picture_that_x_has_to_work_on(desk: Desk) -> None:
    desk.state.processing = 3
    act = desk.made(ActKind.POST, None, "look", media=(picture(),))
    await desk.network.send(act, await desk.ready(act, files(picture())))
    assert len(asked(desk, "/2/media/upload")) == 3 + 3
    desk.state.processing = 50
    act = desk.made(ActKind.POST, None, "look again", media=(picture(),))
    with pytest.raises(ServerTrouble, match="still at work"):
        await desk.ready(act, files(picture()))


async def test_signed_requests_take_pictures_too(clock: Clock) -> None:
    from tweetdesk.sandbox.x import CONSUMER_KEY, CONSUMER_SECRET, OAUTH1_TOKEN_SECRET, oauth1_token

    world = World(clock=clock, seed=7)
    secret = {"kind": "oauth1", "consumer_key": CONSUMER_KEY, "consumer_secret": CONSUMER_SECRET,
              "token": oauth1_token(world), "token_secret": OAUTH1_TOKEN_SECRET}  # fmt: skip
    desk = opened(world, clock, secret=secret)
    act = desk.made(ActKind.POST, None, "look", media=(picture(),))
    await desk.network.send(act, await desk.ready(act, files(picture())))
    assert images(desk) == [[("a dot", 100)]]
    await desk.network.close()


# --- what is refused ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "media", "why"),
    [
        (ActKind.POST, (picture(),) * 5, "4 pictures"),
        (ActKind.POST, (picture(mime="image/gif"),), "not GIF"),
        (ActKind.POST, (picture(size=6_000_000),), "6.0 MB"),
        (ActKind.POST, (picture(alt="a" * 1001),), "1001 characters"),
        (ActKind.MESSAGE, (picture(),), "no pictures with this"),
        (ActKind.POST, (picture("gone"),), "gone"),
    ],
)
async def test_what_x_would_not_take_is_refused_before_it_leaves(
    clock: Clock, kind: ActKind, media: tuple[Attachment, ...], why: str
) -> None:
    desk = opened(World(clock=clock, seed=7), clock)
    with pytest.raises(Refused, match=why) as refused:
        await desk.ready(desk.made(kind, None, "look", media=media), Album())
    assert str(refused.value).endswith(".")
    assert desk.transport.asked == []
    with pytest.raises(Refused, match="send it again"):
        await desk.ready(desk.made(ActKind.POST, None, "look", media=(picture(),)))
    await desk.network.close()


async def test_what_is_no_picture(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "look", media=(picture(size=4),))
    with pytest.raises(Refused, match="unrecognized"):
        await desk.ready(act, Album((picture(size=4), b"%PDF")))


async def test_x_no_longer_has_the_picture(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "look", media=(picture(),))
    material = await desk.ready(act, files(picture()))
    desk.state.uploads.clear()
    with pytest.raises(Refused, match="does not have the pictures") as refused:
        await desk.network.send(act, material)
    assert refused.value.code == "media"
    assert images(desk) == []


async def test_a_login_that_ended(clock: Clock) -> None:
    world = World(clock=clock, seed=7)
    state_of(world).revoked.add(token(world))
    desk = opened(world, clock)
    with pytest.raises(LoginNeeded):
        await desk.ready(desk.made(ActKind.POST, None, "look", media=(picture(),)), files(picture()))
    await desk.network.close()
