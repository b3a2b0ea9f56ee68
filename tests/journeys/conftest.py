"""Fixtures of the journeys: a fresh user, and the desk on the sandbox in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lives import Life, NewLife
from program import OpenDemo, Profile, Sandbox
from proxy import Proxy
from sandbox_faces import face
from terminal import Terminal


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """Somebody who has never used tweetdesk."""
    return Profile(tmp_path / "home")


@pytest.fixture
def demo(profile: Profile) -> Iterator[OpenDemo]:
    """Opens `tweetdesk demo`, where nothing happens by itself, and waits for its columns."""
    opened: list[Terminal] = []

    def open_demo(*arguments: str, wait: str = r"Mentions", live: str = "0", **size: int) -> Terminal:
        terminal = profile.open("demo", "--seed", "1", "--live-seconds", live, *arguments, **size)
        opened.append(terminal)
        if wait:
            terminal.wait(wait, 30)
        return terminal

    yield open_demo
    for terminal in opened:
        terminal.close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The sandbox on loopback, where nothing happens by itself."""
    served = Sandbox()
    yield served
    served.close()


@pytest.fixture(scope="module")
def town() -> Iterator[Sandbox]:
    """One sandbox for a whole module; each test has people of its own there."""
    served = Sandbox()
    yield served
    served.close()


@pytest.fixture(scope="module")
def line(town: Sandbox) -> Iterator[Proxy]:
    """The line to it."""
    proxy = Proxy(town.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def life(town: Sandbox, line: Proxy, tmp_path: Path) -> Iterator[NewLife]:
    """Makes somebody on a network, by name."""
    lives: list[Life] = []

    def begin(network: str, name: str, held: int = 2) -> Life:
        lives.append(Life(face(network, town, name), line, Profile(tmp_path / "home"), held))
        return lives[-1]

    yield begin
    line.clear()
    for one in lives:
        if one.desk is not None:
            print(one.desk.text())
        one.close()
        town.ask(f"{one.face.network}/faults", clear=True)
