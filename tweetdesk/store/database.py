"""The SQLite database: one writer connection held open, one reader beside it, transactions, and opening it safely.

Durability: the journal is a WAL. Every committed transaction survives the death of the process (kill -9). With
synchronous = NORMAL a power loss can take back the last few commits, never break the file: that is enough for what
is read from a network, because the cursor goes back with the posts and they are read again. What the user typed or
decided (drafts, outbox, triage) commits with synchronous = FULL, which waits for the disk, and so survives a power
loss as well.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosqlite

from tweetdesk.store import files
from tweetdesk.store.errors import DatabaseNewer, ReadOnly, StoreTrouble, as_trouble, is_damage
from tweetdesk.store.migrate import Migration, check, migrate, newer_sentence, shipped, version_of
from tweetdesk.store.rescue import rescue

__all__ = ["Database", "DatabaseNewer", "ReadOnly", "Row", "StoreTrouble", "Writer"]

Row = tuple[Any, ...]

READ_ONLY = (
    "Another tweetdesk has this profile open, so this one only shows it: close the other one to write here."
)
_BUSY_SECONDS = 5.0


class Writer:
    """What may be done within a transaction. Every method is one trip to the database's thread."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """What a statement answers (RETURNING included)."""
        return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters)]

    async def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of an answer, or None."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None

    async def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Carry a statement out."""
        await self._connection.execute_fetchall(sql, parameters)

    async def insert(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Carry an insert out; returns the row id."""
        found = await self._connection.execute_insert(sql, parameters)
        if found is None:
            raise StoreTrouble("The database did not take a row.")
        return int(found[0])

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Carry a statement out once a row; nothing to do costs nothing."""
        listed = list(rows)
        if listed:
            cursor = await self._connection.executemany(sql, listed)
            await cursor.close()


class Database:
    """An open database. `put_aside` names the damaged file that stood in its place, if there was one."""

    def __init__(self, path: Path, writer: aiosqlite.Connection | None, reader: aiosqlite.Connection) -> None:
        self.path = path
        self.put_aside: Path | None = None
        self._writer = writer
        self._reader = reader
        self._lock = asyncio.Lock()
        self._damaged = self._unchecked = False

    @property
    def read_only(self) -> bool:
        """Whether another process is the one that writes."""
        return self._writer is None

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Callable[[], datetime],
        backups: bool = True,
        read_only: bool = False,
        migrations: Sequence[Migration] | None = None,
    ) -> Database:
        """Open, check and bring up to date; a damaged file is put aside and a fresh one begins.

        Raises DatabaseNewer (the file is untouched), StoreTrouble (no room, no permission).
        """
        steps = shipped() if migrations is None else migrations
        try:
            if read_only:
                await asyncio.to_thread(_look, path, steps)
                return await cls._connect(path, read_only)
            aside = await asyncio.to_thread(_prepare, path, steps, clock, backups)
            try:
                database = await cls._connect(path, read_only)
            except sqlite3.DatabaseError as error:
                if aside is not None or not is_damage(error):
                    raise
                # The mark of a clean end had spared the file its check.
                aside = await asyncio.to_thread(_begin_afresh, path, steps, clock)
                database = await cls._connect(path, read_only)
        except (sqlite3.Error, OSError) as error:
            raise as_trouble(error) or StoreTrouble(f"The local database cannot be opened: {error}") from error
        database.put_aside = aside
        return database

    @classmethod
    async def _connect(cls, path: Path, read_only: bool) -> Database:
        return cls(path, *await _connections(path, read_only))

    async def begin_writing(self) -> None:
        """Write from now on a database that was only read: its lock is ours now.

        Raises DatabaseNewer or StoreTrouble where another tweetdesk has changed its shape, or its file, since.
        """
        try:
            await asyncio.to_thread(_look, self.path, shipped())
            # Whether it was closed in order is not looked at now; the next start checks it where it was not.
            self._unchecked = not await asyncio.to_thread(files.take_mark, self.path)
            before = self._reader
            self._writer, self._reader = await _connections(self.path, read_only=False)
            await before.close()
        except (sqlite3.Error, OSError) as error:
            raise as_trouble(error) or StoreTrouble(f"The local database cannot be opened: {error}") from error

    async def close(self) -> None:
        """Close in order, and mark the file as clean. The connections' threads end here."""
        async with self._lock:
            try:
                await self._reader.close()
            finally:
                if self._writer is not None:
                    await self._writer.close()
        if self._writer is not None and not (self._damaged or self._unchecked):
            try:
                await asyncio.to_thread(files.mark_clean, self.path)
            except OSError:
                # Without the mark the next start checks the whole file: slower, and nothing is lost.
                return

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncIterator[Writer]:
        """One transaction, all or nothing; `durable` waits until it is on the disk (see the module's head).

        Raises ReadOnly, or StoreTrouble where the disk or the file fails.
        """
        if self._writer is None:
            raise ReadOnly(READ_ONLY)
        async with self._lock, AsyncExitStack() as undo:
            connection = self._writer
            undo.push_async_callback(connection.rollback)
            try:
                await connection.execute_fetchall(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                await connection.execute_fetchall("BEGIN IMMEDIATE")
                yield Writer(connection)
                await connection.commit()
            except sqlite3.Error as error:
                self._raise(error)
                raise
            undo.pop_all()

    async def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """What a question answers, as of the last commit."""
        try:
            return await self._reader.execute_fetchall(sql, parameters)  # type: ignore[return-value]
        except sqlite3.Error as error:
            self._raise(error)
            raise

    async def read_row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None:
        """The first row of an answer, or None."""
        found = await self.read(sql, parameters)
        return found[0] if found else None

    def _raise(self, error: sqlite3.Error) -> None:
        """The sentence instead of SQLite's words; nothing for a mistake of ours, which the caller raises again."""
        self._damaged = self._damaged or is_damage(error)
        trouble = as_trouble(error)
        if trouble is not None:
            raise trouble from error


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"


async def _connections(path: Path, read_only: bool) -> tuple[aiosqlite.Connection | None, aiosqlite.Connection]:
    """The one that writes (None with `read_only`), and the one that reads."""
    name = _uri(path, "ro" if read_only else "rw")
    async with AsyncExitStack() as undo:
        writer = None
        if not read_only:
            writer = await _connection(name)
            undo.push_async_callback(writer.close)
            await writer.execute_fetchall("PRAGMA journal_mode = WAL")
            await writer.execute_fetchall("PRAGMA synchronous = NORMAL")
            await writer.execute_fetchall("PRAGMA foreign_keys = ON")
        reader = await _connection(name)
        undo.push_async_callback(reader.close)
        await reader.execute_fetchall("PRAGMA query_only = ON")
        undo.pop_all()
    return writer, reader


async def _connection(name: str) -> aiosqlite.Connection:
    connection = aiosqlite.connect(name, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)
    return await connection


def _prepare(path: Path, steps: Sequence[Migration], clock: Callable[[], datetime], backups: bool) -> Path | None:
    """Check the file and bring it up to date; returns the name of a damaged one that was put aside."""
    if path.exists() and path.stat().st_size:
        try:
            _refuse_newer(path, steps)
            damage = "" if files.take_mark(path) else check(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            damage = str(error)
        if damage:
            return _begin_afresh(path, steps, clock)
    files.private_file(path)
    try:
        migrate(path, steps, backups=backups)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return _begin_afresh(path, steps, clock)
    return None


def _begin_afresh(path: Path, steps: Sequence[Migration], clock: Callable[[], datetime]) -> Path:
    """Put a damaged file aside and begin a new one with what the user typed, as far as it can still be read."""
    aside = files.put_aside(path, clock())
    files.private_file(path)
    migrate(path, steps, backups=False)
    rescue(aside, path)
    return aside


def _look(path: Path, steps: Sequence[Migration]) -> None:
    """See whether a database that another process writes can be read here."""
    version = _refuse_newer(path, steps)
    if version != steps[-1].version:
        raise StoreTrouble("An older tweetdesk has this profile open: close it, then open this one again.")


def _refuse_newer(path: Path, steps: Sequence[Migration]) -> int:
    version, newest = version_of(path), steps[-1].version
    if version > newest:
        raise DatabaseNewer(newer_sentence(path, version, newest))
    return version
