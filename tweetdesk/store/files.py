"""The database's file on the disk: private permissions, the mark of a clean end, putting a damaged one aside."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner can look into (0700)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def private_file(path: Path) -> None:
    """Make a file that only its owner can read (0600) where there is none yet; SQLite's side files follow it."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _mark(path: Path) -> Path:
    return path.with_name(path.name + ".clean")


def _fingerprint(path: Path) -> str:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}"


def mark_clean(path: Path) -> None:
    """Note that the database was closed in order, and how its file looked then."""
    private_file(_mark(path))
    _mark(path).write_text(_fingerprint(path))


def take_mark(path: Path) -> bool:
    """Whether the file is as it was left by a clean end. The mark is gone afterwards: from now on it is open.

    Without the mark the whole file is checked, which takes a second for some hundred megabytes: so only after
    an unclean end, or where something else wrote to the file.
    """
    mark = _mark(path)
    try:
        clean = mark.read_text() == _fingerprint(path)
    except (FileNotFoundError, UnicodeDecodeError):
        clean = False
    mark.unlink(missing_ok=True)
    return clean


def put_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged database with its side files; returns its new name."""
    stamp = now.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    count = 1
    while aside.exists():
        count += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{count}")
    for suffix in ("-wal", "-shm"):
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.rename(aside.with_name(aside.name + suffix))
    path.rename(aside)
    return aside
