"""Lays an item out as lines of text with roles: what a post or a conversation looks like in a column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import accumulate
from urllib.parse import urlsplit

from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Media, Poll, Post, PostKind, Span, SpanKind
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.text import cells, clean, graphemes, one_line, shortened
from tweetdesk.ui.wording import Wording, plain
from tweetdesk.ui.wrap import Line, Piece, Role, line_cells, within, wrap

__all__ = ["Line", "Piece", "Role", "age", "layout_item", "layout_post", "moment", "post_pieces", "wrap"]

#: A post with more lines of text than this is cut in a column.
LONGEST = 12
_MESSAGES_SHOWN = 4
_MESSAGE_LINES = 5
_QUOTE_LINES = 3
_ALT_LINES = 2
_POLL_LINES = 4
_LINK_CELLS = 40
#: In a conversation each answer is indented by so many cells, down to a depth, and never to fewer cells of text.
_INDENT, _DEEPEST, _NARROWEST = 2, 6, 24
#: Who may see a post, where that is not everybody; a network's word that is not here is shown as it is.
_VISIBILITIES = {"public": "", "private": "followers only", "direct": "only those mentioned"}
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
) -> tuple[Line, ...]:
    """An item as lines of at most `width` cells, without the blank line that parts items.

    `now` says in its own time zone how ages and dates are told; `ours` are our identities' ids. `folded` cuts long
    posts and hides what is behind a content warning, and names `open_key` as the way to see it. `notice` stands in
    the place of the age, for what has just been done to the item. `wording` puts acts in the network's words. A
    width below 1 gives one empty line.
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
        )
        return tuple(((" " * indent, Role.TEXT), *line) for line in nested) if indent else nested
    lines: list[Line] = []
    if item.reposted_by is not None:
        who = "you" if item.reposted_by.id in ours else one_line(item.reposted_by.called)
        lines += _cut([(f"{who} {wording(item.account, 'reposted')}", Role.QUIET)], width, 1)
    heading = _other(item, ours)
    seen = item.state is not TriageState.OPEN
    lines.append(_heading(heading, item.at, width, now, ours, seen=seen, notice=notice))
    if item.messages:
        lines += _conversation(item, width, now, ours, folded=folded)
    else:
        lines += layout_post(item.post, width, now=now, ours=ours, folded=folded, open_key=open_key)
    return (*lines, *_standing(item, width, now, wording))


def layout_post(
    post: Post, width: int, *, now: datetime, ours: frozenset[str], folded: bool = True, open_key: str = "Enter"
) -> list[Line]:
    """A post under its heading: what it answers, its text, and what is attached to it."""
    width = max(1, width)
    lines: list[Line] = []
    if post.kind is PostKind.POST and (post.parent is not None or post.reply_to is not None):
        lines += _cut(_answered(post.parent, ours), width, 1)
    if post.warning:
        words = f"warning: {one_line(post.warning)}"
        if folded:
            return lines + wrap([(words, Role.WARNING), (f" · {open_key} shows", Role.QUIET)], width)
        lines += wrap([(words, Role.WARNING)], width)
    body = wrap(post_pieces(post, width), width) if post.text.strip() else []
    if folded and len(body) > LONGEST:
        hidden = len(body) - LONGEST + 1
        body = [*body[: LONGEST - 1], *_cut([(f"… {hidden} more lines · {open_key}", Role.QUIET)], width, 1)]
    lines += body
    if post.poll is not None and post.poll.options:
        lines += _cut(_polled(post.poll, now), width, _POLL_LINES if folded else len(post.poll.options) + 1)
    lines += _attached(post.media, width, folded=folded)
    if post.quote is not None:
        lines += _quoted(post.quote, width, ours, folded=folded)
    if post.card is not None and post.card.title.strip():
        host = _host(post.card.url) or "link"
        lines += _cut([(f"{host}: ", Role.LINK), (one_line(post.card.title), Role.QUIET)], width, 1)
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


def age(then: datetime, now: datetime) -> str:
    """How long ago, as short as can be: "now", "6 m", "2 h", "3 d", and the date after a month."""
    seconds = (now - then).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} m"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h"
    if seconds < 31 * 86400:
        return f"{int(seconds // 86400)} d"
    return _date(then.astimezone(now.tzinfo or UTC), now)


def moment(when: datetime, now: datetime) -> str:
    """A time to come, or past, in few words: "14:00", "Tue 14:00", "12 May"."""
    local = when.astimezone(now.tzinfo or UTC)
    days = (local.date() - now.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days == 1:
        return f"tomorrow {local:%H:%M}"
    return f"{local:%a %H:%M}" if 0 < days < 7 else _date(local, now)


def _date(local: datetime, now: datetime) -> str:
    day = f"{local.day} {local:%b}"
    return day if local.year == now.year else f"{day} {local.year}"


def _other(item: Item, ours: frozenset[str]) -> Identity:
    """Whose name stands over an item: of a conversation the newest person who is not us."""
    for message in reversed(item.messages):
        if message.author.id not in ours:
            return message.author
    return item.post.author


def _heading(
    who: Identity, at: datetime, width: int, now: datetime, ours: frozenset[str], *, seen: bool, notice: str
) -> Line:
    """Name, handle as far as there is room, and at the right the age or the notice."""
    right, right_role = (notice, Role.DONE) if notice else (age(at, now) if who.id else "", Role.AGE)
    right = shortened(right, max(0, width - 6))
    room = width - (cells(right) + 2 if right else 0)
    name = shortened(one_line(who.called), max(1, room))
    line: list[Piece] = [(name, Role.NAME_SEEN if seen else Role.NAME)]
    room -= cells(name)
    handle = "(you)" if who.id in ours else f"@{one_line(who.handle)}"
    if who.handle and who.called != who.handle and room >= 2 + min(6, cells(handle)):
        handle = shortened(handle, room - 2)
        line += [("  ", Role.QUIET), (handle, Role.HANDLE)]
        room -= 2 + cells(handle)
    if right:
        used = line_cells(tuple(line))
        line += [(" " * max(1, width - used - cells(right)), Role.QUIET), (right, right_role)]
    return within(tuple(line), width)


def _cut(pieces: Iterable[Piece], width: int, most: int) -> list[Line]:
    """At most so many lines, the last one ending in an ellipsis if there would be more."""
    pieces = list(pieces)
    if most == 1:
        return [within(tuple(pieces), width)] if pieces else []
    lines = wrap(pieces, width)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    text, role = last[-1] if last else ("", Role.QUIET)
    ending = shortened(f"{text} …", max(1, width - line_cells(last[:-1])))
    return [*lines[: most - 1], (*last[:-1], (ending, role))]


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
    lines = _cut(pieces, inner, _QUOTE_LINES) if folded else wrap(pieces, inner)
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
        lines += _cut(pieces, width, _ALT_LINES) if folded else wrap(pieces, width)
    for word, count in bare.items():
        what = f"{word} without description" if count == 1 else f"{count} {word}s without description"
        lines += _cut([(what, Role.QUIET)], width, 1)
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


def _about(post: Post, now: datetime) -> list[str]:
    """What is to be known of a post beside what it says: who may see it, that it was changed, that it is kept."""
    if post.kind is not PostKind.POST:
        return []
    words = [_VISIBILITIES.get(post.visibility, one_line(post.visibility))]
    if post.edited_at is not None:
        words.append(f"edited {age(post.edited_at, now)}")
    if post.viewer.bookmarked:
        words.append("bookmarked")
    return [word for word in words if word]


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
        lines = _cut(pieces, width, _MESSAGE_LINES) if folded else wrap(pieces, width)
        lines += _attached(message.media, width, folded=folded)
        if message.quote is not None:
            lines += _quoted(message.quote, width, ours, folded=folded)
        if message is not item.messages[-1] and lines:
            lines[-1] = _aged(lines[-1], age(message.created_at, now), width)
        yield from lines


def _aged(line: Line, right: str, width: int) -> Line:
    """A line with an age at its right end, if there is room."""
    gap = width - line_cells(line) - cells(right)
    return line if gap < 2 else (*line, (" " * gap, Role.QUIET), (right, Role.AGE))


def _standing(item: Item, width: int, now: datetime, wording: Wording) -> Iterable[Line]:
    """What is to be known of it, why it is here, where it stands, and what our own act on it is doing."""
    if words := [*_about(item.post, now), *(one_line(reason) for reason in item.why)]:
        yield from _cut([(" · ".join(words), Role.QUIET)], width, 3)
    if item.pending:
        yield from _cut([(one_line(wording(item.account, item.pending)), Role.PENDING)], width, 2)
    standing = _state_words(item, now, wording)
    if standing:
        role = Role.PENDING if item.state is TriageState.ANSWERING else Role.QUIET
        yield from _cut([(standing, role)], width, 2)


def _state_words(item: Item, now: datetime, wording: Wording) -> str:
    """Where an item stands, in words; nothing while it is open, or while `pending` says it."""
    until = f" until {moment(item.until, now)}" if item.until is not None else ""
    match item.state:
        case TriageState.DONE:
            return f"done: {one_line(wording(item.account, item.how))}" if item.how.strip() else "done"
        case TriageState.SNOOZED:
            return "snoozed" + until
        case TriageState.WAITING:
            return "waiting for them" + until
        case TriageState.SCREENED:
            return "screened"
        case TriageState.ANSWERING if not item.pending:
            return "your answer is on its way"
        case _:
            return ""


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
