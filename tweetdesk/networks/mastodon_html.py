"""The HTML of posts turned into text with the places of its links; broken and hostile HTML survives.

Source: Mastodon documentation, "HTML sanitization": p span br a del pre code em strong b i u ul ol li blockquote,
with the classes invisible, ellipsis, mention, hashtag, quote-inline. Other servers send more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html.parser import HTMLParser

#: Longer HTML is cut off (characters); tags deeper than this are passed over; empty lines in a row.
LONGEST, DEEPEST, MOST_BREAKS = 65_536, 100, 4

_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
})  # fmt: skip
_NEVER_SHOWN = frozenset({
    "script", "style", "template", "title", "head", "iframe", "object", "noscript", "textarea", "select", "svg",
    "math",
})  # fmt: skip
_BLOCKS = frozenset({
    "p", "div", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "hr",
    "section", "article",
})  # fmt: skip
_APART = frozenset({
    "p", "pre", "blockquote", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "table",
})  # fmt: skip
#: What begins like a tag but does not end before the next one: plain text. (The parser would try each
#: again and again.)
_NO_TAG = re.compile(r"<(?![^<>]*>)")
#: References to characters with more digits than any character has; the standard library raises for thousands.
_NO_CHARACTER = re.compile(r"&#(?:[0-9]{9,}|[xX][0-9a-fA-F]{9,});?")
_WITH_BREAK = re.compile(r"[ ]*[\t\n\r\f][ \t\n\r\f]*")


class LinkKind(StrEnum):
    """What the classes of a link say that it is."""

    PAGE = "page"
    MENTION = "mention"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Link:
    """A link in the text, in code points: links are in order and never overlap."""

    start: int
    end: int
    href: str
    kind: LinkKind = LinkKind.PAGE


@dataclass(slots=True)
class _Open:
    """A tag that is open, and what it does to what is in it."""

    tag: str
    hidden: bool = False
    ellipsis: bool = False
    number: int = 0


def read(html: str) -> tuple[str, tuple[Link, ...]]:
    """The text of a post's HTML, and its links. Never raises."""
    return _Reader(whole_links=False).result(html)


def read_whole(html: str) -> str:
    """The text with each address in full, as its author wrote it; for comparing, not for showing."""
    return _Reader(whole_links=True).result(html)[0]


class _Reader(HTMLParser):
    def __init__(self, *, whole_links: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._whole = whole_links
        self._parts: list[str] = []
        self._length = 0
        self._breaks = 0  # lines to end before the next text
        self._bullet = ""
        self._stack: list[_Open] = []
        self._href: tuple[str, LinkKind] | None = None
        self._link_start: int | None = None
        self._links: list[Link] = []

    def result(self, html: str) -> tuple[str, tuple[Link, ...]]:
        self.feed(_tamed(html[:LONGEST]))
        self.close()
        self._end_link()
        text = "".join(self._parts).rstrip()
        return text, tuple(_clipped(self._links, text))

    # --- what the parser calls -----------------------------------------------------------------------------------

    def parse_html_declaration(self, i: int) -> int:
        """Whatever begins with "<!" is a comment: the parser of the standard library raises for some of it."""
        if self.rawdata.startswith("<!--", i):
            return self.parse_comment(i)
        return self.parse_bogus_comment(i)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag begins."""
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        if tag in _VOID:
            self._void(tag, values)
            return
        if tag in _BLOCKS:
            self._block(tag)
        if tag == "a":
            self._begin_link(values.get("href", ""), classes, values.get("rel", ""))
        hidden = tag in _NEVER_SHOWN or "invisible" in classes or "quote-inline" in classes
        if self._whole and "invisible" in classes:
            hidden = False
        if tag == "li":
            self._begin_item()
        if len(self._stack) < DEEPEST:
            self._stack.append(_Open(tag, hidden, "ellipsis" in classes))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """HTML knows no self-closing tags: the slash counts for nothing."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """A tag ends, and with it what was left open inside."""
        if tag == "a":
            self._end_link()
        if not any(one.tag == tag for one in self._stack):
            if tag in ("p", "br"):
                self._block(tag)
            return
        while self._stack:
            closed = self._stack.pop()
            if closed.ellipsis and not closed.hidden and not self._whole:
                self._write("…")
            if closed.tag in _BLOCKS:
                self._block(closed.tag)
            if closed.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._hidden or (self._whole and self._href and self._href[1] is LinkKind.PAGE):
            return
        if self._inside("pre"):
            for number, line in enumerate(data.replace("\r\n", "\n").split("\n")):
                self._breaks += number > 0
                self._write(line)
            return
        ends_line = _WITH_BREAK.match(data) is not None
        text = _WITH_BREAK.sub(" ", data)
        at_start = self._breaks > 0 or not self._parts
        self._write(text.lstrip(" ") if at_start and ends_line else text)

    # --- what is written -----------------------------------------------------------------------------------------

    @property
    def _hidden(self) -> bool:
        return any(one.hidden for one in self._stack)

    def _inside(self, *tags: str) -> bool:
        return any(one.tag in tags for one in self._stack)

    def _void(self, tag: str, values: dict[str, str]) -> None:
        if tag == "br" and not self._hidden:
            self._breaks += 1
        elif tag == "hr":
            self._block(tag)
        elif tag == "img" and not self._hidden:
            self._write(values.get("alt", ""))

    def _block(self, tag: str) -> None:
        self._breaks = max(self._breaks, 2 if tag in _APART and not self._inside("li", "ul", "ol") else 1)

    def _begin_item(self) -> None:
        lists = [one for one in self._stack if one.tag in ("ul", "ol")]
        self._bullet = "• "
        if lists and lists[-1].tag == "ol":
            lists[-1].number += 1
            self._bullet = f"{lists[-1].number}. "
        self._bullet = "  " * (len(lists) - 1) + self._bullet

    def _write(self, text: str) -> None:
        if not text or (text.isspace() and (self._breaks or not self._parts) and not self._inside("pre")):
            return
        lead = ""
        if self._breaks or not self._parts:
            lead = "\n" * min(self._breaks, MOST_BREAKS) if self._parts else ""
            lead += "> " * min(3, sum(one.tag == "blockquote" for one in self._stack))
        lead += self._bullet
        self._breaks, self._bullet = 0, ""
        if lead:
            self._parts.append(lead)
            self._length += len(lead)
        if self._href is not None and self._link_start is None:
            self._link_start = self._length
        self._parts.append(text)
        self._length += len(text)

    # --- links ---------------------------------------------------------------------------------------------------

    def _begin_link(self, href: str, classes: Sequence[str], rel: str) -> None:
        self._end_link()
        kind = LinkKind.PAGE
        if "hashtag" in classes or "tag" in rel.split():
            kind = LinkKind.TAG
        elif "mention" in classes:
            kind = LinkKind.MENTION
        self._href = (href.strip(), kind)
        if self._whole and kind is LinkKind.PAGE and not self._hidden:
            self._write(href.strip())

    def _end_link(self) -> None:
        if self._href is not None and self._link_start is not None and self._length > self._link_start:
            self._links.append(Link(self._link_start, self._length, *self._href))
        self._href = self._link_start = None


def _tamed(html: str) -> str:
    """The same HTML without what the parser of the standard library takes minutes for, or raises at."""
    closed = html.rfind("-->") + 1
    html = html[:closed] + html[closed:].replace("<!--", "&lt;!--")
    return _NO_CHARACTER.sub("\ufffd", _NO_TAG.sub("&lt;", html))


def _clipped(links: Iterable[Link], text: str) -> Iterable[Link]:
    """The links without the spaces at their ends; those that have no text are left out."""
    for link in links:
        piece = text[link.start : link.end]
        start = link.start + len(piece) - len(piece.lstrip())
        end = link.start + len(piece.rstrip())
        if start < end:
            yield Link(start, end, link.href, link.kind)
