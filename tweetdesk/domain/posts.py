"""Posts and direct messages, as every network's file hands them on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tweetdesk.domain.people import Identity


@dataclass(frozen=True, slots=True, order=True)
class PostRef:
    """Where a post is: the server that gave the id ("bluesky" for all of Bluesky), and the opaque id there."""

    server: str
    id: str

    def __str__(self) -> str:
        return f"{self.server} {self.id}"

    @classmethod
    def parse(cls, text: str) -> PostRef:
        """The reference that `str()` wrote. Raises ValueError for anything else."""
        server, space, identifier = text.partition(" ")
        if not (server and space and identifier):
            raise ValueError(f"not a post reference: {text!r}")
        return cls(server, identifier)


class SpanKind(StrEnum):
    """What a piece of a post's text leads to."""

    LINK = "link"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, in code points (not bytes), that can be followed: a URL, an identity id, or a tag."""

    start: int
    end: int
    kind: SpanKind
    target: str


def apart(found: Iterable[Span]) -> Iterator[Span]:
    """Pieces in the order of the text, without those that overlap one before."""
    end = 0
    for span in sorted(found, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            yield span
            end = span.end


class PostKind(StrEnum):
    """Public post or direct message."""

    POST = "post"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Media:
    """Something attached: `kind` is image, video, audio or other; `alt` is the author's description of it."""

    kind: str
    alt: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class PollOption:
    """One answer of a poll; `votes` is None while they are not told."""

    title: str
    votes: int | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """A poll as it stands; `closes_at` (aware UTC) is None where it has no end."""

    options: tuple[PollOption, ...]
    multiple: bool = False
    closed: bool = False
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The preview of a linked page."""

    url: str
    title: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Another post as far as it is known from within a post: what it answers or quotes.

    `missing` says in words why the text is not there ("deleted", "blocked"), else "".
    """

    ref: PostRef | None
    author: Identity | None = None
    text: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Viewer:
    """What our account has done to a post (the network's reference of our like, repost or bookmark, or ""), what
    it may not do to it (`..._closed`), and what its author has to agree to first (`..._reviewed`)."""

    liked: str = ""
    reposted: str = ""
    thread_muted: bool = False
    replies_closed: bool = False
    bookmarked: str = ""
    quotes_closed: bool = False
    reposts_closed: bool = False
    likes_closed: bool = False
    replies_reviewed: bool = False
    quotes_reviewed: bool = False


@dataclass(frozen=True, slots=True)
class Post:
    """A post or a direct message.

    `created_at` is aware UTC and is the time to sort by (for Bluesky the earlier of createdAt and indexedAt).
    `version` and `root_version` are what a network wants beside the id when the post is answered (Bluesky: the
    cid). `conversation` is the id of the thread's first post, or of the direct message conversation.
    `warning` is the content warning's words, "" without one. `reply_count` is None where it is unknown.
    `visibility` is the network's own word for who may see it, "" where there is only one. `mentions` are the
    people whom it addresses. `edited_at` is None where it was never changed.
    """

    ref: PostRef
    author: Identity
    text: str
    created_at: datetime
    kind: PostKind = PostKind.POST
    spans: tuple[Span, ...] = ()
    version: str = ""
    conversation: str = ""
    reply_to: PostRef | None = None
    reply_root: PostRef | None = None
    root_version: str = ""
    parent: Excerpt | None = None
    quote: Excerpt | None = None
    media: tuple[Media, ...] = ()
    card: Card | None = None
    warning: str = ""
    languages: tuple[str, ...] = ()
    url: str = ""
    reply_count: int | None = None
    viewer: Viewer = Viewer()
    visibility: str = ""
    mentions: tuple[Identity, ...] = ()
    poll: Poll | None = None
    edited_at: datetime | None = None
