"""Fixtures of the live tests: a server, a line to it that can be cut, and a user of tweetdesk there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from live_servers import Server, User, described
from program import Profile
from proxy import Proxy

HOW = "TWEETDESK_LIVE names a JSON file that describes servers (docs/testing.md)"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test runs once for each server of the network that its file names."""
    if "described_server" in metafunc.fixturenames:
        servers = described(metafunc.module.NETWORK)
        metafunc.parametrize("described_server", servers or [None], ids=[one.url for one in servers] or ["none"])


@pytest.fixture
def server(described_server: Server | None, request: pytest.FixtureRequest) -> Server:
    """The server that a test talks to."""
    if described_server is None:
        pytest.skip(f"no {request.module.NETWORK} server is described: {HOW}")
    return replace(described_server)


@pytest.fixture
def line(server: Server) -> Iterator[Proxy]:
    """A line to the server that can be cut."""
    proxy = Proxy(server.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def user(server: Server, tmp_path: Path) -> Iterator[User]:
    """A user of tweetdesk, logged in straight to the server; public acts are held for no time."""
    yield from _user(server, tmp_path, server.url)


@pytest.fixture
def user_on_the_line(server: Server, line: Proxy, tmp_path: Path) -> Iterator[User]:
    """The same, logged in through the line."""
    yield from _user(server, tmp_path, line.url)


def _user(server: Server, folder: Path, url: str) -> Iterator[User]:
    me, profile = server.person("desk"), Profile(folder / "home")
    profile.settings("hold_seconds = 0\n")
    if server.network == "bluesky":
        done = profile.log_in(url, me.handle, me.password)
    else:
        done = profile.log_in_with_token(server.network, url, me.token)
    assert done.returncode == 0, done.stderr
    user = User(me, profile)
    yield user
    print(user.report())
    for terminal in user.opened:
        terminal.close()
