"""Text as Mastodon has it: plain text to facets, records to HTML and back to what was typed."""

from __future__ import annotations

import html
import re
from typing import Any

from .mastodon_ids import HOST, Directory
from .richtext import detect_facets

Json = dict[str, Any]
_MENTION = re.compile(r"(?<![=/\w])@([a-z0-9_]+)(?:@([a-z0-9.-]*[a-z0-9]))?", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"]+")
_PROTOCOL = re.compile(r"https?://(?:www\.)?")


def facets_of(text: str, directory: Directory) -> list[Json]:
    """The facets of a typed text: mentions of people who exist, links, hashtags."""
    facets = detect_facets(text, lambda handle: None)
    taken = [(match.start(), match.end()) for match in _URL.finditer(text)]
    for match in _MENTION.finditer(text):
        if any(start <= match.start() < end for start, end in taken):
            continue
        for address, end in ((match[0], match.end()), ("@" + match[1], match.end(1))):
            person = directory.by_acct(address)
            if person is not None and (end == match.end() or match[2] is None):
                start = len(text[: match.start()].encode("utf-8", "surrogatepass"))
                size = len(text[match.start() : end].encode("utf-8", "surrogatepass"))
                feature = {"$type": "app.bsky.richtext.facet#mention", "did": person.did}
                facets.append({"index": {"byteStart": start, "byteEnd": start + size}, "features": [feature]})
                break
    return sorted(facets, key=lambda facet: int(facet["index"]["byteStart"]))


def count(text: str, per_url: int) -> int:
    """The length of a text by Mastodon's rule: a URL counts `per_url`, of an address only the user name."""
    text = _URL.sub("x" * per_url, text)
    return len(_MENTION.sub(lambda match: "@" + match[1], text))


def pieces(value: Json) -> list[tuple[str, Json]]:
    """A text cut at its facets: (text, feature), the feature empty for plain text."""
    raw = str(value.get("text", "")).encode("utf-8", "surrogatepass")
    found: list[tuple[str, Json]] = []
    done = 0
    for facet in sorted(value.get("facets") or (), key=lambda one: int(one["index"]["byteStart"])):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        if start < done or end > len(raw) or not facet["features"]:
            continue
        found.append((raw[done:start].decode("utf-8", "replace"), {}))
        found.append((raw[start:end].decode("utf-8", "replace"), facet["features"][0]))
        done = end
    found.append((raw[done:].decode("utf-8", "replace"), {}))
    return [(text, feature) for text, feature in found if text]


def content(value: Json, directory: Directory, *, before: list[str], links: list[str]) -> str:
    """The HTML of a record: `before` are people (DIDs) mentioned in front of it, `links` follow the text."""
    out = [mention(did, directory) + " " for did in before]
    for text, feature in pieces(value):
        if "did" in feature and feature["did"] in directory.world.people.by_did:
            out.append(mention(feature["did"], directory))
        elif "uri" in feature:
            out.append(link(feature["uri"]))
        elif "tag" in feature:
            out.append(hashtag(feature["tag"]))
        else:
            out.append(_escape(text))
    paragraphs = re.split(r"\n{2,}", "".join(out))
    paragraphs.extend(link(url) for url in links)
    return "".join(f"<p>{one.replace(chr(10), '<br />')}</p>" for one in paragraphs if one)


def typed(value: Json, directory: Directory) -> str:
    """The text of a record as one would have typed it here."""
    return "".join(
        "@" + directory.acct(feature["did"]) if feature.get("did") in directory.world.people.by_did else text
        for text, feature in pieces(value)
    )


def tags(value: Json) -> list[str]:
    """The hashtags of a record, lower case, each once."""
    found = (feature["tag"].lower() for _, feature in pieces(value) if "tag" in feature)
    return list(dict.fromkeys(found))


def mention(did: str, directory: Directory) -> str:
    name = directory.place(did)[0]
    inner = f'<a href="{directory.url(did)}" class="u-url mention">@<span>{name}</span></a>'
    return f'<span class="h-card" translate="no">{inner}</span>'


def hashtag(tag: str) -> str:
    url = f"https://{HOST}/tags/{html.escape(tag.lower())}"
    return f'<a href="{url}" class="mention hashtag" rel="tag">#<span>{_escape(tag)}</span></a>'


def link(url: str) -> str:
    """A link as Mastodon shows it: without protocol, cut after 30 letters; the rest is there, invisible."""
    found = _PROTOCOL.match(url)
    prefix = found[0] if found else ""
    shown, rest = url[len(prefix) : len(prefix) + 30], url[len(prefix) + 30 :]
    kind = "ellipsis" if rest else ""
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{prefix}</span><span class="{kind}">{_escape(shown)}</span>'
        f'<span class="invisible">{_escape(rest)}</span></a>'
    )


def _escape(text: str) -> str:
    return html.escape(text).replace("&#x27;", "&#39;")
