"""What can go wrong with the local store; each error's text is a sentence for the user."""

from __future__ import annotations

import errno
import sqlite3


class StoreTrouble(Exception):
    """The store cannot do what was asked (full disk, damaged file); what was saved before is intact."""


class DatabaseNewer(StoreTrouble):
    """The database was written by a newer tweetdesk; it was left untouched."""


class ReadOnly(StoreTrouble):
    """Another tweetdesk holds this profile, so nothing can be written here."""


FULL_DISK = (
    "The disk is full, so this could not be saved. "
    "What was saved before is intact; free some space and do it again."
)
DAMAGED = (
    "The local database is damaged. Close tweetdesk and open it again: "
    "it puts the damaged file aside and begins a fresh one."
)
BUSY = "Another program has the local database open and does not let go of it. Close it and try again."

#: SQLite's primary result codes (https://www.sqlite.org/rescode.html).
_BUSY, _LOCKED, _READONLY, _IOERR, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 10, 11, 13, 14, 26


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file itself is broken."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (_CORRUPT, _NOTADB)


def as_trouble(error: sqlite3.Error | OSError) -> StoreTrouble | None:
    """The sentence for an error of the file or the disk; None for a mistake of ours (bad SQL, a broken rule)."""
    if isinstance(error, OSError):
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return StoreTrouble(FULL_DISK)
        return StoreTrouble(f"The local store cannot be read or written: {error.strerror or error}.")
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == _FULL:
        return StoreTrouble(FULL_DISK)
    if code in (_CORRUPT, _NOTADB):
        return StoreTrouble(DAMAGED)
    if code in (_BUSY, _LOCKED):
        return StoreTrouble(BUSY)
    if code in (_IOERR, _CANTOPEN, _READONLY):
        return StoreTrouble(
            f"The local database cannot be read or written ({error}). Is the disk full or read-only?"
        )
    return None
