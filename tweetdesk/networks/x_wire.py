"""X's answers as X sends them, in either vocabulary, and the small values in them.

Each entry of an answer is decoded by itself, so that one that is broken is only left out.
Sources: the OpenAPI documents 2.166 and 2.167; docs.x.com, data dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from tweetdesk.domain.posts import PostRef
from tweetdesk.networks.base import ServerTrouble
from tweetdesk.networks.json_values import Unreadable

#: The network's name, and the server part of every reference.
NAME = "x"
#: The moment from which ids count milliseconds in their upper bits, and the first id that does.
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_FIRST_ID = 29_700_859_247
_ID = re.compile(r"[0-9]{1,19}")


# --- as X sends it -----------------------------------------------------------------------------------------------


class Place(msgspec.Struct):
    """Where in a text something stands, and what it is."""

    start: int = 0
    end: int = 0
    url: str = ""
    expanded_url: str = ""
    display_url: str = ""
    media_key: str = ""
    tag: str = ""
    username: str = ""
    id: str = ""


class Entities(msgspec.Struct):
    """What stands in a text."""

    urls: list[Place] = []
    mentions: list[Place] = []
    hashtags: list[Place] = []
    cashtags: list[Place] = []


class Note(msgspec.Struct):
    """The whole text of a long post."""

    text: str = ""
    entities: Entities = msgspec.field(default_factory=Entities)


class Reference(msgspec.Struct):
    """That a post answers, quotes or repeats another."""

    id: str
    type: str = ""


class Attachments(msgspec.Struct):
    """The keys of what is attached."""

    media_keys: list[str] = []
    poll_ids: list[str] = []


class WirePost(msgspec.Struct):
    """A post in either vocabulary."""

    id: str
    text: str = ""
    author_id: str = ""
    created_at: str = ""
    conversation_id: str = ""
    in_reply_to_user_id: str = ""
    referenced_tweets: list[Reference] = []
    referenced_posts: list[Reference] = []
    entities: Entities = msgspec.field(default_factory=Entities)
    note_tweet: Note | None = None
    note_post: Note | None = None
    public_metrics: dict[str, Any] = {}
    reply_settings: str = ""
    lang: str = ""
    attachments: Attachments = msgspec.field(default_factory=Attachments)
    possibly_sensitive: bool = False
    edit_history_tweet_ids: list[str] = []
    edit_history_post_ids: list[str] = []

    def reference(self, kind: str) -> str:
        """The id of the post that is "replied_to", "quoted" or "retweeted" here; "" for none."""
        for one in (*self.referenced_tweets, *self.referenced_posts):
            if one.type == kind and one.id != self.id:
                return one.id
        return ""

    def references(self) -> list[str]:
        """The ids of all posts that this one refers to."""
        return [one.id for one in (*self.referenced_tweets, *self.referenced_posts) if is_id(one.id)]

    @property
    def moment(self) -> datetime:
        """When it was written: as told, else as its id tells. Raises Unreadable."""
        return moment(self.created_at) or moment_of_id(self.id)


class WireUser(msgspec.Struct):
    """A person."""

    id: str
    username: str = ""
    name: str = ""
    description: str = ""
    created_at: str = ""
    connection_status: list[str] = []


class WireMessage(msgspec.Struct):
    """An event of a direct message conversation."""

    id: str
    event_type: str = ""
    text: str = ""
    sender_id: str = ""
    created_at: str = ""
    dm_conversation_id: str = ""
    attachments: Attachments = msgspec.field(default_factory=Attachments)
    referenced_tweets: list[Reference] = []
    referenced_posts: list[Reference] = []
    urls: list[Place] = []
    mentions: list[Place] = []
    hashtags: list[Place] = []
    entities: Entities = msgspec.field(default_factory=Entities)


class WireList(msgspec.Struct):
    """A list of people."""

    id: str
    name: str = ""


class WireMedia(msgspec.Struct):
    """A picture or a video."""

    media_key: str
    type: str = ""
    url: str = ""
    preview_image_url: str = ""
    alt_text: str = ""


class WirePollOption(msgspec.Struct):
    """One answer of a poll."""

    label: str = ""
    votes: int | None = None
    position: int = 0


class WirePoll(msgspec.Struct):
    """A poll."""

    id: str
    options: list[WirePollOption] = []
    voting_status: str = ""
    end_datetime: str = ""


class Includes(msgspec.Struct):
    """What an answer brings along."""

    users: list[msgspec.Raw] = []
    tweets: list[msgspec.Raw] = []
    posts: list[msgspec.Raw] = []
    media: list[msgspec.Raw] = []
    polls: list[msgspec.Raw] = []


class Meta(msgspec.Struct):
    """What an answer tells of itself."""

    next_token: str = ""
    newest_id: str = ""
    result_count: int = 0


class Problem(msgspec.Struct):
    """A problem document (RFC 7807), or an error of the time before it."""

    type: str = ""
    title: str = ""
    detail: str = ""
    message: str = ""
    reason: str = ""
    value: Any = None
    resource_id: str = ""
    code: int | None = None
    status: int | None = None


class _Whole(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    includes: msgspec.Raw = msgspec.Raw(b"null")
    meta: msgspec.Raw = msgspec.Raw(b"null")
    errors: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: each entry is decoded by itself, so that one that is broken is only left out."""

    data: bytes = b"null"
    includes: Includes = field(default_factory=Includes)
    meta: Meta = field(default_factory=Meta)
    errors: list[msgspec.Raw] = field(default_factory=list)

    def entries(self) -> list[msgspec.Raw]:
        """What the answer is about: several, one, or nothing."""
        if self.data.startswith(b"["):
            return _part(msgspec.Raw(self.data), list[msgspec.Raw], [])
        return [msgspec.Raw(self.data)] if self.data.startswith(b"{") else []


_T = TypeVar("_T")


def answer_in(body: bytes) -> Answer:
    """A whole answer; an empty one is as good as none. Raises ServerTrouble for what is no answer of X's."""
    try:
        whole = msgspec.json.decode(body, type=_Whole)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ServerTrouble("X sent an answer that makes no sense; it will be asked again later.") from error
    return Answer(
        bytes(whole.data),
        _part(whole.includes, Includes, Includes()),
        _part(whole.meta, Meta, Meta()),
        _part(whole.errors, list[msgspec.Raw], []),
    )


def _part(raw: msgspec.Raw, kind: type[_T], instead: _T) -> _T:
    """A part of an answer, or what stands for it where it makes no sense."""
    try:
        return msgspec.json.decode(raw, type=kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return instead


def all_of(raws: Iterable[msgspec.Raw], kind: type[_T]) -> tuple[list[_T], int]:
    """The entries that can be read, and how many cannot."""
    found, broken = [], 0
    for raw in raws:
        try:
            found.append(msgspec.json.decode(raw, type=kind, strict=False))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            broken += 1
    return found, broken


# --- small values ------------------------------------------------------------------------------------------------


def is_id(text: str) -> bool:
    """Whether a text is an id by the specification: 1 to 19 digits."""
    return text.isascii() and _ID.fullmatch(text) is not None


def moment(text: str) -> datetime | None:
    """A date as X writes it, in UTC; None for what is not one."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def moment_of_id(identifier: str) -> datetime:
    """When an id was given (its upper bits are milliseconds). Raises Unreadable for ids of before 2010."""
    if not is_id(identifier) or int(identifier) < _FIRST_ID:
        raise Unreadable("no date")
    return _EPOCH + timedelta(milliseconds=int(identifier) >> 22)


def post_ref(identifier: str) -> PostRef:
    """The reference of a post. Raises Unreadable for what is no id."""
    if not is_id(identifier):
        raise Unreadable("no id")
    return PostRef(NAME, identifier)


def first_id(moment: datetime) -> str:
    """The lowest id of a moment (aware): ids are times, in milliseconds, above 22 bits."""
    return str(max(0, int((moment - _EPOCH) / timedelta(milliseconds=1))) << 22)


def newest(ids: Iterable[str]) -> str:
    """The largest of some ids, "" for none."""
    return max((one for one in ids if is_id(one)), key=int, default="")


def is_web(url: str) -> bool:
    """Whether a link may be opened: http or https, with a host, and no space or control in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"[\x00-\x20\x7f-\x9f]", url)


def web_or_nothing(url: str) -> str:
    return url if is_web(url) else ""
