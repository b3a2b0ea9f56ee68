"""Pictures that were sent up and wait for a post: both networks throw them away where none comes.

They are kept in memory only, so that a sandbox that starts again has thrown them away as well.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World

KEPT = timedelta(hours=1)
"""How long a picture waits for its post."""
_BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


@dataclass(slots=True)
class Waiting:
    """One picture: whose, what and since when; `busy` is how often it is not ready yet when it is asked for."""

    did: str
    mime: str
    size: int
    at: datetime
    alt: str = ""
    busy: int = 0
    attached: bool = False


def kind_of(content: bytes, told: str) -> str:
    """The type of a file, by how it begins, else as it was told."""
    return next((kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), told)


def cid_of_bytes(content: bytes) -> str:
    """The CIDv1 (raw, sha2-256, base32) of a file."""
    digest = hashlib.sha256(content).digest()
    return "b" + base64.b32encode(b"\x01\x55\x12\x20" + digest).decode().lower().rstrip("=")


def keep(world: World, ident: str, waiting: Waiting) -> None:
    """Keeps a picture under an id, in place of one that was there."""
    _all(world)[waiting.did, ident] = waiting


def find(world: World, did: str, ident: str) -> Waiting | None:
    """Somebody's picture by its id; None where there is none, or none any more."""
    found = _all(world).get((did, ident))
    if found is not None and not found.attached and world.clock() - found.at > KEPT:
        del _all(world)[did, ident]
        return None
    return found


def _all(world: World) -> dict[tuple[str, str], Waiting]:
    kept: dict[tuple[str, str], Waiting] = world.beside.setdefault("uploads", {})
    return kept
