"""What real servers of the Mastodon API were recorded to say: Mastodon, GoToSocial and mastodon-mock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from mastodon_replay import ACCOUNT, DATA, PLACE, Wire, cassettes, desk, objects, recorded
from replaykit import NOW

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import PostKind, PostRef, SpanKind
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import Allowed, NetworkError, RateLimited, Refused
from tweetdesk.networks.http import Answer
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.mastodon_instance import instance_in
from tweetdesk.networks.mastodon_records import post
from tweetdesk.networks.mastodon_session import refusal

FOLDERS = ("mastodon_gotosocial", "mastodon_mock")


def _statuses(value: Any) -> Iterator[dict[str, Any]]:
    """Every status anywhere in an answer."""
    return (one for one in objects(value) if {"id", "content", "account", "visibility"} <= one.keys())


def _alice(folder: str) -> Account:
    body = recorded(folder, "verify_credentials_alice")["body"]
    host = urlsplit(recorded(folder, "instance_v2")["url"]).netloc
    return Account("mastodon", f"{body['id']}@{host}", "alice@localhost", f"http://{host}")


def _replay(folder: str, **more: str) -> Wire:
    """A server that answers as the recorded one did to alice; `more` are names for "GET /path" after the first."""
    wire = Wire({"GET /api/v2/instance": recorded(folder, "instance_v2")["body"]})
    wire.answers["GET /api/v1/preferences"] = recorded(folder, "preferences")["body"]
    for name, path in more.items():
        exchange = recorded(folder, name)
        wire.answers[f"GET {path}"] = (exchange["status"], exchange["body"], _kept(exchange["headers"]))
    return wire


def _kept(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in ("link", "content-type")}


def test_all_statuses_of_mastodon_py_are_read() -> None:
    found = [(call, view) for call in cassettes() for view in _statuses(call["json"])]
    assert len(found) >= 337
    unreadable = 0
    for _, view in found:
        try:
            made = post(view, PLACE, NOW)
        except Unreadable:
            unreadable += 1
            continue
        assert made.ref.id == str(view["id"])
        assert "<p>" not in made.text
        assert made.visibility in ("public", "unlisted", "private", "direct")
        for span in made.spans:
            assert 0 <= span.start < span.end <= len(made.text)
    assert unreadable == 0
    assert sum(view["visibility"] == "direct" for _, view in found) >= 32


def test_the_rules_of_gotosocial_close_nothing_that_is_open() -> None:
    """Whoever asks may answer, boost and mark what was posted there, but not boost what is direct."""
    made = [post(view, PLACE, NOW) for view in _statuses(recorded("mastodon_gotosocial", "home_all")["body"])]
    made += [
        post(view, PLACE, NOW) for view in _statuses(recorded("mastodon_gotosocial", "conversations")["body"])
    ]
    assert {one.visibility for one in made} >= {"public", "direct"}
    for one in made:
        viewer = one.viewer
        closed = (viewer.replies_closed, viewer.likes_closed, viewer.replies_reviewed, viewer.reposts_closed)
        assert closed == (False, False, False, one.visibility == "direct")


def test_quotes_polls_cards_and_edits_of_mastodon_py() -> None:
    made = [post(view, PLACE, NOW) for call in cassettes() for view in _statuses(call["json"])]
    assert any(one.quote and one.quote.text == "Toot!" for one in made)
    polls = [one.poll for one in made if one.poll]
    assert any([option.title for option in poll.options] == ["four twenty", "sixty-nine"] for poll in polls)
    assert any(one.card and one.card.title == "Example Domain" for one in made)
    assert any(one.edited_at for one in made)
    assert any(one.viewer.quotes_closed for one in made)
    assert any(one.media and one.media[0].kind == "image" for one in made)


def test_the_errors_of_mastodon_py_become_sentences() -> None:
    errors = [call for call in cassettes() if call["status"] >= 400]
    assert len(errors) == 23
    for call in errors:
        body = call["text"].encode() if call["json"] is None else json.dumps(call["json"]).encode()
        answer = Answer(call["status"], call["headers"], body)
        told = refusal(answer, ACCOUNT, NOW, "write:statuses", "read write")
        assert isinstance(told, NetworkError)
        assert str(told).endswith(".") or "--server" in str(told)
        if call["status"] in (400, 422):
            assert type(told) is Refused
            assert call["json"]["error"][:20] in str(told) or call["json"]["error_description"][:20] in str(told)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_status_of_the_recorded_servers_is_read(folder: str) -> None:
    recorded(folder, "home")
    count = 0
    for path in sorted((DATA / folder).glob("[0-9]*.json")):
        for view in _statuses(json.loads(path.read_text())["body"]):
            assert post(view, PLACE, NOW).ref.id == view["id"]
            count += 1
    assert count > 100


def test_gotosocial_is_known_by_what_it_can_do() -> None:
    body, preferences = (recorded("mastodon_gotosocial", name)["body"] for name in ("instance_v2", "preferences"))
    found = instance_in(body, preferences)
    assert (found.max_characters, found.characters_per_url, found.api) == (5000, 25, 0)
    assert not found.mastodon
    assert not found.quotes
    assert found.visibility == "unlisted"
    assert found.streaming.startswith("wss://")
    old = instance_in(recorded("mastodon_gotosocial", "instance_v1")["body"], {})
    assert (old.max_characters, old.streaming) == (5000, found.streaming)


def test_mastodon_is_known_by_its_versions() -> None:
    instances = {
        call["json"]["version"]: instance_in(call["json"], {})
        for call in cassettes()
        if call["path"].startswith(("/api/v1/instance/", "/api/v2/instance/"))
        and "version" in (call["json"] or {})
    }
    assert {"2.9.1", "4.6.4"} <= set(instances)
    assert all(one.mastodon for one in instances.values())
    assert instance_in({"version": "2.7.2 (compatible; Pleroma 2.5.0)"}, {}).mastodon is False
    assert instance_in({"version": "4.2.1 (compatible; Iceshrimp 2024)"}, {}).mastodon is False
    assert instance_in({}, {}).max_characters == 500


async def test_gotosocial_mentions() -> None:
    folder = "mastodon_gotosocial"
    wire = _replay(
        folder, notifications_mentions_all="/api/v1/notifications", relationships="/api/v1/accounts/relationships"
    )
    network = desk(wire, account=_alice(folder))
    page = await network.fetch(Source(network.account.id, "mentions"), "")
    whys = {one.post.text: one.why for one in page.posts}
    assert whys["@alice first reply"] == ("replies to you",)
    assert whys["@alice @bob need help with sqlite WAL please #help"] == ("mentions you",)
    assert not any("dm" in text or "secret" in text for text in whys), "direct posts are messages"
    assert page.unreadable == 0
    assert all(one.post.visibility != "direct" for one in page.posts)
    warned = next(one.post for one in page.posts if one.post.warning)
    assert warned.warning == "tech question"
    assert [span.kind for span in warned.spans] == [SpanKind.MENTION, SpanKind.MENTION, SpanKind.TAG]
    assert {one.identity.handle for one in page.people} == {"bob@localhost", "carol@localhost"}
    asked = wire.of("GET", "/api/v1/notifications")
    assert [one.get("types[]") for one in asked] == ["mention"] * len(asked)
    assert [one.get("max_id") != "" for one in asked] == [False, True], "the older page is read the first time"


async def test_gotosocial_conversations() -> None:
    folder = "mastodon_gotosocial"
    wire = _replay(folder, conversations_all="/api/v1/conversations")
    last = next(
        one for one in recorded(folder, "conversations_all")["body"] if one["last_status"]["in_reply_to_id"]
    )
    context = recorded(folder, "dm_context")["body"]
    wire.answers[f"GET /api/v1/statuses/{last['last_status']['id']}/context"] = context
    network = desk(wire, account=_alice(folder))
    page = await network.fetch(Source(network.account.id, "messages"), "")
    assert {one.post.kind for one in page.posts} == {PostKind.MESSAGE}
    conversations = {one.post.conversation for one in page.posts}
    assert conversations == {one["id"] for one in recorded(folder, "conversations_all")["body"]}
    assert sum(one.post.conversation == last["id"] for one in page.posts) == 2
    wire.asked.clear()
    again = await network.fetch(Source(network.account.id, "messages"), page.cursor)
    assert again.posts == ()
    assert len(wire.of("GET", "/api/v1/conversations")) == 1
    assert not any(one.path.endswith("/context") for one in wire.asked), "what has nothing new is not read again"


async def test_gotosocial_thread() -> None:
    folder = "mastodon_gotosocial"
    exchange = recorded(folder, "context")
    identifier = exchange["request"]["path"].split("/")[-2]
    wire = _replay(folder, context=f"/api/v1/statuses/{identifier}/context")
    focus = next(
        view
        for path in sorted((DATA / folder).glob("[0-9]*.json"))
        for view in _statuses(json.loads(path.read_text())["body"])
        if view["id"] == identifier
    )
    wire.answers[f"GET /api/v1/statuses/{identifier}"] = focus
    network = desk(wire, account=_alice(folder))
    thread = await network.thread(PostRef(urlsplit(network.account.server).netloc, identifier))
    assert len(thread.posts) == 1 + len(exchange["body"]["ancestors"]) + len(exchange["body"]["descendants"])
    shown = [one.post for one in thread.posts if one.post]
    for number, one in enumerate(shown):
        if one.reply_to is not None:
            assert one.reply_to in {before.ref for before in shown[:number]}, "each after what it answers"
    assert len({one.conversation for one in shown}) == 1


@pytest.mark.parametrize("folder", FOLDERS)
async def test_recorded_home_and_lists(folder: str) -> None:
    wire = _replay(folder, home_all="/api/v1/timelines/home", lists="/api/v1/lists")
    network = desk(wire, account=_alice(folder))
    page = await network.fetch(Source(network.account.id, "home"), "")
    boosts = [one for one in page.posts if one.reposted_by]
    assert boosts
    assert all(one.reposted_by and one.at >= one.post.created_at for one in boosts)
    assert page.unreadable == 0
    assert [one.title for one in await network.lists()] == ["people to help"]


@pytest.mark.parametrize(
    ("folder", "until"),
    [
        ("mastodon_gotosocial", datetime(2026, 11, 22, 18, 43, 48, tzinfo=UTC)),
        ("mastodon_mock", datetime.fromtimestamp(1795371919, UTC)),
    ],
)
async def test_recorded_rate_limits(folder: str, until: datetime) -> None:
    path = DATA / folder / "err_429.json"
    if not path.exists():
        pytest.skip(f"{path.name} of ../shared/data/{folder} is not there")
    exchange = json.loads(path.read_text())
    body = exchange["body"] if isinstance(exchange["body"], str) else json.dumps(exchange["body"])
    headers = {name: value for name, value in exchange["headers"].items() if name.startswith("x-rate")}
    wire = Wire({"GET /api/v1/timelines/home": (429, body.encode(), headers)})
    network = desk(wire)
    with pytest.raises(RateLimited) as told:
        await network.fetch(Source(network.account.id, "home"), "")
    assert told.value.until == max(until, NOW.replace(second=1))
    assert network.limits.left == 0
    assert network.limits.until == until


async def test_recorded_refusals_of_gotosocial() -> None:
    folder = "mastodon_gotosocial"
    for name, words in (
        ("err_422_blank", "status contains no text"),
        ("err_422_toolong", "exceed max chars"),
        ("err_bad_visibility", "invalid visibility"),
    ):
        exchange = recorded(folder, name)
        wire = _replay(folder)
        wire.answers["POST /api/v1/statuses"] = (exchange["status"], exchange["body"])
        network = desk(wire, account=_alice(folder))
        act = Act(ActKind.POST, network.account.id, text="x", visibility="public")
        with pytest.raises(Refused, match=words):
            await network.send(act, await network.prepare(act, network.begin(act, NOW, b"12345678")))


async def test_a_quote_where_there_are_none_is_a_link() -> None:
    folder = "mastodon_gotosocial"
    quoted = recorded(folder, "post_public")["body"]
    wire = _replay(folder)
    wire.answers[f"GET /api/v1/statuses/{quoted['id']}"] = quoted
    wire.answers["POST /api/v1/statuses"] = recorded(folder, "quote_post")["body"]
    network = desk(wire, account=_alice(folder))
    (known,) = await network.posts((PostRef(urlsplit(network.account.server).netloc, quoted["id"]),))
    act = Act(ActKind.QUOTE, network.account.id, target=known.ref, person=known.author, text="look")
    material = await network.prepare(act, network.begin(act, NOW, b"12345678"))
    assert isinstance(network.can(ActKind.QUOTE, known), Allowed)
    assert "no quotes" in network.form(ActKind.QUOTE, known).note
    assert network.measure(ActKind.QUOTE, "look").used == 4 + 1 + 25
    await network.send(act, material)
    (sent,) = wire.of("POST", "/api/v1/statuses")
    assert sent.body["status"] == f"look\n{quoted['url']}"
    assert "quoted_status_id" not in sent.body
