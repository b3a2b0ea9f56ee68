"""An account as the tests of a network have it in hand: what they do with it on every network alike."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Page, Receipt, Refused


@dataclass
class Hand:
    """An account on an open network, and the clock that acts are begun by; who inherits says which network."""

    network: Any
    clock: Callable[[], datetime]

    async def fetch(self, kind: str, words: str = "", cursor: str = "") -> Page:
        """A page of one of the account's sources."""
        page: Page = await self.network.fetch(Source(self.network.account.id, kind, words), cursor)
        return page

    async def newest_mention(self) -> Post:
        """The mention that came in last."""
        page = await self.fetch("mentions")
        return max(page.posts, key=lambda fetched: fetched.at).post

    async def ready(self, kind: ActKind, **more: object) -> tuple[Act, str]:
        """An act with its material, ready to be sent."""
        act = Act(kind, self.network.account.id, **more)  # type: ignore[arg-type]
        return act, await self.network.prepare(act, self.network.begin(act, self.clock(), os.urandom(8)))

    async def do(self, kind: ActKind, **more: object) -> Receipt:
        """Put an act through."""
        receipt: Receipt = await self.network.send(*await self.ready(kind, **more))
        return receipt


def picture(
    name: str = "garden", alt: str = "a garden", mime: str = "image/png", size: int = 200_000
) -> tuple[Attachment, bytes]:
    """A picture that begins as one of its type does, and nothing more of one; each name has other bytes."""
    content = (_BEGINNINGS.get(mime, b"") + name.encode()).ljust(size, b"\0")
    return Attachment(f"{name}.bin", alt, mime, len(content), 640, 480), content


_BEGINNINGS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff\xe0", "image/gif": b"GIF89a"}


class Album:
    """The pictures of an act, in memory; remembers what was read, and what was told of their way out."""

    def __init__(self, *pictures: tuple[Attachment, bytes]) -> None:
        self.media = tuple(known for known, _ in pictures)
        self.contents = {known.file: content for known, content in pictures}
        self.read_files: list[str] = []
        self.told: list[tuple[int, int]] = []

    async def read(self, attachment: Attachment) -> bytes:
        """The bytes of a picture. Raises Refused where it is gone."""
        self.read_files.append(attachment.file)
        if attachment.file not in self.contents:
            raise Refused("A picture is gone from this machine: attach it again.")
        return self.contents[attachment.file]

    def progress(self, sent: int, total: int) -> None:
        """So many bytes have left, of so many."""
        self.told.append((sent, total))


def true_png(alt: str, size: int = 0) -> tuple[Attachment, bytes]:
    """A picture that any program can show, 8 by 6, never the same twice; with noise in it of so many bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + os.urandom(8 * 3) for _ in range(6))
    header = struct.pack(">IIBBBBB", 8, 6, 8, 2, 0, 0, 0)
    noise = chunk(b"teSt", os.urandom(size)) if size else b""
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + noise
    content += chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return Attachment(f"{alt}.png", alt, "image/png", len(content), 8, 6), content
