"""Fixtures of the journeys: a fresh user, and the desk on the sandbox in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from program import OpenDemo, Profile, Sandbox
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
