"""Bluesky on a bad day: spent tokens, rate limits, errors, nonsense, missing fields, made-up dates."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from bluesky_replay import ACCOUNT, ALICE, SECRET, Asked, Server, body_of, desk
from hypothesis import given, settings
from hypothesis import strategies as st
from replaykit import NOW, Clock

from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks import bluesky
from tweetdesk.networks.base import (
    LoginNeeded,
    NetworkError,
    NotThere,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
)
from tweetdesk.networks.bluesky import log_in
from tweetdesk.networks.bluesky_login import server_address, tidy_handle
from tweetdesk.networks.bluesky_records import Unreadable, embedded, moment, moment_of, parts_of, post, warning
from tweetdesk.networks.credentials import MemoryPlace

PROFILE, REFRESH = "app.bsky.actor.getProfile", "com.atproto.server.refreshSession"
BOB = {"did": "did:plc:bob", "handle": "bob.test"}
FRESH = {"accessJwt": "second", "refreshJwt": "again2", "did": ALICE, "handle": "alice.test"}
SYNTAX = Path(__file__).parents[2] / "../shared/data/atproto_interop/syntax"


def _only_with(token: str, error: str = "ExpiredToken", status: int = 400) -> Any:
    def answer(asked: Asked) -> Any:
        if asked.headers["authorization"] == f"Bearer {token}":
            return BOB
        return status, {"error": error, "message": "Token has expired"}

    return answer


# --- sessions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status"), [("ExpiredToken", 400), ("ExpiredToken", 401), ("InvalidToken", 400)]
)
async def test_a_spent_token_is_renewed_once_for_all(error: str, status: int) -> None:
    server = Server({PROFILE: _only_with("second", error, status), REFRESH: FRESH})
    place = MemoryPlace(SECRET)
    network = bluesky.open(ACCOUNT, place, transport=httpx.MockTransport(server))
    await asyncio.gather(*(network.profile("bob.test") for _ in range(6)))
    assert [asked.headers["authorization"] for asked in server.of(REFRESH)] == ["Bearer again"]
    kept = await place.read()
    assert kept is not None
    assert (kept["accessJwt"], kept["refreshJwt"]) == ("second", "again2")
    await network.close()


async def test_new_tokens_are_kept_before_they_are_used() -> None:
    order: list[str] = []

    class Place(MemoryPlace):
        async def write(self, secret: Any) -> None:
            order.append(f"kept {secret['accessJwt']}")
            await super().write(secret)

    def answer(asked: Asked) -> Any:
        order.append(f"asked with {asked.headers['authorization'].removeprefix('Bearer ')}")
        return _only_with("second")(asked)

    server = Server({PROFILE: answer, REFRESH: FRESH})
    await bluesky.open(ACCOUNT, Place(SECRET), transport=httpx.MockTransport(server)).profile("bob.test")
    assert order == ["asked with first", "kept second", "asked with second"]


async def test_what_another_process_renewed_is_taken_over() -> None:
    place = MemoryPlace(SECRET)
    server = Server({PROFILE: _only_with("second"), REFRESH: FRESH})
    network = bluesky.open(ACCOUNT, place, transport=httpx.MockTransport(server))
    server.answers[PROFILE] = (401, {"error": "AuthMissing", "message": "x"})
    server.answers[REFRESH] = (400, {"error": "ExpiredToken", "message": "x"})
    with pytest.raises(LoginNeeded):
        await network.profile("bob.test")
    server.answers[PROFILE] = _only_with("third")
    await place.write({**SECRET, "accessJwt": "third"})
    assert (await network.profile("bob.test")).identity.handle == "bob.test"


async def test_a_session_that_cannot_be_renewed_says_what_to_do() -> None:
    gone = (400, {"error": "ExpiredToken", "message": "Token has expired"})
    network = desk(Server({PROFILE: gone, REFRESH: gone}))
    with pytest.raises(LoginNeeded, match="tweetdesk login bluesky"):
        await network.profile("bob.test")
    with pytest.raises(LoginNeeded, match="tweetdesk login bluesky"):
        await desk(Server(), secret=None).profile("bob.test")


async def test_trouble_while_renewing_is_not_taken_for_the_end_of_the_session() -> None:
    for answer, kind in (
        ((503, b"<html>"), ServerTrouble),
        ((403, b"<html>"), ServerTrouble),
        ((429, {"error": "RateLimitExceeded"}), RateLimited),
        (httpx.ConnectTimeout("x"), Unreachable),
    ):
        server = Server({PROFILE: _only_with("second"), REFRESH: answer})
        network = desk(server)
        with pytest.raises(kind):
            await network.profile("bob.test")
        server.answers[REFRESH] = FRESH
        assert (await network.profile("bob.test")).identity.handle == "bob.test"


async def test_a_password_logs_in_afresh() -> None:
    create = "com.atproto.server.createSession"
    server = Server({create: FRESH, PROFILE: _only_with("second")})
    network = desk(server, secret={"password": "abcd-efgh-ijkl-mnop"})
    await network.profile("bob.test")
    assert server.of(create)[0].body == {"identifier": ALICE, "password": "abcd-efgh-ijkl-mnop"}


async def test_a_place_that_fails_loses_no_tokens() -> None:
    class Place(MemoryPlace):
        broken = True

        async def write(self, secret: Any) -> None:
            if self.broken:
                raise LoginNeeded("the keyring is locked")
            await super().write(secret)

    place = Place(SECRET)
    server = Server({PROFILE: _only_with("second"), REFRESH: FRESH})
    network = bluesky.open(ACCOUNT, place, transport=httpx.MockTransport(server))
    for _ in range(2):
        with pytest.raises(LoginNeeded, match="locked"):
            await network.profile("bob.test")
    place.broken = False
    await network.profile("bob.test")
    assert len(server.of(REFRESH)) == 1
    kept = await place.read()
    assert kept is not None
    assert kept["accessJwt"] == "second"


# --- logging in --------------------------------------------------------------------------------------------------

CREATE, RESOLVE = "com.atproto.server.createSession", "com.atproto.identity.resolveHandle"


async def _refused_login(answers: dict[str, Any], handle: str = "alice.test") -> NetworkError:
    with pytest.raises(NetworkError) as told:
        await log_in("https://pds.example.com", handle, "x", transport=httpx.MockTransport(Server(answers)))
    return told.value


async def test_each_trouble_of_a_login_has_a_sentence_of_its_own() -> None:
    wrong = (401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
    nobody = (400, {"error": "InvalidRequest", "message": "Unable to resolve handle"})
    cases: list[tuple[type[NetworkError], dict[str, Any]]] = [
        (LoginNeeded, {CREATE: wrong, RESOLVE: {"did": ALICE}}),
        (NotThere, {CREATE: wrong, RESOLVE: nobody}),
        (LoginNeeded, {CREATE: (401, {"error": "AuthFactorTokenRequired", "message": "x"})}),
        (Refused, {CREATE: (401, {"error": "AccountTakedown", "message": "x"})}),
        (Refused, {CREATE: {**FRESH, "active": False, "status": "deactivated"}}),
        (ServerTrouble, {CREATE: (200, b"<html>hello</html>")}),
        (ServerTrouble, {CREATE: (503, b"no")}),
        (RateLimited, {CREATE: (429, {"error": "RateLimitExceeded"})}),
        (Unreachable, {CREATE: httpx.ReadTimeout("x")}),
        (Unreachable, {CREATE: httpx.RemoteProtocolError("x")}),
    ]
    said = {}
    for kind, answers in cases:
        told = await _refused_login(answers)
        assert type(told) is kind or isinstance(told, kind)
        said[str(told)] = kind
    assert len(said) == len(cases)
    assert all(sentence.endswith(".") and len(sentence) > 30 for sentence in said)
    for stranger in ((404, b"not here"), (404, {"a": 1}), (200, {"a": 1}), (200, []), (302, b""), (405, b"")):
        assert "not as a Bluesky" in str(await _refused_login({CREATE: stranger}))


async def test_a_password_never_stands_in_an_error() -> None:
    for answers in (
        {CREATE: (400, {"error": "InvalidRequest", "message": "bad"})},
        {CREATE: httpx.ReadError("x")},
    ):
        transport = httpx.MockTransport(Server(answers))
        with pytest.raises(NetworkError) as told:
            await log_in("https://pds.example.com", "alice.test", "hunter2-hunter2", transport=transport)
        assert "hunter2" not in str(told.value)


def test_what_is_typed_is_tidied() -> None:
    assert server_address("") == server_address("bsky.social/") == "https://bsky.social"
    assert server_address(" localhost:2583 ") == "http://localhost:2583"
    assert server_address("http://127.0.0.1:99/") == "http://127.0.0.1:99"
    assert server_address("https://PDS.Example.com/xrpc") == "https://pds.example.com"
    for wrong in (
        "http://example.com",
        "ftp://example.com",
        "https://",
        "https://a:b@example.com",
        "a b",
        "x:99999",
    ):
        with pytest.raises(Refused):
            server_address(wrong)
    assert tidy_handle("\u2068@Alice.Example.com\u2069 ", "https://x.example.com") == "alice.example.com"
    assert tidy_handle("alice", "https://bsky.social") == "alice.bsky.social"
    assert tidy_handle("a@example.com", "https://bsky.social") == "a@example.com"
    assert tidy_handle("did:plc:abc", "https://bsky.social") == "did:plc:abc"
    for wrong in ("", "@", "alice", "no handle.com"):
        with pytest.raises(Refused):
            tidy_handle(wrong, "https://x.example.com")


# --- answers that make no sense ----------------------------------------------------------------------------------

TIMELINE = "app.bsky.feed.getTimeline"
HOME = Source(ACCOUNT.id, "home")
POST_AT = {"$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-11-22T18:00:00.000Z"}


def _view(number: int, **more: Any) -> dict[str, Any]:
    uri = f"at://did:plc:bob/app.bsky.feed.post/k{number}"
    indexed = "2026-11-22T18:00:01.000Z"
    return {"uri": uri, "cid": f"bafy{number}", "author": BOB, "record": POST_AT, "indexedAt": indexed, **more}


def _feed(numbers: range, cursor: str | None = None) -> dict[str, Any]:
    page: dict[str, Any] = {"feed": [{"post": _view(number)} for number in numbers]}
    return {**page, "cursor": cursor} if cursor else page


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>"),
        (200, b'{"feed": ['),
        (200, b"[]"),
        {"feed": 5},
        {},
        (200, b""),
        (500, b"x"),
        (302, b""),
        (418, b"x"),
    ],
)
async def test_an_answer_that_makes_no_sense_is_trouble_of_the_server(answer: Any) -> None:
    with pytest.raises(ServerTrouble):
        await desk(Server({TIMELINE: answer})).fetch(HOME, "")


async def test_429_says_until_when() -> None:
    reset = int(NOW.timestamp()) + 120
    for headers, seconds in (({"retry-after": "30"}, 30), ({"ratelimit-reset": str(reset)}, 120), ({}, 60)):
        limited = httpx.Response(429, json={"error": "RateLimitExceeded"}, headers=headers)
        with pytest.raises(RateLimited) as told:
            await desk(Server({TIMELINE: lambda _, limited=limited: limited})).fetch(HOME, "")
        assert told.value.until == NOW + timedelta(seconds=seconds)


async def test_a_read_is_tried_again_after_a_gateway_error() -> None:
    server = Server({TIMELINE: [(502, b""), httpx.ReadError("x"), _feed(range(1))]})
    clock = Clock()
    assert len((await desk(server, clock).fetch(HOME, "")).posts) == 1
    assert clock() > NOW


async def test_deep_nesting_is_not_followed() -> None:
    deep = b'{"thread":' + b'{"parent":' * 5000 + b"{}" + b"}" * 5000 + b"}"
    ref = PostRef("bluesky", "at://did:plc:bob/app.bsky.feed.post/a")
    with pytest.raises(ServerTrouble):
        await desk(Server({"app.bsky.feed.getPostThread": (200, deep)})).thread(ref)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inside in pairs:
        yield (*at, name)
        yield from _paths(inside, (*at, name))


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(value)
    place = made
    for name in path[:-1]:
        place = place[name]
    del place[path[-1]]
    return made


def _with(value: Any, path: tuple[Any, ...], other: Any) -> Any:
    made = copy.deepcopy(value)
    place = made
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = other
    return made


PAGES = {
    "mentions": ("app.bsky.notification.listNotifications", "listNotifications.reasons", "notifications"),
    "home": (TIMELINE, "getTimeline", "feed"),
    "search": ("app.bsky.feed.searchPosts", "searchPosts", "posts"),
}


@pytest.mark.parametrize("kind", PAGES)
async def test_a_field_that_is_missing_costs_one_entry_at_most(kind: str) -> None:
    method, name, entries = PAGES[kind]
    whole = body_of(name)
    source = Source(ACCOUNT.id, kind, "asyncio" if kind == "search" else "")
    full = len((await desk(Server({method: whole})).fetch(source, "")).posts)
    assert full == len({json.dumps(one, sort_keys=True) for one in whole[entries]})
    first = whole[entries][0]
    for path in _paths(first):
        for broken in (_without(first, path), _with(first, path, None), _with(first, path, [{"a": 7}])):
            page = await desk(Server({method: {**whole, entries: [broken, *whole[entries][1:]]}})).fetch(
                source, ""
            )
            assert full - 1 <= len(page.posts) <= full + 1, path
            assert len(page.posts) + page.unreadable >= full - 1


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["feed", "posts", "notifications"]), st.lists(_JSON, max_size=4), st.data())
def test_anything_may_stand_in_a_page(name: str, entries: list[Any], data: st.DataObject) -> None:
    paths = list(
        _paths(_view(1, embed={"$type": "app.bsky.embed.record#view", "record": {}}, viewer={}, labels=[]))
    )
    odd = [
        _with(_view(2, viewer={}), path, data.draw(_JSON))
        for path in paths
        if path[0] in ("record", "author", "viewer")
    ]
    kind = {"feed": "home", "posts": "search", "notifications": "mentions"}[name]
    views = [{"post": view} if name == "feed" else view for view in odd]
    method = PAGES[kind][0]
    server = Server({method: {name: [*entries, *views]}})
    page = asyncio.run(desk(server).fetch(Source(ACCOUNT.id, kind, "x"), ""))
    assert page.unreadable >= 0


# --- cursors -----------------------------------------------------------------------------------------------------


def _pages(total: int, size: int) -> Any:
    """A timeline of so many posts, newest first, in pages."""

    def answer(asked: Asked) -> Any:
        start = int(dict(asked.params).get("cursor", "0"))
        end = min(start + size, total)
        return _feed(range(total - start, total - end, -1), str(end) if end < total else None)

    return answer


async def test_reading_stops_at_the_first_known_entry() -> None:
    server = Server({TIMELINE: _pages(100, 10)})
    network = desk(server)
    first = await network.fetch(HOME, "")
    assert (len(first.posts), first.gap, len(server.asked)) == (10, False, 1)
    assert ("limit", "100") in server.asked[0].params
    server.answers[TIMELINE] = _pages(125, 10)
    second = await network.fetch(HOME, first.cursor)
    assert (len(second.posts), second.gap, len(server.asked)) == (25, False, 4)
    assert {fetched.post.ref.id.rpartition("/k")[2] for fetched in second.posts} >= {
        str(n) for n in range(101, 126)
    }


async def test_more_than_five_pages_leave_a_gap_and_are_said_to() -> None:
    server = Server({TIMELINE: _pages(10, 10)})
    network = desk(server)
    first = await network.fetch(HOME, "")
    server.answers[TIMELINE] = _pages(200, 10)
    second = await network.fetch(HOME, first.cursor)
    assert (len(second.posts), second.gap, len(server.asked)) == (50, True, 6)
    third = await network.fetch(HOME, second.cursor)
    assert (third.posts, third.gap) == ((), False)


async def test_a_server_cursor_that_is_not_taken_ends_the_reading() -> None:
    def answer(asked: Asked) -> Any:
        if "cursor" in dict(asked.params):
            return 502, body_of("error.bad-cursor")
        return _feed(range(20, 10, -1), "zzz")

    network = desk(Server({TIMELINE: answer}))
    page = await network.fetch(HOME, '{"seen":["x"]}')
    assert (len(page.posts), page.gap) == (10, True)


@pytest.mark.parametrize("cursor", ["nonsense", "[]", '{"seen":5}', '{"seen":[1,2]}', "null"])
async def test_a_cursor_of_ours_that_makes_no_sense_is_as_good_as_none(cursor: str) -> None:
    page = await desk(Server({TIMELINE: _feed(range(3))})).fetch(HOME, cursor)
    assert len(page.posts) == 3


async def test_a_repost_is_an_entry_of_its_own() -> None:
    carol = {"did": "did:plc:carol", "handle": "carol.test", "viewer": {"muted": False}}
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": carol, "indexedAt": "2026-11-22T18:30:00.000Z"}
    page = await desk(
        Server({TIMELINE: {"feed": [{"post": _view(1), "reason": reason}, {"post": _view(1)}]}})
    ).fetch(HOME, "")
    repost, plain = page.posts
    assert repost.reposted_by is not None
    assert repost.reposted_by.handle == "carol.test"
    assert repost.at == datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
    assert plain.reposted_by is None
    assert repost.post == plain.post


async def test_what_found_posts_answer_is_asked_for() -> None:
    above = _view(1)
    reference = {"uri": above["uri"], "cid": above["cid"]}
    record = {**POST_AT, "reply": {"root": reference, "parent": reference}}
    found, getting = "app.bsky.feed.searchPosts", "app.bsky.feed.getPosts"
    server = Server({found: {"posts": [_view(2, record=record), _view(3)]}, getting: {"posts": [above]}})
    page = await desk(server).fetch(Source(ACCOUNT.id, "search", "hello"), "")
    parent = page.posts[0].post.parent
    assert parent is not None
    assert (parent.text, page.posts[1].post.parent) == ("hello", None)
    assert server.of(getting)[0].params == [("uris", above["uri"])]
    server.answers[getting] = (500, b"")
    page = await desk(server).fetch(Source(ACCOUNT.id, "search", "hello"), "")
    assert len(page.posts) == 2


async def test_a_search_without_words_and_an_unknown_source() -> None:
    server = Server()
    assert (await desk(server).fetch(Source(ACCOUNT.id, "search", " "), "c")).cursor == "c"
    assert server.asked == []
    with pytest.raises(ValueError, match="weather"):
        await desk(server).fetch(Source(ACCOUNT.id, "weather"), "")


# --- direct messages ---------------------------------------------------------------------------------------------

MESSAGES = Source(ACCOUNT.id, "messages")
DEFS = "chat.bsky.convo.defs#"


def _message(number: int, did: str = "did:plc:bob", kind: str = "messageView") -> dict[str, Any]:
    made = {"$type": DEFS + kind, "id": f"m{number}", "rev": f"r{number}", "sender": {"did": did}}
    return {**made, "text": f"text {number}", "sentAt": f"2026-11-22T18:00:{number:02}.000Z"}


def _convo(number: int = 1) -> dict[str, Any]:
    members = [{"did": ALICE, "handle": "alice.test"}, BOB]
    return {"id": f"c{number}", "rev": "1", "members": members, "muted": False, "unreadCount": 0}


async def test_messages_first_all_then_by_the_log() -> None:
    server = Server(
        {
            "chat.bsky.convo.getLog": {"logs": [], "cursor": "now"},
            "chat.bsky.convo.listConvos": {"convos": [_convo(), {"broken": True}, 5]},
            "chat.bsky.convo.getMessages": {
                "messages": [_message(2, ALICE), _message(1), _message(0, kind="deletedMessageView"),
                             _message(3, kind="systemMessageView"), {"$type": "com.example.other"}, {"id": 5}]
            },
            "chat.bsky.convo.getConvo": {"convo": _convo(2)},
        }
    )  # fmt: skip
    network = desk(server)
    page = await network.fetch(MESSAGES, "")
    assert [(fetched.post.text, fetched.post.author.handle) for fetched in page.posts] == [
        ("text 2", "alice.test"),
        ("text 1", "bob.test"),
    ]
    assert (page.gone, page.unreadable) == ((PostRef("bluesky", "chat c1 m0"),), 3)
    assert {person.identity.handle for person in page.people} == {"alice.test", "bob.test"}
    logs = [
        {"$type": DEFS + "logCreateMessage", "rev": "2", "convoId": "c2", "message": _message(4)},
        {"$type": DEFS + "logDeleteMessage", "rev": "3", "convoId": "c1", "message": {"id": "m1"}},
        {"$type": DEFS + "logReadMessage", "rev": "4", "convoId": "c1", "message": _message(4)},
        {"$type": DEFS + "logSomethingNew", "rev": "5", "convoId": "c1"},
        {"$type": DEFS + "logCreateMessage", "rev": "6", "convoId": "c1", "message": {"id": "m9"}},
    ]
    server.answers["chat.bsky.convo.getLog"] = [{"logs": logs, "cursor": "later"}, {"logs": [], "cursor": "later"}]
    page = await network.fetch(MESSAGES, page.cursor)
    assert [fetched.post.ref.id for fetched in page.posts] == ["chat c2 m4"]
    assert (page.gone, page.unreadable) == ((PostRef("bluesky", "chat c1 m1"),), 1)
    assert json.loads(page.cursor) == {"log": "later"}
    assert ("cursor", "now") in server.of("chat.bsky.convo.getLog")[1].params
    assert (await network.fetch(MESSAGES, page.cursor)).people == (), "people are told of when something is new"


async def test_a_log_that_is_too_old_is_read_anew_and_says_so() -> None:
    def log(asked: Asked) -> Any:
        return (
            (400, {"error": "InvalidRequest", "message": "no"}) if asked.params else {"logs": [], "cursor": "now"}
        )

    server = Server({"chat.bsky.convo.getLog": log, "chat.bsky.convo.listConvos": {"convos": []}})
    page = await desk(server).fetch(MESSAGES, '{"log":"old"}')
    assert (page.gap, json.loads(page.cursor)) == (True, {"log": "now"})


async def test_an_app_password_without_the_right_says_which_one_to_make() -> None:
    no_right = (400, {"error": "InvalidToken", "message": "Bad token method"})
    server = Server({"chat.bsky.convo.getLog": no_right})
    for cursor in ("", '{"log":"x"}'):
        with pytest.raises(Refused, match="Allow access to your direct messages"):
            await desk(server).fetch(MESSAGES, cursor)
    assert server.of(REFRESH) == []


# --- single values -----------------------------------------------------------------------------------------------


def _lines(name: str) -> list[str]:
    path = SYNTAX / name
    if not path.exists():
        pytest.skip(f"{name} of ../shared/data/atproto_interop/syntax is not there")
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_dates_of_the_syntax_suite() -> None:
    early = [text for text in _lines("datetime_syntax_valid.txt") if moment(text) is None]
    assert all(text < "1980" for text in early), early
    for name in ("datetime_syntax_invalid.txt", "datetime_parse_invalid.txt"):
        for text in _lines(name):
            moment(text)  # never raises; some that are invalid can still be read


def test_uris_and_record_keys_of_the_syntax_suite() -> None:
    for text in _lines("aturi_syntax_invalid.txt"):
        with pytest.raises(Unreadable):
            parts_of(text)
    for key in _lines("recordkey_syntax_valid.txt"):
        assert parts_of(f"at://did:plc:a/app.bsky.feed.post/{key}")[2] == key
    for key in _lines("recordkey_syntax_invalid.txt"):
        with pytest.raises(Unreadable):
            parts_of(f"at://did:plc:a/app.bsky.feed.post/{key}")


def test_made_up_dates() -> None:
    indexed = "2026-11-22T18:00:00.000Z"
    at = datetime(2026, 11, 22, 18, tzinfo=UTC)
    for made_up in (
        "9999-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "soon",
        None,
        5,
    ):
        assert moment_of(made_up, indexed) == at
    assert moment_of("2023-01-01T00:00:00+02:00", indexed) == datetime(2022, 12, 31, 22, tzinfo=UTC)
    with pytest.raises(Unreadable):
        moment_of("soon", None)


def test_embeds() -> None:
    image = {
        "$type": "app.bsky.embed.images#view",
        "images": [{"alt": "a cat", "fullsize": "https://example.com/c"}],
    }
    record = {"$type": "app.bsky.embed.record#view", "record": {"$type": "app.bsky.embed.record#viewRecord",
              **_view(5), "value": POST_AT}}  # fmt: skip
    media, card, quote = embedded(
        {"$type": "app.bsky.embed.recordWithMedia#view", "media": image, "record": record}
    )
    assert (media[0].kind, media[0].alt, card) == ("image", "a cat", None)
    assert quote is not None
    assert (quote.text, quote.missing) == ("hello", "")
    for kind, flag, words in (
        ("viewNotFound", "notFound", "deleted"),
        ("viewBlocked", "blocked", "blocked"),
        ("viewDetached", "detached", "taken out by its author"),
    ):
        view = {"$type": f"app.bsky.embed.record#{kind}", "uri": "at://did:plc:b/app.bsky.feed.post/a", flag: True}
        _, _, quote = embedded({"$type": "app.bsky.embed.record#view", "record": view})
        assert quote is not None
        assert (quote.missing, quote.text) == (words, "")
    page = {"uri": "javascript:alert(1)", "title": "t", "description": ""}
    assert embedded({"$type": "app.bsky.embed.external#view", "external": page}) == ((), None, None)
    assert embedded({"$type": "com.example.new#view"})[0][0].kind == "other"
    assert embedded({"$type": "app.bsky.embed.video#view", "alt": "waves"})[0][0].alt == "waves"


def test_labels_become_words() -> None:
    author = {**BOB, "labels": [{"val": "spam"}, {"val": "!no-unauthenticated"}]}
    view = _view(
        1, author=author, labels=[{"val": "porn"}, {"val": "nudity", "neg": True}, {"val": "unheard-of"}, 5]
    )
    record = {**POST_AT, "labels": {"values": [{"val": "graphic-media"}, {"val": "spoiler"}]}}
    assert warning(view, record) == "adult content, labelled spam, graphic media, spoiler"
    assert post({**view, "record": record}).warning.startswith("adult content")


def test_records_of_another_client_are_read() -> None:
    folder = SYNTAX.parents[1] / "bluesky_marshalx/tests/test_atproto_client/models/test_data"
    path = folder / "thread_view_post_with_embed_media.json"
    if not path.exists():
        pytest.skip(f"{path.name} of ../shared/data/bluesky_marshalx is not there")
    server = Server({"app.bsky.feed.getPostThread": json.loads(path.read_text())})
    ref = PostRef("bluesky", "at://did:plc:a/app.bsky.feed.post/b")
    shown = asyncio.run(desk(server).thread(ref)).posts
    assert shown[0].post is not None
    assert shown[0].post.media
    assert shown[0].post.quote is not None
