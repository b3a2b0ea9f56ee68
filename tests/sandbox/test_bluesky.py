"""The Bluesky face: logins, writes that happen once, blocks and mutes, direct messages, pages."""

from __future__ import annotations

from typing import Any

import pytest

from tweetdesk.sandbox.ids import tid
from tweetdesk.sandbox.records import BLOCK, FOLLOW, LIKE, POST, REPOST
from tweetdesk.sandbox.world import NO_MESSAGES_PASSWORD, World

from .conftest import Client, Clock

KEY = tid(1_793_612_000_000_000)


def ref(world: World, uri: str) -> dict[str, str]:
    return {"uri": uri, "cid": world.records.posts[uri].cid}


# -- logins -----------------------------------------------------------------------------------------------


async def test_an_access_token_expires_and_is_refreshed(ada: Client, clock: Clock) -> None:
    clock.pass_seconds(7201)
    for answer in (
        await ada.get("app.bsky.feed.getTimeline"),
        await ada.put(POST, {"text": "late"}, rkey=KEY),
    ):
        assert answer.status_code == 400
        assert answer.json() == {"error": "ExpiredToken", "message": "Token has expired"}
    ada.headers = {"authorization": f"Bearer {ada.session['refreshJwt']}"}
    fresh = (await ada.post("com.atproto.server.refreshSession")).json()
    assert fresh["did"] == ada.did
    ada.headers = {"authorization": f"Bearer {fresh['accessJwt']}"}
    await ada.ask("app.bsky.feed.getTimeline")


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(ada: Client) -> None:
    access = (await ada.post("com.atproto.server.refreshSession")).json()
    assert access["error"] == "InvalidToken"
    ada.headers = {"authorization": f"Bearer {ada.session['refreshJwt']}"}
    assert (await ada.get("app.bsky.feed.getTimeline")).json()["error"] == "InvalidToken"


async def test_a_closed_session_cannot_be_refreshed(ada: Client) -> None:
    ada.headers = {"authorization": f"Bearer {ada.session['refreshJwt']}"}
    closed = await ada.post("com.atproto.server.deleteSession")
    assert (closed.status_code, closed.content) == (200, b"")
    assert (await ada.post("com.atproto.server.refreshSession")).status_code == 400


async def test_an_app_password_without_permission_reads_no_messages(world: World) -> None:
    client = await Client(world).log_in(world.account.handle, NO_MESSAGES_PASSWORD)
    answer = await client.get("chat.bsky.convo.listConvos")
    assert answer.status_code == 400
    assert answer.json() == {"error": "InvalidToken", "message": "Bad token method"}
    await client.ask("app.bsky.feed.getTimeline")


# -- writes -----------------------------------------------------------------------------------------------


async def test_put_record_with_swap_null_happens_once(ada: Client) -> None:
    first = await ada.put(POST, {"text": "once"}, rkey=KEY, swapRecord=None)
    again = await ada.put(POST, {"text": "once"}, rkey=KEY, swapRecord=None)
    other = await ada.put(POST, {"text": "other"}, rkey=KEY, swapRecord=None)
    assert [answer.status_code for answer in (first, again, other)] == [200, 200, 400]
    assert "commit" in first.json()
    assert "commit" not in again.json()
    assert first.json()["cid"] == again.json()["cid"]
    wrong = {"error": "InvalidSwap", "message": f"Record was at {first.json()['cid']}"}
    assert other.json() == wrong
    edited = await ada.put(POST, {"text": "other"}, rkey=KEY)
    assert edited.status_code == 200
    assert ada.world.records.posts[first.json()["uri"]].value["text"] == "other"


async def test_create_record_with_a_taken_key_fails(ada: Client) -> None:
    await ada.write(POST, {"text": "once"}, rkey=KEY)
    again = await ada.put(POST, {"text": "once"}, "createRecord", rkey=KEY)
    assert again.status_code == 500


async def test_liking_again_leaves_one_like_with_a_new_uri(ada: Client) -> None:
    uri = ada.world.post("tom.example.com", "like me")
    first = await ada.write(LIKE, {"subject": ref(ada.world, uri)})
    second = await ada.write(LIKE, {"subject": ref(ada.world, uri)})
    assert first["uri"] != second["uri"]
    view = (await ada.ask("app.bsky.feed.getPosts", uris=uri))["posts"][0]
    assert view["likeCount"] == 1
    assert view["viewer"]["like"] == second["uri"]


async def test_deleting_is_idempotent_and_only_in_ones_own_repository(ada: Client, tom: Client) -> None:
    uri = (await ada.write(POST, {"text": "gone"}))["uri"]
    body = {"repo": ada.did, "collection": POST, "rkey": uri.rpartition("/")[2]}
    assert (await tom.post("com.atproto.repo.deleteRecord", body)).status_code == 401
    assert "commit" in (await ada.post("com.atproto.repo.deleteRecord", body)).json()
    assert (await ada.post("com.atproto.repo.deleteRecord", body)).json() == {}
    gone = await ada.get("app.bsky.feed.getPostThread", uri=uri)
    assert gone.json() == {"error": "NotFound", "message": f"Post not found: {uri}"}


async def test_a_deleted_parent_is_a_post_not_found(ada: Client) -> None:
    parent = (await ada.write(POST, {"text": "gone soon"}))["uri"]
    child = ada.world.post("tom.example.com", "still here", reply_to=parent)
    body = {"repo": ada.did, "collection": POST, "rkey": parent.rpartition("/")[2]}
    await ada.post("com.atproto.repo.deleteRecord", body)
    thread = (await ada.ask("app.bsky.feed.getPostThread", uri=child))["thread"]
    assert thread["parent"]["notFound"] is True


async def test_a_reply_is_told_to_who_was_answered(ada: Client, tom: Client) -> None:
    root = ada.world.post("tom.example.com", "who knows?")
    reply = {"root": ref(ada.world, root), "parent": ref(ada.world, root)}
    written = await ada.write(POST, {"text": "I do.", "reply": reply})
    told = (await tom.ask("app.bsky.notification.listNotifications", reasons=["reply"], limit=1))["notifications"]
    assert told[0]["uri"] == written["uri"]
    assert told[0]["reasonSubject"] == root
    assert told[0]["isRead"] is False
    thread = (await tom.ask("app.bsky.feed.getPostThread", uri=root))["thread"]
    assert [node["post"]["uri"] for node in thread["replies"]] == [written["uri"]]
    assert thread["post"]["replyCount"] == 1


# -- blocks, mutes, closed threads ------------------------------------------------------------------------


async def test_blocked_people_vanish(ada: Client, tom: Client) -> None:
    world = ada.world
    mention = world.post("tom.example.com", "@ada.example.com about sqlite xyzzy")
    block = await ada.write(BLOCK, {"subject": tom.did})
    timeline = await ada.ask("app.bsky.feed.getTimeline", limit=100)
    assert tom.did not in {item["post"]["author"]["did"] for item in timeline["feed"]}
    told = await ada.ask("app.bsky.notification.listNotifications", limit=100)
    assert tom.did not in {notice["author"]["did"] for notice in told["notifications"]}
    assert (await ada.ask("app.bsky.feed.searchPosts", q="xyzzy"))["posts"] == []
    assert (await ada.ask("app.bsky.feed.getPosts", uris=mention))["posts"] == []
    thread = (await ada.ask("app.bsky.feed.getPostThread", uri=mention))["thread"]
    assert thread["$type"] == "app.bsky.feed.defs#blockedPost"
    assert thread["author"]["viewer"] == {"blockedBy": False, "blocking": block["uri"]}
    feed = await ada.get("app.bsky.feed.getAuthorFeed", actor=tom.did)
    assert feed.json()["error"] == "BlockedActor"
    theirs = await tom.get("app.bsky.feed.getAuthorFeed", actor=ada.did)
    assert theirs.json()["error"] == "BlockedByActor"
    viewer = (await ada.ask("app.bsky.actor.getProfile", actor=tom.did))["viewer"]
    assert "following" not in viewer
    blocks = (await ada.ask("app.bsky.graph.getBlocks"))["blocks"]
    assert [person["did"] for person in blocks] == [tom.did]
    body = {"repo": ada.did, "collection": BLOCK, "rkey": block["uri"].rpartition("/")[2]}
    await ada.post("com.atproto.repo.deleteRecord", body)
    assert (await ada.ask("app.bsky.feed.searchPosts", q="xyzzy"))["posts"][0]["uri"] == mention


async def test_muted_people_leave_timeline_and_notifications_but_not_search(ada: Client, tom: Client) -> None:
    ada.world.post("tom.example.com", "@ada.example.com about sqlite xyzzy")
    assert (await ada.post("app.bsky.graph.muteActor", {"actor": tom.did})).content == b""
    timeline = await ada.ask("app.bsky.feed.getTimeline", limit=100)
    assert tom.did not in {item["post"]["author"]["did"] for item in timeline["feed"]}
    told = await ada.ask("app.bsky.notification.listNotifications", limit=100)
    assert tom.did not in {notice["author"]["did"] for notice in told["notifications"]}
    found = (await ada.ask("app.bsky.feed.searchPosts", q="xyzzy"))["posts"]
    assert found[0]["author"]["viewer"]["muted"] is True
    await ada.post("app.bsky.graph.unmuteActor", {"actor": "tom.example.com"})
    assert (await ada.ask("app.bsky.graph.getMutes"))["mutes"] == []


async def test_a_muted_thread_is_quiet(ada: Client) -> None:
    root = (await ada.write(POST, {"text": "talk to me"}))["uri"]
    await ada.post("app.bsky.graph.muteThread", {"root": root})
    reply = ada.world.post("tom.example.com", "hello", reply_to=root)
    told = await ada.ask("app.bsky.notification.listNotifications", limit=5)
    assert reply not in {notice["uri"] for notice in told["notifications"]}
    view = (await ada.ask("app.bsky.feed.getPosts", uris=reply))["posts"][0]
    assert view["viewer"]["threadMuted"] is True


async def test_a_closed_thread_says_so_and_takes_no_reply(ada: Client) -> None:
    world = ada.world
    root = world.named["lena-form"]
    seller = await Client(world).log_in("growthhub.example.net", "growthhub-pass")
    view = (await seller.ask("app.bsky.feed.getPosts", uris=root))["posts"][0]
    assert view["viewer"]["replyDisabled"] is True
    assert "threadgate" in view
    before = len(world.records.replies[root])
    reply = {"root": ref(world, root), "parent": ref(world, root)}
    written = await seller.write(POST, {"text": "but", "reply": reply})
    assert len(world.records.replies[root]) == before
    assert (await seller.get("app.bsky.feed.getPostThread", uri=written["uri"])).status_code == 400


# -- reading ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nsid", "key", "identity"),
    [
        (
            "app.bsky.feed.getTimeline",
            "feed",
            lambda item: (item["post"]["uri"], item.get("reason", {}).get("uri")),
        ),
        ("app.bsky.notification.listNotifications", "notifications", lambda item: item["uri"]),
        ("chat.bsky.convo.listConvos", "convos", lambda item: item["id"]),
    ],
)
async def test_pages_join_without_gaps_and_repetition(ada: Client, nsid: str, key: str, identity: Any) -> None:
    whole = (await ada.ask(nsid, limit=60))[key]
    pieces: list[Any] = []
    cursor: dict[str, str] = {}
    while len(pieces) < len(whole):
        page = await ada.ask(nsid, limit=7, **cursor)
        pieces += page[key]
        if "cursor" not in page:
            break
        cursor = {"cursor": page["cursor"]}
    assert [identity(item) for item in pieces[: len(whole)]] == [identity(item) for item in whole]


async def test_a_repost_stands_in_the_timeline_with_its_reason(ada: Client, tom: Client) -> None:
    uri = ada.world.post("hugo.example.com", "an old post")
    repost = await tom.write(REPOST, {"subject": ref(ada.world, uri)})
    feed = (await ada.ask("app.bsky.feed.getTimeline", limit=3))["feed"]
    item = next(item for item in feed if item.get("reason", {}).get("uri") == repost["uri"])
    assert item["post"]["uri"] == uri
    assert item["reason"]["by"]["did"] == tom.did


async def test_reasons_and_seen(ada: Client, clock: Clock) -> None:
    before = (await ada.ask("app.bsky.notification.getUnreadCount"))["count"]
    assert before > 0
    clock.pass_seconds(5)
    await ada.post("app.bsky.notification.updateSeen", {"seenAt": "2026-11-02T09:30:05.000Z"})
    assert (await ada.ask("app.bsky.notification.getUnreadCount"))["count"] == 0
    clock.pass_seconds(5)
    ada.world.post("tom.example.com", "hi @ada.example.com")
    told = await ada.ask("app.bsky.notification.listNotifications", reasons=["mention", "quote"])
    assert {notice["reason"] for notice in told["notifications"]} == {"mention", "quote"}
    assert [notice["isRead"] for notice in told["notifications"][:2]] == [False, True]


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"q": "green teapots"}, True),
        ({"q": '"green teapots"'}, False),
        ({"q": '"teapots are GREEN"'}, True),
        ({"q": "green from:tom.example.com"}, True),
        ({"q": "green", "author": "mira.example.org"}, False),
        ({"q": "teapot"}, True),
        ({"q": "teapo"}, False),
        ({"q": "#china"}, True),
        ({"q": "green", "since": "2026-11-02T09:30:00.000Z"}, True),
        ({"q": "green", "until": "2026-11-02T09:30:00.000Z"}, False),
        ({"q": "green", "lang": "de"}, False),
        ({"q": "green", "tag": "china", "sort": "top"}, True),
    ],
)
async def test_search(ada: Client, params: dict[str, str], found: bool) -> None:
    uri = ada.world.post("tom.example.com", "My teapots are green. #china")
    posts = (await ada.ask("app.bsky.feed.searchPosts", **params))["posts"]
    assert (uri in {post["uri"] for post in posts}) is found


async def test_following_changes_the_timeline(ada: Client) -> None:
    hugo = ada.world.person("hugo.example.com")
    follow = await ada.write(FOLLOW, {"subject": hugo.did})
    uri = ada.world.post("hugo.example.com", "Spaces.")
    feed = (await ada.ask("app.bsky.feed.getTimeline", limit=1))["feed"]
    assert feed[0]["post"]["uri"] == uri
    assert feed[0]["post"]["author"]["viewer"]["following"] == follow["uri"]


async def test_every_answer_tells_the_rate_limit_and_keeps_it(ada: Client, clock: Clock) -> None:
    ada.world.rate_limit = 5
    codes = [(await ada.get("app.bsky.actor.getPreferences")).status_code for _ in range(6)]
    assert codes == [200, 200, 200, 200, 429, 429]
    refused = await ada.get("app.bsky.actor.getPreferences")
    assert refused.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert refused.headers["ratelimit-remaining"] == "0"
    clock.pass_seconds(int(refused.headers["retry-after"]))
    answer = await ada.get("app.bsky.actor.getPreferences")
    assert answer.headers["ratelimit-remaining"] == "4"
    assert answer.headers["ratelimit-policy"] == "5;w=300"


# -- direct messages --------------------------------------------------------------------------------------


async def test_messages_go_both_ways(ada: Client, tom: Client) -> None:
    cursor = (await ada.ask("chat.bsky.convo.getLog"))["cursor"]
    message = ada.world.message("tom.example.com", "Are you there?")
    convo = (await ada.ask("chat.bsky.convo.listConvos", limit=1))["convos"][0]
    assert convo["lastMessage"]["id"] == message
    unread = convo["unreadCount"]
    assert unread >= 1
    body = {"convoId": convo["id"], "message": {"text": "I am."}}
    sent = (await ada.post("chat.bsky.convo.sendMessage", body)).json()
    assert sent["sender"] == {"did": ada.did}
    messages = (await tom.ask("chat.bsky.convo.getMessages", convoId=convo["id"]))["messages"]
    assert [one["text"] for one in messages[:2]] == ["I am.", "Are you there?"]
    log = await ada.ask("chat.bsky.convo.getLog", cursor=cursor)
    assert [entry["message"]["text"] for entry in log["logs"]] == ["Are you there?", "I am."]
    assert (await ada.ask("chat.bsky.convo.getLog", cursor=log["cursor"]))["logs"] == []
    read = (await tom.post("chat.bsky.convo.updateRead", {"convoId": convo["id"]})).json()
    assert read["convo"]["unreadCount"] == 0


async def test_messages_have_limits_and_members(ada: Client, tom: Client) -> None:
    mira = ada.world.person("mira.example.org")
    convo = (await ada.ask("chat.bsky.convo.getConvoForMembers", members=mira.did))["convo"]
    stranger = await tom.get("chat.bsky.convo.getMessages", convoId=convo["id"])
    assert stranger.json() == {"error": "InvalidConvo", "message": "Convo not found"}
    body = {"convoId": convo["id"], "message": {"text": "x" * 1001}}
    assert (await ada.post("chat.bsky.convo.sendMessage", body)).status_code == 400
    await ada.write(BLOCK, {"subject": mira.did})
    body["message"] = {"text": "hello"}
    refused = await ada.post("chat.bsky.convo.sendMessage", body)
    assert refused.json()["error"] == "BlockedSubject"


async def test_people_answer_when_they_are_answered(clock: Clock) -> None:
    world = World(epoch=clock.now, clock=clock)
    ada = await Client(world).log_in(world.account.handle, world.account.password)
    asked = world.named["sana-async"]
    reply = {"root": ref(world, asked), "parent": ref(world, asked)}
    uri = (await ada.write(POST, {"text": "I have one with kettles.", "reply": reply}))["uri"]
    for _ in range(12):
        clock.pass_seconds(5)
        world.advance()
    answers = world.records.replies[uri]
    assert [record.did for record in answers] == [world.person("sana.example.com").did]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"text": 5}, "Expected string value type at $.record.text"),
        ({"text": "x", "createdAt": "yesterday"}, 'Invalid datetime (got "yesterday") at $.record.createdAt'),
        ({"text": "x", "reply": {"root": {}}}, 'Missing required key "uri" at $.record.reply.root'),
        ({"text": "x", "embed": {}}, 'Missing required key "$type" at $.record.embed'),
        (
            {"text": "x", "embed": {"$type": "app.bsky.embed.record", "record": {}}},
            'Missing required key "uri" at $.record.embed.record',
        ),
        (
            {"text": "x", "embed": {"$type": "app.bsky.embed.images"}},
            'Missing required key "images" at $.record.embed',
        ),
    ],
)
async def test_records_that_do_not_fit_are_refused(ada: Client, record: dict[str, Any], message: str) -> None:
    answer = await ada.put(POST, record, "createRecord")
    assert answer.status_code == 400
    assert answer.json()["message"] == f"Invalid app.bsky.feed.post record: {message}"


async def test_times_in_other_forms_are_sorted_by_what_they_mean(ada: Client, clock: Clock) -> None:
    late = await ada.write(POST, {"text": "late", "createdAt": "2026-11-02T10:29:30+01:00"})
    clock.pass_seconds(60)
    ada.world.post("tom.example.com", "later")
    feed = (await ada.ask("app.bsky.feed.getTimeline", limit=2))["feed"]
    assert feed[1]["post"]["uri"] == late["uri"]
