"""The X face against X's OpenAPI documents of both vocabularies: answers, problems, parameters, expansions."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import ROUTES
from tweetdesk.sandbox.x_call import EXPANSIONS

from .x_kit import ALL, MEDIA, PNG, USER, XClient
from .x_openapi import FOLDER, document, operation, wrong_answer, wrong_problem

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")
VOCABULARIES = ("tweet", "post")
REFUSED = ("/likes", "/following", "/blocking")
"""Endpoints that answer 403 whatever is asked: they stand in no document, or for other apps."""


class Checked(XClient):
    """Holds each answer against the document of a vocabulary."""

    def __init__(self, world: World, words: str) -> None:
        super().__init__(world)
        self.state.words = words
        self.words = words
        self.asked: set[str] = set()
        self.wrong: list[str] = []

    async def check(self, name: str, body: Any = None, status: int = 200, **values: Any) -> Any:
        """Calls an endpoint by its name, with its arguments and parameters among the values."""
        verb, path = name.split(" ")
        filled, params = path, {}
        for key, value in values.items():
            if f":{key}" in path:
                filled = filled.replace(f":{key}", str(value))
            else:
                params[key] = value
        wanted = self.fields(name) if ROUTES[name].kind else {}
        answer = await self.call(verb, filled, body, **{**wanted, **params})
        assert answer.status_code == status, (name, answer.text)
        found = answer.json()
        self.asked.add(name)
        self.wrong += [f"{name}: {one}" for one in wrong_answer(self.words, verb, path, status, found)]
        return found

    def fields(self, name: str) -> dict[str, str]:
        kind, own = ROUTES[name].kind, f"{self.words}.fields"
        if kind == "tweet":
            return {**ALL[self.words], "user.fields": USER, "media.fields": MEDIA}
        if kind == "dm_event":
            every = {"tweet": "created_at,dm_conversation_id,entities,event_type,id,sender_id,text"}
            plain = "created_at,dm_conversation_id,entities,event_type,id,text"
            return {
                "dm_event.fields": every.get(self.words, plain),
                "expansions": "sender_id",
                "user.fields": USER,
            }
        if kind == "list":
            return {
                "list.fields": "created_at,description,follower_count,member_count,private",
                "expansions": "owner_id",
            }
        return {"user.fields": USER, own: "text"}

    async def pages(self, name: str, **values: Any) -> list[Any]:
        items: list[Any] = []
        while True:
            body = await self.check(name, **values)
            items += body.get("data", [])
            assert body["meta"]["result_count"] == len(body.get("data", []))
            token = body["meta"].get("next_token")
            if token is None:
                return items
            values["pagination_token"] = token


async def reads(client: Checked) -> None:
    me, tom = client.id, client.user("tom")
    await client.check("GET /2/users/me")
    await client.check("GET /2/users", ids=f"{me},{tom},77")
    await client.check("GET /2/users/by", usernames="Ada,tom,nobody")
    await client.check("GET /2/users/by/username/:username", username="tom")
    await client.check("GET /2/users/by/username/:username", username="nobody")
    await client.check("GET /2/users/:id", id=tom)
    mentions = await client.pages("GET /2/users/:id/mentions", id=me, max_results=20)
    home = await client.pages("GET /2/users/:id/timelines/reverse_chronological", id=me, max_results=100)
    own = await client.pages("GET /2/users/:id/tweets", id=me, max_results=20)
    assert len(mentions) > 20 < len(home)
    for query in ("sqlite", "has:links (python OR sql) -is:retweet", "from:tom", '"does anyone know"', "#help"):
        await client.pages("GET /2/tweets/search/recent", query=query, max_results=20)
    numbers = [post["id"] for post in [*mentions, *home, *own]]
    await client.check("GET /2/tweets", ids=",".join([*numbers[:60], "5"]))
    for number in [*numbers[::40], "5"]:
        await client.check("GET /2/tweets/:id", id=number)
    lists = await client.check("GET /2/users/:id/owned_lists", id=me)
    await client.check("GET /2/lists/:id", id=lists["data"][0]["id"])
    await client.check("GET /2/lists/:id", id="9")
    await client.pages("GET /2/lists/:id/tweets", id=lists["data"][0]["id"], max_results=10)
    await client.pages("GET /2/dm_events", max_results=5)
    partner = (await client.check("GET /2/dm_events"))["data"][0]["sender_id"]
    await client.check("GET /2/dm_conversations/with/:participant_id/dm_events", participant_id=partner)


async def writes(client: Checked) -> None:
    me, tom = client.id, client.user("tom")
    name = "POST /2/tweets"
    made = await client.check(name, {"text": "A text of my own, https://example.com/a & more"}, 201)
    number = made["data"]["id"]
    answered = {"text": "And more of it", "reply": {"in_reply_to_tweet_id": number}}
    reply = await client.check(name, answered, 201)
    await client.check("PUT /2/tweets/:tweet_id/hidden", {"hidden": True}, tweet_id=reply["data"]["id"])
    other = client.found(by="tom")[0]
    await client.check("POST /2/users/:id/retweets", {"tweet_id": other}, id=me)
    await client.check("DELETE /2/users/:id/retweets/:source_tweet_id", id=me, source_tweet_id=other)
    await client.check("POST /2/users/:id/bookmarks", {"tweet_id": other}, id=me)
    await client.check("GET /2/users/:id/bookmarks", id=me)
    await client.check("DELETE /2/users/:id/bookmarks/:tweet_id", id=me, tweet_id=other)
    await client.check("POST /2/users/:id/muting", {"target_user_id": tom}, id=me)
    await client.check("GET /2/users/:id/muting", id=me)
    await client.check(
        "DELETE /2/users/:source_user_id/muting/:target_user_id", source_user_id=me, target_user_id=tom
    )
    sent = "POST /2/dm_conversations/with/:participant_id/messages"
    await client.check(sent, {"text": "Hello, privately"}, 201, participant_id=tom)
    await client.check("POST /2/users/:id/dm/block", id=tom)
    await client.check("POST /2/users/:id/dm/unblock", id=tom)
    await client.check("DELETE /2/tweets/:id", id=reply["data"]["id"])
    await client.check("GET /2/users/:id/tweets", id=me)
    await pictures(client)


async def pictures(client: Checked) -> None:
    data = base64.b64encode(PNG).decode()
    await client.check("POST /2/media/upload", {"media": data, "media_category": "tweet_image"})
    client.state.processing = 1
    asked = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(PNG)}
    number = (await client.check("POST /2/media/upload/initialize", asked))["data"]["id"]
    await client.check("POST /2/media/upload/:id/append", {"media": data, "segment_index": 0}, id=number)
    await client.check("POST /2/media/upload/:id/finalize", id=number)
    await client.check("GET /2/media/upload", media_id=number, command="STATUS")
    await client.check("POST /2/media/metadata", {"id": number, "metadata": {"alt_text": {"text": "a dot"}}})
    made = await client.check("POST /2/tweets", {"media": {"media_ids": [number]}}, 201)
    await client.check("GET /2/tweets/:id", id=made["data"]["id"])


@pytest.mark.parametrize("words", VOCABULARIES)
async def test_every_answer_is_as_the_document_says(world: World, words: str) -> None:
    client = Checked(world, words)
    await reads(client)
    await writes(client)
    assert sorted(set(client.wrong)) == []
    assert client.asked == {name for name in ROUTES if not any(part in name for part in REFUSED)}


@pytest.mark.parametrize("words", VOCABULARIES)
async def test_problems_are_as_the_document_says(world: World, words: str) -> None:
    client = Checked(world, words)
    own = f"{words}_fields"
    answers = [
        await client.get(f"/2/users/{client.id}/mentions", max_results=4, **{own: "text"}),
        await client.get("/2/tweets/search/recent", query="x" * 513, **{own: "text"}),
        await client.get("/2/tweets/search/recent", query="lang:en", **{own: "text"}),
        await client.get("/2/tweets", ids="5", expansions="nonsense", **{own: "text"}),
        await client.get(f"/2/users/{client.id}/tweets", exclude="nonsense", **{own: "text"}),
    ]
    assert [answer.status_code for answer in answers] == [400] * 5
    assert all(answer.headers["content-type"] == "application/problem+json" for answer in answers)
    assert [
        wrong for answer in answers for wrong in wrong_problem(words, answer.json()) if "status" not in wrong
    ] in (
        [],
        ["$: Additional properties are not allowed ('errors' was unexpected)"] * 5,
    )


@pytest.mark.parametrize("words", VOCABULARIES)
@pytest.mark.parametrize("name", [name for name in ROUTES if not any(part in name for part in REFUSED)])
def test_endpoints_take_what_the_document_lists(name: str, words: str) -> None:
    verb, path = name.split(" ")
    said = operation(words, verb, path)
    assert said is not None
    components = document(words)["components"]
    for given in said.get("parameters", ()):
        rule = components["parameters"][given["$ref"].rpartition("/")[2]] if "$ref" in given else given
        if rule["in"] != "query" or rule["name"].endswith(".fields") or rule["name"] == "expansions":
            continue
        ours = ROUTES[name].params[rule["name"]]
        assert ours.required is bool(rule.get("required"))
        if rule["schema"].get("type") == "integer":
            bounds = (rule["schema"]["minimum"], rule["schema"]["maximum"])
            assert bounds == (ours.low, ours.high)


@pytest.mark.parametrize("words", VOCABULARIES)
@pytest.mark.parametrize("name", [name for name in ROUTES if not any(part in name for part in REFUSED)])
def test_endpoints_ask_for_the_scopes_of_the_document(name: str, words: str) -> None:
    said = operation(words, *name.split(" "))
    assert said is not None
    scopes = next(one["OAuth2UserToken"] for one in said["security"] if "OAuth2UserToken" in one)
    assert set(ROUTES[name].scopes) == set(scopes)


@pytest.mark.parametrize("words", VOCABULARIES)
def test_expansions_are_those_of_the_document(words: str) -> None:
    parameters = document(words)["components"]["parameters"]
    names = {"tweet": words.capitalize(), "user": "User", "dm_event": "DmEvent", "list": "List"}
    for kind, name in names.items():
        listed = parameters[f"{name}ExpansionsParameter"]["schema"]["items"]["enum"]
        assert set(EXPANSIONS[words][kind]) == set(listed)
