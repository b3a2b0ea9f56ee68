"""X's text rules: weighted length, and what of a text is a link, a mention, a hashtag or a cashtag.

Sources: twitter-text, its configuration v3 and its conformance suite; docs.x.com, counting characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.posts import Span, SpanKind, apart
from tweetdesk.networks.base import Length
from tweetdesk.networks.domains import INTERNATIONAL, TOP_LEVEL

#: Configuration v3: what a post may weigh, what a link and a character weigh, and the ranges that weigh 1.
POST_LIMIT, LINK_WEIGHT, USUAL_WEIGHT = 280, 23, 2
LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
#: How long a direct message may be (characters).
MESSAGE_LIMIT = 10_000
#: A link is no longer than this, the part of a t.co link after the slash no longer than that.
LONGEST_LINK, LONGEST_SLUG = 4096, 40

_ACCENTS = (
    "\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u00ff\\u0100-\\u024f\\u0253\\u0254\\u0256\\u0257\\u0259\\u025b\\u0263"
    "\\u0268\\u026f\\u0272\\u0289\\u028b\\u02bb\\u0300-\\u036f\\u1e00-\\u1eff"
)
_CYRILLIC = "\\u0400-\\u04ff"
_SPACES = "\\u0009-\\u000d \\u0085\\u00a0\\u1680\\u180e\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
_DIRECTIONS = "\\u202a-\\u202e\\u061c\\u200e\\u200f\\u2066-\\u2069"
_NEVER = "\\ufffe\\ufeff\\uffff"
_PUNCTUATION = r"""!'#%&()*+,\\\-./:;<=>?@\[\]^_{|}~$"""

# --- links -------------------------------------------------------------------------------------------------------

_HOST = f"[^{_PUNCTUATION}{_SPACES}{_NEVER}{_DIRECTIONS}]"
# Labels are read in one way only, and are bounded: a text of dots must not take for ever.
_SUBDOMAIN = rf"(?>{_HOST}{{1,100}}(?:[_-]{{1,20}}{_HOST}{{1,100}}){{0,20}})\."
_NAME = rf"(?>{_HOST}{{1,100}}(?:-{{1,20}}{_HOST}{{1,100}}){{0,20}})\."
_AFTER_TOP = r"(?=[^0-9a-zA-Z@+-]|$)"
_TOP = rf"(?:(?=[a-z]{{2,24}}{_AFTER_TOP}|[^\x00-\x7f])(?:\L<tops>){_AFTER_TOP}|xn--[\-0-9a-z]+)"
_PATH_CHAR = rf"[a-z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_ACCENTS}]"
_PARENS = rf"\((?:{_PATH_CHAR}+|(?:{_PATH_CHAR}*\({_PATH_CHAR}+\){_PATH_CHAR}*))\)"
_PATH_END = rf"(?:[+\-a-z{_CYRILLIC}0-9=_#/{_ACCENTS}]|(?:{_PARENS}))"
_PATH = rf"(?:(?:{_PATH_CHAR}*(?:{_PARENS}{_PATH_CHAR}*)*{_PATH_END})|(?:@{_PATH_CHAR}+/))"
_QUERY = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*[a-z0-9\-_&=#/]"
_TOPS = sorted(TOP_LEVEL | INTERNATIONAL)
_LINK = regex.compile(
    rf"(?P<before>[^A-Za-z0-9@＠$#＃{_NEVER}]|[{_DIRECTIONS}]|^)"
    rf"(?P<url>(?P<protocol>https?://)?(?P<domain>(?:{_SUBDOMAIN}){{0,8}}{_NAME}{_TOP})(?::[0-9]+)?"
    rf"(?P<path>/{_PATH}*)?(?P<query>\?{_QUERY})?)",
    regex.IGNORECASE,
    tops=_TOPS,
)
_PLAIN_DOMAIN = regex.compile(rf"(?:[\-a-z0-9{_ACCENTS}]+\.)+{_TOP}", regex.IGNORECASE, tops=_TOPS)
_SHORTENED = re.compile(rf"https?://t\.co/([a-z0-9]+)(?:\?{_QUERY})?", re.IGNORECASE)


def links(text: str) -> list[tuple[int, int]]:
    """Where X will see links (start, end), also without http:// before them."""
    if "." not in text:
        return []
    found: list[tuple[int, int]] = []
    for match in _LINK.finditer(text):
        start, end = match.span("url")
        if not _fits(match["url"], match["domain"], match["protocol"] or "https://"):
            continue
        if match["protocol"]:
            found += _with_protocol(match["url"], start, end)
        elif not match["before"] or match["before"] not in "-_./":
            found += _without_protocol(match, start, end)
    return found


def _with_protocol(url: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    short = _SHORTENED.match(url)
    if short is None:
        yield start, end
    elif len(short[1]) <= LONGEST_SLUG:
        yield start, start + short.end()


def _without_protocol(match: regex.Match[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The hosts in Latin letters within a domain; the last one with the path behind it."""
    hosts = [(start + host.start(), start + host.end()) for host in _PLAIN_DOMAIN.finditer(match["domain"])]
    if hosts and match["path"]:
        hosts[-1] = (hosts[-1][0], end)
    yield from hosts


def _fits(url: str, domain: str, protocol: str) -> bool:
    """Whether the host can be written in punycode, and the link is not too long."""
    try:
        encoded = domain.encode("idna")
    except UnicodeError:
        return False
    return bool(encoded) and len(protocol) + len(url) + len(encoded) - len(domain) <= LONGEST_LINK


# --- mentions, hashtags, cashtags --------------------------------------------------------------------------------

_MENTION = regex.compile(
    r"(?:^|[^a-zA-Z0-9_!#$%&*@＠]|(?:^|[^a-zA-Z0-9_+~.-])(?:rt|RT|rT|Rt):?)"
    r"(?P<whole>[@＠](?P<handle>[a-zA-Z0-9_]{1,20})(?P<list>/[a-zA-Z][a-zA-Z0-9_\-]{0,24})?)"
)
_NO_MENTION_BEFORE = regex.compile(f"[@＠]|[{_ACCENTS}]|://")
_REPLY = regex.compile(rf"[{_SPACES}{_DIRECTIONS}]*[@＠](?P<handle>[a-zA-Z0-9_]{{1,20}})")
_TAG_CHAR = (
    r"\p{L}\p{M}\p{Nd}_\u200c\u200d\ua67e\u05be\u05f3\u05f4\uff5e\u301c\u309b\u309c\u30a0\u30fb\u3003\u0f0b"
    r"\u0f0c\u00b7"
)
_TAG = regex.compile(
    rf"(?:(?<=[\ufe0e\ufe0f])|(?<![{_TAG_CHAR}&]))[#＃](?!\ufe0f|\u20e3)"
    rf"(?P<tag>[{_TAG_CHAR}]*[\p{{L}}\p{{M}}][{_TAG_CHAR}]*)(?![{_TAG_CHAR}#＃]|://)"
)
_CASHTAG = regex.compile(
    rf"(?:^|(?<=[{_SPACES}{_DIRECTIONS}]))\$(?P<tag>[a-zA-Z]{{1,6}}(?:[._][a-zA-Z]{{1,2}})?)(?=$|\s|[{_PUNCTUATION}])"
)


def mentions(text: str) -> Iterator[Span]:
    """Mentions by handle; one with a list behind it (@name/list) is not a mention."""
    for found in _MENTION.finditer(text):
        if not found["list"] and not _NO_MENTION_BEFORE.match(text, found.end()):
            yield Span(found.start("whole"), found.end("whole"), SpanKind.MENTION, found["handle"])


def answered(text: str) -> str:
    """The handle with which a text begins, "" where it begins with none."""
    found = _REPLY.match(text)
    return found["handle"] if found and not _NO_MENTION_BEFORE.match(text, found.end()) else ""


def hashtags(text: str) -> Iterator[Span]:
    """Hashtags; the target is without the #."""
    for found in _TAG.finditer(text):
        yield Span(found.start(), found.end(), SpanKind.TAG, found["tag"])


def cashtags(text: str) -> Iterator[Span]:
    """Cashtags; the target keeps its $."""
    for found in _CASHTAG.finditer(text):
        yield Span(found.start(), found.end(), SpanKind.TAG, f"${found['tag']}")


def spans(text: str) -> tuple[Span, ...]:
    """What of a text being written will be a link, a mention (target: the handle) or a tag."""
    linked = [Span(start, end, SpanKind.LINK, address(text[start:end])) for start, end in links(text)]
    return tuple(apart((*linked, *mentions(text), *hashtags(text), *cashtags(text))))


def address(link: str) -> str:
    """Where a link leads that may stand without its protocol."""
    return link if link.lower().startswith(("http://", "https://")) else f"https://{link}"


# --- length ------------------------------------------------------------------------------------------------------

_PERSON = r"[\U0001f468\U0001f469\U0001f9d1]\p{EMod}?"
# The joined ones that there are (Unicode 15, emoji-test.txt): others weigh as what they are made of.
_JOINED = (
    rf"{_PERSON}\u200d\u2764\ufe0f?\u200d(?:\U0001f48b\u200d)?{_PERSON}",  # couples
    rf"{_PERSON}\u200d\U0001f91d\u200d{_PERSON}",
    r"[\U0001f468\U0001f469](?:\u200d[\U0001f468\U0001f469])?(?:\u200d[\U0001f466\U0001f467]){1,2}",  # families
    rf"{_PERSON}\u200d[\u2695\u2696\u2708\U0001f33e\U0001f373\U0001f37c\U0001f384\U0001f393\U0001f3a4\U0001f3a8\U0001f3eb"
    r"\U0001f3ed\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680\U0001f692\U0001f9af-\U0001f9b3\U0001f9bc\U0001f9bd]\ufe0f?",
    r"[\p{EBase}\U0001f46f\U0001f93c\U0001f9de\U0001f9df](?:\p{EMod}|\ufe0f)?\u200d[\u2640\u2642]\ufe0f?",
    r"\U0001f636\u200d\U0001f32b\ufe0f?|\U0001f62e\u200d\U0001f4a8|\U0001f635\u200d\U0001f4ab",
    r"\u2764\ufe0f?\u200d[\U0001f525\U0001fa79]|\U0001f441\ufe0f?\u200d\U0001f5e8\ufe0f?",
    r"\U0001faf1\p{EMod}?\u200d\U0001faf2\p{EMod}?|\U0001f415\u200d\U0001f9ba|[\U0001f408\U0001f426]\u200d\u2b1b",
    r"\U0001f43b\u200d\u2744\ufe0f?|\U0001f3f3\ufe0f?\u200d[\U0001f308\u26a7]\ufe0f?|\U0001f3f4\u200d\u2620\ufe0f?",
)
_SINGLE = (
    r"\p{RI}\p{RI}|[0-9#*]\ufe0f?\u20e3|[\u00a9\u00ae\u2122\u265f]\ufe0f"
    r"|(?![\u00a9\u00ae\u2122\u265f0-9#*])[\p{Extended_Pictographic}\p{Emoji}]"
    r"(?:\p{EMod}|\ufe0f|(?!\ufe0e))(?:[\U000e0020-\U000e007e]+\U000e007f)?"
)
_EMOJI = regex.compile("|".join((*_JOINED, _SINGLE)))
_LEADING = regex.compile(rf"[{_SPACES}]*(?:[@＠][a-zA-Z0-9_]{{1,15}}[{_SPACES}]+)+")
_INVALID = re.compile("[\ufffe\ufeff\uffff]")


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a text weighs, and how many of its code points (of the NFC form) fit into a post."""

    weight: int
    fitting: int
    valid: bool


def weigh(text: str, *, emoji: bool = True) -> Weighed:
    """The weighted length by configuration v3; without `emoji` by v2, where each code point counts for itself."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    wholes = dict(links(text))
    pictures = {found.start(): found.end() for found in _EMOJI.finditer(text)} if emoji else {}
    weight = fitting = at = 0
    while at < len(text):
        if at in wholes:
            weight, after = weight + LINK_WEIGHT, wholes[at]
        elif at in pictures:
            weight, after = weight + USUAL_WEIGHT, pictures[at]
        else:
            weight, after = weight + _weight(ord(text[at])), at + 1
        at = max(after, at + 1)
        if weight <= POST_LIMIT:
            fitting = at
    broken = _INVALID.search(text)
    if broken:
        fitting = min(fitting, broken.start())
    return Weighed(weight, fitting, broken is None and 0 < weight <= POST_LIMIT)


def _weight(code: int) -> int:
    return 1 if any(first <= code <= last for first, last in LIGHT) else USUAL_WEIGHT


def measure(kind: ActKind, text: str) -> Length:
    """The length of a text: weighted for posts (the @handles that an answer begins with weigh nothing)."""
    if kind is ActKind.MESSAGE:
        used, limit, noun = len(text), MESSAGE_LIMIT, "message"
    else:
        leading = _LEADING.match(text) if kind is ActKind.REPLY else None
        used, limit, noun = weigh(text[leading.end() :] if leading else text).weight, POST_LIMIT, "post"
    return Length(used, limit, f"too long: a {noun} holds {limit} characters" if used > limit else "")
