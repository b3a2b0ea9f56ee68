"""Pictures in posts on Bluesky: sent as blobs, named by what is in them, and embedded with their alt text.

Sources: lexicons com.atproto.repo.uploadBlob, app.bsky.embed.images (maxSize, maxLength), recordWithMedia; the
official app, which takes 2000 characters of alt text.
"""

from __future__ import annotations

from typing import Any

from tweetdesk.domain.outbox import Act
from tweetdesk.networks.base import Files, Pictures, ServerTrouble
from tweetdesk.networks.bluesky_records import Json, decode, inner, words
from tweetdesk.networks.bluesky_session import Session
from tweetdesk.networks.http import Upload
from tweetdesk.networks.picture_rules import TYPES, Picture, in_hand

#: What a post takes.
TAKES = Pictures(most=4, types=tuple(TYPES), bytes=2_000_000, alt=2000)


async def embedded(session: Session, act: Act, files: Files | None) -> dict[str, Any]:
    """The embed with an act's pictures, sent to the server. Doing it again makes the same embed.

    Raises Refused, before anything is sent, for what a post cannot have.
    """
    pictures = await in_hand(act.media, TAKES, "Bluesky", files)
    images = [await _image(session, one) for one in pictures]
    return {"$type": "app.bsky.embed.images", "images": images}


async def _image(session: Session, picture: Picture) -> dict[str, Any]:
    """One picture of the embed."""
    known = picture.known
    answer = await session.upload("com.atproto.repo.uploadBlob", Upload(picture.content, known.mime, picture.told))
    blob = inner(decode(answer, dict[str, Any]), "blob")
    if not _is_blob(blob):
        raise ServerTrouble("The server's answer to a picture makes no sense; it will be sent again later.")
    image: dict[str, Any] = {"alt": known.alt, "image": dict(blob)}
    if known.width > 0 and known.height > 0:
        image["aspectRatio"] = {"width": known.width, "height": known.height}
    return image


def _is_blob(blob: Json) -> bool:
    return words(blob, "$type") == "blob" and words(inner(blob, "ref"), "$link") != ""
