"""com.atproto.repo.uploadBlob, and what a record may embed of what was sent up.

After the lexicons com.atproto.repo.uploadBlob and app.bsky.embed.images, and a real PDS's wording of errors.
"""

from __future__ import annotations

from typing import Any

from .records import POST
from .uploads import Waiting, cid_of_bytes, find, keep, kind_of
from .xrpc import Call, Json, XrpcError, invalid, method

LARGEST = 5_242_880
LARGEST_IMAGE, MOST_IMAGES = 2_000_000, 4


@method("com.atproto.repo.uploadBlob", write=True, raw=True)
def upload_blob(call: Call) -> Json:
    """The same bytes have the same name, however often they come."""
    if len(call.raw) > LARGEST:
        raise XrpcError(413, "PayloadTooLarge", "request entity too large")
    link, mime = cid_of_bytes(call.raw), kind_of(call.raw, call.mime)
    former = find(call.world, call.me, link)
    waiting = Waiting(call.me, mime, len(call.raw), call.world.clock())
    waiting.attached = former is not None and former.attached
    keep(call.world, link, waiting)
    return {"blob": {"$type": "blob", "ref": {"$link": link}, "mimeType": mime, "size": len(call.raw)}}


def attach(call: Call, collection: str, value: Json) -> None:
    """Ties the pictures of a post to it. Raises the network's errors for what it cannot show, or does not have."""
    images = _images(value) if collection == POST else []
    if len(images) > MOST_IMAGES:
        raise _unfit(f"array too big (maximum {MOST_IMAGES}, got {len(images)})", "images")
    for place, image in enumerate(images):
        blob = image.get("image")
        link = (blob.get("ref") or {}).get("$link") if isinstance(blob, dict) else None
        if not isinstance(blob, dict) or not isinstance(link, str):
            raise _unfit('Missing required key "image"', f"images[{place}]")
        if not isinstance(image.get("alt"), str):
            raise _unfit('Missing required key "alt"', f"images[{place}]")
        waiting = find(call.world, call.me, link)
        if waiting is None:
            raise XrpcError(400, "BlobNotFound", f"Could not find blob: {link}")
        if waiting.size > LARGEST_IMAGE:
            raise _unfit(f"blob too big (maximum {LARGEST_IMAGE}, got {waiting.size})", f"images[{place}].image")
        if blob.get("mimeType") != waiting.mime:
            told = f"Expected: {waiting.mime}, Got: {blob.get('mimeType')}"
            what = f"Referenced Mimetype does not match stored blob. {told}"
            raise XrpcError(400, "InvalidMimeType", what)
        waiting.attached = True


def _images(value: Json) -> list[Any]:
    embed = value.get("embed") or {}
    media = embed.get("media") if embed.get("$type") == "app.bsky.embed.recordWithMedia" else embed
    if not isinstance(media, dict) or media.get("$type") != "app.bsky.embed.images":
        return []
    return list(media["images"])


def _unfit(what: str, place: str) -> XrpcError:
    return invalid(f"Invalid {POST} record: {what} at $.record.embed.{place}")
