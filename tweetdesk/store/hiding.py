"""What stays out of the columns: what blocked and muted people wrote or reposted, and posts with muted words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.muting import UNSPACED, MutedWords, Muting, folded
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind
from tweetdesk.domain.selections import Source
from tweetdesk.store.codec import decode_post, marks, moment, perhaps_moment, perhaps_when, storable, when
from tweetdesk.store.database import Database, Row, Writer

#: The bits of `memberships.hidden`: each kind comes and goes without the other.
BY_AUTHOR, BY_WORDS = 1, 2

_PART = 400


@dataclass(frozen=True, slots=True)
class Hidden:
    """Who and what is hidden, as it stood at the beginning of a transaction."""

    people: Collection[tuple[str, str, str]]
    muting: Muting

    def bits(self, account: str, post: Post, reposter: Identity | None = None) -> int:
        """Why a post stays out of the columns of an account; 0 where it does not."""
        people = [post.author, *([reposter] if reposter else [])]
        bits = BY_AUTHOR if any((account, who.network, who.id) in self.people for who in people) else 0
        return bits | (BY_WORDS if _sayable(account, post) and self.muting.hides(post) else 0)


def _sayable(account: str, post: Post) -> bool:
    """Whether words can hide a post: what others write to everybody, not one's own, and no direct message."""
    return post.kind is PostKind.POST and post.author.id != account.partition(":")[2]


async def hidden(writer: Writer) -> Hidden:
    """Who and what is hidden now."""
    people = await writer.rows("SELECT account, network, id FROM hidden")
    words = await writer.rows("SELECT words FROM muted_words")
    return Hidden(frozenset((row[0], row[1], row[2]) for row in people), Muting(row[0] for row in words))


class Hiding:
    """Takes posts out of the columns and brings them back; nothing is deleted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def hide_author(self, account: str, person: str, until: datetime | None = None) -> frozenset[Source]:
        """After a block or mute: what this person (an identity id) wrote or reposted leaves the columns.

        With `until` it comes back by itself (`show_again`). Returns the sources that changed.
        """
        network = account.partition(":")[0]
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "INSERT INTO hidden (account, network, id, until) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET until = excluded.until",
                (account, network, person, perhaps_moment(until)),
            )
            return await _mark_author(writer, account, network, person)

    async def unhide_author(self, account: str, person: str) -> frozenset[Source]:
        """After an unblock or unmute: bring back what `hide_author` took out."""
        network = account.partition(":")[0]
        async with self._database.write(durable=True) as writer:
            await writer.run(
                "DELETE FROM hidden WHERE account = ? AND network = ? AND id = ?", (account, network, person)
            )
            return await _mark_author(writer, account, network, person)

    async def mute_words(self, words: str, until: datetime | None, now: datetime) -> frozenset[Source]:
        """Posts of others with these words leave the columns, and stay out: whole words, several as a phrase.

        Case and accents make no difference. With `until` they come back by themselves (`show_again`). Returns the
        sources that changed. Raises ValueError for words that say nothing.
        """
        said = " ".join(storable(words).replace("\0", " ").split())
        if not folded(said):
            raise ValueError("no words")
        async with self._database.write(durable=True) as writer:
            await _forget_words(writer, said)
            await writer.run(
                "INSERT INTO muted_words (words, since, until) VALUES (?, ?, ?)",
                (said, moment(now), perhaps_moment(until)),
            )
            query, values = _perhaps(said)
            bodies = await writer.rows(f"SELECT p.key, p.body FROM {query}", values)
            return await _mark_words(writer, bodies, Muting([said]), hide=True)

    async def unmute_words(self, words: str) -> frozenset[Source]:
        """Bring back the posts with these words, unless others hide them; returns the sources that changed."""
        async with self._database.write(durable=True) as writer:
            await _forget_words(writer, words)
            bodies = await writer.rows(
                "SELECT p.key, p.body FROM posts p WHERE p.key IN (SELECT post FROM memberships WHERE hidden & ?)",
                (BY_WORDS,),
            )
            return await _mark_words(writer, bodies, (await hidden(writer)).muting)

    async def muted_words(self) -> list[MutedWords]:
        """The words that are muted, those muted first first."""
        rows = await self._database.read("SELECT words, since, until FROM muted_words ORDER BY since, words")
        return [MutedWords(words, when(since), perhaps_when(until)) for words, since, until in rows]

    async def show_again(self, now: datetime) -> frozenset[Source]:
        """Bring back people and words that were hidden until now; returns the sources that changed."""
        due = "WHERE until IS NOT NULL AND until <= ?"
        people = await self._database.read(f"SELECT account, id FROM hidden {due}", (moment(now),))
        words = await self._database.read(f"SELECT words FROM muted_words {due}", (moment(now),))
        changed = [await self.unhide_author(account, person) for account, person in people]
        changed += [await self.unmute_words(said) for (said,) in words]
        return frozenset(source for sources in changed for source in sources)


async def _forget_words(writer: Writer, words: str) -> None:
    """Words that differ in case or accents only are the same."""
    rows = await writer.rows("SELECT words FROM muted_words")
    await writer.many(
        "DELETE FROM muted_words WHERE words = ?", [row for row in rows if folded(row[0]) == folded(words)]
    )


def _perhaps(words: str) -> tuple[str, list[str]]:
    """Posts `p` that may have these words; all that do are among them.

    The full-text index knows no accents, but takes a run of a script without spaces, and what is joined to it, for
    one word: there the words are looked for letter by letter.
    """
    parts = re.findall(r"[^\W_]+", folded(words))
    tests, values = ["instr(p.words, ?)"], [parts[0] if parts else folded(words).split()[0]]
    if spaced := [part for part in parts if not re.search(f"[{UNSPACED}]", part)]:
        tests.append("p.key IN (SELECT rowid FROM search WHERE search MATCH ?)")
        values.append(" ".join(f'"{part}"*' for part in spaced))
    return f"posts p WHERE {' OR '.join(tests)}", values


async def _mark_words(
    writer: Writer, bodies: Iterable[Row], muting: Muting, *, hide: bool = False
) -> frozenset[Source]:
    """Set the mark of those posts (key, body) that words hide, or take it off those that none hides any more."""
    posts = ((key, decode_post(body)) for key, body in bodies)
    keys = [key for key, post in posts if post.kind is PostKind.POST and muting.hides(post) is hide]
    mark, marked = (f"hidden | {BY_WORDS}", "=") if hide else (f"hidden & ~{BY_WORDS}", "<>")
    changed: list[Row] = []
    for start in range(0, len(keys), _PART):
        part = keys[start : start + _PART]
        changed += await writer.rows(
            f"UPDATE memberships SET hidden = {mark} WHERE post IN ({marks(len(part))}) "
            f"AND hidden & {BY_WORDS} {marked} 0 AND source NOT IN (SELECT s.id FROM posts p CROSS JOIN sources s "
            "WHERE p.key = memberships.post AND s.account = p.network || ':' || p.author) RETURNING source",
            part,
        )
    return await _sources(writer, changed)


async def _mark_author(writer: Writer, account: str, network: str, person: str) -> frozenset[Source]:
    """Set or take off the mark of all that a person wrote or reposted, by the list of hidden people."""
    changed = await writer.rows(
        f"UPDATE memberships SET hidden = (hidden & ~{BY_AUTHOR}) | (hidden & {BY_AUTHOR} = 0) "
        "WHERE source IN (SELECT id FROM sources WHERE account = ?1) "
        "AND (post IN (SELECT key FROM posts WHERE network = ?2 AND author = ?3) OR reposter = ?3) "
        f"AND hidden & {BY_AUTHOR} <> EXISTS (SELECT 1 FROM hidden h JOIN posts p ON p.key = memberships.post "
        "WHERE h.account = ?1 AND h.network = ?2 AND h.id IN (p.author, memberships.reposter)) RETURNING source",
        (account, network, person),
    )
    return await _sources(writer, changed)


async def _sources(writer: Writer, rows: Sequence[Row]) -> frozenset[Source]:
    """The sources of these row ids."""
    if not rows:
        return frozenset()
    known = await writer.rows("SELECT id, account, kind, words FROM sources")
    sources = {row[0]: Source(*row[1:]) for row in known}
    return frozenset(sources[row[0]] for row in rows)
