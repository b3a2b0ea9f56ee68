"""Ids and names as X has them: snowflakes that grow with time, numbers of users, usernames."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from .ids import is_tid, micros, parse_time

if TYPE_CHECKING:
    from .people import Person
    from .world import World

EPOCH_MS = 1288834974657
"""The millisecond at which the snowflakes of X begin (2010-11-04T01:42:54.657Z)."""
NUMBER = re.compile(r"[0-9]{1,19}")
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_OTHER = re.compile(r"[^A-Za-z0-9_]")


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def snowflake(moment_us: int, name: str, count: int = 0) -> str:
    """The id of a thing made at a moment (microseconds since 1970): grows with time.

    Things of one microsecond differ by `count` (below 1024), and mostly by name.
    """
    milliseconds = max(0, moment_us // 1000 - EPOCH_MS)
    return str(milliseconds << 22 | (moment_us % 1000) << 12 | (count & 1023) << 2 | _digest(name) & 3)


@lru_cache(maxsize=50_000)
def post_id(uri: str) -> str:
    """The id of the post (or repost, or list) that a record stands for: its key tells the time."""
    key = uri.rpartition("/")[2]
    return _of_tid(key, uri) if is_tid(key) else snowflake(_digest(uri) % 10**15, uri)


def message_id(key: str, at: str) -> str:
    """The id of a direct message of a time (ISO)."""
    return _of_tid(key, key) if is_tid(key) else snowflake(micros(parse_time(at)), key)


def _of_tid(key: str, name: str) -> str:
    number = 0
    for letter in key:
        number = number << 5 | _LETTERS.index(letter)
    return snowflake(number >> 10, name, number)


def made_at(number: str) -> datetime:
    """The moment that a snowflake tells, in whole milliseconds."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(int(number) >> 22) + EPOCH_MS)


def id_at(moment: datetime) -> int:
    """The smallest id of a moment."""
    return max(0, micros(moment) // 1000 - EPOCH_MS) << 22


@lru_cache(maxsize=5_000)
def user_id(did: str) -> str:
    """The number of a person: ten digits, as older accounts of X have them."""
    return str(1_000_000_000 + _digest(did) % 9_000_000_000)


def conversation_id(one: str, other: str) -> str:
    """The id of the conversation of two people."""
    first, second = sorted((int(user_id(one)), int(user_id(other))))
    return f"{first}-{second}"


class Names:
    """Who is called what in a world, both ways; people who come later are found too."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._usernames: dict[str, str] = {}
        self._dids: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._posts: dict[str, str] = {}

    def _learn(self) -> None:
        people = self.world.people.by_did
        if len(self._usernames) == len(people):
            return
        for did, person in people.items():
            if did not in self._usernames:
                name = self._free(_OTHER.sub("_", person.handle.split(".", 1)[0])[:15])
                self._usernames[did] = name
                self._dids[name.lower()] = did
                self._users[user_id(did)] = did

    def _free(self, name: str) -> str:
        number, tried = 2, name
        while tried.lower() in self._dids:
            tried, number = f"{name[:13]}{number}", number + 1
        return tried

    def username(self, did: str) -> str:
        """The username of somebody: the first label of their handle."""
        self._learn()
        return self._usernames[did]

    def did(self, username: str) -> str | None:
        """Who has a username (of any case, with or without @)."""
        self._learn()
        return self._dids.get(username.removeprefix("@").lower())

    def user(self, number: str) -> Person | None:
        """Who has a number."""
        self._learn()
        did = self._users.get(number)
        return self.world.people.by_did[did] if did is not None else None

    def uri(self, number: str) -> str | None:
        """The URI of the post or repost with an id; None where there is none (any more)."""
        records = self.world.records
        uri = self._posts.get(number)
        if uri is None:
            self._posts = {post_id(entry[2].uri): entry[2].uri for entry in records.timeline}
            uri = self._posts.get(number)
        return uri if uri is not None and records.find(uri) is not None else None
