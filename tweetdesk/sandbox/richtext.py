"""Text as Bluesky sees it: facets by UTF-8 bytes, graphemes, words to search."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

_MENTION = re.compile(r"(?:^|(?<=[\s(]))@([a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)")
_LINK = re.compile(r"(?:^|(?<=[\s(]))(https?://[^\s<>\"]+)")
_TAG = re.compile("(?:^|(?<=\\s))[#＃]((?!\ufe0f)[^\\s\u00ad\u2060\u200a-\u200d\u20e2]+)")
_TRAILING = ".,;:!?"


def detect_facets(text: str, resolve: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """Facets of the mentions (that resolve to a DID), links and tags of a text, in order."""
    found: list[tuple[int, int, dict[str, str]]] = []
    if "@" in text:
        for match in _MENTION.finditer(text):
            did = resolve(match.group(1))
            if did is not None:
                feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
                found.append((match.start(1) - 1, match.end(1), feature))
    if "://" in text:
        for match in _LINK.finditer(text):
            uri = match.group(1).rstrip(_TRAILING)
            if uri.endswith(")") and "(" not in uri:
                uri = uri[:-1]
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
            found.append((match.start(1), match.start(1) + len(uri), feature))
    if "#" in text or "＃" in text:
        found.extend(_tags(text))
    found.sort(key=lambda item: item[0])
    return [_facet(text, start, end, feature) for start, end, feature in found]


def _tags(text: str) -> list[tuple[int, int, dict[str, str]]]:
    found = []
    for match in _TAG.finditer(text):
        tag = match.group(1)
        while tag and unicodedata.category(tag[-1]).startswith("P"):
            tag = tag[:-1]
        if tag and not tag.isdigit() and len(tag) <= 64:
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
            found.append((match.start(1) - 1, match.start(1) + len(tag), feature))
    return found


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
    first = len(text[:start].encode("utf-8", "surrogatepass"))
    index = {"byteStart": first, "byteEnd": first + len(text[start:end].encode("utf-8", "surrogatepass"))}
    return {"index": index, "features": [feature]}


def graphemes(text: str) -> int:
    """How many user-perceived characters a text has (extended grapheme clusters)."""
    if text.isascii() and "\r" not in text:
        return len(text)
    import regex

    return len(regex.findall(r"\X", text))


def mentioned(record: dict[str, Any]) -> list[str]:
    """The DIDs that a post's facets mention, each once, in order."""
    dids: dict[str, None] = {}
    for facet in record.get("facets") or ():
        for feature in facet.get("features") or ():
            if isinstance(feature.get("did"), str):
                dids[feature["did"]] = None
    return list(dids)
