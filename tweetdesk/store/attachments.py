"""Attachments: pictures that go with a text, copied at once, so that it can be sent though the file is gone."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from tweetdesk.domain.outbox import Attachment
from tweetdesk.domain.pictures import look, looks_like, without_place
from tweetdesk.store.errors import StoreTrouble, as_trouble
from tweetdesk.store.files import private_folder

#: No network takes anything near this size, in bytes.
LARGEST = 50_000_000

_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}
_NAME = re.compile(r"[0-9a-f]{32}\.(png|jpg|gif|webp)")


class AttachmentTrouble(StoreTrouble):
    """A file cannot be attached, or an attached one is gone; the text is a sentence for the user."""


class Attachments:
    """The pictures of drafts and of the outbox, as files of their own that only the owner can read (0600)."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first picture comes (0700)."""
        self._folder = folder

    async def take_in(self, path: str | Path, alt: str = "") -> Attachment:
        """Copy a picture, without the place where it was taken (see `without_place`; JPEG only).

        Raises AttachmentTrouble for what is not a picture or cannot be read, StoreTrouble for a full disk.
        """
        return await asyncio.to_thread(self._take_in, Path(path), alt)

    async def read(self, file: str) -> bytes:
        """The bytes of a picture by its Attachment's name. Raises AttachmentTrouble where it is gone."""
        return await asyncio.to_thread(self._read, file)

    async def tidy(self, keep: Collection[str], older_than: datetime) -> int:
        """Throw away what nothing needs: not named in `keep`, and not touched since `older_than`; how many."""
        return await asyncio.to_thread(self._tidy, frozenset(keep), older_than.timestamp())

    def _take_in(self, path: Path, alt: str) -> Attachment:
        data = _picture(path)
        seen = look(data)
        if seen is None:
            raise AttachmentTrouble(f"{path.name} is not a picture that can be sent: it is {looks_like(data)}.")
        data = without_place(data)
        name = hashlib.sha256(data).hexdigest()[:32] + _SUFFIXES[seen.mime]
        try:
            self._write(name, data)
        except OSError as error:
            raise as_trouble(error) or error from error
        return Attachment(name, alt, seen.mime, len(data), seen.width, seen.height)

    def _write(self, name: str, data: bytes) -> None:
        """All or nothing, safe from a power loss; one that is there already is only touched, so that it stays."""
        private_folder(self._folder)
        path = self._folder / name
        if path.exists() and path.stat().st_size == len(data):
            os.utime(path)
            return
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix="coming-")  # 0600
        with ExitStack() as undo:
            undo.callback(Path(temporary).unlink, missing_ok=True)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
            undo.pop_all()

    def _read(self, file: str) -> bytes:
        if not _NAME.fullmatch(file):
            raise AttachmentTrouble("The picture has a name that is none of ours: attach it again.")
        try:
            return (self._folder / file).read_bytes()
        except FileNotFoundError:
            raise AttachmentTrouble("The picture is gone from the store: attach it again.") from None
        except OSError as error:
            raise AttachmentTrouble(f"The picture cannot be read ({error.strerror}).") from error

    def _tidy(self, keep: frozenset[str], before: float) -> int:
        gone = 0
        if not self._folder.is_dir():
            return 0
        for path in self._folder.iterdir():
            if path.name in keep or not (_NAME.fullmatch(path.name) or path.name.startswith("coming-")):
                continue
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)
                gone += 1
        return gone


def _picture(path: Path) -> bytes:
    """The bytes of a file that may be a picture. Raises AttachmentTrouble."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise AttachmentTrouble(f"{path.name or path} is a folder: choose a picture in it.")
        if not stat.S_ISREG(status.st_mode):
            raise AttachmentTrouble(f"{path.name} is not a file that can be read to its end.")
        if status.st_size > LARGEST:
            raise AttachmentTrouble(
                f"{path.name} has {status.st_size / 1_000_000:,.0f} MB: "
                f"no network takes more than {LARGEST / 1_000_000:.0f} MB."
            )
        with path.open("rb") as file:
            data = file.read(LARGEST)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the name
        raise AttachmentTrouble(f"There is no file {path}.") from None
    except OSError as error:
        raise AttachmentTrouble(f"{path.name} cannot be read ({error.strerror}).") from error
    if not data:
        raise AttachmentTrouble(f"{path.name} is empty.")
    return data
