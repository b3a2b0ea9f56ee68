"""Pages of a Mastodon-API server: what is new above an id, read upwards without gaps by following Link headers.

`min_id` gives the page just above an id (`since_id` would give the newest page). Ids are opaque: their order is
the server's business. Source: Mastodon documentation, "Paginating through API responses".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tweetdesk.networks.base import NotPermitted, Refused
from tweetdesk.networks.http import Answer
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry
from tweetdesk.networks.mastodon_records import id_of
from tweetdesk.networks.mastodon_session import Session

#: Entries in a page (the servers' own limit), pages read the first time, and pages read later at most.
LIMIT, FIRST_PAGES, MOST_PAGES = 40, 2, 6
#: Parameters that say where a page is; all others belong to the question.
_PLACES = frozenset({"max_id", "min_id", "since_id", "offset", "page", "cursor"})
_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_RELATION = re.compile(r"""\brel\s*=\s*["']?(\w+)""")

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked for: a path, its parameters, the permission that it needs, and how many entries in a page."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    scope: str = "read:statuses"
    limit: int = LIMIT


@dataclass(slots=True)
class Read(Generic[_T]):
    """What was read: the entries, the id of the newest one, and whether some were missed or made no sense."""

    entries: list[_T] = field(default_factory=list)
    newest: str = ""
    gap: bool = False
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """One page: its entries, newest first, and where the pages beside it are (parameters; () for none)."""

    raws: list[msgspec.Raw]
    newer: tuple[tuple[str, str], ...]
    older: tuple[tuple[str, str], ...]

    @property
    def views(self) -> Iterator[Json]:
        """The entries that make sense."""
        for raw in self.raws:
            try:
                yield entry(raw)
            except Unreadable:
                continue


async def read_new(
    session: Session,
    question: Question,
    newest: str,
    read: Callable[[Json], _T | None],
    *,
    patient: bool = False,
) -> Read[_T]:
    """What is above the entry `newest`; the newest pages where that is "".

    `read` turns an entry into what is wanted (None: left out), or raises Unreadable. Where more came than is read
    in one go, `patient` leaves the rest for the next time; else the newest page is read as well and the gap told.
    """
    if not newest:
        return await _read_first(session, question, read)
    found: Read[_T] = Read(newest=newest)
    seen: set[str] = set()
    place: tuple[tuple[str, str], ...] = (("min_id", newest),)
    for _ in range(MOST_PAGES):
        try:
            batch = await ask(session, question, place)
        except NotPermitted:
            raise
        except Refused:  # an id that the server does not take (any more); the question itself may be at fault too
            again = await _read_first(session, question, read)
            again.gap = True
            return again
        if not _take(found, batch, read, seen):
            return found
        found.newest = _newest(batch) or found.newest
        place = batch.newer
        if not place:
            return found
    if not patient:
        newer = await _read_first(session, question, read, pages=1)
        found.entries += newer.entries
        found.unreadable += newer.unreadable
        found.newest, found.gap = newer.newest or found.newest, True
    return found


async def _read_first(
    session: Session, question: Question, read: Callable[[Json], _T | None], pages: int = FIRST_PAGES
) -> Read[_T]:
    """The newest pages."""
    found: Read[_T] = Read()
    seen: set[str] = set()
    place: tuple[tuple[str, str], ...] = ()
    for _ in range(pages):
        batch = await ask(session, question, place)
        found.newest = found.newest or _newest(batch)
        if not _take(found, batch, read, seen) or not batch.older:
            break
        place = batch.older
    return found


async def ask(session: Session, question: Question, place: tuple[tuple[str, str], ...] = ()) -> Batch:
    """One page. The question's own parameters are sent each time: some servers leave them out of their links."""
    params = [("limit", str(question.limit)), *question.params, *place]
    answer = await session.get(question.path, params, scope=question.scope)
    links = _links(answer)
    return Batch(decode(answer.body, list[msgspec.Raw]), links.get("prev", ()), links.get("next", ()))


def _links(answer: Answer) -> dict[str, tuple[tuple[str, str], ...]]:
    """Where the pages beside this one are. Only the place is taken from a link, never the server or the path."""
    found = {}
    for address, rest in _LINK.findall(answer.headers.get("link", "")):
        relation = _RELATION.search(rest)
        try:
            query = parse_qsl(urlsplit(address).query)
        except ValueError:
            continue
        place = tuple((name, value) for name, value in query if name in _PLACES)
        if relation and place:
            found[relation[1].lower()] = place
    return found


def _take(found: Read[_T], batch: Batch, read: Callable[[Json], _T | None], seen: set[str]) -> bool:
    """Take the entries of a page; whether there was any that no page had before."""
    before = len(seen)
    for raw in batch.raws:
        try:
            view = entry(raw)
            identifier = id_of(view)
            if not identifier:
                raise Unreadable("no id")
            if identifier in seen:
                continue
            seen.add(identifier)
            made = read(view)
        except Unreadable:
            found.unreadable += 1
            continue
        if made is not None:
            found.entries.append(made)
    return len(seen) > before


def _newest(batch: Batch) -> str:
    """The id from which on to ask the next time: as the server's link says it, else that of the first entry."""
    for name, value in batch.newer:
        if name in ("min_id", "since_id") and value:
            return value
    return next((identifier for view in batch.views if (identifier := id_of(view))), "")
