"""Pictures on the X face: uploaded in one request or in pieces, described, and kept a day for a post.

Bodies are JSON with the bytes in base64, as the documents allow; multipart bodies are not read here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import Any

from .ids import cid_of, micros
from .x_body import read_body
from .x_call import Call, Param, XProblem, invalid, plain
from .x_ids import snowflake
from .x_routes import route

Json = dict[str, Any]
WRITE = ("media.write",)
LASTS = 86_400
"""Seconds for which a picture waits for its post."""
MOST, LARGEST, ALT = 4, 5 * 1024 * 1024, 1000
"""Pictures of a post, bytes of a picture, characters of an alt text."""
CATEGORIES = (
    "amplify_video",
    "tweet_gif",
    "tweet_image",
    "tweet_video",
    "dm_gif",
    "dm_image",
    "dm_video",
    "subtitles",
)
_SIGNS = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
"""How pictures of each type begin."""


@dataclass(slots=True)
class Upload:
    """A picture on its way: its pieces by number, whose it is, and until when it is kept (seconds since 1970)."""

    id: str
    did: str
    expires: float
    total: int = 0
    pieces: dict[int, bytes] = field(default_factory=dict)
    done: bool = False
    alt: str = ""
    looks: int = 0
    """How often its status has to be asked yet until it is ready."""

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces[number] for number in sorted(self.pieces))

    @property
    def mime(self) -> str:
        """What the bytes are; "" for no picture."""
        data = self.data
        return next((mime for mime, signs in _SIGNS.items() if data.startswith(signs)), "")

    def image(self) -> Json:
        """The picture as a record of the world has it."""
        ref = {"$link": cid_of(hashlib.sha256(self.data).hexdigest())}
        blob = {"$type": "blob", "ref": ref, "mimeType": self.mime, "size": len(self.data)}
        return {"alt": self.alt, "image": blob}


@route("POST", "/2/media/upload", limit=500, scopes=WRITE)
def upload(call: Call) -> Json:
    """A picture in one request."""
    body = read_body(call, ("media", "media_category", "additional_owners", "media_type", "shared"))
    made = _made(call)
    made.pieces[0] = _bytes(call, body)
    return _finished(call, made)


@route("POST", "/2/media/upload/initialize", limit=1875, scopes=WRITE)
def initialize(call: Call) -> Json:
    body = read_body(call, ("additional_owners", "media_category", "media_type", "shared", "total_bytes"))
    if body.get("media_category") not in CATEGORIES:
        raise invalid("$.media_category: does not have a value in the enumeration", words=call.words)
    total = body.get("total_bytes")
    if not isinstance(total, int) or total < 1:
        raise invalid("$.total_bytes: is missing but it is required", words=call.words)
    if total > LARGEST:
        raise invalid(f"File size exceeds {LARGEST} bytes.", words=call.words)
    made = _made(call)
    made.total = total
    return {"data": _view(call, made)}


@route("POST", "/2/media/upload/:id/append", limit=1875, scopes=WRITE)
def append(call: Call) -> Json:
    """A piece of a picture; one that came before is replaced."""
    body = read_body(call, ("media", "segment_index"))
    made = _there(call, call.arguments["id"])
    number = body.get("segment_index")
    if not isinstance(number, int) or not 0 <= number <= 999:
        raise invalid("$.segment_index: must be between 0 and 999", words=call.words)
    made.pieces[number] = _bytes(call, body)
    return {"data": {"expires_at": int(made.expires)}}


@route("POST", "/2/media/upload/:id/finalize", limit=1875, scopes=WRITE)
def finalize(call: Call) -> Json:
    """All pieces are there. Raises 400 where some are missing, and for what is no picture."""
    made = _there(call, call.arguments["id"])
    if len(made.data) != made.total:
        message = f"Segments do not add up to provided total file size: {len(made.data)} of {made.total}."
        raise invalid(message, words=call.words)
    return _finished(call, made)


@route("GET", "/2/media/upload", limit=1000, scopes=WRITE,
       params={"media_id": Param("id", required=True), "command": Param(among=("STATUS",))})  # fmt: skip
def status(call: Call) -> Json:
    made = _there(call, call.params["media_id"])
    made.looks = max(0, made.looks - 1)
    return {"data": _view(call, made)}


@route("POST", "/2/media/metadata", limit=500, scopes=WRITE)
def describe(call: Call) -> Json:
    """The alt text of a picture."""
    body = read_body(call, ("id", "metadata"), ("id",))
    made = _there(call, body["id"])
    metadata = body.get("metadata")
    alt = metadata.get("alt_text") if isinstance(metadata, dict) else None
    text = alt.get("text") if isinstance(alt, dict) else None
    if not isinstance(text, str) or len(text) > ALT:
        raise invalid(f"$.metadata.alt_text.text: must be at most {ALT} characters long", words=call.words)
    made.alt = text
    return {"data": {"id": made.id, "associated_metadata": {"alt_text": {"text": text}}}}


def embed_of(call: Call, media: Any) -> Json | None:
    """The pictures of a new post as its record has them. Raises 400 for unknown, unfinished and expired ones."""
    if media is None:
        return None
    ids = media.get("media_ids") if isinstance(media, dict) else None
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST:
        raise invalid(f"$.media.media_ids: there must be 1 to {MOST} items in the array", words=call.words)
    found = []
    for number in ids:
        made = call.state.uploads.get(str(number))
        if made is None or made.did != call.viewer or not made.done or made.looks or _expired(call, made):
            message = "Your media IDs are invalid."
            raise invalid(message, {"media.media_ids": [str(one) for one in ids]}, call.words)
        found.append(made.image())
    return {"$type": "app.bsky.embed.images", "images": found}


# -- pieces of the above --------------------------------------------------------------------------------------


def _made(call: Call) -> Upload:
    uploads = call.state.uploads
    number = snowflake(micros(call.now), "media", len(uploads))
    made = uploads[number] = Upload(number, call.viewer, call.now.timestamp() + LASTS)
    return made


def _there(call: Call, number: str) -> Upload:
    """An upload of the account's own. Raises 404."""
    made = call.state.uploads.get(number)
    if made is None or made.did != call.viewer or _expired(call, made):
        raise _unknown(number)
    return made


def _unknown(number: str) -> XProblem:
    return plain(404, "Not Found", f"Could not find media with id: [{number}].")


def _expired(call: Call, made: Upload) -> bool:
    return call.now.timestamp() >= made.expires


def _bytes(call: Call, body: Json) -> bytes:
    """The bytes of a request. Raises 400 for what is no base64, and for too many."""
    raw = body.get("media")
    try:
        data = base64.b64decode(raw, validate=True) if isinstance(raw, str) else b""
    except binascii.Error:
        data = b""
    if not data:
        raise invalid("$.media: is missing but it is required", words=call.words)
    if len(data) > LARGEST:
        raise invalid(f"File size exceeds {LARGEST} bytes.", words=call.words)
    return data


def _finished(call: Call, made: Upload) -> Json:
    if not made.mime:
        raise invalid("media type unrecognized.", words=call.words)
    made.done, made.looks = True, call.state.processing
    return {"data": _view(call, made) | {"size": len(made.data)}}


def _view(call: Call, made: Upload) -> Json:
    view: Json = {"id": made.id, "media_key": f"3_{made.id}"}
    view["expires_after_secs"] = max(0, int(made.expires - call.now.timestamp()))
    if made.looks:
        view["processing_info"] = {"state": "in_progress", "check_after_secs": 1}
    elif call.state.processing and made.done:
        view["processing_info"] = {"state": "succeeded"}
    return view
