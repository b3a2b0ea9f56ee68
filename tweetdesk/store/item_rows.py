"""Rows of the database as items: posts, conversations, and the posts of one thread as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from tweetdesk.domain.items import Item, Rows, is_conversation
from tweetdesk.domain.outbox import OutboxState
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import TriageState
from tweetdesk.store.codec import decode_identity, decode_post, decode_words, key_time, perhaps_when
from tweetdesk.store.database import Row
from tweetdesk.store.reading import NEWEST_MESSAGES

#: What our own act on an item is doing, as words after or around the act's name.
_PENDING = {
    "held": "{} held",
    "later": "{} put off to a time: see the outbox",
    "queued": "{} waiting to be sent",
    "sending": "sending {}",
    "unsure": "{} perhaps sent: see the outbox",
}

Place = tuple[str, str]


def grouped(rows: Iterable[Row]) -> Rows:
    """The rows of `keys_query` with `by_thread`, those of one thread that stand alike as one, at its oldest."""
    keys: list[tuple[int, str, str]] = []
    threads: dict[tuple[str, ...], list[str]] = {}
    for key, item, account, state, until, how, server, thread in rows:
        if thread and not is_conversation(item):
            alike = (account, server, thread, state, until, "" if state == TriageState.OPEN else how)
            members = threads.setdefault(alike, [])
            members.append(item)
            if len(members) > 1:
                continue
        keys.append((key, item, account))
    several = {(place[0], items[0]): tuple(items) for place, items in threads.items() if len(items) > 1}
    return Rows(keys, several)


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
    account, item, state, until, how, key, why, reposted_by, _, _, pending, offset = row
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
        offset=offset,
    )


def items_from(rows: Sequence[Row]) -> dict[Place, Item]:
    """The items that rows of `items_query` tell of, by (account, item)."""
    groups: dict[Place, list[Row]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1]), []).append(row)
    return {
        place: (_conversation(group) if is_conversation(place[1]) else _post(group))
        for place, group in groups.items()
    }


def joined(
    members: Sequence[str], oldest: Item, found: Mapping[Place, Item], standing: Mapping[Place, Iterable[Row]]
) -> Item:
    """Several posts of one thread as one item.

    `found` has the newest few of them, `standing` the rows of `standing_query` for those whose reasons are told.
    """
    places = [(oldest.account, one) for one in members]
    newest = [found[place] for place in places[-NEWEST_MESSAGES:] if place in found]
    rows = [row for place in places for row in standing.get(place, ())]
    why = dict.fromkeys([*oldest.why, *(reason for row in rows for reason in decode_words(row[3]))])
    return replace(
        oldest,
        post=newest[-1].post,
        at=newest[-1].at,
        how=next((row[2] for row in reversed(rows) if row[2]), oldest.how),
        why=tuple(why),
        reposted_by=None,
        messages=tuple(one.post for one in newest),
        pending=next((words for row in rows if (words := pending_words(row[4]))), oldest.pending),
        members=tuple(members),
    )


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
