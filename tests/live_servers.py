"""The servers that TWEETDESK_LIVE describes, the people on them, and a user of tweetdesk who is one of them; what
such a user does at the desk, and what befalls them while they send."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plain_bluesky
import plain_mastodon
import pytest
from plain_bluesky import until
from program import Profile
from proxy import Proxy
from terminal import Terminal


@dataclass
class Server:
    """One entry of the file; `person` gives somebody who has an account there."""

    network: str
    url: str
    accounts: list[dict[str, str]]
    _given: int = field(default=0, init=False)

    def person(self, name: str) -> Any:
        """A fresh account where the server gives them out, else the next of the given ones."""
        plain: Any = {"bluesky": plain_bluesky, "mastodon": plain_mastodon}[self.network]
        if fresh := plain.new_person(self.url, name):
            return fresh
        if self._given >= len(self.accounts):
            pytest.skip(f"{self.url} gives out no accounts, and {len(self.accounts)} given ones are too few")
        one = self.accounts[self._given]
        self._given += 1
        return plain.Person(self.url, one["handle"], one.get("password") or one["token"]).log_in()


def described(network: str) -> list[Server]:
    """The servers of one network that stand in the file; an empty list where there is none."""
    name = os.environ.get("TWEETDESK_LIVE", "")
    if not name:
        return []
    found = json.loads(Path(name).read_text(encoding="utf-8"))
    return [Server(network, one["url"].rstrip("/"), one["accounts"]) for one in found if one["network"] == network]


@dataclass
class User:
    """Somebody who uses tweetdesk: who they are for the network, and their folders."""

    me: Any
    profile: Profile
    opened: list[Terminal] = field(default_factory=list)

    def report(self) -> str:
        """What the desks show and what the outbox holds, for the report of a failed test."""
        parts = [terminal.text() for terminal in self.opened]
        for path in self.profile.home.rglob("*.db"):
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                parts += [repr(row) for row in database.execute("SELECT * FROM outbox")]
        return "\n".join(parts)

    def desk(self, columns: int = 200, rows: int = 50) -> Terminal:
        """Open the desk and wait until its columns stand there."""
        terminal = self.profile.open(columns=columns, rows=rows)
        self.opened.append(terminal)
        terminal.wait(r"Mentions[^\n]*Messages|Messages[^\n]*Mentions", 30)
        return terminal


def word() -> str:
    """A word that stands nowhere else."""
    return f"w{secrets.token_hex(4)}"


def fetch_until(desk: Terminal, pattern: str, seconds: float = 45.0) -> None:
    """Ask the network now and then, as an impatient user does, until the screen shows something."""
    end = time.monotonic() + seconds
    while not desk.shows(pattern, 3.0):
        assert time.monotonic() < end, f"{pattern!r} did not come within {seconds} s. The screen:\n{desk.text()}"
        desk.keys("ctrl+r")


def send_answer(desk: Terminal, text: str) -> None:
    """Reply to what is under the hand (the @handles may stand there already), up to the key that sends."""
    desk.keys("r")
    desk.wait("reply as @")
    desk.type(text)
    desk.wait(text[-20:])
    desk.keys("ctrl+s")


def answer(desk: Terminal, text: str) -> None:
    """Reply to what is under the hand, and see the composer close."""
    send_answer(desk, text)
    desk.wait_gone("reply as @")


def answer_unheard(desk: Terminal, line: Proxy, sends: Callable[[str], bool], text: str) -> None:
    """Reply, and lose the server's answer to the call that sends; `sends` knows that call by its name."""
    lost = _break_once(line, "after", sends)
    answer(desk, text)
    until(lambda: lost, what="the answer is lost")


def answer_and_die(desk: Terminal, line: Proxy, sends: Callable[[str], bool], text: str, moment: str) -> None:
    """Reply, and kill the program at the call that sends: "before" the server has it, or "after"."""
    killed = _break_once(line, moment, sends, desk.kill9)
    send_answer(desk, text)
    until(lambda: killed, what="the program is killed while it sends")


def _break_once(
    line: Proxy, moment: str, sends: Callable[[str], bool], also: Callable[[], object] = lambda: None
) -> list[str]:
    """Break the line at that moment of the first such call, after `also`; what is returned names the call."""
    struck: list[str] = []

    def watch(now: str, method: str) -> bool:
        if now != moment or struck or not sends(method):
            return False
        also()
        struck.append(method)
        return True

    line.watch = watch
    return struck
