"""Bringing a database to the present shape: numbered SQL files, a copy before each step, no step half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from tweetdesk.store.errors import DatabaseNewer
from tweetdesk.store.files import private_file

#: A post takes about 2 kB: with SQLite's usual pages of 4 kB a quarter more of the disk stays empty.
_PAGE_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: the version of the database after it, and its SQL."""

    version: int
    sql: str


def shipped() -> tuple[Migration, ...]:
    """The steps that come with the program, in order. A file is called like 0001_first.sql."""
    folder = resources.files("tweetdesk.store.migrations")
    found = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return tuple(Migration(int(name[:4]), folder.joinpath(name).read_text("utf-8")) for name in found)


def untouched(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing: without a journal beside it the file is read as immutable, so that no
    side files are made."""
    journal = path.with_name(path.name + "-wal")
    mode = "mode=ro" if journal.exists() else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)


def version_of(path: Path) -> int:
    """The version of a database that is left untouched. Raises sqlite3.DatabaseError if it is none."""
    with closing(untouched(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check(path: Path) -> str:
    """What SQLite finds wrong in a database, "" for nothing. Raises sqlite3.DatabaseError if it is none."""
    with closing(sqlite3.connect(path)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    return "" if found == ["ok"] else "; ".join(found)


def migrate(path: Path, steps: Sequence[Migration], *, backups: bool) -> None:
    """Bring a database to the version of the last step.

    Each step is one transaction. Before a step on a database that has something in it, the database is copied
    to NAME.before-VERSION. Raises DatabaseNewer for a version that is not known here.
    """
    newest = steps[-1].version
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if not version:
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        if version > newest:
            raise DatabaseNewer(newer_sentence(path, version, newest))
        for step in steps:
            if step.version <= version:
                continue
            if backups and version:
                _copy(connection, path.with_name(f"{path.name}.before-{step.version}"))
            _take(connection, step)
            version = step.version


def newer_sentence(path: Path, version: int, newest: int) -> str:
    """What to say of a database that a newer tweetdesk wrote."""
    return (
        f"{path} was written by a newer tweetdesk (database version {version}, this one knows {newest}). "
        "It was left untouched: install the newer tweetdesk again, or name another folder with TWEETDESK_HOME."
    )


def _take(connection: sqlite3.Connection, step: Migration) -> None:
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        connection.executescript(f"BEGIN IMMEDIATE;\n{step.sql}\nPRAGMA user_version = {step.version};\nCOMMIT;")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.rollback()
        raise


def _copy(connection: sqlite3.Connection, target: Path) -> None:
    target.unlink(missing_ok=True)
    private_file(target)
    with closing(sqlite3.connect(target)) as copy:
        connection.backup(copy)
