"""Counts what kill -9 does to replies: a hundred kills over sixty replies on each network; prints JSON.

The desk is a real process in a pseudo-terminal. A reply is typed and sent; at a random moment after that the
process is killed, started again, and often killed again while it settles what it left behind. In the end each
post must have exactly one answer among the user's own posts: `lost` and `doubled` must be 0. Where nobody can know
whether a reply was sent (X), the user is asked; here they say "send again", and the network refuses a duplicate.

The sandbox's faces of Mastodon (keys honoured, keys ignored) and X are always measured; a real Bluesky network and
mastodon-mock where the file named in TWEETDESK_LIVE describes them. REPLIES and KILLS set other counts, SEED other
moments, ONLY a part of a place's name.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from kill_places import BlueskyServer, MastodonServer, Place, SandboxFace  # noqa: E402
from live_servers import described  # noqa: E402
from plain_bluesky import until  # noqa: E402
from program import Profile  # noqa: E402
from terminal import Terminal  # noqa: E402

REPLIES = int(os.environ.get("REPLIES", "60"))
KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "1"))
ONLY = os.environ.get("ONLY", "")
#: Takes "it was not: send it again", where the outbox asks whether an act was sent.
AGAIN = "2"
#: The longest time between a send, or a start, and the kill, in seconds.
AFTER_SEND, AFTER_START = 0.3, 1.2


class Measurement:
    """The user of the desk on one network, and the counts so far."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.chance = random.Random(SEED)
        self.place = place
        self.profile = Profile(folder / "home")
        self.profile.settings("hold_seconds = 0\n[budget]\ndollars_a_day = 100.0\n")
        place.log_in(self.profile)
        self.kills = self.drafts = self.written = self.asked = 0

    def open(self) -> Terminal:
        """The desk, not waited for."""
        return self.profile.open(columns=160, rows=40)

    def rows(self, *states: str) -> int:
        """How many rows of the outbox are in these states."""
        for path in self.profile.home.rglob("tweetdesk.db"):
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                marks = ",".join("?" * len(states))
                query = f"SELECT count(*) FROM outbox WHERE state IN ({marks})"
                return int(database.execute(query, states).fetchone()[0])
        return 0

    def rest(self, desk: Terminal) -> int:
        """Wait until nothing is on its way and the mentions are read; how many are open."""
        until(lambda: not self.rows("held", "queued", "sending"), 60, "the outbox is settled")
        self.decide(desk)
        desk.wait(r"Mentions[^\n]*open", 30)
        desk.keys("g", "m")
        text = desk.settle(0.4)
        found = re.search(r"Mentions\b[^│\n]*?(\d+) open", text)
        return int(found[1]) if found else 0

    def send_one(self, desk: Terminal) -> None:
        """Answer what is under the hand; a draft that a kill has left is sent as it is."""
        desk.keys("r")
        text = desk.wait("reply as @")
        if "answer number" in text.rpartition("reply as @")[2]:
            self.drafts += 1
        else:
            self.written += 1
            desk.type(f"answer number {self.written}")
            desk.wait(f"answer number {self.written}")
        desk.keys("ctrl+s")

    def kill(self, desk: Terminal, within: float) -> Terminal:
        """Kill the desk at a random moment, and open it again."""
        moment = time.monotonic() + self.chance.uniform(0, within)
        while (left := moment - time.monotonic()) > 0:
            time.sleep(left)
        desk.kill9()
        desk.close()
        self.kills += 1
        return self.open()

    def run(self) -> dict[str, object]:
        """Everything; the figures."""
        begun = time.monotonic()
        desk = self.open()
        self.rest(desk)  # what is older than the first look need not be fetched
        self.place.mention(REPLIES)
        until(partial(self._all_there, desk), 180, "the mentions are on the desk")
        while (left := self.rest(desk)) > 0:
            if time.monotonic() - begun > 1500:
                break
            self.send_one(desk)
            wanted = (KILLS - self.kills) / left
            desk = self._kills(desk, int(wanted) + (self.chance.random() < wanted % 1))
        desk.close()
        answers = self.place.answers()
        return {
            "place": self.place.name, "replies": REPLIES, "kills": self.kills,
            "lost": REPLIES - len(answers),
            "doubled": sum(count - 1 for count in answers.values()),
            "sent_from_the_draft_after_a_kill": self.drafts,
            "asked_the_user": self.asked,
            "unsure": self.rows("unsure"), "refused": self.rows("refused"),
            "seconds": round(time.monotonic() - begun),
        }  # fmt: skip

    def _all_there(self, desk: Terminal) -> bool:
        desk.keys("g", "m", "ctrl+r")
        return self.rest(desk) >= REPLIES

    def _kills(self, desk: Terminal, count: int) -> Terminal:
        for number in range(count):
            desk = self.kill(desk, AFTER_START if number else AFTER_SEND)
        return desk

    def decide(self, desk: Terminal) -> None:
        """Say "send again" of everything of which nobody knows whether it was sent."""
        while left := self.rows("unsure"):
            self.asked += 1
            desk.keys("g", "o")
            desk.wait("say whether it was sent")
            desk.keys("enter")
            desk.wait("Was it sent")
            desk.keys(AGAIN)
            until(partial(self._fewer, left), 30, "the choice is taken")
            desk.keys("escape")
            until(lambda: not self.rows("held", "queued", "sending"), 60, "the outbox is settled")

    def _fewer(self, than: int) -> bool:
        return self.rows("unsure") < than


def places() -> Iterator[Callable[[], Place]]:
    """What there is to measure on."""
    for bluesky in described("bluesky"):
        yield partial(BlueskyServer, bluesky)
    for mastodon in described("mastodon"):
        yield partial(MastodonServer, mastodon)
    yield partial(SandboxFace, "mastodon")
    yield partial(SandboxFace, "mastodon", "--ignore-keys")
    yield partial(SandboxFace, "x")


def main() -> int:
    """Measure on every place."""
    all_figures = []
    for make in places():
        place = make()
        try:
            if ONLY in place.name:
                with tempfile.TemporaryDirectory() as folder:
                    all_figures.append(Measurement(place, Path(folder)).run())
        finally:
            place.close()
    print(json.dumps(all_figures, indent=2))
    return 1 if any(one["lost"] or one["doubled"] for one in all_figures) else 0


if __name__ == "__main__":
    sys.exit(main())
