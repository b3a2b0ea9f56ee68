"""What X charges: the price list, and the bill that counts every resource once per UTC day.

Source: docs.x.com, X API, getting started, pricing (in x_prices.toml, with its date).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from tweetdesk.domain.outbox import ActKind
from tweetdesk.networks import spending
from tweetdesk.networks.base import BudgetReached, Price
from tweetdesk.networks.http import Clock
from tweetdesk.networks.shelf import Shelf

#: Under which key of the shelf today's bill is kept over restarts.
NOTE = "billed"

_ACTS = {
    ActKind.MESSAGE: "message",
    ActKind.REPOST: "interaction",
    ActKind.MUTE: "interaction",
    ActKind.UNREPOST: "interaction_delete",
    ActKind.DELETE: "interaction_delete",
    ActKind.UNMUTE: "unmute",
    ActKind.BOOKMARK: "bookmark",
    ActKind.UNBOOKMARK: "interaction_delete",
    ActKind.HIDE_REPLY: "manage",
    ActKind.UNHIDE_REPLY: "manage",
}


@dataclass(frozen=True, slots=True)
class Prices:
    """The price list: its date (ISO), and what one resource read or one act costs in micro-dollars."""

    date: str
    read: Mapping[str, int]
    act: Mapping[str, int]

    def for_act(self, kind: ActKind, has_link: bool, summoned: bool = True) -> Price | None:
        """What an act costs; `summoned` says that an answer is to somebody who wrote to us. None where nothing."""
        if kind in (ActKind.POST, ActKind.REPLY):
            if has_link:
                return Price(self.act["post_with_link"], "with a link")
            if kind is ActKind.REPLY and summoned:
                return Price(self.act["summoned_reply"], "an answer to somebody who wrote to you")
            return Price(self.act["post"])
        return Price(self.act[_ACTS[kind]]) if kind in _ACTS else None


@cache
def price_list() -> Prices:
    """The price list that is shipped."""
    found = tomllib.loads((files("tweetdesk.networks") / "x_prices.toml").read_text(encoding="utf-8"))
    return Prices(found["date"], found["read"], found["act"])


class Bill:
    """What was read of X today: counts each resource once per UTC day, and keeps within the allowance.

    The day's resources are noted on the shelf, so that a restart does not count them again.
    """

    def __init__(self, shelf: Shelf, clock: Clock, owns_app: bool) -> None:
        self.prices = price_list()
        self._shelf, self._clock, self._owns_app = shelf, clock, owns_app
        self._day = ""
        self._seen: dict[str, set[str]] = {}

    def price(self, kind: str) -> int:
        """What one resource of a kind costs: post, owned, user, message, media or list."""
        return self.prices.read["post" if kind == "owned" and not self._owns_app else kind]

    async def today(self) -> dict[str, set[str]]:
        """The ids that were read today, by kind of resource."""
        day = self._clock().astimezone(UTC).date().isoformat()
        if not self._day:
            kept = _kept(await self._shelf.note(NOTE))
            if not self._day:  # nobody else has read it meanwhile
                self._day, self._seen = kept
        if self._day != day:
            self._day, self._seen = day, {}
        return self._seen

    async def count(self, kind: str, ids: Iterable[str]) -> None:
        """Count what an answer held."""
        seen = (await self.today()).setdefault("post" if kind == "owned" else kind, set())
        new = set(ids) - seen
        if not new:
            return
        seen |= new
        spending.count(resources=len(new), micros=len(new) * self.price(kind))
        kept = {"day": self._day, **{name: sorted(found) for name, found in self._seen.items()}}
        await self._shelf.set_note(NOTE, json.dumps(kept, separators=(",", ":")))

    def affordable(self, wanted: int, least: int, each: int) -> int:
        """How many resources that cost so much each may be asked for. Raises BudgetReached if not even `least`."""
        left = spending.money_left()
        if left is None:
            return wanted
        most = min(wanted, left // each)
        if most >= least:
            return most
        until = tomorrow(self._clock())
        raise BudgetReached(
            f"What is left of today's budget for X (${left / spending.DOLLAR:.3f}) is less than the next request "
            f"can cost (${least * each / spending.DOLLAR:.3f}): X is asked again after {until:%H:%M} UTC.",
            until,
        )


def tomorrow(now: datetime) -> datetime:
    """When X's day ends: the next midnight in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def _kept(note: str) -> tuple[str, dict[str, set[str]]]:
    """The day and the ids of a note; nothing for a note that makes no sense."""
    try:
        found: Any = json.loads(note)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("day"), str):
        return "", {}
    return found["day"], {
        name: {one for one in ids if isinstance(one, str)} for name, ids in found.items() if isinstance(ids, list)
    }
