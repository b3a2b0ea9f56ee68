"""What the X face keeps beside the world: logins, rate limit windows, the ledger of what was billed, switches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any

from .x_ids import Names

if TYPE_CHECKING:
    from .world import World
    from .x_media import Upload

Json = dict[str, Any]
READS = {"post": 5_000, "user": 10_000, "dm_event": 10_000, "list": 5_000, "media": 5_000}
"""Prices of one resource read, in micros (millionths of a US dollar), of the price list of 2026-08-22."""
OWNED = 1_000
"""The price of one resource of one's own read through one's own app."""
WRITES = {
    "post": 15_000,
    "post with a link": 200_000,
    "summoned reply": 10_000,
    "dm": 15_000,
    "interaction": 15_000,
    "interaction deleted": 10_000,
    "mute deleted": 5_000,
    "content managed": 5_000,
    "bookmark": 5_000,
    "privacy updated": 10_000,
}
WINDOW = 900
"""Seconds in which the requests of a user to an endpoint are counted."""
SCOPES = (
    "tweet.read", "tweet.write", "tweet.moderate.write", "users.read", "follows.read", "follows.write",
    "offline.access", "space.read", "mute.read", "mute.write", "like.read", "like.write", "list.read",
    "list.write", "block.read", "block.write", "bookmark.read", "bookmark.write", "dm.read", "dm.write",
    "media.write",
)  # fmt: skip
STATIC = "sandbox-x-"
"""How the tokens begin that work without a login; the person's short name follows."""


@dataclass
class Day:
    """What was delivered and billed on one UTC day."""

    deliveries: int = 0
    billed: dict[tuple[str, str], int] = field(default_factory=dict)
    """(kind, id) of each resource -> micros."""
    writes: Counter[str] = field(default_factory=Counter)

    @property
    def micros(self) -> int:
        return sum(self.billed.values()) + sum(WRITES[kind] * number for kind, number in self.writes.items())

    def report(self) -> Json:
        return {
            "deliveries": self.deliveries,
            "billed": len(self.billed),
            "micros": self.micros,
            "reads": dict(Counter(kind for kind, _ in self.billed)),
            "writes": dict(self.writes),
        }


class Ledger:
    """The bill of the app: a resource is billed once a UTC day, at the price at which it was first read."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.days: dict[str, Day] = {}

    def today(self) -> Day:
        name = self.world.clock().astimezone(UTC).date().isoformat()
        return self.days.setdefault(name, Day())

    def read(self, kind: str, ids: Iterable[str], *, owned: bool = False) -> None:
        """Bills resources that an answer delivers."""
        day = self.today()
        for number in ids:
            day.deliveries += 1
            day.billed.setdefault((kind, number), OWNED if owned else READS[kind])

    def write(self, kind: str) -> None:
        """Bills one act."""
        self.today().writes[kind] += 1

    @property
    def micros(self) -> int:
        """All money spent, in micros."""
        return sum(day.micros for day in self.days.values())

    def report(self) -> Json:
        """Totals and days. `distinct` counts resources over all days, `billed` each once a day."""
        days = self.days.values()
        return {
            "deliveries": sum(day.deliveries for day in days),
            "billed": sum(len(day.billed) for day in days),
            "distinct": len({key for day in days for key in day.billed}),
            "micros": self.micros,
            "days": {name: day.report() for name, day in self.days.items()},
        }


@dataclass(slots=True)
class Grant:
    """What an access or refresh token stands for."""

    did: str
    scopes: tuple[str, ...]
    client: str
    expires: float | None = None
    """Seconds since 1970; None: never."""


@dataclass(slots=True)
class Code:
    """An authorization code that waits to be exchanged."""

    did: str
    scopes: tuple[str, ...]
    client: str
    redirect: str
    challenge: str
    method: str
    expires: float


class State:
    """All that one world's X face remembers in memory."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names = Names(world)
        self.ledger = Ledger(world)
        self.credits: int | None = None
        """Credits bought, in micros; None: without end. Where they are spent, every call answers 402."""
        self.spend_cap: int | None = None
        """The most that may be spent in a month, in micros; None: no cap. Beyond it every call answers 403."""
        self.words = "tweet"
        """The vocabulary (tweet or post) of answers to requests that speak neither."""
        self.owner = True
        """Whether the app belongs to the account that uses it: then its own mentions and posts are cheap."""
        self.oauth1_access = "read-write-directmessages"
        """What OAuth 1.0a may do: read, read-write, or read-write-directmessages."""
        self.access: dict[str, Grant] = {}
        self.refresh: dict[str, Grant] = {}
        self.codes: dict[str, Code] = {}
        self.revoked: set[str] = set()
        self.issued = 0
        self.uploads: dict[str, Upload] = {}
        """Pictures that wait for their post, by id."""
        self.processing = 0
        """How often the status of a picture has to be asked until it is ready."""
        self.limits: dict[str, int] = {}
        """Other limits than X's, by the name of an endpoint: for tests."""
        self.windows: dict[tuple[str, str], tuple[float, int]] = {}
        """(user, endpoint) -> (when the window began, requests in it)."""

    def grant(self, token: str) -> Grant | None:
        """What a token allows now; None for an unknown, expired or revoked one."""
        if token in self.revoked:
            return None
        if token.startswith(STATIC):
            person = self.world.people.by_key.get(token.removeprefix(STATIC))
            return Grant(person.did, SCOPES, "") if person is not None else None
        grant = self.access.get(token)
        if grant is None or (grant.expires is not None and grant.expires <= self.world.clock().timestamp()):
            return None
        return grant

    def count(self, user: str, endpoint: str, limit: int) -> tuple[int, int]:
        """Counts a request: (requests left, below zero where there are none; when the window ends)."""
        now = self.world.clock().timestamp()
        limit = self.limits.get(endpoint, limit)
        start, used = self.windows.get((user, endpoint), (now, 0))
        if now >= start + WINDOW:
            start, used = now, 0
        used = min(used + 1, limit + 1)
        self.windows[user, endpoint] = (start, used)
        return limit - used, int(start) + WINDOW

    def billing(self) -> Json:
        """The ledger's report with the switches."""
        return {**self.ledger.report(), "credits": self.credits, "spend_cap": self.spend_cap}


def state_of(world: World) -> State:
    """The state that belongs to a world."""
    state = world.beside.get("x")
    if not isinstance(state, State):
        state = world.beside["x"] = State(world)
    return state
