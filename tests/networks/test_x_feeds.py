"""What is asked of X, how often, and what it costs: sources, messages, profiles, lists, budgets."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from replaykit import NOW
from x_replay import ACCOUNT, OWN, Asked, Desk, Server, desk, looked_up, number, problem, user, wire

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.networks import spending
from tweetdesk.networks.base import BudgetReached, NamedList, NotThere, Page, Refused, Unreachable

MENTIONS, HOME = f"GET /2/users/{OWN}/mentions", f"GET /2/users/{OWN}/timelines/reverse_chronological"
POSTS, USERS, SEARCH = "GET /2/tweets", "GET /2/users", "GET /2/tweets/search/recent"
LIST, MESSAGES = "GET /2/lists/84/tweets", "GET /2/dm_events"
PEOPLE = {"21": user("21"), "22": user("22", "linus"), "23": user("23", "barbara")}


async def fetch(made: Desk, kind: str, words: str = "", cursor: str = "") -> Page:
    return made.shelf.take(await made.network.fetch(Source(ACCOUNT.id, kind, words), cursor))


def pages(posts: list[dict[str, Any]]) -> Any:
    """A timeline as X pages it: newest first, since_id, until_id, max_results, a token."""

    def answer(asked: Asked) -> Any:
        since, until = int(asked.params.get("since_id", 0)), int(asked.params.get("until_id", 1 << 63))
        token = asked.params.get("pagination_token") or asked.params.get("next_token")
        high = min(until, int(token) if token else 1 << 63)
        found = [post for post in posts if since < int(post["id"]) < high]
        found.sort(key=lambda post: -int(post["id"]))
        size = int(asked.params["max_results"])
        meta = {"result_count": len(found[:size])}
        if len(found) > size:
            meta["next_token"] = found[size - 1]["id"]
        return {"data": found[:size], "meta": meta} if found else {"meta": {"result_count": 0}}

    return answer


def many(count: int, author: str = "21", first: int = 0) -> list[dict[str, Any]]:
    return [wire(number(minute + 1), author, f"post {minute}") for minute in range(first, first + count)]


# --- since the newest --------------------------------------------------------------------------------------------


async def test_the_first_fetch_is_small_and_later_ones_ask_for_news_only() -> None:
    posts = many(50)
    made = desk(Server({MENTIONS: pages(posts), USERS: looked_up(PEOPLE)}))
    page = await fetch(made, "mentions")
    assert (len(page.posts), page.gap) == (20, False)
    posts.append(wire(number(), "22", "newest"))
    page = await fetch(made, "mentions", cursor=page.cursor)
    assert [one.post.text for one in page.posts] == ["newest"]
    assert [asked.params.get("since_id") for asked in made.server.of(MENTIONS)] == [None, number(1)]
    assert [asked.params["ids"] for asked in made.server.of(USERS)] == ["21", "22"]


async def test_no_mention_is_missed_however_many_there_are() -> None:
    posts = many(1)
    made = desk(Server({MENTIONS: pages(posts), USERS: looked_up(PEOPLE)}))
    cursor = (await fetch(made, "mentions")).cursor
    posts += [wire(number(0, count), "21", f"burst {count}") for count in range(1, 701)]
    read: list[str] = []
    for _ in range(4):
        page = await fetch(made, "mentions", cursor=cursor)
        cursor = page.cursor
        read += [one.post.text for one in page.posts]
        assert not page.gap
    assert sorted(read) == sorted(f"burst {count}" for count in range(1, 701))
    assert "rest" not in json.loads(cursor)


async def test_home_says_that_older_ones_are_missing() -> None:
    posts = many(1)
    made = desk(Server({HOME: pages(posts), USERS: looked_up(PEOPLE)}))
    cursor = (await fetch(made, "home")).cursor
    posts += [wire(number(0, count)) for count in range(1, 201)]
    page = await fetch(made, "home", cursor=cursor)
    assert (len(page.posts), page.gap) == (50, True)
    assert len(made.server.of(HOME)) == 2


async def test_an_empty_answer_omits_its_data() -> None:
    made = desk(Server({MENTIONS: {"meta": {"result_count": 0}}}))
    with spending.tally() as used:
        page = await fetch(made, "mentions")
    assert (page.posts, used.micros) == ((), 0)


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", '{"since": 5}', '{"since": "x", "at": 3, "rest": [1]}'])
async def test_a_cursor_that_makes_no_sense_is_none(cursor: str) -> None:
    made = desk(Server({MENTIONS: pages(many(3)), USERS: looked_up(PEOPLE)}))
    assert len((await fetch(made, "mentions", cursor=cursor)).posts) == 3


# --- lists and messages: no asking for news ----------------------------------------------------------------------


async def test_a_list_is_asked_for_little_until_something_is_known() -> None:
    posts = many(60)
    made = desk(Server({LIST: pages(posts), USERS: looked_up(PEOPLE)}))
    page = await fetch(made, "list", "84")
    assert len(page.posts) == 20
    page = await fetch(made, "list", "84", page.cursor)
    assert page.posts == ()
    posts += [wire(number(0, count), text=f"new {count}") for count in range(1, 8)]
    page = await fetch(made, "list", "84", page.cursor)
    assert len(page.posts) == 7
    assert not page.gap
    assert [asked.params["max_results"] for asked in made.server.of(LIST)] == ["20", "5", "5", "20"]
    posts += [wire(number(-1, count)) for count in range(1, 100)]
    page = await fetch(made, "list", "84", page.cursor)
    assert (len(page.posts), page.gap) == (75, True)


def event(count: int, sender: str = "21", text: str = "hello") -> dict[str, Any]:
    return {
        "id": number(-count), "event_type": "MessageCreate", "text": text, "sender_id": sender,
        "created_at": "2026-11-22T18:00:00.000Z", "dm_conversation_id": f"21-{OWN}",
    }  # fmt: skip


async def test_messages_are_looked_for_one_at_a_time() -> None:
    events = [event(count) for count in range(30)]
    made = desk(Server({MESSAGES: pages(events), USERS: looked_up(PEOPLE)}))
    page = await fetch(made, "messages")
    assert len(page.posts) == 20
    with spending.tally() as used:
        page = await fetch(made, "messages", cursor=page.cursor)
    assert (page.posts, used.micros) == ((), 0), "the newest was read today already"
    events += [event(count, text=f"new {count}") for count in range(40, 43)]
    page = await fetch(made, "messages", cursor=page.cursor)
    assert [one.post.text for one in page.posts] == ["new 40", "new 41", "new 42"]
    assert [asked.params["max_results"] for asked in made.server.of(MESSAGES)] == ["20", "1", "1", "4"]
    assert all(asked.params["event_types"] == "MessageCreate" for asked in made.server.of(MESSAGES))


async def test_a_conversation_is_read_from_the_shelf() -> None:
    events = [event(count) for count in range(5)]
    with_grace = "GET /2/dm_conversations/with/21/dm_events"
    made = desk(Server({MESSAGES: pages(events), with_grace: pages(events), USERS: looked_up(PEOPLE)}))
    await fetch(made, "messages")
    events.append(event(9, OWN, "mine"))
    read = await made.network.messages(f"21-{OWN}")
    assert [post.text for post in read] == ["hello"] * 5 + ["mine"]
    assert [asked.params["max_results"] for asked in made.server.of(with_grace)] == ["1", "19"]
    for conversation in ("nonsense", "21-22", ""):
        with pytest.raises(Refused):
            await made.network.messages(conversation)


# --- what is known is not paid for -------------------------------------------------------------------------------


async def test_authors_and_what_is_answered_are_asked_for_once() -> None:
    parent = wire(number(90), "22", "the question")
    gone = number(99)
    posts = [
        wire(number(3), "21", "one", referenced_tweets=[{"type": "replied_to", "id": parent["id"]}]),
        wire(number(2), "21", "two", referenced_tweets=[{"type": "quoted", "id": parent["id"]}]),
        wire(number(1), "23", "three", referenced_tweets=[{"type": "replied_to", "id": gone}]),
    ]
    server = Server({MENTIONS: pages(posts), USERS: looked_up(PEOPLE), POSTS: looked_up({parent["id"]: parent})})
    made = desk(server)
    with spending.tally() as used:
        page = await fetch(made, "mentions")
    found = {one.post.text: one.post for one in page.posts}
    assert found["one"].parent is not None
    assert found["two"].quote is not None
    assert found["three"].parent is not None
    assert found["one"].parent.text == found["two"].quote.text == "the question"
    assert found["three"].parent.missing == "deleted"
    assert [post.text for post in page.context] == ["the question"]
    assert (len(server.of(POSTS)), len(server.of(USERS))) == (1, 1)
    assert sorted(server.of(USERS)[0].params["ids"].split(",")) == ["21", "22", "23"]
    assert (used.resources, used.micros) == (3 + 1 + 3, 3 * 1_000 + 5_000 + 3 * 10_000)
    # another run, another day: all of it is on the shelf
    made.clock.now += timedelta(days=1)
    posts.append(wire(number(0), "22", "four", referenced_tweets=[{"type": "replied_to", "id": parent["id"]}]))
    again = desk(server, shelf=made.shelf, clock=made.clock)
    page = await fetch(again, "mentions", cursor=page.cursor)
    assert page.posts[0].post.parent is not None
    assert page.posts[0].post.parent.text == "the question"
    assert (len(server.of(POSTS)), len(server.of(USERS))) == (1, 1)


async def test_a_repost_is_the_post_that_is_repeated() -> None:
    original = wire(number(500), "22", "the original")
    repost = wire(
        number(1), "21", "RT @linus: the orig…", referenced_tweets=[{"type": "retweeted", "id": original["id"]}]
    )
    server = Server(
        {HOME: pages([repost]), USERS: looked_up(PEOPLE), POSTS: looked_up({original["id"]: original})}
    )
    (one,) = (await fetch(desk(server), "home")).posts
    assert (one.post.text, one.post.author.handle) == ("the original", "linus")
    assert one.reposted_by is not None
    assert one.reposted_by.handle == "grace"
    assert abs((one.at - NOW).total_seconds()) < 70


async def test_the_days_bill_is_kept_over_a_restart() -> None:
    posts = many(3)
    made = desk(Server({MENTIONS: pages(posts), USERS: looked_up(PEOPLE)}))
    await fetch(made, "mentions")
    again = desk(made.server, shelf=made.shelf)
    with spending.tally() as used:
        await fetch(again, "mentions")
    assert (used.resources, used.micros) == (0, 0)
    tomorrow = desk(made.server, shelf=made.shelf)
    tomorrow.clock.now += timedelta(days=1)
    with spending.tally() as used:
        await fetch(tomorrow, "mentions")
    assert (used.resources, used.micros) == (3, 3_000)


@pytest.mark.parametrize(("owns", "micros"), [(True, 1_000), (False, 5_000)])
async def test_our_own_cost_less_where_the_app_is_ours(owns: bool, micros: int) -> None:
    posts = [wire(number(1), OWN)]
    made = desk(Server({f"GET /2/users/{OWN}/tweets": pages(posts), MENTIONS: {}}), owns_app=owns)
    with spending.tally() as used:
        await fetch(made, "person", OWN)
    assert used.micros == micros


async def test_posts_that_were_read_today_are_not_read_again() -> None:
    posts = {one["id"]: one for one in many(2)}
    made = desk(Server({MENTIONS: pages(list(posts.values())), USERS: looked_up(PEOPLE), POSTS: looked_up(posts)}))
    refs = tuple(PostRef("x", one) for one in posts)
    await fetch(made, "mentions")
    assert len(await made.network.posts(refs)) == 2
    assert not made.server.of(POSTS)
    made.clock.now += timedelta(days=1)
    assert len(await made.network.posts(refs)) == 2
    assert len(made.server.of(POSTS)) == 1


async def test_lists_are_asked_for_once_a_day() -> None:
    path = f"GET /2/users/{OWN}/owned_lists"
    made = desk(Server({path: {"data": [{"id": "84", "name": "friends"}, {"id": 3}, {"name": "no id"}]}}))
    for _ in range(3):
        assert await made.network.lists() == (NamedList("84", "friends"),)
    assert len(made.server.of(path)) == 1


async def test_profiles() -> None:
    by_name = "GET /2/users/by/username/grace"
    nobody = {"errors": [problem("Not Found Error", "no", "resource-not-found")]}
    server = Server({by_name: {"data": user("21")}, "GET /2/users/99": nobody})
    made = desk(server)
    with spending.tally() as used:
        first = await made.network.profile("@grace")
        assert await made.network.profile("21") == first
    assert (used.requests, used.micros) == (1, 10_000)
    for who in ("99", "not a handle!", "a" * 16, "ünïcode", ""):
        with pytest.raises(NotThere):
            await made.network.profile(who)
    made.clock.now += timedelta(days=1)
    await made.network.profile("grace")
    assert len(server.of(by_name)) == 2


# --- the budget --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("cents", "size"), [(100, 50), (15, 10), (3, 2), (1.5, 1)])
async def test_the_money_that_is_left_bounds_the_page(cents: float, size: int) -> None:
    posts = many(1)
    made = desk(Server({HOME: pages(posts), USERS: looked_up(PEOPLE)}))
    cursor = (await fetch(made, "home")).cursor
    posts += [wire(number(0, count), str(1000 + count)) for count in range(1, 100)]
    with spending.tally(int(cents * 10_000)) as used:
        page = await fetch(made, "home", cursor=cursor)
    assert made.server.of(HOME)[-1].params["max_results"] == str(size)
    assert len(page.posts) == size
    assert used.micros <= cents * 10_000


async def test_what_others_refer_to_is_left_out_when_the_money_ends() -> None:
    quoted = number(800)
    posts = [wire(number(1), "21", "look", referenced_tweets=[{"type": "quoted", "id": quoted}])]
    made = desk(Server({HOME: pages(posts), USERS: looked_up(PEOPLE)}))
    with spending.tally(15_000) as used:
        page = await fetch(made, "home")
    assert page.posts[0].post.quote is not None
    assert "budget" in page.posts[0].post.quote.missing
    assert used.micros == 15_000
    with spending.tally(14_999), pytest.raises(BudgetReached, match="00:00 UTC") as reached:
        await fetch(made, "home")
    assert reached.value.until == NOW.replace(day=23, hour=0, minute=0)


# --- what is sent ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["tweet", "post"])
@pytest.mark.parametrize("media", [False, True])
async def test_one_vocabulary_is_sent(words: str, media: bool) -> None:
    """Each request is held against the document of its vocabulary by the transport."""
    answers: dict[str, Any] = {
        MENTIONS: {},
        HOME: {},
        SEARCH: {},
        LIST: {},
        MESSAGES: {},
        "GET /2/users/21/tweets": {},
    }
    made = desk(Server(answers), words=words, media=media)
    for kind, what in (("mentions", ""), ("home", ""), ("search", "cats"), ("hashtag", "cats"), ("list", "84"),
                       ("person", "21"), ("messages", "")):  # fmt: skip
        await fetch(made, kind, what)
    other = "post" if words == "tweet" else "tweet"
    for asked in made.server.asked:
        assert f"{other}.fields" not in asked.params
        assert media == ("media_keys" in asked.params.get("expansions", "")) or "dm_events" in asked.name
    if words == "tweet" and not media:
        assert not any("expansions" in asked.params for asked in made.server.asked), (
            "nothing comes that was not asked"
        )


async def test_the_post_vocabulary_brings_its_authors() -> None:
    brought = {"users": [user("21")], "posts": [wire(number(9), "22", "above")]}
    post = wire(number(1), "21", referenced_posts=[{"type": "replied_to", "id": number(9)}])
    made = desk(Server({MENTIONS: {"data": [post], "includes": brought}, USERS: looked_up(PEOPLE)}), words="post")
    with spending.tally() as used:
        page = await fetch(made, "mentions")
    assert page.posts[0].post.author.handle == "grace"
    assert page.posts[0].post.parent is not None
    assert page.posts[0].post.parent.text == "above"
    assert used.micros == 1_000 + 10_000 + 5_000 + 10_000


async def test_searches_that_hold_nothing_or_cannot_be() -> None:
    made = desk(Server())
    assert (await fetch(made, "search", "  ")).posts == ()
    assert (await fetch(made, "hashtag", "#")).posts == ()
    for kind, words in (("search", '"open'), ("hashtag", "two words"), ("list", "no id"), ("person", "me/../you")):
        with pytest.raises(Refused):
            await fetch(made, kind, words)
    with pytest.raises(ValueError, match="no source"):
        await fetch(made, "helping")
    assert not made.server.asked


def test_field_names_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="tweet"):
        desk(Server(), words="toot")


async def test_small_things() -> None:
    made = desk(Server())
    assert made.network.price_date == "2026-08-22"
    assert made.network.poll_seconds("mentions") == 120
    assert made.network.poll_seconds("recheck") == float("inf")
    assert made.network.vocabulary.repost == "Repost"
    assert [news async for news in made.network.listen()] == []
    prices = {kind: made.network.price(kind, "hello") for kind in ActKind}
    assert {kind: price.micros for kind, price in prices.items() if price} == {
        ActKind.POST: 15_000, ActKind.REPLY: 10_000, ActKind.MESSAGE: 15_000, ActKind.REPOST: 15_000,
        ActKind.UNREPOST: 10_000, ActKind.DELETE: 10_000, ActKind.MUTE: 15_000, ActKind.UNMUTE: 5_000,
        ActKind.BOOKMARK: 5_000, ActKind.UNBOOKMARK: 10_000, ActKind.HIDE_REPLY: 5_000,
        ActKind.UNHIDE_REPLY: 5_000,
    }  # fmt: skip
    dear = made.network.price(ActKind.POST, "see example.com")
    assert dear is not None
    assert (dear.micros, dear.why) == (200_000, "with a link")


async def test_a_broken_line_while_authors_are_asked_for_loses_nothing() -> None:
    broken = [httpx.ReadError("gone")] * 3
    made = desk(Server({MENTIONS: pages(many(2)), USERS: [*broken, looked_up(PEOPLE)]}))
    with pytest.raises(Unreachable, match="lost"):
        await fetch(made, "mentions")
    assert len((await fetch(made, "mentions")).posts) == 2
