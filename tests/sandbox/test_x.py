"""The rules of the X face: fields and vocabularies, pages, who may answer, what is refused, limits, faults."""

from __future__ import annotations

import html
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.faults import Dropped
from tweetdesk.sandbox.ids import parse_time
from tweetdesk.sandbox.records import BLOCK, THREADGATE
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import PREFIXES, ROUTES
from tweetdesk.sandbox.x_ids import made_at, post_id
from tweetdesk.sandbox.x_writes import DUPLICATE, NOT_SUMMONED, TOO_LONG

from .conftest import EPOCH, Clock
from .lexicon import SHARED
from .x_kit import XClient

NAUGHTY = SHARED / "naughty_strings" / "blns.json"


@pytest.fixture
def x(world: World) -> XClient:
    return XClient(world)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["detail"]


def message(answer: httpx.Response) -> str:
    """What a 400 says of the first parameter that is wrong."""
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/2/problems/invalid-request")
    return str(answer.json()["errors"][0]["message"])


# -- fields ---------------------------------------------------------------------------------------------------


async def test_only_what_is_asked_for(x: XClient) -> None:
    number = x.found(by="tom")[0]
    bare = await x.ask(f"/2/tweets/{number}")
    assert set(bare) == {"data"}
    assert set(bare["data"]) == {"id", "text", "edit_history_tweet_ids"}
    more = await x.ask(f"/2/tweets/{number}", tweet_fields="lang,nonsense", expansions="author_id")
    assert set(more["data"]) == {*bare["data"], "lang", "author_id"}
    assert [set(user) for user in more["includes"]["users"]] == [{"id", "name", "username"}]


async def test_the_words_of_the_answer_are_those_of_the_request(x: XClient) -> None:
    number = x.found(by="tom", reply=True)[0]
    old = await x.ask(f"/2/tweets/{number}", tweet_fields="public_metrics", expansions="referenced_tweets.id")
    new = await x.ask(f"/2/tweets/{number}", post_fields="public_metrics", expansions="referenced_posts")
    assert "retweet_count" in old["data"]["public_metrics"]
    assert "repost_count" in new["data"]["public_metrics"]
    assert old["data"]["referenced_tweets"] == new["data"]["referenced_posts"]
    assert old["includes"]["tweets"][0]["id"] == new["includes"]["posts"][0]["id"]
    assert "edit_history_post_ids" in new["data"]


@pytest.mark.parametrize(
    "params",
    [
        {"tweet_fields": "lang", "post_fields": "lang"},
        {"tweet_fields": "lang", "expansions": "referenced_posts"},
        {"post_fields": "lang", "expansions": "referenced_tweets.id"},
    ],
)
async def test_a_mixture_of_words_is_refused(x: XClient, params: dict[str, str]) -> None:
    assert "of two vocabularies" in message(await x.get(f"/2/tweets/{x.found()[0]}", **params))


async def test_a_field_of_the_other_words_is_left_out(x: XClient) -> None:
    for params in ({"post_fields": "referenced_tweets"}, {"tweet_fields": "referenced_posts,nonsense"}):
        body = await x.ask(f"/2/tweets/{x.found(reply=True)[0]}", **params)
        assert len(body["data"]) == 3


async def test_new_words_bring_ids_of_others_with_their_expansions_alone(x: XClient) -> None:
    number = x.found(by="tom")[0]
    plain = await x.ask(f"/2/tweets/{number}", post_fields="author_id,lang")
    assert "author_id" not in plain["data"]
    expanded = await x.ask(f"/2/tweets/{number}", post_fields="lang", expansions="author_id")
    assert expanded["data"]["author_id"] == x.user("tom")


async def test_parameters_that_are_wrong(x: XClient) -> None:
    own = f"/2/users/{x.id}"
    said = "The `max_results` query parameter value [4] is not between 5 and 100"
    assert message(await x.get(f"{own}/mentions", max_results=4)) == said
    assert "not between 1 and 100" in message(await x.get(f"{own}/timelines/reverse_chronological", max_results=0))
    assert "is not one of" in message(await x.get(f"{own}/tweets", exclude="everything"))
    assert "is not one of" in message(await x.get(f"{own}/tweets", expansions="everything"))
    assert "[nonsense] is not one of" in message(await x.get(f"{own}/tweets", nonsense="1"))
    assert "is not valid" in message(await x.get(f"{own}/tweets", since_id="abc"))
    assert "is not valid" in message(await x.get(f"{own}/tweets", pagination_token="abc"))
    assert "can not be empty" in message(await x.get("/2/tweets"))
    assert "does not match" in message(await x.get("/2/users/abc"))
    assert "must be the same" in message(await x.get(f"/2/users/{x.user('tom')}/timelines/reverse_chronological"))


async def test_missing_ids_are_partial_errors(x: XClient) -> None:
    number = x.found()[0]
    both = await x.ask("/2/tweets", ids=f"{number},7")
    assert [post["id"] for post in both["data"]] == [number]
    assert [(one["value"], one["title"]) for one in both["errors"]] == [("7", "Not Found Error")]
    alone = await x.ask("/2/tweets/7")
    assert "data" not in alone
    assert alone["errors"][0]["detail"] == "Could not find tweet with id: [7]."


async def test_a_deleted_parent_is_an_error_beside_the_data(x: XClient) -> None:
    root = (await x.post("Something to be deleted")).json()["data"]["id"]
    reply = (await x.post("An answer to it", root)).json()["data"]["id"]
    await x.call("DELETE", f"/2/tweets/{root}")
    body = await x.ask(f"/2/tweets/{reply}", expansions="referenced_tweets.id", tweet_fields="conversation_id")
    assert body["data"]["conversation_id"] == root
    assert body["data"]["referenced_tweets"] == [{"type": "replied_to", "id": root}]
    assert [(one["parameter"], one["resource_id"]) for one in body["errors"]] == [("referenced_tweets.id", root)]


# -- texts and ids --------------------------------------------------------------------------------------------


async def test_ids_grow_with_time_and_tell_it(x: XClient) -> None:
    body = await x.ask(
        f"/2/users/{x.id}/timelines/reverse_chronological", tweet_fields="created_at", max_results=100
    )
    numbers = [int(post["id"]) for post in body["data"]]
    assert numbers == sorted(numbers, reverse=True)
    times = [post["created_at"] for post in body["data"]]
    assert times == sorted(times, reverse=True)
    records = x.world.records.posts.values()
    assert all(abs(made_at(post_id(r.uri)).timestamp() - parse_time(r.at).timestamp()) < 0.01 for r in records)
    assert len({post_id(record.uri) for record in records}) == len(records)


async def test_ids_of_one_moment_differ(x: XClient) -> None:
    x.state.limits["POST /2/tweets"] = 1000
    numbers = [(await x.post(f"Number {number}")).json()["data"]["id"] for number in range(300)]
    assert len(set(numbers)) == 300


async def test_entities_stand_where_they_say(x: XClient) -> None:
    text = "😀 <b> & @tom: look at https://www.example.com/some/where/far/away?x=1&y=2 #Python"
    made = (await x.post(text)).json()["data"]
    assert "&lt;b&gt; &amp; @tom" in made["text"]
    post = (await x.ask(f"/2/tweets/{made['id']}", tweet_fields="entities"))["data"]
    parts = {
        kind: [post["text"][one["start"] : one["end"]] for one in found]
        for kind, found in post["entities"].items()
    }
    link = post["entities"]["urls"][0]
    assert parts == {"mentions": ["@tom"], "urls": [link["url"]], "hashtags": ["#Python"]}
    assert link["url"].startswith("https://t.co/")
    assert len(link["url"]) == 23
    assert link["expanded_url"] == "https://www.example.com/some/where/far/away?x=1&y=2"
    assert link["display_url"] == "example.com/some/where/far…"
    assert post["entities"]["mentions"][0]["id"] == x.user("tom")


@pytest.mark.skipif(not NAUGHTY.is_file(), reason=f"{NAUGHTY} is not there")
async def test_hostile_texts_come_back_whole(x: XClient) -> None:
    x.state.limits |= {"POST /2/tweets": 10_000, "GET /2/tweets/:id": 10_000}
    texts = [text for text in json.loads(NAUGHTY.read_text(encoding="utf-8")) if text.strip()]
    came_back = 0
    for text in texts:
        answer = await x.post(text)
        if answer.status_code == 403:
            assert answer.json()["detail"] == DUPLICATE
            continue
        if answer.status_code == 400:
            assert message(answer) == TOO_LONG
            continue
        number = answer.json()["data"]["id"]
        post = (await x.ask(f"/2/tweets/{number}", tweet_fields="entities"))["data"]
        links = {one["url"]: one["expanded_url"] for one in post.get("entities", {}).get("urls", ())}
        shown = html.unescape(post["text"])
        for short, long in links.items():
            shown = shown.replace(short, long if long in text else long.removeprefix("https://"))
        assert shown == text.strip()
        for kind, mark in (("urls", "url"), ("hashtags", "tag"), ("mentions", "username")):
            for one in post.get("entities", {}).get(kind, ()):
                assert post["text"][one["start"] : one["end"]].lstrip("#＃@") == one[mark]
        came_back += 1
    assert came_back > 400


async def test_an_answer_begins_with_the_name_of_the_answered(x: XClient) -> None:
    uri = x.world.post("tom.example.com", "What do you think, @ada.example.com?")
    made = (await x.post("I think so", post_id(uri))).json()["data"]
    assert made["text"] == "@tom I think so"
    post = (await x.ask(f"/2/tweets/{made['id']}", tweet_fields="display_text_range,in_reply_to_user_id"))["data"]
    assert (post["display_text_range"], post["in_reply_to_user_id"]) == ([5, 15], x.user("tom"))
    named = (await x.post("@tom I think so, too", post_id(uri))).json()["data"]
    assert named["text"] == "@tom I think so, too"


async def test_a_long_post_has_its_whole_text_in_the_note(x: XClient) -> None:
    whole = "A long story about <tags>. " * 20
    number = post_id(x.world.post("tom.example.com", whole))
    post = (await x.ask(f"/2/tweets/{number}", tweet_fields="note_tweet"))["data"]
    assert html.unescape(post["note_tweet"]["text"]) == whole
    assert post["text"].endswith("…")
    assert len(post["text"]) <= 280
    short = (await x.ask(f"/2/tweets/{x.found()[0]}", tweet_fields="note_tweet"))["data"]
    assert "note_tweet" not in short


async def test_a_quote_and_a_repost_refer_to_their_post(x: XClient) -> None:
    first = x.world.post("tom.example.com", "The first word " * 12)
    quote = post_id(x.world.post("mira.example.org", "Look at this", quote=first))
    body = (await x.ask(f"/2/tweets/{quote}", tweet_fields="entities,referenced_tweets"))["data"]
    assert body["referenced_tweets"] == [{"type": "quoted", "id": post_id(first)}]
    assert body["entities"]["urls"][0]["expanded_url"] == f"https://x.com/tom/status/{post_id(first)}"
    made = (await x.call("POST", f"/2/users/{x.id}/retweets", {"tweet_id": post_id(first)})).json()["data"]
    assert made["retweeted"] is True
    newest = (await x.ask(f"/2/users/{x.id}/tweets", tweet_fields="referenced_tweets"))["data"][0]
    assert newest["text"].startswith("RT @tom: The first word")
    assert newest["text"].endswith("…")
    assert newest["referenced_tweets"] == [{"type": "retweeted", "id": post_id(first)}]


# -- timelines ------------------------------------------------------------------------------------------------


async def test_pages_and_bounds(x: XClient) -> None:
    path = f"/2/users/{x.id}/mentions"
    first = await x.ask(path, max_results=5)
    numbers = [post["id"] for post in first["data"]]
    meta = first["meta"]
    assert (meta["newest_id"], meta["oldest_id"], meta["result_count"]) == (numbers[0], numbers[-1], 5)
    second = await x.ask(path, max_results=5, pagination_token=meta["next_token"])
    assert int(second["meta"]["newest_id"]) < int(numbers[-1])
    newer = await x.ask(path, since_id=numbers[2])
    assert [post["id"] for post in newer["data"]] == numbers[:2]
    older = await x.ask(path, max_results=5, until_id=numbers[-1])
    assert [post["id"] for post in older["data"]] == [post["id"] for post in second["data"]]
    nothing = await x.ask(path, since_id=numbers[0])
    assert nothing == {"meta": {"result_count": 0}}


async def test_a_mention_is_there_at_once_and_only_once(x: XClient) -> None:
    path = f"/2/users/{x.id}/mentions"
    newest = (await x.ask(path))["meta"]["newest_id"]
    number = post_id(x.world.post("tom.example.com", "Hello @ada.example.com"))
    body = await x.ask(path, since_id=newest)
    assert [post["id"] for post in body["data"]] == [number]
    assert body["data"][0]["text"] == "Hello @ada"


async def test_asking_since_the_newest_misses_nothing_of_a_living_world(clock: Clock) -> None:
    x = XClient(World(epoch=EPOCH, clock=clock, live_seconds=3, part=(2, 3)))
    x.state.limits["GET /2/users/:id/mentions"] = 10_000
    path, seen = f"/2/users/{x.id}/mentions", []
    newest = (await x.ask(path))["meta"]["newest_id"]
    start = newest
    for _ in range(120):
        clock.pass_seconds(7)
        body = await x.ask(path, since_id=newest, max_results=100)
        seen += sorted((post["id"] for post in body.get("data", ())), key=int)
        newest = body["meta"].get("newest_id", newest)
    whole = await x.ask(path, since_id=start, max_results=100)
    assert len(seen) > 20
    assert seen == [post["id"] for post in reversed(whole["data"])]


async def test_home_shows_no_muted_people_and_no_answers_to_strangers(x: XClient) -> None:
    path = f"/2/users/{x.id}/timelines/reverse_chronological"
    fields = {"tweet_fields": "author_id,in_reply_to_user_id", "max_results": 100}
    before = (await x.ask(path, **fields))["data"]
    seen = {post["author_id"] for post in before}
    friends = {x.user(x.world.people.by_did[did].key) for did in x.world.follows(x.world.account.did)} | {x.id}
    assert seen <= friends
    assert {post["in_reply_to_user_id"] for post in before if "in_reply_to_user_id" in post} <= friends
    author = before[0]["author_id"]
    await x.call("POST", f"/2/users/{x.id}/muting", {"target_user_id": author})
    after = (await x.ask(path, **fields))["data"]
    assert author not in {post["author_id"] for post in after}
    muted = (await x.ask(f"/2/users/{x.id}/muting", user_fields="connection_status"))["data"]
    assert [(one["id"], "muting" in one["connection_status"]) for one in muted] == [(author, True)]
    await x.call("DELETE", f"/2/users/{x.id}/muting/{author}")
    assert await x.ask(f"/2/users/{x.id}/muting") == {"meta": {"result_count": 0}}


# -- what may be written --------------------------------------------------------------------------------------


async def test_who_may_answer(x: XClient) -> None:
    world = x.world
    stranger = world.post("tom.example.com", "A thought for nobody")
    assert refusal(await x.post("My view", post_id(stranger))) == (403, NOT_SUMMONED)
    assert (await x.post("My view", post_id(stranger))).json()["type"] == "about:blank"
    mention = world.post("tom.example.com", "A thought for @ada.example.com")
    quoting = world.post("tom.example.com", "So true", quote=_uri(x, x.found()[0]))
    answering = world.post("tom.example.com", "I disagree", reply_to=_uri(x, x.found()[0]))
    inside = world.post("mira.example.org", "So do I", reply_to=answering)
    for number, uri in enumerate((mention, quoting, answering, inside)):
        assert (await x.post(f"View {number}", post_id(uri))).status_code == 201
    assert refusal(await x.post("My view", "7")) == (
        403,
        "You attempted to reply to a Tweet that is deleted or not visible to you.",
    )


def _uri(x: XClient, number: str) -> str:
    uri = x.state.names.uri(number)
    assert uri is not None
    return uri


async def test_a_closed_thread(x: XClient, world: World) -> None:
    uri = world.post("tom.example.com", "Only those I follow, not @ada.example.com")
    did, rkey = world.person("tom.example.com").did, uri.rpartition("/")[2]
    gate = {"$type": THREADGATE, "post": uri, "allow": [], "createdAt": "2026-11-02T09:30:00.000Z"}
    place = {"op": "put", "did": did, "collection": THREADGATE, "rkey": rkey}
    world.commit({**place, "value": gate, "at": "2026-11-02T09:30:00.000Z"})
    status, detail = refusal(await x.post("May I?", post_id(uri)))
    assert (status, "restricted who can reply" in detail) == (403, True)
    settings = (await x.ask(f"/2/tweets/{post_id(uri)}", tweet_fields="reply_settings"))["data"]["reply_settings"]
    assert settings == "mentionedUsers"


async def test_reply_settings_close_a_thread_for_others(x: XClient, world: World) -> None:
    body = {"text": "Only people named here", "reply_settings": "mentionedUsers"}
    number = (await x.call("POST", "/2/tweets", body)).json()["data"]["id"]
    found = (await x.ask(f"/2/tweets/{number}", tweet_fields="reply_settings"))["data"]
    assert found["reply_settings"] == "mentionedUsers"
    assert "restricted" in refusal(await XClient(world, "tom").post("And me?", number))[1]


async def test_the_same_text_twice(x: XClient, clock: Clock) -> None:
    assert (await x.post("Only once")).status_code == 201
    assert refusal(await x.post("Only once ")) == (403, DUPLICATE)
    clock.pass_seconds(timedelta(hours=25).total_seconds())
    assert (await x.post("Only once")).status_code == 201


async def test_length(x: XClient) -> None:
    assert message(await x.post("x" * 281)) == TOO_LONG
    assert message(await x.post("漢" * 141)) == TOO_LONG
    assert (await x.post("漢" * 140)).status_code == 201
    assert (await x.post("x" * 256 + " https://example.com/" + "y" * 200)).status_code == 201
    assert "Requires at least one" in message(await x.post("  "))


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "nonsense": 1},
        {"text": 5},
        {"text": "a", "reply": {}},
        {"text": "a", "reply": "b"},
        ["a"],
        {"text": "a", "reply_settings": 7},
    ],
)
async def test_bodies_that_are_wrong(x: XClient, body: Any) -> None:
    assert message(await x.call("POST", "/2/tweets", body))


async def test_what_a_private_app_may_not(x: XClient) -> None:
    number, tom = x.found(by="tom")[0], x.user("tom")
    quoted = await x.call("POST", "/2/tweets", {"text": "Look", "quote_tweet_id": number})
    assert refusal(quoted) == (403, "You are not permitted to perform this action.")
    for path, body in (
        (f"/2/users/{x.id}/likes", {"tweet_id": number}),
        (f"/2/users/{x.id}/following", {"target_user_id": tom}),
        (f"/2/users/{x.id}/blocking", {"target_user_id": tom}),
    ):
        answer = await x.call("POST", path, body)
        assert (answer.status_code, answer.json()["reason"]) == (403, "client-not-enrolled")


async def test_only_ones_own_posts_are_deleted(x: XClient, world: World) -> None:
    other = x.found(by="tom")[0]
    assert refusal(await x.call("DELETE", f"/2/tweets/{other}"))[0] == 403
    own = (await x.post("Short-lived")).json()["data"]["id"]
    uri = _uri(x, own)
    assert (await x.call("DELETE", f"/2/tweets/{own}")).json() == {"data": {"deleted": True}}
    assert uri not in world.records.posts
    assert "errors" in await x.ask(f"/2/tweets/{own}")


async def test_hiding_answers(x: XClient, world: World) -> None:
    own = _uri(x, (await x.post("My thread")).json()["data"]["id"])
    reply = world.post("tom.example.com", "Nonsense", reply_to=own)
    assert (await x.call("PUT", f"/2/tweets/{post_id(reply)}/hidden", {"hidden": True})).json()["data"]["hidden"]
    assert reply in world.hidden_replies
    await x.call("PUT", f"/2/tweets/{post_id(reply)}/hidden", {"hidden": False})
    assert not world.hidden_replies
    assert refusal(await x.call("PUT", f"/2/tweets/{x.found(by='tom')[0]}/hidden", {"hidden": True}))[0] == 403


async def test_bookmarks(x: XClient) -> None:
    number = x.found(by="tom")[0]
    path = f"/2/users/{x.id}/bookmarks"
    for _ in range(2):
        assert (await x.call("POST", path, {"tweet_id": number})).json() == {"data": {"bookmarked": True}}
    assert [post["id"] for post in (await x.ask(path))["data"]] == [number]
    await x.call("DELETE", f"{path}/{number}")
    assert await x.ask(path) == {"meta": {"result_count": 0}}


# -- direct messages ------------------------------------------------------------------------------------------


async def test_a_message_reaches_the_other(x: XClient, world: World) -> None:
    tom = x.user("tom")
    sent = await x.call("POST", f"/2/dm_conversations/with/{tom}/messages", {"text": "Between us"})
    assert sent.status_code == 201
    name = "-".join(sorted((x.id, tom), key=int))
    assert sent.json()["data"]["dm_conversation_id"] == name
    fields = "sender_id,dm_conversation_id"
    other = XClient(world, "tom")
    newest = (await other.ask(f"/2/dm_conversations/with/{x.id}/dm_events", dm_event_fields=fields))["data"][0]
    assert newest == {
        "id": sent.json()["data"]["dm_event_id"],
        "event_type": "MessageCreate",
        "text": "Between us",
        "sender_id": x.id,
        "dm_conversation_id": name,
    }


async def test_messages_that_are_not_wanted(x: XClient, world: World, clock: Clock) -> None:
    tom = x.user("tom")
    await x.call("POST", f"/2/users/{tom}/dm/block")
    clock.pass_seconds(1)
    world.message("tom.example.com", "Are you there?")
    texts = [event["text"] for event in (await x.ask("/2/dm_events"))["data"]]
    assert "Are you there?" not in texts
    path = f"/2/dm_conversations/with/{tom}/messages"
    assert refusal(await x.call("POST", path, {"text": "No"}))[0] == 403
    await x.call("POST", f"/2/users/{tom}/dm/unblock")
    assert (await x.call("POST", path, {"text": "Yes"})).status_code == 201


async def test_messages_of_more_than_thirty_days_are_gone(x: XClient, clock: Clock) -> None:
    before = (await x.ask("/2/dm_events"))["meta"]["result_count"]
    assert before > 5
    clock.pass_seconds(timedelta(days=31).total_seconds())
    assert await x.ask("/2/dm_events") == {"meta": {"result_count": 0}}


async def test_a_message_is_answered_while_the_world_lives(clock: Clock) -> None:
    world = World(epoch=EPOCH, clock=clock, live_seconds=2)
    x = XClient(world)
    tom = x.user("tom")
    await x.call("POST", f"/2/dm_conversations/with/{tom}/messages", {"text": "Are you there?"})
    path = f"/2/dm_conversations/with/{tom}/dm_events"
    for _ in range(6):
        clock.pass_seconds(5)
        newest = (await x.ask(path, dm_event_fields="sender_id"))["data"][0]
        if newest["sender_id"] == tom:
            break
    assert newest["sender_id"] == tom


# -- limits, faults, other paths ------------------------------------------------------------------------------


async def test_limits_by_header(x: XClient, clock: Clock) -> None:
    answers = [await x.get("/2/dm_events") for _ in range(16)]
    left = [answer.headers["x-rate-limit-remaining"] for answer in answers]
    assert left == [*(str(number) for number in range(14, -1, -1)), "0"]
    last = answers[-1]
    assert (last.status_code, last.json()["title"]) == (429, "Too Many Requests")
    assert last.headers["x-rate-limit-limit"] == "15"
    assert int(last.headers["x-rate-limit-reset"]) == int(clock().timestamp()) + 900
    assert (await x.get("/2/users/me")).status_code == 200
    assert (await XClient(x.world, "tom").get("/2/dm_events")).status_code == 200
    clock.pass_seconds(901)
    assert (await x.get("/2/dm_events")).status_code == 200


async def test_refused_calls_tell_the_limits_too(x: XClient) -> None:
    answer = await x.post("I was not asked", x.found(by="tom")[0])
    assert (answer.status_code, answer.headers["x-rate-limit-remaining"]) == (403, "99")


async def test_faults_by_the_name_of_an_endpoint(x: XClient) -> None:
    faults, name = x.world.faults, "GET /2/users/:id/mentions"
    assert name in ROUTES
    faults.add(name, kind="status", status=503)
    assert (await x.get("/2/users/me")).status_code == 200
    assert (await x.get(f"/2/users/{x.id}/mentions")).status_code == 503
    faults.add(name, kind="rate_limit", seconds=60)
    limited = await x.get(f"/2/users/{x.id}/mentions")
    assert (limited.status_code, limited.headers["x-rate-limit-remaining"]) == (429, "0")
    faults.add("*", kind="expired")
    assert (await x.get("/2/users/me")).status_code == 401
    faults.add(name, kind="html")
    assert (await x.get(f"/2/users/{x.id}/mentions")).headers["content-type"].startswith("text/html")
    faults.add("POST /2/tweets", kind="drop_after")
    with pytest.raises(Dropped):
        await x.post("Sent, but who knows")
    newest = (await x.ask(f"/2/users/{x.id}/tweets"))["data"][0]
    assert newest["text"] == "Sent, but who knows"


async def test_other_paths_and_no_token(x: XClient) -> None:
    assert (await x.get("/2/nothing")).status_code == 404
    assert (await x.get("/xrpc/app.bsky.feed.getTimeline")).status_code == 404
    x.headers = {}
    answer = await x.get("/2/users/me")
    assert answer.status_code == 401
    assert answer.json() == {
        "title": "Unauthorized",
        "detail": "Unauthorized",
        "type": "about:blank",
        "status": 401,
    }
    assert all(name.split(" ")[1].startswith(PREFIXES) for name in ROUTES)


async def test_somebody_who_blocks_the_account_is_not_seen(x: XClient, world: World) -> None:
    number = x.found(by="tom")[0]
    at, did = "2026-11-02T09:30:00.000Z", world.person("tom.example.com").did
    value = {"$type": BLOCK, "subject": world.account.did, "createdAt": at}
    world.commit({"op": "put", "did": did, "collection": BLOCK, "rkey": "a", "value": value, "at": at})
    body = await x.ask(f"/2/tweets/{number}")
    assert body["errors"][0]["type"].endswith("/not-authorized-for-resource")
    assert "data" not in await x.ask("/2/tweets/search/recent", query="from:tom")


async def test_everything_is_there_after_a_restart(tmp_path: Any, clock: Clock) -> None:
    path = tmp_path / "world.jsonl"
    world = World(epoch=EPOCH, clock=clock, live_seconds=0, journal=path)
    x = XClient(world)
    number = (await x.post("To be kept, https://example.com and @tom")).json()["data"]["id"]
    await x.call("POST", f"/2/users/{x.user('tom')}/dm/block")
    own = _uri(x, number)
    reply = world.post("tom.example.com", "Well", reply_to=own)
    await x.call("PUT", f"/2/tweets/{post_id(reply)}/hidden", {"hidden": True})
    before = await x.ask(f"/2/tweets/{number}", tweet_fields="entities,created_at")
    world.close()
    again = World(clock=clock, live_seconds=0, journal=path)
    assert await XClient(again).ask(f"/2/tweets/{number}", tweet_fields="entities,created_at") == before
    assert again.hidden_replies == {reply}
    assert again.closed_messages == world.closed_messages
    again.close()
