"""Counts what kill -9 and a bad line do to acts, a thousand of them over all kinds, networks and faults; JSON.

Each round puts one act into the outbox of an engine (a process of its own: outbox_driver.py), on a network that is
about to misbehave, and kills the engine at one of the places below, or at a random moment; started again it is
often killed again. In the end what was done is read back from the network by plain HTTP. `lost` and `doubled` must
be 0; `unsure` counts acts left to the user where the network has a way to know, and must be 0. Where nobody can
know (X, a text that did not arrive) the user is asked (`asked`): they look at the network, and say what is true.

--rounds N, --minutes M, --seed S, --first K (the round to begin with), --only K ... (these rounds alone).
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from program import Profile, Sandbox  # noqa: E402
from proxy import Proxy, Trap  # noqa: E402
from sandbox_faces import FAULTS, SENDS, TOM, Face, face, png  # noqa: E402

FACES = ("bluesky", "mastodon", "mastodon, keys ignored", "x")
KINDS = ("reply", "thread", "picture", "repost", "block", "message")
#: Where the engine is killed: a moment by chance, or while a request is kept on its way.
PLACES = ("chance", "leaving", "leaving, arrives later", "answer on its way", "answer not stored", "settling")
#: More of them where there is an upload, or a second post.
MORE_PLACES = {
    "picture": ("upload leaving", "upload answered"),
    "thread": ("between two posts", "second answer on its way"),
}
#: Faults after which nobody knows at once whether the act was carried out.
DOUBTFUL = ("lost request", "lost answer", "5xx before", "5xx after")
PARTS = ("one", "two", "three")
#: The longest time from the start of an engine to a kill by chance, and until a round must be over, in seconds.
CHANCE, PATIENCE = 0.5, 40.0


class Engines:
    """Makes engines and ends them."""

    def __init__(self) -> None:
        command = [sys.executable, str(ROOT / "benchmarks" / "outbox_driver.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, env: dict[str, str], **job: Any) -> int:
        """A new one; its process id."""
        return int(self._ask(do="start", env=env, **job)["pid"])

    def kill(self, pid: int) -> bool:
        """kill -9; whether it had not ended before."""
        return int(self._ask(do="kill", pid=pid)["status"]) != 0

    def wait(self, pid: int) -> int:
        """Its exit status, when it has ended."""
        return int(self._ask(do="wait", pid=pid)["status"])

    def _ask(self, **what: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the process that makes them."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


class Row(NamedTuple):
    """A row of the outbox, as the program has stored it."""

    id: int
    state: str
    why: str
    changed_at: int


@dataclass
class Place:
    """One face of the sandbox, somebody there, their profile, and their line."""

    name: str
    face: Face
    line: Proxy
    profile: Profile
    #: All texts that must be on the network in the end, each once.
    texts: list[str] = field(default_factory=list)

    @property
    def sends(self) -> dict[str, str]:
        """The requests of each kind of act."""
        return SENDS[self.face.network]

    def kinds(self) -> tuple[str, ...]:
        """The acts that this network lets an app do."""
        return tuple(kind for kind in KINDS if not (self.face.network == "x" and kind == "block"))

    def faults(self, kind: str) -> tuple[str, ...]:
        """What this network may do to an act of a kind.

        That a request arrives twice is left out where nothing could make it harmless.
        """
        unsafe = {("bluesky", "message"), ("x", "message"), ("x", "picture")}
        twice = kind in ("repost", "block") or not ("ignored" in self.name or (self.face.network, kind) in unsafe)
        return ("", *(name for name in FAULTS if name != "twice" or twice))

    def rows(self, since: int = 0) -> list[Row]:
        """The rows of the outbox after one."""
        for path in self.profile.home.rglob("tweetdesk.db"):
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
                found = database.execute("SELECT id, state, why, changed_at FROM outbox WHERE id > ?", (since,))
                return [Row(*one) for one in found]
        return []


@dataclass
class Round:
    """One act, what befalls it, and what became of it."""

    number: int
    kind: str
    place: str
    fault: str
    killed_at: str
    kills: int = 0
    lost: int = 0
    doubled: int = 0
    unsure: int = 0
    asked: int = 0
    refused: int = 0
    stuck: int = 0
    seconds: float = 0.0
    words: str = ""

    @property
    def wrong(self) -> bool:
        """Whether this must not be."""
        return bool(self.lost or self.doubled or self.unsure or self.refused or self.stuck)


class Measurement:
    """All places, and the rounds so far."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.seed, self.folder = options.seed, folder
        self.engines = Engines()
        self.sandboxes = {False: Sandbox(), True: Sandbox("--ignore-keys")}
        self.picture = folder / "red.png"
        self.picture.write_bytes(png())
        self.places = [self._place(name) for name in FACES]

    def _place(self, name: str) -> Place:
        sandbox = self.sandboxes["ignored" in name]
        profile = Profile(self.folder / name.replace(", ", "-").replace(" ", "-"))
        profile.settings("hold_seconds = 0\n[budget]\ndollars_a_day = 100.0\n")
        made = Place(name, face(name.partition(",")[0], sandbox, "desk"), Proxy(sandbox.url), profile)
        made.face.log_in(profile, made.line.url)
        self.engines.wait(self.engines.start(profile.env))  # makes the database
        return made

    def close(self) -> None:
        """End everything that was started."""
        self.engines.close()
        for place in self.places:
            place.line.stop()
        for sandbox in self.sandboxes.values():
            sandbox.close()

    # --- one round -----------------------------------------------------------------------------------------------

    def round(self, number: int) -> Round:
        """One act from beginning to end; what befalls it depends on the seed and its number alone."""
        chance = random.Random(f"{self.seed}/{number}")
        place = self.places[number % len(self.places)]
        kind = chance.choice(place.kinds())
        fault = chance.choice(place.faults(kind))
        killed_at = chance.choice((*PLACES, *MORE_PLACES.get(kind, ()), "chance"))
        if killed_at == "settling" and fault not in DOUBTFUL:
            fault = chance.choice(DOUBTFUL)
        one = Round(number, kind, place.name, fault, killed_at)
        name = f"round{number:05d}x{self.seed}"
        texts = [f"{name} says {part}" for part in PARTS[: 3 if kind == "thread" else 1]]
        act, target = self._act(place, kind, name, texts)
        before = Counter(place.face.blocks())
        rows = max((row.id for row in place.rows()), default=0)
        if fault:
            after = chance.randrange(3) if kind == "thread" else 0
            place.face.fault(kind, after=after, **FAULTS[fault])
        self._first_life(place, one, act, rows, chance)
        if chance.random() < 0.5:
            engine = self.engines.start(place.profile.env)
            time.sleep(chance.uniform(0, CHANCE))
            one.kills += self.engines.kill(engine)
        self._last_life(place, one, texts, rows)
        if kind == "repost":
            self._count(one, place.face.reposts().count(target))
        elif kind == "block":
            self._count(one, sum((Counter(place.face.blocks()) - before).values()))
        else:
            self._count_texts(place, one, texts)
        place.face.sandbox.ask(f"{place.face.network}/faults", clear=True)
        if one.wrong:
            one.words = f"{one.words} {place.rows(rows)}"
        return one

    def _act(self, place: Place, kind: str, name: str, texts: list[str]) -> tuple[dict[str, Any], str]:
        """What is to be put into the outbox (see the driver), and the id of the post that it is on."""
        shows = f"{name} asks"
        if kind == "message":
            place.face.told(shows)
            return {"kind": "message", "source": "messages", "shows": shows, "text": texts[0]}, ""
        by = TOM
        if kind == "block":  # somebody else each time: nobody is blocked twice
            by = f"{name}.example.com"
            place.face.sandbox.ask(f"{place.face.network}/person", handle=by, name=name, bio="")
        target = place.face.asked(shows, by)
        act: dict[str, Any] = {"kind": kind, "source": "mentions", "shows": shows}
        if kind not in ("repost", "block"):
            pictures = [str(self.picture)] if kind == "picture" else []
            act |= {"kind": "reply", "text": texts[0], "more": texts[1:], "pictures": pictures}
        return act, target

    def _first_life(self, place: Place, one: Round, act: dict[str, Any], rows: int, chance: random.Random) -> None:
        """The engine puts the act into the outbox, and is killed."""
        with contextlib.ExitStack() as held:
            trap = self._trap(place, one, held)
            engine = self.engines.start(place.profile.env, put=act)
            if not _soon(lambda: bool(place.rows(rows))):
                one.words = "never put"
            if trap is None:
                time.sleep(chance.uniform(0, CHANCE))
            else:
                reached = trap.answered if one.killed_at == "answer not stored" else trap.sprung
                if not _soon(lambda: reached.is_set() or not _open(place.rows(rows))):
                    one.words = "never caught"
                if not reached.is_set():
                    one.killed_at = f"not reached: {one.killed_at}"
            one.kills += self.engines.kill(engine)
        if trap is not None:
            trap.let_go()
            if trap.sprung.is_set() and trap.moment == "before" and not trap.lost:
                trap.arrived.wait(5)
        place.line.clear()

    def _trap(self, place: Place, one: Round, held: contextlib.ExitStack) -> Trap | None:
        """What keeps the request at which the engine is to be killed."""
        sends = place.sends[{"thread": "reply", "picture": "reply"}.get(one.kind, one.kind)]
        settles = place.sends["settle message" if one.kind == "message" else "settle"]
        match one.killed_at:
            case "leaving":
                return place.line.trap(sends, hold=True, lost=True)
            case "leaving, arrives later":
                return place.line.trap(sends, hold=True)
            case "answer on its way":
                return place.line.trap(sends, "after", hold=True, lost=True)
            case "answer not stored":
                hold = place.profile.database_held
                return place.line.trap(sends, "after", caught=lambda: held.enter_context(hold()))
            case "settling":
                return place.line.trap_behind(sends, settles, hold=True, lost=True)
            case "upload leaving":
                return place.line.trap(place.sends["upload"], hold=True, lost=True)
            case "upload answered":
                return place.line.trap(place.sends["upload"], "after", hold=True, lost=True)
            case "between two posts":
                return place.line.trap(sends, hold=True, lost=True, skip=1)
            case "second answer on its way":
                return place.line.trap(sends, "after", hold=True, lost=True, skip=1)
        return None

    def _last_life(self, place: Place, one: Round, texts: list[str], rows: int) -> None:
        """The engine runs until nothing is left to do; what is unsure is looked up, as the user would."""
        say: list[str] = []
        doubts: list[Row] = []
        for _ in range(6):
            engine = self.engines.start(place.profile.env, say=say)
            done = _soon(partial(self._settled, place, rows, set(doubts)), PATIENCE)
            doubts = [row for row in place.rows(rows) if row.state == "unsure"]
            if done and not doubts:
                self.engines.wait(engine)
                break
            self.engines.kill(engine)
            if not doubts:
                one.stuck += 1
                return
            there = self._there(place, one.kind)
            missing = next((text for text in texts if not any(text in known for known in there)), "")
            unsent = texts.index(missing) if missing else len(texts)
            asked_of = [row.id for row in place.rows(rows)].index(doubts[0].id)
            say = ["queued" if asked_of >= unsent else "sent"]
            one.asked += 1
            if place.face.network != "x" or say == ["sent"]:  # it could have been found
                one.unsure += 1
                one.words = doubts[0].why
        one.refused = sum(row.state == "refused" for row in place.rows(rows))

    def _settled(self, place: Place, rows: int, answered: set[Row]) -> bool:
        """Whether nothing is under way, or the user is asked something that they have not answered."""
        now = place.rows(rows)
        doubts = {row for row in now if row.state == "unsure"}
        return bool(doubts - answered) if doubts else not _open(now)

    def _there(self, place: Place, kind: str) -> list[str]:
        """The texts that the network has."""
        return place.face.messages() if kind == "message" else [post.text for post in place.face.posts()]

    def _count_texts(self, place: Place, one: Round, texts: list[str]) -> None:
        place.texts += [] if one.kind == "message" else texts
        there = self._there(place, one.kind)
        for text in texts:
            self._count(one, sum(text in known for known in there))
        if one.kind in ("thread", "picture"):
            posts = [next((post for post in place.face.posts() if text in post.text), None) for text in texts]
            for above, below in itertools.pairwise(posts):
                if above and below and below.answers != above.id:
                    one.lost += 1
                    one.words = "the thread is broken"
            if one.kind == "picture" and posts[0] and posts[0].alts != ("a red square",):
                one.lost += 1
                one.words = f"pictures: {posts[0].alts}"

    def _count(self, one: Round, found: int) -> None:
        one.lost += found == 0
        one.doubled += max(0, found - 1)

    # --- all of them ---------------------------------------------------------------------------------------------

    def whole(self, place: Place) -> Counter[str]:
        """Read everything on a network once more: how many of the texts are lost or doubled by now."""
        found = Counter(word for post in place.face.posts(everything=True) for word in _names(post.text))
        wanted = Counter(name for text in place.texts for name in _names(text))
        return Counter(lost=sum((wanted - found).values()), doubled=sum((found - wanted).values()))


def _names(text: str) -> list[str]:
    return re.findall(r"round\d+x\d+ says \w+", text)


def _open(rows: list[Row]) -> bool:
    """Whether something is still under way."""
    return any(row.state in ("held", "queued", "sending") for row in rows)


def _soon(look: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Whether something comes true within a time."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def report(rounds: list[Round], seed: int, seconds: float, whole: dict[str, Counter[str]]) -> dict[str, Any]:
    """The counts."""
    figures = ("kills", "lost", "doubled", "unsure", "asked", "refused", "stuck")
    total = {name: sum(getattr(one, name) for one in rounds) for name in figures}
    by: dict[str, dict[str, dict[str, int]]] = {}
    for what in ("kind", "place", "fault", "killed_at"):
        for one in rounds:
            counts = by.setdefault(what, {}).setdefault(getattr(one, what) or "none", {"rounds": 0})
            counts["rounds"] += 1
            for name in figures:
                if getattr(one, name):
                    counts[name] = counts.get(name, 0) + getattr(one, name)
    return {
        "rounds": len(rounds), "seed": seed, **total, "read_again_at_the_end": whole,
        "seconds": round(seconds), "by": by, "wrong": [vars(one) for one in rounds if one.wrong],
    }  # fmt: skip


def main() -> int:
    """Measure, and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*", default=None)
    parser.add_argument("--minutes", type=float, default=60.0, help="begin no round after so long")
    options = parser.parse_args()
    numbers = options.only or range(options.first, options.first + options.rounds)
    begun, rounds = time.monotonic(), []
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Measurement(Path(folder), options)) as measurement,
    ):
        for number in numbers:
            at = time.monotonic()
            if at - begun > options.minutes * 60:
                break
            rounds.append(measurement.round(number))
            rounds[-1].seconds = round(time.monotonic() - at, 2)
            if rounds[-1].wrong:
                print(rounds[-1], file=sys.stderr, flush=True)
        whole = {place.name: measurement.whole(place) for place in measurement.places}
    figures = report(rounds, options.seed, time.monotonic() - begun, whole)
    print(json.dumps(figures, indent=1))
    return 1 if figures["wrong"] or any(sum(one.values()) for one in whole.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
