"""The world: deterministic by seed, remembered by its journal, lively but not hectic."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tweetdesk.sandbox.history import expand
from tweetdesk.sandbox.records import POST
from tweetdesk.sandbox.richtext import graphemes
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock


def watch(world: World, clock: Clock, seconds: float, step: float = 5) -> None:
    """Looks at the world every `step` seconds."""
    for _ in range(int(seconds / step)):
        clock.pass_seconds(step)
        world.advance()


def state(world: World) -> tuple[object, ...]:
    """All that a world holds, comparable."""
    repos = {
        record.uri: (record.cid, record.at)
        for collections in world.records.repos.values()
        for records in collections.values()
        for record in records.values()
    }
    chat = {
        convo.id: (convo.rev, convo.read, [message.view() for message in convo.messages])
        for convo in world.chat.conversations.values()
    }
    timeline = [(at, record.uri) for at, _, record in world.records.timeline]
    private = (dict(world.mutes), dict(world.muted_threads), world.seen)
    return repos, timeline, chat, private, world.live.count, world.live.next_due, world.live.pending


def test_the_same_seed_is_the_same_world() -> None:
    first, second = (World(3, epoch=EPOCH, clock=Clock()) for _ in range(2))
    assert state(first) == state(second)
    assert state(first) != state(World(4, epoch=EPOCH, clock=Clock()))


def test_what_happens_is_the_same_for_the_same_seed() -> None:
    worlds = []
    for _ in range(2):
        clock = Clock()
        world = World(3, epoch=EPOCH, clock=clock)
        watch(world, clock, 600)
        worlds.append(state(world))
    assert worlds[0] == worlds[1]


def test_at_least_forty_people_live_here() -> None:
    world = World(epoch=EPOCH, clock=Clock())
    assert len(world.people.by_did) >= 44
    assert all(
        person.handle.endswith((".example.com", ".example.org", ".example.net"))
        for person in world.people.by_did.values()
    )


def test_history_ends_at_the_epoch() -> None:
    world = World(epoch=EPOCH, clock=Clock())
    newest = max(record.at for record in world.records.posts.values())
    assert newest <= "2026-11-02T09:30:00.000Z"


def test_a_journal_brings_the_world_back(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    clock = Clock()
    world = World(5, epoch=EPOCH, clock=clock, journal=path)
    watch(world, clock, 240)
    uri = world.post("tom.example.com", "Ask @ada.example.com about it #help")
    world.message("mira.example.org", "Are you there?")
    world.post("ada.example.com", "I am.", reply_to=uri)
    world.person_add("new.example.com", "New Person", "Just arrived.")
    watch(world, clock, 60)
    again = World(99, clock=clock, journal=path)
    assert again.seed == 5
    assert state(again) == state(world)
    watch(world, clock, 60)
    with_torn_line = path.read_bytes()
    path.write_bytes(with_torn_line + b'{"live": 7, "ops": [{"op": "pu')
    last = World(clock=clock, journal=path)
    assert state(last) == state(world)
    assert path.read_bytes() == with_torn_line


def test_a_damaged_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "world.jsonl"
    World(clock=Clock(), journal=path).close()
    path.write_bytes(path.read_bytes() + b'nonsense\n{"ops": []}\n')
    with pytest.raises(ValueError, match="line 2 is damaged"):
        World(journal=path)


def test_an_hour_never_dries_up_and_never_repeats_itself() -> None:
    clock = Clock()
    world = World(epoch=EPOCH, clock=clock)
    before = set(world.records.posts)
    counts = []
    for _ in range(60):
        start = world.live.count
        watch(world, clock, 60)
        counts.append(world.live.count - start)
    assert min(counts) >= 10
    texts = [world.records.posts[uri].value["text"] for uri in world.records.posts if uri not in before]
    texts += [message.text for convo in world.chat.conversations.values() for message in convo.messages]
    assert [text for text, times in Counter(texts).items() if times > 1] == []
    assert len(texts) > 700


@pytest.mark.parametrize("hours", [1, 14, 2000])
def test_a_pause_brings_few_events(hours: float) -> None:
    clock = Clock()
    world = World(epoch=EPOCH, clock=clock)
    watch(world, clock, 60)
    before = world.live.count
    clock.pass_seconds(hours * 3600)
    world.advance()
    assert 5 <= world.live.count - before <= 12
    watch(world, clock, 60)
    assert world.live.count - before > 12


def test_nothing_happens_when_live_is_off() -> None:
    clock = Clock()
    world = World(epoch=EPOCH, clock=clock, live_seconds=0)
    before = state(world)
    watch(world, clock, 600)
    assert state(world) == before


def test_a_person_posts_with_facets_in_bytes() -> None:
    world = World(epoch=EPOCH, clock=Clock(), live_seconds=0)
    text = "👋 @ada.example.com see https://example.org/a, #help"
    uri = world.post("tom.example.com", text)
    facets = world.records.posts[uri].value["facets"]
    raw = text.encode()
    cut = [raw[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode() for f in facets]
    assert cut == ["@ada.example.com", "https://example.org/a", "#help"]
    assert facets[0]["features"][0]["did"] == world.account.did
    assert world.records.notices[world.account.did][-1][2].reason == "mention"


def test_threads_are_found_whole() -> None:
    world = World(epoch=EPOCH, clock=Clock(), live_seconds=0)
    root = world.post("tom.example.com", "one")
    child = world.post("mira.example.org", "two", reply_to=root)
    grandchild = world.post("tom.example.com", "three", reply_to=child)
    assert world.thread(root) == [root, child, grandchild]
    assert world.records.posts[grandchild].value["reply"]["root"]["uri"] == root
    with pytest.raises(KeyError):
        world.post("tom.example.com", "no", reply_to=f"at://{world.account.did}/{POST}/2222222222222")


def test_a_restarted_world_goes_on_as_if_it_had_not_stopped(tmp_path: Path) -> None:
    states = []
    for restarts in (False, True):
        path = tmp_path / f"{restarts}.jsonl"
        clock = Clock()
        world = World(2, epoch=EPOCH, clock=clock, journal=path)
        for _ in range(4):
            watch(world, clock, 180)
            world.post("ada.example.com", "Still here?", reply_to=world.named["sana-async"])
            if restarts:
                world.close()
                world = World(clock=clock, journal=path)
        states.append(state(world))
    assert states[0] == states[1]


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_the_written_opening_happens_as_written(seed: int) -> None:
    clock = Clock()
    world = World(seed, epoch=EPOCH, clock=clock)
    watch(world, clock, 800)
    texts = {record.value["text"] for record in world.records.posts.values()}
    texts |= {message.text for convo in world.chat.conversations.values() for message in convo.messages}
    missing = [entry["text"] for entry in world.live.opening if expand(entry["text"], world) not in texts]
    assert missing == []
    assert world.live.count > len(world.live.opening)
    assert all(graphemes(record.value["text"]) <= 300 for record in world.records.posts.values())


def test_our_account_has_an_inbox_to_be_proud_of() -> None:
    world = World(epoch=EPOCH, clock=Clock())
    ada = world.account.did
    recent = [n for at, _, n in world.records.notices[ada] if at > "2026-10-29"]
    asked = [n.record for n in recent if n.reason in ("mention", "reply", "quote")]
    answered = [r for r in asked if any(a.did == ada for a in world.records.replies.get(r.uri, ()))]
    assert len(asked) >= 25
    assert 4 <= len(answered) <= len(asked) - 10
    assert len(world.chat.of(ada)) >= 8
    assert len(world.records.posts) >= 600
