"""Posts, users, lists and direct messages as the X API gives them: the fields asked for, and what is included."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from .chat import Message
from .ids import iso
from .records import BLOCK, FOLLOW, LISTITEM, POST, Record, Records, owner_of, parent_of, quoted_by
from .richtext import mentioned
from .x_call import Call
from .x_fields import IMAGES, POST_FIELDS, USER_FIELDS, repost_of
from .x_ids import conversation_id, made_at, message_id, post_id, user_id
from .x_text import LIMIT, Maker, Shown, cut, link_about, short_link, show, weigh

Json = dict[str, Any]
REPOST_LENGTH = 140
"""How much of the text of a repost is given."""


class Answer:
    """One answer under construction: its included things, its errors, and what it will be billed."""

    def __init__(self, call: Call) -> None:
        self.call: Call = call
        self.records: Records = call.world.records
        self.users: dict[str, Json] = {}
        self.posts: dict[str, Json] = {}
        self.media: dict[str, Json] = {}
        self.errors: list[Json] = []

    # -- posts --------------------------------------------------------------------------------------------

    def post_list(self, records: Iterable[Record], *, owned: bool = False) -> list[Json]:
        """The posts of an answer with their expansions; they are billed."""
        found = list(records)
        data = [self._post(record) for record in found]
        self.call.state.ledger.read("post", [post["id"] for post in data], owned=owned)
        for record in found:
            self._expand(record)
        return data

    def _expand(self, record: Record) -> None:
        expansions = self.call.wanted["expansions"]
        if "author_id" in expansions:
            self.include_user(record.did)
        self._expand_people(record, expansions)
        if any(name.startswith("referenced_tweets.id") for name in expansions):
            for reference in self.references(record):
                self._include_post(reference["uri"], expansions)

    def _expand_people(self, record: Record, expansions: set[str]) -> None:
        parent = parent_of(record)
        if "in_reply_to_user_id" in expansions and parent is not None:
            self.include_user(owner_of(parent))
        if "entities.mentions.username" in expansions:
            for did in mentioned(record.value):
                self.include_user(did)
        if "attachments.media_keys" in expansions:
            for medium in self.media_of(record):
                shown = {"media_key": medium["media_key"], "type": "photo"}
                wanted = self.call.wanted["media"]
                self.call.state.ledger.read("media", [medium["media_key"]])
                self.media[medium["media_key"]] = shown | {k: v for k, v in medium.items() if k in wanted}

    def _include_post(self, uri: str, expansions: set[str]) -> None:
        record = self.records.posts.get(uri)
        name = self.call.spoken("referenced_tweets.id")
        if record is None:
            self.errors.append(self.call.not_found(name, post_id(uri), "tweet"))
        elif self.hidden(record):
            self.errors.append(self.call.not_authorized(name, post_id(uri), "tweet"))
        else:
            if uri not in self.posts:
                self.posts[uri] = self._post(record)
                self.call.state.ledger.read("post", [self.posts[uri]["id"]])
            if "referenced_tweets.id.author_id" in expansions:
                self.include_user(record.did)

    def hidden(self, record: Record) -> bool:
        """Whether a post's author has blocked the viewer."""
        return self.records.about(BLOCK, record.did, self.call.viewer) is not None

    def references(self, record: Record) -> list[dict[str, str]]:
        found = []
        for kind, uri in (
            ("retweeted", repost_of(record)),
            ("replied_to", parent_of(record)),
            ("quoted", quoted_by(record)),
        ):
            if uri is not None:
                found.append({"type": kind, "uri": uri})
        return found

    def _post(self, record: Record) -> Json:
        number = post_id(record.uri)
        shown = self.shown(record)
        text, long = shown, weigh(html.unescape(shown.text), reply=True) > LIMIT
        if record.collection == POST and long:
            size = LIMIT if len(shown.text) > LIMIT else len(shown.text) // 2
            text = cut(shown, size)
        view: Json = {"id": number, "text": text.text, self.call.spoken("edit_history_tweet_ids"): [number]}
        for name in self._wanted_of_posts():
            maker = POST_FIELDS.get(name)
            value = maker(self, record, text) if maker is not None else None
            if name == "note_tweet" and long and record.collection == POST:
                value = {"text": shown.text} | ({"entities": shown.entities()} if shown.spans else {})
            if value is not None:
                view[self.call.spoken(name)] = value
        return view

    def _wanted_of_posts(self) -> list[str]:
        expansions = self.call.wanted["expansions"]
        wanted = set(self.call.wanted["tweet"])
        wanted |= expansions & {"author_id", "in_reply_to_user_id"}
        wanted |= {"referenced_tweets"} if any(e.startswith("referenced_tweets") for e in expansions) else set()
        wanted |= {"attachments"} if "attachments.media_keys" in expansions else set()
        wanted |= {"entities"} if "entities.mentions.username" in expansions else set()
        return sorted(wanted)

    # -- texts --------------------------------------------------------------------------------------------

    def shown(self, record: Record) -> Shown:
        """The whole text of a post or repost with its entities."""
        original = self.records.posts.get(repost_of(record) or "")
        if original is not None:
            maker = Maker()
            maker.plain("RT ")
            self._mention(maker, original.did)
            maker.plain(": ")
            return cut(self._text(original, maker), REPOST_LENGTH)
        return self._text(record, Maker())

    def _mention(self, maker: Maker, did: str) -> None:
        name = self.call.names.username(did)
        maker.marked(f"@{name}", "mentions", {"username": name, "id": user_id(did)})

    def _text(self, record: Record, maker: Maker) -> Shown:
        value = record.value
        parent = parent_of(record)
        if parent is not None and self.answers_with_name(record, owner_of(parent)):
            self._mention(maker, owner_of(parent))
            maker.plain(" ")
        for did in value.get("xNames", ()):
            self._mention(maker, did)
            maker.plain(" ")
        show(value, self._known, maker)
        for uri, more in self._appended(record):
            maker.plain(" " if maker.length else "")
            maker.marked(short_link(uri), "urls", {**link_about(uri), **more})
        return maker.shown()

    def answers_with_name(self, record: Record, author: str) -> bool:
        """Whether X puts the @username of the answered author before the text: it is not there yet."""
        return (
            author != record.did
            and author in self.call.world.people.by_did
            and author not in mentioned(record.value)
        )

    def _known(self, did: str) -> tuple[str, str] | None:
        if did not in self.call.world.people.by_did:
            return None
        return self.call.names.username(did), user_id(did)

    def _appended(self, record: Record) -> list[tuple[str, Json]]:
        """The links that X writes after a text: of a card, of the quoted post, of the pictures."""
        embed = record.value.get("embed") or {}
        card = (embed.get("media") or embed).get("external") or {}
        written = {
            feature.get("uri")
            for facet in record.value.get("facets") or ()
            for feature in facet.get("features") or ()
        }
        found: list[tuple[str, Json]] = []
        if card.get("uri") and card["uri"] not in written:
            about = {"title": card.get("title", ""), "description": card.get("description", ""), "status": 200}
            found.append((card["uri"], about))
        quoted = quoted_by(record)
        if quoted is not None and owner_of(quoted) in self.call.world.people.by_did:
            found.append((self.permalink(quoted), {}))
        media = self.media_of(record)
        if media:
            uri = f"{self.permalink(record.uri)}/photo/1"
            found.append((uri, {"media_key": media[0]["media_key"]}))
        return found

    def permalink(self, uri: str) -> str:
        """Where a post stands on x.com."""
        return f"https://x.com/{self.call.names.username(owner_of(uri))}/status/{post_id(uri)}"

    def media_of(self, record: Record) -> list[Json]:
        embed = record.value.get("embed") or {}
        images = (embed.get("media") or embed).get("images") or ()
        return [
            {
                "media_key": f"3_{int(post_id(record.uri)) + place}",
                "alt_text": image.get("alt", ""),
                "url": f"{IMAGES}/{image['image']['ref']['$link']}.jpg",
                **image.get("aspectRatio", {}),
            }
            for place, image in enumerate(images)
        ]

    # -- people -------------------------------------------------------------------------------------------

    def user_list(self, dids: Iterable[str], *, owned: bool = False) -> list[Json]:
        """The users of an answer; they are billed."""
        found = list(dids)
        self.call.state.ledger.read("user", [user_id(did) for did in found], owned=owned)
        return [self._user(did) for did in found]

    def include_user(self, did: str) -> None:
        """Includes somebody, once; billed as a user read."""
        if did not in self.users and did in self.call.world.people.by_did:
            self.users[did] = self._user(did)
            self.call.state.ledger.read("user", [user_id(did)])

    def _user(self, did: str) -> Json:
        person = self.call.world.people.by_did[did]
        view: Json = {"id": user_id(did), "name": person.name, "username": self.call.names.username(did)}
        for name in sorted(self.call.wanted["user"]):
            maker = USER_FIELDS.get(name)
            if maker is not None:
                view[name] = maker(self, did)
        return view

    def connections(self, did: str) -> list[str]:
        """How the viewer stands to somebody."""
        me, records = self.call.viewer, self.records
        found = {
            "following": records.about(FOLLOW, me, did) is not None,
            "followed_by": records.about(FOLLOW, did, me) is not None,
            "muting": did in self.call.world.mutes[me],
            "blocking": records.about(BLOCK, me, did) is not None,
        }
        return [name for name, holds in found.items() if holds]

    # -- lists and messages -------------------------------------------------------------------------------

    def list_view(self, record: Record, *, owned: bool = False) -> Json:
        """A list; it is billed."""
        number = post_id(record.uri)
        self.call.state.ledger.read("list", [number], owned=owned)
        if "owner_id" in self.call.wanted["expansions"]:
            self.include_user(record.did)
        items = self.records.repos.get(record.did, {}).get(LISTITEM, {}).values()
        every: Json = {
            "created_at": iso(made_at(number)),
            "description": record.value.get("description", ""),
            "follower_count": 0,
            "member_count": sum(item.value.get("list") == record.uri for item in items),
            "owner_id": user_id(record.did),
            "private": False,
        }
        wanted = self.call.wanted["list"] | self.call.wanted["expansions"]
        view = {"id": number, "name": record.value["name"]}
        return view | {name: value for name, value in every.items() if name in wanted}

    def message_list(self, messages: Iterable[tuple[Message, str]]) -> list[Json]:
        """Direct messages with the DID of the other person; they are billed."""
        data = [self._message(message, other) for message, other in messages]
        self.call.state.ledger.read("dm_event", [event["id"] for event in data])
        return data

    def _message(self, message: Message, other: str) -> Json:
        shown = show({"text": message.text, **message.extra}, self._known).shown()
        every: Json = {
            "created_at": message.at,
            "dm_conversation_id": conversation_id(self.call.viewer, other),
            "sender_id": user_id(message.did),
        }
        if shown.spans:
            every["entities"] = shown.entities()
        expansions = self.call.wanted["expansions"]
        if "sender_id" in expansions:
            self.include_user(message.did)
        wanted = self.call.wanted["dm_event"] | expansions
        view: Json = {"id": message_id(message.id, message.at), "event_type": "MessageCreate"}
        view["text"] = shown.text
        return view | {name: value for name, value in every.items() if name in wanted}

    # -- the whole ----------------------------------------------------------------------------------------

    def whole(self, data: Any, meta: Json | None = None) -> Json:
        """The body: data (left out where it is empty), includes, errors, meta."""
        body: Json = {"data": data} if data else {}
        includes = {
            "users": list(self.users.values()),
            self.call.spoken("tweets"): list(self.posts.values()),
            "media": list(self.media.values()),
        }
        includes = {name: items for name, items in includes.items() if items}
        if includes:
            body["includes"] = includes
        if self.errors:
            body["errors"] = self.errors
        if meta is not None:
            body["meta"] = meta
        return body
