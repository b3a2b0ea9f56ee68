"""Acts on Mastodon: what is fixed before a send, the send, and how a doubtful one is settled.

A post is sent with an Idempotency-Key of our own choice. Mastodon gives the same post for the same key again;
other servers ignore it, so one's own newest posts are looked at before anything is sent a second time. All other
acts but a report may be repeated without harm.
Sources: Mastodon documentation, methods statuses, accounts, reports; recorded answers of GoToSocial.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Post, PostRef
from tweetdesk.networks.base import (
    Files,
    NetworkError,
    NotPermitted,
    NotThere,
    Receipt,
    Refused,
    ServerTrouble,
    Unreachable,
    Unsure,
)
from tweetdesk.networks.http import Params
from tweetdesk.networks.json_values import Json, Unreadable, decode, entry, inner, members, packed, unpacked, words
from tweetdesk.networks.mastodon_direct import Direct
from tweetdesk.networks.mastodon_pages import Question, ask
from tweetdesk.networks.mastodon_people import People
from tweetdesk.networks.mastodon_pictures import any_gone, sent_up
from tweetdesk.networks.mastodon_records import handle_of, id_of, in_path, is_web, moment
from tweetdesk.networks.mastodon_session import Session
from tweetdesk.networks.mastodon_text import mentions, same_text
from tweetdesk.networks.mastodon_threads import Threads

#: After so long a server has given up on a request whose answer was lost, where the key does not protect us.
IN_FLIGHT = timedelta(seconds=20)
#: Mastodon keeps a key for an hour; our clock may be a little behind.
KEY_LIVES = timedelta(minutes=50)
#: Pages of our own posts that are looked through.
MOST_PAGES = 5
#: A server's clock is known to the second, and some keep the times of posts to the second.
_CLOCK_GRAIN = timedelta(seconds=1)
#: A report's comment may have so many characters.
LONGEST_COMMENT = 1000

#: Acts on a post: the last part of the path, and the permission.
_ON_POSTS = {
    ActKind.REPOST: ("reblog", "write:statuses"),
    ActKind.UNREPOST: ("unreblog", "write:statuses"),
    ActKind.LIKE: ("favourite", "write:favourites"),
    ActKind.UNLIKE: ("unfavourite", "write:favourites"),
    ActKind.BOOKMARK: ("bookmark", "write:bookmarks"),
    ActKind.UNBOOKMARK: ("unbookmark", "write:bookmarks"),
    ActKind.MUTE_THREAD: ("mute", "write:mutes"),
    ActKind.UNMUTE_THREAD: ("unmute", "write:mutes"),
}
_ON_PEOPLE = {
    ActKind.FOLLOW: ("follow", "write:follows"),
    ActKind.UNFOLLOW: ("unfollow", "write:follows"),
    ActKind.BLOCK: ("block", "write:blocks"),
    ActKind.UNBLOCK: ("unblock", "write:blocks"),
    ActKind.MUTE: ("mute", "write:mutes"),
    ActKind.UNMUTE: ("unmute", "write:mutes"),
}
#: Taking back what is not there any more is no failure.
_MOOT = (ActKind.DELETE, ActKind.UNREPOST, ActKind.UNLIKE, ActKind.UNBOOKMARK, ActKind.UNMUTE_THREAD)


class Writes:
    """The acts of one account. Every method that asks raises NetworkError."""

    def __init__(
        self,
        session: Session,
        threads: Threads,
        direct: Direct,
        people: People,
        languages: tuple[str, ...] = (),
    ) -> None:
        self._session, self._threads, self._direct, self._people = session, threads, direct, people
        self._language = languages[0].partition("-")[0] if languages else ""
        self._lost: set[str] = set()  # keys of posts whose pictures the server did not keep
        self._tried: dict[str, datetime] = {}  # key of an act -> when it was last sent
        self._ours: dict[str, str] = {}  # id of a post that an act made -> that act's key

    def begin(self, now: datetime, entropy: bytes) -> str:
        """The Idempotency-Key and the moment of an act."""
        stamp = now.astimezone(UTC).isoformat(timespec="milliseconds")
        return packed({"key": f"{entropy.hex()}-{int(now.timestamp() * 1000):x}", "createdAt": stamp})

    # --- before the send -----------------------------------------------------------------------------------------

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with the whole post, or with the person's id on this server.

        Pictures are sent to the server, where nobody sees them yet. Raises Refused for what can never be sent.
        """
        fixed = unpacked(material, _ours)
        if act.target is not None and act.target.server != self._session.host:
            raise Refused(f"This post is not known by the name that {self._session.host} has for it.", "NotHere")
        if act.kind.writes_text and "status" not in fixed:
            fixed["status"] = await self._status(act)
            if act.media:
                fixed["status"]["media_ids"] = await sent_up(self._session, act, files)
        elif act.media and fixed["key"] in self._lost and files is not None:
            fixed["status"] = {**fixed["status"], "media_ids": await sent_up(self._session, act, files)}
            fixed["again"] = True
            self._lost.discard(fixed["key"])
        elif (act.kind in _ON_PEOPLE or act.kind is ActKind.REPORT) and "person" not in fixed:
            who = _concerned(act)
            fixed["person"] = await self._people.id_here(who.id, who.handle)
        return packed(fixed)

    async def _status(self, act: Act) -> dict[str, Any]:
        """The body of POST /api/v1/statuses."""
        body: dict[str, Any] = {"status": act.text}
        visibility = act.visibility
        if act.kind is ActKind.MESSAGE:
            visibility = "direct"
            body["status"] = self._addressed(act)
            answered = act.target.id if act.target else ""
            if not answered and act.conversation:
                answered = await self._direct.newest(act.conversation)
            if answered:
                body["in_reply_to_id"] = answered
        elif act.kind is ActKind.REPLY:
            target = _target(act)
            body["in_reply_to_id"] = target.id
            visibility = visibility or (await self._known(target)).visibility
        elif act.kind is ActKind.QUOTE:
            target = _target(act)
            if self._session.instance.quotes:
                body["quoted_status_id"] = target.id
            else:
                url = (await self._known(target)).url
                if not is_web(url):
                    raise Refused("This post has no address to quote it by.", "NoAddress")
                body["status"] = f"{act.text}\n{url}" if act.text else url
        if visibility:
            body["visibility"] = visibility
        if act.warning.strip():
            body["spoiler_text"] = act.warning.strip()
        if language := act.language or self._language:
            body["language"] = language
        return body

    def _addressed(self, act: Act) -> str:
        """A direct message's text: whoever is not named in it does not get it."""
        if act.person is None or act.person.id == self._session.place.user_id:
            return act.text
        handle = act.person.handle.lower()
        short = handle.removesuffix(f"@{self._session.place.domain.lower()}")
        named = {handle_of(one, self._session.place).lower() for one in mentions(act.text)}
        return act.text if handle in named else f"@{short} {act.text}"

    async def _known(self, target: PostRef) -> Post:
        """A post that this machine knows, else as the server has it. Raises NotThere."""
        known = await self._session.shelf.posts([target])
        found = known.get(target) or (await self._threads.by_id([target.id])).get(target.id)
        if found is None:
            raise NotThere("This post does not exist (any more).", "404")
        return found

    # --- the send ------------------------------------------------------------------------------------------------

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry an act out. Raises Refused where it surely was not."""
        fixed = unpacked(await self.prepare(act, material), _ours)
        if act.kind.writes_text:
            return await self._post(act, fixed)
        try:
            if act.kind in _ON_POSTS:
                return await self._on_post(act)
            if act.kind is ActKind.DELETE:
                identifier = _target(act).id
                await self._session.send(
                    "DELETE", f"/api/v1/statuses/{in_path(identifier)}", scope="write:statuses"
                )
                return Receipt(identifier)
        except NotThere:
            if act.kind in _MOOT:
                return Receipt()
            raise
        if act.kind in _ON_PEOPLE:
            name, scope = _ON_PEOPLE[act.kind]
            body = {"duration": max(0, act.seconds), "notifications": True} if act.kind is ActKind.MUTE else None
            await self._session.send(
                "POST", f"/api/v1/accounts/{in_path(fixed['person'])}/{name}", body, scope=scope
            )
            return Receipt(fixed["person"])
        if act.kind is ActKind.REPORT:
            return await self._report(act, fixed)
        raise Refused(f"Mastodon has no {act.kind.value}.", "NoSuchAct")

    async def _on_post(self, act: Act) -> Receipt:
        name, scope = _ON_POSTS[act.kind]
        identifier = _target(act).id
        answer = await self._session.send("POST", f"/api/v1/statuses/{in_path(identifier)}/{name}", scope=scope)
        made = id_of(decode(answer, dict[str, Any])) if act.kind is ActKind.REPOST else identifier
        return Receipt(made or identifier)

    async def _report(self, act: Act, fixed: Json) -> Receipt:
        body: dict[str, Any] = {"account_id": fixed["person"], "comment": act.text[:LONGEST_COMMENT]}
        if act.target is not None:
            body["status_ids"] = [act.target.id]
        answer = await self._session.send("POST", "/api/v1/reports", body, scope="write:reports")
        return Receipt(id_of(decode(answer, dict[str, Any])))

    async def _post(self, act: Act, fixed: Json) -> Receipt:
        self._tried[fixed["key"]] = self._session.clock()
        headers = {"idempotency-key": fixed["key"]}
        try:
            answer = await self._session.send(
                "POST", "/api/v1/statuses", fixed["status"], scope="write:statuses", headers=headers
            )
        except NotPermitted:
            raise
        except Refused as refused:
            raise await self._reason(act, fixed, refused) from refused
        try:
            return await self._receipt(act, fixed["key"], entry(answer))
        except Unreadable:
            raise ServerTrouble("It was sent, but the answer makes no sense; it will be looked up.") from None
        except NetworkError as trouble:  # whatever it is, it must not lead to a second send
            raise Unreachable(f"It was sent, but its conversation could not be asked for: {trouble}") from trouble

    async def _reason(self, act: Act, fixed: Json, refused: Refused) -> NetworkError:
        """Why a post was refused: its pictures are gone, or what it answers; else as the server said it."""
        pictures = members(inner(fixed, "status"), "media_ids")
        if pictures and await any_gone(self._session, pictures):
            if fixed.get("again"):
                return Refused(f"{self._session.host} did not keep the pictures: send the post again.", "Pictures")
            self._lost.add(fixed["key"])
            return ServerTrouble(f"{self._session.host} did not keep the pictures; they will be sent up again.")
        above = words(fixed["status"], "in_reply_to_id") or words(fixed["status"], "quoted_status_id")
        if not isinstance(refused, NotThere) or not above:
            return refused
        done = "quoted" if act.kind is ActKind.QUOTE else "answered"
        if act.person is not None and await self._people.blocks_us(act.person.id):
            return Refused(f"@{act.person.handle} has blocked you: the post cannot be {done}.", refused.code)
        return NotThere(f"The post does not exist (any more): it cannot be {done}.", refused.code)

    async def _receipt(self, act: Act, key: str, view: Json) -> Receipt:
        made = self._threads.read_one(view)
        self._ours[made.ref.id] = key
        if act.kind is ActKind.MESSAGE:
            return Receipt(made.ref.id, await self._direct.sent(made, act.conversation))
        if act.kind is ActKind.REPLY and act.target is not None:
            made = replace(made, parent=made.parent or Excerpt(act.target, act.person))
        placed = (await self._threads.placed([made]))[made.ref]
        if act.kind is ActKind.REPLY and act.root is not None and placed.visibility != "direct":
            placed = replace(placed, conversation=act.root.id, reply_root=act.root)
            self._threads.remember(placed)
        return Receipt(made.ref.id, placed)

    # --- after a lost answer -------------------------------------------------------------------------------------

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """The receipt if the act was carried out; None if not, or if doing it again does no harm.

        A post was sent if one of our newest posts is it: the same text, answering the same, for the same people,
        made since the act began, and of no other act. If there is none, Mastodon itself tells by the key whether
        it had it after all; of other servers nobody can be sure while the request may still be on its way
        (Unreachable: look again later). Raises Unsure for a report, which cannot be looked up.
        """
        try:
            fixed = unpacked(material, _ours)
        except Refused:
            return None  # `send` would not have sent it
        if act.kind is ActKind.REPORT and "person" in fixed:
            raise Unsure("It is not known whether the report arrived: send it again, or leave it.")
        status = inner(fixed, "status")
        if not act.kind.writes_text or not status:
            return None
        now = self._session.clock()
        tried = self._tried.setdefault(fixed["key"], now)
        found, whole = await self._sent(status, fixed)
        if found is not None:
            return await self._receipt(act, fixed["key"], found)
        if self._session.instance.mastodon and now - _began(fixed) < KEY_LIVES:
            return None
        if not whole:
            raise Unsure("So much was posted since that it cannot be told whether this was: look, then decide.")
        if now - tried < IN_FLIGHT:
            raise Unreachable("It is not known yet whether it was sent: it will be looked up in a moment.")
        return None

    async def _sent(self, status: Json, fixed: Json) -> tuple[Json | None, bool]:
        """Our post that is this one, and whether all since the act began were looked at."""
        views, whole = await self._newest_own(_began(fixed))
        if words(status, "visibility") == "direct":
            views += await self._direct.newest_own()
        since = self._on_their_clock(_began(fixed))
        mine = [view for view in views if self._is_it(view, status, since, fixed["key"])]
        return min(mine, key=lambda view: words(view, "created_at"), default=None), whole

    def _on_their_clock(self, moment_of_ours: datetime) -> datetime:
        """The earliest that the server's clock can have shown then; to be asked after an answer told its time."""
        try:
            return moment_of_ours + self._session.ahead - _CLOCK_GRAIN
        except OverflowError:
            return moment_of_ours

    async def _newest_own(self, began: datetime) -> tuple[list[Json], bool]:
        """Our newest posts, and whether they reach back to this moment."""
        own = in_path(self._session.place.own_id)
        question = Question(f"/api/v1/accounts/{own}/statuses", (("exclude_reblogs", "true"),))
        views: list[Json] = []
        place: Params = ()
        for _ in range(MOST_PAGES):
            batch = await ask(self._session, question, tuple(place))
            page = list(batch.views)
            views += page
            dates = [at for view in page if (at := moment(view.get("created_at"))) is not None]
            place = batch.older
            if not place or not dates or min(dates) < self._on_their_clock(began):
                return views, True
        return views, False

    def _is_it(self, view: Json, status: Json, since: datetime, key: str) -> bool:
        at = moment(view.get("created_at"))
        return (
            id_of(inner(view, "account")) == self._session.place.own_id
            and at is not None
            and at >= since
            and self._ours.get(id_of(view), key) == key
            and id_of(view, "in_reply_to_id") == words(status, "in_reply_to_id")
            and words(view, "spoiler_text").split() == words(status, "spoiler_text").split()
            and words(view, "visibility") == (words(status, "visibility") or words(view, "visibility"))
            and {id_of(one) for one in members(view, "media_attachments")} == set(members(status, "media_ids"))
            and same_text(words(status, "status"), words(view, "content"), words(view, "text"))
        )


def _began(fixed: Json) -> datetime:
    """When an act was put into the outbox."""
    return moment(fixed.get("createdAt")) or datetime.max.replace(tzinfo=UTC)


def _target(act: Act) -> PostRef:
    if act.target is None:
        raise Refused("There is no post to do this to.", "NoTarget")
    return act.target


def _concerned(act: Act) -> Identity:
    """Whom an act concerns."""
    if act.person is None or not act.person.id:
        raise Refused("It is not known whom this concerns.", "NoPerson")
    return act.person


def _ours(fixed: Json) -> bool:
    """Whether `begin` has written this."""
    return words(fixed, "key") != "" and moment(fixed.get("createdAt")) is not None
