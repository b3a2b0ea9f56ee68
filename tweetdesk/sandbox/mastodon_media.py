"""Pictures of the Mastodon API: sent up, made ready, named by a post.

After docs.joinmastodon.org/methods/media; errors as Mastodon words them. A GIF is made ready as a film would be:
202 at first, then 206 once, then 200.
"""

from __future__ import annotations

from .asgi import Answer
from .mastodon_calls import ApiError, Call, Json, not_found, route, sent_file, unfit
from .mastodon_ids import number
from .uploads import Waiting, find, keep, kind_of

PICTURE_KINDS = ["image/jpeg", "image/png", "image/gif", "image/webp"]
LARGEST, MOST_PICTURES, LONGEST_ALT = 16_777_216, 4, 1500
_AT = "https://images.example.com"


@route("POST", "/api/v2/media", "write:media")
def upload(call: Call) -> Answer:
    """Takes a file in; 202 where it still has to be made ready."""
    ident, waiting = _take_in(call)
    waiting.busy = 1 if waiting.mime == "image/gif" else 0
    return Answer(202 if waiting.busy else 200, _view(ident, waiting))


@route("POST", "/api/v1/media", "write:media")
def upload_ready(call: Call) -> Json:
    return _view(*_take_in(call))


def _take_in(call: Call) -> tuple[str, Waiting]:
    file = sent_file(call.request, "file")
    if file is None:
        raise unfit("File can't be blank")
    told, content = file
    mime = kind_of(content, told)
    if mime not in PICTURE_KINDS:
        raise unfit("File content type is invalid")
    if len(content) > LARGEST:
        raise unfit("File file size must be less than 16 MB")
    ident = str(number(call.world.next_tid(call.world.clock())))
    waiting = Waiting(call.me, mime, len(content), call.world.clock(), _alt(call))
    keep(call.world, ident, waiting)
    return ident, waiting


def _alt(call: Call) -> str:
    alt = call.text("description")
    if len(alt) > LONGEST_ALT:
        raise unfit(f"Description is too long (maximum is {LONGEST_ALT} characters)")
    return alt


@route("GET", "/api/v1/media/:id", "write:media")
def get_media(call: Call) -> Answer:
    """206 while it is being made ready; 404 once a post has it."""
    waiting = _own(call)
    if waiting.busy > 0:
        waiting.busy -= 1
        return Answer(206, _view(call.path["id"], waiting))
    return Answer(200, _view(call.path["id"], waiting))


@route("PUT", "/api/v1/media/:id", "write:media")
def describe(call: Call) -> Json:
    waiting = _own(call)
    waiting.alt = _alt(call)
    return _view(call.path["id"], waiting)


def _own(call: Call) -> Waiting:
    waiting = find(call.world, call.me, call.path["id"])
    if waiting is None or waiting.attached:
        raise not_found()
    return waiting


def _view(ident: str, waiting: Waiting) -> Json:
    """The entity MediaAttachment, before a post has it."""
    url = None if waiting.busy else f"{_AT}/{ident}.jpeg"
    kind = "gifv" if waiting.mime == "image/gif" else "image"
    return {
        "id": ident,
        "type": kind,
        "url": url,
        "preview_url": url,
        "remote_url": None,
        "text_url": None,
        "meta": {},
        "description": waiting.alt or None,
        "blurhash": None,
    }


def check_pictures(call: Call) -> None:
    """Raises the server's errors for pictures that a post cannot have."""
    idents = call.texts("media_ids")
    found = {ident: find(call.world, call.me, ident) for ident in idents}
    missing = [ident for ident, waiting in found.items() if waiting is None or waiting.attached]
    if len(idents) > MOST_PICTURES:
        raise unfit(f"Cannot attach more than {MOST_PICTURES} files")
    if missing:
        raise ApiError(422, f"Media ({', '.join(missing)}) not found or already attached to another post")
    if any(waiting is not None and waiting.busy for waiting in found.values()):
        raise unfit("Cannot attach files that have not finished processing. Try again in a moment!")


def attached(call: Call) -> Json | None:
    """The embed with the pictures that a post names, which are the post's from now on; None without any."""
    images = []
    for ident in call.texts("media_ids"):
        waiting = find(call.world, call.me, ident)
        if waiting is not None:
            waiting.attached = True
            blob = {"$type": "blob", "ref": {"$link": ident}, "mimeType": waiting.mime, "size": waiting.size}
            images.append({"id": ident, "alt": waiting.alt, "image": blob})
    return {"$type": "app.bsky.embed.images", "images": images} if images else None
