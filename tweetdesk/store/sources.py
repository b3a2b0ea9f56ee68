"""Sources: how each one is doing, and the cursor up to which it has been read."""

from __future__ import annotations

from collections.abc import Iterable

from tweetdesk.domain.events import SourceState, SourceStatus
from tweetdesk.domain.selections import Source
from tweetdesk.store.codec import moment, perhaps_moment, perhaps_when, storable, when
from tweetdesk.store.database import Database, Writer


class Sources:
    """What is polled."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ensure(self, source: Source) -> None:
        """Make a source known."""
        async with self._database.write() as writer:
            await source_rows(writer, [source])

    async def cursor(self, source: Source) -> str:
        """Where to go on reading, "" for the beginning."""
        row = await self._database.read_row(
            "SELECT cursor FROM sources WHERE account = ? AND kind = ? AND words = ?", _place(source)
        )
        return str(row[0]) if row else ""

    async def save_status(self, status: SourceStatus) -> None:
        """Keep how a source is doing."""
        async with self._database.write() as writer:
            row = (await source_rows(writer, [status.source]))[status.source]
            await writer.run(
                "UPDATE sources SET state = ?, at = ?, until = ?, why = ? WHERE id = ?",
                (status.state.value, moment(status.at), perhaps_moment(status.until), storable(status.why), row),
            )

    async def statuses(self) -> dict[Source, SourceStatus]:
        """How every source was doing when last asked; those never asked are left out."""
        rows = await self._database.read(
            "SELECT account, kind, words, state, at, until, why FROM sources WHERE state <> ''"
        )
        found = {}
        for account, kind, words, state, at, until, why in rows:
            source = Source(account, kind, words)
            found[source] = SourceStatus(source, SourceState(state), when(at), perhaps_when(until), why)
        return found

    async def all(self) -> list[Source]:
        """Every source that is known."""
        rows = await self._database.read("SELECT account, kind, words FROM sources ORDER BY id")
        return [Source(*row) for row in rows]


def _place(source: Source) -> tuple[str, str, str]:
    return source.account, source.kind, storable(source.words)


async def source_rows(writer: Writer, sources: Iterable[Source]) -> dict[Source, int]:
    """The row ids of sources; new ones are made."""
    found = {}
    for source in dict.fromkeys(sources):
        place = _place(source)
        await writer.run("INSERT OR IGNORE INTO sources (account, kind, words) VALUES (?, ?, ?)", place)
        row = await writer.row("SELECT id FROM sources WHERE account = ? AND kind = ? AND words = ?", place)
        if row is not None:
            found[source] = int(row[0])
    return found
