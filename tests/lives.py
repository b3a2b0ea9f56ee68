"""Somebody with one account in a pseudo-terminal, whose desk is killed again and again.

The desk's line to the sandbox is a proxy that keeps a request on its way until the desk has been killed. What was
done is counted on the network, by plain HTTP (sandbox_faces.py).
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Protocol

from plain_bluesky import until
from program import Profile
from proxy import Proxy, Trap
from sandbox_faces import SENDS, Face
from terminal import Terminal

COLUMNS = """name = "desk"
[[column]]
kind = "messages"
[[column]]
kind = "mentions"
"""
NETWORKS = ("bluesky", "mastodon", "x")


class NewLife(Protocol):
    """Makes somebody on a network, by name; a public act is held for `held` seconds."""

    def __call__(self, network: str, name: str, held: int = 2) -> Life: ...


class Life:
    """Somebody with one account, whose desk is killed again and again."""

    def __init__(self, face: Face, line: Proxy, profile: Profile, held: int) -> None:
        self.face, self.line, self.profile = face, line, profile
        self.sends = SENDS[face.network]
        self.desk: Terminal | None = None
        self.kills = 0
        profile.settings(f"hold_seconds = {held}\n[budget]\ndollars_a_day = 100.0\n")
        face.log_in(profile, line.url)
        layouts = profile.folder("layouts") / "layouts"
        layouts.mkdir(exist_ok=True)
        (layouts / "1-desk.toml").write_text(COLUMNS, encoding="utf-8")

    def open(self) -> Terminal:
        """Start the desk; it is not waited for."""
        self.close()
        self.desk = self.profile.open(columns=160, rows=40)
        return self.desk

    def at(self, column: str, shown: str) -> Terminal:
        """Start the desk, and go to a post (or conversation) that it shows in a column."""
        desk = self.open()
        desk.wait(shown, 30)
        desk.keys("g", column)
        desk.settle()
        return desk

    def answer(self, column: str, shown: str, *texts: str) -> Terminal:
        """Start the desk, and write an answer to what it shows in a column: a thread of so many posts."""
        desk = self.at(column, shown)
        desk.keys("r")
        desk.wait(r"(reply|message) as @")
        for number, text in enumerate(texts, 1):
            if number > 1:
                desk.keys("ctrl+n")
                desk.wait(rf"post {number} of {number}")
            desk.type(text)
            desk.wait(text)
        return desk

    def kill(self) -> None:
        """End the desk as a power cut would."""
        assert self.desk is not None
        self.desk.kill9()
        self.kills += 1

    def close(self) -> None:
        """End the desk if there is one."""
        if self.desk is not None:
            self.desk.close()
        self.desk = None

    def state(self, *states: str) -> None:
        """Return when the one act stands in one of these states."""
        until(lambda: self.profile.outbox(*states) >= 1, 20, f"the act is {' or '.join(states)}")

    def kill_when(self, trap: Trap, state: str = "sending") -> None:
        """Kill the desk while a request of it is kept on its way; then the request goes on."""
        trap.wait()
        assert self.profile.outbox(state) == 1
        self.kill()
        trap.let_go()

    def killed_before_it_is_stored(self, request: str) -> None:
        """Start the desk, and kill it when it has been answered and has not been able to store that."""
        with contextlib.ExitStack() as held:
            trap = self.line.trap(
                request, "after", caught=lambda: held.enter_context(self.profile.database_held())
            )
            self.open()
            assert trap.answered.wait(20), f"nothing like {request!r} was asked"
            self.kill()
        assert self.profile.outbox("sending") == 1

    def ends_well(self) -> None:
        """The desk is started once more with nothing in its way, and leaves nothing to the user."""
        self.line.clear()
        self.open()
        self.settles()

    def settles(self) -> None:
        """Return when the desk has carried out all that is left."""
        until(lambda: self.profile.outbox("sent", "unsure", "refused") >= 1, 30, "the act is settled")
        until(lambda: self.profile.outbox("held", "queued", "sending") == 0, 30, "nothing is left")
        assert self.profile.outbox("unsure", "refused") == 0


def attach(desk: Terminal, picture: Path, alt: str) -> None:
    """Attach a picture to what is being written."""
    desk.keys("ctrl+r")
    desk.wait("Picture file")
    desk.type(str(picture))
    desk.keys("enter")
    desk.wait("What is to be seen")
    desk.type(alt)
    desk.keys("enter")
    desk.wait(rf"{alt} · Ctrl")
