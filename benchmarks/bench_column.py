"""Measures the column widget: CPU of a key and mount time at 240x60, four columns of 10,000 posts; prints JSON.

Each program runs as a process of its own in a pseudo-terminal. A key is pressed when the program has come to rest;
its CPU time is what the kernel counted for the process until it rests again. The same is measured of an empty
Textual app with header and footer, in turns, so that the ratio holds on a busy machine.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import statistics
import struct
import sys
import termios
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

COLUMNS, ROWS = 240, 60
POSTS = 10_000
KEYS = 200
TESTS = Path(__file__).resolve().parent.parent / "tests"


class Process:
    """A Python program in a pseudo-terminal, whose output is read and counted."""

    def __init__(self, *arguments: str) -> None:
        self.started = time.perf_counter()
        self.painted = 0.0
        self.written = 0
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execv(sys.executable, [sys.executable, __file__, *arguments])
        self.process = psutil.Process(self.pid)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        while select.select([self.fd], [], [])[0]:
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self.written += len(data)
            if not self.painted:
                self.seen += data
                if b"desk is ready" in self.seen:
                    self.painted = time.perf_counter()

    def cpu(self) -> float:
        """CPU seconds used so far, of all threads."""
        parts = Path(f"/proc/{self.pid}/schedstat")
        if parts.exists():
            tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
            return sum(int(one.read_text().split()[0]) for one in tasks) / 1e9
        times = self.process.cpu_times()
        return times.user + times.system

    def wait(self) -> float:
        """Seconds from the start until the first painted screen."""
        while not self.painted:
            if time.perf_counter() - self.started > 30:
                raise TimeoutError(f"never painted: {self.seen[-300:]!r}")
            time.sleep(0.002)
        return self.painted - self.started

    def rest(self) -> float:
        """CPU seconds when the program has come to rest: no more output, no more work."""
        before, calm = self.cpu(), 0
        while calm < 3:
            time.sleep(0.02)
            now = self.cpu()
            calm = calm + 1 if now - before < 0.0002 else 0
            before = now
        return before

    def key(self, key: str) -> float:
        """Press a key; CPU milliseconds of it."""
        before = self.rest()
        os.write(self.fd, key.encode())
        time.sleep(0.03)
        return (self.rest() - before) * 1000

    def end(self) -> None:
        """Stop it."""
        self.process.kill()
        os.waitpid(self.pid, 0)


def measure() -> dict[str, object]:
    """Both programs, in turns."""
    starts: dict[str, list[float]] = {"columns": [], "empty": []}
    for _ in range(5):
        for name in starts:
            process = Process(name)
            starts[name].append(process.wait())
            process.end()
    columns, empty = Process("columns"), Process("empty")
    columns.wait()
    empty.wait()
    written = columns.written
    moves = [columns.key("j") for _ in range(KEYS)]
    written = columns.written - written
    plain = [empty.key("j") for _ in range(50)]
    memory = columns.process.memory_info().rss / 1e6
    columns.end()
    empty.end()
    start = {name: statistics.median(times) for name, times in starts.items()}
    return {
        "terminal": f"{COLUMNS}x{ROWS}",
        "columns": 4,
        "posts a column": POSTS,
        "cpu ms of j, median": round(statistics.median(moves), 2),
        "cpu ms of j, 95th of 100": round(sorted(moves)[int(len(moves) * 0.95)], 2),
        "cpu ms of j, empty app, median": round(statistics.median(plain), 2),
        "bytes written a key": written // KEYS,
        "first paint s": round(start["columns"], 3),
        "first paint s, empty app": round(start["empty"], 3),
        "first paint ratio": round(start["columns"] / start["empty"], 2),
        "memory MB": round(memory),
    }


def run_columns() -> None:
    """The program that is measured; its reader makes items when they are asked for."""
    sys.path.insert(0, str(TESTS))
    from columnworld import Columns, Item, Rows, Shelf, crowd_item

    class Many(Shelf):
        def __init__(self, seed: int) -> None:
            super().__init__()
            self.seed = seed

        async def rows(self, near: int | None = None) -> Rows:
            return Rows([(number + 1, f"item {number}", "account") for number in range(POSTS)])

        async def items(self, ids: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Item]:
            return {ref: crowd_item(int(ref[1].split()[1]), POSTS, self.seed) for ref in ids}

    class Measured(Columns):
        def loaded(self) -> None:
            self.views[0].head.show(state="desk is ready")

    Measured([Many(seed) for seed in range(4)], width=60).run()


def run_empty() -> None:
    """What it is measured against: an empty Textual app with header and footer."""
    from textual.app import App, ComposeResult
    from textual.widgets import Footer, Header

    class Empty(App[None]):
        TITLE = "desk is ready"

        def compose(self) -> ComposeResult:
            yield Header()
            yield Footer()

    Empty().run()


if __name__ == "__main__":
    {"columns": run_columns, "empty": run_empty}.get(
        "".join(sys.argv[1:2]), lambda: print(json.dumps(measure(), indent=1))
    )()
