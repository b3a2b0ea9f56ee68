"""Doubtful sends on Mastodon: keys that are honoured, keys that are ignored, and what may be taken for ours."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from mastodon_replay import ACCOUNT, GOTOSOCIAL, INSTANCE, Asked, Wire, desk, person, status
from replaykit import NOW, Clock

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostKind, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import RateLimited, Receipt, Refused, ServerTrouble, Unreachable, Unsure
from tweetdesk.networks.mastodon import Mastodon
from tweetdesk.networks.shelf import EmptyShelf

HOST = "social.example.com"
BOB = Identity("mastodon", "id-bob@social.example.com", "bob@example.com")
OWN, POST = "GET /api/v1/accounts/1/statuses", "POST /api/v1/statuses"


@dataclass
class Book:
    """The posts of our account on a server that honours keys, or ignores them as GoToSocial does."""

    clock: Clock
    honours: bool = True
    ahead: timedelta = timedelta()
    lose_requests: int = 0
    lose_answers: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def wire(self) -> Wire:
        """The server."""
        instance = INSTANCE if self.honours else GOTOSOCIAL
        return Wire({
            "GET /api/v2/instance": lambda asked: (200, instance, self.date()), POST: self.post, OWN: self.own,
            "GET /api/v1/timelines/tag/x": [],
            "GET /api/v1/conversations": lambda asked: [
                {"id": f"c{one['id']}", "accounts": [], "last_status": one}
                for one in reversed(self.posts) if one["visibility"] == "direct"
            ],
        })  # fmt: skip

    def date(self) -> dict[str, str]:
        return {"date": (self.clock.now + self.ahead).strftime("%a, %d %b %Y %H:%M:%S GMT")}

    def post(self, asked: Asked) -> Any:
        if self.lose_requests:
            self.lose_requests -= 1
            return httpx.ReadError("lost")
        key = asked.headers["idempotency-key"]
        if not (self.honours and key in self.keys):
            self.keys[key] = self.write(**asked.body)
        if self.lose_answers:
            self.lose_answers -= 1
            return httpx.ReadError("lost")
        return 200, self.keys[key], self.date()

    def write(self, **body: Any) -> dict[str, Any]:
        """A post of ours."""
        made = status(f"s{len(self.posts)}", body["status"].replace("\n", "<br>"), by="ada")
        made |= {name: body[name] for name in ("visibility", "spoiler_text", "in_reply_to_id") if name in body}
        made["created_at"] = (self.clock.now + self.ahead).isoformat(timespec="milliseconds")
        self.posts.append(made)
        return made

    def own(self, asked: Asked) -> Any:
        newest = list(reversed(self.posts))
        at = next((place for place, one in enumerate(newest, 1) if one["id"] == asked.get("max_id")), 0)
        shown = newest[at : at + int(asked.get("limit"))]
        headers = self.date()
        if at + len(shown) < len(newest):
            headers["link"] = f'<https://{HOST}/x?max_id={shown[-1]["id"]}>; rel="next"'
        return 200, shown, headers


def _act(text: str = "hello", kind: ActKind = ActKind.POST, **more: Any) -> Act:
    return Act(kind, ACCOUNT.id, text=text, **({"visibility": "public"} | more))


async def _ready(network: Mastodon, act: Act, clock: Clock, entropy: bytes = b"12345678") -> str:
    return await network.prepare(act, network.begin(act, clock.now, entropy))


async def _through(network: Mastodon, act: Act, material: str, clock: Clock) -> Receipt:
    """What the sender does: send, settle after a lost answer, wait, send again."""
    for _ in range(20):
        try:
            return await network.send(act, material)
        except (Unreachable, ServerTrouble):
            for _ in range(20):
                clock.now += timedelta(seconds=5)
                try:
                    found = await network.settle(act, material)
                except Unreachable:
                    continue
                if found is not None:
                    return found
                break
    raise AssertionError("never carried out")


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize("ahead", [timedelta(), timedelta(minutes=7), timedelta(minutes=-7)])
@pytest.mark.parametrize(("requests", "answers"), [(0, 1), (1, 0), (2, 2), (0, 3)])
async def test_once_whatever_is_lost(honours: bool, ahead: timedelta, requests: int, answers: int) -> None:
    clock = Clock()
    book = Book(clock, honours, ahead, requests, answers)
    network = desk(book.wire(), clock)
    receipt = await _through(network, act := _act(), await _ready(network, act, clock), clock)
    assert [one["id"] for one in book.posts] == [receipt.result]
    assert receipt.post is not None
    assert (receipt.post.text, receipt.post.author.id) == ("hello", ACCOUNT.user_id)


@pytest.mark.parametrize("honours", [True, False])
@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
async def test_a_crash_between_is_settled_by_the_material_alone(honours: bool, ahead: timedelta) -> None:
    clock, shelf = Clock(), EmptyShelf()
    book = Book(clock, honours, ahead, lose_answers=1)
    wire = book.wire()
    await desk(wire, clock, shelf=shelf).fetch(Source(ACCOUNT.id, "search", "x"), "")
    material = await _ready(desk(wire, clock), act := _act("see https://example.com/x\n\nand more"), clock)
    with pytest.raises(Unreachable):
        await desk(wire, clock).send(act, material)
    clock.now += timedelta(hours=3)
    found = await desk(wire, clock, shelf=shelf).settle(act, material)
    assert found is not None
    assert found.result == book.posts[0]["id"]


async def test_a_request_that_may_be_on_its_way_is_waited_for_where_the_key_does_not_help() -> None:
    clock = Clock()
    book = Book(clock, honours=False, lose_requests=1)
    network = desk(book.wire(), clock)
    material = await _ready(network, act := _act(), clock)
    with pytest.raises(Unreachable):
        await network.send(act, material)
    with pytest.raises(Unreachable, match="looked up in a moment"):
        await network.settle(act, material)
    clock.now += timedelta(seconds=10)
    book.write(**json.loads(material)["status"])  # it arrives late
    found = await network.settle(act, material)
    assert found is not None
    assert found.result == "s0"


async def test_an_older_post_with_the_same_words_is_another() -> None:
    clock = Clock()
    book = Book(clock)
    network = desk(book.wire(), clock)
    book.write(status="hello", visibility="public")
    clock.now += timedelta(seconds=2)
    material = await _ready(network, act := _act(), clock)
    assert await network.settle(act, material) is None
    await network.send(act, material)
    found = await network.settle(act, material)
    assert found is not None
    assert found.result == "s1"


@pytest.mark.parametrize("honours", [True, False])
async def test_our_posts_are_looked_through_as_far_as_the_act_goes_back(honours: bool) -> None:
    clock = Clock()
    book = Book(clock, honours, lose_answers=1)
    network = desk(book.wire(), clock)
    material = await _ready(network, act := _act(), clock)
    with pytest.raises(Unreachable):
        await network.send(act, material)
    for number in range(100):
        clock.now += timedelta(seconds=60)
        book.write(status=f"other {number}", visibility="public")
    found = await network.settle(act, material)
    assert found is not None
    assert found.result == "s0"
    for number in range(200):
        book.write(status=f"another {number}", visibility="public")
    with pytest.raises(Unsure):  # Mastodon has forgotten the key by now
        await network.settle(act, material)


@pytest.mark.parametrize("kind", [ActKind.LIKE, ActKind.REPOST, ActKind.FOLLOW, ActKind.BLOCK, ActKind.DELETE])
async def test_what_may_be_repeated_is_never_in_doubt(kind: ActKind) -> None:
    wire = Wire()
    network = desk(wire)
    assert await network.settle(Act(kind, ACCOUNT.id), network.begin(_act(), NOW, b"1")) is None


async def test_a_message_that_was_sent_is_never_sent_again_for_want_of_its_conversation() -> None:
    clock = Clock()
    book = Book(clock, honours=False)
    wire = book.wire()
    conversations = wire.answers["GET /api/v1/conversations"]
    wire.answers["GET /api/v1/conversations"] = (429, {"error": "slow"}, {"retry-after": "60"})
    network = desk(wire, clock)
    act = _act("psst", ActKind.MESSAGE, person=BOB)
    material = await _ready(network, act, clock)
    with pytest.raises(Unreachable, match="It was sent"):
        await network.send(act, material)
    with pytest.raises(RateLimited):
        await network.settle(act, material)
    wire.answers["GET /api/v1/conversations"] = conversations
    found = await network.settle(act, material)
    assert found is not None
    assert found.post is not None
    assert (found.post.kind, found.post.conversation, found.post.text) == (PostKind.MESSAGE, "cs0", "@bob psst")
    assert len(book.posts) == 1


async def test_a_message_names_whom_it_is_for() -> None:
    clock = Clock()
    book = Book(clock)
    network = desk(book.wire(), clock)
    far = Identity("mastodon", "9@social.example.com", "eve@far.example.com")
    for person_, text, sent in (
        (BOB, "hi", "@bob hi"),
        (BOB, "@bob hi", "@bob hi"),
        (BOB, "hi @BOB@example.com", "hi @BOB@example.com"),
        (BOB, "@bob@far.example.com hi", "@bob @bob@far.example.com hi"),
        (far, "hi @eve", "@eve@far.example.com hi @eve"),
        (ACCOUNT.identity, "to myself", "to myself"),
    ):
        material = await _ready(network, _act(text, ActKind.MESSAGE, person=person_), clock)
        body = json.loads(material)["status"]
        assert (body["status"], body["visibility"]) == (sent, "direct")


async def test_material_that_is_damaged() -> None:
    network = desk(Wire())
    for material in ("", "[]", "{}", '{"key": 7, "createdAt": "x"}', "nonsense"):
        assert await network.settle(_act(), material) is None
        with pytest.raises(Refused, match="write it again"):
            await network.send(_act(), material)


async def test_a_mute_lasts_as_long_as_was_said() -> None:
    wire = Wire({
        "GET /api/v1/accounts/id-bob": person("bob"), "POST /api/v1/accounts/id-bob/mute": {"id": "id-bob"},
        "POST /api/v1/reports": {"id": "r1"},
    })  # fmt: skip
    network = desk(wire)
    act = Act(ActKind.MUTE, ACCOUNT.id, person=BOB, seconds=3600)
    await network.send(act, await _ready(network, act, Clock()))
    assert wire.of("POST", "/api/v1/accounts/id-bob/mute")[0].body == {"duration": 3600, "notifications": True}
    act = Act(ActKind.REPORT, ACCOUNT.id, person=BOB, target=PostRef(HOST, "5"), text="spam " * 1000)
    assert (await network.send(act, await _ready(network, act, Clock()))).result == "r1"
    body = wire.of("POST", "/api/v1/reports")[0].body
    assert (body["account_id"], body["status_ids"], len(body["comment"])) == ("id-bob", ["5"], 1000)
