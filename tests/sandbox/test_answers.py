"""Answers against the lexicons and against recordings of a real PDS and AppView."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tweetdesk.sandbox.ids import cid_of
from tweetdesk.sandbox.records import owner_of
from tweetdesk.sandbox.richtext import detect_facets, graphemes
from tweetdesk.sandbox.world import World

from .conftest import EPOCH, Client, Clock
from .lexicon import FOLDERS, SHARED, wrong_output

RECORDED = SHARED / "bluesky_recorded"
needs_lexicons = pytest.mark.skipif(not FOLDERS[0].is_dir(), reason=f"{FOLDERS[0]} is not there")
needs_recordings = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"{RECORDED} is not there")


def recorded(name: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return answer


async def everything(client: Client) -> list[tuple[str, Any]]:
    """Every read of the sandbox, with pages, as (method, body)."""
    world, did = client.world, client.did
    answers: list[tuple[str, Any]] = []

    async def ask(nsid: str, **params: Any) -> Any:
        body = await client.ask(nsid, **params)
        answers.append((nsid, body))
        return body

    async def pages(nsid: str, key: str, **params: Any) -> list[Any]:
        items: list[Any] = []
        cursor: dict[str, Any] = {}
        while True:
            body = await ask(nsid, **params, **cursor)
            items += body[key]
            if not body.get("cursor") or not body[key]:
                return items
            cursor = {"cursor": body["cursor"]}

    timeline = await pages("app.bsky.feed.getTimeline", "feed", limit=100)
    await pages("app.bsky.notification.listNotifications", "notifications", limit=40)
    await ask("app.bsky.notification.getUnreadCount")
    for record in list(world.records.posts.values())[::9]:
        await ask("app.bsky.feed.getPostThread", uri=record.uri)
    for words in ("async python", "sqlite", "accessibility", "#help", '"does anyone know"'):
        await ask("app.bsky.feed.searchPosts", q=words)
    await ask("app.bsky.feed.getPosts", uris=[item["post"]["uri"] for item in timeline[:25]])
    for kind in ("posts_with_replies", "posts_no_replies", "posts_with_media", "posts_and_author_threads"):
        await ask("app.bsky.feed.getAuthorFeed", actor=did, filter=kind, limit=30)
    for made in await pages("app.bsky.graph.getLists", "lists", actor=did, limit=1):
        await ask("app.bsky.feed.getListFeed", list=made["uri"], limit=20)
    people = list(world.people.by_did)
    await ask("app.bsky.actor.getProfile", actor=people[3])
    await ask("app.bsky.actor.getProfiles", actors=people[:25])
    await ask("app.bsky.actor.searchActorsTypeahead", q="m")
    await ask("app.bsky.actor.searchActors", q="m")
    await ask("app.bsky.actor.getPreferences")
    for name in ("getFollows", "getFollowers"):
        await ask(f"app.bsky.graph.{name}", actor=did)
    await ask("app.bsky.graph.getRelationships", actor=did, others=people[:5])
    for name in ("getMutes", "getBlocks"):
        await ask(f"app.bsky.graph.{name}")
    await ask("com.atproto.repo.listRecords", repo=did, collection="app.bsky.feed.post")
    await ask("com.atproto.server.getSession")
    await ask("com.atproto.server.describeServer")
    await ask("com.atproto.identity.resolveHandle", handle="tom.example.com")
    convos = await pages("chat.bsky.convo.listConvos", "convos", limit=3)
    for convo in convos:
        await ask("chat.bsky.convo.getConvo", convoId=convo["id"])
        await pages("chat.bsky.convo.getMessages", "messages", convoId=convo["id"], limit=2)
    await ask("chat.bsky.convo.getConvoForMembers", members=people[7])
    await ask("chat.bsky.convo.getLog")
    return answers


@needs_lexicons
def test_the_lexicon_check_finds_what_is_wrong() -> None:
    nsid = "app.bsky.feed.searchPosts"
    assert wrong_output(nsid, {"posts": []}) == []
    assert wrong_output(nsid, {}) == ["$: posts is missing"]
    assert wrong_output(nsid, {"posts": 3}) == ["$.posts: no array"]
    assert "$.posts[0]: author is missing" in wrong_output(nsid, {"posts": [{"uri": "at://x"}]})
    assert wrong_output(nsid, {"posts": [], "extra": 1}) == ["$: extra is not known"]
    thread = {"thread": {"$type": "app.bsky.feed.defs#nothing"}}
    assert "is not among" in wrong_output("app.bsky.feed.getPostThread", thread)[0]


@needs_lexicons
async def test_every_answer_fits_its_lexicon(ada: Client) -> None:
    mira, hugo = ada.world.person("mira.example.org"), ada.world.person("hugo.example.com")
    await ada.write("app.bsky.graph.block", {"subject": hugo.did})
    await ada.post("app.bsky.graph.muteActor", {"actor": mira.did})
    for nsid, body in await everything(ada):
        assert wrong_output(nsid, body) == [], nsid


@needs_lexicons
async def test_records_of_the_world_fit_their_lexicons(world: World) -> None:
    from .lexicon import _wrong, lexicon

    for collections in world.records.repos.values():
        for collection, records in collections.items():
            schema = lexicon(collection)["main"]
            for record in records.values():
                assert _wrong(record.value, schema, collection, record.uri) == []
                if collection == "app.bsky.feed.post":
                    assert graphemes(record.value["text"]) <= 300, record.value["text"]


def shape(value: Any) -> Any:
    """The keys and types of a JSON value; of lists, the union of their items."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


MAY_LACK = {
    "displayName",
    "description",
    "following",
    "followedBy",
    "embed",
    "cursor",
    "seenAt",
    "reply",
    "reason",
}


def lacking(ours: Any, theirs: Any, place: str = "$") -> list[str]:
    """Which keys of a recorded answer ours has not (records and optional keys aside)."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        missing = [f"{place}.{key}" for key in theirs if key not in ours and key not in MAY_LACK]
        deeper = [
            found
            for key in theirs
            if key in ours and key not in ("record", "value", "didDoc")
            for found in lacking(ours[key], theirs[key], f"{place}.{key}")
        ]
        return missing + deeper
    if isinstance(theirs, list) and isinstance(ours, list) and theirs and ours:
        return lacking(ours[0], theirs[0], place + "[]")
    return [] if type(ours) is type(theirs) else [f"{place}: {type(ours).__name__}, not {type(theirs).__name__}"]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("getTimeline", {"limit": 50}),
        ("listNotifications", {"limit": 50}),
        ("getProfile", {"actor": "tom.example.com"}),
        ("getAuthorFeed.posts_with_replies", {"actor": "mira.example.org"}),
        ("searchPosts", {"q": "sqlite"}),
        ("searchActorsTypeahead", {"q": "to"}),
        ("getPreferences", {}),
        ("getUnreadCount", {}),
        ("getSession", {}),
        ("describeServer", {}),
    ],
)
async def test_answers_have_the_keys_of_the_recordings(ada: Client, name: str, params: Any) -> None:
    call = recorded(name)
    nsid = call["request"]["path"].removeprefix("/xrpc/")
    assert lacking(await ada.ask(nsid, **params), call["response"]["body"]) == []


@needs_recordings
async def test_a_thread_has_the_keys_of_the_recording(ada: Client) -> None:
    theirs = recorded("getPostThread")["response"]["body"]
    ours = await ada.ask("app.bsky.feed.getPostThread", uri=ada.world.named["tom-hospital"])
    assert lacking(ours, theirs) == []
    leaf = theirs["thread"]
    node = ours["thread"]
    while leaf.get("replies"):
        leaf, node = leaf["replies"][0], node["replies"][0]
        assert set(leaf) == set(node)


@needs_recordings
async def test_sessions_have_the_keys_of_the_recording(ada: Client) -> None:
    theirs = recorded("createSession.apppass")["response"]["body"]
    assert list(ada.session) == list(theirs)
    assert shape(ada.session["didDoc"]) == shape(theirs["didDoc"])
    assert ada.session["didDoc"]["service"][0]["serviceEndpoint"] == "http://sandbox.example.com"


@needs_recordings
def test_cids_are_those_of_a_real_repository() -> None:
    index = [
        "once.putRecord.first",
        "once.putRecord.second-different",
        "createRecord.like",
        "createRecord.reply",
        "createRecord.quote",
        "createRecord.mention-facets",
        "createRecord.block",
    ]
    for name in index:
        call = recorded(name)
        assert cid_of(call["request"]["body"]["record"]) == call["response"]["body"]["cid"], name


@needs_recordings
def test_facets_and_graphemes_are_those_of_the_official_library() -> None:
    for case in json.loads((RECORDED / "facets.detected.json").read_text(encoding="utf-8")):
        ours = detect_facets(case["text"], lambda handle: handle if re.search(r"\.[a-z]{2,}$", handle) else None)
        assert graphemes(case["text"]) == case["graphemes"]
        raw = case["text"].encode()
        theirs = [
            (facet["index"], facet["features"][0]["$type"])
            for facet in case["facets"] or ()
            if raw[facet["index"]["byteStart"] :].startswith((b"@", b"#", b"http", "＃".encode()))
        ]  # not cashtags and bare domains: nobody in the sandbox writes them
        assert [(f["index"], f["features"][0]["$type"]) for f in ours] == theirs, case["text"]


ERRORS = [
    "error.bad-cursor",
    "error.bad-token",
    "error.no-auth",
    "error.unknown-method",
    "error.wrong-method",
    "error.invalid-param",
    "error.missing-param",
    "error.missing-text",
    "error.post-too-long-301",
    "error.post-too-many-bytes",
    "error.bad-facet-missing-index",
    "error.bad-rkey",
    "error.bad-json",
    "nontid-rkey",
    "createSession.wrong-password",
    "getProfile.notfound",
    "chat.listConvos.noproxy",
]


@needs_recordings
@pytest.mark.parametrize("name", ERRORS)
async def test_errors_are_those_of_the_recordings(ada: Client, name: str) -> None:
    call = recorded(name)
    request, response = call["request"], call["response"]
    headers = dict(ada.headers) if request.get("auth") else {}
    if name == "error.bad-token":
        headers = {"authorization": "Bearer nonsense.token.here"}
    body = json.dumps(request.get("body")).replace("did:plc:b6udslv7k6zlmod47aytfavt", ada.did)
    answer = await ada.http.request(
        request["method"],
        request["path"],
        params=request.get("params"),
        content=body.encode() if request["method"] == "POST" else None,
        headers=headers,
    )
    assert answer.status_code == response["status"]
    assert answer.json() == response["body"]


async def test_the_demo_searches_find_something_in_history_and_while_one_watches() -> None:
    clock = Clock()
    world = World(epoch=EPOCH, clock=clock)
    ada = await Client(world).log_in(world.account.handle, world.account.password)
    before: dict[str, set[str]] = {}
    searches = ("async python", "sqlite", "accessibility", "#help", '"does anyone know"', '"looking for"')
    for words in searches:
        found = await ada.ask("app.bsky.feed.searchPosts", q=words, limit=100)
        before[words] = {post["uri"] for post in found["posts"]}
        assert len(before[words]) >= 8, words
    for _ in range(90):
        clock.pass_seconds(10)
        world.advance()
    for words in searches:
        found = await ada.ask("app.bsky.feed.searchPosts", q=words, limit=100)
        new = [post for post in found["posts"] if post["uri"] not in before[words]]
        assert len(new) >= 3, words
        assert all(owner_of(post["uri"]) == post["author"]["did"] for post in new)


INJECTION = SHARED / "injection"


@pytest.mark.skipif(not INJECTION.is_dir(), reason=f"{INJECTION} is not there")
async def test_hostile_texts_come_through_unchanged(ada: Client, world: World) -> None:
    lines = (line for path in sorted(INJECTION.glob("*.jsonl")) for line in path.open(encoding="utf-8"))
    texts = [text for line in lines for text in json.loads(line).values() if isinstance(text, str)]
    texts = [text for text in texts if text and graphemes(text) <= 300] + [
        "lone \ud800 surrogate",
        "nul \x00 byte",
    ]
    assert len(texts) > 100
    for text in texts:
        uri = world.post("hugo.example.com", text)
        world.message("hugo.example.com", text)
        post = (await ada.ask("app.bsky.feed.getPosts", uris=uri))["posts"][0]
        assert post["record"]["text"] == text
        convo = (await ada.ask("chat.bsky.convo.listConvos", limit=1))["convos"][0]
        assert convo["lastMessage"]["text"] == text
