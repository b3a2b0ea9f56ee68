"""What a Mastodon-API server sends turned into posts and people: tolerant of all that is missing or made up.

Sources: Mastodon documentation, entities Status, Account, Relationship, MediaAttachment, Poll, PreviewCard, Quote,
QuoteApproval; GoToSocial API documentation, interactionPolicy; recorded answers of GoToSocial.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import (
    Card,
    Excerpt,
    Media,
    Poll,
    PollOption,
    Post,
    PostRef,
    Span,
    SpanKind,
    Viewer,
)
from tweetdesk.networks.json_values import Json, Unreadable, inner, members, whole, words
from tweetdesk.networks.mastodon_html import Link, LinkKind, read

NAME = "mastodon"
#: Who may see a post, from everybody to fewest: the network's words.
VISIBILITIES = ("public", "unlisted", "private", "direct")
#: A clock may be off by so much; a post from later than that was not written then.
_AHEAD = timedelta(minutes=5)

_MEDIA = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
_QUOTE_STATES = {
    "pending": "waiting for the author's approval", "rejected": "the author did not agree to this quote",
    "revoked": "taken out by its author", "deleted": "deleted", "unauthorized": "not for us to see",
    "blocked_account": "blocked", "blocked_domain": "blocked", "muted_account": "muted",
}  # fmt: skip
_APPROVALS = {
    "automatic": ("automatic_approval", "always"), "manual": ("manual_approval", "with_approval"),
}  # fmt: skip
_PLAIN_NAME = re.compile(r"(?<![\w@/.])@(?P<name>[\w.-]*\w(?:@[\w.:-]*\w)?)|(?<![\w&/])#(?P<tag>\w+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers come from: the server (host and port), the domain of its people, and who we are (`scoped`)."""

    host: str
    domain: str
    user_id: str

    @property
    def own_id(self) -> str:
        """Our own id as the server writes it; "" where the account's id is of no or another server."""
        return self.id_here(self.user_id)

    def id_here(self, person: str) -> str:
        """A person's id as this server writes it; "" for an id that another server gave."""
        identifier, at, host = person.rpartition("@")
        return identifier if at and host == self.host else ""


def scoped(identifier: str, host: str) -> str:
    """A person's id with the server that gave it: the same id means somebody else on another one.

    This is the id of an Identity and of an Account; only `Place.id_here` looks into it, for the server's own API.
    """
    return f"{identifier}@{host}"


# --- small values ------------------------------------------------------------------------------------------------


def id_of(view: object, name: str = "id") -> str:
    """An id: opaque, mostly text, a number on some servers; "" where there is none."""
    found = view.get(name) if isinstance(view, Mapping) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found.strip() if isinstance(found, str) else ""


def in_path(identifier: str) -> str:
    """An id as a part of a path, whatever is in it."""
    part = quote(identifier, safe="")
    return part.replace(".", "%2E") if set(part) == {"."} else part


def is_web(url: str) -> bool:
    """Whether an address is one of a page."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def moment(text: object) -> datetime | None:
    """A moment in UTC (a date alone is its first second); None for what is not one."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# --- people ------------------------------------------------------------------------------------------------------


def handle_of(acct: str, place: Place) -> str:
    """user@domain, for people of the account's own server too."""
    return acct if "@" in acct else f"{acct}@{place.domain}"


def identity(view: object, place: Place) -> Identity:
    """Who an account is about. Raises Unreadable without an id and a name."""
    identifier, acct = id_of(view), words(view, "acct") or words(view, "username")
    if not identifier or not acct:
        raise Unreadable("nobody")
    return Identity(NAME, scoped(identifier, place.host), handle_of(acct, place), words(view, "display_name"))


def profile(view: Json, place: Place, relationship: Json) -> Profile:
    """What an account and our relationship to it tell. Raises Unreadable without an id."""
    who = identity(view, place)
    ours = relationship.get("following") is True or relationship.get("requested") is True
    url = words(view, "url")
    return Profile(
        identity=who,
        bio=read(words(view, "note"))[0],
        url=url if is_web(url) else "",
        following=who.id if ours else "",
        follows_us=relationship.get("followed_by") is True,
        blocking=who.id if relationship.get("blocking") is True else "",
        blocks_us=relationship.get("blocked_by") is True,
        muted=relationship.get("muting") is True,
        created_at=moment(view.get("created_at")),
    )


# --- posts -------------------------------------------------------------------------------------------------------


def post(view: Json, place: Place, now: datetime) -> Post:
    """A status. Its `conversation` is not told by the API: see mastodon_threads. Raises Unreadable.

    One without a date that can be read, or with one to come, is taken to be of now: it must not be lost for that.
    """
    identifier, author = id_of(view), identity(view.get("account"), place)
    created = moment(view.get("created_at")) or now
    if not identifier:
        raise Unreadable("no id")
    people = tuple(_mentions(view, place))
    text, spans = _text(view, people)
    answered = id_of(view, "in_reply_to_id")
    reply_to = PostRef(place.host, answered) if answered else None
    url = words(view, "url") or words(view, "uri")
    language = words(view, "language")
    return Post(
        ref=PostRef(place.host, identifier),
        author=author,
        text=text,
        created_at=now if created > now + _AHEAD else created,
        spans=spans,
        reply_to=reply_to,
        parent=_parent(view, reply_to, (author, *(who for who, _ in people)), place),
        quote=_quote(view, place),
        media=tuple(_media(members(view, "media_attachments"))),
        card=_card(inner(view, "card")),
        warning=words(view, "spoiler_text").strip(),
        languages=(language,) if language else (),
        url=url if is_web(url) else "",
        reply_count=whole(view, "replies_count"),
        viewer=_viewer(view, identifier),
        visibility=words(view, "visibility"),
        mentions=tuple(who for who, _ in people),
        poll=_poll(inner(view, "poll")),
        edited_at=moment(view.get("edited_at")),
    )


def is_hidden(view: Json) -> bool:
    """Whether a filter that the user set up on the server hides a status here."""
    return any(words(inner(one, "filter"), "filter_action") == "hide" for one in members(view, "filtered"))


def _mentions(view: Json, place: Place) -> Iterator[tuple[Identity, str]]:
    """The people whom a status addresses, each with the address that its HTML links to."""
    for one in members(view, "mentions"):
        try:
            yield identity(one, place), words(one, "url")
        except Unreadable:
            continue


def _viewer(view: Json, identifier: str) -> Viewer:
    def done(name: str) -> str:
        return identifier if view.get(name) is True else ""

    quoting = words(inner(view, "quote_approval"), "current_user")
    replying = _policy(view, "can_reply")
    return Viewer(
        liked=done("favourited"),
        reposted=done("reblogged"),
        thread_muted=view.get("muted") is True,
        bookmarked=done("bookmarked"),
        replies_closed=replying == "denied",
        quotes_closed=quoting in ("denied", "unknown"),
        reposts_closed=_policy(view, "can_reblog") == "denied",
        likes_closed=_policy(view, "can_favourite") == "denied",
        replies_reviewed=replying == "manual",
        quotes_reviewed=quoting == "manual",
    )


def _policy(view: Json, name: str) -> str:
    """What GoToSocial's interaction_policy lets us do, in the words of a QuoteApproval; "" where it tells nothing.

    "me" stands in one of two lists (each has an older name too): done at once, or after approval by the author.
    "public" does for a status that was sent without regard to who reads it.
    """
    rules = inner(view, "interaction_policy", name)
    for approval, lists in _APPROVALS.items():
        if any(who in members(rules, one) for one in lists for who in ("me", "public")):
            return approval
    return "denied" if rules else ""


def _parent(view: Json, reply_to: PostRef | None, people: Sequence[Identity], place: Place) -> Excerpt | None:
    """What a status answers, as far as the status itself tells: who wrote it."""
    if reply_to is None:
        return None
    author = scoped(id_of(view, "in_reply_to_account_id"), place.host)
    return Excerpt(reply_to, next((who for who in people if who.id == author), None))


def _quote(view: Json, place: Place) -> Excerpt | None:
    """The quoted post: a Quote, a ShallowQuote, or (other servers) the quoted status itself."""
    found = inner(view, "quote")
    if not found:
        return None
    status = found if "content" in found else inner(found, "quoted_status")
    identifier = id_of(status) or id_of(found, "quoted_status_id")
    ref = PostRef(place.host, identifier) if identifier else None
    try:
        return Excerpt(ref, identity(status.get("account"), place), read(words(status, "content"))[0])
    except Unreadable:
        state = words(found, "state")
        return Excerpt(ref, missing=_QUOTE_STATES.get(state, "not loaded" if ref else "cannot be shown"))


def _media(found: Sequence[object]) -> Iterator[Media]:
    for one in found:
        url = words(one, "url") or words(one, "remote_url")
        kind = _MEDIA.get(words(one, "type"), "other")
        yield Media(kind, words(one, "description"), url if is_web(url) else "")


def _card(view: Json) -> Card | None:
    url = words(view, "url")
    return Card(url, words(view, "title"), words(view, "description")) if is_web(url) else None


def _poll(view: Json) -> Poll | None:
    options = tuple(PollOption(words(one, "title"), whole(one, "votes_count")) for one in members(view, "options"))
    if not options:
        return None
    closed, multiple = view.get("expired") is True, view.get("multiple") is True
    return Poll(options, multiple, closed, moment(view.get("expires_at")))


# --- text --------------------------------------------------------------------------------------------------------


def _text(view: Json, people: Sequence[tuple[Identity, str]]) -> tuple[str, tuple[Span, ...]]:
    """The text of a status, with its links, mentions and tags."""
    text, links = read(words(view, "content"))
    spans = [found for link in links if (found := _span(text, link, people)) is not None]
    tags = {words(one, "name").lower() for one in members(view, "tags")} - {""}
    spans += _unlinked(text, spans, [who for who, _ in people], tags)
    return text, tuple(sorted(spans, key=lambda span: span.start))


def _span(text: str, link: Link, people: Sequence[tuple[Identity, str]]) -> Span | None:
    piece = text[link.start : link.end]
    if link.kind is LinkKind.TAG and piece.startswith("#") and len(piece) > 1:
        return Span(link.start, link.end, SpanKind.TAG, piece[1:])
    if link.kind is LinkKind.MENTION or piece.startswith("@"):
        for who, url in people:
            if url and url == link.href:
                return Span(link.start, link.end, SpanKind.MENTION, who.id)
        for who, _ in people:
            if _names(piece.removeprefix("@"), who):
                return Span(link.start, link.end, SpanKind.MENTION, who.id)
    return Span(link.start, link.end, SpanKind.LINK, link.href) if is_web(link.href) else None


def _unlinked(text: str, spans: Sequence[Span], people: Sequence[Identity], tags: set[str]) -> Iterator[Span]:
    """Mentions and tags that the status names but its HTML does not link, as some servers send it."""
    if not people and not tags:
        return
    for found in outside(_PLAIN_NAME, text, spans):
        if found["tag"] is not None:
            if found["tag"].lower() in tags:
                yield Span(found.start(), found.end(), SpanKind.TAG, found["tag"])
            continue
        who = next((who for who in people if _names(found["name"], who)), None)
        if who is not None:
            yield Span(found.start(), found.end(), SpanKind.MENTION, who.id)


def outside(pattern: re.Pattern[str], text: str, spans: Iterable[Span]) -> Iterator[re.Match[str]]:
    """Where a pattern is found outside of the spans of a text."""
    taken = bytearray(len(text))
    for span in spans:
        taken[span.start : span.end] = b"x" * (span.end - span.start)
    return (found for found in pattern.finditer(text) if not any(taken[found.start() : found.end()]))


def _names(name: str, who: Identity) -> bool:
    """Whether @name, with or without its server, means this person."""
    handle = who.handle.lower()
    return name.lower() in (handle, handle.partition("@")[0])
