"""Direct messages on X: the old, unencrypted ones of the last thirty days.

There is no asking for news only: the newest event is looked at first, and more only where it is not known, since
every event that is sent is paid for.
Sources: docs.x.com, direct messages lookup and manage; the OpenAPI documents.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tweetdesk.domain.posts import Post
from tweetdesk.networks.base import Fetched, Page, Refused
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_records import message, partner_in
from tweetdesk.networks.x_wire import Answer, WireMessage, all_of, is_id

#: Events of the first fetch ever; of later ones in turn, until one is known; of one conversation; ids in a cursor.
FIRST, STEPS, OF_ONE, KEPT_KEYS = 20, (1, 4, 16, 64), 20, 200
#: What is to be said above the messages.
NOTE = "only old, unencrypted messages of the last 30 days: X's encrypted chats cannot be read here"
_SCOPES = "dm.read tweet.read users.read"


class Messages:
    """The direct messages of one account. Every method that asks raises NetworkError."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def fetch(self, cursor: str) -> Page:
        """The messages that are not known by the cursor."""
        seen = _seen(cursor)
        wires: list[WireMessage] = []
        unreadable, token, gap = 0, "", False
        for size in STEPS if seen else (FIRST,):
            answer = await self._events("/2/dm_events", size, token)
            found, broken = all_of(answer.entries(), WireMessage)
            wires += found
            unreadable, token = unreadable + broken, answer.meta.next_token
            if not token or any(wire.id in seen for wire in found):
                break
        else:
            gap = bool(seen)
        posts, broken = await self._made([wire for wire in wires if wire.id not in seen])
        keys = list(dict.fromkeys([*(wire.id for wire in wires if is_id(wire.id)), *seen]))[:KEPT_KEYS]
        return Page(
            posts=tuple(Fetched(post, post.created_at) for post in posts),
            cursor=json.dumps({"seen": keys}, separators=(",", ":")),
            gap=gap,
            unreadable=unreadable + broken,
            people=self._reading.newly_met(),
            note=NOTE,
        )

    async def newest(self, conversation: str, most: int = OF_ONE) -> tuple[Post, ...]:
        """The newest messages of a conversation, oldest first; those that are known are not asked for again.

        The newest event alone is asked for first: if it is known, so are those before it.
        """
        path = f"{self.path(conversation)}/dm_events"
        known = await self._reading.shelf.conversation("x", conversation)
        ids = {post.ref.id.removeprefix("dm ") for post in known}
        wires: list[WireMessage] = []
        token = ""
        for size in (1, most - 1) if ids else (most,):
            answer = await self._events(path, size, token)
            found = all_of(answer.entries(), WireMessage)[0]
            wires += found
            token = answer.meta.next_token
            if not token or any(wire.id in ids for wire in found):
                break
        made, _ = await self._made([wire for wire in wires if wire.id not in ids], conversation)
        return tuple(sorted((*known, *made), key=_order))

    async def latest(self, conversation: str, most: int) -> tuple[Post, ...]:
        """The newest messages of a conversation as X has them now, oldest first."""
        answer = await self._events(f"{self.path(conversation)}/dm_events", most, "")
        made, _ = await self._made(all_of(answer.entries(), WireMessage)[0], conversation)
        return tuple(made)

    def path(self, conversation: str) -> str:
        """Where a conversation is: by the other person in it, or by the id of a group. Raises Refused."""
        partner = partner_in(conversation, self._reading.session.own)
        if is_id(partner):
            return f"/2/dm_conversations/with/{partner}"
        if is_id(conversation):
            return f"/2/dm_conversations/{conversation}"
        raise Refused("This conversation is not one of X's.", "conversation")

    async def _events(self, path: str, size: int, token: str) -> Answer:
        reading = self._reading
        each = reading.bill.price("message") + reading.bill.price("user")
        params = [("max_results", str(reading.bill.affordable(size, 1, each))), *reading.fields.messages()]
        params += [("pagination_token", token)] if token else []
        group = "messages" if path == "/2/dm_events" else "conversation"
        return await reading.ask(path, params, group=group, kind="message", scopes=_SCOPES)

    async def _made(self, wires: Sequence[WireMessage], conversation: str = "") -> tuple[list[Post], int]:
        """Messages of events, oldest first, with the people in them; and how many cannot be read."""
        reading = self._reading
        own = reading.session.own
        people = [wire.sender_id for wire in wires]
        await reading.people([*people, *(partner_in(wire.dm_conversation_id, own) for wire in wires)])
        made, broken = [], 0
        for wire in wires:
            try:
                made.append(message(wire, reading.known, conversation))
            except Unreadable:
                broken += wire.event_type in ("MessageCreate", "")
        return sorted(made, key=_order), broken


def _order(post: Post) -> tuple[datetime, int]:
    """By time, and by id where that is the same."""
    event = post.ref.id.removeprefix("dm ")
    return post.created_at, int(event) if is_id(event) else 0


def _seen(cursor: str) -> list[str]:
    """The ids in a cursor; none for one that makes no sense."""
    try:
        found: Any = json.loads(cursor)
    except ValueError:
        return []
    keys = found.get("seen") if isinstance(found, dict) else None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []
