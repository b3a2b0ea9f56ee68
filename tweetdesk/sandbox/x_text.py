"""Texts as X shows them: shortened links, entities by code points, weighted length, long posts."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
LIMIT = 280
"""The weighted length of a post (twitter-text, configuration v3)."""
LINK_WEIGHT = 23
NOTE_LENGTH = 25_000
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""The code points that weigh 1; all others weigh 2."""
_DOMAINS = "com|org|net|edu|gov|io|dev|app|info|eu|de|uk|fr|es|pt|jp|co|tv|example"
"""The top-level domains that make a link without a scheme; after one, any will do."""
_LETTER = r"a-z0-9\u00c0-\u024f"
_LABEL = rf"[{_LETTER}](?:[{_LETTER}_-]{{0,61}}[{_LETTER}])?"
_DOMAIN = rf"[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?"
_PATH = (
    rf"(?:/[{_LETTER}!*';:=+,.$%#\[\]_~@&|()/\u2013\u0400-\u04ff-]*)?(?:\?[a-z0-9!?*'();:&=+$/%#\[\]\-_.,~|@]*)?"
)
_LINK = re.compile(
    rf"(?<![{_LETTER}@＠$#＃_.:/-])(?:(?:https?://(?:{_LABEL}\.)*{_DOMAIN}\.[a-z]{{2,24}}(?::\d+)?)"
    rf"|(?:(?:{_LABEL}\.)*{_DOMAIN}\.(?:{_DOMAINS}|[a-z]{{2}}(?=/))))(?![{_LETTER}_@-]|\.[{_LETTER}]){_PATH}",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w!#$%&*@＠])[@＠]([A-Za-z0-9_]{1,15})(?![\w@＠]|://)")
_TAG = re.compile(r"(?<![\w&])[#＃](\w*[^\W\d_]\w*)")
_LEADING = re.compile(r"(?:@[A-Za-z0-9_]{1,15}\s+)+")


@dataclass(slots=True)
class Span:
    """A part of a text that means something: code points, and what X tells about it."""

    start: int
    end: int
    kind: str
    """hashtags, mentions or urls."""
    about: Json = field(default_factory=dict)


@dataclass(slots=True)
class Shown:
    """A text as the API gives it (escaped for HTML) with the entities in it."""

    text: str
    spans: list[Span]

    def entities(self) -> Json:
        """FullTextEntities; empty where there are none."""
        found: Json = {}
        for span in self.spans:
            found.setdefault(span.kind, []).append({"start": span.start, "end": span.end, **span.about})
        return found


def links(text: str) -> list[tuple[int, int]]:
    """Where links stand in a text that somebody has typed, also those without a scheme."""
    found = []
    for match in _LINK.finditer(text):
        raw = match.group().rstrip(".,;:!?'*$@|[~")
        while raw.endswith(")") and raw.count("(") < raw.count(")"):
            raw = raw[:-1]
        found.append((match.start(), match.start() + len(raw)))
    return found


def weigh(text: str, *, reply: bool = False) -> int:
    """The weighted length of a post; the mentions that a reply begins with weigh nothing."""
    text = unicodedata.normalize("NFC", text)
    leading = _LEADING.match(text) if reply else None
    text = text[leading.end() :] if leading else text
    total, place = 0, 0
    for start, end in links(text):
        total += _plain(text[place:start]) + LINK_WEIGHT
        place = end
    return total + _plain(text[place:])


def _plain(text: str) -> int:
    if text.isascii():
        return len(text)
    import regex

    pieces = regex.findall(r"\X", text)
    emoji = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3")
    total = 0
    for piece in pieces:
        if not piece.isascii() and emoji.match(piece) and (len(piece) > 1 or ord(piece) > 0x203B):
            total += 2
        else:
            total += sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in piece)
    return total


def short_link(uri: str) -> str:
    """The t.co address of a link: the same for the same link."""
    number, letters = int.from_bytes(hashlib.sha256(uri.encode()).digest()[:8], "big"), []
    for _ in range(10):
        number, rest = divmod(number, 62)
        letters.append("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[rest])
    return "https://t.co/" + "".join(letters)


def link_about(uri: str) -> Json:
    """What X tells about a link."""
    bare = re.sub(r"^https?://(www\.)?", "", uri).rstrip("/")
    display = bare if len(bare) <= 27 else bare[:26] + "…"
    return {"url": short_link(uri), "expanded_url": uri, "display_url": display}


def typed_facets(text: str, did_of: Callable[[str], str | None]) -> list[Json]:
    """The facets (app.bsky.richtext.facet) of a text that was posted on X: usernames, links, hashtags."""
    found: list[tuple[int, int, Json]] = []
    for start, end in links(text):
        uri = text[start:end]
        uri = uri if "://" in uri else f"https://{uri}"
        found.append((start, end, {"$type": "app.bsky.richtext.facet#link", "uri": uri}))
    taken = [(start, end) for start, end, _ in found]
    for match in _MENTION.finditer(text):
        did = did_of(match[1])
        if did is not None and not any(start <= match.start() < end for start, end in taken):
            found.append((match.start(), match.end(), {"$type": "app.bsky.richtext.facet#mention", "did": did}))
    found.extend(
        (match.start(), match.end(), {"$type": "app.bsky.richtext.facet#tag", "tag": match[1]})
        for match in _TAG.finditer(text)
        if not any(start <= match.start() < end for start, end in taken)
    )
    found.sort(key=lambda item: item[0])
    return [_facet(text, start, end, feature) for start, end, feature in found]


def _facet(text: str, start: int, end: int, feature: Json) -> Json:
    first = len(text[:start].encode("utf-8", "surrogatepass"))
    size = len(text[start:end].encode("utf-8", "surrogatepass"))
    return {"index": {"byteStart": first, "byteEnd": first + size}, "features": [feature]}


class Maker:
    """Puts a shown text together, piece by piece, counting code points as the API gives them."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.spans: list[Span] = []

    def plain(self, text: str) -> None:
        escaped = html.escape(text, quote=False)
        self.pieces.append(escaped)
        self.length += len(escaped)

    def marked(self, text: str, kind: str, about: Json) -> None:
        """A piece that is an entity."""
        start = self.length
        self.plain(text)
        self.spans.append(Span(start, self.length, kind, about))

    def link(self, uri: str) -> None:
        self.marked(short_link(uri), "urls", link_about(uri))

    def shown(self) -> Shown:
        return Shown("".join(self.pieces), self.spans)


def show(value: Json, mention: Callable[[str], tuple[str, str] | None], maker: Maker | None = None) -> Maker:
    """The text of a record as X has it: @username for each mentioned person, t.co for each link.

    `mention` gives (username, user id) of a DID, None for somebody unknown.
    """
    maker = maker or Maker()
    raw = str(value.get("text", "")).encode("utf-8", "surrogatepass")
    place = 0
    for facet in sorted(value.get("facets") or (), key=lambda one: int(one["index"]["byteStart"])):
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        if start < place or end > len(raw) or not facet.get("features"):
            continue
        maker.plain(raw[place:start].decode("utf-8", "replace"))
        _feature(maker, facet["features"][0], raw[start:end].decode("utf-8", "replace"), mention)
        place = end
    maker.plain(raw[place:].decode("utf-8", "replace"))
    return maker


def _feature(maker: Maker, feature: Json, text: str, mention: Callable[[str], tuple[str, str] | None]) -> None:
    if "uri" in feature:
        maker.link(str(feature["uri"]))
    elif "did" in feature:
        known = mention(str(feature["did"]))
        if known is None:
            maker.plain(text)
        else:
            maker.marked(f"@{known[0]}", "mentions", {"username": known[0], "id": known[1]})
    elif "tag" in feature:
        maker.marked(text, "hashtags", {"tag": str(feature["tag"])})
    else:
        maker.plain(text)


def cut(shown: Shown, size: int, ending: str = "…") -> Shown:
    """The beginning of a text with an ending, at most `size` code points; no entity is cut in two."""
    if len(shown.text) <= size:
        return shown
    end = size - len(ending)
    for span in shown.spans:
        if span.start < end < span.end:
            end = span.start
    broken = shown.text.rfind("&", max(0, end - 4), end)
    if broken >= 0 and ";" not in shown.text[broken:end]:
        end = broken
    kept = shown.text[:end].rstrip()
    return Shown(kept + ending, [span for span in shown.spans if span.end <= len(kept)])
