"""The ledger: how much was asked of each network and what it cost, by account, source and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from tweetdesk.domain.selections import Source
from tweetdesk.store.codec import storable
from tweetdesk.store.database import Database


@dataclass(frozen=True, slots=True)
class Spent:
    """What one source (its id, or "" for acts and look-ups) used on one day (UTC).

    `resources` are posts, people and messages as the network counts them; `micros` is money in micro-dollars.
    """

    account: str
    source: str
    day: date
    requests: int
    resources: int
    micros: int = 0


class Ledger:
    """Counts of requests, of resources and of money."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(
        self,
        account: str,
        source: Source | None,
        now: datetime,
        *,
        requests: int = 1,
        resources: int = 0,
        micros: int = 0,
    ) -> None:
        """Add to the counts of a day."""
        async with self._database.write() as writer:
            await writer.run(
                "INSERT INTO ledger (account, source, day, requests, resources, micros) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, "
                "resources = resources + excluded.resources, micros = micros + excluded.micros",
                (
                    account,
                    storable(source.id) if source else "",
                    day_of(now).isoformat(),
                    requests,
                    resources,
                    micros,
                ),
            )

    async def spent(self, now: datetime, account: str | None = None) -> list[Spent]:
        """What was used on the day of `now`, by account and source."""
        return await self.since(day_of(now), day_of(now), account)

    async def since(self, first: date, last: date, account: str | None = None) -> list[Spent]:
        """What was used on the days from `first` to `last`, by account, source and day."""
        rows = await self._database.read(
            "SELECT account, source, day, requests, resources, micros FROM ledger "
            "WHERE day BETWEEN ? AND ? AND (? IS NULL OR account = ?) ORDER BY account, source, day",
            (first.isoformat(), last.isoformat(), account, account),
        )
        return [Spent(row[0], row[1], date.fromisoformat(row[2]), *row[3:]) for row in rows]

    async def micros(self, now: datetime) -> int:
        """The money that all accounts together have cost on the day of `now`, in micro-dollars."""
        row = await self._database.read_row(
            "SELECT coalesce(sum(micros), 0) FROM ledger WHERE day = ?", (day_of(now).isoformat(),)
        )
        return int(row[0]) if row else 0


def day_of(now: datetime) -> date:
    """The day (UTC) to which a moment belongs."""
    return now.astimezone(UTC).date()
