"""Taking in what a source gave: posts, memberships, people, touches, triage and the cursor in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.domain.posts import Post, PostKind, PostRef, SpanKind
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import Move, Triage
from tweetdesk.store.codec import (
    SEQUENCE_MASK,
    clean,
    encode_words,
    encoded,
    first_key,
    marks,
    moment,
)
from tweetdesk.store.content import Stored, item_of, remove_posts, store_posts
from tweetdesk.store.database import Writer
from tweetdesk.store.hiding import hidden
from tweetdesk.store.news import ANSWERED, news, towards_us
from tweetdesk.store.people import keep_identities, keep_profiles, keep_touches
from tweetdesk.store.sources import source_rows
from tweetdesk.store.triage import apply_moves, ensure_items

_PART = 400


@dataclass(frozen=True, slots=True)
class Arrival:
    """A post as a source gave it: the moment to sort it by there, why it is there, and who reposted it into it."""

    post: Post
    at: datetime
    why: tuple[str, ...] = ()
    reposted_by: Identity | None = None


@dataclass(frozen=True, slots=True)
class Ingested:
    """What was new: posts that were not in their source before, posts whose content changed, and their items.

    `moved` are the items about which something was decided by what arrived, in whichever source they are.
    """

    new: int
    changed: int
    items: frozenset[str]
    moved: frozenset[str] = frozenset()


@dataclass(slots=True)
class Arrived:
    """An arrival with its rows.

    `first` is whether it was not in its source before, `fresh` whether it was in none of the account's sources;
    `hidden` why it is kept out of sight (see store/hiding.py), 0 where it is not.
    """

    source: Source
    source_row: int
    arrival: Arrival
    stored: Stored
    item: str
    item_row: int
    state: Triage
    first: bool = False
    fresh: bool = False
    hidden: int = 0

    @property
    def account(self) -> str:
        """Whose source it is."""
        return self.source.account

    @property
    def us(self) -> str:
        """The user id of the account."""
        return user_id(self.account)

    @property
    def author(self) -> str:
        """The user id of whoever wrote the post."""
        return self.stored.post.author.id

    @property
    def ours(self) -> bool:
        """Whether this account wrote the post."""
        return self.author == self.us

    @property
    def key(self) -> int:
        """The key in its source: the moment there, and the post's own sequence."""
        return first_key(self.arrival.at) | (self.stored.key & SEQUENCE_MASK)


def network_of(account: str) -> str:
    """The network's name in an account id."""
    return account.partition(":")[0]


def user_id(account: str) -> str:
    """The permanent user id in an account id."""
    return account.partition(":")[2]


async def take_in(
    writer: Writer,
    source: Source,
    arrivals: Sequence[tuple[Source, Arrival]],
    *,
    cursor: str | None,
    people: Sequence[Profile],
    gone: Sequence[PostRef],
    now: datetime,
) -> Ingested:
    """Everything that one answer of a source brings, within one transaction."""
    rows = await source_rows(writer, [source, *(one for one, _ in arrivals)])
    arrived = await _arrive(writer, rows, arrivals)
    await keep_identities(writer, (one.arrival.reposted_by for one in arrived if one.arrival.reposted_by))
    await keep_profiles(writer, source.account, people, now)
    moved = await news(writer, arrived, now)
    await _join(writer, arrived)
    await remember(writer, arrived)
    lost = await remove_posts(writer, gone)
    if cursor is not None:
        await writer.run("UPDATE sources SET cursor = ? WHERE id = ?", (cursor, rows[source]))
    # An arrival in a second source shares its row: a changed post counts once.
    changed = {one.stored.key for one in arrived if one.stored.changed}
    touched = (one.item for one in arrived if one.first or one.stored.changed)
    return Ingested(
        sum(one.first for one in arrived),
        len(changed) + len(lost),
        frozenset((*touched, *moved, *lost)),
        frozenset(moved),
    )


async def _arrive(
    writer: Writer, rows: dict[Source, int], arrivals: Sequence[tuple[Source, Arrival]]
) -> list[Arrived]:
    """Store the posts and make their items known, oldest first, one arrival a source and post."""
    ordered = sorted(arrivals, key=lambda pair: (pair[1].at, str(pair[1].post.ref)))
    arrived: list[Arrived] = []
    for account in dict.fromkeys(source.account for source, _ in ordered):
        own = [(source, clean(arrival)) for source, arrival in ordered if source.account == account]
        stored = await store_posts(writer, account, (arrival.post for _, arrival in own))
        items = await ensure_items(writer, ((account, item_of(one.post)) for one in stored.values()))
        distinct = {(source, arrival.post.ref): arrival for source, arrival in own}
        for (source, ref), arrival in distinct.items():
            item = item_of(stored[ref].post)
            row, state = items[account, item]
            arrived.append(Arrived(source, rows[source], arrival, stored[ref], item, row, state))
    if not arrived:
        return arrived
    out_of_sight = await hidden(writer)
    known = await _members(writer, arrived)
    seen = {(item, post) for _, item, post in known}
    for one in arrived:
        one.first = (one.source_row, one.item_row, one.stored.key) not in known
        one.fresh = (one.item_row, one.stored.key) not in seen
        one.hidden = out_of_sight.bits(one.account, one.stored.post, one.arrival.reposted_by)
    return arrived


async def _members(writer: Writer, arrived: Sequence[Arrived]) -> set[tuple[int, int, int]]:
    """The sources that have these posts already, with the item that each is there: (source, item, post)."""
    found: set[tuple[int, int, int]] = set()
    posts = list({one.stored.key for one in arrived})
    for start in range(0, len(posts), _PART):
        part = posts[start : start + _PART]
        rows = await writer.rows(
            f"SELECT source, item, post FROM memberships WHERE post IN ({marks(len(part))})", part
        )
        found.update((row[0], row[1], row[2]) for row in rows)
    return found


async def _join(writer: Writer, arrived: Sequence[Arrived]) -> None:
    """Make the posts members of their sources. The first key stays, so that rows keep their place."""
    values = []
    for one in arrived:
        reposter = one.arrival.reposted_by
        values.append((
            one.source_row, one.stored.key, one.item_row, one.key, one.hidden, encode_words(one.arrival.why),
            reposter.id if reposter else "", encoded(reposter) if reposter else "",
        ))  # fmt: skip
    await writer.many(
        "INSERT INTO memberships (source, post, item, key, hidden, why, reposter, reposted_by) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, post) DO UPDATE SET "
        "why = excluded.why, hidden = excluded.hidden WHERE why <> excluded.why OR hidden <> excluded.hidden",
        values,
    )
    await writer.many(
        "UPDATE triage SET activity_at = max(activity_at, ?) WHERE id = ?",
        ((moment(one.arrival.at), one.item_row) for one in arrived if one.first),
    )


async def remember(writer: Writer, arrived: Sequence[Arrived]) -> None:
    """Write the touches of posts that are new: what they did towards us, and what we did towards them."""
    for account in dict.fromkeys(one.account for one in arrived):
        touches: list[tuple[str, str, Touch]] = []
        for one in arrived:
            if one.account == account and one.first:
                touches.extend(await _touches(writer, one) if one.ours else _their_touch(one))
        await keep_touches(writer, account, touches)


def _their_touch(one: Arrived) -> list[tuple[str, str, Touch]]:
    post, kind = one.stored.post, towards_us(one)
    if not kind:
        return []
    return [
        (post.author.network, post.author.id, Touch(post.created_at, "theirs", kind, str(post.ref), post.text))
    ]


async def _touches(writer: Writer, one: Arrived) -> list[tuple[str, str, Touch]]:
    """What our own post does towards others."""
    post, us = one.stored.post, user_id(one.account)
    if post.kind is PostKind.MESSAGE:
        others = await writer.rows(
            "SELECT DISTINCT author FROM posts WHERE conversation = ? AND kind = 'message' AND author <> ?",
            (post.conversation, us),
        )
        return [_our_touch(post, "message", row[0], str(post.ref)) for row in others]
    found: dict[str, tuple[str, str]] = {}
    if post.parent and post.parent.author and post.reply_to:
        found[post.parent.author.id] = ("reply", str(post.reply_to))
    if post.quote and post.quote.author and post.quote.ref:
        found.setdefault(post.quote.author.id, ("quote", str(post.quote.ref)))
    for span in post.spans:
        if span.kind is SpanKind.MENTION:
            found.setdefault(span.target, ("mention", str(post.ref)))
    found.pop(us, None)
    return [_our_touch(post, kind, person, ref) for person, (kind, ref) in found.items()]


def _our_touch(post: Post, kind: str, person: str, ref: str) -> tuple[str, str, Touch]:
    return post.author.network, person, Touch(post.created_at, "ours", kind, ref, post.text)


async def own_arrivals(
    writer: Writer, account: str, post: Post, sources: Sequence[Source], why: tuple[str, ...]
) -> Ingested:
    """Keep a post that we just sent, in these sources, without deciding anything about its item.

    A conversation that did not exist before begins answered: nobody waits for us in it.
    """
    rows = await source_rows(writer, sources)
    stored = (await store_posts(writer, account, [post])).values()
    if not sources:
        return Ingested(0, 0, frozenset(item_of(one.post) for one in stored if one.new))
    arrival = Arrival(clean(post), post.created_at, why)
    arrived = await _arrive(writer, rows, [(source, arrival) for source in sources])
    first = arrived[0]
    if first.stored.post.kind is PostKind.MESSAGE and first.first:
        row = await writer.row("SELECT 1 FROM memberships WHERE item = ?", (first.item_row,))
        if row is None and first.state == Triage():
            await apply_moves(writer, [(account, first.item)], Move.ANSWERED, post.created_at, act=ANSWERED)
    await _join(writer, arrived)
    await remember(writer, arrived)
    return Ingested(sum(one.first for one in arrived), 0, frozenset(one.item for one in arrived if one.first))
