"""Bluesky's views and records turned into posts, people and threads: tolerant of all that is missing or made up.

Sources: lexicons app.bsky.feed.defs, app.bsky.actor.defs, app.bsky.embed.*, com.atproto.label.defs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Card, Excerpt, Media, Post, PostRef, Viewer
from tweetdesk.networks.bluesky_text import is_did, is_web, spans_of
from tweetdesk.networks.json_values import Json as Json
from tweetdesk.networks.json_values import Unreadable as Unreadable
from tweetdesk.networks.json_values import decode as decode
from tweetdesk.networks.json_values import entry as entry
from tweetdesk.networks.json_values import inner as inner
from tweetdesk.networks.json_values import members as members
from tweetdesk.networks.json_values import words as words

#: The server part of every reference: ids are valid everywhere on Bluesky.
SERVER = "bluesky"
POST_RECORD = "app.bsky.feed.post"
WEB = "https://bsky.app"

_URI = r"at://(?P<did>did:[a-z]+:[a-zA-Z0-9._:%-]+)/(?P<collection>{})/(?P<key>(?!\.{{1,2}}$)[a-zA-Z0-9._:~-]{{1,512}})"
_POST_URI = re.compile(_URI.format(re.escape(POST_RECORD)))
_RECORD_URI = re.compile(_URI.format(r"[a-zA-Z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9-]+){2,}"))
#: Before this year nobody wrote for a screen: such a date is made up.
_FIRST_YEAR = 1980

#: Words for labels that fold a post; other labels of strangers are not shown.
_LABELS = {
    "porn": "adult content", "sexual": "suggestive", "nudity": "nudity", "graphic-media": "graphic media",
    "gore": "graphic media", "!warn": "moderation warning", "!hide": "hidden by moderation",
    "!takedown": "hidden by moderation", "spam": "labelled spam", "scam": "labelled scam",
    "impersonation": "labelled impersonation", "threat": "labelled threat", "rude": "labelled rude",
    "intolerant": "labelled intolerant", "self-harm": "self-harm", "misleading": "labelled misleading",
}  # fmt: skip


def kind_of(value: object) -> str:
    """The `$type` of a view."""
    return words(value, "$type")


def moment(text: object) -> datetime | None:
    """An atproto datetime in UTC; None for what is not one, or cannot be true (year 0, no time zone)."""
    if not isinstance(text, str) or len(text) < 16 or text[10:11] != "T":
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo and found.year >= _FIRST_YEAR else None
    except (ValueError, OverflowError):
        return None


def moment_of(created: object, indexed: object) -> datetime:
    """The time to sort by: the earlier of what the author and what the network says. Raises Unreadable."""
    found = [when for when in (moment(created), moment(indexed)) if when is not None]
    if not found:
        raise Unreadable("no date")
    return min(found)


def post_ref(uri: object) -> PostRef:
    """The reference for a post's at-URI. Raises Unreadable for anything else."""
    if not isinstance(uri, str) or not _POST_URI.fullmatch(uri):
        raise Unreadable("not the URI of a post")
    return PostRef(SERVER, uri)


def parts_of(uri: str) -> tuple[str, str, str]:
    """Owner (DID), collection and record key of a record's at-URI. Raises Unreadable."""
    found = _RECORD_URI.fullmatch(uri)
    if found is None:
        raise Unreadable("not the URI of a record")
    return found["did"], found["collection"], found["key"]


def _ref_or_none(uri: object) -> PostRef | None:
    return PostRef(SERVER, uri) if isinstance(uri, str) and _POST_URI.fullmatch(uri) else None


# --- people ------------------------------------------------------------------------------------------------------


def identity(view: object) -> Identity:
    """Who a profile view is about. Raises Unreadable without a DID."""
    did = words(view, "did")
    if not is_did(did):
        raise Unreadable("nobody")
    return Identity(SERVER, did, words(view, "handle") or did, words(view, "displayName"))


def profile(view: Json) -> Profile:
    """What a profile view of any size tells. Raises Unreadable without a DID."""
    who, viewer = identity(view), inner(view, "viewer")
    return Profile(
        identity=who,
        bio=words(view, "description"),
        url=f"{WEB}/profile/{_addressed(who)}",
        following=words(viewer, "following"),
        follows_us=bool(words(viewer, "followedBy")),
        blocking=words(viewer, "blocking"),
        blocks_us=viewer.get("blockedBy") is True,
        muted=viewer.get("muted") is True,
        created_at=moment(view.get("createdAt")),
    )


def _addressed(who: Identity) -> str:
    """The handle where it is a true one, else the DID."""
    return who.id if who.handle in ("", "handle.invalid") else who.handle


def web_address(ref: PostRef, author: Identity) -> str:
    """The page of a post on the network's own site."""
    return f"{WEB}/profile/{_addressed(author)}/post/{ref.id.rpartition('/')[2]}"


# --- posts -------------------------------------------------------------------------------------------------------


def post(view: Json, parent: Excerpt | None = None) -> Post:
    """A post view, or a notification about a post (which has no `embed`). Raises Unreadable."""
    ref, author, record = post_ref(view.get("uri")), identity(view.get("author")), inner(view, "record")
    text = record.get("text")
    if not isinstance(text, str):
        raise Unreadable("no text")
    reply_to, reply_root = _ref_or_none(inner(record, "reply", "parent").get("uri")), None
    if reply_to is not None:
        reply_root = _ref_or_none(inner(record, "reply", "root").get("uri")) or reply_to
    media, card, quote = embedded(inner(view, "embed") or inner(record, "embed"))
    replies = view.get("replyCount")
    return Post(
        ref=ref,
        author=author,
        text=text,
        created_at=moment_of(record.get("createdAt"), view.get("indexedAt")),
        spans=spans_of(text, record.get("facets")),
        version=words(view, "cid"),
        conversation=(reply_root or ref).id,
        reply_to=reply_to,
        reply_root=reply_root,
        root_version=words(inner(record, "reply", "root"), "cid") if reply_root else "",
        parent=parent or (Excerpt(reply_to) if reply_to else None),
        quote=quote,
        media=media,
        card=card,
        warning=warning(view, record),
        languages=tuple(name for name in members(record, "langs") if isinstance(name, str)),
        url=web_address(ref, author),
        reply_count=replies if isinstance(replies, int) and not isinstance(replies, bool) else None,
        viewer=_viewer(inner(view, "viewer")),
    )


def _viewer(view: Json) -> Viewer:
    return Viewer(
        liked=words(view, "like"),
        reposted=words(view, "repost"),
        thread_muted=view.get("threadMuted") is True,
        replies_closed=view.get("replyDisabled") is True,
        bookmarked="bookmarked" if view.get("bookmarked") is True else "",
        quotes_closed=view.get("embeddingDisabled") is True,
    )


def excerpt(view: Json) -> Excerpt:
    """Another post as a union of views gives it: the post itself, or that it is deleted or blocked."""
    ref = _ref_or_none(view.get("uri"))
    kind = kind_of(view)
    for ending, flag, missing in (
        ("NotFound", "notFound", "deleted"),
        ("Blocked", "blocked", "blocked"),
        ("Detached", "detached", "taken out by its author"),
    ):
        if view.get(flag) is True or kind.endswith(ending):
            return Excerpt(ref, missing=missing)
    record = inner(view, "record") or inner(view, "value")
    text = record.get("text")
    try:
        author = identity(view.get("author"))
    except Unreadable:
        author = None
    if ref is None or author is None or not isinstance(text, str):
        return Excerpt(ref, author, missing="cannot be shown")
    return Excerpt(ref, author, text)


def excerpt_of(known: Post) -> Excerpt:
    """A post as an excerpt."""
    return Excerpt(known.ref, known.author, known.text)


def warning(view: Json, record: Json) -> str:
    """The words for the labels on a post and its author; the author's own are always shown."""
    theirs = [label for name in (view, inner(view, "author")) for label in members(name, "labels")]
    standing = [
        words(label, "val") for label in theirs if isinstance(label, Mapping) and label.get("neg") is not True
    ]
    found = [_LABELS[value] for value in standing if value in _LABELS]
    for label in members(inner(record, "labels"), "values"):
        value = words(label, "val")
        if value and value != "!no-unauthenticated":
            found.append(_LABELS.get(value, value))
    return ", ".join(dict.fromkeys(found))


# --- what is embedded --------------------------------------------------------------------------------------------


def embedded(embed: Json) -> tuple[tuple[Media, ...], Card | None, Excerpt | None]:
    """Media, page preview and quoted post of an embed: a view, or the record's own where no view is at hand."""
    match kind_of(embed).removesuffix("#view"):
        case "app.bsky.embed.images":
            return _media("image", members(embed, "images")), None, None
        case "app.bsky.embed.gallery":
            return _media("image", members(embed, "items")), None, None
        case "app.bsky.embed.video":
            url = words(embed, "playlist")
            return (Media("video", words(embed, "alt"), url if is_web(url) else ""),), None, None
        case "app.bsky.embed.external":
            return (), _page(inner(embed, "external")), None
        case "app.bsky.embed.record":
            return _quoted(inner(embed, "record"))
        case "app.bsky.embed.recordWithMedia":
            media, card, _ = embedded(_without_records(inner(embed, "media")))
            _, other, quote = _quoted(inner(embed, "record", "record"))
            return media, card or other, quote
        case "":
            return (), None, None
        case _:
            return (Media("other"),), None, None


def _without_records(media: Json) -> Json:
    return {} if kind_of(media).startswith("app.bsky.embed.record") else media


def _media(kind: str, found: list[Any]) -> tuple[Media, ...]:
    made = []
    for one in found:
        url = words(one, "fullsize")
        made.append(Media(kind, words(one, "alt"), url if is_web(url) else ""))
    return tuple(made)


def _page(external: Json) -> Card | None:
    url = words(external, "uri")
    return Card(url, words(external, "title"), words(external, "description")) if is_web(url) else None


#: What else than a post can be embedded: (`$type`, the word for it, its place on the site).
_OTHER_RECORDS = {
    "app.bsky.feed.defs#generatorView": ("Feed", "feed"),
    "app.bsky.graph.defs#listView": ("List", "lists"),
    "app.bsky.graph.defs#starterPackViewBasic": ("Starter pack", "starter-pack"),
}


def _quoted(view: Json) -> tuple[tuple[Media, ...], Card | None, Excerpt | None]:
    if kind_of(view) in _OTHER_RECORDS:
        noun, place = _OTHER_RECORDS[kind_of(view)]
        name = words(view, "displayName") or words(view, "name") or words(inner(view, "record"), "name")
        try:
            did, _, key = parts_of(words(view, "uri"))
        except Unreadable:
            return (), None, None
        return (), Card(f"{WEB}/profile/{did}/{place}/{key}", f"{noun}: {name}", words(view, "description")), None
    if not view:
        return (), None, None
    if kind_of(view) == "":  # the record's own embed: only a reference
        return (), None, Excerpt(_ref_or_none(view.get("uri")), missing="not loaded")
    return (), None, excerpt(view)
