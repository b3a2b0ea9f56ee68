"""Direct messages on Mastodon: posts with the visibility "direct", gathered into conversations by the server.

A conversation tells only its last post; what is between comes from that post's context. Our cursor is a JSON
object with the last post of each conversation. Where a server has no conversations, direct mentions stand in.
Sources: Mastodon documentation, methods conversations, statuses (context), entity Conversation.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.networks.base import Fetched, NotThere, Page, Refused
from tweetdesk.networks.json_values import Json, Unreadable, entry, inner, members, noted, words
from tweetdesk.networks.mastodon_feeds import Feeds, newest_in
from tweetdesk.networks.mastodon_pages import Batch, Question, ask, read_new
from tweetdesk.networks.mastodon_people import People
from tweetdesk.networks.mastodon_records import id_of
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_threads import Threads

#: Pages of conversations read at most; conversations kept in the cursor; pages read for one conversation.
MOST_PAGES, KEPT, PAGES_FOR_ONE = 4, 200, 3

_CONVERSATIONS = Question("/api/v1/conversations", limit=20)
_DIRECT_MENTIONS = Question("/api/v1/notifications", (("types[]", "mention"),), "read:notifications")


@dataclass(slots=True)
class _Read:
    """What was read: messages by reference, the last post of each conversation, and the people."""

    messages: dict[PostRef, Post] = field(default_factory=dict)
    lasts: dict[str, str] = field(default_factory=dict)
    people: list[Json] = field(default_factory=list)
    gap: bool = False
    unreadable: int = 0


class Direct:
    """The direct messages of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session, threads: Threads, feeds: Feeds, people: People) -> None:
        self._session, self._threads, self._feeds, self._people = session, threads, feeds, people
        self._lasts: dict[str, str] = {}  # conversation -> its last post, as far as it was read in this run
        self._missing = False  # whether the server has no conversations

    async def fetch(self, cursor: str) -> Page:
        """New messages since the cursor; the first time those of the newest conversations."""
        if not self._missing:
            try:
                return await self._conversations(_lasts_in(cursor))
            except NotThere:
                self._missing = True
        return await self._mentions(cursor)

    async def _conversations(self, known: dict[str, str] | None) -> Page:
        read = _Read()
        place: tuple[tuple[str, str], ...] = ()
        for number in range(MOST_PAGES):
            batch = await ask(self._session, _CONVERSATIONS, place)
            met_known = await self._take(read, batch, known or {})
            place = batch.older
            if met_known or not place or known is None:
                break
            read.gap = number == MOST_PAGES - 1
        self._lasts |= read.lasts
        lasts = {**read.lasts, **{key: value for key, value in (known or {}).items() if key not in read.lasts}}
        return Page(
            posts=tuple(Fetched(made, made.created_at) for made in read.messages.values()),
            cursor=json.dumps({"lasts": dict(list(lasts.items())[:KEPT])}, separators=(",", ":")),
            gap=read.gap,
            unreadable=read.unreadable,
            people=await self._people.met(read.people),
        )

    async def _take(self, read: _Read, batch: Batch, known: dict[str, str]) -> bool:
        """Take the conversations that have something new; whether one had not (they come newest first)."""
        met_known = False
        for raw in batch.raws:
            try:
                view = entry(raw)
                conversation, last = id_of(view), inner(view, "last_status")
                if not conversation:
                    raise Unreadable("no id")
                if not last:
                    continue  # nothing is left in it
                made = self._threads.read_one(last)
            except Unreadable:
                read.unreadable += 1
                continue
            read.lasts.setdefault(conversation, made.ref.id)
            if known.get(conversation) == made.ref.id:
                met_known = True
                continue
            read.people += [one for one in members(view, "accounts") if isinstance(one, dict)]
            for message in await self._whole(made, conversation, read):
                read.messages[message.ref] = message
        return met_known

    async def _whole(self, last: Post, conversation: str, read: _Read | None = None) -> list[Post]:
        """The messages of a conversation whose last post this is, oldest first."""
        found: Sequence[Post | None] = [last]
        if last.reply_to is not None:
            try:
                above, below = await self._threads.context(last.ref.id)
                found = [*above, last, *below]
            except Refused:
                found = [last]  # it was deleted meanwhile
        if read is not None:
            read.unreadable += sum(one is None for one in found)
        direct = [one for one in found if one is not None and one.visibility == "direct"]
        return sorted((self._as_message(one, conversation) for one in direct), key=lambda one: one.created_at)

    def _as_message(self, made: Post, conversation: str) -> Post:
        message = replace(made, kind=PostKind.MESSAGE, conversation=conversation)
        self._threads.remember(message)
        return message

    async def _mentions(self, cursor: str) -> Page:
        """Direct mentions, for servers without conversations: each belongs to the thread that it is in."""

        def direct(view: Json) -> Fetched | None:
            if words(view, "type") != "mention":
                return None
            made = self._threads.read_one(inner(view, "status"))
            return Fetched(made, made.created_at) if made.visibility == "direct" else None

        newest = newest_in(cursor).get("", "")
        read = await read_new(self._session, _DIRECT_MENTIONS, newest, direct, patient=True)
        return await self._feeds.page(read, {"": read.newest})

    # --- one conversation ----------------------------------------------------------------------------------------

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The messages of a conversation, oldest first. Raises NotThere."""
        known = await self._session.shelf.conversation(self._session.host, conversation)
        last = await self._last(conversation, known)
        if last is not None:
            return tuple(await self._whole(last, conversation))
        if not known:
            raise NotThere("This conversation does not exist (any more).", "404")
        return tuple(one for one in known if one.kind is PostKind.MESSAGE)

    async def _last(self, conversation: str, known: Sequence[Post]) -> Post | None:
        """The newest post of a conversation, asked for; None where none is known or left."""
        candidates = [self._lasts.get(conversation, ""), *(one.ref.id for one in reversed(known))]
        wanted = [one for one in dict.fromkeys(candidates) if one][:2]
        if not wanted and not self._missing:
            await self._look_for(conversation)
            wanted = [self._lasts[conversation]] if conversation in self._lasts else []
        found = await self._threads.by_id(wanted)
        return next((found[one] for one in wanted if one in found), None)

    async def _look_for(self, conversation: str) -> None:
        """Read the newest conversations until this one is among them."""
        place: tuple[tuple[str, str], ...] = ()
        for _ in range(PAGES_FOR_ONE):
            try:
                batch = await ask(self._session, _CONVERSATIONS, place)
            except NotThere:
                self._missing = True
                return
            self._lasts |= {name: last for name, last in _pairs(batch) if name and last}
            if conversation in self._lasts or not batch.older:
                return
            place = batch.older

    async def sent(self, made: Post, conversation: str) -> Post:
        """A message that we have just sent, in the conversation that the server has put it into."""
        if not conversation and not self._missing:
            try:
                batch = await ask(self._session, _CONVERSATIONS)
                conversation = next((name for name, last in _pairs(batch) if last == made.ref.id), "")
            except Refused:
                conversation = ""
        if conversation:
            self._lasts[conversation] = made.ref.id
            return self._as_message(made, conversation)
        return (await self._threads.placed([made]))[made.ref]

    async def newest(self, conversation: str) -> str:
        """The id of the post to answer in a conversation; "" where none is known."""
        known = await self._session.shelf.conversation(self._session.host, conversation)
        last = await self._last(conversation, known)
        return last.ref.id if last else ""

    async def newest_own(self) -> list[Json]:
        """The last posts of the newest conversations, as the server sent them; for finding one of ours."""
        try:
            batch = await ask(self._session, _CONVERSATIONS)
        except Refused:
            return []
        return [inner(view, "last_status") for view in batch.views]


def _pairs(batch: Batch) -> list[tuple[str, str]]:
    """Conversations with the ids of their last posts."""
    return [(id_of(view), id_of(inner(view, "last_status"))) for view in batch.views]


def _lasts_in(cursor: str) -> dict[str, str] | None:
    """The conversations in a cursor with their last posts; None for the first time."""
    lasts = noted(cursor).get("lasts")
    if not isinstance(lasts, dict):
        return None
    return {name: value for name, value in lasts.items() if isinstance(value, str)}
