"""The Mastodon face: posts, what one does with them, and timelines, with Mastodon's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tweetdesk.sandbox.mastodon import account_id, status_id, status_uri
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Clock
from .fediverse import fediverse, get, ids, pages, post, write


@pytest.fixture
def ada(world: World) -> httpx.AsyncClient:
    return fediverse(world)


# -- posts ------------------------------------------------------------------------------------------------


async def test_a_post_is_html_with_mentions_links_and_hashtags(ada: httpx.AsyncClient) -> None:
    long = "https://www.example.org/a/rather/long/path/that/exceeds/thirty?x=1&y=2"
    text = f'Dear @tom@photos.example.net & @mira, "see" {long}\nit\'s <b>\n\n#WAL'
    made = await write(ada, text, spoiler_text="databases", visibility="unlisted", language="de")
    card = '<a href="https://{}" class="u-url mention">@<span>{}</span></a></span>'
    tom, mira = card.format("photos.example.net/@tom", "tom"), card.format("social.example.com/@mira", "mira")
    span = '<span class="h-card" translate="no">'
    assert made["content"] == (
        f"<p>Dear {span}{tom} &amp; {span}{mira}, &quot;see&quot; "
        f'<a href="{long.replace("&", "&amp;")}" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">https://www.</span><span class="ellipsis">example.org/a/rather/long/path</span>'
        '<span class="invisible">/that/exceeds/thirty?x=1&amp;y=2</span></a><br />it&#39;s &lt;b&gt;</p>'
        '<p><a href="https://social.example.com/tags/wal" class="mention hashtag" rel="tag">'
        "#<span>WAL</span></a></p>"
    )
    assert [one["acct"] for one in made["mentions"]] == ["tom@photos.example.net", "mira"]
    assert (made["tags"][0]["name"], made["spoiler_text"], made["sensitive"]) == ("wal", "databases", True)
    assert (made["visibility"], made["language"]) == ("unlisted", "de")
    assert (await get(ada, f"/api/v1/statuses/{made['id']}/source"))["text"] == text


async def test_ids_grow_with_time_and_lead_back(ada: httpx.AsyncClient, world: World, clock: Clock) -> None:
    home = await get(ada, "/api/v1/timelines/home", limit=40)
    assert ids(home) == sorted(ids(home), reverse=True)
    times = [one["created_at"] for one in home if one["reblog"] is None]
    assert times == sorted(times, reverse=True)
    clock.pass_seconds(1)
    made = await write(ada, "newest")
    assert int(made["id"]) > ids(home)[0]
    found = await get(ada, "/api/v2/search", q=made["url"], resolve="true")
    assert ids(found["statuses"]) == [int(made["id"])]
    for one in home:
        assert (await get(ada, f"/api/v1/statuses/{one['id']}"))["uri"] == one["uri"]
    several = await get(ada, "/api/v1/statuses", **{"id[]": [home[0]["id"], "1", made["id"]]})
    assert ids(several) == [ids(home)[0], int(made["id"])]


TOO_LONG = "Validation failed: Text character limit of 500 exceeded"
MISSING = "The post you are trying to {} does not appear to exist."


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"status": " "}, 422, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, 422, TOO_LONG),
        ({"status": "x" * 400, "spoiler_text": "y" * 101}, 422, TOO_LONG),
        ({"status": "x", "visibility": "nope"}, 422, "Validation failed: Visibility is not included in the list"),
        ({"status": "x", "in_reply_to_id": "12"}, 404, MISSING.format("reply to")),
        ({"status": "x", "quoted_status_id": "12"}, 404, MISSING.format("quote")),
    ],
)
async def test_what_cannot_be_posted(
    ada: httpx.AsyncClient, world: World, body: dict[str, str], status: int, error: str
) -> None:
    before = len(world.records.posts)
    answer = await ada.post("/api/v1/statuses", json=body)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert len(world.records.posts) == before


async def test_a_url_counts_23_and_an_address_its_user_name(ada: httpx.AsyncClient) -> None:
    url, address = "https://example.org/" + "x" * 200, "@tom@photos.example.net"
    fits = f"{'y' * (500 - 25 - 4)} {url} {address}"
    assert (await ada.post("/api/v1/statuses", json={"status": fits})).status_code == 200
    assert (await ada.post("/api/v1/statuses", json={"status": "y" + fits})).status_code == 422


async def test_the_same_key_is_the_same_post_for_an_hour(ada: httpx.AsyncClient, clock: Clock) -> None:
    one = await write(ada, "once", "k1")
    assert (await write(ada, "other text", "k1"))["id"] == one["id"]
    assert (await write(ada, "once", "k2"))["id"] != one["id"]
    direct = await write(ada, "@mira psst", "k3", visibility="direct")
    assert (await write(ada, "@mira psst", "k3", visibility="direct"))["id"] == direct["id"]
    clock.pass_seconds(3601)
    assert (await write(ada, "once", "k1"))["id"] != one["id"]


@pytest.mark.parametrize("switches", [{"honour_keys": False}, {"flavour": "gotosocial"}])
async def test_keys_can_be_ignored(world: World, switches: dict[str, Any]) -> None:
    async with fediverse(world, **switches) as http:
        assert (await write(http, "once", "k"))["id"] != (await write(http, "once", "k"))["id"]


async def test_a_key_is_kept_over_a_restart(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "world.jsonl"
    world = World(epoch=EPOCH, clock=clock, live_seconds=0, journal=path)
    async with fediverse(world) as http:
        one = await write(http, "once", "k")
        poll = (await get(http, "/api/v1/timelines/home", limit=40))[0]
        await post(http, f"/api/v1/statuses/{poll['id']}/bookmark")
    world.close()
    async with fediverse(World(clock=clock, live_seconds=0, journal=path)) as http:
        assert (await write(http, "once", "k"))["id"] == one["id"]
        assert ids(await get(http, "/api/v1/bookmarks")) == [int(poll["id"])]


async def test_edits_keep_the_place_and_the_versions(ada: httpx.AsyncClient, world: World, clock: Clock) -> None:
    made = await write(ada, "frist @mira")
    await write(ada, "an answer", in_reply_to_id=made["id"])
    clock.pass_seconds(60)
    answer = await ada.put(f"/api/v1/statuses/{made['id']}", json={"status": "first @mira"})
    assert answer.status_code == 200
    edited = answer.json()
    assert (edited["id"], edited["created_at"], edited["replies_count"]) == (made["id"], made["created_at"], 1)
    assert edited["edited_at"] == "2026-11-02T09:31:00.000Z"
    versions = await get(ada, f"/api/v1/statuses/{made['id']}/history")
    assert ["frist" in one["content"] for one in versions] == [True, False]
    async with fediverse(world, "mira") as mira:
        assert (await mira.put(f"/api/v1/statuses/{made['id']}", json={"status": "mine"})).status_code == 404
        notices = await get(mira, "/api/v1/notifications", **{"types[]": "mention"})
        assert ids([one["status"] for one in notices]).count(int(made["id"])) == 1


async def test_a_deleted_post_is_gone(ada: httpx.AsyncClient) -> None:
    made = await write(ada, "short @mira life")
    gone = (await ada.delete(f"/api/v1/statuses/{made['id']}")).json()
    assert (gone["id"], gone["text"]) == (made["id"], "short @mira life")
    answer = await ada.get(f"/api/v1/statuses/{made['id']}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    assert (await ada.delete(f"/api/v1/statuses/{made['id']}")).status_code == 404


async def test_private_posts_are_for_followers_and_the_mentioned(world: World, ada: httpx.AsyncClient) -> None:
    world.person_add("new.example.com", "New", "")
    made = await write(ada, "for followers and @mira", visibility="private")
    async with fediverse(world, "new.example.com") as new:
        assert (await new.get(f"/api/v1/statuses/{made['id']}")).status_code == 404
        await post(new, f"/api/v1/accounts/{account_id(world)}/follow")
        assert (await get(new, f"/api/v1/statuses/{made['id']}"))["visibility"] == "private"
        refused = await new.post(f"/api/v1/statuses/{made['id']}/reblog")
        assert (refused.status_code, refused.json()) == (403, {"error": "This action is not allowed"})
    async with fediverse(world, bearer="") as nobody:
        assert (await nobody.get(f"/api/v1/statuses/{made['id']}")).status_code == 404


async def test_acts_and_their_undoing(ada: httpx.AsyncClient, world: World) -> None:
    uri = world.post("tom.example.com", "worth it")
    ident = status_id(uri)
    assert status_uri(world, ident) == uri
    for act, field in (("favourite", "favourited"), ("bookmark", "bookmarked"), ("mute", "muted")):
        assert (await post(ada, f"/api/v1/statuses/{ident}/{act}"))[field] is True
        assert (await post(ada, f"/api/v1/statuses/{ident}/un{act}"))[field] is False
    reblog = await post(ada, f"/api/v1/statuses/{ident}/reblog")
    assert (reblog["reblog"]["id"], reblog["reblogged"], reblog["reblog"]["reblogs_count"]) == (
        ident,
        True,
        1,
    )
    assert (await post(ada, f"/api/v1/statuses/{ident}/reblog"))["id"] == reblog["id"]
    assert len(world.records.received_by("app.bsky.feed.repost", uri)) == 1
    assert (await post(ada, f"/api/v1/statuses/{ident}/unreblog"))["reblogged"] is False


async def test_quotes_need_the_authors_approval(ada: httpx.AsyncClient, world: World) -> None:
    async with fediverse(world, "tom") as tom:
        open_one = await write(tom, "quote me")
        shut = await write(tom, "do not", quote_approval_policy="nobody")
    seen = await get(ada, f"/api/v1/statuses/{shut['id']}")
    assert seen["quote_approval"] == {"automatic": [], "manual": [], "current_user": "denied"}
    refused = await ada.post("/api/v1/statuses", json={"status": "but", "quoted_status_id": shut["id"]})
    assert refused.status_code == 403
    made = await write(ada, "well said", quoted_status_id=open_one["id"])
    assert (made["quote"]["state"], made["quote"]["quoted_status"]["id"]) == ("accepted", open_one["id"])
    assert made["content"].startswith('<p class="quote-inline">RE: <a href="https://photos.example.net/@tom/')
    assert (await get(ada, f"/api/v1/statuses/{open_one['id']}"))["quotes_count"] == 1
    async with fediverse(world, "tom") as tom:
        notices = await get(tom, "/api/v1/notifications", **{"types[]": "quote"})
        assert notices[0]["status"]["id"] == made["id"]


async def test_polls_are_written_shown_and_voted_in(ada: httpx.AsyncClient, world: World) -> None:
    home = [*await get(ada, "/api/v1/timelines/home", limit=40)]
    poll = next(one["poll"] for one in home if one["poll"] is not None and not one["poll"]["expired"])
    assert sum(option["votes_count"] for option in poll["options"]) == poll["votes_count"] > 0
    voted = await post(ada, f"/api/v1/polls/{poll['id']}/votes", choices=[1])
    assert (voted["own_votes"], voted["votes_count"]) == ([1], poll["votes_count"] + 1)
    again = await ada.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": [0]})
    assert again.status_code == 422
    body = {"status": "tea?", "poll[options][]": ["yes", "no"], "poll[expires_in]": "600"}
    made = (await ada.post("/api/v1/statuses", data=body)).json()
    assert [option["title"] for option in made["poll"]["options"]] == ["yes", "no"]


# -- timelines and pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/api/v1/timelines/home", "/api/v1/notifications", "/api/v1/conversations", "/api/v1/timelines/tag/help"],
)
async def test_pages_hold_everything_once(ada: httpx.AsyncClient, path: str) -> None:
    found = [item for page in await pages(ada, f"{path}?limit=3") for item in page]
    assert len(found) > 3
    assert len({item["id"] for item in found}) == len(found)
    order = [int(item.get("last_status", item)["id"]) for item in found]
    assert order == sorted(order, reverse=True)


async def test_min_id_is_the_page_just_above_and_since_id_the_newest(ada: httpx.AsyncClient) -> None:
    newest = await get(ada, "/api/v1/timelines/home", limit=20)
    mark = newest[15]["id"]
    above = await get(ada, "/api/v1/timelines/home", min_id=mark, limit=5)
    assert ids(above) == ids(newest[10:15])
    assert ids(await get(ada, "/api/v1/timelines/home", since_id=mark, limit=5)) == ids(newest[:5])
    assert await get(ada, "/api/v1/timelines/home", min_id=newest[0]["id"]) == []
    up = await pages(ada, f"/api/v1/timelines/home?min_id={mark}&limit=5", "prev")
    assert [ids(page) for page in up] == [ids(newest[start : start + 5]) for start in (10, 5, 0)]


async def test_home_is_friends_without_answers_to_strangers(ada: httpx.AsyncClient, world: World) -> None:
    friends = world.follows(world.account.did)
    stranger = next(p for p in world.people.by_did.values() if p.did not in friends and p.key not in ("ada",))
    root = world.post(stranger.handle, "from a stranger")
    world.post("tom.example.com", "an answer to a stranger", reply_to=root)
    world.post("tom.example.com", "from a friend")
    texts = [one["content"] for one in await get(ada, "/api/v1/timelines/home", limit=5)]
    assert "<p>from a friend</p>" in texts
    assert not any("stranger" in text for text in texts)
    await post(ada, f"/api/v1/accounts/{account_id(world, 'tom')}/unfollow")
    texts = [one["content"] for one in await get(ada, "/api/v1/timelines/home", limit=5)]
    assert "<p>from a friend</p>" not in texts


async def test_hashtag_timelines_take_more_tags(ada: httpx.AsyncClient) -> None:
    await write(ada, "a #piano")
    await write(ada, "a #Violin")
    found = await get(ada, "/api/v1/timelines/tag/piano", **{"any[]": ["violin", "drum"]})
    assert [one["tags"][0]["name"] for one in found] == ["violin", "piano"]
    assert len(await get(ada, "/api/v1/timelines/tag/PIANO")) == 1


async def test_a_list_has_its_people_and_their_posts(ada: httpx.AsyncClient) -> None:
    (one,) = await get(ada, "/api/v1/lists")
    people = {person["id"] for person in await get(ada, f"/api/v1/lists/{one['id']}/accounts")}
    found = await get(ada, f"/api/v1/timelines/list/{one['id']}", limit=40)
    assert {post["account"]["id"] for post in found} <= people
    assert len(found) > 10
    assert (await ada.get("/api/v1/timelines/list/77")).status_code == 404


async def test_account_statuses_can_leave_things_out(ada: httpx.AsyncClient, world: World) -> None:
    path = f"/api/v1/accounts/{account_id(world)}/statuses"
    everything = await get(ada, path, limit=40)
    quiet = await get(ada, path, limit=40, exclude_replies="true", exclude_reblogs="true")
    assert any(one["in_reply_to_id"] for one in everything)
    others = [one for one in quiet if one["in_reply_to_account_id"] not in (None, account_id(world))]
    assert others == []
    assert all(one["reblog"] is None for one in quiet)


async def test_context_is_what_stands_above_and_below(ada: httpx.AsyncClient, world: World) -> None:
    root = world.post("tom.example.com", "one")
    child = world.post("mira.example.org", "two", reply_to=root)
    world.post("tom.example.com", "three", reply_to=child)
    home = await get(ada, "/api/v1/timelines/home", limit=5)
    middle = next(one for one in home if "two" in one["content"])
    found = await get(ada, f"/api/v1/statuses/{middle['id']}/context")
    assert ["one" in one["content"] for one in found["ancestors"]] == [True]
    assert ["three" in one["content"] for one in found["descendants"]] == [True]
    assert middle["content"].startswith('<p><span class="h-card"')
    assert [one["acct"] for one in middle["mentions"]] == ["tom@photos.example.net"]
