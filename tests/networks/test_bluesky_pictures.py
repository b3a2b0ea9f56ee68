"""Pictures on Bluesky: sent up once, embedded with their alt text, and never the reason why a post is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from bluesky_desk import Desk, opened
from networkkit import BREAKS, Album, not_taken, picture

from tweetdesk.domain.outbox import ActKind
from tweetdesk.networks.base import LoginNeeded, Refused, ServerTrouble
from tweetdesk.sandbox.records import POST

UPLOAD, PUT = "com.atproto.repo.uploadBlob", "com.atproto.repo.putRecord"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with opened() as one:
        yield one


def ours(desk: Desk, text: str = "look") -> list[dict[str, Any]]:
    """Our posts with a text, as they stand in the repository."""
    mine = desk.world.records.repos[desk.world.account.did][POST]
    return [record.value for record in mine.values() if record.value["text"] == text]


async def test_pictures_go_up_once_and_stand_in_the_post(desk: Desk) -> None:
    album = Album(picture("one", "first"), picture("two", "second", "image/jpeg", 70_000))
    act, material = desk.begun(album, language="de")
    prepared = await desk.network.prepare(act, material, album)
    assert await desk.network.prepare(act, prepared, album) == prepared
    receipt = await desk.network.send(act, prepared)
    assert (desk.app.of(UPLOAD), desk.app.of(PUT)) == (2, 1)
    (record,) = ours(desk)
    images = record["embed"]["images"]
    assert [(image["alt"], image["aspectRatio"]) for image in images] == [
        ("first", {"width": 640, "height": 480}), ("second", {"width": 640, "height": 480}),
    ]  # fmt: skip
    assert [image["image"]["mimeType"] for image in images] == ["image/png", "image/jpeg"]
    assert record["langs"] == ["de"]
    assert receipt.post is not None
    assert [(one.kind, one.alt) for one in receipt.post.media] == [("image", "first"), ("image", "second")]
    (shown,) = await desk.network.posts((receipt.post.ref,))
    assert [one.alt for one in shown.media] == ["first", "second"]


async def test_what_has_left_is_told_and_only_grows(desk: Desk) -> None:
    album = Album(picture("one"), picture("two", size=150_000))
    await desk.network.prepare(*desk.begun(album), album)
    sent = [one for one, _ in album.told]
    assert {total for _, total in album.told} == {350_000}
    assert sent == sorted(sent)
    assert len(sent) >= 6
    assert sent[-1] == 350_000


async def test_a_quote_keeps_its_pictures_beside_it(desk: Desk) -> None:
    seen, album = await desk.newest_mention(), Album(picture())
    act, material = desk.begun(album, ActKind.QUOTE, target=seen.ref, target_version=seen.version)
    receipt = await desk.network.send(act, await desk.network.prepare(act, material, album))
    (record,) = ours(desk)
    assert record["embed"]["$type"] == "app.bsky.embed.recordWithMedia"
    assert receipt.post is not None
    (shown,) = await desk.network.posts((receipt.post.ref,))
    assert shown.quote is not None
    assert (shown.quote.ref, [one.alt for one in shown.media]) == (seen.ref, ["a garden"])


@pytest.mark.parametrize(
    ("pictures", "sentence"), not_taken("Bluesky", 2_000_001, "2.0 MB, and one has 2.1 MB", 2000)
)
async def test_what_bluesky_does_not_take_is_told_before_anything_leaves(
    desk: Desk, pictures: list[Any], sentence: str
) -> None:
    assert (await desk.refusal(Album(*pictures)), desk.app.of(UPLOAD)) == (sentence, 0)


async def test_a_picture_that_grew_or_went_away_meanwhile(desk: Desk) -> None:
    album = Album(picture("one"), picture("two"))
    del album.contents["two.bin"]
    with pytest.raises(Refused, match="gone from this machine"):
        await desk.network.prepare(*desk.begun(album), album)
    album.contents["two.bin"] = b"x" * 3_000_000
    with pytest.raises(Refused, match=r"one has 3\.0 MB"):
        await desk.network.prepare(*desk.begun(album), album)
    with pytest.raises(Refused, match="not at hand"):
        await desk.network.prepare(*desk.begun(album))
    assert desk.app.of(UPLOAD) == 0


async def test_no_picture_in_a_direct_message(desk: Desk) -> None:
    assert desk.network.form(ActKind.MESSAGE, None).pictures is None
    seen, album = (await desk.fetch("messages")).posts[0].post, Album(picture())
    act, material = desk.begun(album, ActKind.MESSAGE, conversation=seen.conversation)
    with pytest.raises(Refused, match="no pictures in direct messages"):
        await desk.network.prepare(act, material, album)
    assert desk.app.of(UPLOAD) == 0


@pytest.mark.parametrize(
    ("fault", "trouble"),
    BREAKS,
)
async def test_an_upload_that_breaks_off_is_begun_anew(
    desk: Desk, fault: dict[str, Any], trouble: type[Exception]
) -> None:
    album = Album(picture("one"), picture("two"))
    act, material = desk.begun(album)
    desk.world.faults.add(UPLOAD, after=1, **fault)
    with pytest.raises(trouble):
        await desk.network.prepare(act, material, album)
    prepared = await desk.network.prepare(act, material, album)
    await desk.network.send(act, prepared)
    assert (desk.app.of(UPLOAD), len(ours(desk))) == (4, 1)


async def test_the_same_pictures_again_are_the_same_post(desk: Desk) -> None:
    album = Album(picture())
    act, material = desk.begun(album)
    first = await desk.network.prepare(act, material, album)
    assert json.loads(await desk.network.prepare(act, material, album)) == json.loads(first)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status", "status_after", "twice", "expired"])
async def test_one_post_with_its_pictures_whatever_breaks(desk: Desk, kind: str) -> None:
    album = Album(picture())
    desk.world.faults.add(PUT, kind=kind)
    receipt = await desk.put_through(*desk.begun(album), album)
    assert (len(ours(desk)), desk.app.of(UPLOAD)) == (1, 1)
    assert receipt.post is not None
    assert [one.alt for one in receipt.post.media] == ["a garden"]


async def test_pictures_that_the_server_threw_away_go_up_once_more(desk: Desk) -> None:
    album = Album(picture())
    act, material = desk.begun(album)
    material = await desk.network.prepare(act, material, album)
    desk.clock.now += timedelta(hours=3)
    receipt = await desk.put_through(act, material, album)
    assert (len(ours(desk)), desk.app.of(UPLOAD), receipt.result) == (1, 2, receipt.post and receipt.post.ref.id)


async def test_pictures_that_are_never_kept_are_a_sentence(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(
        PUT,
        times=5,
        kind="status",
        status=400,
        body={"error": "BlobNotFound", "message": "Could not find blob: b"},
    )
    with pytest.raises(Refused, match="did not keep the pictures"):
        await desk.put_through(*desk.begun(album), album)


async def test_a_session_that_expires_between_two_posts_goes_on(desk: Desk) -> None:
    first = await desk.do(ActKind.POST, text="one of two")
    assert first.post is not None
    desk.world.faults.add(PUT, kind="expired")
    act, material = await desk.ready(
        ActKind.REPLY, text="two of two", target=first.post.ref, target_version=first.post.version,
        root=first.post.ref, person=desk.network.account.identity,
    )  # fmt: skip
    await desk.network.send(act, material)
    assert (len(ours(desk, "two of two")), desk.app.of(PUT)) == (1, 3)
    assert desk.app.of("com.atproto.server.refreshSession") == 1


async def test_a_session_that_cannot_be_renewed_leaves_the_post_unsent(desk: Desk) -> None:
    act, material = await desk.ready(ActKind.POST, text="later")
    desk.world.faults.add("*", times=-1, kind="expired")
    with pytest.raises(LoginNeeded):
        await desk.network.send(act, material)
    desk.world.faults.clear()
    assert ours(desk, "later") == []
    assert await desk.network.settle(act, material) is None


async def test_an_answer_that_is_no_blob_is_trouble(desk: Desk) -> None:
    album = Album(picture())
    for body in ({}, {"blob": None}, {"blob": {"$type": "blob", "ref": "b"}}, {"blob": {"ref": {"$link": "b"}}}):
        desk.world.faults.add(UPLOAD, kind="status", status=200, body=body)
        with pytest.raises(ServerTrouble, match="makes no sense"):
            await desk.network.prepare(*desk.begun(album), album)


async def test_a_door_before_the_server_that_lets_nothing_so_large_in(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(UPLOAD, kind="status", status=413, body="<html>Request Entity Too Large</html>")
    with pytest.raises(Refused, match="takes nothing so large: choose a smaller picture"):
        await desk.network.prepare(*desk.begun(album), album)


async def test_a_session_that_expires_while_pictures_go_up_is_renewed(desk: Desk) -> None:
    album = Album(picture("one"), picture("two"))
    desk.world.faults.add(UPLOAD, kind="expired", after=1)
    act, material = desk.begun(album)
    await desk.network.send(act, await desk.network.prepare(act, material, album))
    assert (desk.app.of(UPLOAD), len(ours(desk))) == (3, 1)
    assert album.told[-1] == (400_000, 400_000)
