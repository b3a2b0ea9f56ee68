"""Mastodon's text rules: how long a text is, and what of it will be a link, a mention or a tag.

Sources: Mastodon's StatusLengthValidator (grapheme clusters; a link counts as characters_reserved_per_url, a
mention without its server), its documentation on posting; GoToSocial counts code points as they are (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import regex

from tweetdesk.domain.posts import Span, SpanKind
from tweetdesk.networks.base import Length
from tweetdesk.networks.mastodon_html import read_whole
from tweetdesk.networks.mastodon_instance import Instance
from tweetdesk.networks.mastodon_records import is_web, outside

_URL = re.compile(r"(?<![\w@/.#])https?://[^\s<>\"“”]+", re.IGNORECASE)
_MENTION = re.compile(
    r"(?<![\w@/.:])@(?P<name>[a-zA-Z0-9_]+(?:[a-zA-Z0-9_.-]*[a-zA-Z0-9_])?)(?P<server>@[\w.-]*\w(?::\d+)?)?"
)
_TAG = re.compile(r"(?<![\w&/#)])#(?P<tag>\w*[^\W\d]\w*)")
_AT_END = ".,;:!?'…»)]}*_"
_OPENERS = {")": "(", "]": "[", "}": "{"}
_GRAPHEME = regex.compile(r"\X")


def measure(text: str, warning: str, instance: Instance, host: str) -> Length:
    """The length of a text with its content warning; where it is no Mastodon the larger of both counts."""
    used = _graphemes(_counted(text, instance.characters_per_url)) + _graphemes(warning)
    if not instance.mastodon:
        used = max(used, len(text) + len(warning))
    limit = instance.max_characters
    over = used - limit
    return Length(used, limit, f"Too long by {over}: {host} takes {limit} characters." if over > 0 else "")


def _counted(text: str, per_url: int) -> str:
    """The text as it is counted."""
    parts, at = [], 0
    for span in spans(text):
        if span.kind is SpanKind.TAG:
            continue
        parts.append(text[at : span.start])
        name = span.target.partition("@")[0]
        parts.append("x" * per_url if span.kind is SpanKind.LINK else f"@{name}")
        at = span.end
    return "".join((*parts, text[at:]))


def _graphemes(text: str) -> int:
    return len(text) if text.isascii() and "\r" not in text else sum(1 for _ in _GRAPHEME.finditer(text))


def spans(text: str) -> tuple[Span, ...]:
    """Links, mentions (by handle) and tags of a text being written, in order; they never overlap."""
    found: list[Span] = list(_links(text))
    found += [
        Span(one.start(), one.end(), SpanKind.MENTION, one["name"] + (one["server"] or ""))
        for one in outside(_MENTION, text, found)
    ]
    found += [Span(one.start(), one.end(), SpanKind.TAG, one["tag"]) for one in outside(_TAG, text, found)]
    return tuple(sorted(found, key=lambda span: span.start))


def _links(text: str) -> Iterator[Span]:
    for found in _URL.finditer(text):
        url = found[0]
        while url and url[-1] in _AT_END:
            if url[-1] in _OPENERS and url.count(_OPENERS[url[-1]]) >= url.count(url[-1]):
                break
            url = url[:-1]
        if is_web(url):
            yield Span(found.start(), found.start() + len(url), SpanKind.LINK, url)


def mentions(text: str) -> tuple[str, ...]:
    """The handles that a text addresses, in lower case, as they are written."""
    return tuple(span.target.lower() for span in spans(text) if span.kind is SpanKind.MENTION)


# --- is it the same text? ----------------------------------------------------------------------------------------


def same_text(written: str, html: str, plain: str) -> bool:
    """Whether a server's post is what was written: by its plain text where it tells one, else by its HTML.

    A server shortens links and mentions, and changes spaces and the way in which addresses are written.
    """
    if plain and _essence(plain) == _essence(written):
        return True
    return _essence(read_whole(html)) == _essence(written)


def _essence(text: str) -> list[str]:
    """The words of a text, mentions without their servers, addresses in one way of writing."""
    parts, at = [], 0
    for span in spans(text):
        parts.append(text[at : span.start])
        if span.kind is SpanKind.MENTION:
            parts.append("@" + span.target.partition("@")[0].lower())
        elif span.kind is SpanKind.LINK:
            parts.append(_address(span.target))
        else:
            parts.append(text[span.start : span.end])
        at = span.end
    return "".join((*parts, text[at:])).split()


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode("ascii") if parts.hostname else ""
        rest = unquote(f"{parts.path}?{parts.query}#{parts.fragment}").rstrip("#").rstrip("?").rstrip("/")
    except ValueError:
        return url
    return f"{parts.scheme}://{host}:{parts.port or ''}{rest}"
