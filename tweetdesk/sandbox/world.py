"""The sandbox's world: its people, what they have written, its clock, and everything that can change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import history
from .chat import Chat, Message
from .faults import Faults
from .ids import did_for, iso, micros, parse_time, tid
from .journal import Journal, read_world
from .live import Live
from .marks import Marks
from .parts import Part
from .people import ADA, Account, People, Person, load_people
from .records import FOLLOW, POST, PROFILE, Record, Records, parent_of, root_of
from .richtext import detect_facets

Op = dict[str, Any]
DEMO_PASSWORD = "demo-demo-demo-demo"
NO_MESSAGES_PASSWORD = "nodm-nodm-nodm-nodm"
"""An app password of our account that has no permission for direct messages."""


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(UTC)


class World:
    """One small offline world, the same for the same seed, epoch and clock.

    `epoch` (aware) is the moment at which the written history ends; without it, the clock's time.
    From then on something happens about every `live_seconds` seconds of the clock (0: nothing ever);
    it is brought in by `advance`, which every request calls first. With a `journal`, all that happens is
    kept in that file, and a World opened on it goes on where the last one stopped (the file's seed, epoch and
    part win). With a `part` (number, count), the same people live only that part of their written life here, and
    no text of one part is in another: so one world can be spread over several networks.
    Raises ValueError for a naive epoch, for a part that is none, and for a journal that is none or is damaged.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        epoch: datetime | None = None,
        clock: Callable[[], datetime] = utc_now,
        journal: Path | None = None,
        live_seconds: float = 4.0,
        part: Part | None = None,
    ) -> None:
        if epoch is not None and epoch.tzinfo is None:
            raise ValueError("epoch must be aware (UTC)")
        if part is not None and not 0 <= part[0] < part[1]:
            raise ValueError(f"there is no part {part[0]} of {part[1]}; parts count from 0")
        self.clock = clock
        self.access_seconds = 7200.0
        self.refresh_seconds = 7776000.0
        self.rate_limit = 3000
        self.faults = Faults()
        self.revoked: set[str] = set()
        self.beside: dict[str, Any] = {}
        """What the networks' faces keep in memory beside the world, by the name of a network or of what it is."""
        self.logins = 0
        self.watchers: list[Callable[[tuple[Op, ...]], None]] = []
        """Called with every change, after it: for streams."""
        self._journal: Journal | None = None
        lines = read_world(journal)
        if lines:
            seed, epoch = int(lines[0]["seed"]), parse_time(lines[0]["epoch"])
            kept = lines[0].get("part")
            part = (int(kept[0]), int(kept[1])) if kept else None
        self.seed = seed
        self.part = part
        self.chance = f"{seed}" if part is None else f"{seed} {part[0]}/{part[1]}"
        """What the randomness of this world begins with."""
        self.epoch = (epoch or clock()).astimezone(UTC)
        self._start(live_seconds)
        for line in lines[1:]:
            self._replay(line)
        if journal is not None:
            self._open_journal(journal, fresh=not lines)

    def _start(self, live_seconds: float) -> None:
        self.people: People = load_people(self.seed)
        self.records = Records()
        self.chat = Chat()
        self.mutes: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.muted_threads: defaultdict[str, set[str]] = defaultdict(set)
        self.bookmarks: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.reports: list[dict[str, Any]] = []
        self.hidden_replies: set[str] = set()
        self.closed_messages: defaultdict[str, dict[str, str]] = defaultdict(dict)
        """Whose direct messages somebody takes no more: DID -> DID -> since when."""
        self.seen: dict[str, str] = {}
        self.preferences: dict[str, list[Any]] = {}
        self.marks = Marks()
        self._steps = 0
        self._last_rev = 0
        self.named = history.write(self)
        self.live = Live(self, live_seconds)

    def _open_journal(self, path: Path, *, fresh: bool) -> None:
        self._journal = Journal(path)
        if fresh:
            line = {"tweetdesk_sandbox": 1, "seed": self.seed, "epoch": self.epoch.isoformat()}
            self._journal.write(line | ({} if self.part is None else {"part": list(self.part)}))

    def close(self) -> None:
        """Closes the journal."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # -- what tests and the demo use --------------------------------------------------------------------

    @property
    def account(self) -> Account:
        """Our own login."""
        ada = self.people.by_key[ADA]
        return Account(ada.handle, ada.did, DEMO_PASSWORD)

    def person(self, handle: str) -> Person:
        """Somebody by handle or DID. Raises KeyError where there is nobody."""
        person = self.people.find(handle)
        if person is None:
            raise KeyError(handle)
        return person

    def person_add(self, handle: str, name: str, bio: str) -> str:
        """A new person; their DID. Raises ValueError where the handle is taken."""
        if self.people.find(handle) is not None:
            raise ValueError(f"{handle} lives here already")
        did = did_for(self.seed, handle.lower())
        at = iso(self.clock())
        profile = {"$type": PROFILE, "displayName": name, "description": bio, "createdAt": at}
        self.commit(
            {"op": "person", "handle": handle.lower(), "name": name, "bio": bio, "did": did},
            _put(did, PROFILE, "self", profile, at),
        )
        return did

    def post(
        self,
        handle: str,
        text: str,
        *,
        reply_to: str | None = None,
        quote: str | None = None,
        facets: list[dict[str, Any]] | None = None,
        embed: dict[str, Any] | None = None,
        labels: Iterable[str] = (),
        langs: Iterable[str] = ("en",),
        at: datetime | None = None,
    ) -> str:
        """Lets a person post now (or at a time); the post's URI.

        Facets are found in the text unless they are given. Raises KeyError for an unknown person or post.
        """
        moment = at or self.clock()
        did = self.person(handle).did
        value = self.post_value(
            text, moment, reply_to=reply_to, quote=quote, facets=facets, embed=embed, labels=labels, langs=langs
        )
        rkey = self.next_tid(moment)
        self.commit(_put(did, POST, rkey, value, iso(moment)))
        return f"at://{did}/{POST}/{rkey}"

    def message(self, handle: str, text: str, *, to: str | None = None) -> str:
        """Lets a person write a direct message to our account (or to another); the message's id."""
        at = self.clock()
        receiver = self.person(to).did if to else self.account.did
        op = self.message_op(self.person(handle).did, receiver, text, at)
        self.commit(op)
        return str(op["id"])

    def edit(self, uri: str, text: str, **more: Any) -> None:
        """Lets the author of a post write it anew; `more` goes into the record's part for Mastodon.

        Raises KeyError for an unknown post.
        """
        record = self.records.posts[uri]
        now = iso(self.clock())
        facets = more.pop("facets", None)
        facets = detect_facets(text, self.people.resolve) if facets is None else facets
        kept = {key: part for key, part in record.value.items() if key != "facets"}
        marks = {**record.value.get("mastodon", {}), **more, "edited_at": now}
        value = {**kept, "text": text, **({"facets": facets} if facets else {}), "mastodon": marks}
        self.commit(
            {"op": "edited", "did": record.did, "uri": uri, "value": record.value, "at": now},
            _put(record.did, record.collection, record.rkey, value, record.at),
        )

    def delete(self, uri: str) -> None:
        """Lets the author of a record delete it. Raises KeyError where there is none."""
        record = self.records.find(uri)
        if record is None:
            raise KeyError(uri)
        place = {"did": record.did, "collection": record.collection, "rkey": record.rkey}
        self.commit({"op": "delete", **place, "at": iso(self.clock())})

    def thread(self, uri: str) -> list[str]:
        """The URIs of a post and everything below it, depth first, oldest first."""
        found = [uri]
        for reply in sorted(self.records.replies.get(uri, ()), key=lambda record: record.sort_at):
            found.extend(self.thread(reply.uri))
        return found

    def advance(self) -> None:
        """Brings in everything that is due by the clock."""
        self.live.advance(self.clock())

    # -- making records -----------------------------------------------------------------------------------

    def next_tid(self, moment: datetime) -> str:
        """A record key for a moment, different from all others of this world."""
        self._steps += 1
        return tid(micros(moment), self._steps)

    def next_rev(self, moment: datetime) -> str:
        """A revision of the chat service: later than all before."""
        self._last_rev = max(micros(moment), self._last_rev + 1)
        return tid(self._last_rev)

    def post_value(
        self,
        text: str,
        moment: datetime,
        *,
        reply_to: str | None = None,
        quote: str | None = None,
        facets: list[dict[str, Any]] | None = None,
        embed: dict[str, Any] | None = None,
        labels: Iterable[str] = (),
        langs: Iterable[str] = ("en",),
    ) -> dict[str, Any]:
        """The record of a post. Raises KeyError where the answered or quoted post does not exist."""
        value: dict[str, Any] = {"text": text, "$type": POST, "langs": list(langs)}
        found = detect_facets(text, self.people.resolve) if facets is None else facets
        if found:
            value["facets"] = found
        if reply_to is not None:
            parent = self.records.posts[reply_to]
            root = parent.value["reply"]["root"] if "reply" in parent.value else _ref(parent)
            value["reply"] = {"root": root, "parent": _ref(parent)}
        if quote is not None:
            quoted = {"$type": "app.bsky.embed.record", "record": _ref(self.records.posts[quote])}
            embed = (
                quoted
                if embed is None
                else {"$type": "app.bsky.embed.recordWithMedia", "record": quoted, "media": embed}
            )
        if embed is not None:
            value["embed"] = embed
        values = [{"val": label} for label in labels]
        if values:
            value["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
        value["createdAt"] = iso(moment)
        return value

    def message_op(
        self, sender: str, receiver: str, text: str, moment: datetime, extra: dict[str, Any] | None = None
    ) -> Op:
        """The change that brings a direct message."""
        facets = detect_facets(text, self.people.resolve)
        more = extra if extra is not None else ({"facets": facets} if facets else {})
        rev = self.next_rev(moment)
        return {
            "op": "message",
            "to": [sender, receiver],
            "did": sender,
            "id": self.next_tid(moment),
            "rev": rev,
            "text": text,
            "extra": more,
            "at": iso(moment),
        }

    # -- change -------------------------------------------------------------------------------------------

    def commit(self, *ops: Op, mark: dict[str, Any] | None = None) -> None:
        """Applies changes, together, and keeps them in the journal."""
        line = {**(mark or {}), "steps": [self._steps, self._last_rev], "ops": list(ops)}
        for op in ops:
            self.apply(op)
        if self._journal is not None:
            self._journal.write(line)
        if mark is None:
            self.live.noticed(ops)
        for watcher in list(self.watchers):
            watcher(ops)

    def _replay(self, line: dict[str, Any]) -> None:
        self._steps, self._last_rev = line["steps"]
        for op in line["ops"]:
            self.apply(op)
        if "live" in line:
            self.live.resume(line)
        else:
            self.live.noticed(line["ops"])

    def apply(self, op: Op) -> None:
        """One change of the world. All state but sessions, limits and faults changes here."""
        kind = op["op"]
        if kind == "put":
            self.records.put(Record(op["did"], op["collection"], op["rkey"], op["value"], op["at"]))
        elif kind == "delete":
            self.records.remove(op["did"], op["collection"], op["rkey"])
        elif kind == "message":
            convo = self.chat.begin(op["to"], op["rev"])
            message = Message(op["id"], op["rev"], op["did"], op["text"], op["at"], op["extra"])
            self.chat.post(convo, message)
        elif kind == "read":
            convo = self.chat.conversations[op["convo"]]
            self.chat.mark_read(convo, op["did"], op["up_to"], op["rev"])
        elif kind == "begin":
            self.chat.begin(op["to"], op["rev"])
        elif kind == "person":
            key = op["handle"]
            self.people.add(Person(key, op["handle"], op["name"], op["bio"], op["did"]))
        else:
            self._apply_private(op)

    def _apply_private(self, op: Op) -> None:
        kind, did = op["op"], op["did"]
        if kind == "mute":
            self.mutes[did][op["subject"]] = op["at"]
        elif kind == "unmute":
            self.mutes[did].pop(op["subject"], None)
        elif kind == "mute_thread":
            self.muted_threads[did].add(op["root"])
        elif kind == "unmute_thread":
            self.muted_threads[did].discard(op["root"])
        elif kind == "bookmark":
            self.bookmarks[did][op["uri"]] = op["at"]
        elif kind == "unbookmark":
            self.bookmarks[did].pop(op["uri"], None)
        elif kind == "hide_reply":
            self.hidden_replies.add(op["uri"])
        elif kind == "unhide_reply":
            self.hidden_replies.discard(op["uri"])
        elif kind == "close_messages":
            self.closed_messages[did][op["subject"]] = op["at"]
        elif kind == "open_messages":
            self.closed_messages[did].pop(op["subject"], None)
        elif kind == "report":
            self.reports.append({**op["report"], "by": did, "at": op["at"]})
        elif kind == "seen":
            self.seen[did] = op["at"]
        elif kind == "preferences":
            self.preferences[did] = op["value"]
        elif kind == "unsend":
            self.chat.unsend(op["convo"], op["id"])
        elif kind == "rewrite":
            self.chat.rewrite(op["convo"], op["id"], op["text"], op["extra"])
        elif not self.marks.apply(op):
            raise ValueError(f"no change is called {kind!r}")

    # -- questions ----------------------------------------------------------------------------------------

    def follows(self, did: str) -> set[str]:
        """The DIDs that a person follows."""
        return set(self.records.given[FOLLOW].get(did, ()))

    def thread_root(self, record: Record) -> str:
        """The URI of the first post of the thread that a post stands in."""
        return root_of(record) or record.uri

    def describe(self) -> dict[str, Any]:
        """Counts and clock, for people who look at the sandbox from outside."""
        replies = sum(1 for record in self.records.posts.values() if parent_of(record))
        return {
            "seed": self.seed,
            "epoch": iso(self.epoch),
            "now": iso(self.clock()),
            "people": len(self.people.by_did),
            "posts": len(self.records.posts),
            "replies": replies,
            "conversations": len(self.chat.conversations),
            "live_events": self.live.count,
            "account": {"handle": self.account.handle, "did": self.account.did},
        }


def _ref(record: Record) -> dict[str, str]:
    return {"cid": record.cid, "uri": record.uri}


def _put(did: str, collection: str, rkey: str, value: dict[str, Any], at: str) -> Op:
    return {"op": "put", "did": did, "collection": collection, "rkey": rkey, "value": value, "at": at}


__all__ = ["DEMO_PASSWORD", "NO_MESSAGES_PASSWORD", "Account", "World", "utc_now"]
