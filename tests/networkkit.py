"""An account as the tests of a network have it in hand: what they do with it on every network alike."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from replaykit import Clock

from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Files, Page, RateLimited, Receipt, Refused, ServerTrouble, Unreachable
from tweetdesk.sandbox.world import World


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


class Counted:
    """A sandbox's face that counts the calls that arrive, each by what `name` makes of its scope."""

    def __init__(self, app: Any, name: Callable[[Any], str]) -> None:
        self.calls: list[str] = []
        self._app, self._name = app, name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(self._name(scope))
        await self._app(scope, receive, send)

    def of(self, call: str) -> int:
        """How often something was called."""
        return self.calls.count(call)


@dataclass
class SandboxHand(Hand):
    """An account in a small world of its own, on a clock that moves only by sleeping."""

    clock: Clock
    world: World
    app: Counted

    def begun(self, album: Album, kind: ActKind = ActKind.POST, **more: Any) -> tuple[Act, str]:
        """An act with pictures, put into the outbox."""
        words = {"text": "look", "visibility": self.network.form(kind, None).visibility}
        act = Act(kind, self.network.account.id, media=album.media, **{**words, **more})
        return act, self.network.begin(act, self.clock(), os.urandom(8))

    async def refusal(self, album: Album) -> str:
        """Why a post with these pictures is refused before it is sent."""
        with pytest.raises(Refused) as told:
            await self.network.prepare(*self.begun(album), album)
        return str(told.value)

    async def put_through(self, act: Act, material: str, files: Files | None = None) -> Receipt:
        """What the sender does: prepare, send, settle what is in doubt until it is known, and again."""
        for _ in range(40):
            material = await self.network.prepare(act, material, files)
            try:
                receipt: Receipt = await self.network.send(act, material)
            except (Unreachable, ServerTrouble):
                found = await self._settled(act, material)
                if found is not None:
                    return found
            else:
                return receipt
        raise AssertionError("never carried out")

    async def _settled(self, act: Act, material: str) -> Receipt | None:
        for _ in range(40):
            await self.clock.sleep(5)
            try:
                found: Receipt | None = await self.network.settle(act, material)
            except Unreachable:
                continue
            return found
        raise AssertionError("never settled")


#: How the way up of a picture breaks off, and the error that tells it.
BREAKS = [
    ({"kind": "drop_before"}, Unreachable),
    ({"kind": "drop_after"}, Unreachable),
    ({"kind": "status", "status": 503}, ServerTrouble),
    ({"kind": "status_after", "status": 502}, ServerTrouble),
    ({"kind": "html"}, ServerTrouble),
    ({"kind": "rate_limit", "seconds": 30}, RateLimited),
]


def picture(
    name: str = "garden", alt: str = "a garden", mime: str = "image/png", size: int = 200_000
) -> tuple[Attachment, bytes]:
    """A picture that begins as one of its type does, and nothing more of one; each name has other bytes."""
    content = (_BEGINNINGS.get(mime, b"") + name.encode()).ljust(size, b"\0")
    return Attachment(f"{name}.bin", alt, mime, len(content), 640, 480), content


def not_taken(where: str, size: int, sizes: str, alt: int) -> list[tuple[list[tuple[Attachment, bytes]], str]]:
    """Pictures that a network does not take, each with the sentence that says so."""
    return [
        ([picture(str(n), size=9) for n in range(5)], f"{where} takes 4 pictures with a post, and these are 5."),
        ([picture(size=size)], f"{where} takes pictures of up to {sizes}."),
        ([picture(mime="image/bmp")], f"{where} takes JPEG, PNG, GIF, WebP, but not image/bmp."),
        ([picture(alt="a" * (alt + 1))],
         f"The alt text of a picture is too long for {where}: {alt + 1} characters, and {alt} fit."),
    ]  # fmt: skip


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
