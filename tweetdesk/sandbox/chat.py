"""Direct messages: conversations of two people, as chat.bsky keeps them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .ids import tid


@dataclass(slots=True)
class Message:
    """One direct message; `rev` orders all that happens in the chat service."""

    id: str
    rev: str
    did: str
    text: str
    at: str
    extra: dict[str, Any] = field(default_factory=dict)
    """Facets and embed, where there are any."""

    def view(self) -> dict[str, Any]:
        """chat.bsky.convo.defs#messageView, without its $type."""
        return {
            "id": self.id,
            "rev": self.rev,
            "text": self.text,
            **self.extra,
            "sender": {"did": self.did},
            "sentAt": self.at,
        }


@dataclass(slots=True)
class Conversation:
    """A conversation with its messages, oldest first, and how far each member has read."""

    id: str
    rev: str
    members: tuple[str, ...]
    messages: list[Message] = field(default_factory=list)
    read: dict[str, str] = field(default_factory=dict)
    accepted: set[str] = field(default_factory=set)

    def unread(self, did: str) -> int:
        """How many messages of others a member has not read."""
        mark = self.read.get(did, "")
        return sum(1 for message in self.messages if message.did != did and message.rev > mark)


@dataclass(slots=True)
class LogEntry:
    """One line of the log that chat.bsky.convo.getLog answers with."""

    rev: str
    kind: str
    convo: str
    members: tuple[str, ...]
    message: Message | None = None


def convo_id(members: Iterable[str]) -> str:
    """The id of the conversation of some people: the same whoever asks."""
    digest = hashlib.sha256(" ".join(sorted(members)).encode()).digest()
    return tid(int.from_bytes(digest[:6], "big") << 2, digest[6])


class Chat:
    """All conversations and the log of what happened in them."""

    def __init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        self.log: list[LogEntry] = []

    def begin(self, members: Iterable[str], rev: str) -> Conversation:
        """The conversation of these people, begun now if there was none."""
        both = tuple(sorted(set(members)))
        name = convo_id(both)
        convo = self.conversations.get(name)
        if convo is None:
            convo = self.conversations[name] = Conversation(name, rev, both)
            self.log.append(LogEntry(rev, "logBeginConvo", name, both))
        return convo

    def post(self, convo: Conversation, message: Message) -> None:
        convo.messages.append(message)
        convo.rev = message.rev
        convo.accepted.add(message.did)
        convo.read[message.did] = message.rev
        self.log.append(LogEntry(message.rev, "logCreateMessage", convo.id, convo.members, message))

    def unsend(self, convo: str, message_id: str) -> None:
        """Takes a message out of a conversation."""
        messages = self.conversations[convo].messages
        messages[:] = [message for message in messages if message.id != message_id]

    def rewrite(self, convo: str, message_id: str, text: str, extra: dict[str, Any]) -> None:
        """Changes the text of a message."""
        for message in self.conversations[convo].messages:
            if message.id == message_id:
                message.text, message.extra = text, extra

    def mark_read(self, convo: Conversation, did: str, up_to: str, rev: str) -> None:
        """Notes that a member has read everything up to a message's rev."""
        if up_to <= convo.read.get(did, ""):
            return
        convo.read[did] = up_to
        message = next((m for m in reversed(convo.messages) if m.rev <= up_to), None)
        if message is not None:
            self.log.append(LogEntry(rev, "logReadMessage", convo.id, (did,), message))

    def of(self, did: str) -> list[Conversation]:
        """The conversations of a person, the one with the newest event first."""
        mine = [convo for convo in self.conversations.values() if did in convo.members and convo.messages]
        return sorted(mine, key=lambda convo: convo.rev, reverse=True)

    def log_of(self, did: str) -> list[LogEntry]:
        """What happened in the conversations of a person, oldest first."""
        return [entry for entry in self.log if did in entry.members]
