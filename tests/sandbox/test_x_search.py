"""Recent search on X: what queries find, and those that are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x_ids import id_at, post_id

from .conftest import Clock
from .x_kit import XClient

TEXTS = {
    "plum": ("tom.example.com", "Plum cake with zinnamon, see https://example.com/plum", ("en",)),
    "pear": ("mira.example.org", "Pear cake for @tom.example.com, no zinnamon #Baking", ("en",)),
    "kuchen": ("lena.example.org", "Pflaumenkuchen & Zimt", ("de",)),
}


@pytest.fixture
def named(world: World) -> dict[str, str]:
    """The numbers of some posts; one of them is answered, quoted and reposted."""
    uris = {name: world.post(who, text, langs=langs) for name, (who, text, langs) in TEXTS.items()}
    uris["reply"] = world.post("ada.example.com", "Bring me a zinnamonslice", reply_to=uris["plum"])
    uris["quote"] = world.post("gus.example.com", "Zinnamon for everybody", quote=uris["plum"])
    return {name: post_id(uri) for name, uri in uris.items()}


CASES: list[tuple[str, set[str]]] = [
    ("zinnamon cake", {"plum", "pear"}),
    ("ZINNAMON -cake", {"quote"}),
    ('"cake with zinnamon"', {"plum"}),
    ("zinnamon OR Zimt", {"plum", "pear", "kuchen", "quote"}),
    ("(plum OR pear) zinnamon -from:tom", {"pear"}),
    ("zinnamon -(from:tom OR from:mira)", {"quote"}),
    ("to:tom zinnamonslice", {"reply"}),
    ("@tom cake", {"pear"}),
    ("#baking cake", {"pear"}),
    ("zinnamon has:links", {"plum", "quote"}),
    ("zinnamonslice is:reply", {"reply"}),
    ("zinnamon is:quote", {"quote"}),
    ("Zimt lang:de", {"kuchen"}),
    ("Zimt lang:en", set()),
    ("zinnamon url:example.com/plum", {"plum"}),
    ("Pflaumenkuchen & Zimt", {"kuchen"}),
]


async def numbers(x: XClient, query: str, **more: Any) -> set[str]:
    body = await x.ask("/2/tweets/search/recent", query=query, max_results=100, **more)
    return {post["id"] for post in body.get("data", ())}


@pytest.mark.parametrize(("query", "found"), CASES)
async def test_a_query(world: World, named: dict[str, str], query: str, found: set[str]) -> None:
    assert await numbers(XClient(world), query) == {named[name] for name in found}


async def test_a_conversation(world: World, named: dict[str, str]) -> None:
    x = XClient(world)
    assert await numbers(x, f"conversation_id:{named['plum']}") == {named["plum"], named["reply"]}
    assert await numbers(x, f"conversation_id:{named['plum']} is:reply") == {named["reply"]}


async def test_reposts_are_found_unless_they_are_left_out(world: World, named: dict[str, str]) -> None:
    x = XClient(world)
    made = await x.call("POST", f"/2/users/{x.id}/retweets", {"tweet_id": named["plum"]})
    repost = made.json()["data"]["id"]
    assert await numbers(x, "plum zinnamon") == {named["plum"], repost}
    assert await numbers(x, "plum zinnamon -is:retweet") == {named["plum"]}
    assert await numbers(x, "retweets_of:tom plum") == {repost}


async def test_seven_days(world: World, named: dict[str, str], clock: Clock) -> None:
    x = XClient(world)
    clock.pass_seconds(timedelta(days=8).total_seconds())
    assert await numbers(x, "zinnamon cake") == set()
    late = await x.get("/2/tweets/search/recent", query="cake", since_id=named["plum"])
    assert late.status_code == 400
    why = "'since_id' must be a tweet id created after [2026-11-03T09:30Z]"
    assert late.json()["errors"][0]["message"].startswith(why)
    assert await numbers(x, "cake", since_id=str(id_at(clock() - timedelta(days=6)))) == set()


async def test_pages(world: World) -> None:
    x = XClient(world)
    seen: list[str] = []
    more: dict[str, str] = {}
    while True:
        body = await x.ask("/2/tweets/search/recent", query="the -is:retweet", max_results=10, **more)
        seen += [post["id"] for post in body["data"]]
        if "next_token" not in body["meta"]:
            break
        more = {"next_token": body["meta"]["next_token"]}
    assert len(seen) > 30
    assert seen == sorted(set(seen), key=int, reverse=True)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("x" * 513, "it must not be greater than 512"),
        ("lang:en", "at least one positive"),
        ("-cake", "at least one positive"),
        ("is:retweet has:links", "at least one positive"),
        ("cake (plum", "missing ')'"),
        ("cake )", "no viable alternative"),
        ('cake "plum', "missing EOF"),
        ("cake since:2026-01-01", "Reference to invalid operator 'since'"),
        ("cake is:nonsense", "Invalid operator 'is:nonsense'"),
        ("", "can not be empty"),
    ],
)
async def test_refused_queries(world: World, query: str, why: str) -> None:
    answer = await XClient(world).get("/2/tweets/search/recent", query=query)
    assert answer.status_code == 400
    assert why in answer.json()["errors"][0]["message"]


async def test_the_longest_query(world: World) -> None:
    assert (await XClient(world).get("/2/tweets/search/recent", query="x" * 512)).status_code == 200
