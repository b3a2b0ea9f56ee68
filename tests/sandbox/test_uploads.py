"""Pictures sent up to the sandbox: what both networks take, how long they wait, what a post can have of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.records import POST
from tweetdesk.sandbox.world import World

from .conftest import Client, Clock
from .fediverse import fediverse, get, post, write
from .lexicon import FOLDERS, wrong_output

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def upload(who: Client, content: bytes = PNG, mime: str = "image/png") -> httpx.Response:
    """Sends a blob."""
    headers = {**who.headers, "content-type": mime}
    return await who.http.post("/xrpc/com.atproto.repo.uploadBlob", content=content, headers=headers)


def images(*blobs: Any) -> dict[str, Any]:
    """A post with pictures."""
    return {
        "text": "look",
        "embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "a", "image": blob} for blob in blobs]},
    }


async def test_a_blob_is_named_by_its_bytes_and_known_by_how_it_begins(ada: Client) -> None:
    first, again = (await upload(ada)).json(), (await upload(ada, mime="image/jpeg")).json()
    assert first == again
    assert first["blob"]["mimeType"] == "image/png"
    assert first["blob"]["ref"]["$link"].startswith("bafkrei")
    if FOLDERS[0].is_dir():
        assert wrong_output("com.atproto.repo.uploadBlob", first) == []
    assert (await upload(ada, PNG + b"x")).json()["blob"]["ref"] != first["blob"]["ref"]


async def test_a_blob_needs_a_login_and_has_a_limit(ada: Client, world: World) -> None:
    assert (await upload(Client(world))).status_code == 401
    assert (await upload(ada, bytes(5_242_881))).json()["error"] == "PayloadTooLarge"


async def test_a_post_has_the_blobs_that_its_author_sent(ada: Client, tom: Client) -> None:
    blob = (await upload(ada)).json()["blob"]
    uri = (await ada.write(POST, images(blob)))["uri"]
    (view,) = (await ada.ask("app.bsky.feed.getPosts", uris=[uri]))["posts"]
    assert [one["alt"] for one in view["embed"]["images"]] == ["a"]
    answer = await tom.put(POST, images(blob), "createRecord")
    assert (answer.status_code, answer.json()["error"]) == (400, "BlobNotFound")


async def test_what_a_post_cannot_have(ada: Client) -> None:
    blob = (await upload(ada)).json()["blob"]
    large = (await upload(ada, PNG + bytes(2_000_000))).json()["blob"]
    for record, wrong in (
        (images(*[blob] * 5), "array too big"),
        (images(large), "blob too big"),
        (images({**blob, "mimeType": "image/webp"}), "does not match stored blob"),
        (images(None), 'Missing required key "image"'),
    ):
        answer = await ada.put(POST, record, "createRecord")
        assert answer.status_code == 400
        assert wrong in answer.json()["message"]


async def test_a_blob_that_no_post_has_is_thrown_away_and_one_that_a_post_has_is_kept(
    ada: Client, clock: Clock
) -> None:
    used, unused = [(await upload(ada, PNG + name)).json()["blob"] for name in (b"used", b"unused")]
    await ada.write(POST, images(used))
    clock.now += timedelta(minutes=90)
    await ada.write(POST, images(used))
    assert (await ada.put(POST, images(unused), "createRecord")).json()["error"] == "BlobNotFound"


# --- Mastodon ----------------------------------------------------------------------------------------------------


async def send(http: httpx.AsyncClient, content: bytes = PNG, **fields: str) -> httpx.Response:
    """Sends a file up."""
    return await http.post("/api/v2/media", files={"file": ("a.png", content, "image/png")}, data=fields)


async def test_a_picture_with_its_alt_text_belongs_to_one_status(world: World) -> None:
    async with fediverse(world) as http:
        sent = (await send(http, description="a garden ü")).json()
        assert (sent["type"], sent["description"]) == ("image", "a garden ü")
        assert (await get(http, f"/api/v1/media/{sent['id']}"))["id"] == sent["id"]
        changed = await http.put(f"/api/v1/media/{sent['id']}", json={"description": "a house"})
        assert changed.json()["description"] == "a house"
        made = await write(http, "look", media_ids=[sent["id"]])
        shown = (await get(http, f"/api/v1/statuses/{made['id']}"))["media_attachments"]
        assert [(one["id"], one["description"]) for one in shown] == [(sent["id"], "a house")]
        assert (await http.get(f"/api/v1/media/{sent['id']}")).status_code == 404
        twice = await http.post("/api/v1/statuses", json={"status": "again", "media_ids": [sent["id"]]})
        assert (twice.status_code, "already attached" in twice.json()["error"]) == (422, True)


async def test_a_film_like_picture_is_made_ready_first(world: World) -> None:
    async with fediverse(world) as http:
        sent = await send(http, b"GIF89a" + bytes(50))
        assert (sent.status_code, sent.json()["url"]) == (202, None)
        path = f"/api/v1/media/{sent.json()['id']}"
        early = await http.post("/api/v1/statuses", json={"status": "x", "media_ids": [sent.json()["id"]]})
        assert "not finished processing" in early.json()["error"]
        assert [(await http.get(path)).status_code for _ in range(2)] == [206, 200]


async def test_what_a_server_does_not_take(world: World, clock: Clock) -> None:
    async with fediverse(world) as http, fediverse(world, "tom") as other:
        answer = await http.post("/api/v2/media", files={"file": ("a.txt", b"text", "text/plain")})
        assert (answer.status_code, answer.json()["error"]) == (
            422,
            "Validation failed: File content type is invalid",
        )
        assert (await http.post("/api/v2/media", data={"description": "x"})).status_code == 422
        assert (await send(http, description="x" * 1501)).status_code == 422
        idents = [(await send(http)).json()["id"] for _ in range(5)]
        many = await http.post("/api/v1/statuses", json={"status": "x", "media_ids": idents})
        assert "more than 4" in many.json()["error"]
        theirs = await other.post("/api/v1/statuses", json={"status": "x", "media_ids": idents[:1]})
        assert (theirs.status_code, "not found" in theirs.json()["error"]) == (422, True)
        clock.now += timedelta(hours=2)
        assert (await http.get(f"/api/v1/media/{idents[0]}")).status_code == 404


async def test_a_direct_status_has_pictures_too(world: World) -> None:
    async with fediverse(world) as http:
        ident = (await send(http)).json()["id"]
        made = await post(http, "/api/v1/statuses", status="@tom look", visibility="direct", media_ids=[ident])
        assert [one["id"] for one in made["media_attachments"]] == [ident]


@pytest.mark.parametrize("kind", ["twice", "status_after"])
async def test_a_post_with_its_key_is_one_whatever_the_line_does(world: World, kind: str) -> None:
    async with fediverse(world) as http:
        ident = (await send(http)).json()["id"]
        world.faults.add("POST /api/v1/statuses", kind=kind)
        before = len(world.records.posts)
        headers = {"idempotency-key": "k"}
        for _ in range(2):
            await http.post("/api/v1/statuses", json={"status": "once", "media_ids": [ident]}, headers=headers)
        assert len(world.records.posts) == before + 1
