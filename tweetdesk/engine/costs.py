"""Costs: what each account and source has used, what it still may, and what it costs, for the page of costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.selections import Source
from tweetdesk.engine.session import Session
from tweetdesk.networks.base import Limits, Network
from tweetdesk.store.ledger import Spent, day_of

#: From how many days, today included, what a day costs is estimated.
ESTIMATED_FROM = 7
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SourceCosts:
    """What one source has used today (UTC); `source` is None for acts and look-ups.

    Money is in micro-dollars. `micros_a_day` is an estimate: the mean of those of the last seven days on which it
    was used; where that is only today, what today would come to.
    """

    source: Source | None
    limits: Limits
    requests: int
    resources: int
    micros: int
    micros_a_day: int


@dataclass(frozen=True, slots=True)
class AccountCosts:
    """What one account has used today (UTC), and its money this month; `paused` says why it is paused, else "".

    `price_date` is the date of the price list by which money is counted, "" where nothing costs.
    """

    account: Account
    limits: Limits
    paused: str
    requests: int
    resources: int
    micros: int
    micros_month: int
    price_date: str
    sources: tuple[SourceCosts, ...]


@dataclass(frozen=True, slots=True)
class Costs:
    """What all accounts have used; `budget_micros` is what reading may cost a day, None for no limit."""

    budget_micros: int | None
    accounts: tuple[AccountCosts, ...]


async def costs(session: Session) -> Costs:
    """What has been used by now. Raises StoreTrouble."""
    engine, now = session.engine, session.now()
    today = day_of(now)
    first = min(today.replace(day=1), today - (ESTIMATED_FROM - 1) * _DAY)
    spent = await session.store.ledger.since(first, today)
    watched = engine.statuses()
    accounts = []
    for account in session.accounts:
        mine = [line for line in spent if line.account == account.id]
        sources = [source for source in watched if source.account == account.id]
        paused = engine.paused.get(account.id, "")
        accounts.append(_account(account, engine.networks.get(account.id), paused, sources, mine, now))
    return Costs(engine.budget_micros, tuple(accounts))


def _account(
    account: Account,
    network: Network | None,
    paused: str,
    watched: Iterable[Source],
    spent: Sequence[Spent],
    now: datetime,
) -> AccountCosts:
    today = day_of(now)
    recent = [line for line in spent if line.day > today - ESTIMATED_FROM * _DAY]
    seen = {line.source for line in recent}
    sources: list[Source | None] = [*sorted({*watched, *(_source(account, one) for one in seen if one)})]
    if "" in seen:
        sources.append(None)
    used = [line for line in spent if line.day == today]
    return AccountCosts(
        account=account,
        limits=network.limits if network else Limits(),
        paused=paused,
        requests=sum(line.requests for line in used),
        resources=sum(line.resources for line in used),
        micros=sum(line.micros for line in used),
        micros_month=sum(line.micros for line in spent if line.day >= today.replace(day=1)),
        price_date=network.price_date if network else "",
        sources=tuple(_one(source, network, recent, now) for source in sources),
    )


def _source(account: Account, source_id: str) -> Source:
    """The source of an id in the ledger (`Source.id`)."""
    kind, _, words = source_id.removeprefix(f"{account.id} ").partition(" ")
    return Source(account.id, kind, words)


def _one(source: Source | None, network: Network | None, recent: Iterable[Spent], now: datetime) -> SourceCosts:
    mine = [line for line in recent if line.source == (source.id if source else "")]
    used = [line for line in mine if line.day == day_of(now)]
    limits = Limits()
    if network is not None:
        limits = network.limits_for(source.kind) if source else network.limits
    return SourceCosts(
        source,
        limits,
        requests=sum(line.requests for line in used),
        resources=sum(line.resources for line in used),
        micros=sum(line.micros for line in used),
        micros_a_day=_estimated(mine, now),
    )


def _estimated(mine: Sequence[Spent], now: datetime) -> int:
    """What a day costs, from the days on which something was used."""
    if not mine:
        return 0
    whole = sum(line.micros for line in mine)
    if any(line.day != day_of(now) for line in mine):
        return round(whole / len(mine))
    utc = now.astimezone(UTC)
    elapsed = timedelta(hours=utc.hour, minutes=utc.minute, seconds=utc.second)
    return round(whole * (_DAY / max(elapsed, timedelta(hours=1))))
