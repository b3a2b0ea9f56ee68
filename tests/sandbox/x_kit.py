"""A client of the X face for the tests of the sandbox."""

from __future__ import annotations

import base64
from typing import Any

import httpx

from tweetdesk.sandbox.records import parent_of
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import account_id, face, state_of, token
from tweetdesk.sandbox.x_ids import post_id
from tweetdesk.sandbox.x_state import State

BASE = "http://x.example.com"
ALL = {
    "tweet": {
        "tweet.fields": "attachments,author_id,conversation_id,created_at,display_text_range,"
        "edit_history_tweet_ids,entities,id,in_reply_to_user_id,lang,note_tweet,possibly_sensitive,public_metrics,referenced_tweets,"
        "reply_settings,source,text",
        "expansions": "attachments.media_keys,author_id,entities.mentions.username,in_reply_to_user_id,"
        "referenced_tweets.id,referenced_tweets.id.author_id",
    },
    "post": {
        "post.fields": "attachments,conversation_id,created_at,display_text_range,entities,id,lang,note_post,"
        "possibly_sensitive,public_metrics,reply_settings,source,text",
        "expansions": "attachments.media_keys,author_id,entities.mentions.username,in_reply_to_user_id,"
        "referenced_posts",
    },
}
"""Everything that can be asked of a post, by vocabulary."""
USER = (
    "connection_status,created_at,description,location,profile_image_url,protected,public_metrics,receives_your_dm,"
    "url,verified,verified_type"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""
MEDIA = "media_key,type,alt_text,url,width,height"


class XClient:
    """Calls the X face of a world as somebody."""

    def __init__(self, world: World, key: str = "ada") -> None:
        self.world = world
        self.id = account_id(world, key)
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(face(world)), base_url=BASE)
        self.headers = {"authorization": f"Bearer {token(world, key)}"}

    @property
    def state(self) -> State:
        return state_of(self.world)

    async def call(self, verb: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        named = {name.replace("_fields", ".fields"): value for name, value in params.items()}
        return await self.http.request(verb, path, params=named, json=body, headers=self.headers)

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.call("GET", path, **params)

    async def ask(self, path: str, **params: Any) -> Any:
        """The body of a reading call that must succeed."""
        answer = await self.get(path, **params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, text: str, reply_to: str | None = None) -> httpx.Response:
        body: dict[str, Any] = {"text": text}
        if reply_to is not None:
            body["reply"] = {"in_reply_to_tweet_id": reply_to}
        return await self.call("POST", "/2/tweets", body)

    def user(self, key: str) -> str:
        return account_id(self.world, key)

    def found(self, **wanted: Any) -> list[str]:
        """Numbers of posts of the world: `by` a person, `reply` or not, `starts` a text."""
        return [
            post_id(record.uri)
            for record in self.world.records.posts.values()
            if record.did == self.world.people.by_key[wanted.get("by", "ada")].did
            and (parent_of(record) is not None) is wanted.get("reply", False)
        ]
