"""The history: what was decided and done by hand, newest first, with what became of it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.outbox import Act
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import BY_HAND, Move
from tweetdesk.store.codec import SEQUENCE_BITS, decode_act, decode_post, perhaps_when, storable, when
from tweetdesk.store.database import Database, Row

#: What became of an act, by its state in the outbox.
OUTCOMES = {
    "held": "held",
    "queued": "waiting to be sent",
    "sending": "being sent",
    "sent": "sent",
    "refused": "refused",
    "unsure": "perhaps sent",
    "taken back": "taken back",
    "handed off": "handed off",
}

_HAND = ",".join(repr(move.value) for move in BY_HAND)
#: What ends a decision by itself.
_NEWS = (Move.DUE, Move.ACTIVITY, Move.ANSWERED)
_ENDS = ",".join(repr(move.value) for move in (*BY_HAND, *_NEWS))

#: The post of a line `{0}` of the log or outbox: of a conversation, the newest message there was at that time.
_POST = (
    "LEFT JOIN posts p ON p.key = CASE WHEN {0}.item GLOB 'conversation *' THEN (SELECT max(q.key) FROM posts q "
    f"WHERE q.conversation = substr({{0}}.item, 14) AND q.key < ({{0}}.{{1}} / 1000 + 1) << {SEQUENCE_BITS}) "
    "ELSE (SELECT q.key FROM posts q WHERE q.server = substr({2}, 1, instr({2}, ' ') - 1) "
    "AND q.id = substr({2}, instr({2}, ' ') + 1)) END"
)

_DECIDED = (
    "SELECT l.at, l.id, 0, l.batch, coalesce(o.account, l.account), l.account, l.item, l.move, l.act, "
    "l.after_until, o.id, o.state, o.why, o.act, "
    "EXISTS (SELECT 1 FROM triage_log u WHERE u.undoes = l.id), "
    f"(SELECT n.move || char(10) || n.act FROM triage_log n WHERE n.account = l.account AND n.item = l.item "
    f"AND n.id > l.id AND n.move IN ({_ENDS}) AND n.undoes IS NULL "
    "AND NOT EXISTS (SELECT 1 FROM triage_log u WHERE u.undoes = n.id) ORDER BY n.id LIMIT 1), p.body "
    f"FROM triage_log l LEFT JOIN outbox o ON o.id = l.outbox {_POST.format('l', 'at', 'l.item')} "
    f"WHERE l.id < ? AND l.undoes IS NULL AND l.move IN ({_HAND}) {{0}} ORDER BY l.id DESC LIMIT ?"
)
#: Acts on nothing that is an item: new posts, people; of a thread its first post.
_DONE = (
    "SELECT o.created_at, 0, o.id, 0, o.account, CASE o.item_account WHEN '' THEN o.account ELSE o.item_account "
    "END, o.item, '', o.kind, NULL, o.id, o.state, o.why, o.act, 0, NULL, p.body "
    f"FROM outbox o {_POST.format('o', 'created_at', 'o.target')} "
    "WHERE o.id < ? AND (o.thread IS NULL OR o.thread = o.id) "
    "AND NOT EXISTS (SELECT 1 FROM triage_log l WHERE l.outbox = o.id) {0} ORDER BY o.id DESC LIMIT ?"
)
#: A word is in what was decided upon, in how, in what we wrote, or in the name of whom it concerned.
_FOUND = (
    "AND (instr(coalesce(p.words, ''), ?1) OR instr(lower({0}), ?1) OR instr(lower(coalesce("
    "json_extract(o.act, '$.text') || ' ' || coalesce(json_extract(o.act, '$.person.handle'), '') || ' ' || "
    "coalesce(json_extract(o.act, '$.person.name'), ''), '')), ?1))"
)
_NEWEST = (1 << 62, 1 << 62)


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision by hand, or one act, with what became of it.

    `id` is its line of the log (None: an act that concerned no item), `batch` what it was done together with.
    `account` acted, `owner` has the item ("" for none). `words` name what was done ("followed up", "like");
    `outcome` says what became of it ("sent", "taken back", "came back: they answered"), "" where it stands.
    `until` is the date of a snooze or a wait. `act` is what went into the outbox as row `outbox`. `post` is what
    it was about, where that is still there. `place` is what `history` goes on after.
    """

    at: datetime
    account: str
    owner: str
    item: str
    words: str
    outcome: str
    id: int | None = None
    batch: int | None = None
    move: Move | None = None
    until: datetime | None = None
    outbox: int | None = None
    act: Act | None = None
    post: Post | None = None
    place: tuple[int, int] = _NEWEST


async def history(
    database: Database, limit: int, before: tuple[int, int] | None = None, words: str = ""
) -> list[Decision]:
    """The newest decisions and acts, newest first; with `before` those after the one with that `place`.

    With `words` only those that have all of them, anywhere in the post, its author, the act, or our own text.
    """
    log, outbox = before or _NEWEST
    asked = [storable(word).replace("\0", " ") for word in words.casefold().split()]
    decided = await _rows(database, _DECIDED, "l.act", log, asked, limit)
    done = await _rows(database, _DONE, "o.kind", outbox, asked, limit)
    found: list[Decision] = []
    for row in heapq.merge(decided, done, key=lambda row: row[0], reverse=True):
        log, outbox = row[1] or log, row[2] or outbox
        found.append(_decision(row, (log, outbox)))
    return found[:limit]


async def _rows(
    database: Database, sql: str, words: str, before: int, asked: Sequence[str], limit: int
) -> list[Row]:
    # Every placeholder has its number: a word stands in several places.
    tests = " ".join(_FOUND.format(words).replace("?1", f"?{number}") for number in range(2, len(asked) + 2))
    numbered = sql.format(tests).replace("id < ?", "id < ?1").replace("LIMIT ?", f"LIMIT ?{len(asked) + 2}")
    return await database.read(numbered, (before, *asked, limit))


def _decision(row: Row, place: tuple[int, int]) -> Decision:
    at, log, _, batch, account, owner, item, move, words, until, outbox, state, why, act, undone, after, body = row
    made = decode_act(act) if act else None
    return Decision(
        at=when(at),
        account=account,
        owner=owner if item else "",
        item=item,
        words=words or (made.kind.value if made else move),
        outcome=_outcome(state or "", why or "", bool(undone), after or ""),
        id=log or None,
        batch=batch or None,
        move=Move(move) if move else None,
        until=perhaps_when(until),
        outbox=outbox,
        act=made,
        post=decode_post(body) if body else None,
        place=place,
    )


def _outcome(state: str, why: str, undone: bool, after: str) -> str:
    """What became of it, in words: of the act, of the decision, and of the item afterwards."""
    said = [f"refused: {why}" if state == "refused" and why else OUTCOMES[state]] if state else []
    if undone and state not in ("taken back", "refused"):
        said.append("taken back")
    news, _, reason = after.partition("\n")
    if not undone and news == Move.ANSWERED:
        said.append("answered elsewhere")
    elif not undone and news in _NEWS:
        said.append(f"came back: {reason}" if reason else "came back")
    return ", ".join(said)
