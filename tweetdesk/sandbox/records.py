"""The records of all repositories and what follows from them: replies, counts, feeds, notifications."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from .ids import cid_of, iso, parse_time
from .richtext import mentioned

POST = "app.bsky.feed.post"
LIKE = "app.bsky.feed.like"
REPOST = "app.bsky.feed.repost"
FOLLOW = "app.bsky.graph.follow"
BLOCK = "app.bsky.graph.block"
LIST = "app.bsky.graph.list"
LISTITEM = "app.bsky.graph.listitem"
PROFILE = "app.bsky.actor.profile"
THREADGATE = "app.bsky.feed.threadgate"
POSTGATE = "app.bsky.feed.postgate"
SINGULAR = (LIKE, REPOST, FOLLOW, BLOCK)
"""Collections in which a repository keeps one record a subject: a second one replaces the first."""


@dataclass(slots=True, eq=False)
class Record:
    """One record of a repository; `at` is when it was indexed (ISO, milliseconds, Z)."""

    did: str
    collection: str
    rkey: str
    value: dict[str, Any]
    at: str
    _cid: str = ""

    @property
    def uri(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.rkey}"

    @property
    def cid(self) -> str:
        if not self._cid:
            self._cid = cid_of(self.value)
        return self._cid

    @property
    def sort_at(self) -> str:
        """The earlier of the two times, as feeds are sorted."""
        created = self.value.get("createdAt")
        if not isinstance(created, str):
            return self.at
        if len(created) != 24 or created[-1] != "Z":
            created = iso(parse_time(created))
        return min(created, self.at)

    @property
    def subject(self) -> str | None:
        """The URI or DID that a like, repost, follow or block is about."""
        subject = self.value.get("subject")
        if isinstance(subject, dict):
            subject = subject.get("uri")
        return subject if isinstance(subject, str) else None


@dataclass(slots=True)
class Notice:
    """One notification: why somebody hears of a record."""

    record: Record
    reason: str
    subject: str | None


Entry = tuple[str, str, Record]
"""A place in time: (time, cid or uri for equal times, record)."""


@dataclass
class Records:
    """Everything that people have written, indexed as an AppView does."""

    repos: dict[str, dict[str, dict[str, Record]]] = field(default_factory=dict)
    posts: dict[str, Record] = field(default_factory=dict)
    replies: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    quotes: defaultdict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    given: defaultdict[str, dict[str, dict[str, Record]]] = field(default_factory=lambda: defaultdict(dict))
    """Per collection of SINGULAR: author -> subject -> record."""
    received: defaultdict[str, dict[str, dict[str, Record]]] = field(default_factory=lambda: defaultdict(dict))
    """Per collection of SINGULAR: subject -> author -> record."""
    timeline: list[Entry] = field(default_factory=list)
    """Posts and reposts of everybody, oldest first."""
    notices: defaultdict[str, list[tuple[str, int, Notice]]] = field(default_factory=lambda: defaultdict(list))
    """Per person, oldest first."""
    _count: int = 0

    def get(self, did: str, collection: str, rkey: str) -> Record | None:
        return self.repos.get(did, {}).get(collection, {}).get(rkey)

    def find(self, uri: str) -> Record | None:
        """A record by its at-uri."""
        parts = uri.removeprefix("at://").split("/")
        return self.get(*parts) if len(parts) == 3 else None

    def put(self, record: Record) -> None:
        """Keeps a record; one with the same key, or about the same subject, is replaced."""
        kept = self.repos.setdefault(record.did, {}).setdefault(record.collection, {})
        former = kept.get(record.rkey)
        if former is not None:
            self._forget(former)
        if record.collection in SINGULAR and record.subject is not None:
            same = self.about(record.collection, record.did, record.subject)
            if same is not None and same is not former:
                self.remove(same.did, same.collection, same.rkey)
        kept[record.rkey] = record
        self._index(record)

    def remove(self, did: str, collection: str, rkey: str) -> bool:
        """Deletes a record; whether there was one."""
        record = self.repos.get(did, {}).get(collection, {}).pop(rkey, None)
        if record is None:
            return False
        self._forget(record)
        return True

    def about(self, collection: str, did: str, subject: str) -> Record | None:
        """The like, repost, follow or block that somebody has made about a subject."""
        return self.given[collection].get(did, {}).get(subject)

    def received_by(self, collection: str, subject: str) -> dict[str, Record]:
        """Author -> record, of all likes, reposts, follows or blocks of one subject."""
        return self.received[collection].get(subject, {})

    def blocked(self, one: str, other: str) -> bool:
        """Whether a block stands between two people, in either direction."""
        blocks = self.given[BLOCK]
        return other in blocks.get(one, {}) or one in blocks.get(other, {})

    def _index(self, record: Record) -> None:
        if record.collection == POST:
            self._index_post(record)
        elif record.collection in SINGULAR and record.subject is not None:
            subject = record.subject
            self.given[record.collection].setdefault(record.did, {})[subject] = record
            self.received[record.collection].setdefault(subject, {})[record.did] = record
            if record.collection == REPOST:
                insort(self.timeline, (record.sort_at, record.uri, record), key=_place)
            self._notify_act(record, subject)

    def _index_post(self, record: Record) -> None:
        if not self._may_reply(record):
            return
        uri = record.uri
        self.posts[uri] = record
        insort(self.timeline, (record.sort_at, uri, record), key=_place)
        told = {record.did}
        parent = parent_of(record)
        if parent is not None:
            self.replies[parent].append(record)
            self._notify(record, "reply", owner_of(parent), parent, told)
        quoted = quoted_by(record)
        if quoted is not None:
            self.quotes[quoted].append(record)
            self._notify(record, "quote", owner_of(quoted), quoted, told)
        for did in mentioned(record.value):
            self._notify(record, "mention", did, None, told)

    def _may_reply(self, record: Record) -> bool:
        """Whether the author of the thread lets this reply stand (app.bsky.feed.threadgate)."""
        root = root_of(record)
        free = "mastodon" in record.value  # that network has no closed threads
        return root is None or free or not self.reply_closed(root, record.did)

    def reply_closed(self, root: str, did: str) -> bool:
        """Whether somebody may not answer in a thread."""
        owner = owner_of(root)
        gate = self.get(owner, THREADGATE, root.rpartition("/")[2])
        if gate is None or owner == did or "allow" not in gate.value:
            return False
        post = self.posts.get(root)
        for rule in gate.value["allow"]:
            kind = rule.get("$type", "").rpartition("#")[2]
            if kind == "mentionRule" and post is not None and did in mentioned(post.value):
                return False
            if kind == "followingRule" and self.about(FOLLOW, owner, did) is not None:
                return False
            if kind == "followerRule" and self.about(FOLLOW, did, owner) is not None:
                return False
        return True

    def _notify_act(self, record: Record, subject: str) -> None:
        if record.collection == FOLLOW:
            self._notify(record, "follow", subject, None, {record.did})
        elif record.collection in (LIKE, REPOST):
            reason = record.collection.rpartition(".")[2]
            self._notify(record, reason, owner_of(subject), subject, {record.did})

    def _notify(self, record: Record, reason: str, to: str, subject: str | None, told: set[str]) -> None:
        if to in told:
            return
        told.add(to)
        self._count += 1
        insort(self.notices[to], (record.at, self._count, Notice(record, reason, subject)), key=_place)

    def _forget(self, record: Record) -> None:
        if record.collection == POST:
            if self.posts.pop(record.uri, None) is None:
                return
            for kept, target in ((self.replies, parent_of(record)), (self.quotes, quoted_by(record))):
                if target is not None and record in kept[target]:
                    kept[target].remove(record)
        elif record.collection in SINGULAR and record.subject is not None:
            self.given[record.collection].get(record.did, {}).pop(record.subject, None)
            self.received[record.collection].get(record.subject, {}).pop(record.did, None)
        if record.collection in (POST, REPOST):
            place = bisect_left(self.timeline, (record.sort_at, record.uri), key=_place)
            if place < len(self.timeline) and self.timeline[place][2] is record:
                del self.timeline[place]
        for notices in self.notices.values():
            if any(entry[2].record is record for entry in notices):
                notices[:] = [entry for entry in notices if entry[2].record is not record]


def _place(entry: tuple[str, Any, Any]) -> tuple[str, Any]:
    return entry[0], entry[1]


def owner_of(uri: str) -> str:
    """The DID of an at-uri."""
    return uri.removeprefix("at://").split("/", 1)[0]


def parent_of(record: Record) -> str | None:
    """The URI of the post that a post answers."""
    return _reply_ref(record, "parent")


def root_of(record: Record) -> str | None:
    """The URI of the first post of the thread that a reply stands in."""
    return _reply_ref(record, "root")


def _reply_ref(record: Record, end: str) -> str | None:
    reply = record.value.get("reply")
    uri = (reply.get(end) or {}).get("uri") if isinstance(reply, dict) else None
    return uri if isinstance(uri, str) else None


def quoted_by(record: Record) -> str | None:
    """The URI of the post that a post quotes."""
    embed = record.value.get("embed")
    if not isinstance(embed, dict):
        return None
    inner = embed.get("record")
    if embed.get("$type") == "app.bsky.embed.recordWithMedia" and isinstance(inner, dict):
        inner = inner.get("record")
    uri = inner.get("uri") if isinstance(inner, dict) else None
    return uri if isinstance(uri, str) and f"/{POST}/" in uri else None
