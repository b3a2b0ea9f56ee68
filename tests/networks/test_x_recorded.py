"""X's answers as they were recorded by tweepy's tests, and X's own mock answers with absurd values."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostKind
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.x_records import Known, message, post, profile
from tweetdesk.networks.x_wire import (
    WireList,
    WireMessage,
    WirePost,
    WireUser,
    all_of,
    answer_in,
    is_id,
)

SHARED = Path(__file__).parents[2] / "../shared/data"
CASSETTES = SHARED / "x_tweepy_cassettes/responses.jsonl"
EXAMPLES = SHARED / "x_playground_examples/examples"
OWN = "2244994945"
#: What we ask, as the examples name it.
ASKED = (
    "/2/users/me", "/2/users", "/2/users/by/username/{username}", "/2/users/{id}", "/2/tweets",
    "/2/tweets/search/recent", "/2/users/{id}/mentions", "/2/users/{id}/tweets",
    "/2/users/{id}/timelines/reverse_chronological", "/2/lists/{id}/tweets", "/2/users/{id}/owned_lists",
    "/2/dm_events", "/2/dm_conversations/with/{participant_id}/dm_events",
)  # fmt: skip


def _cassettes() -> list[Any]:
    if not CASSETTES.exists():
        return [
            pytest.param({}, marks=pytest.mark.skip(reason=f"{CASSETTES.name} of x_tweepy_cassettes is not there"))
        ]
    calls = [json.loads(line) for line in CASSETTES.read_text(encoding="utf-8").splitlines()]
    return [
        pytest.param(call, id=f"{number} {call['method']} {call['path'][:60]}")
        for number, call in enumerate(calls)
        if call["path"].startswith("/2/") and call["json"] is not None
    ]


def _examples() -> list[Any]:
    if not EXAMPLES.exists():
        return [pytest.param("", {}, marks=pytest.mark.skip(reason="x_playground_examples is not there"))]
    return [
        pytest.param(f"{one['method']} {one['endpoint']}", one["response"], id=f"{path.stem} {number}")
        for path in sorted(EXAMPLES.glob("*.json"))
        for number, one in enumerate(json.loads(path.read_text(encoding="utf-8")))
    ]


def _kind(path: str) -> Any:
    """What the answer of an endpoint that we could ask is about."""
    if "dm_" in path:
        return WireMessage
    if "list" in path and not path.endswith(("/tweets", "/followers", "/members")):
        return WireList
    if path.endswith(
        ("/followers", "/following", "/muting", "/blocking", "/members", "/liking_users", "_by", "/me")
    ):
        return WireUser
    if "/users/by" in path or path.split("?")[0].removesuffix("/{id}") == "/2/users":
        return WireUser
    return WirePost


def _made(wire: Any, known: Known) -> object:
    """What we make of an entry."""
    make: Callable[..., object] | None = {WirePost: post, WireMessage: message}.get(type(wire))
    if make is not None:
        return make(wire, known)
    return profile(wire) if isinstance(wire, WireUser) else (wire.id, wire.name)


@pytest.mark.parametrize("call", _cassettes())
def test_recorded_answers_are_read(call: dict[str, Any]) -> None:
    """All entries of all answers: tweepy asked for no fields, so that authors are missing and put in here."""
    path = call["path"].split("?")[0]
    answer = answer_in(json.dumps(call["json"]).encode())
    if call["method"] != "GET" or any(part in path for part in ("/counts/", "/spaces", "/compliance")):
        return  # decoded is all that can be asked
    entries = answer.entries()
    found, broken = all_of(entries, _kind(path))
    assert broken == 0
    data = call["json"].get("data", [])
    assert len(found) == (len(data) if isinstance(data, list) else 1)
    known = Known(OWN, {OWN: Identity("x", OWN, "ada")})
    for wire in found:
        if isinstance(wire, WirePost):
            wire.author_id = wire.author_id or OWN
        elif isinstance(wire, WireMessage):
            wire.sender_id, wire.dm_conversation_id = OWN, f"{OWN}-21"
        assert _made(wire, known)


@pytest.mark.parametrize(("endpoint", "response"), _examples())
def test_absurd_answers_break_nothing(endpoint: str, response: Any) -> None:
    """Everything is read, or left out and counted; what is read can be shown."""
    answer = answer_in(json.dumps(response).encode())
    known = Known(OWN, {OWN: Identity("x", OWN, "ada")})
    known.take_attachments(answer.includes)
    kind = _kind(endpoint.partition(" ")[2])
    found, broken = all_of(answer.entries(), kind)
    assert len(found) + broken == len(answer.entries())
    included, _ = all_of((*answer.includes.tweets, *answer.includes.posts), WirePost)
    people, _ = all_of(answer.includes.users, WireUser)
    unreadable = 0
    for wire in (*found, *included, *people):
        try:
            made: Any = _made(wire, known)
        except Unreadable:
            unreadable += 1
            continue
        if isinstance(wire, WirePost):
            assert made.created_at.tzinfo is not None
            assert is_id(made.ref.id)
            end = 0
            for span in made.spans:
                assert end <= span.start < span.end <= len(made.text)
                end = span.end
        elif isinstance(wire, WireMessage):
            assert made.kind is PostKind.MESSAGE
    if endpoint.removeprefix("GET ") in ASKED and answer.entries():
        assert broken == unreadable == 0


def test_the_examples_cover_what_we_ask() -> None:
    if not EXAMPLES.exists():
        pytest.skip("x_playground_examples is not there")
    endpoints = {str(one.values[0]).removeprefix("GET ") for one in _examples()}
    assert set(ASKED) <= endpoints


def test_a_whole_answer_that_makes_no_sense() -> None:
    for body in (b"", b"<html>", b"[1]", b'"text"', b'{"data": [}', b"\xff\xfe", b"[" * 100_000):
        with pytest.raises(Exception, match="no sense") as told:
            answer_in(body)
        assert type(told.value).__name__ == "ServerTrouble"
    for body in (b"{}", b'{"data": null}', b'{"meta": {"result_count": 0}}', b'{"data": 3}', b'{"data": []}'):
        assert answer_in(body).entries() == []


def test_a_broken_entry_is_left_out() -> None:
    raw = msgspec.json.encode({"data": [{"id": "1"}, {"id": 5, "text": []}, "text", None, {"text": "no id"}]})
    found, broken = all_of(answer_in(raw).entries(), WirePost)
    assert ([wire.id for wire in found], broken) == (["1"], 4)
