"""Counts what kill -9 does to replies: a hundred kills over sixty replies on a real server; prints JSON.

The desk is a real process in a pseudo-terminal. A reply is typed and sent; at a random moment after that the
process is killed, started again, and often killed again while it settles what it left behind. In the end each
post must have exactly one answer in the user's repository: `lost` and `doubled` must be 0.

Needs a server that gives out accounts: the first one of the file named in TWEETDESK_LIVE. REPLIES and KILLS set
other counts, SEED other moments.
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
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from live_servers import Server, described  # noqa: E402
from plain_bluesky import Person, until  # noqa: E402
from program import Profile  # noqa: E402
from terminal import Terminal  # noqa: E402

REPLIES = int(os.environ.get("REPLIES", "60"))
KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "1"))
#: The longest time between a send, or a start, and the kill, in seconds.
AFTER_SEND, AFTER_START = 0.3, 1.2
POSTS = "app.bsky.feed.post"


class Measurement:
    """The user, the one who mentions them, and the counts so far."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.chance = random.Random(SEED)
        self.me, self.friend = server.person("desk"), server.person("friend")
        self.profile = Profile(folder / "home")
        self.profile.settings("hold_seconds = 0\n")
        done = self.profile.log_in(server.url, self.me.handle, self.me.password)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        self.kills = self.drafts = self.written = 0

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
        asked = self.mention()
        desk = self.open()
        while not self.rows("sent") and self.rest(desk) < REPLIES:
            desk.keys("ctrl+r")
        while (left := self.rest(desk)) > 0:
            if time.monotonic() - begun > 1500:
                break
            self.send_one(desk)
            wanted = (KILLS - self.kills) / left
            desk = self._kills(desk, int(wanted) + (self.chance.random() < wanted % 1))
        desk.close()
        answers = Counter(
            one["value"]["reply"]["parent"]["uri"] for one in self.me.records(POSTS) if "reply" in one["value"]
        )
        return {
            "replies": len(asked), "kills": self.kills,
            "lost": sum(not answers[uri] for uri in asked),
            "doubled": sum(answers[uri] - 1 for uri in asked if answers[uri]),
            "sent_from_the_draft_after_a_kill": self.drafts,
            "unsure": self.rows("unsure"), "refused": self.rows("refused"),
            "seconds": round(time.monotonic() - begun),
        }  # fmt: skip

    def _kills(self, desk: Terminal, count: int) -> Terminal:
        for number in range(count):
            desk = self.kill(desk, AFTER_START if number else AFTER_SEND)
        return desk

    def mention(self) -> list[str]:
        """As many mentions as there are to be replies; their addresses."""
        posts = [
            self.friend.post(f"question {number} for @{self.me.handle}", (self.me,)) for number in range(REPLIES)
        ]
        until(lambda: self._noticed(self.me) >= REPLIES, 60, "the network tells of the mentions")
        return [post.uri for post in posts]

    @staticmethod
    def _noticed(person: Person) -> int:
        found = person.get("app.bsky.notification.listNotifications", limit=100)
        return len(found["notifications"])


def main() -> int:
    """Measure on the first server that is described."""
    servers = described("bluesky")
    if not servers:
        print(json.dumps({"skipped": "TWEETDESK_LIVE names no server"}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        figures = Measurement(servers[0], Path(folder)).run()
    print(json.dumps(figures, indent=2))
    return 0 if not figures["lost"] and not figures["doubled"] else 1


if __name__ == "__main__":
    sys.exit(main())
