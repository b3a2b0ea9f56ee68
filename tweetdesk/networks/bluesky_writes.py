"""Acts on Bluesky: what is fixed before a send, the send, and how a doubtful one is settled.

Records are written with a key of our own choice and `swapRecord: null`: a second send of the same record changes
nothing, and another record under the same key is refused (InvalidSwap). Taking back, muting and deleting may be
repeated without harm, so their doubts are settled by doing them again.
Sources: lexicons com.atproto.repo.putRecord, getRecord, deleteRecord, app.bsky.graph.muteActor, muteThread,
app.bsky.bookmark.createBookmark, deleteBookmark, com.atproto.moderation.createReport; AT Protocol, TID.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Excerpt, Post, Span, SpanKind
from tweetdesk.networks.base import Files, NetworkError, NotThere, Receipt, Refused, ServerTrouble
from tweetdesk.networks.bluesky_chat import Chat
from tweetdesk.networks.bluesky_feeds import posts_by_uri
from tweetdesk.networks.bluesky_pictures import embedded as pictures_of
from tweetdesk.networks.bluesky_records import (
    POST_RECORD,
    Json,
    Unreadable,
    decode,
    inner,
    kind_of,
    moment,
    parts_of,
    post,
    words,
)
from tweetdesk.networks.bluesky_session import Session
from tweetdesk.networks.bluesky_targets import answerable, person, strong, with_versions
from tweetdesk.networks.bluesky_text import facets_for, is_did, is_handle, spans
from tweetdesk.networks.json_values import packed, unpacked

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"

#: The acts that make a record, with its collection.
COLLECTIONS = {
    ActKind.POST: POST_RECORD,
    ActKind.REPLY: POST_RECORD,
    ActKind.QUOTE: POST_RECORD,
    ActKind.REPOST: "app.bsky.feed.repost",
    ActKind.LIKE: "app.bsky.feed.like",
    ActKind.FOLLOW: "app.bsky.graph.follow",
    ActKind.BLOCK: "app.bsky.graph.block",
}
_QUOTE, _BOTH = "app.bsky.embed.record", "app.bsky.embed.recordWithMedia"
_TAKES_BACK = (ActKind.UNREPOST, ActKind.UNLIKE, ActKind.UNFOLLOW, ActKind.UNBLOCK, ActKind.DELETE)


def tid(microseconds: int, clock_id: int) -> str:
    """A TID: 53 bits of microseconds since 1970 and 10 bits of clock id, in 13 characters that sort by time."""
    value = (microseconds & (2**53 - 1)) << 10 | clock_id & 1023
    return "".join(_ALPHABET[value >> shift & 31] for shift in range(60, -1, -5))


class Writes:
    """The acts of one account. Every method that asks raises NetworkError."""

    def __init__(self, session: Session, chat: Chat, languages: tuple[str, ...] = ()) -> None:
        self._session, self._chat, self._languages = session, chat, languages[:3]
        self._last = 0
        self._lost: set[str] = set()  # keys of posts whose pictures the server did not keep

    def begin(self, now: datetime, entropy: bytes) -> str:
        """The record key and the moment of an act; keys of one process never repeat, and grow."""
        chance = int.from_bytes(entropy[:8], "big")
        millisecond = int(now.timestamp() * 1000)
        self._last = max(millisecond * 1000 + chance % 1000, self._last + 1)
        stamp = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return packed({"rkey": tid(self._last, chance // 1000), "createdAt": stamp})

    # --- before the send -----------------------------------------------------------------------------------------

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with the whole record, the record to take back, or the conversation.

        Pictures are sent to the server, where nobody sees them yet. Raises Refused for what can never be sent.
        """
        fixed = unpacked(material, _ours)
        if act.kind in COLLECTIONS and "record" not in fixed:
            record = await self._record(act, fixed["createdAt"])
            fixed["record"] = await self._with_pictures(record, act, files) if act.media else record
        elif fixed["rkey"] in self._lost and files is not None:
            fixed["record"] = await self._with_pictures(fixed["record"], act, files)
            fixed["again"] = True
            self._lost.discard(fixed["rkey"])
        elif act.kind in _TAKES_BACK and "uri" not in fixed:
            fixed["uri"] = await self._earlier(act)
        elif act.kind is ActKind.MESSAGE and "conversation" not in fixed:
            if act.media:
                raise Refused("Bluesky takes no pictures in direct messages: send the text alone.", "Pictures")
            fixed["conversation"] = act.conversation or await self._chat.conversation_with(_person(act))
        return packed(fixed)

    async def _record(self, act: Act, created: str) -> dict[str, Any]:
        record: dict[str, Any] = {"$type": COLLECTIONS[act.kind], "createdAt": created}
        match act.kind:
            case ActKind.FOLLOW | ActKind.BLOCK:
                return {**record, "subject": _person(act)}
            case ActKind.LIKE | ActKind.REPOST:
                return {**record, "subject": strong(await with_versions(self._session, act))}
        if act.kind is not ActKind.POST:
            act = await answerable(self._session, act)
        record["text"] = act.text
        if facets := facets_for(act.text, await self._resolved(act)):
            record["facets"] = facets
        if languages := (act.language,) if act.language else self._languages:
            record["langs"] = list(languages)
        if act.kind is ActKind.REPLY:
            parent = strong(act)
            root = {"uri": act.root.id, "cid": act.root_version} if act.root else parent
            record["reply"] = {"root": root, "parent": parent}
        elif act.kind is ActKind.QUOTE:
            record["embed"] = {"$type": _QUOTE, "record": strong(act)}
        return record

    async def _with_pictures(self, record: Json, act: Act, files: Files | None) -> dict[str, Any]:
        """The record of a post with its pictures, beside what it quotes."""
        former = inner(record, "embed")
        quoted = {_QUOTE: former, _BOTH: inner(former, "record")}.get(kind_of(former))
        media = await pictures_of(self._session, act, files)
        return {**record, "embed": {"$type": _BOTH, "record": quoted, "media": media} if quoted else media}

    async def _resolved(self, act: Act) -> list[Span]:
        """The spans of the text with handles resolved; one that nobody has stays plain text."""
        known = {who.handle.lower(): who.id for who in (act.person, self._session.account.identity) if who}
        found = []
        for span in spans(act.text):
            if span.kind is SpanKind.MENTION:
                handle = span.target.lower()
                if handle not in known:
                    known[handle] = await self._resolve(handle)
                span = replace(span, target=known[handle])
            found.append(span)
        return found

    async def _resolve(self, handle: str) -> str:
        """The DID for a handle, "" where nobody has it."""
        if not is_handle(handle):
            return ""
        try:
            body = await self._session.get("com.atproto.identity.resolveHandle", [("handle", handle)])
        except Refused:
            return ""
        return words(decode(body, dict[str, Any]), "did")

    async def _earlier(self, act: Act) -> str:
        """The record that an act takes back, "" where there is none (any more)."""
        if act.record:
            return act.record
        if act.kind is ActKind.DELETE:
            return act.target.id if act.target else ""
        if act.kind in (ActKind.UNFOLLOW, ActKind.UNBLOCK):
            found = await person(self._session, _person(act))
            return found.following if act.kind is ActKind.UNFOLLOW else found.blocking
        if act.target is None:
            raise Refused("There is no post to do this to.", "NoTarget")
        seen = (await posts_by_uri(self._session, [act.target.id])).get(act.target.id)
        if seen is None:
            return ""
        return seen.viewer.reposted if act.kind is ActKind.UNREPOST else seen.viewer.liked

    # --- the send ------------------------------------------------------------------------------------------------

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry an act out. Raises Refused where it surely was not."""
        fixed = unpacked(await self.prepare(act, material), _ours)
        if act.kind in COLLECTIONS:
            return await self._put(act, fixed)
        if act.kind in _TAKES_BACK:
            return await self._delete(fixed["uri"])
        if act.kind is ActKind.MESSAGE:
            sent = await self._chat.send(fixed["rkey"], fixed["conversation"], act.text)
            return Receipt(sent.ref.id, sent)
        await self._private(act)
        return Receipt()

    async def _private(self, act: Act) -> None:
        """What makes no record: muting, bookmarks, reports. Saying it again does no harm."""
        if act.kind in (ActKind.MUTE, ActKind.UNMUTE):
            method = "muteActor" if act.kind is ActKind.MUTE else "unmuteActor"
            await self._session.post(f"app.bsky.graph.{method}", {"actor": _person(act)})
        elif act.kind is ActKind.BOOKMARK:
            body = strong(await with_versions(self._session, act))
            await self._session.post("app.bsky.bookmark.createBookmark", body)
        elif act.kind is ActKind.UNBOOKMARK:
            await self._session.post("app.bsky.bookmark.deleteBookmark", {"uri": strong(act)["uri"]})
        elif act.kind is ActKind.REPORT:
            await self._report(act)
        else:
            method = "muteThread" if act.kind is ActKind.MUTE_THREAD else "unmuteThread"
            first = act.root or act.target
            if first is None:
                raise Refused("There is no conversation to mute.", "NoTarget")
            await self._session.post(f"app.bsky.graph.{method}", {"root": first.id})

    async def _report(self, act: Act) -> None:
        """Report a post to the moderators; of a direct message its author."""
        subject: dict[str, str] = {"$type": "com.atproto.admin.defs#repoRef", "did": _person(act)}
        if act.target is not None and act.target.id.startswith("at://"):
            subject = {"$type": "com.atproto.repo.strongRef", **strong(await with_versions(self._session, act))}
        body = {"reasonType": "com.atproto.moderation.defs#reasonOther", "subject": subject}
        await self._session.post(
            "com.atproto.moderation.createReport", {**body, **({"reason": act.text} if act.text.strip() else {})}
        )

    async def _put(self, act: Act, fixed: Json) -> Receipt:
        body = {
            "repo": self._session.did,
            "collection": COLLECTIONS[act.kind],
            "rkey": fixed["rkey"],
            "record": fixed["record"],
            "swapRecord": None,
        }
        try:
            answer = await self._session.post("com.atproto.repo.putRecord", body)
        except Refused as refused:
            if refused.code == "BlobNotFound":
                raise self._pictures_lost(fixed) from refused
            if refused.code != "InvalidSwap":
                raise
            receipt = await self._stored(act, fixed)
            if receipt is None:
                what = "Another record stands where this one was to go: send it anew."
                raise Refused(what, refused.code) from refused
            return receipt
        return self._receipt(act, fixed, words(decode(answer, dict[str, Any]), "cid"))

    def _pictures_lost(self, fixed: Json) -> NetworkError:
        """The server keeps pictures that are in no post for a while only: they are sent up once more."""
        if fixed.get("again"):
            return Refused("The server did not keep the pictures: send the post again.", "BlobNotFound")
        self._lost.add(fixed["rkey"])
        return ServerTrouble("The server did not keep the pictures; they will be sent up again.")

    async def _delete(self, uri: str) -> Receipt:
        if not uri:
            return Receipt()  # nothing to take back (any more)
        try:
            owner, collection, key = parts_of(uri)
        except Unreadable:
            raise Refused("It is not known what to take back.", "NoTarget") from None
        if owner != self._session.did:
            raise Refused("Only your own can be taken back.", "NotOurs")
        body = {"repo": owner, "collection": collection, "rkey": key}
        await self._session.post("com.atproto.repo.deleteRecord", body)
        return Receipt(uri)

    # --- after a lost answer -------------------------------------------------------------------------------------

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """The receipt if the act was carried out; None if not, or if doing it again does no harm.

        Raises Unsure for direct messages that cannot be told, and Unreachable while it is too early to tell.
        """
        try:
            fixed = unpacked(material, _ours)
        except Refused:
            return None  # `send` would not have sent it
        if act.kind in COLLECTIONS:
            return await self._stored(act, fixed) if "record" in fixed else None
        if act.kind is ActKind.MESSAGE and "conversation" in fixed:
            began = moment(fixed["createdAt"]) or self._session.clock()
            sent = await self._chat.settle(fixed["rkey"], fixed["conversation"], act.text, began)
            return Receipt(sent.ref.id, sent) if sent else None
        return None

    async def _stored(self, act: Act, fixed: Json) -> Receipt | None:
        """The receipt if this very record stands under its key, else None."""
        params = [("repo", self._session.did), ("collection", COLLECTIONS[act.kind]), ("rkey", fixed["rkey"])]
        try:
            answer = decode(await self._session.get("com.atproto.repo.getRecord", params), dict[str, Any])
        except NotThere:
            return None
        if inner(answer, "value") != fixed["record"]:
            return None
        return self._receipt(act, fixed, words(answer, "cid"))

    def _receipt(self, act: Act, fixed: Json, version: str) -> Receipt:
        uri = f"at://{self._session.did}/{COLLECTIONS[act.kind]}/{fixed['rkey']}"
        if COLLECTIONS[act.kind] != POST_RECORD:
            return Receipt(uri)
        return Receipt(uri, self._own_post(act, uri, version, fixed["record"]))

    def _own_post(self, act: Act, uri: str, version: str, record: Json) -> Post:
        """The post just sent, as the network will show it."""
        account = self._session.account
        view = {
            "uri": uri,
            "cid": version,
            "author": {"did": account.user_id, "handle": account.handle, "displayName": account.name},
            "record": record,
            "indexedAt": record["createdAt"],
            "replyCount": 0,
        }
        above = Excerpt(act.target, act.person) if act.kind is ActKind.REPLY else None
        return post(view, above)


def _person(act: Act) -> str:
    """Whom an act concerns."""
    if act.person is None or not is_did(act.person.id):
        raise Refused("It is not known whom this concerns.", "NoPerson")
    return act.person.id


def _ours(fixed: Json) -> bool:
    """Whether `begin` has written this."""
    return words(fixed, "rkey") != "" and moment(fixed.get("createdAt")) is not None
