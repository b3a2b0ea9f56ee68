"""Notes of the networks: what each account's network wanted remembered over restarts."""

from __future__ import annotations

from tweetdesk.store.codec import storable
from tweetdesk.store.database import Database


class NetworkNotes:
    """One value an account and key; keys are the network's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, account: str, key: str) -> str:
        """What was noted, "" for nothing."""
        row = await self._database.read_row(
            "SELECT value FROM network_notes WHERE account = ? AND key = ?", (account, storable(key))
        )
        return str(row[0]) if row else ""

    async def set(self, account: str, key: str, value: str) -> None:
        """Note something in place of what was there; "" takes it away."""
        async with self._database.write() as writer:
            if value:
                await writer.run(
                    "INSERT INTO network_notes (account, key, value) VALUES (?, ?, ?) "
                    "ON CONFLICT DO UPDATE SET value = excluded.value",
                    (account, storable(key), storable(value)),
                )
            else:
                await writer.run(
                    "DELETE FROM network_notes WHERE account = ? AND key = ?", (account, storable(key))
                )
