"""Bluesky's text rules: graphemes, links, mentions and tags, facets in UTF-8 bytes to code points and back.

Sources: lexicon app.bsky.richtext.facet, and the detection rules of the network's own client (@atproto/api).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import regex

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import Post, Span, SpanKind
from tweetdesk.networks.base import Length
from tweetdesk.networks.domains import TOP_LEVEL

#: The lexicons' limits (graphemes, bytes): app.bsky.feed.post#text, chat.bsky.convo.defs#messageInput.
POST_LIMIT, MESSAGE_LIMIT = (300, 3000), (1000, 10_000)

_FACET = "app.bsky.richtext.facet"
_GRAPHEME = regex.compile(r"\X")

# What is white space in the official client's regular expressions (ECMAScript's \s).
_SPACE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_BOUNDARY = r"(?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))"
_MENTION = re.compile(rf"(?:^|[{_SPACE}(])(@([a-zA-Z0-9.-]+)){_BOUNDARY}")
_LINK = re.compile(
    rf"(?:^|[{_SPACE}(])((?:https?://[^{_SPACE}]+)|(?:(?P<host>[a-z][a-z0-9]*(?:\.[a-z0-9]+)+)[^{_SPACE}]*))",
    re.IGNORECASE | re.MULTILINE | re.ASCII,
)
_NOT_IN_TAG = rf"{_SPACE}\u00ad\u2060\u200a-\u200d\u20e2"
_TAG = regex.compile(
    rf"(?:^|[{_SPACE}])([#＃]((?!\ufe0f)[^{_NOT_IN_TAG}]*[^\p{{Nd}}\p{{P}}{_NOT_IN_TAG}]+[^{_NOT_IN_TAG}]*))"
)
_CASHTAG = re.compile(rf"(?:^|[{_SPACE}(])(\$([A-Za-z][A-Za-z0-9]{{0,4}}))(?=[{_SPACE}.,;:!?)\"'\u2019]|$)")
_PUNCTUATION_AT_END = regex.compile(r"\p{P}+$")

_HANDLE = re.compile(r"([a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?")
_DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")


def is_handle(text: str) -> bool:
    """Whether a text is a handle by the AT Protocol's syntax (without the @)."""
    return len(text) <= 253 and _HANDLE.fullmatch(text) is not None


def is_did(text: str) -> bool:
    """Whether a text is a DID by the AT Protocol's syntax."""
    return len(text) <= 2048 and _DID.fullmatch(text) is not None


def named(post: Post, own: str) -> str:
    """The @handles, as a text begins with them, of all whom a post names but its author and ourselves (a DID)."""
    found: dict[str, str] = {}
    for span in post.spans:
        handle = post.text[span.start : span.end].removeprefix("@")
        if span.kind is SpanKind.MENTION and span.target not in (own, post.author.id) and is_handle(handle):
            found.setdefault(span.target, handle)
    return "".join(f"@{handle} " for handle in found.values())


# --- length ------------------------------------------------------------------------------------------------------


def graphemes(text: str) -> int:
    """How many characters a reader sees (extended grapheme clusters, UAX 29)."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    return len(_GRAPHEME.findall(text))


def measure(kind: ActKind, text: str) -> Length:
    """The length of a text by Bluesky's two rules; told by the one that is nearer to its end."""
    (most, most_bytes), noun = (MESSAGE_LIMIT, "message") if kind is ActKind.MESSAGE else (POST_LIMIT, "post")
    used, used_bytes = graphemes(text), len(text.encode("utf-8", "surrogatepass"))
    if used_bytes > most_bytes and most_bytes - used_bytes < most - used:
        return Length(used_bytes, most_bytes, f"too long: a {noun} holds {most_bytes} bytes")
    why = f"too long: a {noun} holds {most} characters" if used > most else ""
    return Length(used, most, why)


# --- facets as read: bytes to code points ------------------------------------------------------------------------


def spans_of(text: str, facets: object) -> tuple[Span, ...]:
    """The spans for a record's facets.

    A facet that is out of range, reversed, empty, begins or ends inside a character, overlaps one before it, or
    leads nowhere that can be followed is left out: servers do not check them.
    """
    if not isinstance(facets, list) or not facets:
        return ()
    places = _places(text)
    found = []
    for facet in facets:
        index = facet.get("index") if isinstance(facet, dict) else None
        if not isinstance(index, dict):
            continue
        start, end = places.get(index.get("byteStart")), places.get(index.get("byteEnd"))
        target = _target(facet.get("features"))
        if start is not None and end is not None and start < end and target is not None:
            found.append(Span(start, end, *target))
    return tuple(_apart(found))


def _places(text: str) -> Mapping[object, int]:
    """Code point index by byte offset, for every offset at which a character begins, and the end."""
    places: dict[object, int] = {}
    offset = 0
    for index, char in enumerate(text):
        places[offset] = index
        offset += 1 if char < "\x80" else 2 if char < "\u0800" else 3 if char < "\U00010000" else 4
    places[offset] = len(text)
    return places


def _target(features: object) -> tuple[SpanKind, str] | None:
    """What the first usable feature of a facet leads to."""
    for feature in features if isinstance(features, list) else ():
        if not isinstance(feature, dict):
            continue
        match feature:
            case {"$type": "app.bsky.richtext.facet#mention", "did": str(did)} if is_did(did):
                return SpanKind.MENTION, did
            case {"$type": "app.bsky.richtext.facet#link", "uri": str(uri)} if is_web(uri):
                return SpanKind.LINK, uri
            case {"$type": "app.bsky.richtext.facet#tag", "tag": str(tag)} if tag:
                return SpanKind.TAG, tag
            case _:
                continue
    return None


def is_web(uri: str) -> bool:
    """Whether a link is one that may be opened: http or https, with a host, and no space or control in it."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"[\x00-\x20\x7f-\x9f]", uri)


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """In the order of the text, without those that overlap one before."""
    end = 0
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.start >= end:
            yield span
            end = span.end


# --- facets as written: code points to bytes ---------------------------------------------------------------------


def spans(text: str) -> tuple[Span, ...]:
    """What of a text being written will be a link, a mention (target: the handle) or a tag."""
    return tuple(_apart((*_mentions(text), *_links(text), *_tags(text))))


def facets_for(text: str, found: Iterable[Span]) -> list[dict[str, Any]]:
    """Facets for spans; mentions must hold a DID by now (those that do not are left out)."""
    facets = []
    for span in found:
        match span.kind:
            case SpanKind.MENTION if is_did(span.target):
                feature = {"$type": f"{_FACET}#mention", "did": span.target}
            case SpanKind.LINK:
                feature = {"$type": f"{_FACET}#link", "uri": span.target}
            case SpanKind.TAG:
                feature = {"$type": f"{_FACET}#tag", "tag": span.target}
            case _:
                continue
        start = len(text[: span.start].encode())
        end = start + len(text[span.start : span.end].encode())
        facets.append({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
    return facets


def _known_domain(host: str) -> bool:
    return "." in host and host.rpartition(".")[2].lower() in TOP_LEVEL


def _mentions(text: str) -> Iterator[Span]:
    for found in _MENTION.finditer(text):
        handle = found[2]
        if _known_domain(handle) or handle.endswith(".test"):
            yield Span(found.start(1), found.end(1), SpanKind.MENTION, handle)


def _links(text: str) -> Iterator[Span]:
    for found in _LINK.finditer(text):
        uri, start, end = found[1], *found.span(1)
        if not uri.startswith(("http://", "https://")):
            if not (found["host"] and _known_domain(found["host"])):
                continue
            uri = f"https://{uri}"
        if uri[-1] in ".,;:!?":
            uri, end = uri[:-1], end - 1
        if uri.endswith(")") and "(" not in uri:
            uri, end = uri[:-1], end - 1
        if is_web(uri):
            yield Span(start, end, SpanKind.LINK, uri)


def _tags(text: str) -> Iterator[Span]:
    for found in _TAG.finditer(text):
        tag = _PUNCTUATION_AT_END.sub("", found[2].strip())
        if tag and len(tag.encode("utf-16-le", "surrogatepass")) // 2 <= 64:
            yield Span(found.start(1), found.start(1) + 1 + len(tag), SpanKind.TAG, tag)
    for found in _CASHTAG.finditer(text):
        yield Span(found.start(1), found.end(1), SpanKind.TAG, f"${found[2].upper()}")
