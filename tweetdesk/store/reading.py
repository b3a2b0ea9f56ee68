"""The questions that a column asks: which items it shows, and what stands in each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import OutboxState
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.domain.triage import TriageState
from tweetdesk.store.codec import (
    IN_OUTBOX,
    decode_identity,
    decode_post,
    decode_words,
    key_time,
    marks,
    pairs,
    perhaps_when,
)
from tweetdesk.store.database import Row

#: How many messages of a conversation are shown in a column.
NEWEST_MESSAGES = 3
#: How many rows on each side of a place are read for a first screen.
NEAR = 200

_WANTING = ("open", "answering")
_DECIDED = (*_WANTING, "waiting", "snoozed", "done")

#: Words of the networks for posts that everybody may see; "" where there is no choice.
_PUBLIC = ("", "public", "unlisted")

#: What our own act on an item is doing, as words after or around the act's name.
_PENDING = {
    "held": "{} held",
    "queued": "{} waiting to be sent",
    "sending": "sending {}",
    "unsure": "{} perhaps sent: see the outbox",
}

#: What a column of triaged items shows: what wants a decision, and what was handed off until somebody says that it
#: is done (waiting with a name; see domain/triage.py).
_SHOWN = f"(t.state IN ({marks(len(_WANTING))}) OR t.state = 'waiting' AND t.how <> '')"

_ITEM = (
    "t.account, t.item, t.state, t.until, t.how, m.key, m.why, m.reposted_by, p.body, v.body, "
    "(SELECT o.state || char(10) || o.kind || char(10) || o.page FROM outbox o "
    "WHERE o.item_account = t.account AND o.item = t.item "
    f"AND o.{IN_OUTBOX} ORDER BY o.id DESC LIMIT 1)"
)
_BODIES = "CROSS JOIN posts p ON p.key = m.post LEFT JOIN views v ON v.post = p.key AND v.account = t.account"

Query = tuple[str, list[object]]


def _of_sources(sources: Sequence[Source]) -> Query:
    """The row ids of sources, as a question inside a question."""
    return (
        f"(SELECT s.id FROM sources s WHERE (s.account, s.kind, s.words) IN "
        f"(VALUES {','.join(['(?,?,?)'] * len(sources))}))",
        [value for source in sources for value in (source.account, source.kind, source.words)],
    )


def _filter(words: str) -> Query:
    """Narrows to posts whose text or author has all of the words, in any case and anywhere in a word."""
    asked = words.casefold().split()
    if not asked:
        return "", []
    tests = " AND ".join(["instr(p.words, ?)"] * len(asked))
    return f"AND EXISTS (SELECT 1 FROM posts p WHERE p.key = m.post AND {tests})", list(asked)


def keys_query(selection: Selection, part: str = "", newest: bool | None = None) -> Query:
    """(key, item, account) of everything that a selection shows now, oldest first.

    A post has the first moment at which one of the sources had it; a conversation that of its newest message.
    Of a selection of one source, `part` (SQL) and `newest` choose the `NEAR` newest or oldest rows of a part, the
    newest ones in falling order.
    """
    sources, values = _of_sources(selection.sources)
    everything = selection.show_done or not selection.triaged
    states, shown = (_DECIDED, f"t.state IN ({marks(len(_DECIDED))})") if everything else (_WANTING, _SHOWN)
    narrowed, words = _filter(selection.words)
    # With one source the index gives its rows in order, and nothing has to be sorted.
    among = "=" if len(selection.sources) == 1 else "IN"
    where = (
        f"FROM memberships m CROSS JOIN triage t ON t.id = m.item WHERE m.source {among} {sources} "
        f"AND {shown} {narrowed}"
    )
    values = [*values, *states, *words]
    if selection.by_conversation:
        return (
            f"SELECT max(m.key) AS place, t.item, t.account {where} GROUP BY m.item HAVING max(m.hidden) = 0 "
            "ORDER BY place, t.item, t.account",
            values,
        )
    if len(selection.sources) == 1:
        order = "m.key, t.item" if newest is None else f"m.key {'DESC' if newest else ''} LIMIT {NEAR}"
        return f"SELECT m.key, t.item, t.account {where} AND m.hidden = 0 {part} ORDER BY {order}", values
    return (
        f"SELECT min(m.key) AS place, t.item, t.account {where} AND m.hidden = 0 GROUP BY m.item "
        "ORDER BY place, t.item, t.account",
        values,
    )


def count_query(selection: Selection) -> Query:
    """The number of open items of a selection."""
    sources, values = _of_sources(selection.sources)
    narrowed, words = _filter(selection.words)
    return (
        "SELECT count(*) FROM (SELECT m.item FROM memberships m CROSS JOIN triage t ON t.id = m.item "
        f"WHERE m.source IN {sources} AND t.state = 'open' {narrowed} "
        "GROUP BY m.item HAVING max(m.hidden) = 0)",
        [*values, *words],
    )


def items_query(selection: Selection, ids: Sequence[tuple[str, str]]) -> Query:
    """The rows of items, by (account, item); for conversations the newest few messages, each a row."""
    sources, values = _of_sources(selection.sources)
    newest = ""
    if selection.by_conversation:
        newest = (
            f"AND m.post IN (SELECT n.post FROM memberships n WHERE n.item = t.id AND n.source IN {sources} "
            f"ORDER BY n.key DESC LIMIT {NEWEST_MESSAGES})"
        )
    wanted = [value for pair in ids for value in pair]
    return (
        f"WITH wanted (account, item) AS (VALUES {pairs(len(ids))}) SELECT {_ITEM} FROM wanted w "
        "CROSS JOIN triage t ON t.account = w.account AND t.item = w.item "
        f"CROSS JOIN memberships m ON m.item = t.id AND m.source IN {sources} {newest} {_BODIES}",
        [*wanted, *values, *(values if newest else [])],
    )


def item_query(account: str, item: str, conversation: bool) -> Query:
    """The rows of one item, whichever sources it is in."""
    newest = f"ORDER BY m.key DESC LIMIT {NEWEST_MESSAGES}" if conversation else ""
    return (
        f"SELECT {_ITEM} FROM triage t CROSS JOIN memberships m ON m.item = t.id {_BODIES} "
        f"WHERE t.account = ? AND t.item = ? {newest}",
        [account, item],
    )


def _found(match: str, contains: Sequence[str], more: str = "") -> Query:
    """The keys of posts with these words (and what `more`, SQL, asks of them), newest first; a limit follows."""
    tests = [*["instr(p.words, ?)"] * len(contains), *([more] if more else [])]
    if not match:
        return f"SELECT p.key AS key FROM posts p WHERE {' AND '.join(tests)} ORDER BY p.key DESC LIMIT ?", [
            *contains
        ]
    joined = "JOIN posts p ON p.key = f.rowid " if tests else ""
    where = " AND ".join(["search MATCH ?", *tests])
    query = f"SELECT f.rowid AS key FROM search f {joined}WHERE {where} ORDER BY f.rowid DESC LIMIT ?"
    return query, [match, *contains]


def found_query(match: str, contains: Sequence[str], limit: int) -> Query:
    """Posts with these words, newest first, each with what accounts decided about it (if any did)."""
    found, values = _found(match, contains)
    return (
        "SELECT coalesce(t.account, p.seen_by), coalesce(t.item, ''), coalesce(t.state, 'open'), t.until, "
        f"coalesce(t.how, ''), p.key, '', '', p.body, v.body, '' FROM ({found}) f "
        "CROSS JOIN posts p ON p.key = f.key LEFT JOIN triage t ON t.item = CASE p.kind "
        "WHEN 'message' THEN 'conversation ' || p.conversation ELSE p.server || ' ' || p.id END "
        "AND t.account = p.seen_by LEFT JOIN views v ON v.post = p.key AND v.account = p.seen_by "
        "ORDER BY p.key DESC",
        [*values, limit],
    )


def public_query(
    match: str, contains: Sequence[str], network: str, servers: Collection[str], limit: int, account: str
) -> Query:
    """Public posts with these words of a network and some of its servers, newest first."""
    public = (
        f"p.network = ? AND p.kind = 'post' AND p.server IN ({marks(len(servers))}) "
        f"AND coalesce(json_extract(p.body, '$.visibility'), '') IN ({marks(len(_PUBLIC))})"
    )
    found, values = _found(match, contains, public)
    return (
        f"SELECT p.body, v.body FROM ({found}) f CROSS JOIN posts p ON p.key = f.key "
        "LEFT JOIN views v ON v.post = p.key AND v.account = ? ORDER BY p.key DESC",
        [*values, network, *servers, *_PUBLIC, limit, account],
    )


def pending_words(stands: str | None) -> str:
    """What our own act on an item is doing, in words; `stands` is its state, kind and page, a line each."""
    if not stands:
        return ""
    state, kind, page = stands.split("\n", 2)
    if state == OutboxState.HANDED_OFF:
        host = (urlsplit(page).hostname or "the network's page").removeprefix("www.")
        return f"on {host}: {kind} · H when it is done there"
    return _PENDING[state].format(kind)


def item_from(row: Row, post: Post) -> Item:
    """The item that one row tells of."""
    account, item, state, until, how, key, why, reposted_by, _, _, pending = row
    return Item(
        key=key,
        id=item,
        account=account,
        post=post,
        at=key_time(key),
        state=TriageState(state),
        until=perhaps_when(until),
        how=how,
        why=decode_words(why),
        reposted_by=decode_identity(reposted_by),
        pending=pending_words(pending),
    )


def items_from(rows: Sequence[Row], by_conversation: bool) -> dict[tuple[str, str], Item]:
    """The items that rows of `items_query` tell of, by (account, item)."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    return {place: (_conversation(group) if by_conversation else _post(group)) for place, group in groups.items()}


def _post(group: list[Row]) -> Item:
    """One post, perhaps from several sources: the first one's key, everybody's reasons."""
    if len(group) == 1:
        return item_from(group[0], decode_post(group[0][8], group[0][9]))
    group.sort(key=lambda row: int(row[5]))
    item = item_from(group[0], decode_post(group[0][8], group[0][9]))
    return replace(item, why=tuple(dict.fromkeys(why for row in group for why in decode_words(row[6]))))


def _conversation(group: list[Row]) -> Item:
    """One conversation: its newest messages, oldest first, and the newest one's key."""
    distinct = {int(row[5]): row for row in sorted(group, key=lambda row: int(row[5]))}
    newest = list(distinct.values())[-NEWEST_MESSAGES:]
    messages = tuple(decode_post(row[8], row[9]) for row in newest)
    return replace(item_from(newest[-1], messages[-1]), messages=messages)
