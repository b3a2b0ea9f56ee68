"""Pictures on their way to X: they go up in pieces, get their alt text, and wait there for the post.

Sources: docs.x.com, media upload (initialize, append, finalize, status; a segment may be sent again), media
metadata, media best practices (4 pictures of 5 MB); the OpenAPI documents (alt text of 1000 characters).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TypeGuard

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.networks.base import Files, NotPermitted, Pictures, Refused, ServerTrouble
from tweetdesk.networks.json_values import Json, words
from tweetdesk.networks.picture_rules import Picture, in_hand
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
        #: What has arrived in this run, by act and place, and the ids of those that have their alt text: after an
        #: upload that broke off only the rest is sent.
        self._arrived: dict[tuple[str, int], Json] = {}
        self._described: set[str] = set()

    async def prepare(self, act: Act, fixed: Json, files: Files | None) -> list[Json]:
        """What X has of an act's pictures, in their order: id, and until when; what is there is not sent again.

        `fixed` is the act's material. Raises Refused for what X would not take.
        """
        kept, key = fixed.get("media"), str(fixed["key"])
        there = [self._still(kept, place) for place in range(len(act.media))]
        if all(there):
            return [one for one in there if one]
        await self._session.load()
        if self._session.lacks(SCOPE):
            raise NotPermitted(NO_SCOPE, SCOPE)
        if files is None:
            raise Refused("The pictures of this post are not at X (any more): send it again.", "no-pictures")
        missing = [place for place, one in enumerate(there) if one is None]
        takes = TAKES if act.kind in (ActKind.POST, ActKind.REPLY) else None
        found = await in_hand([act.media[place] for place in missing], takes, "X", files)
        sent = {place: await self._arrive((key, place), one) for place, one in zip(missing, found, strict=True)}
        return [one or sent[place] for place, one in enumerate(there)]

    def _still(self, kept: object, place: int) -> Json | None:
        """What the material has of the picture at a place, if it can still go with a post."""
        one = kept[place] if isinstance(kept, list) and place < len(kept) else None
        return one if self._usable(one) else None

    def _usable(self, one: object) -> TypeGuard[Json]:
        if not isinstance(one, Mapping) or not is_id(words(one, "id")):
            return False
        until = moment(words(one, "until"))
        return until is not None and self._session.clock() < until - _EARLY

    async def _arrive(self, key: tuple[str, int], picture: Picture) -> Json:
        """One picture at X, with its alt text."""
        one = self._arrived.get(key)
        if not self._usable(one):
            one = self._arrived[key] = await self._upload(picture)
        identifier, alt = words(one, "id"), picture.known.alt
        if alt and identifier not in self._described:
            body = {"id": identifier, "metadata": {"alt_text": {"text": alt}}}
            await self._ask("POST", "/2/media/metadata", body)
            self._described.add(identifier)
        picture.told(len(picture.content))
        return one

    async def _upload(self, picture: Picture) -> Json:
        """The bytes of a picture at X: its id, and until when X keeps it."""
        begun, data = self._session.clock(), picture.content
        asked = {"media_type": picture.known.mime, "media_category": "tweet_image", "total_bytes": len(data)}
        identifier = words(await self._ask("POST", "/2/media/upload/initialize", asked), "id")
        if not is_id(identifier):
            raise ServerTrouble("X's answer to a picture makes no sense; it will be tried again later.")
        path = f"/2/media/upload/{identifier}"
        for number, start in enumerate(range(0, len(data), _PIECE)):
            piece = data[start : start + _PIECE]
            body = {"media": base64.b64encode(piece).decode(), "segment_index": number}
            await self._ask("POST", f"{path}/append", body)
            picture.told(start + len(piece))
        done = await self._ready(await self._ask("POST", f"{path}/finalize", None), identifier)
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
