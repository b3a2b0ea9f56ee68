"""What happens while one watches: a written opening, then phrases, by the seed and without end."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .history import expand, make_embed
from .ids import iso, parse_time
from .parts import entries
from .people import ADA, Person
from .phrases import Phrases
from .records import LIKE, POST, Record, owner_of

if TYPE_CHECKING:
    from .world import Op, World

PAUSE = timedelta(minutes=5)
"""A longer time between two calls is a pause: it is filled with few events."""
CATCH_UP = 12
"""At most so many events fill a pause."""
AT_ONCE = 500
"""At most so many events come in with one call."""
ROUND = (
    "search", "mention", "reply", "small_talk", "ask", "message", "answer", "small_talk", "reply",
    "quote", "search", "pitch", "answer", "mention", "ask", "small_talk", "like", "message", "search",
    "quarrel", "answer",
)  # fmt: skip
"""What happens in one round after the opening, in an order that the seed shuffles."""

_ASKS = re.compile(r"#help|looking for|does anyone know|can anyone recommend", re.IGNORECASE)


@dataclass(slots=True)
class Pending:
    """Somebody who is going to answer our account."""

    due: datetime
    about: str
    """The URI of our reply, or the id of our message."""
    kind: str
    who: str


class Live:
    """The events of a world after its epoch, brought in when they are due."""

    def __init__(self, world: World, seconds: float) -> None:
        self.world = world
        self.seconds = seconds
        self.count = 0
        self.last = world.epoch
        self.phrases = Phrases(random.Random(0), world.part)
        self.phrases.taken = {record.value["text"] for record in world.records.posts.values()}
        self.opening: list[dict[str, Any]] = entries("live", world.part)
        self.pending: list[Pending] = []
        self.next_due = world.epoch + self._interval(0)

    def _rng(self, purpose: str, number: int | str) -> random.Random:
        return random.Random(f"{self.world.chance}:{purpose}:{number}")

    def _interval(self, number: int) -> timedelta:
        return timedelta(seconds=self.seconds * self._rng("due", number).uniform(0.5, 1.5))

    # -- time ---------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Brings in what is due by now."""
        if self.seconds <= 0 or now <= self.last:
            return
        if now - self.last > PAUSE:
            self._catch_up(now)
        else:
            self._run(now)
        self.last = max(self.last, now)

    def _catch_up(self, now: datetime) -> None:
        gap = now - self.last
        number = min(CATCH_UP, int(gap.total_seconds() / self.seconds))
        start, step = self.last, gap / (number + 1)
        waiting, self.pending = sorted(self.pending, key=lambda one: one.due)[:number], []
        for place in range(number):
            at = start + step * (place + 1) - step * self._rng("gap", self.count).uniform(0, 0.4)
            self.next_due = now + self._interval(self.count + 1)
            if place < len(waiting):
                self._answer(waiting[place], at)
            else:
                self._happen(at)
        self.next_due = now + self._interval(self.count)

    def _run(self, now: datetime) -> None:
        for _ in range(AT_ONCE):
            first = min(self.pending, key=lambda one: one.due, default=None)
            if first is not None and first.due <= min(now, self.next_due):
                self.pending.remove(first)
                self._answer(first, first.due)
            elif self.next_due <= now:
                at, self.next_due = self.next_due, self.next_due + self._interval(self.count + 1)
                self._happen(at)
            else:
                return

    # -- memory -------------------------------------------------------------------------------------------

    def resume(self, line: dict[str, Any]) -> None:
        """Goes on after an event that a journal tells of."""
        self.count, self.next_due = line["live"], parse_time(line["due"])
        self.last = max(self.last, parse_time(line["at"]))
        self.pending = [one for one in self.pending if one.about != line.get("for")]
        if "phrase" in line:
            kind, place = line["phrase"]
            self.phrases.uses[kind, place] += 1
        for op in line["ops"]:
            self._remember(op, line.get("name"))

    def _remember(self, op: Op, name: str | None) -> None:
        if op["op"] == "put" and op["collection"] == POST:
            self.phrases.taken.add(op["value"]["text"])
            if name is not None:
                self.world.named[name] = f"at://{op['did']}/{POST}/{op['rkey']}"
        elif op["op"] == "message":
            self.phrases.taken.add(op["text"])

    def noticed(self, ops: Iterable[Op]) -> None:
        """People whom our account answers or writes to will answer in their turn, once each time."""
        ada = self.world.people.by_key[ADA].did
        for op in ops:
            if self.seconds <= 0 or op.get("did") != ada:
                continue
            if op["op"] == "put" and op["collection"] == POST and "reply" in op["value"]:
                if "edited_at" in op["value"].get("mastodon", {}):
                    continue
                who = owner_of(op["value"]["reply"]["parent"]["uri"])
                self._expect(op, f"at://{ada}/{POST}/{op['rkey']}", "thanks", who)
            elif op["op"] == "message":
                self._expect(op, op["id"], "message_back", next((did for did in op["to"] if did != ada), ada))

    def _expect(self, op: Op, about: str, kind: str, who: str) -> None:
        person = self.world.people.by_did.get(who)
        if person is None or person.key == ADA or person.sells or "." in person.key:
            return
        if any(one.who == who for one in self.pending):
            return
        wait = self._rng("answer", about).uniform(3, 8) * self.seconds
        self.pending.append(Pending(parse_time(op["at"]) + timedelta(seconds=wait), about, kind, who))

    # -- events -------------------------------------------------------------------------------------------

    def _commit(
        self,
        at: datetime,
        *ops: Op,
        name: str | None = None,
        about: str | None = None,
        phrase: list[Any] | None = None,
    ) -> None:
        self.count += 1
        mark: dict[str, Any] = {"live": self.count, "at": at.isoformat(), "due": self.next_due.isoformat()}
        if name is not None:
            mark["name"] = name
        if about is not None:
            mark["for"] = about
        if phrase is not None:
            mark["phrase"] = phrase
        self.world.commit(*ops, mark=mark)
        for op in ops:
            self._remember(op, name)

    def _happen(self, at: datetime) -> None:
        """The next event: of the opening while it lasts, then of the rounds."""
        number = self.count
        if number < len(self.opening) and self._scripted(self.opening[number], at):
            return
        rng = self._rng("live", number)
        order = list(ROUND)
        self._rng("round", number // len(ROUND)).shuffle(order)
        for kind in (order[number % len(ROUND)], "small_talk", "search", "ask", "like"):
            if self._unscripted(kind, at, rng):
                return
        self._commit(at)

    def _scripted(self, entry: dict[str, Any], at: datetime) -> bool:
        """Whether a written event could happen: what it answers may have been deleted."""
        world = self.world
        person = world.people.by_key[entry["by"]]
        if entry.get("message"):
            return self._message(person, entry, at)
        targets = {}
        for key in ("to", "quote"):
            if key in entry:
                uri = self._latest() if entry[key] == "ada" else world.named.get(entry[key])
                if uri not in world.records.posts:
                    return False
                targets[key] = uri
        self._post(person, entry, at, targets.get("to"), targets.get("quote"), name=entry.get("name"))
        return True

    def _post(
        self,
        person: Person,
        entry: dict[str, Any],
        at: datetime,
        reply_to: str | None = None,
        quote: str | None = None,
        *,
        name: str | None = None,
        about: str | None = None,
    ) -> None:
        world, phrase = self.world, entry.get("phrase")
        value = world.post_value(
            expand(entry["text"], world),
            at,
            reply_to=reply_to,
            quote=quote,
            embed=make_embed(entry),
            labels=entry.get("labels", ()),
            langs=entry.get("langs") or ("en",),
        )
        self._commit(at, self._put(person, POST, value, at), name=name, about=about, phrase=phrase)

    def _put(self, person: Person, collection: str, value: dict[str, Any], at: datetime) -> Op:
        rkey = self.world.next_tid(at)
        place = {"op": "put", "did": person.did, "collection": collection, "rkey": rkey}
        return {**place, "value": value, "at": iso(at)}

    def _message(self, person: Person, entry: dict[str, Any], at: datetime, about: str | None = None) -> bool:
        text = expand(entry["text"], self.world)
        ada = self.world.people.by_key[ADA].did
        if self.world.records.blocked(person.did, ada):
            return False
        op = self.world.message_op(person.did, ada, text, at)
        self._commit(at, op, about=about, phrase=entry.get("phrase"))
        return True

    def _unscripted(self, kind: str, at: datetime, rng: random.Random) -> bool:
        """Whether an event of this kind came about."""
        if kind == "like":
            return self._like(at, rng)
        entry = self.phrases.make(kind, rng)
        if entry is None:
            return False
        people = [person for person in self.world.people.by_key.values() if person.key != ADA]
        person = self.phrases.speaker(entry, people, rng)
        if person is None:
            return False
        if kind == "message":
            return self._message(person, entry, at)
        target = self._target(kind, person, entry, rng)
        if target is None and kind in ("reply", "quote", "answer"):
            return False
        quote = target if kind == "quote" else None
        self._post(person, entry, at, target if kind in ("reply", "answer") else None, quote)
        return True

    def _target(self, kind: str, person: Person, entry: dict[str, Any], rng: random.Random) -> str | None:
        """What is answered or quoted: our own latest posts, or ("answer") what others have asked."""
        ada = self.world.people.by_key[ADA].did
        records, found = self.world.records, []
        for _, _, record in reversed(self.world.records.timeline):
            value = record.value
            if record.collection != POST or record.did == person.did or "reply" in value:
                continue
            mine = record.did == ada
            if "en" not in (value.get("langs") or ()) or mine is (kind == "answer"):
                continue
            author = self.world.people.by_did[record.did]
            asks = not author.sells and not author.sours and _ASKS.search(value["text"]) is not None
            room = len(records.replies.get(record.uri, ())) < 4 or kind == "quote"
            if room and (self.phrases.fits(entry, value["text"]) if mine else asks):
                found.append(record.uri)
            if len(found) == 8:
                break
        return rng.choice(found) if found else None

    def _latest(self) -> str | None:
        """Our account's newest post that begins a thread."""
        ada = self.world.people.by_key[ADA].did
        own = (record for _, _, record in reversed(self.world.records.timeline) if record.did == ada)
        return next((r.uri for r in own if r.collection == POST and "reply" not in r.value), None)

    def _like(self, at: datetime, rng: random.Random) -> bool:
        latest = self._latest()
        post = self.world.records.posts.get(latest or "")
        people = [p for p in self.world.people.by_key.values() if p.key != ADA and not p.sells]
        person = rng.choice(people)
        if post is None or self.world.records.about(LIKE, person.did, post.uri) is not None:
            return False
        value = {"$type": LIKE, "subject": {"cid": post.cid, "uri": post.uri}, "createdAt": iso(at)}
        self._commit(at, self._put(person, LIKE, value, at))
        return True

    def _answer(self, pending: Pending, at: datetime) -> None:
        """Somebody answers our account; they fall silent where they cannot."""
        person = self.world.people.by_did[pending.who]
        entry = self.phrases.make(pending.kind, self._rng("back", pending.about))
        post = self.world.records.posts.get(pending.about)
        if entry is None:
            return
        if pending.kind == "message_back":
            self._message(person, entry, at, pending.about)
        elif isinstance(post, Record) and not self.world.records.blocked(person.did, post.did):
            self._post(person, entry, at, post.uri, about=pending.about)
