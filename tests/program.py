"""A user of tweetdesk for tests: folders of their own, the program run in them with or without a screen."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from terminal import Terminal

#: Opens the demo; arguments as those of Profile.open.
OpenDemo = Callable[..., Terminal]

PROGRAM = (sys.executable, "-m", "tweetdesk")

#: What must not reach the program from the machine that runs the tests.
LEFT_OUT = (
    "TWEETDESK_HOME", "TWEETDESK_LIVE", "TWEETDESK_BLUESKY_PASSWORD", "TWEETDESK_MASTODON_TOKEN",
    "TWEETDESK_X_TOKENS", "TWEETDESK_X_URL", "BROWSER", "DISPLAY", "WAYLAND_DISPLAY", "NO_COLOR",
    "PYTHONDONTWRITEBYTECODE",
)  # fmt: skip


class Sandbox:
    """The sandbox on loopback, in a process of its own: `url`, and `handle` and `password` of its account.

    `extra` are more arguments of `tweetdesk sandbox serve`.
    """

    def __init__(self, *extra: str) -> None:
        command = [sys.executable, "-m", "tweetdesk.sandbox", "--live-seconds", "0", *extra]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())
        self.url: str = ready["url"]
        #: Each network's account there, and how it can log in at once.
        self.networks: dict[str, dict[str, Any]] = ready["networks"]
        self.handle: str = ready["account"]["handle"]
        self.password: str = ready["account"]["password"]

    def ask(self, what: str, **body: object) -> dict[str, object]:
        """One of the sandbox's own endpoints: "faults", "post", "message", "person"."""
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{what}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, object] = json.loads(answer.read())
            return found

    def takes(self, what: str, **body: object) -> bool:
        """The same for what may be refused; whether it was taken."""
        try:
            self.ask(what, **body)
        except urllib.error.HTTPError as error:
            error.close()
            return False
        return True

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.wait(10)


class Profile:
    """Folders below `home`; `env` is what every run of the program gets."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.home.mkdir(parents=True, exist_ok=True)
        self.env = {"TWEETDESK_HOME": str(home), "HOME": str(home), "TZ": "UTC", "PYTHONUNBUFFERED": "1"}
        self._where = ""  # does not change: asked once

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """The environment of the program: this process's, less what must not reach it."""
        kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
        return {**kept, **self.env, **(env or {})}

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, seconds: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command without a screen to its end."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            env=self.environment(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds,
            check=False,
        )  # fmt: skip

    def open(
        self, *arguments: str, columns: int = 120, rows: int = 40, env: Mapping[str, str] | None = None
    ) -> Terminal:
        """Start the program in a terminal."""
        return Terminal(
            [*PROGRAM, *arguments],
            columns=columns, rows=rows, env={**self.env, **(env or {})}, cwd=self.home, without=LEFT_OUT,
        )  # fmt: skip

    def folder(self, what: str) -> Path:
        """The folder in which `tweetdesk where` says that something is: "layouts", "posts", "logs", "demo"."""
        self._where = self._where or self.run("where").stdout
        for line in self._where.splitlines():
            if what in line:
                return Path(line.split("  ")[-1].strip())
        raise AssertionError(f"tweetdesk where does not tell of {what}")

    def settings(self, text: str, *, demo: bool = False) -> None:
        """Write settings.toml."""
        folder = self.demo_config() if demo else self.folder("layouts")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "settings.toml").write_text(text, encoding="utf-8")

    def demo_config(self) -> Path:
        """The folder of the demo's settings and layouts."""
        from tweetdesk.store.folders import Folders

        return Folders.usual(self.env).profile("demo").config

    def log_in(self, server: str, handle: str, password: str) -> subprocess.CompletedProcess[str]:
        """`tweetdesk login bluesky` with the session in a file."""
        return self.run(
            "login", "bluesky", "--server", server, "--handle", handle, "--store", "file",
            env={"TWEETDESK_BLUESKY_PASSWORD": password},
        )  # fmt: skip

    def log_in_with_token(self, network: str, server: str, token: str) -> subprocess.CompletedProcess[str]:
        """`tweetdesk login` with a token that is there already; it stays in the environment of every run."""
        self.env[f"TWEETDESK_{network.upper()}_TOKEN"] = token
        return self.run("login", network, "--server", server, "--store", "environment")

    def outbox(self, *states: str) -> int:
        """How many rows of the outbox are in these states; 0 before there is a database."""
        return self._count(f"outbox WHERE state IN ({','.join('?' * len(states))})", *states)

    def drafts(self, text: str) -> int:
        """How many drafts have this text within theirs."""
        return self._count("drafts WHERE instr(act || text, ?)", text)

    def _count(self, rest: str, *given: str) -> int:
        for path in self.home.rglob("tweetdesk.db"):
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as database:
                return int(database.execute(f"SELECT count(*) FROM {rest}", given).fetchone()[0])
        return 0

    @contextlib.contextmanager
    def database_held(self) -> Iterator[None]:
        """Nobody else can write into the database meanwhile: what the program is told, it cannot store."""
        (path,) = self.home.rglob("tweetdesk.db")
        opened = sqlite3.connect(path, timeout=20, isolation_level=None, check_same_thread=False)
        with contextlib.closing(opened) as database:
            database.execute("BEGIN IMMEDIATE")
            yield
            database.execute("ROLLBACK")

    def sessions(self) -> list[Path]:
        """The files in which sessions are kept."""
        return [path for path in sorted(self.home.rglob("*.json")) if "accessJwt" in path.read_text()]
