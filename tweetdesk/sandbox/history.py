"""The written history: what had been said before one looked, placed in the weeks before the epoch."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .ids import cid_of, iso
from .parts import entries
from .people import ADA, Person, follow_edges, written
from .phrases import Phrases
from .records import FOLLOW, LIKE, LIST, LISTITEM, POST, POSTGATE, PROFILE, REPOST, THREADGATE, Record

if TYPE_CHECKING:
    from .world import World

Entry = dict[str, Any]
SPAN_DAYS = 24.0
"""How far the history reaches back."""
THREAD_FILES = ("threads", "ada", "asks", "life", "pitches", "languages")
FILLERS = 240
"""Posts of the history that are put together from phrases."""


def write(world: World) -> dict[str, str]:
    """Writes the history into a fresh world; the URIs of the posts that have a name in the files."""
    return _Historian(world).write()


def expand(text: str, world: World) -> str:
    """Written texts call people by short name: @tom becomes @tom.example.com."""
    if "@" not in text:
        return text
    pieces = text.split("@")
    out = [pieces[0]]
    for piece in pieces[1:]:
        end = next((i for i, letter in enumerate(piece) if not (letter.isascii() and letter.isalnum())), None)
        key = piece[:end]
        rest = piece[len(key) :]
        person = world.people.by_key.get(key)
        whole = rest[:1] == "." and rest[1:2].isalnum()
        out.append("@" + piece if person is None or whole else f"@{person.handle}{rest}")
    return "".join(out)


def make_embed(entry: Entry) -> Entry | None:
    """The embed of a written post: pictures by their alt texts, or a card."""
    if "alt" in entry:
        alts = entry["alt"] if isinstance(entry["alt"], list) else [entry["alt"]]
        return {"$type": "app.bsky.embed.images", "images": [_image(alt) for alt in alts]}
    if "card" in entry:
        uri, title, description = entry["card"]
        card = {"uri": uri, "title": title, "description": description}
        return {"$type": "app.bsky.embed.external", "external": card}
    return None


def _image(alt: str) -> Entry:
    size = 40_000 + len(alt) * 311
    blob = {"$type": "blob", "ref": {"$link": cid_of(alt)}, "mimeType": "image/jpeg", "size": size}
    return {"alt": alt, "image": blob, "aspectRatio": {"width": 1200, "height": 900}}


class _Historian:
    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = random.Random(f"{world.chance}:history")
        self.named: dict[str, str] = {}
        self.later: list[tuple[Entry, str | None, datetime]] = []

    def write(self) -> dict[str, str]:
        self._people()
        told = [entry for name in THREAD_FILES for entry in entries(name, self.world.part)]
        told.extend(self._fillers())
        roots = [(self._moment(entry), entry) for entry in told]
        roots.sort(key=lambda pair: pair[0])
        for moment, entry in roots:
            self._thread(entry, None, moment)
        self._acts()
        self._conversations()
        self._list()
        ada = self.world.people.by_key[ADA].did
        self.world.seen[ada] = iso(self.world.epoch - timedelta(hours=9))
        return self.named

    def _moment(self, entry: Entry) -> datetime:
        ago = entry.get("ago")
        if ago is None:
            ago = self.rng.uniform(0.2, SPAN_DAYS)
        jitter = self.rng.uniform(0, 40)
        return self.world.epoch - timedelta(days=float(ago), seconds=jitter)

    def _people(self) -> None:
        start = self.world.epoch - timedelta(days=SPAN_DAYS + 300)
        for number, person in enumerate(self.world.people.by_key.values()):
            at = start + timedelta(days=self.rng.uniform(0, 270), seconds=number)
            profile = {
                "$type": PROFILE,
                "displayName": person.name,
                "description": person.bio,
                "createdAt": iso(at),
            }
            self._put(person, PROFILE, "self", profile, at)
        for one, other in follow_edges(self.world.people, self.world.seed):
            at = self.world.epoch - timedelta(days=self.rng.uniform(SPAN_DAYS, SPAN_DAYS + 250))
            value = {"$type": FOLLOW, "subject": other.did, "createdAt": iso(at)}
            self._put(one, FOLLOW, self.world.next_tid(at), value, at)

    def _put(self, person: Person, collection: str, rkey: str, value: Entry, at: datetime) -> None:
        self.world.records.put(Record(person.did, collection, rkey, value, iso(at)))

    def _thread(self, entry: Entry, parent: str | None, moment: datetime) -> None:
        """A post and its answers, each some minutes after the one before; nothing after the epoch."""
        world = self.world
        person = world.people.by_key[entry["by"]]
        value = world.post_value(
            expand(entry["text"], world),
            moment,
            reply_to=parent,
            quote=self.named.get(entry.get("quote", "")),
            embed=make_embed(entry),
            labels=entry.get("labels", ()),
            langs=entry.get("langs") or person.langs[:1],
        )
        rkey = world.next_tid(moment)
        self._put(person, POST, rkey, value, moment)
        uri = f"at://{person.did}/{POST}/{rkey}"
        if "name" in entry:
            self.named[entry["name"]] = uri
        self._gates(entry, person, uri, rkey, moment)
        after = moment
        for reply in entry.get("replies", ()):
            minutes = reply.get("after", self.rng.uniform(3, 55))
            after = min(after + timedelta(minutes=minutes), self.world.epoch - timedelta(seconds=30))
            self._thread(reply, uri, after)

    def _gates(self, entry: Entry, person: Person, uri: str, rkey: str, at: datetime) -> None:
        if "closed" in entry:
            rules = [{"$type": f"{THREADGATE}#{rule}"} for rule in entry["closed"]]
            value = {"$type": THREADGATE, "post": uri, "allow": rules, "createdAt": iso(at)}
            self._put(person, THREADGATE, rkey, value, at)
        if entry.get("no_quotes"):
            rules = [{"$type": f"{POSTGATE}#disableRule"}]
            value = {"$type": POSTGATE, "post": uri, "embeddingRules": rules, "createdAt": iso(at)}
            self._put(person, POSTGATE, rkey, value, at)

    def _fillers(self) -> list[Entry]:
        part = self.world.part
        phrases = Phrases(self.rng, part)
        people = [person for person in self.world.people.by_key.values() if person.key != ADA]
        fillers = []
        for _ in range(FILLERS if part is None else FILLERS // part[1]):
            made = phrases.small_talk(people)
            if made is not None:
                fillers.append(made)
        return fillers

    def _list(self) -> None:
        """The one list that our account has: the people of the written file, or those of them who live here."""
        ada, at = self.world.people.by_key[ADA], self.world.epoch - timedelta(days=SPAN_DAYS)
        made: Entry = written("list")
        rkey = self.world.next_tid(at)
        value = {"$type": LIST, "purpose": "app.bsky.graph.defs#curatelist", "createdAt": iso(at)}
        self._put(ada, LIST, rkey, {**value, "name": made["name"], "description": made["description"]}, at)
        uri = f"at://{ada.did}/{LIST}/{rkey}"
        for key in made["people"]:
            item = {"$type": LISTITEM, "subject": self.world.people.by_key[key].did, "list": uri}
            self._put(ada, LISTITEM, self.world.next_tid(at), {**item, "createdAt": iso(at)}, at)

    def _acts(self) -> None:
        """Likes and reposts of people who follow the author."""
        records, rng, world = self.world.records, self.rng, self.world
        sellers = {person.did for person in world.people.by_key.values() if person.sells}
        for post in list(records.posts.values()):
            followers = [did for did in records.received_by(FOLLOW, post.did) if did not in sellers]
            if not followers:
                continue
            warmth = min(len(followers), int(rng.expovariate(1 / 2.2)))
            for did in rng.sample(followers, warmth):
                self._act(LIKE, did, post)
            if "reply" not in post.value and rng.random() < 0.1 and post.did not in sellers:
                self._act(REPOST, rng.choice(followers), post)

    def _act(self, collection: str, did: str, post: Record) -> None:
        made = datetime.fromisoformat(post.at)
        at = min(made + timedelta(minutes=self.rng.expovariate(1 / 90)), self.world.epoch)
        value = {"$type": collection, "subject": {"cid": post.cid, "uri": post.uri}, "createdAt": iso(at)}
        person = self.world.people.by_did[did]
        self._put(person, collection, self.world.next_tid(at), value, at)

    def _conversations(self) -> None:
        """Direct messages: [days ago, who, text] each; what our account has not read is the file's word."""
        world, ada = self.world, self.world.people.by_key[ADA]
        lines = []
        for entry in entries("messages", world.part):
            other = world.people.by_key[entry["with"]]
            for ago, who, text in entry["messages"]:
                lines.append((world.epoch - timedelta(days=ago), who, other, text, entry.get("unread", 0)))
        lines.sort(key=lambda line: line[0])
        for moment, who, other, text, _ in lines:
            sender, receiver = (ada, other) if who == ADA else (other, ada)
            world.apply(world.message_op(sender.did, receiver.did, expand(text, world), moment))
        for entry in entries("messages", world.part):
            convo = world.chat.of(world.people.by_key[entry["with"]].did)[0]
            keep = len(convo.messages) - entry.get("unread", 0)
            if keep > 0:
                convo.read[ada.did] = max(convo.read.get(ada.did, ""), convo.messages[keep - 1].rev)
