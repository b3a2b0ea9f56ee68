"""Somebody new on one network of the served sandbox: what befalls them there, and what they have done.

What they have done is read back by plain HTTP, as any other client would read it, and never from our own store.
"""

from __future__ import annotations

import asyncio
import json
import struct
import urllib.request
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import plain_bluesky
import plain_mastodon
from plain_mastodon import Json, plain
from program import Profile, Sandbox

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.credentials import FilePlace
from tweetdesk.sandbox.mastodon import status_id
from tweetdesk.sandbox.x_ids import post_id
from tweetdesk.store.accounts import AccountsFile

#: The one who mentions them, and writes to them.
TOM = "tom.example.com"
#: Far more calls than any test makes.
PLENTY = 10_000_000
_CHAT = "did:web:api.bsky.chat#bsky_chat"
_X_CALLS = (
    "POST /2/tweets", "POST /2/users/:id/retweets", "GET /2/users/:id/tweets", "GET /2/users/:id/mentions",
    "GET /2/users/me", "GET /2/dm_events", "GET /2/tweets", "GET /2/users", "GET /2/tweets/search/recent",
    "GET /2/dm_conversations/with/:participant_id/dm_events", "GET /2/users/:id/timelines/reverse_chronological",
    "POST /2/dm_conversations/with/:participant_id/messages", "POST /2/media/upload/initialize",
    "POST /2/media/upload/:id/append", "POST /2/media/upload/:id/finalize", "POST /2/media/metadata",
    "GET /2/media/upload",
)  # fmt: skip
#: The request that carries out each kind of act, or that settles its doubt: a pattern of its verb and path.
SENDS = {
    "bluesky": {
        "reply": r"POST .*repo\.putRecord$", "post": r"POST .*repo\.putRecord$",
        "repost": r"POST .*repo\.putRecord$", "block": r"POST .*repo\.putRecord$",
        "message": r"POST .*convo\.sendMessage$", "upload": r"POST .*repo\.uploadBlob$",
        "settle": r"GET .*repo\.getRecord\?", "settle message": r"GET .*convo\.getMessages\?",
    },
    "mastodon": {
        "reply": r"POST /api/v1/statuses$", "post": r"POST /api/v1/statuses$", "repost": r"POST .*/reblog$",
        "block": r"POST .*/block$", "message": r"POST /api/v1/statuses$", "upload": r"POST /api/v2/media$",
        "settle": r"GET .*/statuses\?.*exclude_reblogs", "settle message": r"GET /api/v1/conversations",
    },
    "x": {
        "reply": r"POST /2/tweets$", "post": r"POST /2/tweets$", "repost": r"POST .*/retweets$",
        "message": r"POST .*/messages$", "settle": r"GET /2/users/[0-9]+/tweets\?",
        "upload": r"POST /2/media/upload/[0-9]+/append$", "settle message": r"GET .*/dm_events",
    },
}  # fmt: skip
#: What the sandbox calls the request that carries out each kind of act; "": every other kind.
CALLED: dict[str, dict[str, str]] = {
    "bluesky": {"message": "chat.bsky.convo.sendMessage", "": "com.atproto.repo.putRecord"},
    "mastodon": {"repost": "POST /api/v1/statuses/:id/reblog", "block": "POST /api/v1/accounts/:id/block",
                 "": "POST /api/v1/statuses"},
    "x": {"repost": "POST /2/users/:id/retweets", "": "POST /2/tweets",
          "message": "POST /2/dm_conversations/with/:participant_id/messages"},
}  # fmt: skip
#: What a network may do to such a request; see sandbox/faults.py.
FAULTS: dict[str, dict[str, Any]] = {
    "lost request": {"kind": "drop_before"},
    "lost answer": {"kind": "drop_after"},
    "5xx before": {"kind": "status", "status": 503},
    "5xx after": {"kind": "status_after", "status": 502},
    "429": {"kind": "rate_limit", "seconds": 1},
    "twice": {"kind": "twice"},
    "expired": {"kind": "expired"},
}


@dataclass(frozen=True)
class Made:
    """A post as its network shows it: what it answers ("" for nothing), and the alt texts of its pictures."""

    id: str
    text: str
    answers: str = ""
    alts: tuple[str, ...] = ()


class Face(Protocol):
    """Somebody on one network."""

    network: str
    handle: str
    sandbox: Sandbox

    def log_in(self, profile: Profile, url: str) -> None:
        """Give them as an account to a profile; the server is at `url` for it."""

    def fault(self, act: str, **what: object) -> None:
        """The next request that carries out a kind of act goes wrong; see sandbox/faults.py."""

    def asked(self, text: str, by: str = TOM) -> str:
        """Tom (or somebody else) mentions them; the post's id on this network."""

    def told(self, text: str) -> None:
        """Tom writes them a direct message."""

    def posts(self, everything: bool = False) -> list[Made]:
        """Their own posts, answers included: the newest, or all there are."""

    def reposts(self) -> list[str]:
        """The ids of the posts that they have reposted, once for each time."""

    def blocks(self) -> list[str]:
        """The ids of the people whom they have blocked, once for each time; the newest of many."""

    def messages(self) -> list[str]:
        """The texts of the direct messages that they have sent."""


def face(network: str, sandbox: Sandbox, name: str) -> Face:
    """Somebody new on a network; calls are not limited there any more."""
    handle = f"{name}.example.com"
    sandbox.ask(f"{network}/person", handle=handle, name=name.title(), bio="")
    sandbox.ask(f"{network}/limit", requests=PLENTY)
    kind: Any = {"bluesky": _Bluesky, "mastodon": _Mastodon, "x": _X}[network]
    made: Face = kind(sandbox, handle)
    return made


class _Base:
    network = ""

    def __init__(self, sandbox: Sandbox, handle: str) -> None:
        self.sandbox, self.handle = sandbox, handle

    def fault(self, act: str, **what: object) -> None:
        called = CALLED[self.network]
        self.sandbox.ask(f"{self.network}/faults", method=called.get(act, called[""]), **what)

    def _uri(self, text: str, by: str) -> str:
        asked = self.sandbox.ask(f"{self.network}/post", handle=by, text=f"{text} @{self.handle}")
        return str(asked["uri"])

    def told(self, text: str) -> None:
        self.sandbox.ask(f"{self.network}/message", handle=TOM, text=text, to=self.handle)


class _Bluesky(_Base):
    network = "bluesky"

    def __init__(self, sandbox: Sandbox, handle: str) -> None:
        super().__init__(sandbox, handle)
        self.password = f"{handle.partition('.')[0]}-pass"
        self.me = plain_bluesky.Person(sandbox.url, handle, self.password).log_in()

    def log_in(self, profile: Profile, url: str) -> None:
        done = profile.log_in(url, self.handle, self.password)
        assert done.returncode == 0, done.stderr

    def asked(self, text: str, by: str = TOM) -> str:
        return self._uri(text, by)

    def posts(self, everything: bool = False) -> list[Made]:
        return [
            Made(one["uri"], value["text"], value.get("reply", {}).get("parent", {}).get("uri", ""), _alts(value))
            for one in self._posts(everything)
            if (value := one["value"])
        ]

    def _posts(self, everything: bool) -> Iterator[Json]:
        cursor: dict[str, str] = {}
        while True:
            page = self.me.get(
                "com.atproto.repo.listRecords",
                repo=self.me.did, collection="app.bsky.feed.post", limit=100, **cursor,
            )  # fmt: skip
            yield from page["records"]
            if not everything or not page.get("cursor"):
                return
            cursor = {"cursor": page["cursor"]}

    def reposts(self) -> list[str]:
        return [one["value"]["subject"]["uri"] for one in self.me.records("app.bsky.feed.repost")]

    def blocks(self) -> list[str]:
        return [one["value"]["subject"] for one in self.me.records("app.bsky.graph.block")]

    def messages(self) -> list[str]:
        return [one["text"] for one in self._messages() if one.get("sender", {}).get("did") == self.me.did]

    def _messages(self) -> Iterator[Json]:
        token = self.me._token
        for convo in self._chat("listConvos", token)["convos"]:
            yield from self._chat("getMessages", token, convoId=convo["id"], limit=100)["messages"]

    def _chat(self, method: str, token: str, **given: Any) -> Json:
        return plain_bluesky.call(
            self.sandbox.url, "GET", f"chat.bsky.convo.{method}", given or None, token, proxy=_CHAT
        )


def _alts(record: Json) -> tuple[str, ...]:
    return tuple(one.get("alt", "") for one in (record.get("embed") or {}).get("images", ()))


class _Mastodon(_Base):
    network = "mastodon"

    def __init__(self, sandbox: Sandbox, handle: str) -> None:
        super().__init__(sandbox, handle)
        self.token = f"sandbox-mastodon-{handle}"
        self.me = plain_mastodon.Person(sandbox.url, handle, self.token).log_in()

    def log_in(self, profile: Profile, url: str) -> None:
        done = profile.log_in_with_token("mastodon", url, self.token)
        assert done.returncode == 0, done.stderr

    def asked(self, text: str, by: str = TOM) -> str:
        return status_id(self._uri(text, by))

    def posts(self, everything: bool = False) -> list[Made]:
        return [
            Made(one["id"], plain(one["content"]), one["in_reply_to_id"] or "",
                 tuple(media["description"] or "" for media in one["media_attachments"]))
            for one in self._statuses(everything) if not one["reblog"]
        ]  # fmt: skip

    def _statuses(self, everything: bool) -> Iterator[Json]:
        last: dict[str, str] = {}
        while page := self.me.get(f"/api/v1/accounts/{self.me.id}/statuses", limit=40, **last):
            yield from page
            if not everything:
                return
            last = {"max_id": page[-1]["id"]}

    def reposts(self) -> list[str]:
        return [one["reblog"]["id"] for one in self.me.statuses() if one["reblog"]]

    def blocks(self) -> list[str]:
        return [one["id"] for one in self.me.get("/api/v1/blocks", limit=80)]

    def messages(self) -> list[str]:
        found: dict[str, str] = {}
        for conversation in self.me.get("/api/v1/conversations"):
            last = conversation["last_status"]
            context = self.me.get(f"/api/v1/statuses/{last['id']}/context")
            for one in (*context["ancestors"], last, *context["descendants"]):
                if one["account"]["id"] == self.me.id:
                    found[one["id"]] = plain(one["content"])
        return list(found.values())


class _X(_Base):
    network = "x"

    def __init__(self, sandbox: Sandbox, handle: str) -> None:
        super().__init__(sandbox, handle)
        sandbox.ask("x/billing", limits=dict.fromkeys(_X_CALLS, PLENTY))
        self.me = self._get("/2/users/me")["data"]

    def log_in(self, profile: Profile, url: str) -> None:
        folder = profile.folder("layouts")
        account = Account("x", self.me["id"], self.me["username"], url, secrets="file")
        AccountsFile(folder).save(account)
        secret: dict[str, Any] = {
            "kind": "oauth2",
            "access_token": f"sandbox-x-{self.handle}",
            "refresh_token": "",
        }
        secret |= {"client_id": "", "client_secret": "", "scope": "", "expires_at": 4102444800.0}
        asyncio.run(FilePlace(account.id, folder).write(secret))

    def asked(self, text: str, by: str = TOM) -> str:
        return post_id(self._uri(text, by))

    def posts(self, everything: bool = False) -> list[Made]:
        return [
            Made(one["id"], one["text"], _referenced(one, "replied_to"), one["alts"])
            for one in self._own(everything)
            if not _referenced(one, "retweeted")
        ]

    def reposts(self) -> list[str]:
        return [_referenced(one, "retweeted") for one in self._own() if _referenced(one, "retweeted")]

    def blocks(self) -> list[str]:
        return []  # X lets no app block

    def messages(self) -> list[str]:
        found = self._get("/2/dm_events?max_results=100&dm_event.fields=sender_id,text").get("data", [])
        return [one["text"] for one in found if one.get("sender_id") == self.me["id"]]

    def _own(self, everything: bool = False) -> Iterator[Json]:
        path = (
            f"/2/users/{self.me['id']}/tweets?max_results=100&tweet.fields=referenced_tweets,attachments"
            "&expansions=attachments.media_keys&media.fields=alt_text"
        )
        following = ""
        while True:
            page = self._get(path + following)
            pictures = {
                one["media_key"]: one.get("alt_text", "") for one in page.get("includes", {}).get("media", ())
            }
            for one in page.get("data", ()):
                keys = one.get("attachments", {}).get("media_keys", ())
                yield {**one, "alts": tuple(pictures.get(key, "") for key in keys)}
            if not everything or "next_token" not in page["meta"]:
                return
            following = f"&pagination_token={page['meta']['next_token']}"

    def _get(self, path: str) -> Json:
        headers = {"authorization": f"Bearer sandbox-x-{self.handle}"}
        request = urllib.request.Request(self.sandbox.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            found: Json = json.loads(answer.read())
            return found


def _referenced(post: Json, how: str) -> str:
    """The id of the post that one refers to in a way, "" for none."""
    return next((one["id"] for one in post.get("referenced_tweets", ()) if one["type"] == how), "")


def png(size: int = 8) -> bytes:
    """A small red square of so many pixels each way."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xff\0\0" * size for _ in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
