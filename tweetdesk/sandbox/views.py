"""People and posts as somebody sees them: the views of app.bsky."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .records import (
    BLOCK,
    FOLLOW,
    LIKE,
    POST,
    POSTGATE,
    PROFILE,
    REPOST,
    THREADGATE,
    Notice,
    Record,
    owner_of,
    parent_of,
    root_of,
)

if TYPE_CHECKING:
    from .people import Person
    from .world import World

Json = dict[str, Any]
IMAGES = "https://images.example.com"
"""Where the pictures of the sandbox would be: nowhere."""


class Views:
    """What one viewer (a DID; None: nobody is logged in) sees."""

    def __init__(self, world: World, viewer: str | None) -> None:
        self.world = world
        self.records = world.records
        self.viewer = viewer

    # -- people -------------------------------------------------------------------------------------------

    def person_basic(self, did: str) -> Json:
        """app.bsky.actor.defs#profileViewBasic"""
        person = self.world.people.by_did[did]
        view: Json = {"did": did, "handle": person.handle}
        if person.name:
            view["displayName"] = person.name
        view["associated"] = {"activitySubscription": {"allowSubscriptions": "followers"}}
        if self.viewer is not None:
            view["viewer"] = self.relation(did)
        view["labels"] = []
        return view

    def person(self, did: str) -> Json:
        """app.bsky.actor.defs#profileView"""
        view = self.person_basic(did)
        person = self.world.people.by_did[did]
        if person.bio:
            view["description"] = person.bio
        profile = self.records.get(did, PROFILE, "self")
        if profile is not None:
            view["indexedAt"] = profile.at
        return view

    def person_detailed(self, person: Person) -> Json:
        """app.bsky.actor.defs#profileViewDetailed"""
        view = self.person(person.did)
        view["associated"] = {"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": False} | view["associated"]
        view["followersCount"] = len(self.records.received_by(FOLLOW, person.did))
        view["followsCount"] = len(self.records.given[FOLLOW].get(person.did, ()))
        view["postsCount"] = len(self.records.repos.get(person.did, {}).get(POST, ()))
        return view

    def relation(self, did: str) -> Json:
        """app.bsky.actor.defs#viewerState"""
        viewer = self.viewer
        if viewer is None:
            return {}
        state: Json = {
            "muted": did in self.world.mutes[viewer],
            "mutedOnlyReposts": False,
            "mutedOnlyQuoteposts": False,
            "blockedBy": self.records.about(BLOCK, did, viewer) is not None,
        }
        blocking = self.records.about(BLOCK, viewer, did)
        if blocking is not None:
            state["blocking"] = blocking.uri
        if blocking is None and not state["blockedBy"]:
            following = self.records.about(FOLLOW, viewer, did)
            followed = self.records.about(FOLLOW, did, viewer)
            if following is not None:
                state["following"] = following.uri
            if followed is not None:
                state["followedBy"] = followed.uri
        return state

    def blocks(self, did: str) -> bool:
        """Whether a block stands between the viewer and somebody."""
        return self.viewer is not None and self.viewer != did and self.records.blocked(self.viewer, did)

    def mutes(self, did: str) -> bool:
        """Whether the viewer has muted somebody."""
        return self.viewer is not None and did in self.world.mutes[self.viewer]

    # -- posts --------------------------------------------------------------------------------------------

    def counts(self, uri: str) -> Json:
        """How many answers, reposts, likes and quotes a post has."""
        return {
            "replyCount": len(self.records.replies.get(uri, ())),
            "repostCount": len(self.records.received_by(REPOST, uri)),
            "likeCount": len(self.records.received_by(LIKE, uri)),
            "quoteCount": len(self.records.quotes.get(uri, ())),
        }

    def post(self, record: Record) -> Json:
        """app.bsky.feed.defs#postView"""
        view: Json = {
            "uri": record.uri,
            "cid": record.cid,
            "author": self.person_basic(record.did),
            "record": record.value,
        }
        embed = self.embed(record, nested=False)
        if embed is not None:
            view["embed"] = embed
        view |= {"bookmarkCount": 0, **self.counts(record.uri), "indexedAt": record.at}
        if self.viewer is not None:
            view["viewer"] = self.post_viewer(record)
        view["labels"] = self.labels(record)
        gate = self.gate(record)
        if gate is not None:
            view["threadgate"] = gate
        return view

    def post_viewer(self, record: Record) -> Json:
        """app.bsky.feed.defs#viewerState"""
        viewer = self.viewer or ""
        root = self.world.thread_root(record)
        gate = self.records.get(record.did, POSTGATE, record.rkey)
        closed = gate is not None and bool(gate.value.get("embeddingRules"))
        state: Json = {
            "bookmarked": record.uri in self.world.bookmarks[viewer],
            "threadMuted": root in self.world.muted_threads[viewer],
            "embeddingDisabled": closed and viewer != record.did,
        }
        if self.records.reply_closed(root, viewer):
            state["replyDisabled"] = True
        for name, collection in (("like", LIKE), ("repost", REPOST)):
            act = self.records.about(collection, viewer, record.uri)
            if act is not None:
                state[name] = act.uri
        return state

    def labels(self, record: Record) -> list[Json]:
        """com.atproto.label.defs#label, of the labels that the author has put on a post."""
        values = (record.value.get("labels") or {}).get("values") or []
        return [
            {"cid": record.cid, "cts": record.at, "src": record.did, "uri": record.uri, "val": entry["val"]}
            for entry in values
        ]

    def gate(self, record: Record) -> Json | None:
        """app.bsky.feed.defs#threadgateView, on the first post of a thread."""
        gate = self.records.get(record.did, THREADGATE, record.rkey) if root_of(record) is None else None
        if gate is None:
            return None
        return {"uri": gate.uri, "cid": gate.cid, "record": gate.value, "lists": []}

    def embed(self, record: Record, *, nested: bool) -> Json | None:
        """The view of what a post shows: images, a card, a quoted post (of a quoted one: no deeper)."""
        embed = record.value.get("embed")
        if not isinstance(embed, dict):
            return None
        kind = str(embed.get("$type", ""))
        if kind == "app.bsky.embed.record":
            return None if nested else self._quote(embed["record"])
        if kind == "app.bsky.embed.recordWithMedia":
            media = self._media(record, embed["media"])
            if nested or media is None:
                return media
            quote = {"record": self._quote(embed["record"]["record"])["record"]}
            return {"record": quote, "media": media, "$type": "app.bsky.embed.recordWithMedia#view"}
        return self._media(record, embed)

    def _media(self, record: Record, embed: Json) -> Json | None:
        kind = embed.get("$type")
        if kind == "app.bsky.embed.images":
            images = []
            for image in embed["images"]:
                link = (image.get("image") or {}).get("ref", {}).get("$link", "none")
                place = f"{IMAGES}/{record.did}/{link}"
                view = {"thumb": place + "@small", "fullsize": place, "alt": image.get("alt", "")}
                if "aspectRatio" in image:
                    view["aspectRatio"] = image["aspectRatio"]
                images.append(view)
            return {"images": images, "$type": "app.bsky.embed.images#view"}
        if kind == "app.bsky.embed.external":
            card = {key: embed["external"].get(key, "") for key in ("uri", "title", "description")}
            return {"external": card, "$type": "app.bsky.embed.external#view"}
        return None

    def _quote(self, ref: Json) -> Json:
        return {"record": self._quoted(str(ref.get("uri"))), "$type": "app.bsky.embed.record#view"}

    def _quoted(self, uri: str) -> Json:
        record = self.records.posts.get(uri)
        if record is None:
            return {"uri": uri, "notFound": True, "$type": "app.bsky.embed.record#viewNotFound"}
        if self.blocks(record.did):
            return self.blocked_post(uri) | {"$type": "app.bsky.embed.record#viewBlocked"}
        inner = self.embed(record, nested=True)
        return {
            "uri": uri,
            "cid": record.cid,
            "author": self.person_basic(record.did),
            "value": record.value,
            "labels": self.labels(record),
            **self.counts(uri),
            "indexedAt": record.at,
            "embeds": [] if inner is None else [inner],
            "$type": "app.bsky.embed.record#viewRecord",
        }

    def blocked_post(self, uri: str) -> Json:
        """app.bsky.feed.defs#blockedPost, without its $type"""
        did = owner_of(uri)
        relation = self.relation(did)
        shown = {key: relation[key] for key in ("blockedBy", "blocking") if key in relation}
        return {"uri": uri, "blocked": True, "author": {"did": did, "viewer": shown}}

    # -- feeds and threads --------------------------------------------------------------------------------

    def feed_item(self, record: Record) -> Json:
        """app.bsky.feed.defs#feedViewPost of a post, or of a repost with its reason."""
        if record.collection == POST:
            item: Json = {"post": self.post(record)}
            reply = self._reply_context(record)
            if reply is not None:
                item["reply"] = reply
            return item
        post = self.records.posts[record.subject or ""]
        reason = {
            "by": self.person_basic(record.did),
            "uri": record.uri,
            "cid": record.cid,
            "indexedAt": record.at,
            "$type": "app.bsky.feed.defs#reasonRepost",
        }
        return {"post": self.post(post), "reason": reason}

    def _reply_context(self, record: Record) -> Json | None:
        root, parent = root_of(record), parent_of(record)
        if root is None or parent is None:
            return None
        context = {"root": self._context_post(root), "parent": self._context_post(parent)}
        above = self.records.posts.get(parent)
        grand = parent_of(above) if above is not None else None
        grand_did = owner_of(grand) if grand is not None else None
        if grand_did is not None and grand_did in self.world.people.by_did and grand in self.records.posts:
            context["grandparentAuthor"] = self.person_basic(grand_did)
        return context

    def _context_post(self, uri: str) -> Json:
        record = self.records.posts.get(uri)
        if record is None:
            return {"uri": uri, "notFound": True, "$type": "app.bsky.feed.defs#notFoundPost"}
        if self.blocks(record.did):
            return self.blocked_post(uri) | {"$type": "app.bsky.feed.defs#blockedPost"}
        return self.post(record) | {"$type": "app.bsky.feed.defs#postView"}

    def thread(self, uri: str, depth: int, height: int) -> Json:
        """A post with what stands above (`height` posts) and below (`depth` levels) it."""
        node = self._node(uri)
        if "post" not in node:
            return node
        record = self.records.posts[uri]
        parent = parent_of(record)
        if parent is not None and height > 0:
            node["parent"] = self.thread(parent, 0, height - 1)
        if depth > 0:
            node["replies"] = self._replies(uri, depth, owner_of(self.world.thread_root(record)))
        node["threadContext"] = {}
        node["$type"] = "app.bsky.feed.defs#threadViewPost"
        return node

    def _node(self, uri: str) -> Json:
        record = self.records.posts.get(uri)
        if record is None:
            return {"uri": uri, "notFound": True, "$type": "app.bsky.feed.defs#notFoundPost"}
        if self.blocks(record.did):
            return self.blocked_post(uri) | {"$type": "app.bsky.feed.defs#blockedPost"}
        return {"post": self.post(record)}

    def _replies(self, uri: str, depth: int, starter: str) -> list[Json]:
        """The answers to a post: those of the thread's author first, then the newest."""
        below = [record for record in self.records.replies.get(uri, ()) if not self.blocks(record.did)]
        below.sort(key=lambda record: record.sort_at, reverse=True)
        below.sort(key=lambda record: record.did != starter)
        nodes = []
        for record in below:
            node: Json = {"post": self.post(record)}
            if depth > 1:
                node["replies"] = self._replies(record.uri, depth - 1, starter)
            node["threadContext"] = {}
            node["$type"] = "app.bsky.feed.defs#threadViewPost"
            nodes.append(node)
        return nodes

    # -- notifications ------------------------------------------------------------------------------------

    def shows(self, notice: Notice) -> bool:
        """Whether a notification reaches the viewer: not from blocked or muted people or muted threads."""
        record = notice.record
        if self.blocks(record.did) or self.mutes(record.did):
            return False
        muted = self.world.muted_threads[self.viewer or ""]
        if not muted:
            return True
        about = self.records.posts.get(notice.subject or "")
        threads = {self.world.thread_root(record)} | ({self.world.thread_root(about)} if about else set())
        return not threads & muted

    def notice(self, notice: Notice, seen: str) -> Json:
        """app.bsky.notification.listNotifications#notification"""
        record = notice.record
        view: Json = {
            "uri": record.uri,
            "cid": record.cid,
            "author": self.person(record.did),
            "reason": notice.reason,
        }
        if notice.subject is not None:
            view["reasonSubject"] = notice.subject
        view |= {"record": record.value, "isRead": record.at <= seen, "indexedAt": record.at}
        view["labels"] = self.labels(record)
        return view
