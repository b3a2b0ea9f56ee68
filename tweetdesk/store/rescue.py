"""Out of a damaged database: what the user typed and decided and nobody else has, as far as it can be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from tweetdesk.domain.outbox import Act, as_one, kept_at
from tweetdesk.domain.triage import Move, TriageState
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

_STATES = ",".join(repr(state.value) for state in TriageState)
_MOVES = ",".join(repr(move.value) for move in Move)

#: What was decided and done, with what a row has to be like to make sense. An item without a row is open.
_DECIDED = {
    "triage": (
        f"state IN ({_STATES}) AND (state <> 'open' OR how <> '') AND typeof(how) = 'text' "
        "AND typeof(until) IN ('integer', 'null') AND typeof(activity_at) = 'integer'"
    ),
    "triage_log": (
        f"before_state IN ({_STATES}) AND after_state IN ({_STATES}) AND move IN ({_MOVES}) "
        "AND typeof(at) = 'integer' AND typeof(batch) = 'integer' AND typeof(before_until) IN ('integer', 'null') "
        "AND typeof(after_until) IN ('integer', 'null')"
    ),
    "outbox": "state IN ('sent', 'refused', 'taken back') AND json_valid(act)",
}

#: Put right afterwards: what the log knows of items that could not be read; decisions whose act is not here; and
#: what was being answered is open, for its text is a draft again.
_SETTLE = (
    'INSERT OR IGNORE INTO triage (account, item, state, until, how, "offset") SELECT account, item, after_state, '
    "after_until, after_how, after_offset FROM triage_log WHERE id IN (SELECT max(id) FROM triage_log "
    "GROUP BY account, item) AND (after_state <> 'open' OR after_how <> '')",
    "UPDATE triage_log SET outbox = NULL WHERE outbox NOT IN (SELECT id FROM outbox)",
    "INSERT INTO triage_log (at, account, item, move, before_state, before_until, before_how, before_offset, "
    "after_state, after_how) SELECT coalesce((SELECT max(at) FROM triage_log), 0), account, item, 'refused', "
    "state, until, how, \"offset\", 'open', '' FROM triage WHERE state = 'answering'",
    "UPDATE triage_log SET batch = id WHERE batch = 0",
    "UPDATE triage SET state = 'open', until = NULL, how = '', \"offset\" = NULL WHERE state = 'answering'",
)

_Row = tuple[object, ...]


def rescue(aside: Path, fresh: Path) -> int:
    """Copy what was typed, decided and done into a fresh database; returns how many rows.

    That is drafts, notes, the help list, what is hidden or muted, where items stand, the log of it, and the acts
    that are over. A text that was still held in the outbox, or handed off, is a draft again, unless its item has a
    draft; nothing is sent from here. A row or table that cannot be read is left where it is: the damaged file is
    kept.
    """
    taken = 0
    with closing(untouched(aside)) as old, closing(sqlite3.connect(fresh)) as new:
        for table, columns in _TYPED.items():
            rows = _readable(old, f"SELECT {columns} FROM {table}")
            taken += _take(new, table, (row for row in rows if table != "drafts" or _act(row[2])))
        taken += _take(new, "drafts", _unsent(old))
        for table, sound in _DECIDED.items():
            taken += _take_over(old, new, table, sound)
        for statement in _SETTLE:
            new.execute(statement)
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


def _take_over(old: sqlite3.Connection, new: sqlite3.Connection, table: str, sound: str) -> int:
    """Rows with the columns that both have; from both ends, for a damaged page in the middle ends the reading."""
    there = {row[1] for row in _readable(old, f"PRAGMA table_info({table})")}
    names = [row[1] for row in new.execute(f"PRAGMA table_info({table})") if row[1] in there]
    if not names:
        return 0
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({', '.join('?' * len(names))})"
    taken = 0
    for order in ("id", "id DESC"):
        rows = _readable(old, f"SELECT {columns} FROM {table} NOT INDEXED WHERE {sound} ORDER BY {order}")
        taken += sum(new.execute(statement, row).rowcount for row in rows)
    return taken


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
