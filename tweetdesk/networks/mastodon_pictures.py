"""Pictures on Mastodon: sent up with their alt text, made ready by the server, then named by the post.

Sources: Mastodon documentation, methods media (v2: 202 while it is being made ready, then 206, 200), entity
MediaAttachment. A server throws away after a day what no post names; one that a post names is no longer found by
its id alone (methods media, 404).
"""

from __future__ import annotations

from typing import Any

from tweetdesk.domain.outbox import Act
from tweetdesk.networks.base import Files, NotThere, Refused, ServerTrouble
from tweetdesk.networks.http_bodies import file_in_a_form
from tweetdesk.networks.json_values import Json, Unreadable, entry, words
from tweetdesk.networks.mastodon_records import id_of, in_path
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.picture_rules import Picture, in_hand

#: How often it is asked whether a picture is ready, and the pauses between (seconds).
_LOOKS, _FIRST_PAUSE, _LONGEST_PAUSE = 12, 1.0, 10.0
_SCOPE = "write:media"


async def sent_up(session: Session, act: Act, files: Files | None) -> list[str]:
    """The ids of an act's pictures on the server, once all are ready. Doing it again sends them up again.

    Raises Refused, before anything is sent, for what the server does not take.
    """
    pictures = await in_hand(act.media, session.instance.pictures, session.host, files)
    return [await _one(session, picture) for picture in pictures]


async def _one(session: Session, picture: Picture) -> str:
    known = picture.known
    alt = [("description", known.alt)] if known.alt else []
    form = file_in_a_form(picture.content, known.mime, picture.told, field="file", fields=alt)
    try:
        answer = await session.upload("/api/v2/media", form, scope=_SCOPE)
    except NotThere:  # a server that knows the first version only, which answers once the picture is ready
        answer = await session.upload("/api/v1/media", form, scope=_SCOPE)
    view = _read(answer.body)
    identifier = id_of(view)
    if not identifier:
        raise ServerTrouble("The server's answer to a picture makes no sense; it will be sent again later.")
    if answer.status == 202:
        await _until_ready(session, identifier)
    if known.alt and words(view, "description").split() != known.alt.split():
        body: dict[str, Any] = {"description": known.alt}
        await session.send("PUT", f"/api/v1/media/{in_path(identifier)}", body, scope=_SCOPE)
    return identifier


async def _until_ready(session: Session, identifier: str) -> None:
    """Wait until the server has made a picture ready. Raises ServerTrouble where that takes too long."""
    pause = _FIRST_PAUSE
    for _ in range(_LOOKS):
        answer = await session.get(f"/api/v1/media/{in_path(identifier)}", scope=_SCOPE)
        if answer.status != 206:
            return
        await session.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    raise ServerTrouble(f"{session.host} is still at work on a picture; it will be tried again later.")


async def any_gone(session: Session, identifiers: list[str]) -> bool:
    """Whether the server has one of these pictures no more (or a post has it already)."""
    for identifier in identifiers:
        try:
            await session.get(f"/api/v1/media/{in_path(identifier)}", scope=_SCOPE)
        except NotThere:
            return True
        except Refused:
            continue
    return False


def _read(body: bytes) -> Json:
    try:
        return entry(body)
    except Unreadable:
        return {}
