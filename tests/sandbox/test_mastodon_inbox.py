"""The Mastodon face: notifications, direct messages, people, search, limits and faults."""

from __future__ import annotations

import httpx
import pytest

from tweetdesk.sandbox.bluesky import face as bluesky
from tweetdesk.sandbox.faults import Dropped
from tweetdesk.sandbox.mastodon import account_id, face, token
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock
from .fediverse import fediverse, get, ids, post, write

HELLO = "@ada.example.com are you there?"


@pytest.fixture
def ada(world: World) -> httpx.AsyncClient:
    return fediverse(world)


# -- notifications and conversations ------------------------------------------------------------------------


async def test_notifications_by_type(ada: httpx.AsyncClient, world: World) -> None:
    world.post("tom.example.com", HELLO)
    mentions = await get(ada, "/api/v1/notifications", **{"types[]": "mention", "limit": 80})
    assert {one["type"] for one in mentions} == {"mention"}
    assert "are you there?" in mentions[0]["status"]["content"]
    assert "direct" in {one["status"]["visibility"] for one in mentions}
    rest = await get(ada, "/api/v1/notifications", **{"exclude_types[]": ["mention", "favourite"]})
    assert {one["type"] for one in rest} & {"mention", "favourite"} == set()
    assert {one["type"] for one in rest} >= {"reblog", "follow"}
    assert (await get(ada, f"/api/v1/notifications/{mentions[0]['id']}")) == mentions[0]


async def test_an_answer_without_a_mention_reaches_nobody(ada: httpx.AsyncClient, world: World) -> None:
    made = await write(ada, "a root")
    async with fediverse(world, "tom") as tom:
        await write(tom, "no address in it", in_reply_to_id=made["id"])
        await write(tom, "@ada@social.example.com with one", in_reply_to_id=made["id"])
    notices = await get(ada, "/api/v1/notifications", **{"types[]": "mention", "limit": 2})
    assert "with one" in notices[0]["status"]["content"]
    assert "no address" not in notices[1]["status"]["content"]


async def test_grouped_notifications_and_the_count(ada: httpx.AsyncClient) -> None:
    found = await get(ada, "/api/v2/notifications", limit=40)
    people, posts = ({one["id"] for one in found[name]} for name in ("accounts", "statuses"))
    assert sum(group["notifications_count"] for group in found["notification_groups"]) == 40
    for group in found["notification_groups"]:
        assert set(group["sample_account_ids"]) <= people
        assert group.get("status_id") in posts | {None}
    assert (await get(ada, "/api/v1/notifications/unread_count"))["count"] > 0
    newest = found["notification_groups"][0]["most_recent_notification_id"]
    await post(ada, "/api/v1/markers", notifications={"last_read_id": newest})
    assert (await get(ada, "/api/v1/notifications/unread_count"))["count"] == 0
    marker = await get(ada, "/api/v1/markers", **{"timeline[]": "notifications"})
    assert (marker["notifications"]["last_read_id"], marker["notifications"]["version"]) == (newest, 1)


async def test_direct_messages_are_statuses_mentions_and_conversations(
    ada: httpx.AsyncClient, world: World, clock: Clock
) -> None:
    clock.pass_seconds(1)
    world.message("tom.example.com", "A question, quietly.")
    first = (await get(ada, "/api/v1/conversations"))[0]
    assert (first["unread"], first["accounts"][0]["acct"]) == (True, "tom@photos.example.net")
    last = first["last_status"]
    assert last["visibility"] == "direct"
    assert last["content"].endswith("@<span>ada</span></a></span> A question, quietly.</p>")
    notice = (await get(ada, "/api/v1/notifications", **{"types[]": "mention", "limit": 1}))[0]
    assert notice["status"]["id"] == last["id"]
    assert all(one["visibility"] != "direct" for one in await get(ada, "/api/v1/timelines/home", limit=40))
    talk = await get(ada, f"/api/v1/statuses/{last['id']}/context")
    assert len(talk["ancestors"]) >= 4
    clock.pass_seconds(1)
    answer = await write(
        ada, "@tom@photos.example.net Yes.", visibility="direct", in_reply_to_id=last["id"], spoiler_text="quiet"
    )
    assert (answer["in_reply_to_id"], answer["spoiler_text"]) == (last["id"], "quiet")
    again = (await get(ada, "/api/v1/conversations"))[0]
    assert (again["id"], again["last_status"]["id"]) == (first["id"], answer["id"])
    assert world.chat.of(world.account.did)[0].messages[-1].text == "@tom@photos.example.net Yes."
    assert (await post(ada, f"/api/v1/conversations/{first['id']}/read"))["unread"] is False
    assert (await ada.post(f"/api/v1/statuses/{last['id']}/reblog")).status_code == 403
    async with fediverse(world, "mira") as mira:
        assert (await mira.get(f"/api/v1/statuses/{last['id']}")).status_code == 404
    edited = await ada.put(f"/api/v1/statuses/{answer['id']}", json={"status": "@tom@photos.example.net No."})
    assert edited.json()["content"].endswith("No.</p>")
    assert edited.json()["edited_at"] is not None
    assert (await ada.delete(f"/api/v1/statuses/{answer['id']}")).status_code == 200
    assert (await get(ada, "/api/v1/conversations"))[0]["last_status"]["id"] == last["id"]


async def test_somebody_answers_a_direct_status(clock: Clock) -> None:
    world = World(epoch=EPOCH, clock=clock)
    async with fediverse(world) as ada:
        await write(ada, "@mira are you well?", visibility="direct")
        for _ in range(20):
            clock.pass_seconds(4)
            await get(ada, "/api/v1/instance")
        convos = await get(ada, "/api/v1/conversations")
        mine = next(one for one in convos if one["accounts"][0]["acct"] == "mira")
        assert mine["last_status"]["account"]["acct"] == "mira"


# -- people -----------------------------------------------------------------------------------------------


async def test_follow_block_and_mute_for_a_while(ada: httpx.AsyncClient, world: World, clock: Clock) -> None:
    tom = await get(ada, "/api/v1/accounts/lookup", acct="@tom@photos.example.net")
    path = f"/api/v1/accounts/{tom['id']}"
    assert (await post(ada, f"{path}/unfollow"))["following"] is False
    assert (await post(ada, f"{path}/follow"))["following"] is True
    muted = await post(ada, f"{path}/mute", duration=300)
    assert (muted["muting"], muted["muting_expires_at"]) == (True, "2026-11-02T09:35:00.000Z")
    world.post("tom.example.com", HELLO)
    assert all(one["account"]["id"] != tom["id"] for one in await get(ada, "/api/v1/notifications", limit=80))
    clock.pass_seconds(301)
    (state,) = await get(ada, "/api/v1/accounts/relationships", **{"id[]": tom["id"]})
    assert (state["muting"], state["muting_expires_at"]) == (False, None)
    assert (await get(ada, "/api/v1/notifications", limit=1))[0]["account"]["id"] == tom["id"]
    blocked = await post(ada, f"{path}/block")
    assert (blocked["blocking"], blocked["following"]) == (True, False)
    assert all(one["account"]["id"] != tom["id"] for one in await get(ada, "/api/v1/timelines/home", limit=40))
    assert (await post(ada, f"{path}/unblock"))["blocking"] is False
    assert (await ada.post(f"/api/v1/accounts/{account_id(world)}/block")).status_code == 403


async def test_a_report_is_kept(ada: httpx.AsyncClient, world: World) -> None:
    did, ident = world.people.by_key["growthhub"].did, account_id(world, "growthhub")
    uri = world.post(did, "buy")
    statuses = await get(ada, f"/api/v1/accounts/{ident}/statuses", limit=1)
    body = {"account_id": ident, "status_ids": [statuses[0]["id"]], "comment": "a pitch", "category": "spam"}
    made = await post(ada, "/api/v1/reports", **body)
    assert (made["category"], made["comment"], made["target_account"]["id"]) == ("spam", "a pitch", ident)
    assert world.reports[-1]["subject"] == {"did": did, "uris": [uri]}


async def test_half_of_the_people_live_elsewhere(ada: httpx.AsyncClient, world: World) -> None:
    people = [await get(ada, f"/api/v1/accounts/{account_id(world, key)}") for key in world.people.by_key]
    hosts = {person["acct"].partition("@")[2] for person in people}
    local = [person for person in people if "@" not in person["acct"]]
    assert len(local) * 2 == len(people)
    assert all(host == "" or host.endswith((".example.com", ".example.net", ".example.org")) for host in hosts)
    assert len(hosts) > 3
    for person in people:
        assert (await get(ada, "/api/v1/accounts/lookup", acct=person["acct"]))["id"] == person["id"]


# -- search -----------------------------------------------------------------------------------------------


async def test_search_finds_people_hashtags_and_words(ada: httpx.AsyncClient, world: World) -> None:
    found = await get(ada, "/api/v2/search", q="tom@photos.example.net", type="accounts")
    assert [one["acct"] for one in found["accounts"]] == ["tom@photos.example.net"]
    assert [one["name"] for one in (await get(ada, "/api/v2/search", q="#hel"))["hashtags"]] == ["help"]
    mine = await get(ada, "/api/v2/search", q="from:me", type="statuses")
    assert {one["account"]["acct"] for one in mine["statuses"]} == {"ada"}
    await write(ada, "The heron reads aloud.")
    words = await get(ada, "/api/v2/search", q='"heron reads" from:me -silent', type="statuses")
    assert len(words["statuses"]) == 1
    assert (await get(ada, "/api/v2/search", q="heron -aloud from:me", type="statuses"))["statuses"] == []
    assert (await ada.get("/api/v2/search", params={"q": ""})).status_code == 400


# -- limits, faults, flavours --------------------------------------------------------------------------------


async def test_limits_are_told_and_kept(ada: httpx.AsyncClient, world: World, clock: Clock) -> None:
    world.rate_limit = 30
    answers = [await ada.get("/api/v1/preferences") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["x-ratelimit-remaining"] == "2"
    assert answers[3].json() == {"error": "Too many requests"}
    assert answers[3].headers["x-ratelimit-reset"] == "2026-11-02T09:35:00.000000Z"
    clock.pass_seconds(300)
    assert (await ada.get("/api/v1/preferences")).status_code == 200


async def test_faults_are_named_by_verb_and_template(ada: httpx.AsyncClient, world: World) -> None:
    home = ids(await get(ada, "/api/v1/timelines/home", limit=1))[0]
    world.faults.add("GET /api/v1/statuses/:id", status=503)
    assert (await ada.get("/api/v1/timelines/home")).status_code == 200
    assert (await ada.get(f"/api/v1/statuses/{home}")).status_code == 503
    world.faults.add("*", kind="rate_limit", seconds=30)
    limited = await ada.get("/api/v1/timelines/home")
    assert (limited.status_code, limited.headers["x-ratelimit-reset"]) == (429, "2026-11-02T09:30:30.000000Z")
    world.faults.add("*", kind="expired")
    assert (await ada.get("/api/v1/timelines/home")).status_code == 401
    before = len(world.records.posts)
    world.faults.add("POST /api/v1/statuses", kind="drop_after")
    with pytest.raises(Dropped):
        await ada.post("/api/v1/statuses", json={"status": "did it arrive?"})
    assert len(world.records.posts) == before + 1
    world.faults.add("GET /api/v1/timelines/home", kind="missing_fields")
    home = await get(ada, "/api/v1/timelines/home")
    assert set(home[0]) == {"id"}
    assert "content" in home[1]
    world.faults.add("GET /api/v1/timelines/home", kind="html")
    assert (await ada.get("/api/v1/timelines/home")).headers["content-type"].startswith("text/html")


async def test_the_control_edits_and_deletes(ada: httpx.AsyncClient) -> None:
    body = {"handle": "tom.example.com", "text": HELLO}
    uri = (await ada.post("/_sandbox/post", json=body)).json()["uri"]
    ident = (await get(ada, "/api/v1/notifications", limit=1))[0]["status"]["id"]
    await post(ada, "/_sandbox/edit", id=ident, text="@ada.example.com never mind")
    seen = await get(ada, f"/api/v1/statuses/{ident}")
    assert "never mind" in seen["content"]
    assert seen["edited_at"] is not None
    await post(ada, "/_sandbox/delete", uri=uri)
    assert (await ada.get(f"/api/v1/statuses/{ident}")).status_code == 404


async def test_gotosocial_lacks_what_it_lacks(world: World) -> None:
    async with fediverse(world, flavour="gotosocial") as http:
        assert "api_versions" not in await get(http, "/api/v2/instance")
        for path in ("/api/v2/notifications", "/api/v1/notifications/unread_count", "/api/v1/streaming/user"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})
        assert "quote" not in (await get(http, "/api/v1/timelines/home"))[0]
        answer = await http.get("/api/v1/notifications", params={"types[]": "mention", "limit": 2})
        assert "types" not in answer.headers["link"]
        blank = await http.post("/api/v1/statuses", json={"status": ""})
        assert (blank.status_code, blank.json()["error"][:13]) == (400, "Bad Request: ")
        assert "group_key" not in answer.json()[0]
    with pytest.raises(ValueError, match="no flavour is called 'pleroma'"):
        face(world, flavour="pleroma")


async def test_unknown_paths_and_broken_bodies(ada: httpx.AsyncClient) -> None:
    answer = await ada.get("/api/v9/nothing")
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})
    headers = {"content-type": "application/json"}
    assert (await ada.post("/api/v1/statuses", content=b"{", headers=headers)).status_code == 400
    assert (await ada.post("/_sandbox/post", content=b"{", headers=headers)).status_code == 400
    assert (await get(ada, "/api/v2/search", q="https://[broken"))["statuses"] == []
    form = {"status": (None, "by multipart"), "visibility": (None, "unlisted")}
    made = (await ada.post("/api/v1/statuses", files=form)).json()
    assert (made["content"], made["visibility"]) == ("<p>by multipart</p>", "unlisted")


async def test_one_world_can_have_both_faces(world: World, ada: httpx.AsyncClient) -> None:
    made = await write(ada, "seen from both sides")
    transport = httpx.ASGITransport(bluesky(world))
    async with httpx.AsyncClient(transport=transport, base_url="https://bsky.example.com") as http:
        params = {"actor": "ada.example.com", "limit": 1}
        feed = (await http.get("/xrpc/app.bsky.feed.getAuthorFeed", params=params)).json()["feed"]
        assert feed[0]["post"]["record"]["text"] == "seen from both sides"
    assert made["account"]["acct"] == "ada"
    with pytest.raises(KeyError):
        token(world, "nobody")
