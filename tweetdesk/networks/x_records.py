"""X's posts, people and direct messages turned into ours: tolerant of all that is missing, strange or made up.

Places in entities are code points of the text as it was sent.
Sources: the OpenAPI documents 2.166 and 2.167; docs.x.com, data dictionary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import (
    Excerpt,
    Media,
    Poll,
    PollOption,
    Post,
    PostKind,
    PostRef,
    Span,
    SpanKind,
    Viewer,
    apart,
)
from tweetdesk.networks.json_values import Unreadable
from tweetdesk.networks.x_wire import (
    NAME,
    Attachments,
    Entities,
    Includes,
    Place,
    WireMedia,
    WireMessage,
    WirePoll,
    WirePost,
    WireUser,
    all_of,
    is_id,
    is_web,
    moment,
    moment_of_id,
    post_ref,
    web_or_nothing,
)

WEB = "https://x.com"
_NO_LANGUAGE = frozenset({"und", "zxx", "qam", "qct", "qht", "qme", "qst"})
_MEDIA_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}
#: What the keys of media begin with, by kind.
_KEY_KINDS = {"3": "image", "7": "video", "13": "video", "16": "video"}


# --- people ------------------------------------------------------------------------------------------------------


def identity(user: WireUser) -> Identity:
    """Who a person is. Raises Unreadable without an id."""
    if not is_id(user.id):
        raise Unreadable("nobody")
    return Identity(NAME, user.id, user.username or user.id, user.name)


def profile(user: WireUser) -> Profile:
    """What X tells of a person. Raises Unreadable without an id."""
    who, ties = identity(user), user.connection_status
    return Profile(
        identity=who,
        bio=unescape(user.description),
        url=f"{WEB}/{who.handle}",
        following="following" if "following" in ties else "",
        follows_us="followed_by" in ties,
        blocking="blocking" if "blocking" in ties else "",
        muted="muting" in ties,
        created_at=moment(user.created_at),
    )


# --- texts -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Text:
    """A text as it is shown, with what leads somewhere in it."""

    text: str = ""
    spans: list[Span] = field(default_factory=list)


def shown(raw: str, entities: Entities, hidden: re.Pattern[str] | None = None) -> tuple[str, tuple[Span, ...]]:
    """A text with links as they were written instead of t.co, `&amp;` and its like decoded, and its spans.

    A link that leads to something that is shown anyway (`hidden`, or media) is
    taken out at the end of the text. Places that do not fit the text are left out.
    """
    found = _Text()
    at = 0
    for place, kind, target, instead in _places(raw, entities, hidden):
        if place.start < at:
            continue
        found.text += unescape(raw[at : place.start])
        start = len(found.text)
        found.text += unescape(raw[place.start : place.end]) if instead is None else instead
        if len(found.text) > start:
            found.spans.append(Span(start, len(found.text), kind, target))
        at = place.end
    found.text = (found.text + unescape(raw[at:])).rstrip() if at else unescape(raw)
    return found.text, tuple(apart(span for span in found.spans if span.end <= len(found.text)))


def _places(
    raw: str, entities: Entities, hidden: re.Pattern[str] | None
) -> list[tuple[Place, SpanKind, str, str | None]]:
    """What stands in a text, in its order: where, what, where it leads, what is shown instead (None: itself)."""
    found: list[tuple[Place, SpanKind, str, str | None]] = []
    for place in entities.urls:
        target = place.expanded_url if is_web(place.expanded_url) else web_or_nothing(place.url)
        if not _stands(raw, place, place.url) or not target:
            continue
        gone = not raw[place.end :].strip() and (
            bool(place.media_key) or (hidden is not None and hidden.search(target) is not None)
        )
        found.append((place, SpanKind.LINK, target, "" if gone else unescape(place.display_url) or target))
    found += [
        (place, SpanKind.MENTION, place.id or place.username, None)
        for place in entities.mentions
        if place.username and _stands(raw, place, f"@{place.username}")
    ]
    for sign, tags in (("#", entities.hashtags), ("$", entities.cashtags)):
        found += [
            (place, SpanKind.TAG, place.tag if sign == "#" else f"${place.tag}", None)
            for place in tags
            if place.tag and _stands(raw, place, f"{sign}{place.tag}")
        ]
    return sorted(found, key=lambda one: (one[0].start, -one[0].end))


def _stands(raw: str, place: Place, wanted: str) -> bool:
    """Whether this stands where it is said to; a place that is only shifted is put right."""
    if not wanted:
        return False
    length = len(wanted)
    for start in (place.start, *_near(raw, wanted, place.start)):
        if (
            start >= 0
            and raw[start + 1 : start + length].lower() == wanted[1:].lower()
            and start + length <= len(raw)
        ):
            place.start, place.end = start, start + length
            return True
    return False


def _near(raw: str, wanted: str, start: int) -> list[int]:
    """Where the same stands elsewhere in the text, the nearest first (places may count decoded signs)."""
    low, sought = raw.lower(), wanted.lower()
    found = [match.start() for match in re.finditer(re.escape(sought), low)] if len(low) == len(raw) else []
    return sorted(found, key=lambda at: abs(at - start))


# --- posts -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Known:
    """What is at hand to complete posts with: people, posts, media, polls, and why some posts are missing."""

    own: str
    people: dict[str, Identity] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    media: dict[str, WireMedia] = field(default_factory=dict)
    polls: dict[str, WirePoll] = field(default_factory=dict)

    def excerpt(self, identifier: str) -> Excerpt | None:
        """What is known of a post that another one refers to; None for no id."""
        if not is_id(identifier):
            return None
        post = self.posts.get(identifier)
        if post is not None:
            return Excerpt(post.ref, post.author, post.text)
        return Excerpt(PostRef(NAME, identifier), missing=self.missing.get(identifier, "not loaded"))

    def take_attachments(self, includes: Includes) -> tuple[int, int]:
        """Remember media and polls; how many there were of each."""
        media, polls = all_of(includes.media, WireMedia)[0], all_of(includes.polls, WirePoll)[0]
        self.media.update((one.media_key, one) for one in media)
        self.polls.update((one.id, one) for one in polls)
        return len(media), len(polls)


def post(wire: WirePost, known: Known) -> Post:
    """A post with all that is known to belong to it. Raises Unreadable."""
    ref = post_ref(wire.id)
    author = known.people.get(wire.author_id) or _stranger(wire.author_id)
    note = wire.note_tweet or wire.note_post
    raw, entities = (note.text, note.entities) if note and note.text else (wire.text, wire.entities)
    parent_id, quoted_id = wire.reference("replied_to"), wire.reference("quoted")
    text, spans = shown(raw, entities, _shown_anyway(wire, quoted_id))
    root = wire.conversation_id if is_id(wire.conversation_id) else parent_id or wire.id
    replies = wire.public_metrics.get("reply_count")
    mentioned = _mentioned(wire, known)
    edited = len(wire.edit_history_tweet_ids or wire.edit_history_post_ids) > 1
    return Post(
        ref=ref,
        author=author,
        text=text,
        created_at=wire.moment,
        spans=spans,
        conversation=root,
        reply_to=PostRef(NAME, parent_id) if is_id(parent_id) else None,
        reply_root=PostRef(NAME, root) if is_id(parent_id) else None,
        parent=known.excerpt(parent_id),
        quote=known.excerpt(quoted_id),
        media=_media(wire.attachments, known),
        warning="marked as sensitive" if wire.possibly_sensitive else "",
        languages=(wire.lang,) if wire.lang and wire.lang not in _NO_LANGUAGE else (),
        url=web_address(wire.id, author),
        reply_count=replies if isinstance(replies, int) and not isinstance(replies, bool) else None,
        viewer=Viewer(replies_closed=_closed(wire, known.own, mentioned)),
        mentions=mentioned,
        poll=_poll(wire.attachments, known),
        edited_at=wire.moment if edited else None,
    )


def _stranger(identifier: str) -> Identity:
    """An author of whom only the id is known. Raises Unreadable without one."""
    if not is_id(identifier):
        raise Unreadable("nobody")
    return Identity(NAME, identifier, identifier)


def web_address(identifier: str, author: Identity) -> str:
    """The page of a post on x.com."""
    return f"{WEB}/{'i' if author.handle in ('', author.id) else author.handle}/status/{identifier}"


def _shown_anyway(wire: WirePost, quoted: str) -> re.Pattern[str]:
    """The addresses that X itself puts at the end of a text: the post's own pictures, and the quoted post."""
    return re.compile(rf"/status/(?:{re.escape(wire.id)}/(?:photo|video)/|{re.escape(quoted or '-')}(?:$|[?]))")


def _mentioned(wire: WirePost, known: Known) -> tuple[Identity, ...]:
    """The people whom a post addresses; of an answer also whom it answers."""
    note = wire.note_tweet or wire.note_post
    places = [*wire.entities.mentions, *(note.entities.mentions if note else ())]
    found = {
        place.id: known.people.get(place.id) or Identity(NAME, place.id, place.username)
        for place in places
        if is_id(place.id) and place.username
    }
    answered = wire.in_reply_to_user_id
    if is_id(answered) and answered != wire.author_id and answered in known.people:
        found.setdefault(answered, known.people[answered])
    return tuple(found.values())


def _closed(wire: WirePost, own: str, mentioned: Iterable[Identity]) -> bool:
    """Whether the author lets only those answer whom the post mentions, and we are not among them."""
    if wire.reply_settings != "mentionedUsers" or wire.author_id == own:
        return False
    return own not in {who.id for who in mentioned} and wire.in_reply_to_user_id != own


def _media(attachments: Attachments, known: Known) -> tuple[Media, ...]:
    """What is attached: in full where it was asked for, else by the kind that its key begins with."""
    found = []
    for key in attachments.media_keys:
        one = known.media.get(key)
        if one is None:
            found.append(Media(_KEY_KINDS.get(key.partition("_")[0], "other")))
        else:
            url = web_or_nothing(one.url) or web_or_nothing(one.preview_image_url)
            found.append(Media(_MEDIA_KINDS.get(one.type, "other"), unescape(one.alt_text), url))
    return tuple(found)


def _poll(attachments: Attachments, known: Known) -> Poll | None:
    for identifier in attachments.poll_ids:
        one = known.polls.get(identifier)
        if one is not None and one.options:
            options = sorted(one.options, key=lambda option: option.position)
            return Poll(
                tuple(PollOption(unescape(option.label), option.votes) for option in options),
                closed=one.voting_status == "closed",
                closes_at=moment(one.end_datetime),
            )
    return None


# --- direct messages ---------------------------------------------------------------------------------------------


def message_ref(event: str) -> PostRef:
    """The reference of a direct message."""
    return PostRef(NAME, f"dm {event}")


def message(wire: WireMessage, known: Known, conversation: str = "") -> Post:
    """A direct message. Raises Unreadable, also for events that are none."""
    if wire.event_type not in ("MessageCreate", "") or not is_id(wire.id):
        raise Unreadable("no message")
    where = wire.dm_conversation_id or conversation
    if not where:
        raise Unreadable("no conversation")
    author = known.people.get(wire.sender_id) or _stranger(wire.sender_id)
    entities = wire.entities
    if not (entities.urls or entities.mentions or entities.hashtags):
        entities = Entities(wire.urls, wire.mentions, wire.hashtags)
    text, spans = shown(wire.text, entities)
    referred = next((one.id for one in (*wire.referenced_tweets, *wire.referenced_posts)), "")
    partner = known.people.get(partner_in(where, known.own))
    return Post(
        ref=message_ref(wire.id),
        author=author,
        text=text,
        created_at=moment(wire.created_at) or moment_of_id(wire.id),
        kind=PostKind.MESSAGE,
        spans=spans,
        conversation=where,
        quote=known.excerpt(referred),
        media=_media(wire.attachments, known),
        url=f"{WEB}/messages/{where}",
        mentions=(partner,) if partner and author.id == known.own else (),
    )


def partner_in(conversation: str, own: str) -> str:
    """The id of the other person in a conversation of two; "" for a group."""
    one, dash, two = conversation.partition("-")
    if not dash or own not in (one, two):
        return ""
    return two if one == own else one
