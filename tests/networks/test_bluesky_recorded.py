"""What we ask of Bluesky, and how we read it, against the recordings of real servers and the lexicons."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import lexicon
import pytest
from bluesky_replay import ACCOUNT, ALICE, RECORDED, Asked, Server, body_of, desk, recorded
from replaykit import NOW, Clock

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import NotThere, RateLimited
from tweetdesk.networks.bluesky import Bluesky, log_in

BOB = Identity("bluesky", "did:plc:nq5jue7nlk7maf3vtnc2bqdm", "bob.test")
CAROL = Identity("bluesky", "did:plc:nopou7ayzkmrfey5f54thumk", "carol.test")
ROOT = PostRef("bluesky", f"at://{ALICE}/app.bsky.feed.post/3n2way2c56k2n")
ROOT_VERSION = "bafyreigqwfn5erhvnu7bg5plfhhvsk6bnvp26qshkqoeqexy7p3t5osd5a"
SEEN = json.dumps({"seen": ["at://did:plc:x/app.bsky.feed.post/1"]})

Use = Callable[[Bluesky], Awaitable[object]]


def _source(kind: str, words: str = "", cursor: str = SEEN) -> Use:
    return lambda network: network.fetch(Source(ACCOUNT.id, kind, words), cursor)


def _send(kind: ActKind, **more: Any) -> Use:
    async def use(network: Bluesky) -> object:
        act = Act(kind, ACCOUNT.id, **more)
        material = await network.prepare(act, network.begin(act, NOW, b"12345678"))
        return await network.send(act, material)

    return use


#: Recording -> what makes the same request.
READS: dict[str, Use] = {
    "listNotifications.reasons": _source("mentions"),
    "getTimeline.page1": _source("home"),
    "getAuthorFeed.posts_and_author_threads": _source("person", "bob.test"),
    "searchPosts": _source("search", "asyncio"),
    "getPostThread": lambda network: network.thread(ROOT),
    "getPosts": lambda network: network.posts(
        (ROOT, PostRef("bluesky", f"at://{BOB.id}/app.bsky.feed.post/3n2way3f5cc2n"))
    ),
    "getProfile": lambda network: network.profile("bob.test"),
    "chat.listConvos.proxied": _source("messages", cursor=""),
}
WRITES: dict[str, Use] = {
    "createRecord.post": _send(ActKind.POST, text="Hello world, who knows asyncio? #python"),
    "createRecord.mention-facets": _send(ActKind.POST, text="Grüße 👋 @bob.test see https://example.com/ü ok"),
    "createRecord.reply": _send(ActKind.REPLY, text="I know", target=ROOT, target_version=ROOT_VERSION),
    "createRecord.quote": _send(ActKind.QUOTE, text="quoting this", target=ROOT, target_version=ROOT_VERSION),
    "createRecord.like": _send(ActKind.LIKE, target=ROOT, target_version=ROOT_VERSION),
    "createRecord.repost": _send(ActKind.REPOST, target=ROOT, target_version=ROOT_VERSION),
    "createRecord.follow": _send(ActKind.FOLLOW, person=BOB),
    "createRecord.block": _send(ActKind.BLOCK, person=CAROL),
    "deleteRecord.block": _send(
        ActKind.UNBLOCK, person=CAROL, record=f"at://{ALICE}/app.bsky.graph.block/3n2waylba3k2n"
    ),
    "deleteRecord.post": _send(
        ActKind.DELETE, target=PostRef("bluesky", f"at://{ALICE}/app.bsky.feed.post/3n2way55mbabx")
    ),
    "muteActor": _send(ActKind.MUTE, person=CAROL),
    "unmuteActor": _send(ActKind.UNMUTE, person=CAROL),
    "muteThread": _send(ActKind.MUTE_THREAD, target=ROOT),
    "unmuteThread": _send(ActKind.UNMUTE_THREAD, target=ROOT),
}


def _server() -> Server:
    """A server that gives the recorded answer to whatever is asked."""
    put = body_of("once.putRecord.swapNull.first")
    made = {
        "com.atproto.repo.putRecord": put,
        "com.atproto.repo.deleteRecord": {},
        "com.atproto.identity.resolveHandle": body_of("resolveHandle"),
        "app.bsky.feed.getPosts": body_of("getPosts"),
        "chat.bsky.convo.listConvos": body_of("CONSTRUCTED.chat.bsky.convo.listConvos"),
        "chat.bsky.convo.getMessages": body_of("CONSTRUCTED.chat.bsky.convo.getMessages"),
        "chat.bsky.convo.getLog": body_of("CONSTRUCTED.chat.bsky.convo.getLog"),
        "chat.bsky.convo.getConvoForMembers": body_of("CONSTRUCTED.chat.bsky.convo.getConvoForMembers"),
        "chat.bsky.convo.getConvo": body_of("CONSTRUCTED.chat.bsky.convo.getConvoForMembers"),
        "chat.bsky.convo.sendMessage": body_of("CONSTRUCTED.chat.bsky.convo.sendMessage"),
    }
    for method in ("muteActor", "unmuteActor", "muteThread", "unmuteThread"):
        made[f"app.bsky.graph.{method}"] = b""
    for name in READS:
        if not name.startswith("chat."):
            made[_method(recorded(name))] = body_of(name)
    return Server(made)


def _method(exchange: dict[str, Any]) -> str:
    path: str = exchange["request"]["path"]
    return path.removeprefix("/xrpc/")


def _pairs(params: Any) -> set[tuple[str, str]]:
    return {(name, str(value)) for name, value in (params.items() if isinstance(params, dict) else params or ())}


@pytest.mark.parametrize("name", READS)
async def test_reads_are_asked_for_as_recorded(name: str) -> None:
    exchange, server = recorded(name), _server()
    network = desk(server)
    await READS[name](network)
    asked = server.of(_method(exchange))[0]
    assert asked.verb == exchange["request"]["method"]
    free = {"limit", "depth", "parentHeight", "filter"}
    ours = {pair for pair in asked.params if pair[0] not in free}
    assert ours == {pair for pair in _pairs(exchange["request"]["params"]) if pair[0] not in free}
    assert asked.headers["authorization"] == "Bearer first"
    for header, value in exchange["request"]["headers"].items():
        assert asked.headers[header] == value
    await network.close()


def _shape(value: Any) -> Any:
    """A body with its own texts taken out: what must be the same in every request of its kind."""
    if isinstance(value, dict):
        return {name: value[name] if name == "$type" else _shape(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_shape(one) for one in value]
    return type(value).__name__


@pytest.mark.parametrize("name", WRITES)
async def test_writes_have_the_recorded_shape(name: str) -> None:
    exchange, server = recorded(name), _server()
    network = desk(server)
    await WRITES[name](network)
    asked, wanted = server.asked[-1], exchange["request"]["body"]
    assert asked.verb == "POST"
    if not name.startswith("createRecord"):
        assert (asked.method, asked.body) == (_method(exchange), wanted)
        return
    assert asked.method == "com.atproto.repo.putRecord"
    frame = recorded("once.putRecord.swapNull.first")["request"]["body"]
    assert set(asked.body) == set(frame)
    assert asked.body["swapRecord"] is None
    assert asked.body["collection"] == wanted["collection"]
    wanted["record"].pop("langs", None)
    for facet in wanted["record"].get("facets", []):
        facet.pop("$type", None)
    assert _shape(asked.body["record"]) == _shape(wanted["record"])
    await network.close()


@pytest.mark.skipif(bool(lexicon.MISSING), reason=lexicon.MISSING)
@pytest.mark.parametrize("name", [*READS, *WRITES])
async def test_every_request_fits_its_lexicon(name: str) -> None:
    server = _server()
    network = desk(server)
    await (READS | WRITES)[name](network)
    _check(server.asked)
    await network.close()


def _check(asked: list[Asked]) -> None:
    for one in asked:
        lexicon.check_params(one.method, one.params)
        if one.verb == "POST":
            lexicon.check_input(one.method, one.body)


@pytest.mark.skipif(bool(lexicon.MISSING), reason=lexicon.MISSING)
async def test_messages_and_logins_fit_their_lexicons() -> None:
    server = _server()
    server.answers["com.atproto.server.createSession"] = body_of("createSession.apppass")
    network = desk(server)
    await _send(ActKind.MESSAGE, text="hi #there", person=BOB)(network)
    await network.messages("3n2wacmaaaa2b")
    await network.fetch(Source(ACCOUNT.id, "messages"), '{"log":"22222223z7q2a"}')
    _check(server.asked)
    assert server.of("chat.bsky.convo.sendMessage")[0].body["message"]["facets"]
    await network.close()


def test_the_validator_sees_mistakes() -> None:
    if lexicon.MISSING:
        pytest.skip(lexicon.MISSING)
    record = {"$type": "app.bsky.feed.post", "text": "a", "createdAt": "2026-11-22T18:34:58.536Z"}
    lexicon.check_record(record, strict=True)
    for wrong in ({"text": "a" * 301}, {"createdAt": "yesterday"}, {"more": 1}, {"facets": [{}]}, {"reply": {}}):
        with pytest.raises(lexicon.Wrong):
            lexicon.check_record({**record, **wrong}, strict=True)
    with pytest.raises(lexicon.Wrong):
        lexicon.check_params("app.bsky.feed.getTimeline", [("limit", "1000")])


async def test_mentions_have_their_reasons_parents_and_quotes() -> None:
    network = desk(_server())
    page = await network.fetch(Source(ACCOUNT.id, "mentions"), "")
    found = {fetched.why[0]: fetched.post for fetched in page.posts}
    assert set(found) == {"quotes you", "replies to you", "mentions you"}
    reply = found["replies to you"]
    assert reply.parent is not None
    assert reply.parent.text == "Hello world, who knows asyncio? #python"
    assert (reply.reply_root, reply.root_version, reply.conversation) == (ROOT, ROOT_VERSION, ROOT.id)
    mention = found["mentions you"]
    assert [(span.kind, mention.text[span.start : span.end]) for span in mention.spans] == [
        ("mention", "@alice.test"),
        ("link", "https://example.com/ü"),
    ]
    assert mention.url == "https://bsky.app/profile/bob.test/post/3n2way2hg4s2n"
    assert {person.identity.handle for person in page.people} == {"bob.test", "carol.test"}
    assert next(person for person in page.people if person.identity.id == BOB.id).follows_us
    again = await network.fetch(Source(ACCOUNT.id, "mentions"), page.cursor)
    assert (again.posts, again.cursor, again.gap) == ((), page.cursor, False)


async def test_a_thread_is_in_reading_order() -> None:
    network = desk(_server())
    shown = [(place.depth, place.post.text) for place in (await network.thread(ROOT)).posts if place.post]
    assert shown == [
        (0, "Hello world, who knows asyncio? #python"),
        (1, "I know some asyncio, ask away"),
        (2, "me too"),
    ]
    upward = Server({"app.bsky.feed.getPostThread": body_of("getPostThread.reply-parentHeight")})
    places = (await desk(upward).thread(ROOT)).posts
    assert [place.depth for place in places] == [0, 1, 2]
    assert places[2].post is not None
    assert places[2].post.parent is not None
    assert places[2].post.parent.text == "I know some asyncio, ask away"


async def test_blocked_and_missing_threads_are_told() -> None:
    blocked = Server({"app.bsky.feed.getPostThread": body_of("getPostThread.blocked")})
    assert [place.missing for place in (await desk(blocked).thread(ROOT)).posts] == ["blocked"]
    gone = Server({"app.bsky.feed.getPostThread": (400, body_of("getPostThread.notfound"))})
    with pytest.raises(NotThere):
        await desk(gone).thread(ROOT)
    nobody = Server({"app.bsky.actor.getProfile": (400, body_of("getProfile.notfound"))})
    with pytest.raises(NotThere):
        await desk(nobody).profile("nobody.test")


async def test_the_pds_of_the_did_document_is_used() -> None:
    answer = body_of("createSession.apppass")
    server = Server({"com.atproto.server.createSession": answer})
    import httpx

    login = await log_in(
        "localhost:9999", " @Alice.Test\u2060 ", "abcd-efgh-ijkl-mnop", transport=httpx.MockTransport(server)
    )
    assert login.account.server == "http://localhost:9999"
    assert login.secret["pds"] == "http://localhost:12583"
    assert (login.account.user_id, login.account.handle) == (answer["did"], "alice.test")
    assert server.asked[0].body == recorded("createSession.apppass")["request"]["body"]
    assert "abcd" not in repr(login)
    assert login.secret["accessJwt"] not in repr(login)


async def test_the_recorded_429_says_until_when() -> None:
    exchange = recorded("ratelimit.createSession.429")["response"]
    import httpx

    limited = httpx.Response(
        429,
        headers={n: v for n, v in exchange["headers"].items() if "limit" in n or n == "retry-after"},
        json=exchange["body"],
    )
    clock = Clock(datetime.fromtimestamp(1795372534 - 289, UTC))
    server = Server({"com.atproto.server.createSession": lambda _: limited})
    with pytest.raises(RateLimited) as told:
        await log_in("http://localhost:1", "alice.test", "x", transport=httpx.MockTransport(server), clock=clock)
    assert told.value.until == datetime.fromtimestamp(1795372534, UTC)


def test_every_recording_of_ours_is_there() -> None:
    if not RECORDED.is_dir():
        pytest.skip("../shared/data/bluesky_recorded is not there")
    assert [name for name in [*READS, *WRITES] if not (RECORDED / f"{name}.json").exists()] == []
