"""Out of a damaged database: what the user typed and nobody else has, as far as it can still be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from tweetdesk.domain.outbox import Act, as_one, kept_at
from tweetdesk.store.codec import decode_act, encoded
from tweetdesk.store.migrate import untouched

#: What no network could give again, with the columns by which each row is taken.
_TYPED = {
    "drafts": "account, item, act, text, changed_at",
    "notes": "network, id, text, changed_at",
    "helped": "account, network, id, since",
    "hidden": "account, network, id",
    "muted_words": "words, since, until",
    "identities": "network, id, handle, name",
}

#: Acts with a text that had surely not been sent, and the threads of which they are.
_UNSENT = (
    "SELECT account, item, act, changed_at, {} FROM outbox WHERE kind IN ('post', 'reply', 'quote', 'message') "
    "AND (state IN ('held', 'handed off') OR state = 'queued' AND attempts = 0) ORDER BY id"
)

_Row = tuple[object, ...]


def rescue(aside: Path, fresh: Path) -> int:
    """Copy drafts, notes, the help list and what is hidden into a fresh database; returns how many rows.

    A text that was still held in the outbox, or handed off, is a draft again, unless its item has a draft. A row
    or table that cannot be read is left where it is: the damaged file is kept.
    """
    taken = 0
    with closing(untouched(aside)) as old, closing(sqlite3.connect(fresh)) as new:
        for table, columns in _TYPED.items():
            rows = _readable(old, f"SELECT {columns} FROM {table}")
            taken += _take(new, table, (row for row in rows if table != "drafts" or _act(row[2])))
        taken += _take(new, "drafts", _unsent(old))
        new.commit()
    return taken


def _readable(old: sqlite3.Connection, question: str) -> Iterator[_Row]:
    """The rows up to the first that is damaged."""
    with suppress(sqlite3.Error):
        yield from old.execute(question)


def _take(new: sqlite3.Connection, table: str, rows: Iterator[_Row]) -> int:
    columns = _TYPED[table]
    places = ", ".join("?" * len(columns.split(",")))
    statement = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"
    return sum(new.execute(statement, row).rowcount for row in rows)


def _unsent(old: sqlite3.Connection) -> Iterator[_Row]:
    """What stood in the outbox, as rows for the drafts: the posts of a thread are one."""
    threads = "thread" if "thread" in {row[1] for row in _readable(old, "PRAGMA table_info(outbox)")} else "NULL"
    texts: dict[object, list[tuple[_Row, Act]]] = {}
    for place, row in enumerate(_readable(old, _UNSENT.format(threads))):
        if (act := _act(row[2])) is not None:
            texts.setdefault(f"alone {place}" if row[4] is None else row[4], []).append((row, act))
    for posts in texts.values():
        account, item, _, changed_at, _ = posts[0][0]
        whole = as_one([act for _, act in posts])
        yield account, kept_at(whole, str(item)), encoded(whole), whole.text, changed_at


def _act(text: object) -> Act | None:
    """An act; None where it makes no sense."""
    try:
        return decode_act(str(text))
    except msgspec.DecodeError:
        return None
