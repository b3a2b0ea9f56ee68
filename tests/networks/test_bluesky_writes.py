"""Acts on Bluesky: fixed before they are sent, exact when they are repeated, settled when an answer is lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from bluesky_replay import ACCOUNT, ALICE, Asked, Server, body_of, desk
from hypothesis import given
from hypothesis import strategies as st
from replaykit import NOW, Clock

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef, Viewer
from tweetdesk.networks.base import Allowed, No, NotThere, Refused, Unreachable, Unsure
from tweetdesk.networks.bluesky import Bluesky
from tweetdesk.networks.bluesky_writes import tid

BOB = Identity("bluesky", "did:plc:763ziqxxbrsm3uic35iixxhi", "bob.test", "Bob")
TARGET = PostRef("bluesky", f"at://{BOB.id}/app.bsky.feed.post/3n2way2c56k2n")
PUT, GET, POSTS = "com.atproto.repo.putRecord", "com.atproto.repo.getRecord", "app.bsky.feed.getPosts"
TIDS = set("234567abcdefghijklmnopqrstuvwxyz")


class Repo:
    """A repository that does with putRecord what a real server was seen to do."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}
        self.lose_answers = 0
        self.lose_requests = 0

    def put(self, asked: Asked) -> Any:
        if self.lose_requests:
            self.lose_requests -= 1
            return httpx.ReadError("lost")
        body = asked.body
        assert body["swapRecord"] is None
        stored = self.records.setdefault(body["rkey"], body["record"])
        if self.lose_answers:
            self.lose_answers -= 1
            return httpx.ReadError("lost")
        if stored != body["record"]:
            return 400, {"error": "InvalidSwap", "message": "Record was at bafy"}
        uri = f"at://{body['repo']}/{body['collection']}/{body['rkey']}"
        return {"uri": uri, "cid": "bafyrecord"}

    def get(self, asked: Asked) -> Any:
        params = dict(asked.params)
        if params["rkey"] not in self.records:
            return 400, {"error": "RecordNotFound", "message": "Could not locate record"}
        uri = f"at://{params['repo']}/{params['collection']}/{params['rkey']}"
        return {"uri": uri, "cid": "bafyrecord", "value": self.records[params["rkey"]]}


def _repo() -> tuple[Repo, Server]:
    repo = Repo()
    return repo, Server({PUT: repo.put, GET: repo.get, POSTS: {"posts": [_view(TARGET)]}})


def _view(ref: PostRef, **viewer: Any) -> dict[str, Any]:
    record = {"text": "who knows?", "createdAt": "2026-11-22T18:00:00.000Z"}
    return {
        "uri": ref.id, "cid": "bafytarget", "author": {"did": BOB.id, "handle": "bob.test"}, "record": record,
        "indexedAt": "2026-11-22T18:00:00.000Z", "viewer": viewer,
    }  # fmt: skip


def _reply(text: str = "Thanks!") -> Act:
    return Act(ActKind.REPLY, ACCOUNT.id, target=TARGET, target_version="bafytarget", person=BOB, text=text)


async def _ready(network: Bluesky, act: Act, entropy: bytes = b"12345678") -> str:
    return await network.prepare(act, network.begin(act, NOW, entropy))


async def test_a_repeated_send_makes_one_record() -> None:
    repo, server = _repo()
    network = desk(server)
    material = await _ready(network, _reply())
    receipts = [await network.send(_reply(), material) for _ in range(3)]
    assert len(repo.records) == 1
    assert len({receipt.result for receipt in receipts}) == 1
    post = receipts[0].post
    assert post is not None
    assert (post.text, post.author.id, post.reply_to, post.reply_root) == ("Thanks!", ALICE, TARGET, TARGET)
    assert post.created_at == NOW


async def test_the_material_alone_is_enough_after_a_restart() -> None:
    repo, server = _repo()
    material = await _ready(desk(server), _reply())
    assert json.loads(material)["record"]["reply"]["root"] == {"uri": TARGET.id, "cid": "bafytarget"}
    first, second = desk(server), desk(server)
    repo.lose_answers = 1
    with pytest.raises(Unreachable):
        await first.send(_reply(), material)
    found = await second.settle(_reply(), material)
    assert found is not None
    assert found.result == (await second.send(_reply(), material)).result
    assert await second.prepare(_reply(), material) == material


async def test_a_send_that_never_arrived_is_known_not_to_have() -> None:
    repo, server = _repo()
    network = desk(server)
    material = await _ready(network, _reply())
    repo.lose_requests = 1
    with pytest.raises(Unreachable):
        await network.send(_reply(), material)
    assert len(server.of(PUT)) == 1, "a write is never repeated by itself"
    assert await network.settle(_reply(), material) is None


async def test_another_record_under_the_same_key_is_refused() -> None:
    repo, server = _repo()
    network = desk(server)
    material = await _ready(network, _reply())
    repo.records[json.loads(material)["rkey"]] = {"text": "something else"}
    with pytest.raises(Refused) as told:
        await network.send(_reply(), material)
    assert told.value.code == "InvalidSwap"
    assert await network.settle(_reply(), material) is None


async def test_versions_are_asked_for_where_they_are_not_known() -> None:
    repo, server = _repo()
    server.answers["app.bsky.feed.getPosts"] = body_of("getPosts")
    network = desk(server)
    answered = PostRef("bluesky", "at://did:plc:nq5jue7nlk7maf3vtnc2bqdm/app.bsky.feed.post/3n2way3f5cc2n")
    act = Act(ActKind.REPLY, ACCOUNT.id, target=answered, text="me too")
    await network.send(act, await _ready(network, act))
    (record,) = repo.records.values()
    assert record["reply"]["parent"] == {
        "uri": answered.id,
        "cid": "bafyreif2llemrvhwjiczkey2czv6lf4acjiuosuosdw6wc3paxwbarv2eq",
    }
    assert record["reply"]["root"]["uri"].endswith("3n2way2c56k2n")
    gone = Act(ActKind.LIKE, ACCOUNT.id, target=TARGET)
    with pytest.raises(NotThere):
        await network.prepare(gone, network.begin(gone, NOW, b"87654321"))


async def test_handles_become_people_and_unknown_ones_stay_text() -> None:
    repo, server = _repo()

    def resolve(asked: Asked) -> Any:
        known = dict(asked.params)["handle"] == "carol.test"
        return (
            {"did": "did:plc:carol"}
            if known
            else (400, {"error": "InvalidRequest", "message": "Unable to resolve"})
        )

    server.answers["com.atproto.identity.resolveHandle"] = resolve
    network = desk(server)
    act = _reply("é @bob.test @carol.test @nobody.test #tag https://example.com")
    await network.send(act, await _ready(network, act))
    (record,) = repo.records.values()
    text = record["text"].encode()
    features = {
        text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]
        for facet in record["facets"]
    }
    assert {piece: feature.get("did") for piece, feature in features.items() if "did" in feature} == {
        "@bob.test": BOB.id,
        "@carol.test": "did:plc:carol",
    }
    assert {"#tag", "https://example.com"} <= set(features)
    assert [dict(asked.params)["handle"] for asked in server.of("com.atproto.identity.resolveHandle")] == [
        "carol.test",
        "nobody.test",
    ], "whom the act concerns is known already"


async def test_taking_back_what_is_not_there_is_harmless() -> None:
    profile = {"did": BOB.id, "handle": "bob.test", "viewer": {}}
    server = Server({"app.bsky.actor.getProfile": profile, "app.bsky.feed.getPosts": {"posts": []}})
    network = desk(server)
    for act in (
        Act(ActKind.UNBLOCK, ACCOUNT.id, person=BOB),
        Act(ActKind.UNFOLLOW, ACCOUNT.id, person=BOB),
        Act(ActKind.UNREPOST, ACCOUNT.id, target=TARGET),
        Act(ActKind.UNLIKE, ACCOUNT.id, target=TARGET),
    ):
        assert (await network.send(act, await _ready(network, act))).result == ""
    assert server.of("com.atproto.repo.deleteRecord") == []


async def test_only_our_own_records_are_deleted() -> None:
    network = desk(Server())
    for wrong in (TARGET.id, "not a uri"):
        act = Act(ActKind.DELETE, ACCOUNT.id, record=wrong)
        with pytest.raises(Refused):
            await network.send(act, await _ready(network, act))


async def test_damaged_material_is_refused_before_anything_is_asked() -> None:
    server = Server()
    network = desk(server)
    for wrong in ("", "{}", "[]", '{"rkey":"a","createdAt":"never"}'):
        with pytest.raises(Refused):
            await network.send(_reply(), wrong)
        assert await network.settle(_reply(), wrong) is None
    assert server.asked == []


# --- direct messages ---------------------------------------------------------------------------------------------

SEND, MESSAGES = "chat.bsky.convo.sendMessage", "chat.bsky.convo.getMessages"
CONVO = "3n2wacmaaaa2b"


class Conversation:
    """A conversation as the chat service keeps it; an answer can be lost after the message is in."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.messages = clock, list[dict[str, Any]]()
        self.lose_answers = self.lose_requests = 0

    def add(self, did: str, text: str, seconds: float = 0) -> dict[str, Any]:
        at = (self.clock() + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
        kind = "chat.bsky.convo.defs#messageView"
        number = f"m{len(self.messages)}"
        made = {"$type": kind, "id": number, "rev": number, "text": text, "sender": {"did": did}, "sentAt": at}
        self.messages.append(made)
        return made

    def send(self, asked: Asked) -> Any:
        if self.lose_requests:
            self.lose_requests -= 1
            return httpx.ReadError("lost")
        made = self.add(ALICE, asked.body["message"]["text"])
        if self.lose_answers:
            self.lose_answers -= 1
            return httpx.ReadError("lost")
        return made

    def read(self, asked: Asked) -> Any:
        return {"messages": self.messages[::-1][:50]}


def _chat() -> tuple[Conversation, Server, Bluesky, Clock]:
    clock = Clock()
    conversation = Conversation(clock)
    members = [{"did": ALICE, "handle": "alice.test"}, {"did": BOB.id, "handle": "bob.test"}]
    convo = {"convo": {"id": CONVO, "rev": "1", "members": members, "muted": False, "unreadCount": 0}}
    server = Server(
        {
            SEND: conversation.send,
            MESSAGES: conversation.read,
            "chat.bsky.convo.getConvo": convo,
            "chat.bsky.convo.getConvoForMembers": convo,
        }
    )
    return conversation, server, desk(server, clock), clock


MESSAGE = Act(ActKind.MESSAGE, ACCOUNT.id, conversation=CONVO, person=BOB, text="hi there")


async def test_a_message_goes_to_its_conversation() -> None:
    _, server, network, _ = _chat()
    act = Act(ActKind.MESSAGE, ACCOUNT.id, person=BOB, text="hi there")
    receipt = await network.send(act, await _ready(network, act))
    assert receipt.post is not None
    assert (receipt.post.kind, receipt.post.conversation) == (PostKind.MESSAGE, CONVO)
    assert receipt.result == f"chat {CONVO} m0"
    assert server.of(SEND)[0].headers["atproto-proxy"] == "did:web:api.bsky.chat#bsky_chat"


async def test_a_message_whose_answer_was_lost_is_found() -> None:
    conversation, _, network, _ = _chat()
    material = await _ready(network, MESSAGE)
    conversation.lose_answers = 1
    with pytest.raises(Unreachable):
        await network.send(MESSAGE, material)
    found = await network.settle(MESSAGE, material)
    assert found is not None
    assert found.result == f"chat {CONVO} m0"


async def test_a_message_that_is_not_there_is_only_given_up_when_it_cannot_be_under_way() -> None:
    conversation, _, network, clock = _chat()
    material = await _ready(network, MESSAGE)
    conversation.lose_requests = 1
    with pytest.raises(Unreachable):
        await network.send(MESSAGE, material)
    with pytest.raises(Unreachable):
        await network.settle(MESSAGE, material)
    await clock.sleep(61)
    assert await network.settle(MESSAGE, material) is None


async def test_an_equal_message_before_is_not_taken_for_this_one() -> None:
    conversation, _, network, clock = _chat()
    first = await network.send(MESSAGE, await _ready(network, MESSAGE))
    await clock.sleep(5)
    material = network.begin(MESSAGE, clock(), b"abcdefgh")
    material = await network.prepare(MESSAGE, material)
    conversation.lose_requests = 1
    with pytest.raises(Unreachable):
        await network.send(MESSAGE, material)
    await clock.sleep(90)
    assert await network.settle(MESSAGE, material) is None, "the equal one is known to be the first"
    after_restart = desk(Server({MESSAGES: conversation.read, "chat.bsky.convo.getConvo": {}}), clock)
    with pytest.raises(Unsure):
        await after_restart.settle(MESSAGE, material)
    assert first.result == f"chat {CONVO} m0"


async def test_a_conversation_that_moved_on_leaves_it_to_the_user() -> None:
    conversation, _, network, clock = _chat()
    material = await _ready(network, MESSAGE)
    await clock.sleep(1)
    for number in range(60):
        conversation.add(BOB.id, f"line {number}", seconds=number)
    with pytest.raises(Unsure):
        await network.settle(MESSAGE, material)


async def test_refused_messages_say_why() -> None:
    _, server, network, _ = _chat()
    server.answers["chat.bsky.convo.getConvoForMembers"] = (400, {"error": "NotFollowedBySender", "message": "no"})
    act = Act(ActKind.MESSAGE, ACCOUNT.id, person=BOB, text="hi")
    with pytest.raises(Refused, match="only from people whom they follow"):
        await _ready(network, act)


# --- keys, permissions -------------------------------------------------------------------------------------------


@given(st.integers(0, 2**53 - 2), st.integers(0, 2**40))
def test_tids_have_their_syntax_and_sort_by_time(moment: int, clock_id: int) -> None:
    made = tid(moment, clock_id)
    assert len(made) == 13
    assert set(made) <= TIDS
    assert made[0] in "234567abcdefghij"
    assert tid(moment, clock_id) < tid(moment + 1, 0)


def test_keys_never_repeat_even_when_the_clock_stands_still() -> None:
    network = desk(Server())
    keys = [json.loads(network.begin(MESSAGE, NOW, b"\0" * 8))["rkey"] for _ in range(1000)]
    assert len(set(keys)) == 1000
    assert keys == sorted(keys)


def _post(author: str, **more: Any) -> Post:
    return Post(TARGET, Identity("bluesky", author, "x.example.com"), "text", NOW, **more)


def test_what_may_be_done() -> None:
    network = desk(Server())
    theirs, ours = _post(BOB.id), _post(ALICE)
    closed = _post(BOB.id, viewer=Viewer(replies_closed=True))
    message = _post(BOB.id, kind=PostKind.MESSAGE)
    for kind in ActKind:
        hides = kind in (ActKind.HIDE_REPLY, ActKind.UNHIDE_REPLY)
        assert isinstance(network.can(kind, None), No if hides else Allowed)
    assert network.can(ActKind.REPLY, theirs) == Allowed()
    for kind, post in (
        (ActKind.REPLY, closed),
        (ActKind.BLOCK, ours),
        (ActKind.MUTE, ours),
        (ActKind.FOLLOW, ours),
        (ActKind.DELETE, theirs),
        (ActKind.REPOST, message),
        (ActKind.REPLY, message),
    ):
        said = network.can(kind, post)
        assert isinstance(said, No)
        assert said.why.endswith(".")
    assert network.can(ActKind.DELETE, ours) == Allowed()
    assert network.can(ActKind.MESSAGE, message) == Allowed()
