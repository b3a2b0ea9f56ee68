"""The place in each column, so that reading goes on where it stopped."""

from __future__ import annotations

from dataclasses import dataclass

from tweetdesk.store.codec import storable
from tweetdesk.store.database import Database


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands: the item at the top with its account and key, and the line within it.

    The key finds the nearest item where the item itself has gone.
    """

    item: str
    line: int
    account: str = ""
    key: int = 0


class ColumnPlaces:
    """One place a layout and column, and which layout was shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(
        self, layout: str, column_id: str, item: str, line: int, *, account: str = "", key: int = 0
    ) -> None:
        """Keep the place of a column."""
        async with self._database.write() as writer:
            await writer.run(
                'INSERT INTO places (layout, "column", account, item, line, key) VALUES (?, ?, ?, ?, ?, ?) '
                "ON CONFLICT DO UPDATE SET account = excluded.account, item = excluded.item, "
                "line = excluded.line, key = excluded.key",
                (storable(layout), storable(column_id), account, storable(item), line, key),
            )

    async def get(self, layout: str, column_id: str) -> Place | None:
        """The place of a column, None where it was never read."""
        row = await self._database.read_row(
            'SELECT item, line, account, key FROM places WHERE layout = ? AND "column" = ?',
            (storable(layout), storable(column_id)),
        )
        return Place(*row) if row else None

    async def shown_layout(self) -> str:
        """The layout that was shown last, "" at the first start."""
        row = await self._database.read_row("SELECT value FROM kept WHERE name = 'layout'")
        return str(row[0]) if row else ""

    async def show_layout(self, name: str) -> None:
        """Keep which layout is shown."""
        async with self._database.write() as writer:
            await writer.run(
                "INSERT INTO kept (name, value) VALUES ('layout', ?) "
                "ON CONFLICT DO UPDATE SET value = excluded.value",
                (storable(name),),
            )
