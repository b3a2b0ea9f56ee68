"""Mastodon's feeds against a scripted server: paging, threads, messages, search, and bad answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from mastodon_replay import ACCOUNT, GOTOSOCIAL, Asked, Say, Wire, desk, mention, person, status
from replaykit import NOW, Clock

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Post, PostKind, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks.base import (
    Allowed,
    LoginNeeded,
    NotPermitted,
    NotThere,
    Page,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
)
from tweetdesk.networks.mastodon import Mastodon
from tweetdesk.networks.mastodon_pages import LIMIT, MOST_PAGES
from tweetdesk.networks.mastodon_threads import MOST_ALONE
from tweetdesk.networks.shelf import EmptyShelf

HOME, NOTIFICATIONS = "GET /api/v1/timelines/home", "GET /api/v1/notifications"
CONVERSATIONS = "GET /api/v1/conversations"
HOST = "social.example.com"
OTHER = Account("mastodon", "1@other.example.com", "ada@other.example.com", "https://other.example.com")


async def _fetch(network: Mastodon, kind: str, words: str = "", cursor: str = "") -> Page:
    return await network.fetch(Source(network.account.id, kind, words), cursor)


class Timeline:
    """A timeline whose ids have no order that anybody could see, with Link headers."""

    def __init__(self, count: int = 0, *, links: bool = True, heeds: bool = True) -> None:
        self.ids = [_scrambled(number) for number in range(count)]  # oldest first
        self.links, self.heeds = links, heeds

    def add(self, count: int) -> None:
        self.ids += [_scrambled(len(self.ids) + number) for number in range(count)]

    def __call__(self, asked: Asked) -> Any:
        limit, page = int(asked.get("limit")), self.ids
        if self.heeds and (above := asked.get("min_id")):
            page = self.ids[self.ids.index(above) + 1 :][:limit]
        elif below := asked.get("max_id"):
            page = self.ids[: self.ids.index(below)][-limit:]
        else:
            page = self.ids[-limit:]
        shown = [status(one, f"post {one}") for one in reversed(page)]
        headers = {}
        if self.links and page:
            at = f"https://{HOST}{asked.path}?limit={limit}"
            headers["link"] = f'<{at}&max_id={page[0]}>; rel="next", <{at}&min_id={page[-1]}>; rel="prev"'
        return 200, shown, headers


def _scrambled(number: int) -> str:
    return f"{(number * 7919) % 10007}x{number:x}"


@pytest.mark.parametrize("links", [True, False])
async def test_what_is_new_is_read_upwards(links: bool) -> None:
    timeline = Timeline(100, links=links)
    network = desk(Wire({HOME: timeline}))
    first = await _fetch(network, "home")
    assert len(first.posts) == (2 * LIMIT if links else LIMIT)
    assert not first.gap
    assert (await _fetch(network, "home", cursor=first.cursor)).posts == ()
    timeline.add(30)
    second = await _fetch(network, "home", cursor=first.cursor)
    assert {one.post.ref.id for one in second.posts} == set(timeline.ids[100:])
    assert (await _fetch(network, "home", cursor=second.cursor)).posts == ()


async def test_more_than_can_be_read_is_a_gap_at_home_and_none_in_mentions() -> None:
    timeline = Timeline(1)
    wire = Wire({HOME: timeline})
    network = desk(wire)
    first = await _fetch(network, "home")
    timeline.add(LIMIT * (MOST_PAGES + 5))
    second = await _fetch(network, "home", cursor=first.cursor)
    assert second.gap
    assert timeline.ids[-1] in {one.post.ref.id for one in second.posts}
    assert (await _fetch(network, "home", cursor=second.cursor)).posts == ()

    def notified(asked: Asked) -> Any:
        code, page, headers = timeline(asked)
        return code, [mention(one["id"], one) for one in page], headers

    wire.answers[NOTIFICATIONS] = notified
    cursor = json.dumps({"newest": {"": timeline.ids[0]}})
    seen: set[str] = set()
    for _ in range(3):
        page = await _fetch(network, "mentions", cursor=cursor)
        assert not page.gap
        seen |= {one.post.ref.id for one in page.posts}
        cursor = page.cursor
    assert seen == set(timeline.ids[1:]), "mentions are never passed over"


async def test_a_server_that_does_not_heed_min_id_is_not_asked_for_ever() -> None:
    timeline = Timeline(60, heeds=False)
    wire = Wire({HOME: timeline})
    network = desk(wire)
    page = await _fetch(network, "home", cursor=json.dumps({"newest": {"": "old"}}))
    assert len(page.posts) == LIMIT
    assert len(wire.of("GET", "/api/v1/timelines/home")) <= 3


async def test_an_id_that_the_server_does_not_take_any_more_begins_anew() -> None:
    timeline = Timeline(5)

    def answer(asked: Asked) -> Any:
        return (422, {"error": "bad id"}) if asked.get("min_id") else timeline(asked)

    page = await _fetch(desk(Wire({HOME: answer})), "home", cursor=json.dumps({"newest": {"": "other"}}))
    assert len(page.posts) == 5
    assert page.gap


async def test_links_lead_nowhere_else() -> None:
    """A Link header decides the place in the list, never the server, the path or the types."""
    evil = '<https://evil.example/steal?max_id=7&types[]=follow&access_token=x>; rel="next"'
    pages = [Say((200, [mention("9", status("1"))], {"link": evil})), Say([])]
    wire = Wire({NOTIFICATIONS: pages})
    await _fetch(desk(wire), "mentions")
    first, second = wire.of("GET", "/api/v1/notifications")
    assert ("max_id", "7") in second.params
    assert [value for name, value in second.params if name == "types[]"] == ["mention", "quote"]
    assert not second.get("access_token")
    assert first.headers["authorization"] == "Bearer t"


async def test_one_broken_entry_is_left_out_and_counted() -> None:
    broken: list[Any] = [
        {}, 7, None, "text", [], {**status("2"), "account": None}, {**status(""), "id": None},
        {**status("5"), "account": {"id": "1"}},
    ]  # fmt: skip
    whole = [
        status("1"), {**status("6"), "id": 6}, {**status("7"), "content": None, "mentions": 3, "poll": "x"},
        {**status("3"), "created_at": "yesterday"}, {**status("4"), "created_at": None},
    ]  # fmt: skip
    page = await _fetch(desk(Wire({HOME: [*broken, *whole]})), "home")
    assert {one.post.ref.id for one in page.posts} == {"1", "3", "4", "6", "7"}
    assert page.unreadable == len(broken)


async def test_ids_of_any_shape_stay_in_their_place_in_the_path() -> None:
    wire = Wire()
    network = desk(wire)
    for strange in ("../../oauth/revoke", "a?b=c#d", "01M828N3 VBC/ü", "..", "%2e"):
        with pytest.raises(NotThere):
            await network.thread(PostRef(HOST, strange))
        asked = wire.asked[-1]
        assert asked.path.startswith("/api/v1/statuses/")
        assert asked.path.count("/") == 4
        assert asked.params == []


async def test_a_page_of_a_thousand() -> None:
    views = [status(f"p{number}", "<b>x</b> " * 50, in_reply_to_id=f"p{number + 1}") for number in range(1000)]
    page = await _fetch(desk(Wire({HOME: views})), "home")
    assert len(page.posts) == 1000
    assert {one.post.conversation for one in page.posts} <= {f"p{number}" for number in range(1001)}


@pytest.mark.parametrize(
    "created", ["2999-01-01T00:00:00Z", "9999-12-31T23:59:59.999-12:00", "2026-11-22T20:40:00+00:00"]
)
async def test_a_date_in_the_future_is_now_and_stays_what_it_was(created: str) -> None:
    clock = Clock()
    known = Known()
    wire = Wire({HOME: [status("1", created_at=created)]})
    network = desk(wire, clock, shelf=known)
    page = await _fetch(network, "home")
    if not page.posts:
        assert page.unreadable == 1  # beyond what a date can be
        return
    assert page.posts[0].post.created_at == NOW
    known.keep(page.posts[0].post)
    clock.now += timedelta(hours=1)
    assert (await _fetch(network, "home")).posts[0].post.created_at == NOW


async def test_dates_of_long_ago_and_without_a_zone() -> None:
    views = [status("1", created_at="1969-07-20T20:17:40Z"), status("2", created_at="2026-11-22T18:00:00")]
    page = await _fetch(desk(Wire({HOME: views})), "home")
    dates = {one.post.ref.id: one.post.created_at for one in page.posts}
    assert dates["1"].year == 1969
    assert dates["2"] == datetime(2026, 11, 22, 18, tzinfo=UTC)


# --- what is known already ---------------------------------------------------------------------------------------


class Known(EmptyShelf):
    """A shelf with some posts on it."""

    def __init__(self, *posts: Post) -> None:
        super().__init__()
        self.kept = {post.ref: post for post in posts}

    def keep(self, *posts: Post) -> None:
        self.kept.update({post.ref: post for post in posts})

    async def posts(self, refs: Sequence[PostRef]) -> Mapping[PostRef, Post]:
        return {ref: self.kept[ref] for ref in refs if ref in self.kept}

    async def conversation(self, server: str, conversation: str) -> tuple[Post, ...]:
        return tuple(one for one in self.kept.values() if one.conversation == conversation)

    async def matching(self, network: str, words: str, limit: int) -> tuple[Post, ...]:
        return tuple(one for one in self.kept.values() if words in one.text)


async def test_an_answer_joins_the_thread_that_is_known() -> None:
    """Theirs, our answer, their answer to it: one thread, so that what waits for them is opened again."""
    known = Known()
    asked = status("a", "question", mentions=[person("ada", "1")])
    wire = Wire({NOTIFICATIONS: [mention("n1", asked)]})
    page = await _fetch(desk(wire, shelf=known), "mentions")
    first = page.posts[0].post
    assert first.conversation == "a"
    ours = replace(
        first, ref=PostRef(HOST, "b"), author=ACCOUNT.identity, reply_to=first.ref, parent=Excerpt(first.ref)
    )
    known.keep(first, ours)
    back = status("c", "thanks", in_reply_to_id="b", in_reply_to_account_id="1")
    wire.answers[NOTIFICATIONS] = [mention("n2", back)]
    (second,) = (await _fetch(desk(wire, shelf=known), "mentions")).posts
    assert (second.post.conversation, second.why) == ("a", ("replies to you",))
    assert second.post.parent == Excerpt(ours.ref, ours.author, ours.text)
    assert second.post.reply_root == first.ref
    assert not wire.of("GET", "/api/v1/statuses"), "what is here is not asked for"


async def test_a_post_keeps_the_thread_that_it_was_given() -> None:
    known = Known()
    wire = Wire({HOME: [status("c", in_reply_to_id="b")]})
    network = desk(wire, shelf=known)
    made = (await _fetch(network, "home")).posts[0].post
    assert made.conversation == "b", "the best that is known: what it answers"
    known.keep(made)
    wire.answers["GET /api/v1/statuses/c"] = status("c", in_reply_to_id="b", content="<p>edited</p>")
    wire.answers["GET /api/v1/statuses/c/context"] = {
        "ancestors": [status("a"), status("b", in_reply_to_id="a")],
        "descendants": [],
    }
    thread = await network.thread(made.ref)
    assert [one.post.conversation for one in thread.posts if one.post] == ["a", "a", "b"]


async def test_what_mentions_answer_is_fetched_once_and_together() -> None:
    parents = [status(f"p{number}", f"parent {number}", by="ada") for number in range(3)]
    asked = [
        mention(f"n{number}", status(f"m{number}", in_reply_to_id=f"p{number}", in_reply_to_account_id="1"))
        for number in range(3)
    ]
    wire = Wire({NOTIFICATIONS: asked, "GET /api/v1/statuses": parents})
    page = await _fetch(desk(wire), "mentions")
    assert {one.post.parent.text for one in page.posts if one.post.parent} == {f"parent {n}" for n in range(3)}
    assert len(wire.of("GET", "/api/v1/statuses")) == 1


async def test_only_the_newest_of_what_mentions_answer_are_asked_for_one_by_one() -> None:
    moments = [f"2026-11-22T18:{number:02}:00Z" for number in range(30)]
    asked = [
        mention(f"n{number}", status(f"m{number}", in_reply_to_id=f"p{number}", created_at=created))
        for number, created in enumerate(moments)
    ]
    wire = Wire({f"GET /api/v1/statuses/p{number}": status(f"p{number}") for number in range(30)})
    wire.answers[NOTIFICATIONS] = asked
    page = await _fetch(desk(wire), "mentions")
    told = {one.post.ref.id for one in page.posts if one.post.parent and one.post.parent.text}
    assert told == {f"m{number}" for number in range(30 - MOST_ALONE, 30)}
    assert all(one.post.parent and one.post.parent.ref == one.post.reply_to for one in page.posts)
    assert len([one for one in wire.asked if one.path.startswith("/api/v1/statuses")]) == 1 + MOST_ALONE


async def test_where_posts_cannot_be_asked_for_together_they_are_one_by_one() -> None:
    wire = Wire({f"GET /api/v1/statuses/{one}": status(one) for one in ("1", "2")})
    network = desk(wire)
    for _ in range(2):
        found = await network.posts(tuple(PostRef(HOST, one) for one in ("2", "3", "1")))
        assert [one.ref.id for one in found] == ["2", "1"]
    assert len(wire.of("GET", "/api/v1/statuses")) == 1, "that it does not work is remembered"


async def test_a_post_is_gone_only_if_it_is_gone_when_asked_for_alone() -> None:
    """What is missing in an answer to many would be taken for deleted, and some servers do not heed the ids."""
    wire = Wire({f"GET /api/v1/statuses/{one}": status(one) for one in ("1", "2")})
    wire.answers["GET /api/v1/statuses"] = [status("other")]
    network = desk(wire)
    found = await network.posts(tuple(PostRef(HOST, one) for one in ("1", "2", "3")))
    assert [one.ref.id for one in found] == ["1", "2"]
    await network.posts((PostRef(HOST, "1"),))
    assert len(wire.of("GET", "/api/v1/statuses")) == 1


async def test_direct_posts_and_what_a_filter_hides_are_left_out_of_feeds() -> None:
    hidden = {"filtered": [{"filter": {"title": "no", "filter_action": "hide"}}]}
    warned = {"filtered": [{"filter": {"title": "hm", "filter_action": "warn"}}]}
    wire = Wire({HOME: [status("1", visibility="direct"), status("2", **hidden), status("3", **warned)]})
    page = await _fetch(desk(wire), "home")
    assert [one.post.ref.id for one in page.posts] == ["3"]
    assert page.unreadable == 0


async def test_a_quote_of_us_says_so() -> None:
    quoted = {"state": "accepted", "quoted_status": status("1", "mine", by="ada")}
    wire = Wire({NOTIFICATIONS: [mention("n", status("2", "look", quote=quoted), "quote")]})
    (fetched,) = (await _fetch(desk(wire), "mentions")).posts
    assert fetched.why == ("quotes you",)
    assert fetched.post.quote is not None
    assert (fetched.post.quote.text, fetched.post.quote.author) == ("mine", replace(ACCOUNT.identity, name="Ada"))


# --- messages ----------------------------------------------------------------------------------------------------


def _conversation(identifier: str, last: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": identifier, "unread": True, "accounts": [person("bob")], "last_status": last}


def _direct(identifier: str, text: str = "psst", **more: Any) -> dict[str, Any]:
    return status(identifier, text, visibility="direct", **more)


async def test_a_conversation_is_read_whole_when_it_has_something_new() -> None:
    wire = Wire({CONVERSATIONS: [_conversation("c1", _direct("d1")), _conversation("c2", None), {"id": None}]})
    network = desk(wire)
    first = await _fetch(network, "messages")
    assert [(one.post.ref.id, one.post.conversation) for one in first.posts] == [("d1", "c1")]
    assert first.unreadable == 1
    wire.answers[CONVERSATIONS] = [_conversation("c1", _direct("d3", in_reply_to_id="d2"))]
    above = [_direct("d1"), _direct("d2", by="ada", in_reply_to_id="d1"), status("public")]
    wire.answers["GET /api/v1/statuses/d3/context"] = {"ancestors": above, "descendants": [7]}
    second = await _fetch(network, "messages", cursor=first.cursor)
    assert {one.post.ref.id for one in second.posts} == {"d1", "d2", "d3"}
    assert {one.post.kind for one in second.posts} == {PostKind.MESSAGE}
    assert {one.post.conversation for one in second.posts} == {"c1"}
    assert second.unreadable == 1
    (again,) = await network.posts((PostRef(HOST, "d2"),)) or (None,)
    assert again is None  # the server does not tell it alone


async def test_a_message_looked_at_again_stays_in_its_conversation() -> None:
    wire = Wire(
        {CONVERSATIONS: [_conversation("c1", _direct("d1"))], "GET /api/v1/statuses/d1": _direct("d1", "edited")}
    )
    network = desk(wire)
    first = (await _fetch(network, "messages")).posts[0].post
    (again,) = await network.posts((first.ref,))
    assert (again.kind, again.conversation, again.text) == (PostKind.MESSAGE, "c1", "edited")
    fresh = desk(wire, shelf=Known(first))
    (again,) = await fresh.posts((first.ref,))
    assert (again.kind, again.conversation) == (PostKind.MESSAGE, "c1")


async def test_messages_of_a_conversation_after_a_restart() -> None:
    wire = Wire({CONVERSATIONS: [_conversation("c1", _direct("d1"))], "GET /api/v1/statuses/d1": _direct("d1")})
    assert [one.ref.id for one in await desk(wire).messages("c1")] == ["d1"]
    with pytest.raises(NotThere):
        await desk(wire).messages("c9")


async def test_where_there_are_no_conversations_direct_mentions_stand_in() -> None:
    wire = Wire({NOTIFICATIONS: [mention("n2", _direct("d2", in_reply_to_id="d1")), mention("n1", status("m"))]})
    network = desk(wire)
    page = await _fetch(network, "messages")
    assert [(one.post.ref.id, one.post.kind, one.post.conversation) for one in page.posts] == [
        ("d2", PostKind.MESSAGE, "d1")
    ]
    await _fetch(network, "messages", cursor=page.cursor)
    assert len(wire.of("GET", "/api/v1/conversations")) == 1, "that there are none is remembered"


# --- search ------------------------------------------------------------------------------------------------------


async def test_every_word_is_a_tag_and_all_words_must_be_there() -> None:
    wire = Wire({
        "GET /api/v1/timelines/tag/postgres": [status("1", "Postgres and BACKUP"), status("2", "postgres only")],
        "GET /api/v1/timelines/tag/backup": [status("1", "Postgres and BACKUP")],
        "GET /api/v2/search": {"statuses": []},
    })  # fmt: skip
    page = await _fetch(desk(wire), "search", "postgres backup -windows from:bob")
    assert [one.post.ref.id for one in page.posts] == ["1"]
    assert page.note == f"hashtags and what is here already: {HOST} has no full-text search"


async def test_what_is_here_already_is_found_once() -> None:
    known = Known(replace((await _fetch(desk(Wire({HOME: [status("1", "a word")]})), "home")).posts[0].post))
    wire = Wire({"GET /api/v2/search": {"statuses": []}, "GET /api/v1/timelines/tag/word": []})
    network = desk(wire, shelf=known)
    page = await _fetch(network, "search", "word")
    assert [one.post.ref.id for one in page.posts] == ["1"]
    assert (await _fetch(network, "search", "word", page.cursor)).posts == ()
    assert len(wire.of("GET", "/api/v2/search")) == 1, "the probe's result is remembered"


async def test_full_text_where_the_probe_finds_us() -> None:
    def search(asked: Asked) -> Any:
        found = [status("own", by="ada")] if asked.get("q") == "from:me" else [status("5", "in the text"), 7]
        return {"statuses": found}

    wire = Wire({"GET /api/v2/search": search, "GET /api/v1/timelines/tag/text": [status("6", "#text")]})
    clock = Clock()
    network = desk(wire, clock)
    page = await _fetch(network, "search", "text")
    assert {one.post.ref.id for one in page.posts} == {"5", "6"}
    assert (page.note, page.unreadable) == ("full text and hashtags", 1)
    clock.now += timedelta(days=4)
    await _fetch(network, "search", "text", page.cursor)
    assert [one.get("q") for one in wire.of("GET", "/api/v2/search")].count("from:me") == 2


# --- errors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        ((401, {"error": "アクセストークンは取り消されています"}), LoginNeeded, "アクセス.*mastodon --server"),
        ((403, {"error": "This action is outside the authorized scopes"}), NotPermitted, "read:statuses"),
        ((403, {"error": "Your login is currently disabled"}), Refused, "Your login is currently disabled"),
        ((404, {"error": "Record not found"}), NotThere, "does not exist"),
        ((410, b""), NotThere, "does not exist"),
        ((422, {"error": "Überprüfung fehlgeschlagen"}), Refused, "says no: “Überprüfung fehlgeschlagen”"),
        ((400, {"error": "bad", "error_description": "worse"}), Refused, "worse"),
        ((429, {"error": "slow"}, {"retry-after": "30"}), RateLimited, "wants us to wait"),
        ((500, b"<html>oops</html>"), ServerTrouble, "in trouble"),
        ((200, b"<html>a page</html>"), ServerTrouble, "makes no sense"),
        ((200, {"error": "not a list"}), ServerTrouble, "makes no sense"),
        ((200, b"[" * 100_000), ServerTrouble, "makes no sense"),
        ((302, b"", {"location": "https://elsewhere.example"}), ServerTrouble, "not as a Mastodon server does"),
        ((418, b"<html>teapot</html>"), ServerTrouble, "not as a Mastodon server does"),
        ((422, {"error": "x" * 10_000 + "\x1b[31m"}), Refused, "…”"),
        (httpx.ReadError("lost"), Unreachable, "was lost"),
    ],
)  # fmt: skip
async def test_errors_are_sentences(answer: Any, error: type[Exception], words: str) -> None:
    network = desk(Wire({HOME: answer}))
    with pytest.raises(error, match=words) as raised:
        await _fetch(network, "home")
    assert len(str(raised.value)) < 500
    assert "\x1b" not in str(raised.value)
    if isinstance(raised.value, RateLimited):
        assert raised.value.until == NOW + timedelta(seconds=30)


async def test_a_permission_that_was_never_granted_is_named() -> None:
    wire = Wire({HOME: (403, {"error": "Dieser Vorgang ist nicht erlaubt"})})
    with pytest.raises(
        NotPermitted, match=r"read:statuses.*tweetdesk login mastodon --server social\.example\.com"
    ):
        await _fetch(desk(wire, secret={"access_token": "t", "scope": "profile write:statuses"}), "home")


async def test_what_a_server_can_do_is_asked_once_a_day() -> None:
    clock, shelf = Clock(), EmptyShelf()
    wire = Wire({HOME: [], "GET /api/v2/instance": (404, {}), "GET /api/v1/instance": GOTOSOCIAL})
    for _ in range(2):
        network = desk(wire, clock, shelf=shelf)
        await _fetch(network, "home")
        assert network.measure(ActKind.POST, "x").limit == 5000
    assert len(wire.of("GET", "/api/v1/instance")) == 1
    clock.now += timedelta(days=2)
    await _fetch(network, "home")
    assert len(wire.of("GET", "/api/v1/instance")) == 2
    await shelf.set_note("instance", '{"at": "2026-11-24T00:00:00+00:00", "instance": "[]"}')
    await _fetch(desk(wire, clock, shelf=shelf), "home")
    assert len(wire.of("GET", "/api/v1/instance")) == 3, "a note that makes no sense is none"


async def test_people_that_only_their_server_knows_are_looked_up() -> None:
    far = person("eve@far.example.com", "77")
    wire = Wire({
        "GET /api/v2/search": {"accounts": [person("other"), far]},
        "GET /api/v1/accounts/relationships": [{"id": "77", "requested": True, "muting": True}],
    })  # fmt: skip
    found = await desk(wire).profile("@eve@far.example.com")
    assert (found.identity.id, bool(found.following), found.muted) == (f"77@{HOST}", True, True)
    with pytest.raises(NotThere, match="nobody called"):
        await desk(wire).profile("@adam@far.example.com")


async def test_people_are_told_apart_by_the_server_that_gave_the_id() -> None:
    """The same id on two servers is two people; to its own server an id goes as that server wrote it."""
    posts = {HOME: [status("1")], "GET /api/v1/accounts/id-bob/statuses": [status("1")]}
    here, there = desk(Wire(posts)), desk(Wire(posts), account=OTHER)
    (ours,), (theirs,) = [(await _fetch(network, "home")).posts for network in (here, there)]
    assert ours.post.author.id != theirs.post.author.id
    assert here.account.id != there.account.id
    assert (await _fetch(here, "person", ours.post.author.id)).posts
    with pytest.raises(NotThere, match="by handle"):
        await _fetch(here, "person", theirs.post.author.id)
    assert here.can(ActKind.DELETE, replace(ours.post, author=there.account.identity)) != Allowed()


class Met(EmptyShelf):
    """A machine that knows somebody by the id that another server gave."""

    def __init__(self, who: Identity) -> None:
        super().__init__()
        self.who = who

    async def people(self, network: str, ids: Sequence[str]) -> Mapping[str, Identity]:
        return {one: self.who for one in ids if one == self.who.id}


async def test_a_person_known_by_an_id_of_another_server_is_looked_up_by_handle() -> None:
    who = Identity("mastodon", "5@other.example.com", "eve@far.example.com")
    wire = Wire({
        "GET /api/v1/accounts/lookup": person("eve@far.example.com", "77"),
        "GET /api/v1/accounts/relationships": [{"id": "77"}],
        "GET /api/v1/accounts/77/statuses": [status("1", by="eve@far.example.com")],
    })  # fmt: skip
    network = desk(wire, shelf=Met(who))
    assert (await network.profile(who.id)).identity.id == f"77@{HOST}"
    assert (await _fetch(network, "person", who.id)).posts
    wire.answers["GET /api/v1/accounts/lookup"] = person("eve", "5")
    with pytest.raises(NotThere, match="nobody called"):
        await network.profile(who.id)


async def test_a_handle_that_looks_like_an_id_is_none() -> None:
    wire = Wire({"GET /api/v1/accounts/lookup": person("109", "7"), "GET /api/v1/accounts/relationships": []})
    found = await desk(wire, account=replace(ACCOUNT, handle=f"ada@{HOST}")).profile(f"@109@{HOST}")
    assert (found.identity.id, found.identity.handle) == (f"7@{HOST}", f"109@{HOST}")
    assert not wire.of("GET", "/api/v1/accounts/109")


async def test_an_account_whose_id_is_not_of_its_server_has_to_log_in_again() -> None:
    wire = Wire({HOME: []})
    for identifier in ("1", "1@far.example.com"):
        with pytest.raises(LoginNeeded):
            await _fetch(desk(wire, account=replace(ACCOUNT, user_id=identifier)), "home")
    assert not wire.asked


async def test_a_server_that_does_not_describe_itself_is_used_all_the_same() -> None:
    clock = Clock()
    wire = Wire({HOME: [status("1")], "GET /api/v2/instance": (200, b"<html>an app</html>")})
    network = desk(wire, clock)
    for _ in range(2):
        assert (await _fetch(network, "home")).posts
    assert len(wire.of("GET", "/api/v2/instance")) == 1
    wire.answers["GET /api/v2/instance"] = GOTOSOCIAL
    clock.now += timedelta(minutes=11)
    await _fetch(network, "home")
    assert network.measure(ActKind.POST, "x").limit == 5000


async def test_posts_that_answer_each_other_in_a_circle_are_all_shown() -> None:
    circle = [status("b", in_reply_to_id="c"), status("c", in_reply_to_id="b"), status("d", in_reply_to_id="a"), 7]
    wire = Wire({
        "GET /api/v1/statuses/a": status("a"),
        "GET /api/v1/statuses/a/context": {"ancestors": [], "descendants": circle},
    })  # fmt: skip
    thread = await desk(wire).thread(PostRef(HOST, "a"))
    assert {one.post.ref.id for one in thread.posts if one.post} == {"a", "b", "c", "d"}
    assert [one.missing for one in thread.posts if one.missing] == ["cannot be shown"]


def _pages_of_conversations(count: int) -> Any:
    """Conversations c0 (newest) .. with twenty on a page, each with one message d0 .."""
    whole = [_conversation(f"c{number}", _direct(f"d{number}")) for number in range(count)]

    def answer(asked: Asked) -> Any:
        at = int(asked.get("max_id") or 0)
        links = {"link": f'<https://{HOST}/x?max_id={at + 20}>; rel="next"'} if at + 20 < count else {}
        return 200, whole[at : at + 20], links

    return answer


async def test_conversations_are_read_until_one_is_known() -> None:
    wire = Wire({CONVERSATIONS: _pages_of_conversations(70)})
    network = desk(wire)
    first = await _fetch(network, "messages")
    assert len(first.posts) == 20, "the first time the newest are enough"
    known = json.dumps({"lasts": {"c45": "d45"}})
    later = await _fetch(network, "messages", cursor=known)
    assert {one.post.conversation for one in later.posts} == {f"c{number}" for number in range(60)} - {"c45"}
    assert not later.gap
    stranger = await _fetch(network, "messages", cursor=json.dumps({"lasts": {"other": "x"}}))
    assert not stranger.gap
    wire.answers[CONVERSATIONS] = _pages_of_conversations(200)
    assert (await _fetch(network, "messages", cursor=json.dumps({"lasts": {"other": "x"}}))).gap


async def test_an_old_conversation_is_looked_for() -> None:
    wire = Wire({CONVERSATIONS: _pages_of_conversations(70), "GET /api/v1/statuses/d45": _direct("d45", "found")})
    assert [one.text for one in await desk(wire).messages("c45")] == ["found"]
    network = desk(wire)
    act = Act(ActKind.MESSAGE, ACCOUNT.id, conversation="c45", text="an answer")
    material = await network.prepare(act, network.begin(act, NOW, b"12345678"))
    assert json.loads(material)["status"]["in_reply_to_id"] == "d45"


async def test_what_is_left_of_a_conversation_that_is_gone() -> None:
    first = Wire({CONVERSATIONS: [_conversation("c1", _direct("d1"))]})
    known = Known((await _fetch(desk(first), "messages")).posts[0].post)
    assert [one.ref.id for one in await desk(Wire(), shelf=known).messages("c1")] == ["d1"]
    with pytest.raises(NotThere):
        await desk(Wire()).messages("c1")


async def test_a_last_message_that_goes_while_it_is_read_is_shown_alone() -> None:
    wire = Wire({CONVERSATIONS: [_conversation("c1", _direct("d2", in_reply_to_id="d1"))]})
    assert [one.post.ref.id for one in (await _fetch(desk(wire), "messages")).posts] == ["d2"]


async def test_mentions_are_shown_though_what_they_answer_cannot_be_had() -> None:
    asked = status("m", in_reply_to_id="p", in_reply_to_account_id="1", mentions=[person("ada", "1")])
    wire = Wire({NOTIFICATIONS: [mention("n", asked)], "GET /api/v1/statuses": (429, {"error": "slow"})})
    wire.answers["GET /api/v1/accounts/relationships"] = (500, b"")
    (fetched,) = (await _fetch(desk(wire), "mentions")).posts
    assert fetched.post.parent is not None
    assert (fetched.post.parent.author, fetched.post.parent.text) == (replace(ACCOUNT.identity, name="Ada"), "")


async def test_a_post_of_another_server_by_its_address() -> None:
    wire = Wire({"GET /api/v2/search": {"statuses": [7, status("here", "the same post")]}})
    network = desk(wire)
    far = Post(
        PostRef("far.example.com", "9"), ACCOUNT.identity, "the same post", NOW, url="https://far.example.com/@x/9"
    )
    found = await network.here(far)
    assert (found.ref, found.conversation) == (PostRef(HOST, "here"), "here")
    (asked,) = wire.of("GET", "/api/v2/search")
    assert (asked.get("q"), asked.get("resolve")) == (far.url, "true")
    with pytest.raises(NotThere, match="cannot be acted on"):
        await network.here(replace(far, url="javascript:x"))


async def test_lists_where_there_are_none() -> None:
    assert await desk(Wire()).lists() == ()
    wire = Wire({"GET /api/v1/lists": [{"id": 7, "title": "seven"}, {}, None]})
    assert [(one.id, one.title) for one in await desk(wire).lists()] == [("7", "seven")]
