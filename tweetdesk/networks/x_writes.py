"""Acts on X: what is fixed before a send, the send, and how a doubtful one is settled.

X has no way to make a repeated post harmless, so nothing that has a text is sent again by itself: after a lost
answer our own newest posts (or the conversation) are looked at, and if it is not among them, nobody can know. What
may be done twice without harm (repost, mute, bookmark, hide, delete) is settled by doing it again.
The rules for texts (x_text) are loaded when there is a text: it takes a tenth of a second, and reading needs none.
Sources: docs.x.com, manage posts, reposts, mutes, bookmarks, hide replies, direct messages; the OpenAPI documents.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Excerpt, Media, Post, PostKind, PostRef, SpanKind
from tweetdesk.networks import spending
from tweetdesk.networks.base import Files, NetworkError, NotThere, Receipt, Refused, ServerTrouble, Unsure
from tweetdesk.networks.json_values import Json, packed, unpacked, words
from tweetdesk.networks.x_allowed import engaged
from tweetdesk.networks.x_errors import DONE_ALREADY, DUPLICATE, REPLY_RULE
from tweetdesk.networks.x_messages import Messages
from tweetdesk.networks.x_pictures import Uploads
from tweetdesk.networks.x_reading import Reading
from tweetdesk.networks.x_records import message_ref, web_address
from tweetdesk.networks.x_wire import NAME, WirePost, all_of, answer_in, is_id, moment, newest

#: Own posts and messages that are looked at to settle a doubt.
LOOKED_AT = 10
#: How far X's clock and ours may differ.
_SLACK = timedelta(minutes=10)
#: X may show what was written a moment later only: what is not there so soon after a send is looked for once more.
_SHOWN_AFTER = timedelta(seconds=4)

_LEADING = re.compile(r"(?:\s*[@＠]\w{1,20}(?=\s|$))*\s*")
_WRITES = "tweet.write"


class Writes:
    """The acts of one account. Every method that asks raises NetworkError."""

    def __init__(self, reading: Reading, messages: Messages) -> None:
        self._reading, self._messages = reading, messages
        self._session = reading.session
        self._uploads = Uploads(reading.session)
        self._ours: set[str] = set()  # posts and messages that are known to belong to another act
        self._never_left: set[str] = set()  # acts whose request found no connection
        self._broke: dict[str, datetime] = {}  # acts whose answer was lost in this run, and when

    def begin(self, now: datetime, entropy: bytes) -> str:
        """The moment of an act, and a name for it."""
        return packed({"key": entropy.hex(), "at": now.astimezone(UTC).isoformat(timespec="seconds")})

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with our newest post that is known (a post of the act is newer), whom an answer leaves out,
        and the ids of the pictures, which are sent to X now. Asks nothing else.
        """
        fixed = unpacked(material, _ours)
        if act.kind in (ActKind.POST, ActKind.REPLY) and "since" not in fixed:
            await self._reading.remember()
            fixed["since"] = newest(self._reading.own_posts)
        if act.kind is ActKind.REPLY and not act.everyone and "without" not in fixed:
            fixed["without"] = await self._left_out(act)
        if act.media:
            fixed["media"] = await self._uploads.prepare(act, fixed, files)
        return packed(fixed)

    async def _left_out(self, act: Act) -> list[str]:
        """Whom X would name in an answer by itself, beside the author and those whom the text names.

        An answer to ourselves goes on talking to all.
        """
        from tweetdesk.networks.x_text import spans

        above, own = await self._reading.shelved(_target(act)), self._session.own
        if above is None or above.author.id == own:
            return []
        named = {one.target.lower() for one in spans(act.text) if one.kind is SpanKind.MENTION}
        others = [who for who in above.mentions if who.id not in (above.author.id, own)]
        return [who.id for who in others if who.handle.lower() not in named]

    # --- the send ------------------------------------------------------------------------------------------------

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry an act out. Raises Refused where it surely was not."""
        fixed = unpacked(await self.prepare(act, material), _ours)
        self._never_left.discard(fixed["key"])
        try:
            receipt = await self._send(act, fixed)
        except NetworkError as error:
            if error.unsent:
                self._never_left.add(fixed["key"])
            self._broke[fixed["key"]] = self._session.clock()
            if not (isinstance(error, Refused) and error.code == DONE_ALREADY):
                raise
            receipt = Receipt(act.target.id if act.target else "")
        self._pay(act)
        return receipt

    async def _send(self, act: Act, fixed: Mapping[str, Any]) -> Receipt:
        own = self._session.own
        match act.kind:
            case ActKind.POST | ActKind.REPLY:
                return await self._post(act, fixed)
            case ActKind.MESSAGE:
                return await self._message(act)
            case ActKind.REPOST:
                return await self._do(act, "POST", f"/2/users/{own}/retweets", {"tweet_id": _target(act)}, _WRITES)
            case ActKind.UNREPOST:
                return await self._do(act, "DELETE", f"/2/users/{own}/retweets/{_target(act)}", None, _WRITES)
            case ActKind.MUTE:
                body = {"target_user_id": _person(act)}
                return await self._do(act, "POST", f"/2/users/{own}/muting", body, "mute.write")
            case ActKind.UNMUTE:
                return await self._do(act, "DELETE", f"/2/users/{own}/muting/{_person(act)}", None, "mute.write")
            case ActKind.DELETE:
                return await self._delete(act)
            case ActKind.BOOKMARK:
                body = {"tweet_id": _target(act)}
                return await self._do(act, "POST", f"/2/users/{own}/bookmarks", body, "bookmark.write")
            case ActKind.UNBOOKMARK:
                path = f"/2/users/{own}/bookmarks/{_target(act)}"
                return await self._do(act, "DELETE", path, None, "bookmark.write")
            case ActKind.HIDE_REPLY | ActKind.UNHIDE_REPLY:
                hidden = {"hidden": act.kind is ActKind.HIDE_REPLY}
                path = f"/2/tweets/{_target(act)}/hidden"
                return await self._do(act, "PUT", path, hidden, "tweet.moderate.write")
            case _:
                raise Refused(f"X lets no app do this ({act.kind}): do it by hand, on x.com.", "by-hand")

    async def _do(self, act: Act, verb: str, path: str, body: Mapping[str, Any] | None, scopes: str) -> Receipt:
        await self._session.change(verb, path, body, group=act.kind.value, scopes=scopes)
        return Receipt(act.target.id if act.target else "")

    async def _delete(self, act: Act) -> Receipt:
        try:
            return await self._do(act, "DELETE", f"/2/tweets/{_target(act)}", None, _WRITES)
        except NotThere:
            return Receipt(_target(act))

    async def _post(self, act: Act, fixed: Mapping[str, Any]) -> Receipt:
        body: dict[str, Any] = {"text": act.text} if act.text or not act.media else {}
        if act.kind is ActKind.REPLY:
            body["reply"] = {"in_reply_to_tweet_id": _target(act)}
            if without := fixed.get("without"):
                body["reply"]["exclude_reply_user_ids"] = without
        if act.media:
            body["media"] = {"media_ids": [one["id"] for one in fixed["media"]]}
        try:
            answer = await self._session.change("POST", "/2/tweets", body, group="post", scopes=_WRITES)
        except Refused as refused:
            if refused.code == REPLY_RULE:
                await self._reading.refuse(_target(act))
            if refused.code != DUPLICATE:
                raise
            if (found := await self._written(act, fixed)) is None:
                raise
            return self._receipt(act, found.id, found.moment)
        made = next(iter(all_of(answer_in(answer).entries(), WirePost)[0]), None)
        if made is None or not is_id(made.id):
            raise ServerTrouble("X took the post, but its answer makes no sense: it is looked for now.")
        return self._receipt(act, made.id, self._session.clock())

    async def _message(self, act: Act) -> Receipt:
        path = self._path(act)
        body = {"text": act.text}
        answer = await self._session.change("POST", f"{path}/messages", body, group="message", scopes="dm.write")
        made = json.loads(answer_in(answer).data)
        event = made.get("dm_event_id") if isinstance(made, dict) else None
        if not isinstance(event, str) or not is_id(event):
            raise ServerTrouble("X took the message, but its answer makes no sense: it is looked for now.")
        self._ours.add(event)
        where = made.get("dm_conversation_id")
        conversation = where if isinstance(where, str) and where else act.conversation
        return Receipt(message_ref(event).id, self._own_message(act, event, conversation))

    def _path(self, act: Act) -> str:
        if conversation := _conversation(act):
            return self._messages.path(conversation)
        return f"/2/dm_conversations/with/{_person(act)}"

    def _pay(self, act: Act) -> None:
        from tweetdesk.networks.x_text import links

        above = self._reading.known.posts.get(act.target.id) if act.target else None
        summoned = act.person is None or act.person.id != self._session.own
        if above is not None:
            summoned = engaged(self._session.own, above)
        price = self._reading.bill.prices.for_act(act.kind, bool(links(act.text)), summoned)
        spending.count(micros=price.micros if price else 0)

    # --- after a lost answer -------------------------------------------------------------------------------------

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """The receipt if the act was carried out; None if it surely was not, or if doing it again does no harm.

        Raises ServerTrouble for texts that are not found at once, and Unsure for those that are not found later.
        """
        try:
            fixed = unpacked(material, _ours)
        except Refused:
            return None  # `send` would not have sent it
        if fixed["key"] in self._never_left or not act.kind.writes_text:
            return None
        if act.kind is ActKind.MESSAGE:
            return await self._settled_message(act, fixed)
        if act.kind not in (ActKind.POST, ActKind.REPLY):
            return None
        found = await self._written(act, fixed)
        if found is None:
            self._not_yet(fixed)
            raise Unsure(
                "X's answer was lost, and the post is not among your newest: look at your page on x.com, and say "
                "whether it is there."
            )
        self._pay(act)
        return self._receipt(act, found.id, found.moment)

    def _not_yet(self, fixed: Mapping[str, Any]) -> None:
        """Raises ServerTrouble where it is too soon to say that X does not have it."""
        broke = self._broke.get(fixed["key"])
        if broke is not None and timedelta() <= self._session.clock() - broke < _SHOWN_AFTER:
            raise ServerTrouble(
                "X's answer was lost, and X does not show the text yet: it is looked for once more."
            )

    async def _written(self, act: Act, fixed: Mapping[str, Any]) -> WirePost | None:
        """Our own post with the text and the place of an act, written since it began; None where there is none."""
        own, began = self._session.own, moment(fixed["at"])
        params = [("max_results", str(LOOKED_AT)), *self._reading.fields.posts()]
        params += [("since_id", fixed["since"])] if is_id(fixed.get("since", "")) else []
        answer = await self._reading.ask(f"/2/users/{own}/tweets", params, group="person", kind="owned")
        wires = all_of(answer.entries(), WirePost)[0]
        await self._reading.complete(wires, [answer], parents=False)
        answered = act.target.id if act.kind is ActKind.REPLY and act.target else ""
        for wire in sorted(wires, key=lambda one: int(one.id) if is_id(one.id) else 0):
            told = moment(wire.created_at)
            old = told is not None and began is not None and told < began - _SLACK
            fits = wire.reference("replied_to") == answered and _same(act, wire)
            if fits and not old and wire.id not in self._ours:
                return wire
        return None

    async def _settled_message(self, act: Act, fixed: Mapping[str, Any]) -> Receipt:
        began = (moment(fixed["at"]) or self._session.clock()) - _SLACK
        conversation = _conversation(act) or "-".join(sorted((self._session.own, _person(act)), key=int))
        for post in await self._messages.latest(conversation, LOOKED_AT):
            event = post.ref.id.removeprefix("dm ")
            ours = post.author.id == self._session.own and post.created_at >= began
            if ours and event not in self._ours and _tidy(post.text) == _tidy(act.text):
                self._ours.add(event)
                self._pay(act)
                return Receipt(post.ref.id, post)
        self._not_yet(fixed)
        raise Unsure(
            "X's answer was lost, and the message is not in the conversation: look there on x.com, and say if it "
            "was sent."
        )

    # --- what was made -------------------------------------------------------------------------------------------

    def _receipt(self, act: Act, identifier: str, at: datetime) -> Receipt:
        """The receipt of a post, with the post as X will show it."""
        self._ours.add(identifier)
        account = self._session.account.identity
        post = Post(
            ref=PostRef(NAME, identifier),
            author=account,
            text=act.text,
            created_at=at,
            spans=self._known_spans(act.text),
            conversation=(act.root or act.target or PostRef(NAME, identifier)).id,
            url=web_address(identifier, account),
            media=tuple(Media("image", picture.alt) for picture in act.media),
        )
        if act.kind is ActKind.REPLY and act.target is not None:
            above = self._reading.known.posts.get(act.target.id)
            parent = Excerpt(above.ref, above.author, above.text) if above else Excerpt(act.target, act.person)
            root = act.root or act.target
            mentioned = (act.person,) if act.person and act.person != account else ()
            post = replace(post, reply_to=act.target, reply_root=root, parent=parent, mentions=mentioned)
        else:
            post = replace(post, conversation=identifier)
        self._reading.keep([post])
        return Receipt(identifier, post)

    def _known_spans(self, text: str) -> tuple[Any, ...]:
        """The spans of a text of ours; mentions of people who are not known are left to X."""
        from tweetdesk.networks.x_text import spans

        ids = {who.handle.lower(): who.id for who in self._reading.known.people.values()}
        found = []
        for span in spans(text):
            if span.kind is SpanKind.MENTION:
                if span.target.lower() not in ids:
                    continue
                span = replace(span, target=ids[span.target.lower()])
            found.append(span)
        return tuple(found)

    def _own_message(self, act: Act, event: str, conversation: str) -> Post:
        return Post(
            ref=message_ref(event),
            author=self._session.account.identity,
            text=act.text,
            created_at=self._session.clock(),
            kind=PostKind.MESSAGE,
            spans=self._known_spans(act.text),
            conversation=conversation,
            mentions=(act.person,) if act.person and act.person.id != self._session.own else (),
        )


# --- texts that are the same -------------------------------------------------------------------------------------


def _same(act: Act, wire: WirePost) -> bool:
    """Whether a post of ours has the text of an act: X shortens links, and puts handles before answers."""
    from tweetdesk.networks.x_text import links

    note = wire.note_tweet or wire.note_post
    raw, entities = (note.text, note.entities) if note and note.text else (wire.text, wire.entities)
    theirs = unescape(raw)
    if bool(act.media) != any(place.media_key for place in entities.urls):
        return False
    for place in entities.urls:
        if place.media_key:
            theirs = theirs.replace(place.url, " ")
        elif place.url and place.expanded_url:
            theirs = theirs.replace(place.url, f" {_bare(place.expanded_url)} ")
    ours, at = "", 0
    for start, end in links(act.text):
        ours += f"{act.text[at:start]} {_bare(act.text[start:end])} "
        at = end
    ours += act.text[at:]
    if act.kind is ActKind.REPLY:
        ours, theirs = _LEADING.sub("", ours, count=1), _LEADING.sub("", theirs, count=1)
    return _tidy(ours) == _tidy(theirs)


def _bare(url: str) -> str:
    """A link without what does not tell it from another way to write it."""
    return re.sub(r"^https?://", "", url, flags=re.IGNORECASE).rstrip("/").lower()


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


# --- small things ------------------------------------------------------------------------------------------------


def _target(act: Act) -> str:
    """The post that is acted on. Raises Refused."""
    if act.target is None or act.target.server != NAME or not is_id(act.target.id):
        raise Refused("There is no post of X to do this to.", "no-target")
    return act.target.id


def _conversation(act: Act) -> str:
    """The conversation that a message goes into; "" where it answers a post, whose thread is no conversation."""
    return act.conversation if act.target is None or act.target.id.startswith("dm ") else ""


def _person(act: Act) -> str:
    """Whom an act concerns. Raises Refused."""
    if act.person is None or not is_id(act.person.id):
        raise Refused("It is not known whom on X this concerns.", "no-person")
    return act.person.id


def _ours(fixed: Json) -> bool:
    """Whether `begin` has written this."""
    return words(fixed, "key") != "" and words(fixed, "at") != ""
