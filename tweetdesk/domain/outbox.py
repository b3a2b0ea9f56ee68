"""The outbox: acts on their way to a network, and the states in which they can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostRef, Viewer


class ActKind(StrEnum):
    """What an account can do to a post, a person or a conversation."""

    POST = "post"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    LIKE = "like"
    FOLLOW = "follow"
    BLOCK = "block"
    MUTE = "mute"
    MUTE_THREAD = "mute thread"
    MESSAGE = "message"
    UNREPOST = "undo repost"
    UNLIKE = "undo like"
    UNFOLLOW = "unfollow"
    UNBLOCK = "unblock"
    UNMUTE = "unmute"
    UNMUTE_THREAD = "unmute thread"
    DELETE = "delete"
    BOOKMARK = "bookmark"
    UNBOOKMARK = "undo bookmark"
    REPORT = "report"
    HIDE_REPLY = "hide reply"
    UNHIDE_REPLY = "show reply"

    @property
    def writes_text(self) -> bool:
        """Whether the user typed something for it, which must never be lost."""
        return self in (ActKind.POST, ActKind.REPLY, ActKind.QUOTE, ActKind.MESSAGE)

    @property
    def public(self) -> bool:
        """Whether others see it: it is held for a moment so that it can be taken back."""
        return self in (ActKind.POST, ActKind.REPLY, ActKind.QUOTE, ActKind.REPOST, ActKind.LIKE,
                        ActKind.FOLLOW, ActKind.MESSAGE)  # fmt: skip

    @property
    def opposite(self) -> ActKind | None:
        """The act that takes this one back on the network, if there is one."""
        return _OPPOSITES.get(self)


_OPPOSITES = {
    ActKind.REPOST: ActKind.UNREPOST,
    ActKind.LIKE: ActKind.UNLIKE,
    ActKind.FOLLOW: ActKind.UNFOLLOW,
    ActKind.BLOCK: ActKind.UNBLOCK,
    ActKind.MUTE: ActKind.UNMUTE,
    ActKind.MUTE_THREAD: ActKind.UNMUTE_THREAD,
    ActKind.POST: ActKind.DELETE,
    ActKind.REPLY: ActKind.DELETE,
    ActKind.QUOTE: ActKind.DELETE,
    ActKind.BOOKMARK: ActKind.UNBOOKMARK,
    ActKind.HIDE_REPLY: ActKind.UNHIDE_REPLY,
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture that goes with a post: its name in the store's folder of attachments, and what it shows.

    `size` is in bytes, `width` and `height` in pixels (0: not known); `mime` is "image/png" and the like.
    """

    file: str
    alt: str
    mime: str
    size: int
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A further post of a thread."""

    text: str
    media: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one account, with all that is needed to carry it out later, offline or after a crash.

    `target` is the post acted on, taken at the key press, `root` the first post of its thread, each with the
    version that the network wants beside it; `person` is whom it concerns; `conversation` is for direct
    messages; `record` is the network's reference of our earlier act, for the acts that take one back.
    `visibility` and `warning` are as the composer's form has them; `seconds` is how long a mute lasts (0: until it
    is taken back). A report's `text` is its comment. `language` is a BCP 47 tag, "" for the usual ones. `more` are
    the posts of a thread after the first: a draft has them all in one act, in the outbox each has its own row.
    `everyone` says that an answer is for all whom the post names, not for its author alone: where a network names
    them by itself it needs that; where the text names them it is only remembered.
    """

    kind: ActKind
    account: str
    target: PostRef | None = None
    target_version: str = ""
    root: PostRef | None = None
    root_version: str = ""
    person: Identity | None = None
    conversation: str = ""
    text: str = ""
    record: str = ""
    visibility: str = ""
    warning: str = ""
    seconds: int = 0
    language: str = ""
    media: tuple[Attachment, ...] = ()
    more: tuple[Part, ...] = ()
    everyone: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing has been written, and no picture chosen."""
        return not (self.text.strip() or self.media or any(part.text.strip() or part.media for part in self.more))


def posts_of(act: Act) -> tuple[Act, ...]:
    """The posts of a thread, each an act of its own; what they answer after the first is known when that was sent.

    Blank ones are left out.
    """
    like = Act(ActKind.REPLY, act.account, visibility=act.visibility, warning=act.warning, language=act.language)
    further = (replace(like, text=part.text, media=part.media) for part in act.more)
    return (replace(act, more=()), *(one for one in further if not one.empty))


def as_one(acts: Sequence[Act]) -> Act:
    """The posts of a thread as one act again: what a draft has."""
    return replace(acts[0], more=tuple(Part(act.text, act.media) for act in acts[1:]))


def answering(act: Act, post: Post) -> Act:
    """A post of a thread that stands below another one of ours."""
    return replace(
        act,
        target=post.ref,
        target_version=post.version,
        root=post.reply_root or post.ref,
        root_version=post.root_version or post.version,
        person=post.author,
    )


class OutboxState(StrEnum):
    """held(until) -> queued -> sending -> sent | refused(why) | unsure; held -> taken back.

    Handed off: the act is to be done on the network's own page; the user says when it is (-> sent) or will not be
    (-> taken back).
    """

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNSURE = "unsure"
    TAKEN_BACK = "taken back"
    HANDED_OFF = "handed off"


#: Rows in these states still want something done.
UNSETTLED = (OutboxState.HELD, OutboxState.QUEUED, OutboxState.SENDING)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One row: the act, the item whose triage it moves ("" for none), and how far it has come.

    `item_account` is the account that has the item, which need not be the one that acts. `page` is where an act
    that was handed off is to be done, "" for all others. `material` is what makes a repeated send harmless, fixed
    before the first byte leaves (a JSON object as text). `result` is the network's reference of what was made.
    `attempts` counts sends that failed. `follows` is the row of the thread's post before this one: what that one
    made is what this one answers, and it is sent after it. `later` says that the user chose the time until which
    it is held. `items` are all that it moves: `item`, and what stood as one with it. `thread` is the row of the
    thread's first post (None: no thread), `part` its place in it, counted from 1, of `parts`.
    """

    id: int
    act: Act
    item: str
    state: OutboxState
    created_at: datetime
    not_before: datetime
    material: str = ""
    result: str = ""
    why: str = ""
    attempts: int = 0
    item_account: str = ""
    page: str = ""
    follows: int | None = None
    later: bool = False
    items: tuple[str, ...] = ()
    thread: int | None = None
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is being written: for an act on a target, or a new post ("" as `item`)."""

    account: str
    item: str
    act: Act
    text: str
    changed_at: datetime


#: What an act leaves on a post, by the name in `Viewer`, and whether it is there after the act.
_MARKS = {
    ActKind.LIKE: ("liked", True),
    ActKind.UNLIKE: ("liked", False),
    ActKind.REPOST: ("reposted", True),
    ActKind.UNREPOST: ("reposted", False),
    ActKind.BOOKMARK: ("bookmarked", True),
    ActKind.UNBOOKMARK: ("bookmarked", False),
}


def marked(viewer: Viewer, kind: ActKind, record: str) -> Viewer:
    """What our account has done to a post, this act included; `record` is the network's reference of it, or ""."""
    if kind not in _MARKS:
        return viewer
    name, there = _MARKS[kind]
    change: dict[str, Any] = {name: (record or kind.value) if there else ""}
    return replace(viewer, **change)


def draft_key(act: Act, item: str) -> str:
    """Under what a draft is kept: an answer under its item, so that the same key finds it again.

    A quote is apart from an answer to the same post, a first direct message is kept under the person, and a new
    post under "".
    """
    if act.kind is ActKind.QUOTE:
        return f"quote {item}"
    if act.kind is ActKind.MESSAGE and not item and act.person:
        return f"message {act.person.id}"
    return item


def kept_at(act: Act, item: str) -> str:
    """Under what a text that was not sent is a draft again: without an item at the post that it answers."""
    return draft_key(act, item) or (str(act.target) if act.target else "")
