"""The questions that a column asks: which items it shows, and what stands in each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.selections import Selection, Shows, Source
from tweetdesk.store.codec import IN_OUTBOX, SEQUENCE_BITS, marks, pairs

#: How many messages of a conversation are shown in a column.
NEWEST_MESSAGES = 3
#: How many rows on each side of a place are read for a first screen.
NEAR = 200

_WANTING = ("open", "answering")
_DECIDED = (*_WANTING, "waiting", "snoozed", "done")

#: Words of the networks for posts that everybody may see; "" where there is no choice.
_PUBLIC = ("", "public", "unlisted")

#: What a column of triaged items shows: what wants a decision, and what was handed off until somebody says that it
#: is done (waiting with a name; see domain/triage.py).
_SHOWN = f"(t.state IN ({marks(len(_WANTING))}) OR t.state = 'waiting' AND t.how <> '')"

#: What came back, in the very words of the index `triage_back`; and what was put off, in those of `triage_until`.
_BACK = "t.state = 'open' AND t.how <> ''"
_PUT_OFF = "t.until IS NOT NULL AND t.state IN ('snoozed', 'waiting')"

_IS_CONVERSATION = f"t.item LIKE '{conversation_item('')}%'"
#: The key of an item among its rows, and whether it is shown: a conversation with somebody who is out of sight is
#: out of sight, a post that one source shows is shown.
_KEY = f"CASE WHEN {_IS_CONVERSATION} THEN max(m.key) ELSE min(m.key) END"
_PUT_OFF_KEY = f"(t.until / 1000) << {SEQUENCE_BITS}"
_VISIBLE = f"CASE WHEN {_IS_CONVERSATION} THEN max(m.hidden) ELSE min(m.hidden) END = 0"
#: The post that an item is named by, where it is not a conversation.
_ITS_POST = (
    "p.server = substr(t.item, 1, instr(t.item, ' ') - 1) AND p.id = substr(t.item, instr(t.item, ' ') + 1)"
)
_NOWHERE = "NOT EXISTS (SELECT 1 FROM memberships n WHERE n.item = t.id)"
_ITS_TRIAGE = "CROSS JOIN triage t ON t.account = w.account AND t.item = w.item"
_ITS_THREAD = "CROSS JOIN posts p ON p.key = m.post"

_PENDING = (
    "(SELECT iif(o.later AND o.state = 'held', 'later', o.state) || char(10) || o.kind || char(10) || o.page "
    "FROM outbox o WHERE o.item_account = t.account AND o.item = t.item "
    f"AND o.{IN_OUTBOX} ORDER BY o.id DESC LIMIT 1)"
)
_ITEM = (
    "t.account, t.item, t.state, t.until, t.how, m.key, m.why, m.reposted_by, p.body, v.body, "
    f'{_PENDING}, t."offset"'
)
_BODIES = "CROSS JOIN posts p ON p.key = m.post LEFT JOIN views v ON v.post = p.key AND v.account = t.account"

Query = tuple[str, list[object]]


class _Rows(NamedTuple):
    """Memberships `m` and triage `t` of what a selection shows: from where, which, and the values in them."""

    source: str
    which: str
    values: list[object]


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


def is_one_source(selection: Selection) -> bool:
    """Whether the index gives the rows of a selection in order: nothing is sorted, and a part can be read."""
    return len(selection.sources) == 1 and selection.shows is Shows.OPEN and not selection.by_conversation


def keys_query(selection: Selection, part: str = "", newest: bool | None = None) -> Query:
    """(key, item, account) of everything that a selection shows now, oldest first.

    A post has the first moment at which one of the sources had it; a conversation that of its newest message;
    what was put off the moment at which it comes back. `by_thread` adds state, until, how, server and thread to
    each row. Of a selection `is_one_source`, `part` (SQL) and `newest` choose the `NEAR` newest or oldest rows
    of a part, the newest ones in falling order.
    """
    rows = _rows(selection, everything=selection.show_done or not selection.triaged)
    chosen, source = "t.item, t.account", rows.source
    if selection.by_thread:
        chosen += ", t.state, t.until, t.how, p.server, p.conversation"
        source += f" {_ITS_THREAD}"
    if is_one_source(selection):
        order = "m.key, t.item" if newest is None else f"m.key {'DESC' if newest else ''} LIMIT {NEAR}"
        return (
            f"SELECT m.key, {chosen} FROM {source} WHERE {rows.which} AND m.hidden = 0 {part} ORDER BY {order}",
            rows.values,
        )
    key = _PUT_OFF_KEY if selection.shows is Shows.LATER else _KEY
    return (
        f"SELECT {key} AS place, {chosen} FROM {source} WHERE {rows.which} GROUP BY m.item HAVING {_VISIBLE} "
        "ORDER BY place, t.item, t.account",
        rows.values,
    )


def count_query(selection: Selection) -> Query:
    """The number of open items of a selection; of what was put off, of all. What is done does not count."""
    rows = _rows(selection)
    source, is_open, one = rows.source, "AND t.state = 'open'", "t.item"
    if selection.shows is Shows.LATER:
        is_open = ""
    if selection.by_thread:
        source += f" {_ITS_THREAD}"
        thread = "p.server || char(10) || p.conversation"
        if selection.shows is Shows.LATER:
            thread += " || char(10) || t.state || t.until || t.how"
        one = f"CASE WHEN p.conversation = '' OR {_IS_CONVERSATION} THEN t.item ELSE {thread} END"
    return (
        f"SELECT count(*) FROM (SELECT 1 FROM (SELECT t.account AS account, {one} AS one FROM {source} "
        f"WHERE {rows.which} {is_open} GROUP BY m.item HAVING {_VISIBLE}) GROUP BY account, one)",
        rows.values,
    )


def back_query(accounts: Sequence[str]) -> Query:
    """The number of items of accounts that came back, those of one thread as one."""
    return count_query(
        Selection(tuple(Source(account, "") for account in accounts), by_thread=True, shows=Shows.OWED)
    )


def decided_query(selection: Selection) -> Query:
    """Whether anything in the sources of a selection was ever decided."""
    sources, values = _of_sources(selection.sources)
    return (
        "SELECT EXISTS (SELECT 1 FROM memberships m CROSS JOIN triage t ON t.id = m.item "
        f"WHERE m.source IN {sources} AND t.state IN ('waiting', 'snoozed', 'done'))",
        values,
    )


def _rows(selection: Selection, *, everything: bool = False) -> _Rows:
    """What a selection shows; also what is done, if `everything`."""
    narrowed, words = _filter(selection.words)
    accounts = list(dict.fromkeys(source.account for source in selection.sources))
    triage = "CROSS JOIN triage t ON t.id = m.item"
    if selection.shows is Shows.LATER:
        places, values = _places(_PUT_OFF, accounts)
        return _Rows(f"({places}) m {triage}", f"1 {narrowed}", [*values, *words])
    sources, values = _of_sources(selection.sources)
    states, shown = (_DECIDED, f"t.state IN ({marks(len(_DECIDED))})") if everything else (_WANTING, _SHOWN)
    # With one source the index gives its rows in order, and nothing has to be sorted.
    which = f"m.source {'=' if len(selection.sources) == 1 else 'IN'} {sources} AND {shown}"
    if selection.shows is Shows.OPEN:
        return _Rows(f"memberships m {triage}", f"{which} {narrowed}", [*values, *states, *words])
    back, more = _places(_BACK, accounts)
    return _Rows(
        f"(SELECT m.key, m.post, m.item, m.hidden FROM memberships m {triage} WHERE {which} UNION ALL {back}) m "
        f"{triage}",
        f"1 {narrowed}",
        [*values, *states, *more, *words],
    )


def _places(which: str, accounts: Sequence[str]) -> Query:
    """Key, post, item and hidden of all places of those items of accounts for which SQL holds.

    The post of a thread that no source has is found by itself.
    """
    # The plus keeps the index of all items of an account out of it.
    mine = f"{'+' if which == _PUT_OFF else ''}t.account IN ({marks(len(accounts))}) AND {which}"
    return (
        "SELECT m.key, m.post, m.item, m.hidden FROM triage t CROSS JOIN memberships m ON m.item = t.id "
        f"WHERE {mine} UNION ALL SELECT p.key, p.key, t.id, 0 FROM triage t CROSS JOIN posts p ON {_ITS_POST} "
        f"WHERE {mine} AND {_NOWHERE}",
        [*accounts, *accounts],
    )


def items_query(selection: Selection, ids: Sequence[tuple[str, str]]) -> Query:
    """The rows of items, by (account, item); for conversations the newest few messages, each a row."""
    wanted = [value for pair in ids for value in pair]
    of_sources: str = ""
    values: list[object] = []
    if selection.shows is Shows.OPEN:
        sources, values = _of_sources(selection.sources)
        of_sources = f"AND {{}}.source IN {sources}"
    newest = ""
    if selection.by_conversation:
        newest = (
            f"AND m.post IN (SELECT n.post FROM memberships n WHERE n.item = t.id {of_sources.format('n')} "
            f"ORDER BY n.key DESC LIMIT {NEWEST_MESSAGES})"
        )
    return (
        f"{_wanted(ids)} SELECT {_ITEM} FROM wanted w {_ITS_TRIAGE} "
        f"CROSS JOIN memberships m ON m.item = t.id {of_sources.format('m')} {newest} {_BODIES}",
        [*wanted, *values, *(values if newest else [])],
    )


def standing_query(ids: Sequence[tuple[str, str]]) -> Query:
    """(account, item, how, reasons, what our own act is doing) of items in each place, by (account, item)."""
    return (
        f"{_wanted(ids)} SELECT t.account, t.item, t.how, coalesce(m.why, ''), {_PENDING} "
        f"FROM wanted w {_ITS_TRIAGE} LEFT JOIN memberships m ON m.item = t.id",
        [value for pair in ids for value in pair],
    )


def nowhere_query(ids: Sequence[tuple[str, str]]) -> Query:
    """The rows of items that are in no source: posts of a thread, about which something was decided."""
    chosen = _ITEM.replace("m.key, m.why, m.reposted_by", "p.key, '', ''")
    return (
        f"{_wanted(ids)} SELECT {chosen} FROM wanted w {_ITS_TRIAGE} AND {_NOWHERE} "
        f"CROSS JOIN posts p ON {_ITS_POST} LEFT JOIN views v ON v.post = p.key AND v.account = t.account",
        [value for pair in ids for value in pair],
    )


def _wanted(ids: Sequence[tuple[str, str]]) -> str:
    return f"WITH wanted (account, item) AS (VALUES {pairs(len(ids))})"


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
        f"coalesce(t.how, ''), p.key, '', '', p.body, v.body, '', NULL FROM ({found}) f "
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
