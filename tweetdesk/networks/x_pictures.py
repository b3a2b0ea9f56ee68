"""Pictures on their way to X: they go up in pieces, get their alt text, and wait there for the post.

Sources: docs.x.com, media upload (initialize, append, finalize, status; a segment may be sent again), media
metadata, media best practices (4 pictures of 5 MB); the OpenAPI documents (alt text of 1000 characters).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.networks.base import Files, NotPermitted, Pictures, Refused, ServerTrouble
from tweetdesk.networks.json_values import Json, words
from tweetdesk.networks.x_errors import LOG_IN
from tweetdesk.networks.x_session import Session
from tweetdesk.networks.x_wire import answer_in, is_id, moment

#: What X takes with a post.
TAKES = Pictures(most=4, types=("image/jpeg", "image/png", "image/webp"), bytes=5_000_000, alt=1000)
#: The permission that sending pictures needs; logins of before the desk asked for it lack it.
SCOPE = "media.write"
NO_SCOPE = f"This login may not send pictures to X. {LOG_IN}"

#: The bytes of one request: small enough that each gets through a slow line in time.
_PIECE = 512 * 1024
#: How long X keeps a picture that is in no post where it does not say (seconds), and how much earlier it counts as
#: gone: the post has to arrive before.
_KEPT, _EARLY = 86_400, timedelta(hours=1)
#: How often it is asked whether a picture is ready.
_LOOKS = 10


class Uploads:
    """The pictures of one account's acts. Every method that asks raises NetworkError."""

    def __init__(self, session: Session) -> None:
        self._session = session
        #: What has arrived in this run, by act and place: an upload that broke off goes on with the next picture.
        self._arrived: dict[tuple[str, int], dict[str, Any]] = {}

    async def prepare(self, act: Act, fixed: Json, files: Files | None) -> list[Json]:
        """What X has of an act's pictures, in their order: id, and until when; what is there is not sent again.

        `fixed` is the act's material. Raises Refused for what X would not take.
        """
        _check(act)
        kept, now = fixed.get("media"), self._session.clock()
        there = [one if _usable(one, now) else None for one in kept] if isinstance(kept, list) else []
        there += [None] * (len(act.media) - len(there))
        if all(there[: len(act.media)]):
            return [one for one in there[: len(act.media)] if one]
        await self._session.load()
        if self._session.lacks(SCOPE):
            raise NotPermitted(NO_SCOPE, SCOPE)
        if files is None:
            raise Refused("The pictures of this post are not at X (any more): send it again.", "no-pictures")
        progress = _Progress(files, sum(picture.size for picture in act.media))
        found = []
        for place, picture in enumerate(act.media):
            one = there[place] or await self._arrive((str(fixed["key"]), place), picture, files, progress)
            found.append(one)
            progress.past(picture)
        return found

    async def _arrive(self, key: tuple[str, int], picture: Attachment, files: Files, progress: _Progress) -> Json:
        """One picture at X, with its alt text."""
        one = self._arrived.get(key)
        if one is None or not _usable(one, self._session.clock()):
            one = self._arrived[key] = await self._upload(await files.read(picture), picture.mime, progress)
        if picture.alt and not one.get("described"):
            body = {"id": one["id"], "metadata": {"alt_text": {"text": picture.alt}}}
            await self._ask("POST", "/2/media/metadata", body)
            one["described"] = True
        return {"id": one["id"], "until": one["until"]}

    async def _upload(self, data: bytes, mime: str, progress: _Progress) -> dict[str, Any]:
        """The bytes of a picture at X: its id, and until when X keeps it."""
        begun = self._session.clock()
        asked = {"media_type": mime, "media_category": "tweet_image", "total_bytes": len(data)}
        made = await self._ask("POST", "/2/media/upload/initialize", asked)
        identifier = words(made, "id")
        if not is_id(identifier):
            raise ServerTrouble("X's answer to a picture makes no sense; it will be tried again later.")
        for number, start in enumerate(range(0, len(data), _PIECE)):
            piece = data[start : start + _PIECE]
            body = {"media": base64.b64encode(piece).decode(), "segment_index": number}
            await self._ask("POST", f"/2/media/upload/{identifier}/append", body)
            progress.more(len(piece))
        done = await self._ready(
            await self._ask("POST", f"/2/media/upload/{identifier}/finalize", None), identifier
        )
        lasts = done.get("expires_after_secs")
        seconds = lasts if isinstance(lasts, int) and 0 < lasts <= _KEPT else _KEPT
        return {"id": identifier, "until": (begun + timedelta(seconds=seconds)).isoformat(timespec="seconds")}

    async def _ready(self, told: Json, identifier: str) -> Json:
        """What X tells of a picture once it is done with it. Raises Refused for one that X cannot read."""
        for _ in range(_LOOKS):
            info = told.get("processing_info")
            state = words(info, "state") if isinstance(info, Mapping) else ""
            if state == "failed":
                raise Refused(
                    "X cannot read this picture: save it as PNG or JPEG, and attach it again.", "picture"
                )
            if state not in ("pending", "in_progress"):
                return told
            wait = info.get("check_after_secs") if isinstance(info, Mapping) else None
            await self._session.sleep(min(max(wait, 1), 30) if isinstance(wait, int) else 1)
            told = await self._ask("GET", "/2/media/upload", None, params=[("media_id", identifier)])
        raise ServerTrouble("X is still at work on the picture; it will be tried again later.")

    async def _ask(
        self, verb: str, path: str, body: Json | None, params: list[tuple[str, str]] | None = None
    ) -> Json:
        """The data of an answer about media."""
        if verb == "GET":
            raw = await self._session.get(path, params or [], group="media", scopes=SCOPE)
        else:
            again = not path.endswith("/finalize")  # what X makes of ending an upload twice is not documented
            raw = await self._session.change(verb, path, body, group="media", scopes=SCOPE, again=again)
        data = json.loads(answer_in(raw).data) if raw else None
        return data if isinstance(data, dict) else {}


class _Progress:
    """How many bytes of an act's pictures have left, of how many; never past a picture that is not through."""

    def __init__(self, files: Files, total: int) -> None:
        self._files, self._total = files, total
        self._before = self._sent = 0

    def more(self, count: int) -> None:
        self._sent += count
        self._files.progress(min(self._before + self._sent, self._total), self._total)

    def past(self, picture: Attachment) -> None:
        """A picture is at X."""
        self._before, self._sent = self._before + picture.size, 0
        self._files.progress(self._before, self._total)


def _check(act: Act) -> None:
    """Raises Refused for pictures that X would not take."""
    if act.kind not in (ActKind.POST, ActKind.REPLY):
        raise Refused("X takes pictures from here with posts and answers only.", "pictures")
    if len(act.media) > TAKES.most:
        raise Refused(f"X takes {TAKES.most} pictures with a post, not {len(act.media)}.", "pictures")
    for picture in act.media:
        if picture.mime not in TAKES.types:
            raise Refused(f"X takes JPEG, PNG and WebP pictures, not {picture.mime}.", "pictures")
        if picture.size > TAKES.bytes:
            size = picture.size / 1_000_000
            raise Refused(
                f"X takes pictures of up to 5 MB; this one has {size:.1f} MB: make it smaller.", "pictures"
            )
        if len(picture.alt) > TAKES.alt:
            raise Refused(f"X takes {TAKES.alt} characters of alt text, not {len(picture.alt)}.", "pictures")


def _usable(one: object, now: datetime) -> bool:
    """Whether a picture that was noted can still go with a post."""
    if not isinstance(one, Mapping) or not is_id(words(one, "id")):
        return False
    until = moment(words(one, "until"))
    return until is not None and now < until - _EARLY
