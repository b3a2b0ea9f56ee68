"""Parts of a world: its written life shared out to several networks, so that nothing is told twice."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

from .people import ADA, written

Entry = dict[str, Any]
Part = tuple[int, int]
"""Which part (from 0) of how many."""
FILES = ("threads", "ada", "asks", "life", "pitches", "languages", "messages", "live")
"""The written files whose entries are shared out; a reference points to an entry of any of them."""
NEWEST_OF_ADA = "the newest of ada"


def entries(name: str, part: Part | None) -> list[Entry]:
    """The entries of a written file that belong to a part (None: all of them)."""
    everything: list[Entry] = written(name)
    if part is None:
        return everything
    number, count = part
    numbers = _shared_out(count)[name]
    return [entry for entry, its in zip(everything, numbers, strict=True) if its == number]


def holds(part: Part | None, text: str) -> bool:
    """Whether a text that is put together from phrases may be said in a part: each in one part only."""
    return part is None or zlib.crc32(text.encode()) % part[1] == part[0]


@cache
def _shared_out(count: int) -> dict[str, list[int]]:
    """Per file, the part of each entry: groups in turn, counted in the file of the group's first entry."""
    places = [(name, place) for name in FILES for place in range(len(written(name)))]
    group_of: dict[str, int] = {}
    groups: dict[int, list[tuple[str, int]]] = {}
    for number, (name, place) in enumerate(places):
        marks = list(_marks(name, written(name)[place]))
        groups[number] = [(name, place)]
        for joined in sorted({group_of[mark] for mark in marks if mark in group_of}):
            groups[number] = groups.pop(joined) + groups[number]
            group_of = {mark: number if group == joined else group for mark, group in group_of.items()}
        group_of |= dict.fromkeys(marks, number)
    parts = {name: [0] * len(written(name)) for name in FILES}
    turns: Counter[str] = Counter()
    for group in sorted(groups.values(), key=lambda members: places.index(members[0])):
        first = group[0][0]
        for name, place in group:
            parts[name][place] = turns[first] % count
        turns[first] += 1
    return parts


def _marks(name: str, entry: Entry) -> Iterator[str]:
    """What ties an entry to others: names given and names referred to, and the conversation that it is in."""
    if name == "messages":
        yield f"message {entry['with']}"
    elif entry.get("message"):
        yield f"message {entry['by']}"
    if name == "ada" and entry is min(_of_ada(), key=lambda one: float(one["ago"])):
        yield NEWEST_OF_ADA
    for key in ("name", "quote", "to"):
        if key in entry:
            yield NEWEST_OF_ADA if entry[key] == ADA else f"post {entry[key]}"
    for reply in entry.get("replies", ()):
        yield from _marks(name, reply)


def _of_ada() -> list[Entry]:
    return [entry for entry in written("ada") if entry["by"] == ADA]
