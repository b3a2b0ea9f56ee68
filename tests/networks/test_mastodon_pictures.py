"""Pictures on Mastodon: sent up and made ready once, with their alt text; no post is lost for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from mastodon_desk import POSTING, Desk, opened
from networkkit import BREAKS, Album, not_taken, picture

from tweetdesk.domain.outbox import ActKind
from tweetdesk.networks.base import (
    LoginNeeded,
    NotPermitted,
    Pictures,
    RateLimited,
    Refused,
    ServerTrouble,
)
from tweetdesk.networks.mastodon_instance import instance_in
from tweetdesk.networks.mastodon_login import SCOPES

MEDIA, READY = "POST /api/v2/media", "GET /api/v1/media/:id"


@pytest.fixture(params=["mastodon", "gotosocial"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    async with opened(flavour=request.param) as one:
        yield one


async def ours(desk: Desk, text: str = "look") -> list[list[str]]:
    """The alt texts of each of our posts with a text."""
    page = await desk.fetch("person", desk.network.account.user_id)
    return [[one.alt for one in found.post.media] for found in page.posts if found.post.text == text]


async def test_pictures_go_up_once_and_stand_in_the_post(desk: Desk) -> None:
    album = Album(picture("one", "first ü\n“line”"), picture("two", "second", "image/jpeg"))
    act, material = desk.begun(album)
    prepared = await desk.network.prepare(act, material, album)
    assert await desk.network.prepare(act, prepared, album) == prepared
    receipt = await desk.network.send(act, prepared)
    assert (desk.app.of(MEDIA), desk.app.of(POSTING)) == (2, 1)
    assert receipt.post is not None
    assert [(one.kind, one.alt) for one in receipt.post.media] == [
        ("image", "first ü\n“line”"), ("image", "second"),
    ]  # fmt: skip
    assert await ours(desk) == [["first ü\n“line”", "second"]]
    sent = [one for one, _ in album.told]
    assert sent == sorted(sent)
    assert album.told[-1] == (400_000, 400_000)


async def test_a_picture_that_has_to_be_made_ready_is_waited_for(desk: Desk) -> None:
    album = Album(picture(mime="image/gif"))
    act, material = desk.begun(album)
    before = desk.clock.now
    await desk.network.send(act, await desk.network.prepare(act, material, album))
    assert timedelta(0) < desk.clock.now - before < timedelta(seconds=30)
    assert await ours(desk) == [["a garden"]]


async def test_a_picture_that_is_never_ready_is_trouble_and_no_post(desk: Desk) -> None:
    album = Album(picture(mime="image/gif"))
    desk.world.faults.add(READY, times=-1, kind="status", status=206, body={"id": "1", "url": None})
    with pytest.raises(ServerTrouble, match="still at work"):
        await desk.network.prepare(*desk.begun(album), album)
    assert desk.app.of(POSTING) == 0


async def test_a_server_that_forgets_the_alt_text_is_told_it_again(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(MEDIA, kind="status", status=200, body={"id": "7", "description": None})
    desk.world.faults.add("PUT /api/v1/media/:id", kind="status", status=200, body={"id": "7"})
    await desk.network.prepare(*desk.begun(album), album)
    assert desk.app.of("PUT /api/v1/media/7") == 1


async def test_pictures_go_with_a_direct_message_and_without_a_word(desk: Desk) -> None:
    seen = (await desk.fetch("messages")).posts[0].post
    form = desk.network.form(ActKind.MESSAGE, seen)
    album = Album(picture(alt=""))
    act, material = desk.begun(
        album, ActKind.MESSAGE, text=form.text, target=seen.ref, conversation=seen.conversation,
        person=seen.author,
    )  # fmt: skip
    assert form.pictures is not None
    receipt = await desk.network.send(act, await desk.network.prepare(act, material, album))
    assert receipt.post is not None
    assert [one.kind for one in receipt.post.media] == ["image"]
    silent = Album(picture("silent", "nothing said"))
    act, material = desk.begun(silent, text="")
    await desk.network.send(act, await desk.network.prepare(act, material, silent))
    assert await ours(desk, "") == [["nothing said"]]


@pytest.mark.parametrize(
    ("pictures", "sentence"), not_taken("localhost", 17_000_000, "16.8 MB, and one has 17.0 MB", 1500)
)
async def test_what_the_server_does_not_take_is_told_before_anything_leaves(
    desk: Desk, pictures: list[Any], sentence: str
) -> None:
    assert (await desk.refusal(Album(*pictures)), desk.app.of(MEDIA)) == (sentence, 0)


def test_what_a_server_takes_is_what_it_says() -> None:
    told = {
        "configuration": {
            "statuses": {"max_media_attachments": 6},
            "media_attachments": {
                "supported_mime_types": ["video/mp4", "image/png", "image/heic", 3],
                "image_size_limit": 1000, "description_limit": 9,
            },
        }
    }  # fmt: skip
    assert instance_in(told, {}).pictures == Pictures(6, ("image/png",), 1000, 9)
    assert instance_in({"configuration": {"media_attachments": []}}, {}).pictures == Pictures(
        4, ("image/jpeg", "image/png", "image/gif", "image/webp"), 16_777_216, 1500
    )
    for none in (
        {"configuration": {"statuses": {"max_media_attachments": 0}}},
        {"configuration": {"media_attachments": {"supported_mime_types": ["video/mp4"]}}},
    ):
        assert instance_in(none, {}).pictures is None


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        *BREAKS,
        ({"kind": "status", "status": 429, "headers": {"retry-after": "30"}}, RateLimited),
        ({"kind": "expired"}, LoginNeeded),
    ],
)
async def test_an_upload_that_breaks_off_is_begun_anew(
    desk: Desk, fault: dict[str, Any], trouble: type[Exception]
) -> None:
    album = Album(picture("one", "first"), picture("two", "second"))
    act, material = desk.begun(album)
    desk.world.faults.add(MEDIA, after=1, **fault)
    with pytest.raises(trouble):
        await desk.network.prepare(act, material, album)
    await desk.network.send(act, await desk.network.prepare(act, material, album))
    assert await ours(desk) == [["first", "second"]]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status", "status_after", "html", "broken_json"])
async def test_one_post_with_its_pictures_whatever_breaks(desk: Desk, kind: str) -> None:
    album = Album(picture())
    act, material = desk.begun(album)
    desk.world.faults.add(POSTING, kind=kind)
    receipt = await desk.put_through(act, material, album)
    assert await ours(desk) == [["a garden"]]
    assert desk.app.of(MEDIA) == 1
    assert receipt.post is not None
    assert [one.alt for one in receipt.post.media] == ["a garden"]


async def test_pictures_that_the_server_threw_away_go_up_once_more(desk: Desk) -> None:
    album = Album(picture())
    act, material = desk.begun(album)
    material = await desk.network.prepare(act, material, album)
    await desk.clock.sleep(3 * 3600)
    await desk.put_through(act, material, album)
    assert desk.app.of(MEDIA) == 2
    assert await ours(desk) == [["a garden"]]


async def test_pictures_that_are_never_kept_are_a_sentence(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(POSTING, times=9, kind="status", status=422, body={"error": "Media (1) not found"})
    desk.world.faults.add(READY, times=9, kind="status", status=404, body={"error": "Record not found"})
    with pytest.raises(Refused, match=r"^localhost did not keep the pictures: send the post again\.$"):
        await desk.put_through(*desk.begun(album), album)
    assert (desk.app.of(POSTING), desk.app.of(MEDIA)) == (2, 2)


async def test_another_refusal_is_told_as_the_server_says_it(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(POSTING, kind="status", status=422, body={"error": "No more today"})
    with pytest.raises(Refused, match="No more today"):
        await desk.put_through(*desk.begun(album), album)


async def test_equal_words_with_another_picture_are_another_post(desk: Desk) -> None:
    await desk.network.prepare(*desk.begun(Album(picture())), Album(picture()))  # what the server can do is known
    first, second = Album(picture("one", "first")), Album(picture("two", "second"))
    act, material = desk.begun(first, text="")
    material = await desk.network.prepare(act, material, first)
    elsewhere, other = desk.begun(second, text="")
    other = await desk.network.prepare(elsewhere, other, second)
    await desk.network.send(elsewhere, other)
    assert desk.app.of(POSTING) == 1
    desk.world.faults.add(POSTING, kind="drop_before")
    await desk.put_through(act, material, first)
    assert sorted(await ours(desk, "")) == [["first"], ["second"]]


async def test_a_login_that_ends_between_two_posts_leaves_the_second_unsent(desk: Desk) -> None:
    first = await desk.do(ActKind.POST, text="one of two", visibility="public")
    assert first.post is not None
    act, material = await desk.ready(
        ActKind.REPLY, text="two of two", target=first.post.ref, person=first.post.author, visibility="public"
    )
    desk.world.faults.add(POSTING, kind="expired")
    with pytest.raises(LoginNeeded):
        await desk.network.send(act, material)
    assert await ours(desk, "two of two") == []
    await desk.network.send(act, material)
    assert await ours(desk, "two of two") == [[]]


@pytest.mark.parametrize("headers", [{"retry-after": "30"}, {}])
async def test_too_many_posts_wait_and_go_once(desk: Desk, headers: dict[str, str]) -> None:
    act, material = await desk.ready(ActKind.POST, text="patience", visibility="public")
    desk.world.faults.add(POSTING, kind="status", status=429, body={"error": "Too many requests"}, headers=headers)
    with pytest.raises(RateLimited) as told:
        await desk.network.send(act, material)
    assert told.value.until >= desk.clock() + timedelta(seconds=30)
    await desk.network.send(act, material)
    assert await ours(desk, "patience") == [[]]


async def test_a_login_without_the_permission_says_what_to_do(desk: Desk) -> None:
    album = Album(picture())
    said = {"error": "This action is outside the authorized scopes"}
    desk.world.faults.add(MEDIA, kind="status", status=403, body=said)
    with pytest.raises(NotPermitted, match=r"'write:media'.*Log in again with: tweetdesk login mastodon"):
        await desk.network.prepare(*desk.begun(album), album)
    assert "write:media" in SCOPES


async def test_a_door_before_the_server_that_lets_nothing_so_large_in(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(MEDIA, kind="status", status=413, body="<html>Request Entity Too Large</html>")
    with pytest.raises(Refused, match="takes nothing so large: choose a smaller picture"):
        await desk.network.prepare(*desk.begun(album), album)


async def test_a_server_that_knows_the_first_version_only(desk: Desk) -> None:
    album = Album(picture())
    desk.world.faults.add(MEDIA, kind="status", status=404, body={"error": "Not Found"})
    act, material = desk.begun(album)
    await desk.network.send(act, await desk.network.prepare(act, material, album))
    assert (desk.app.of("POST /api/v1/media"), await ours(desk)) == (1, [["a garden"]])
