"""Pictures on their way to a network: what it takes, told before anything is sent, and how much has left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tweetdesk.domain.outbox import Attachment
from tweetdesk.networks.base import Files, Pictures, Refused

#: The types that the desk can send, and what they are called.
TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP"}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in hand: what is known of it, its bytes, and who is told how many of them have left."""

    known: Attachment
    content: bytes
    told: Callable[[int], None]


async def in_hand(
    media: Sequence[Attachment], takes: Pictures | None, where: str, files: Files | None
) -> list[Picture]:
    """The pictures of an act, read and found to be what the network (called `where`) takes.

    Raises Refused, before anything is sent, for one that it does not take, or that is gone from this machine.
    """
    _check(media, takes, where, [one.size for one in media])
    if files is None:
        raise Refused("The pictures of this post are not at hand: attach them again.", "NoPictures")
    contents = [await files.read(one) for one in media]
    _check(media, takes, where, [len(content) for content in contents])
    total, before, found = sum(len(content) for content in contents), 0, []
    for one, content in zip(media, contents, strict=True):
        found.append(Picture(one, content, _teller(files, before, total)))
        before += len(content)
    return found


def _teller(files: Files, before: int, total: int) -> Callable[[int], None]:
    """Tells of one picture among several."""
    return lambda sent: files.progress(before + sent, total)


def _check(media: Sequence[Attachment], takes: Pictures | None, where: str, sizes: Sequence[int]) -> None:
    if takes is None:
        raise Refused(f"{where} takes no pictures with this: send the text alone.", "Pictures")
    if len(media) > takes.most:
        raise Refused(f"{where} takes {takes.most} pictures with a post, and these are {len(media)}.", "Pictures")
    for one, size in zip(media, sizes, strict=True):
        if one.mime not in takes.types:
            known = ", ".join(TYPES.get(kind, kind) for kind in takes.types)
            raise Refused(f"{where} takes {known}, but not {TYPES.get(one.mime, one.mime)}.", "Pictures")
        if size > takes.bytes:
            raise Refused(
                f"{where} takes pictures of up to {_size(takes.bytes)}, and one has {_size(size)}.", "Pictures"
            )
        if len(one.alt) > takes.alt:
            told = f"{len(one.alt)} characters, and {takes.alt} fit"
            raise Refused(f"The alt text of a picture is too long for {where}: {told}.", "Pictures")


def _size(count: int) -> str:
    return f"{-(-count // 100_000) / 10:.1f} MB"
