"""Direct messages on Bluesky, through the account's own server by proxy header.

Sources: lexicons chat.bsky.convo.*. Entries of a kind that is not known are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.networks.base import Fetched, NotThere, Page, Refused, ServerTrouble, Unreachable, Unsure
from tweetdesk.networks.bluesky_records import (
    SERVER,
    Json,
    Unreadable,
    decode,
    embedded,
    entry,
    inner,
    kind_of,
    members,
    moment,
    profile,
    words,
)
from tweetdesk.networks.bluesky_session import Session
from tweetdesk.networks.bluesky_text import facets_for, is_did, spans, spans_of
from tweetdesk.networks.http import Params

#: The service that the account's server passes these requests on to.
SERVICE = "did:web:api.bsky.chat#bsky_chat"
#: Conversations read the first time; messages in a page of one; pages of the log, and of messages, at most.
CONVERSATIONS, MESSAGES, LOG_PAGES, MESSAGE_PAGES = 20, 50, 5, 5
#: After so long the servers have given up on a request whose answer was lost.
IN_FLIGHT = timedelta(seconds=60)

_DEFS = "chat.bsky.convo.defs#"
_NO_RIGHT = (
    "This app password may not read direct messages: make one with “Allow access to your direct messages” "
    "(official app: Settings, Privacy and security, App passwords), then: tweetdesk login bluesky"
)
_WHY_NOT = {
    "MessagesDisabled": "This person takes no direct messages.",
    "NotFollowedBySender": "This person takes direct messages only from people whom they follow.",
    "BlockedActor": "You have blocked this person.",
    "BlockedSubject": "This person has blocked you.",
    "ConvoLocked": "This conversation is locked.",
    "AccountSuspended": "This account may not send direct messages.",
}


class _Convos(msgspec.Struct):
    convos: list[msgspec.Raw]


class _Messages(msgspec.Struct):
    messages: list[msgspec.Raw]
    relatedProfiles: list[Any] = []  # noqa: N815 (the lexicon's name)
    cursor: str | None = None


class _Log(msgspec.Struct):
    logs: list[msgspec.Raw]
    cursor: str | None = None


@dataclass(slots=True)
class _Read:
    posts: list[Fetched] = field(default_factory=list)
    gone: list[PostRef] = field(default_factory=list)
    unreadable: int = 0
    gap: bool = False


def message_ref(conversation: str, message: str) -> PostRef:
    """The reference of a direct message."""
    return PostRef(SERVER, f"chat {conversation} {message}")


class Chat:
    """The direct messages of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people: dict[str, Profile] = {}
        self._met: dict[str, Profile] = {}  # those of them that this fetch told of
        self._known: set[str] = set()  # conversations whose members are known
        self._sent: dict[str, datetime] = {}  # record key of a message -> when it was last tried
        self._ours: set[str] = set()  # messages that are known to belong to another act

    async def fetch(self, cursor: str) -> Page:
        """New and deleted messages since the cursor; the first time the newest of the newest conversations."""
        since = _since(cursor)
        read = _Read()
        self._met = {}
        if since:
            try:
                since = await self._read_log(read, since)
            except (ServerTrouble, Refused) as trouble:
                if isinstance(trouble, Refused) and trouble.code in ("NoRight", "MethodNotImplemented"):
                    raise
                since, read = "", _Read(gap=True)  # a cursor that the server does not take (any more)
        if not since:
            since = await self._read_all(read)
        return Page(
            posts=tuple(read.posts),
            cursor=json.dumps({"log": since}, separators=(",", ":")),
            gap=read.gap,
            unreadable=read.unreadable,
            people=tuple(self._met.values()),
            gone=tuple(read.gone),
        )

    async def _read_all(self, read: _Read) -> str:
        """The newest messages of the newest conversations; the log's cursor of before, so that none is missed."""
        log = decode(await self._get("getLog"), _Log)
        batch = decode(await self._get("listConvos", [("limit", str(CONVERSATIONS))]), _Convos)
        for raw in batch.convos:
            try:
                view = entry(raw)
                conversation = words(view, "id")
                if not conversation:
                    raise Unreadable("no id")
            except Unreadable:
                read.unreadable += 1
                continue
            self._meet(conversation, members(view, "members"))
            await self._read_conversation(read, conversation)
        return log.cursor or ""

    async def _read_conversation(self, read: _Read, conversation: str, back_to: datetime | None = None) -> bool:
        """The newest page of a conversation, or with `back_to` all since then; whether that was all of it."""
        older = ""
        for _ in range(MESSAGE_PAGES if back_to else 1):
            cursor = [("cursor", older)] if older else []
            params = [("convoId", conversation), ("limit", str(MESSAGES)), *cursor]
            batch = decode(await self._get("getMessages", params), _Messages)
            self._meet("", batch.relatedProfiles)
            for raw in batch.messages:
                try:
                    self._take(read, conversation, entry(raw))
                except Unreadable:
                    read.unreadable += 1
            older = batch.cursor or ""
            if back_to and read.posts and min(found.at for found in read.posts) < back_to:
                return True
            if not older:
                return len(batch.messages) < MESSAGES
        return False

    async def _read_log(self, read: _Read, since: str) -> str:
        """What the log tells since its cursor; the cursor after it."""
        for _ in range(LOG_PAGES):
            batch = decode(await self._get("getLog", [("cursor", since)]), _Log)
            for raw in batch.logs:
                try:
                    await self._read_event(read, entry(raw))
                except Unreadable:
                    read.unreadable += 1
            if not batch.logs or not batch.cursor or batch.cursor == since:
                return batch.cursor or since
            since = batch.cursor
        return since

    async def _read_event(self, read: _Read, event: Json) -> None:
        kind, conversation = kind_of(event).removeprefix(_DEFS), words(event, "convoId")
        if kind not in ("logCreateMessage", "logDeleteMessage"):
            return
        if not conversation:
            raise Unreadable("no conversation")
        view = inner(event, "message")
        if kind == "logDeleteMessage":
            read.gone.append(message_ref(conversation, _id(view)))
            return
        self._meet("", members(event, "relatedProfiles"))
        await self._learn(conversation)
        self._take(read, conversation, view)

    def _take(self, read: _Read, conversation: str, view: Json) -> None:
        match kind_of(view).removeprefix(_DEFS):
            case "messageView" | "":
                made = self._message(conversation, view)
                read.posts.append(Fetched(made, made.created_at))
            case "deletedMessageView":
                read.gone.append(message_ref(conversation, _id(view)))

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The newest messages of a conversation, oldest first."""
        await self._learn(conversation)
        read = _Read()
        await self._read_conversation(read, conversation)
        return tuple(sorted((found.post for found in read.posts), key=lambda post: post.created_at))

    # --- people --------------------------------------------------------------------------------------------------

    def _meet(self, conversation: str, views: Iterable[object]) -> None:
        """Remember who is in a conversation."""
        for view in views:
            try:
                found = profile(view if isinstance(view, dict) else {})
            except Unreadable:
                continue
            self._people[found.identity.id] = self._met[found.identity.id] = found
        if conversation:
            self._known.add(conversation)

    async def _learn(self, conversation: str) -> None:
        """Ask who is in a conversation, once."""
        if conversation in self._known:
            return
        try:
            answer = decode(await self._get("getConvo", [("convoId", conversation)]), dict[str, Any])
        except NotThere:
            answer = {}  # left or deleted since; its messages are still told of
        self._meet(conversation, members(inner(answer, "convo"), "members"))

    def _message(self, conversation: str, view: Json) -> Post:
        text, sender, at = view.get("text"), words(inner(view, "sender"), "did"), moment(view.get("sentAt"))
        if not isinstance(text, str) or not is_did(sender) or at is None:
            raise Unreadable("not a message")
        known = self._people.get(sender)
        author = known.identity if known else Identity(SERVER, sender, sender)
        if sender == self._session.did:
            author = self._session.account.identity
        media, card, quote = embedded(inner(view, "embed"))
        return Post(
            ref=message_ref(conversation, _id(view)),
            author=author,
            text=text,
            created_at=at,
            kind=PostKind.MESSAGE,
            spans=spans_of(text, view.get("facets")),
            version=words(view, "rev"),
            conversation=conversation,
            quote=quote,
            media=media,
            card=card,
        )

    # --- sending -------------------------------------------------------------------------------------------------

    async def conversation_with(self, did: str) -> str:
        """The conversation with one person: the server makes it where there is none yet."""
        answer = decode(await self._get("getConvoForMembers", [("members", did)]), dict[str, Any])
        found = words(inner(answer, "convo"), "id")
        if not found:
            raise ServerTrouble("The server did not name the conversation; try again later.")
        return found

    async def send(self, key: str, conversation: str, text: str) -> Post:
        """Send a message; `key` is the act's own, by which `settle` knows when it was tried."""
        self._sent[key] = self._session.clock()
        message: dict[str, Any] = {"text": text}
        if facets := facets_for(text, spans(text)):
            message["facets"] = facets
        body = {"convoId": conversation, "message": message}
        try:
            answer = await self._session.post("chat.bsky.convo.sendMessage", body, service=SERVICE)
        except Refused as refused:
            raise _explained(refused) from refused
        try:
            made = self._message(conversation, entry(answer))
        except Unreadable:
            raise ServerTrouble("It was sent, but the answer makes no sense; it will be looked up.") from None
        self._ours.add(made.ref.id)
        return made

    async def settle(self, key: str, conversation: str, text: str, created: datetime) -> Post | None:
        """Whether a message whose answer was lost was sent.

        Found: an own message with this text, sent since the act began, that belongs to no other act.
        Surely not sent: it is not there, and the request can no longer be on its way (IN_FLIGHT after the last
        try; after a restart, after the first look). Until then Unreachable: look again later. Unsure: the
        conversation does not reach back far enough, or the only such message is a little older than the act,
        which a clock that is off could explain, and so could an equal message before.
        """
        now = self._session.clock()
        tried = self._sent.setdefault(key, now)
        await self._learn(conversation)
        read = _Read()
        whole = await self._read_conversation(read, conversation, created - timedelta(minutes=1))
        mine = [
            found.post
            for found in read.posts
            if found.post.author.id == self._session.did
            and found.post.text == text
            and found.post.ref.id not in self._ours
            and found.at >= created - timedelta(minutes=1)
        ]
        sure = [post for post in mine if post.created_at >= created]
        if sure:
            found = min(sure, key=lambda post: post.created_at)
            self._ours.add(found.ref.id)
            return found
        if mine:
            raise Unsure(
                "An equal message was sent just before: look at the conversation, then send or discard it."
            )
        if not whole:
            raise Unsure(
                "The conversation has moved on: look whether the message is there, then send or discard it."
            )
        if now - tried < IN_FLIGHT:
            raise Unreachable(
                "It is not known yet whether the message was sent: it will be looked up in a minute."
            )
        return None

    async def _get(self, method: str, params: Params = ()) -> bytes:
        try:
            return await self._session.get(f"chat.bsky.convo.{method}", params, service=SERVICE)
        except NotThere as gone:
            raise NotThere("This conversation does not exist (any more).", gone.code) from gone
        except Refused as refused:
            raise _explained(refused) from refused


def _explained(refused: Refused) -> Refused:
    """A refusal in words that fit direct messages."""
    if refused.code == "InvalidToken":
        return Refused(_NO_RIGHT, "NoRight")
    if refused.code == "MethodNotImplemented":
        return Refused("This server has no direct messages.", refused.code)
    if refused.code == "InvalidConvo":
        return NotThere("This conversation does not exist (any more).", refused.code)
    return Refused(_WHY_NOT[refused.code], refused.code) if refused.code in _WHY_NOT else refused


def _id(view: Json) -> str:
    found = words(view, "id")
    if not found:
        raise Unreadable("no id")
    return found


def _since(cursor: str) -> str:
    """The log's cursor inside ours; "" for the first time."""
    try:
        found: Any = json.loads(cursor)
    except ValueError:
        return ""
    return words(found, "log")
