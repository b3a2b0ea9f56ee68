"""Identifiers and addresses of the sandbox's Mastodon face: decimal ids that grow with time, user@domain."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from .ids import is_tid, micros, tid
from .records import POST, REPOST, Record

if TYPE_CHECKING:
    from .chat import Conversation, Message
    from .people import Person
    from .world import World

HOST = "social.example.com"
"""The server on which our account lives; half of the others too."""
OTHER_HOSTS = ("photos.example.net", "code.example.org", "garden.example.net", "harbour.example.org")
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}
_NO_NAME = re.compile(r"[^a-z0-9_]+")


@lru_cache(maxsize=65536)
def number(rkey: str) -> int:
    """A TID as a number: as a Mastodon id it grows with the time and is different from all others."""
    value = 0
    for letter in rkey:
        value = value * 32 + _VALUES.get(letter, 0)
    return value


def rkey_of(text: str) -> str | None:
    """The TID of a decimal id; None where it can be none."""
    if not text.isascii() or not text.isdigit() or len(text) > 20:
        return None
    value, letters = int(text), []
    for _ in range(13):
        value, rest = divmod(value, 32)
        letters.append(_LETTERS[rest])
    rkey = "".join(reversed(letters))
    return rkey if is_tid(rkey) and not value else None


def number_at(moment: datetime) -> int:
    """The lowest number of a moment."""
    return number(tid(micros(moment)))


@lru_cache(maxsize=4096)
def account_number(did: str) -> str:
    """The id of a person's account."""
    return str(10**17 + int.from_bytes(hashlib.sha256(did.encode()).digest()[:7], "big"))


@lru_cache(maxsize=4096)
def conversation_number(convo: str) -> str:
    """The id of a conversation."""
    return str(int.from_bytes(hashlib.sha256(convo.encode()).digest()[:5], "big"))


class Directory:
    """Who lives on which server; people who came later are found too."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._places: dict[str, tuple[str, str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._numbers: dict[str, str] = {}

    def _look(self) -> None:
        for place, person in enumerate(self.world.people.by_did.values()):
            if person.did in self._places:
                continue
            host = HOST if place % 2 == 0 else OTHER_HOSTS[place // 2 % len(OTHER_HOSTS)]
            name = _NO_NAME.sub("_", person.key.split(".", 1)[0].lower())
            while (name, host) in self._names:
                name += "_"
            self._places[person.did] = (name, host)
            self._names[name, host] = person.did
            self._numbers[account_number(person.did)] = person.did

    def place(self, did: str) -> tuple[str, str]:
        """User name and host of a person."""
        if did not in self._places:
            self._look()
        return self._places[did]

    def acct(self, did: str) -> str:
        """The address as the server writes it: without the host for its own people."""
        name, host = self.place(did)
        return name if host == HOST else f"{name}@{host}"

    def url(self, did: str) -> str:
        """The address of a person's page."""
        name, host = self.place(did)
        return f"https://{host}/@{name}"

    def uri(self, did: str) -> str:
        """The ActivityPub id of a person."""
        name, host = self.place(did)
        return f"https://{host}/users/{name}"

    def by_number(self, text: str) -> Person | None:
        """The person with an account id."""
        if len(self._numbers) != len(self.world.people.by_did):
            self._look()
        return self.world.people.by_did.get(self._numbers.get(text, ""))

    def by_acct(self, text: str) -> Person | None:
        """The person with an address, with or without the host and a leading @."""
        if len(self._numbers) != len(self.world.people.by_did):
            self._look()
        name, _, host = text.lower().removeprefix("@").partition("@")
        return self.world.people.by_did.get(self._names.get((name, host or HOST), ""))


def find_status(world: World, text: str) -> Record | None:
    """The post or repost with an id."""
    rkey = rkey_of(text)
    if rkey is None:
        return None
    for repo in world.records.repos.values():
        for collection in (POST, REPOST):
            record = repo.get(collection, {}).get(rkey)
            if record is not None and (collection == REPOST or record.uri in world.records.posts):
                return record
    return None


def find_message(world: World, text: str) -> tuple[Conversation, Message] | None:
    """The direct message with an id, and its conversation."""
    rkey = rkey_of(text)
    if rkey is None:
        return None
    for convo in world.chat.conversations.values():
        for message in reversed(convo.messages):
            if message.id == rkey:
                return convo, message
    return None
