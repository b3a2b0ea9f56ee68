"""Recent search as X's documentation describes its queries: words, phrases, operators, OR, negation, groups."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .records import POST, Record, owner_of, parent_of, quoted_by
from .x_fields import repost_of
from .x_ids import post_id

if TYPE_CHECKING:
    from .x_views import Answer

LENGTH = 512
"""The longest query of a self-serve app."""
Test = Callable[["Answer", Record], bool]
_TOKEN = re.compile(
    r'\s*(?:(?P<open>-?\()|(?P<close>\))|(?P<minus>-)?(?:(?P<field>[a-z_]+):(?P<value>"[^"]*"|[^\s()"]+)'
    r'|"(?P<phrase>[^"]*)"|(?P<word>[^\s()"]+)))'
)
ALONE = ("from", "to", "conversation_id", "in_reply_to_tweet_id", "quotes_of_tweet_id", "retweets_of", "url")
WITH_OTHERS = ("is", "has", "lang")
"""Operators that need another one beside them (docs.x.com, search operators)."""


class BadQuery(ValueError):
    """A query that X refuses; the message is X's."""


@dataclass(slots=True)
class Term:
    """A condition; `alone` where it may stand by itself."""

    test: Test
    alone: bool


def parse(query: str) -> Test:
    """The condition of a query. Raises BadQuery with what X says."""
    if len(query) > LENGTH:
        raise BadQuery(f"The length of the query is {len(query)}; it must not be greater than {LENGTH}")
    reader = _Reader(query)
    term = reader.either()
    if reader.place < len(reader.tokens):
        raise BadQuery(f"no viable alternative at input '{query}' (at position {reader.position()})")
    if not term.alone:
        raise BadQuery("Rules must contain at least one positive, non-stopword clause (at position 1)")
    return term.test


class _Reader:
    def __init__(self, query: str) -> None:
        self.query = query
        self.tokens: list[re.Match[str]] = []
        place = 0
        while place < len(query.rstrip()):
            match = _TOKEN.match(query, place)
            if match is None:
                raise BadQuery(f"missing EOF at '{query[place:]}' (at position {place + 1})")
            self.tokens.append(match)
            place = match.end()
        self.place = 0

    def position(self) -> int:
        here = self.tokens[self.place].start() if self.place < len(self.tokens) else len(self.query)
        return here + 1

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def either(self) -> Term:
        terms = [self.all()]
        while (token := self.peek()) is not None and token["word"] == "OR":
            self.place += 1
            terms.append(self.all())
        if len(terms) == 1:
            return terms[0]
        tests = [term.test for term in terms]
        return Term(
            lambda answer, record: any(test(answer, record) for test in tests), all(t.alone for t in terms)
        )

    def all(self) -> Term:
        terms: list[Term] = []
        while (token := self.peek()) is not None and not token["close"] and token["word"] != "OR":
            terms.append(self.one(token))
        if not terms:
            raise BadQuery(f"no viable alternative at input '{self.query}' (at position {self.position()})")
        tests = [term.test for term in terms]
        return Term(
            lambda answer, record: all(test(answer, record) for test in tests), any(t.alone for t in terms)
        )

    def one(self, token: re.Match[str]) -> Term:
        self.place += 1
        if token["open"]:
            term = self.either()
            closing = self.peek()
            if closing is None or not closing["close"]:
                raise BadQuery(f"missing ')' at '<EOF>' (at position {self.position()})")
            self.place += 1
            negated = token["open"].startswith("-")
        else:
            term, negated = _term(token), bool(token["minus"])
        if not negated:
            return term
        test = term.test
        return Term(lambda answer, record: not test(answer, record), False)


def _term(token: re.Match[str]) -> Term:
    if token["phrase"] is not None:
        return Term(_words(token["phrase"]), True)
    word = token["word"]
    if word is not None:
        return Term(_mention(word[1:]) if word[:1] == "@" and len(word) > 1 else _words(word), True)
    name, value = token["field"], token["value"].strip('"')
    if name in _OPERATORS:
        return Term(_OPERATORS[name](value, token), name in ALONE)
    if value.startswith("//"):
        return Term(_words(f"{name}:{value}"), True)
    raise BadQuery(
        f"Reference to invalid operator '{name}'. Operator is not available in current product or product "
        "packaging. Please refer to complete available operator list at "
        "https://developer.x.com/en/docs/twitter-api/tweets/search/integrate/operators."
        f" (at position {token.start() + 1})"
    )


def _words(words: str) -> Test:
    """Whole words in their order, any case; hashtags as they are; scripts without spaces anywhere."""
    body = r"\s+".join(re.escape(word) for word in words.split())
    if words.isascii() and words[:1].isalnum():
        body = r"(?<!\w)" + body
    if words.isascii() and words[-1:].isalnum():
        body += r"(?!\w)"
    pattern = re.compile(body, re.IGNORECASE)
    return lambda answer, record: pattern.search(html.unescape(answer.shown(record).text)) is not None


def _mention(name: str) -> Test:
    def test(answer: Answer, record: Record) -> bool:
        spans = answer.shown(record).spans
        return any(str(span.about.get("username", "")).lower() == name.lower() for span in spans)

    return test


def _by(value: str, token: re.Match[str]) -> Test:
    return lambda answer, record: record.did == _did(answer, value)


def _did(answer: Answer, value: str) -> str | None:
    """Somebody by username or number."""
    person = answer.call.names.user(value)
    return person.did if person is not None else answer.call.names.did(value)


def _to(value: str, token: re.Match[str]) -> Test:
    def test(answer: Answer, record: Record) -> bool:
        parent = parent_of(record)
        return parent is not None and owner_of(parent) == _did(answer, value)

    return test


def _thread(value: str, token: re.Match[str]) -> Test:
    return lambda answer, record: post_id(answer.call.world.thread_root(record)) == value


def _same(which: Callable[[Record], str | None]) -> Callable[[str, re.Match[str]], Test]:
    def make(value: str, token: re.Match[str]) -> Test:
        def test(answer: Answer, record: Record) -> bool:
            uri = which(record)
            return uri is not None and post_id(uri) == value

        return test

    return make


def _reposts_of(value: str, token: re.Match[str]) -> Test:
    def test(answer: Answer, record: Record) -> bool:
        uri = repost_of(record)
        return uri is not None and owner_of(uri) == _did(answer, value)

    return test


def _is(value: str, token: re.Match[str]) -> Test:
    tests: dict[str, Test] = {
        "retweet": lambda answer, record: record.collection != POST,
        "reply": lambda answer, record: parent_of(record) is not None,
        "quote": lambda answer, record: quoted_by(record) is not None,
        "verified": lambda answer, record: False,
    }
    return _chosen("is", value, tests, token)


def _has(value: str, token: re.Match[str]) -> Test:
    def spans(kind: str) -> Test:
        return lambda answer, record: any(span.kind == kind for span in answer.shown(record).spans)

    def media(answer: Answer, record: Record) -> bool:
        return bool(answer.media_of(record))

    tests = {
        name: spans(kind) for name, kind in (("links", "urls"), ("hashtags", "hashtags"), ("mentions", "mentions"))
    }
    return _chosen("has", value, {**tests, "media": media, "images": media}, token)


def _chosen(name: str, value: str, tests: dict[str, Test], token: re.Match[str]) -> Test:
    if value not in tests:
        raise BadQuery(f"Invalid operator '{name}:{value}' (at position {token.start() + 1})")
    return tests[value]


def _lang(value: str, token: re.Match[str]) -> Test:
    return lambda answer, record: value in (record.value.get("langs") or ("und",))[:1]


def _url(value: str, token: re.Match[str]) -> Test:
    def test(answer: Answer, record: Record) -> bool:
        spans = answer.shown(record).spans
        return any(value.lower() in str(span.about.get("expanded_url", "")).lower() for span in spans)

    return test


_OPERATORS: dict[str, Callable[[str, re.Match[str]], Test]] = {
    "from": _by,
    "to": _to,
    "conversation_id": _thread,
    "in_reply_to_tweet_id": _same(parent_of),
    "quotes_of_tweet_id": _same(quoted_by),
    "retweets_of": _reposts_of,
    "is": _is,
    "has": _has,
    "lang": _lang,
    "url": _url,
}
