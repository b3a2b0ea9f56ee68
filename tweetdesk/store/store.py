"""The store: everything local of one profile, as the engine and the desk hold it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from tweetdesk.store.attachments import Attachments
from tweetdesk.store.columns import ColumnPlaces
from tweetdesk.store.database import Database
from tweetdesk.store.drafts import Drafts
from tweetdesk.store.errors import as_trouble
from tweetdesk.store.files import private_folder
from tweetdesk.store.hints import Hints
from tweetdesk.store.ledger import Ledger
from tweetdesk.store.lock import ProfileLock
from tweetdesk.store.network_notes import NetworkNotes
from tweetdesk.store.outbox import Outbox
from tweetdesk.store.people import People
from tweetdesk.store.posts import Posts
from tweetdesk.store.sources import Sources
from tweetdesk.store.triage import TriageTable

DATABASE = "tweetdesk.db"
ATTACHMENTS = "attachments"
LOCK = "tweetdesk.lock"


class Store:
    """All tables of an open database. Close it in a `finally`: its threads keep the process alive."""

    def __init__(self, database: Database, lock: ProfileLock) -> None:
        self.database = database
        self._lock = lock
        self.posts = Posts(database)
        self.people = People(database)
        self.triage = TriageTable(database)
        self.outbox = Outbox(database)
        self.drafts = Drafts(database)
        self.attachments = Attachments(database.path.parent / ATTACHMENTS)
        self.hints = Hints(database)
        self.sources = Sources(database)
        self.columns = ColumnPlaces(database)
        self.ledger = Ledger(database)
        self.network_notes = NetworkNotes(database)

    @property
    def put_aside(self) -> Path | None:
        """The new name of a damaged database that was found at the start, if one was."""
        return self.database.put_aside

    @property
    def read_only(self) -> bool:
        """Whether another tweetdesk holds the profile: then every write raises ReadOnly."""
        return self.database.read_only

    @classmethod
    async def open(cls, folder: Path, *, clock: Callable[[], datetime], backups: bool = True) -> Store:
        """Open the store in a folder (made where there is none, 0700; the database 0600).

        The first process on a folder writes, a second one only reads; the lock of a dead one is gone by itself.
        Raises DatabaseNewer, StoreTrouble.
        """
        lock = ProfileLock(folder / LOCK)
        with ExitStack() as undo:
            undo.callback(lock.release)
            try:
                await asyncio.to_thread(private_folder, folder)
                writes = await asyncio.to_thread(lock.take)
            except OSError as error:
                trouble = as_trouble(error)
                raise trouble or error from error
            database = await Database.open(folder / DATABASE, clock=clock, backups=backups, read_only=not writes)
            undo.pop_all()
        return cls(database, lock)

    async def take_over(self) -> bool:
        """Become the one who writes, if nobody else is (any more); whether we are it now.

        Raises StoreTrouble where the database cannot be written, or is another one's by now (DatabaseNewer).
        """
        if not self.read_only:
            return True
        if not self._lock.take():
            return False
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            await self.database.begin_writing()
            undo.pop_all()
        return True

    async def close(self) -> None:
        """Close in order and let another process write."""
        try:
            await self.database.close()
        finally:
            self._lock.release()
