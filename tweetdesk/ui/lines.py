"""Lays an item out as lines of text with roles: what a post or a conversation looks like in a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from itertools import accumulate
from urllib.parse import urlsplit

from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Media, Poll, Post, PostKind, Span, SpanKind
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.standing import owed, standing
from tweetdesk.ui.text import cells, clean, graphemes, one_line, shortened
from tweetdesk.ui.times import age, moment
from tweetdesk.ui.wording import Wording, plain
from tweetdesk.ui.wrap import Line, Piece, Role, cut, line_cells, within, wrap

__all__ = ["Line", "Piece", "Role", "layout_item", "layout_post", "post_pieces", "wrap"]

#: A post with more lines of text than this is cut in a column.
LONGEST = 12
_MESSAGES_SHOWN = 4
_MESSAGE_LINES = 5
#: Of the posts before the newest one in an item of several.
_EARLIER_LINES = 3
_QUOTE_LINES = 3
_ALT_LINES = 2
_POLL_LINES = 4
_LINK_CELLS = 40
#: In a conversation each answer is indented by so many cells, down to a depth, and never to fewer cells of text.
_INDENT, _DEEPEST, _NARROWEST = 2, 6, 24
_MEDIA_WORDS = {"image": "picture", "video": "video", "audio": "sound"}


def layout_item(
    item: Item,
    width: int,
    *,
    now: datetime,
    ours: frozenset[str],
    folded: bool = True,
    open_key: str = "Enter",
    notice: str = "",
    wording: Wording = plain,
    owing: bool = False,
) -> tuple[Line, ...]:
    """An item as lines of at most `width` cells, without the blank line that parts items.

    `now` says in its own time zone how ages and dates are told; `ours` are our identities' ids. `folded` cuts long
    posts and hides what is behind a content warning, and names `open_key` as the way to see it. `notice` stands in
    the place of the age, for what has just been done to the item. `wording` puts acts in the network's words. With
    `owing` an open item says for how long it waits for an answer. A width below 1 gives one empty line.
    """
    if width < 1:
        return ((),)
    if item.depth:
        # What it answers stands above it in the conversation, so it is not said again.
        indent = max(0, min(_INDENT * min(item.depth, _DEEPEST), width - _NARROWEST))
        alone = replace(item, depth=0, post=replace(item.post, parent=None, reply_to=None))
        nested = layout_item(
            alone,
            width - indent,
            now=now,
            ours=ours,
            folded=folded,
            open_key=open_key,
            notice=notice,
            wording=wording,
            owing=owing,
        )
        return tuple(((" " * indent, Role.TEXT), *line) for line in nested) if indent else nested
    lines: list[Line] = []
    if item.reposted_by is not None:
        who = "you" if item.reposted_by.id in ours else one_line(item.reposted_by.called)
        lines += cut([(f"{who} {wording(item.account, 'reposted')}", Role.QUIET)], width, 1)
    told = age(item.at, now)
    right = (notice, Role.DONE) if notice else (told, Role.AGE)
    role = Role.NAME if item.state is TriageState.OPEN else Role.NAME_SEEN
    if len(item.ids) > 1:
        lines.append(_heading_of_several(item, width, ours, role, right))
        lines += _several(item, width, now, ours, open_key)
    else:
        other = _other(item, ours)
        lines.append(_heading(other, width, ours, role, right if other.id or notice else ("", Role.AGE)))
        if item.messages:
            lines += _conversation(item, width, now, ours, folded=folded)
        else:
            lines += layout_post(item.post, width, now=now, ours=ours, folded=folded, open_key=open_key)
    return (*lines, *standing(item, width, now, wording, owed(item, ours, now) if owing else ""))


def layout_post(
    post: Post, width: int, *, now: datetime, ours: frozenset[str], folded: bool = True, open_key: str = "Enter"
) -> list[Line]:
    """A post under its heading: what it answers, its text, and what is attached to it."""
    width = max(1, width)
    lines: list[Line] = []
    if post.kind is PostKind.POST and (post.parent is not None or post.reply_to is not None):
        lines += cut(_answered(post.parent, ours), width, 1)
    if post.warning:
        words = f"warning: {one_line(post.warning)}"
        if folded:
            return lines + wrap([(words, Role.WARNING), (f" · {open_key} shows", Role.QUIET)], width)
        lines += wrap([(words, Role.WARNING)], width)
    body = wrap(post_pieces(post, width), width) if post.text.strip() else []
    if folded and len(body) > LONGEST:
        hidden = len(body) - LONGEST + 1
        body = [*body[: LONGEST - 1], *cut([(f"… {hidden} more lines · {open_key}", Role.QUIET)], width, 1)]
    lines += body
    if post.poll is not None and post.poll.options:
        lines += cut(_polled(post.poll, now), width, _POLL_LINES if folded else len(post.poll.options) + 1)
    lines += _attached(post.media, width, folded=folded)
    if post.quote is not None:
        lines += _quoted(post.quote, width, ours, folded=folded)
    if post.card is not None and post.card.title.strip():
        host = _host(post.card.url) or "link"
        lines += cut([(f"{host}: ", Role.LINK), (one_line(post.card.title), Role.QUIET)], width, 1)
    return lines


def post_pieces(post: Post, width: int) -> list[Piece]:
    """A post's text as pieces with roles: links by their real host, mentions and tags told apart."""
    text = post.text.rstrip()
    pieces: list[Piece] = []
    at = 0
    for start, end, span in _fitting(text, post.spans):
        if start > at:
            pieces.append((clean(text[at:start]), Role.TEXT))
        pieces += _followable(text[start:end], span, width)
        at = end
    if at < len(text):
        pieces.append((clean(text[at:]), Role.TEXT))
    return pieces


def _other(item: Item, ours: frozenset[str]) -> Identity:
    """Whose name stands over an item: of a conversation the newest person who is not us."""
    for message in reversed(item.messages):
        if message.author.id not in ours:
            return message.author
    return item.post.author


def _heading(who: Identity, width: int, ours: frozenset[str], role: Role, right: Piece) -> Line:
    """Name, handle as far as there is room, and at the right the age or the notice."""
    right, room = _right(right, width)
    name = shortened(one_line(who.called), max(1, room))
    line: list[Piece] = [(name, role)]
    room -= cells(name)
    handle = "(you)" if who.id in ours else f"@{one_line(who.handle)}"
    if who.handle and who.called != who.handle and room >= 2 + min(6, cells(handle)):
        line += [("  ", Role.QUIET), (shortened(handle, room - 2), Role.HANDLE)]
    return _ending(line, right, width)


def _heading_of_several(item: Item, width: int, ours: frozenset[str], role: Role, right: Piece) -> Line:
    """Who wrote, the newest first, as many names as there is room for, and how many posts there are."""
    right, room = _right(right, width)
    fresh = item.state is TriageState.OPEN and not item.how
    count = f" · {len(item.ids)} {'new' if fresh else 'posts'}"
    room -= cells(count)
    names = list({post.author.id: _called(post.author, ours) for post in reversed(item.messages)}.values())
    for shown in range(len(names), 0, -1):
        rest = len(names) - shown
        text = ", ".join(names[:shown]) + (f" and {rest} more" if rest else "")
        if cells(text) <= room:
            break
    line: list[Piece] = [(shortened(text, max(1, room)), role), (count, Role.QUIET)]
    return _ending(line, right, width)


def _right(right: Piece, width: int) -> tuple[Piece, int]:
    """What stands at the right end of a heading, and the cells that it leaves."""
    text = shortened(right[0], max(0, width - 6))
    return (text, right[1]), width - (cells(text) + 2 if text else 0)


def _ending(line: list[Piece], right: Piece, width: int) -> Line:
    if right[0]:
        line = [*line, (" " * max(1, width - line_cells(tuple(line)) - cells(right[0])), Role.QUIET), right]
    return within(tuple(line), width)


def _called(who: Identity | None, ours: frozenset[str]) -> str:
    if who is None:
        return ""
    return "you" if who.id in ours else one_line(who.called)


def _answered(parent: Excerpt | None, ours: frozenset[str]) -> list[Piece]:
    """What a post answers, for one quiet line."""
    if parent is None:
        return [("↳ an answer", Role.QUIET)]
    who = _called(parent.author, ours)
    words = f"({one_line(parent.missing)})" if parent.missing else one_line(parent.text)
    return [("↳ " + ": ".join(part for part in (who, words) if part), Role.QUIET)]


def _quoted(quote: Excerpt, width: int, ours: frozenset[str], *, folded: bool) -> list[Line]:
    inner = max(1, width - 2)
    who = _called(quote.author, ours)
    words = f"({one_line(quote.missing)})" if quote.missing else clean(quote.text.strip())
    text = ": ".join(part for part in (who, words) if part)
    if not text:
        return []
    pieces = [(text, Role.QUIET)]
    lines = cut(pieces, inner, _QUOTE_LINES) if folded else wrap(pieces, inner)
    return [(("│ ", Role.RULE), *line) if width > 2 else line for line in lines]


def _attached(media: Iterable[Media], width: int, *, folded: bool) -> list[Line]:
    """What the pictures and films show, in their author's words."""
    lines: list[Line] = []
    bare: dict[str, int] = {}
    for one in media:
        word = _MEDIA_WORDS.get(one.kind, "attachment")
        if not one.alt.strip():
            bare[word] = bare.get(word, 0) + 1
            continue
        pieces: list[Piece] = [(f"{word}: ", Role.QUIET), (one_line(one.alt), Role.QUIET)]
        lines += cut(pieces, width, _ALT_LINES) if folded else wrap(pieces, width)
    for word, count in bare.items():
        what = f"{word} without description" if count == 1 else f"{count} {word}s without description"
        lines += cut([(what, Role.QUIET)], width, 1)
    return lines


def _polled(poll: Poll, now: datetime) -> list[Piece]:
    """A poll on one line: what can be chosen with its votes, or once it is closed with its share of them."""
    closed = poll.closed or (poll.closes_at is not None and poll.closes_at <= now)
    votes = sum(option.votes or 0 for option in poll.options)
    parts = []
    for option in poll.options:
        title = one_line(option.title)
        if closed:
            parts.append(title if option.votes is None else f"{title} {100 * option.votes / max(1, votes):.0f} %")
        else:
            box = "[ ]" if poll.multiple else "( )"
            parts.append(f"{box} {title}" if option.votes is None else f"{box} {title} {option.votes:,}")
    if closed:
        parts.append("closed")
    elif poll.closes_at is not None:
        parts.append(f"closes {moment(poll.closes_at, now)}")
    return [(" · ".join(parts), Role.QUIET)]


def _conversation(item: Item, width: int, now: datetime, ours: frozenset[str], *, folded: bool) -> Iterable[Line]:
    """The newest messages, each after who wrote it where that is not the person in the heading."""
    heading = _other(item, ours).id
    shown = item.messages[-_MESSAGES_SHOWN:] if folded else item.messages
    for message in shown:
        pieces = post_pieces(message, width)
        if message.author.id in ours:
            pieces.insert(0, ("you: ", Role.HANDLE))
        elif message.author.id != heading:
            pieces.insert(0, (f"{one_line(message.author.called)}: ", Role.HANDLE))
        lines = cut(pieces, width, _MESSAGE_LINES) if folded else wrap(pieces, width)
        lines += _attached(message.media, width, folded=folded)
        if message.quote is not None:
            lines += _quoted(message.quote, width, ours, folded=folded)
        if message is not item.messages[-1] and lines:
            lines[-1] = _aged(lines[-1], age(message.created_at, now), width)
        yield from lines


def _several(item: Item, width: int, now: datetime, ours: frozenset[str], open_key: str) -> Iterable[Line]:
    """The newest posts of a thread, each after its author's name where several wrote; the last one at length."""
    parents = {post.parent for post in item.messages}
    if (parent := item.post.parent) is not None and len(parents) == 1:
        yield from cut(_answered(parent, ours), width, 1)
    if earlier := len(item.ids) - len(item.messages):
        yield from cut([(f"{earlier} earlier · {open_key}", Role.QUIET)], width, 1)
    names = len({post.author.id for post in item.messages}) > 1
    for post in item.messages:
        pieces: list[Piece] = [(f"{_called(post.author, ours)}: ", Role.HANDLE)] if names else []
        if post.warning:
            pieces += [(f"warning: {one_line(post.warning)}", Role.WARNING), (f" · {open_key} shows", Role.QUIET)]
        else:
            pieces += post_pieces(post, width)
        last = post is item.messages[-1]
        lines = cut(pieces, width, _MESSAGE_LINES if last else _EARLIER_LINES)
        if not post.warning:
            lines += _attached(post.media, width, folded=True)
        if not last and lines:
            lines[-1] = _aged(lines[-1], age(post.created_at, now), width)
        yield from lines


def _aged(line: Line, right: str, width: int) -> Line:
    """A line with an age at its right end, if there is room."""
    gap = width - line_cells(line) - cells(right)
    return line if gap < 2 else (*line, (" " * gap, Role.QUIET), (right, Role.AGE))


def _fitting(text: str, spans: Iterable[Span]) -> Iterable[tuple[int, int, Span]]:
    """The spans that lie within the text, in order, without overlaps, and never ending within a grapheme."""
    edges: list[int] | None = None
    if not text.isascii():
        edges = [0, *accumulate(len(grapheme) for grapheme in graphemes(text))]
    at = 0
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        start, end = span.start, min(span.end, len(text))
        if edges is not None and start < end:
            start = next((edge for edge in edges if edge >= start), len(text))
            end = next((edge for edge in edges if edge >= end), len(text))
        if at <= start < end:
            yield start, end, span
            at = end


def _followable(text: str, span: Span, width: int) -> list[Piece]:
    if span.kind is SpanKind.MENTION:
        return [(clean(text), Role.MENTION)]
    if span.kind is SpanKind.TAG:
        return [(clean(text), Role.TAG)]
    host = _host(span.target)
    if not host:
        return [(clean(text), Role.TEXT), (" (not a web address)", Role.QUIET)]
    shown = _bare(text).casefold()
    if shown == host or (shown.startswith(host) and shown[len(host)] in "/?#:…"):
        return [(_short_link(span.target, host, min(_LINK_CELLS, width)), Role.LINK)]
    return [(clean(text), Role.LINK), (f" ({host})", Role.QUIET)]


def _bare(url: str) -> str:
    """An address without what every address has."""
    rest = url.strip()
    for prefix in ("https://", "http://", "www."):
        if rest[: len(prefix)].casefold() == prefix:
            rest = rest[len(prefix) :]
    return rest


def _host(url: str) -> str:
    """The host of a web address in the form that cannot be mistaken (punycode), or "" if it is not one."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
        if parts.scheme.casefold() not in ("http", "https") or not host:
            return ""
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:  # also UnicodeError, for a host that cannot be one
        return ""
    return clean(host.removeprefix("www."), newlines=False)


def _short_link(url: str, host: str, width: int) -> str:
    """Host and as much of the path as fits; of a host too long its end, which says whose it is."""
    if cells(host) > width:
        return "…" + host[-max(1, width - 1) :]
    parts = urlsplit(url.strip())
    rest = (
        parts.path + (f"?{parts.query}" if parts.query else "") + (f"#{parts.fragment}" if parts.fragment else "")
    )
    rest = clean(rest if rest != "/" else "", newlines=False)
    return host + shortened(rest, width - cells(host)) if rest else host
