"""The people of the sandbox: who they are, what they care about, whom they follow."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .ids import did_for

ADA = "ada"
"""The short name of our own account."""


@dataclass(slots=True)
class Person:
    """Somebody of this world; `key` is the short name by which the written files call them."""

    key: str
    handle: str
    name: str
    bio: str
    did: str
    langs: tuple[str, ...] = ("en",)
    topics: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    sours: bool = False
    """A person who quarrels: speaks only where the files name them."""
    sells: bool = False
    """A person whose posts are pitches and spam: followed by nobody, chosen for nothing else."""

    @property
    def password(self) -> str:
        """The password by which tests log in as this person."""
        return self.handle.split(".", 1)[0] + "-pass"


@dataclass(frozen=True, slots=True)
class Account:
    """A login that the sandbox knows."""

    handle: str
    did: str
    password: str


@dataclass
class People:
    """Everybody, found by short name, handle or DID."""

    by_key: dict[str, Person] = field(default_factory=dict)
    by_handle: dict[str, Person] = field(default_factory=dict)
    by_did: dict[str, Person] = field(default_factory=dict)

    def add(self, person: Person) -> None:
        self.by_key[person.key] = person
        self.by_handle[person.handle] = person
        self.by_did[person.did] = person

    def find(self, actor: str) -> Person | None:
        """A person by DID or handle (of any case)."""
        if actor.startswith("did:"):
            return self.by_did.get(actor)
        return self.by_handle.get(actor.lower().removeprefix("@"))

    def resolve(self, handle: str) -> str | None:
        """The DID of a handle."""
        person = self.by_handle.get(handle.lower())
        return person.did if person is not None else None


@cache
def written(name: str) -> Any:
    """The content of one file of `written/`; not to be changed by the reader."""
    path = Path(__file__).parent / "written" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def load_people(seed: int) -> People:
    """Everybody of people.json, with the DIDs of this seed."""
    people = People()
    for key, entry in written("people").items():
        people.add(
            Person(
                key,
                entry["handle"],
                entry["name"],
                entry["bio"],
                did_for(seed, entry["handle"]),
                tuple(entry.get("langs", ("en",))),
                tuple(entry.get("topics", ())),
                tuple(entry.get("follows", ())),
                bool(entry.get("sours", False)),
                bool(entry.get("sells", False)),
            )
        )
    return people


def follow_edges(people: People, seed: int) -> list[tuple[Person, Person]]:
    """Who follows whom: as written, then people with the same topics, by the seed."""
    rng = random.Random(f"{seed}:follows")
    edges: dict[tuple[str, str], tuple[Person, Person]] = {}
    everybody = list(people.by_key.values())
    for person in everybody:
        for key in person.follows:
            edges[person.key, key] = (person, people.by_key[key])
        for other in everybody:
            if other is person or other.sells or person.key == ADA:
                continue
            shared = len(set(person.topics) & set(other.topics))
            chance = 0.5 if person.sells else min(0.9, 0.06 + 0.3 * shared)
            if rng.random() < chance:
                edges.setdefault((person.key, other.key), (person, other))
    return list(edges.values())
