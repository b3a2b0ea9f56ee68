"""Sending to an X that fails in every way: nothing is lost, nothing doubled, doubts are settled or told."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from networkkit import Album
from replaykit import Clock
from x_desk import EPOCH, Desk, opened

from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.posts import Post
from tweetdesk.networks.base import (
    Allowed,
    NotThere,
    RateLimited,
    Receipt,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.sandbox.records import BLOCK, THREADGATE
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import CLIENT_ID, account_id
from tweetdesk.sandbox.x_ids import post_id
from tweetdesk.sandbox.x_state import SCOPES, Grant

CREATE, MESSAGE = "POST /2/tweets", "POST /2/dm_conversations/with/:participant_id/messages"
THREAD = ("one of three", "two of three", "three of three")
#: What is carried out although the answer does not say so.
DONE = [
    {"kind": "drop_after"},
    {"kind": "status_after", "status": 502},
    {"kind": "status_after", "status": 500},
    {"kind": "broken_json"},
    {"kind": "html"},
]


async def carried(desk: Desk, act: Act, material: str) -> Receipt | None:
    """Send as a sender does: a doubt is settled before anything else. None where it surely was not sent."""
    with suppress(Unreachable, ServerTrouble):
        return await desk.network.send(act, material)
    with suppress(ServerTrouble):
        return await desk.network.settle(act, material)
    desk.clock.now += timedelta(seconds=5)
    return await desk.network.settle(act, material)


async def mention(desk: Desk) -> Post:
    return next(one.post for one in (await desk.fetch("mentions")).posts)


def follows(desk: Desk, text: str, above: Receipt | None) -> Act:
    """The next post of a thread: an answer to the one before, as the outbox makes it."""
    if above is None:
        return desk.made(ActKind.POST, None, text)
    assert above.post is not None
    return desk.made(ActKind.REPLY, above.post, text)


# --- what was carried out is found -------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", DONE, ids=lambda fault: "-".join(str(one) for one in fault.values()))
@pytest.mark.parametrize("kind", [ActKind.POST, ActKind.REPLY, ActKind.MESSAGE])
async def test_what_was_carried_out_is_found(
    world: World, clock: Clock, kind: ActKind, fault: dict[str, Any]
) -> None:
    desk = opened(world, clock)
    about = await mention(desk)
    act = desk.made(kind, None if kind is ActKind.POST else about, "said once & only once")
    if kind is ActKind.MESSAGE:
        act = Act(kind, act.account, person=about.author, text=act.text)
    material = await desk.ready(act)
    desk.world.faults.add(MESSAGE if kind is ActKind.MESSAGE else CREATE, **fault)
    receipt = await carried(desk, act, material)
    assert receipt is not None
    assert receipt.result
    if kind is not ActKind.MESSAGE:
        assert desk.posts() == ["said once & only once"]
    writes = desk.state.ledger.today().writes
    assert sum(writes.values()) == 1
    await desk.network.close()


@pytest.mark.parametrize("fault", DONE[:2], ids=["lost", "502"])
async def test_a_post_with_pictures_is_found(world: World, clock: Clock, fault: dict[str, Any]) -> None:
    desk = opened(world, clock)
    await desk.act(ActKind.POST, text="the same words")
    clock.now += timedelta(seconds=5)
    pixel = Attachment("a", "a dot", "image/png", 8)
    desk = opened(desk.world, clock)  # which does not remember that that one is another's
    for text in ("the same words", ""):
        act = desk.made(ActKind.POST, None, text, media=(pixel,))
        material = await desk.ready(act, Album((pixel, b"\x89PNG\r\n\x1a\n")))
        desk.world.faults.add(CREATE, **fault)
        receipt = await carried(desk, act, material)
        assert receipt is not None
        assert [one.alt for one in receipt.post.media] == ["a dot"]  # type: ignore[union-attr]
    assert desk.posts() == ["the same words", "the same words", ""]
    await desk.network.close()


async def test_a_call_that_arrives_twice_makes_one_post(desk: Desk) -> None:
    about = await mention(desk)
    for kind, post in ((ActKind.POST, None), (ActKind.REPLY, about)):
        desk.world.faults.add(CREATE, kind="twice")
        assert (await desk.act(kind, post, f"a {kind} of mine")).result
    assert desk.posts() == ["a post of mine", "a reply of mine"]


async def test_sent_again_by_hand_after_all_it_is_found(desk: Desk) -> None:
    """The user says "send it again" of what X had not shown yet: X refuses its like, and ours counts as sent."""
    act = desk.made(ActKind.POST, None, "was it there?")
    material = await desk.ready(act)
    first = await desk.network.send(act, material)
    later = opened(desk.world, desk.clock, desk.transport.words, desk.shelf)
    again = await later.network.send(act, await later.network.prepare(act, material))
    assert again.result == first.result
    assert desk.posts() == ["was it there?"]
    await later.network.close()


async def test_what_did_not_arrive_is_told_to_be_unsure(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "lost on the way")
    material = await desk.ready(act)
    for fault in ({"kind": "drop_before"}, {"kind": "status", "status": 503}):
        desk.world.faults.add(CREATE, **fault)
        with pytest.raises(Unsure, match="look at your page"):
            await carried(desk, act, material)
    assert desk.posts() == []


async def test_what_x_shows_a_moment_later_is_found(desk: Desk) -> None:
    about = await mention(desk)
    for act in (
        desk.made(ActKind.POST, None, "here in a moment"),
        Act(ActKind.MESSAGE, desk.network.account.id, person=about.author, text="there in a moment"),
    ):
        material, method = await desk.ready(act), CREATE if act.kind is ActKind.POST else MESSAGE
        desk.world.faults.add(method, kind="drop_before")
        with pytest.raises(Unreachable):
            await desk.network.send(act, material)
        with pytest.raises(ServerTrouble, match="once more"):
            await desk.network.settle(act, material)
        desk.clock.now += timedelta(seconds=5)
        other = opened(desk.world, desk.clock, desk.transport.words)
        await other.network.send(act, await other.ready(act))  # it was on its way, and arrives now
        assert await desk.network.settle(act, material) is not None
        await other.network.close()


async def test_too_many_requests_sends_nothing(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "later, then")
    material = await desk.ready(act)
    desk.world.faults.add(CREATE, kind="rate_limit", seconds=120)
    with pytest.raises(RateLimited) as told:
        await desk.network.send(act, material)
    assert told.value.until == EPOCH + timedelta(seconds=120)
    await desk.network.send(act, material)
    assert desk.posts() == ["later, then"]


async def test_a_doubt_that_cannot_be_looked_into_yet_stays_one(desk: Desk) -> None:
    act = desk.made(ActKind.POST, None, "into the dark")
    material = await desk.ready(act)
    desk.world.faults.add(CREATE, kind="drop_after")
    desk.world.faults.add("GET /2/users/:id/tweets", 9, "drop_before")
    with pytest.raises(Unreachable):
        await carried(desk, act, material)
    desk.world.faults.clear()
    assert await desk.network.settle(act, material) is not None
    assert desk.posts() == ["into the dark"]


# --- threads -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [{"kind": "drop_after"}, {"kind": "twice"}, {"kind": "status_after", "status": 502}]
)
@pytest.mark.parametrize("place", [0, 1, 2])
async def test_a_thread_with_a_kill_between(world: World, clock: Clock, fault: dict[str, Any], place: int) -> None:
    desk = opened(world, clock)
    above: Receipt | None = None
    for number, text in enumerate(THREAD):
        act = follows(desk, text, above)
        material = await desk.ready(act)
        if number == place:
            desk.world.faults.add(CREATE, **fault)
            with suppress(Unreachable, ServerTrouble):  # killed here: nobody has seen what became of it
                await desk.network.send(act, material)
            desk = opened(desk.world, clock, desk.transport.words, desk.shelf)
            above = await desk.network.settle(act, material)
        else:
            above = await desk.network.send(act, material)
        assert above is not None
        assert above.post is not None
        desk.shelf.keep([above.post])
        clock.now += timedelta(seconds=1)
    assert desk.posts() == list(THREAD)
    records = [one for one in desk.world.records.posts.values() if one.value["text"] in THREAD]
    last = max(records, key=lambda one: one.at)
    assert desk.world.thread_root(last) == min(records, key=lambda one: one.at).uri
    await desk.network.close()


async def test_a_token_that_ends_between_two_posts_is_renewed_once(clock: Clock) -> None:
    world = World(clock=clock, seed=7)
    did = world.people.by_key["ada"].did
    secret = {"kind": "oauth2", "client_id": CLIENT_ID, "client_secret": "", "access_token": "a1",
              "refresh_token": "r1", "expires_at": (EPOCH + timedelta(hours=2)).timestamp()}  # fmt: skip
    desk = opened(world, clock, secret=secret)
    desk.state.access["a1"] = Grant(did, SCOPES, CLIENT_ID, (EPOCH + timedelta(hours=2)).timestamp())
    desk.state.refresh["r1"] = Grant(did, SCOPES, CLIENT_ID)
    world.faults.add(CREATE, kind="expired", after=1)
    above: Receipt | None = None
    for text in THREAD:
        act = follows(desk, text, above)
        above = await desk.network.send(act, await desk.ready(act))
    asked = [one.url.path for one in desk.transport.asked]
    assert asked.count("/2/oauth2/token") == 1
    assert asked.count("/2/tweets") == 4, "the second one is asked for again, with the new token"
    assert desk.posts() == list(THREAD)
    await desk.network.close()


# --- whom an answer names ----------------------------------------------------------------------------------------


async def test_an_answer_goes_to_the_author_alone_or_to_everyone(desk: Desk) -> None:
    said = "@ada.example.com, what do you, @mira.example.org and @ines.example.net think?"
    desk.world.post("tom.example.com", said)
    about = max((one.post for one in (await desk.fetch("mentions")).posts), key=lambda post: int(post.ref.id))
    assert desk.network.form(ActKind.REPLY, about).note == ""
    assert desk.network.form(ActKind.REPLY, about, everyone=True).note == "X names @mira, @ines as well."
    names = {}
    for text, everyone in (("alone", False), ("all", True), ("you and @ines", False)):
        receipt = await desk.act(ActKind.REPLY, about, text, everyone=everyone)
        record = desk.world.records.posts[desk.state.names.uri(receipt.result) or ""]
        people = desk.world.people.by_did
        names[text] = [people[did].key for did in record.value.get("xNames", ())]
    assert names == {"alone": [], "all": ["mira", "ines"], "you and @ines": []}


async def test_an_answer_to_ourselves_goes_on_talking_to_all(desk: Desk) -> None:
    about = await mention(desk)
    first = await desk.act(ActKind.REPLY, about, "a word to you, in two posts")
    second = await desk.act(ActKind.REPLY, first.post, "and that was it")
    assert second.result
    assert "exclude_reply_user_ids" not in json.loads(desk.transport.asked[-1].content)["reply"]


async def test_whom_an_answer_leaves_out_is_fixed_once(desk: Desk) -> None:
    desk.world.post("tom.example.com", "@ada.example.com and @mira.example.org: hello")
    about = max((one.post for one in (await desk.fetch("mentions")).posts), key=lambda post: int(post.ref.id))
    act = desk.made(ActKind.REPLY, about, "hello")
    material = await desk.ready(act)
    assert account_id(desk.world, "mira") in material
    desk.shelf.kept.clear()
    later = opened(desk.world, desk.clock, desk.transport.words, desk.shelf)
    assert await later.network.prepare(act, material) == material
    unknown = await later.ready(replace(act, text="who?"))
    assert account_id(later.world, "mira") not in unknown, "X is not asked for it"
    assert "/2/tweets" not in [one.url.path for one in later.transport.asked]
    await later.network.close()


async def test_an_answer_to_ones_own_post_costs_a_post(desk: Desk) -> None:
    about = await mention(desk)
    price = desk.network.price(ActKind.REPLY, "yes", about)
    assert price is not None
    assert (price.micros, price.why) == (10_000, "an answer to somebody who wrote to you")
    own = (await desk.act(ActKind.POST, text="one of two")).post
    price = desk.network.price(ActKind.REPLY, "two of two", own)
    assert price is not None
    assert (price.micros, price.why) == (15_000, "")
    before = desk.state.ledger.micros
    await desk.act(ActKind.REPLY, own, "two of two")
    assert desk.state.ledger.micros - before == 15_000


async def test_people_are_not_asked_for(desk: Desk) -> None:
    assert await desk.network.people("gra") == ()
    assert desk.transport.asked == []


# --- answers that X does not take --------------------------------------------------------------------------------


async def refused(desk: Desk, about: Post) -> Refused:
    assert isinstance(desk.network.can(ActKind.REPLY, about), Allowed), "what is read says nothing against it"
    with pytest.raises(Refused) as told:
        await desk.act(ActKind.REPLY, about, "too late?")
    assert str(told.value).endswith(".")
    assert desk.posts() == []
    return told.value


async def test_a_post_that_is_deleted_while_one_answers_it(desk: Desk) -> None:
    uri = desk.world.post("tom.example.com", "@ada.example.com, quick question")
    about = next(one.post for one in (await desk.fetch("mentions")).posts if one.post.ref.id == post_id(uri))
    _, collection, rkey = uri.removeprefix("at://").split("/")
    tom = desk.world.people.by_key["tom"].did
    desk.world.commit({"op": "delete", "did": tom, "collection": collection, "rkey": rkey})
    told = await refused(desk, about)
    assert isinstance(told, NotThere)
    assert "deleted" in str(told)


async def test_an_author_who_blocked_us_meanwhile(desk: Desk) -> None:
    uri = desk.world.post("tom.example.com", "@ada.example.com, quick question")
    about = next(one.post for one in (await desk.fetch("mentions")).posts if one.post.ref.id == post_id(uri))
    tom, ada = (desk.world.people.by_key[key].did for key in ("tom", "ada"))
    value = {"$type": BLOCK, "subject": ada, "createdAt": "2026-11-02T09:30:00.000Z"}
    place = {"op": "put", "did": tom, "collection": BLOCK, "rkey": "3laaaaaaaaaaa"}
    desk.world.commit({**place, "value": value, "at": "2026-11-02T09:30:00.000Z"})
    assert "does not let you see it" in str(await refused(desk, about))


async def test_a_conversation_that_was_closed_meanwhile(desk: Desk) -> None:
    uri = desk.world.post("tom.example.com", "@ada.example.com, quick question")
    about = next(one.post for one in (await desk.fetch("mentions")).posts if one.post.ref.id == post_id(uri))
    did, rkey = desk.world.people.by_key["tom"].did, uri.rpartition("/")[2]
    gate = {"$type": THREADGATE, "post": uri, "allow": [], "createdAt": "2026-11-02T09:30:00.000Z"}
    place = {"op": "put", "did": did, "collection": THREADGATE, "rkey": rkey}
    desk.world.commit({**place, "value": gate, "at": "2026-11-02T09:30:00.000Z"})
    assert "restricted who may answer" in str(await refused(desk, about))
