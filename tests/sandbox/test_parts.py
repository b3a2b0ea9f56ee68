"""The parts of a world: one life spread over three networks, nothing of it twice."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from tweetdesk.sandbox.history import expand
from tweetdesk.sandbox.parts import FILES, entries
from tweetdesk.sandbox.people import written
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock

PARTS = [(number, 3) for number in range(3)]
ASKS = re.compile(r"#help|looking for|does anyone know|can anyone recommend", re.IGNORECASE)


def texts(world: World) -> list[str]:
    """All that was said in a world, in public and in private."""
    said = [record.value["text"] for record in world.records.posts.values()]
    return said + [message.text for convo in world.chat.conversations.values() for message in convo.messages]


def watched(part: tuple[int, int] | None, minutes: int, journal: Path | None = None) -> tuple[World, Clock]:
    clock = Clock()
    world = World(1, epoch=EPOCH, clock=clock, part=part, journal=journal)
    for _ in range(minutes * 12):
        clock.pass_seconds(5)
        world.advance()
    return world, clock


@pytest.mark.parametrize("part", PARTS)
def test_each_part_has_something_of_each_sort(part: tuple[int, int]) -> None:
    world = World(1, epoch=EPOCH, clock=Clock(), part=part, live_seconds=0)
    ada = world.account.did
    to_ada = [n for _, _, n in world.records.notices[ada] if n.reason in ("mention", "reply", "quote")]
    asks = [r for r in world.records.posts.values() if "reply" not in r.value and ASKS.search(r.value["text"])]
    assert len(to_ada) >= 8
    assert sum(notice.reason == "mention" for notice in to_ada) >= 4
    assert len(world.chat.of(ada)) >= 2
    assert len(asks) >= 6
    assert any(record.did == ada for record in world.records.posts.values())


def test_three_parts_are_one_life_and_nothing_is_told_twice() -> None:
    whole = World(1, epoch=EPOCH, clock=Clock(), live_seconds=0)
    parts = [watched(part, 20)[0] for part in PARTS]
    for one, other in combinations(parts, 2):
        assert set(texts(one)) & set(texts(other)) == set()
        assert one.people.by_did.keys() == other.people.by_did.keys() == whole.people.by_did.keys()
    told = set().union(*(texts(part) for part in parts))
    scripts = [entry for name in FILES if name != "messages" for entry in written(name)]
    assert [entry["text"] for entry in scripts if expand(entry["text"], whole) not in told] == []
    assert all(part.live.count > 200 for part in parts)


def test_what_refers_to_something_stands_in_the_same_part() -> None:
    for part in PARTS:
        names = {entry["name"] for name in FILES for entry in entries(name, part) if "name" in entry}
        refers = {e[key] for name in FILES for e in entries(name, part) for key in ("to", "quote") if key in e}
        assert refers - {"ada"} <= names
        talks = {entry["with"] for entry in entries("messages", part)}
        again = {entry["by"] for entry in entries("live", part) if entry.get("message")}
        assert again & {entry["with"] for entry in written("messages")} <= talks


def test_a_journal_keeps_the_part(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    world, clock = watched((1, 3), 5, path)
    world.close()
    again = World(7, clock=clock, journal=path)
    assert again.part == (1, 3)
    assert sorted(texts(again)) == sorted(texts(world))
    assert set(texts(watched((0, 3), 5)[0])) & set(texts(again)) == set()


def test_a_part_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no part 3 of 3"):
        World(part=(3, 3))
