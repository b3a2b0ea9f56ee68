"""The ledger: how much was asked of each network, by account, source and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tweetdesk.domain.selections import Source
from tweetdesk.store.codec import storable
from tweetdesk.store.database import Database


@dataclass(frozen=True, slots=True)
class Spent:
    """What one source (its id, or "" for acts and look-ups) used on one day (UTC)."""

    account: str
    source: str
    day: date
    requests: int
    posts: int


class Ledger:
    """Counts of requests and of posts read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(
        self, account: str, source: Source | None, now: datetime, *, requests: int = 1, posts: int = 0
    ) -> None:
        """Add to the counts of a day."""
        async with self._database.write() as writer:
            await writer.run(
                "INSERT INTO ledger (account, source, day, requests, posts) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, "
                "posts = posts + excluded.posts",
                (account, storable(source.id) if source else "", _day(now), requests, posts),
            )

    async def spent(self, now: datetime, account: str | None = None) -> list[Spent]:
        """What was used on the day of `now`, by account and source."""
        rows = await self._database.read(
            "SELECT account, source, day, requests, posts FROM ledger WHERE day = ? ORDER BY account, source",
            (_day(now),),
        )
        return [
            Spent(row[0], row[1], date.fromisoformat(row[2]), row[3], row[4])
            for row in rows
            if account in (None, row[0])
        ]


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()
