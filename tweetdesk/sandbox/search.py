"""The search of the sandbox: words, phrases, authors and times, as app.bsky.feed.searchPosts takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .ids import iso, parse_time
from .records import Record
from .richtext import mentioned

if TYPE_CHECKING:
    from .people import People

_TERM = re.compile(r'(?P<field>[a-z]+):(?P<value>[^\s"]+)|"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+)')


@dataclass
class Query:
    """A search, ready to be held against posts."""

    patterns: list[re.Pattern[str]] = field(default_factory=list)
    authors: list[str | None] = field(default_factory=list)
    mentions: list[str | None] = field(default_factory=list)
    since: str = ""
    until: str = ""
    lang: str = ""
    domains: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    def matches(self, record: Record) -> bool:
        """Whether a post has all that is asked for."""
        if (self.since and record.sort_at < self.since) or (self.until and record.sort_at >= self.until):
            return False
        if any(author != record.did for author in self.authors):
            return False
        value = record.value
        if self.mentions and not set(self.mentions) <= set(mentioned(value)):
            return False
        if self.lang and self.lang not in (value.get("langs") or ()):
            return False
        if self.tags and not set(self.tags) <= _tags(value):
            return False
        if self.domains and not all(domain in _links(value) for domain in self.domains):
            return False
        text = searchable(value)
        return all(pattern.search(text) for pattern in self.patterns)


def parse_query(params: dict[str, Any], people: People, viewer: str | None) -> Query:
    """The search of a call. Raises ValueError for a time that is none."""
    query = Query()
    terms = list(_TERM.finditer(params["q"]))
    for term in terms:
        name, value = term["field"], term["value"]
        if name in ("from", "author"):
            query.authors.append(_did(people, value, viewer))
        elif name in ("to", "mentions"):
            query.mentions.append(_did(people, value, viewer))
        elif name in ("since", "until", "lang"):
            setattr(query, name, iso(parse_time(value)) if name != "lang" else value)
        elif name == "domain":
            query.domains.append(value)
        else:
            query.patterns.append(pattern(term["phrase"] or term["word"] or term[0]))
    if params["author"]:
        query.authors.append(_did(people, params["author"], viewer))
    if params["mentions"]:
        query.mentions.append(_did(people, params["mentions"], viewer))
    query.since = iso(parse_time(params["since"])) if params["since"] else query.since
    query.until = iso(parse_time(params["until"])) if params["until"] else query.until
    query.lang = params["lang"] or query.lang
    query.domains.extend(part for part in (params["domain"], params["url"]) if part)
    query.tags.extend(tag.removeprefix("#").lower() for tag in params["tag"])
    return query


def searchable(value: dict[str, Any]) -> str:
    """The text of a post in which words are looked for: its own, alt texts and the card."""
    text = str(value.get("text", ""))
    embed = value.get("embed")
    if not isinstance(embed, dict):
        return text
    media = embed.get("media") if isinstance(embed.get("media"), dict) else embed
    parts = [text, *(str(image.get("alt", "")) for image in (media or {}).get("images") or ())]
    card = (media or {}).get("external")
    if isinstance(card, dict):
        parts.extend(str(card.get(key, "")) for key in ("title", "description"))
    return "\n".join(parts)


def _did(people: People, actor: str, viewer: str | None) -> str | None:
    if actor == "me":
        return viewer
    person = people.find(actor)
    return person.did if person is not None else None


def pattern(words: str) -> re.Pattern[str]:
    """Whole words, any case, a plural s allowed; scripts without spaces: anywhere in the text."""
    body = r"\s+".join(re.escape(word) for word in words.split())
    if not words.isascii():
        return re.compile(body, re.IGNORECASE)
    start = r"(?<!\w)" if words[:1].isalnum() else ""
    end = r"s?(?!\w)" if words[-1:].isalnum() else ""
    return re.compile(start + body + end, re.IGNORECASE)


def _features(value: dict[str, Any]) -> list[dict[str, Any]]:
    return [feature for facet in value.get("facets") or () for feature in facet.get("features") or ()]


def _tags(value: dict[str, Any]) -> set[str]:
    """The hashtags of a post, whole, in lower case."""
    return {str(feature["tag"]).lower() for feature in _features(value) if "tag" in feature}


def _links(value: dict[str, Any]) -> str:
    features = _features(value)
    card = (value.get("embed") or {}).get("external") or {}
    return " ".join([*(str(feature.get("uri", "")) for feature in features), str(card.get("uri", ""))])
