"""The servers that TWEETDESK_LIVE describes, the people on them, and a user of tweetdesk who is one of them."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import plain_bluesky
import plain_mastodon
import pytest
from program import Profile
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
