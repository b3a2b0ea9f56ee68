"""What reaches somebody on Mastodon: direct messages, conversations and notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from .ids import parse_time
from .mastodon_ids import HOST, account_number, conversation_number, find_message, find_status, number
from .mastodon_text import content, tags
from .mastodon_views import Views
from .records import POST, Notice, Record
from .richtext import mentioned

if TYPE_CHECKING:
    from .chat import Conversation, Message

Json = dict[str, Any]
KINDS = {"like": "favourite", "repost": "reblog", "follow": "follow", "quote": "quote"}
"""The types of notifications for the reasons of the world; all others are mentions."""


class Inbox(Views):
    """The views of posts and people, and what concerns the viewer alone."""

    # -- direct messages ----------------------------------------------------------------------------------

    def direct(self, convo: Conversation, message: Message) -> Json:
        """A direct message as a status."""
        value: Json = {"text": message.text, **message.extra}
        named = self._known(mentioned(value))
        others = [did for did in convo.members if did != message.did and did not in named]
        answered = self._answered(convo, message)
        ident = str(number(message.id))
        view = self._frame(ident, message.did, message.at)
        view |= {
            "in_reply_to_id": answered[0] if answered else None,
            "in_reply_to_account_id": account_number(answered[1]) if answered else None,
            "visibility": "direct",
            "edited_at": message.extra.get("edited_at"),
            "language": message.extra.get("language", "en"),
            "spoiler_text": message.extra.get("spoiler_text", ""),
            "sensitive": bool(message.extra.get("spoiler_text")),
            "content": content(value, self.directory, before=others, links=[]),
            "mentions": self.mentions([*others, *named]),
            "media_attachments": self.pictures(value, number(message.id)),
            "tags": [{"name": tag, "url": f"https://{HOST}/tags/{tag}"} for tag in tags(value)],
        }
        view |= self._own_acts(message.did, ident, convo.id)
        return self._finished(view, message.did, value)

    def _answered(self, convo: Conversation, message: Message) -> tuple[str, str] | None:
        """Id and author of what a message answers: as it was sent, else the message before it."""
        if "reply" in message.extra:
            found = find_message(self.world, str(message.extra["reply"] or ""))
            if found is not None:
                return str(message.extra["reply"]), found[1].did
            record = find_status(self.world, str(message.extra["reply"] or ""))
            return (str(message.extra["reply"]), record.did) if record is not None else None
        place = convo.messages.index(message)
        former = convo.messages[place - 1] if place else None
        return (str(number(former.id)), former.did) if former is not None else None

    def conversation(self, convo: Conversation) -> Json:
        """The entity Conversation."""
        others = [did for did in convo.members if did != self.viewer]
        last = convo.messages[-1] if convo.messages else None
        return {
            "id": conversation_number(convo.id),
            "unread": convo.unread(self.viewer or "") > 0,
            "accounts": [self.account(did) for did in others],
            "last_status": self.direct(convo, last) if last is not None else None,
        }

    # -- notifications ------------------------------------------------------------------------------------

    def _kind(self, notice: Notice) -> str | None:
        """The type of a notification; None where it is none here."""
        record, kind = notice.record, KINDS.get(notice.reason, "mention")
        if kind == "mention" and self.viewer not in [*mentioned(record.value), *self.addressed(record)]:
            return None
        if kind == "quote" and self.gotosocial:
            return None
        if not self.relations.shows(notice) or (record.collection == POST and not self.visible(record)):
            return None
        return kind if kind == "follow" or self._subject(notice) is not None else None

    def _subject(self, notice: Notice) -> Record | None:
        record = notice.record
        return record if record.collection == POST else self.records.posts.get(notice.subject or "")

    def notice(self, notice: Notice) -> Json | None:
        """The entity Notification; None where it is none here."""
        kind, record, subject = self._kind(notice), notice.record, self._subject(notice)
        if kind is None:
            return None
        shown = self.status(subject) if subject is not None else None
        return self._notification(number(record.rkey), kind, record.at, record.did, shown)

    def message_notice(self, convo: Conversation, message: Message) -> Json:
        """The notification of a direct message: a mention like others."""
        shown = self.direct(convo, message)
        return self._notification(number(message.id), "mention", message.at, message.did, shown)

    def _notification(self, ident: int, kind: str, at: str, did: str, status: Json | None) -> Json:
        view: Json = {"id": str(ident), "type": kind, "created_at": at}
        if not self.gotosocial:
            grouped = kind in ("favourite", "reblog", "follow")
            hours = int(parse_time(at).timestamp()) // 3600
            parts = [kind, *([status["id"]] if status else []), str(hours)]
            view["group_key"] = "-".join(parts) if grouped else f"ungrouped-{ident}"
        view["account"] = self.account(did)
        return view | ({"status": status} if status is not None else {})

    def notifications(self) -> Iterator[tuple[int, str, str, Callable[[], Json | None]]]:
        """(id, type, who, maker of the entity) of all notifications of the viewer, direct messages among them."""
        me = self.viewer or ""
        for _, _, notice in self.records.notices[me]:
            kind = self._kind(notice)
            if kind is not None:
                yield number(notice.record.rkey), kind, notice.record.did, partial(self.notice, notice)
        for convo in self.world.chat.of(me):
            for message in convo.messages:
                hidden = self.relations.mutes(message.did) or self.relations.blocks(message.did)
                if message.did != me and not hidden:
                    yield number(message.id), "mention", message.did, partial(self.message_notice, convo, message)
