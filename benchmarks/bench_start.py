"""Measures the start: the first painted deck from a warm store against an empty Textual app; prints JSON.

Both are real processes in a pseudo-terminal of 240x60, started in turns. The store holds four columns of 10,000
posts; the server is away, since the deck is painted from the store alone. What was read is stamped at once and
drawn afterwards, so that the emulation does not count. A deck counts as painted when all four columns show posts.
Times are in milliseconds; the goal for `ratio` is at most 1.5.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]

from bench_store import PAGE, made_post  # noqa: E402
from program import LEFT_OUT, PROGRAM, Profile  # noqa: E402
from terminal import Terminal  # noqa: E402

from tweetdesk.domain.selections import Source  # noqa: E402
from tweetdesk.engine.session import open_session  # noqa: E402
from tweetdesk.store.folders import Folders  # noqa: E402
from tweetdesk.store.posts import Arrival  # noqa: E402
from tweetdesk.store.store import Store  # noqa: E402

COLUMNS, ROWS = 240, 60
RUNS = int(os.environ.get("RUNS", "7"))
POSTS = int(os.environ.get("POSTS", "10000"))
GOAL = 1.5
AUTHOR = "A Name"

EMPTY = """
from textual.app import App
from textual.widgets import Footer, Header

class Empty(App):
    TITLE = "an empty app"
    BINDINGS = [("q", "quit", "Quit")]
    def compose(self):
        yield Header()
        yield Footer()

Empty().run()
"""


def log_in(profile: Profile) -> None:
    """An account for the profile, from a sandbox that goes away afterwards."""
    command = [sys.executable, "-m", "tweetdesk.sandbox", "--live-seconds", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        ready = json.loads(sandbox.stdout.readline())
        done = profile.log_in(ready["url"], ready["account"]["handle"], ready["account"]["password"])
        sandbox.terminate()
    if done.returncode != 0:
        raise SystemExit(done.stderr)


async def fill(profile: Profile) -> None:
    """Ten thousand posts for each source of the layout "morning"."""
    folders = Folders.usual(profile.env)
    session = await open_session(folders)
    layouts, _ = session.layouts.load_all()
    sources = await session.sources(layouts[0].columns)
    await session.close()
    store = await Store.open(folders.data, clock=lambda: datetime.now(UTC))
    try:
        for number, source in enumerate(sorted(sources)):
            await _fill(store, source, number * 1_000_000)
    finally:
        await store.close()


async def _fill(store: Store, source: Source, offset: int) -> None:
    import random

    chance = random.Random(1)
    message = source.kind == "messages"
    for start in range(offset, offset + POSTS, PAGE):
        posts = [made_post(number, chance, message=message) for number in range(start, start + PAGE)]
        # Rows of people to help carry their reasons, as the engine gives them.
        why = ("asks: something",) if source.kind == "helping" else ("mentions you",)
        page = [Arrival(one, one.created_at, why) for one in posts]
        await store.posts.ingest(source, page, cursor=str(start), now=datetime.now(UTC))


def deck_is_painted(lines: Sequence[str]) -> bool:
    """Whether each of the four columns shows a post."""
    edges = [0, *(at for at, mark in enumerate(lines[0]) if mark == "│"), COLUMNS]
    columns = [(left, right) for left, right in pairwise(edges) if right - left > 10]
    return len(columns) == 4 and all(any(AUTHOR in line[left:right] for line in lines) for left, right in columns)


def empty_is_painted(lines: Sequence[str]) -> bool:
    """Whether header and footer stand there."""
    return any("an empty app" in line for line in lines) and any("Quit" in line for line in lines)


def start(command: Sequence[str], env: dict[str, str], painted: Callable[[Sequence[str]], bool]) -> float:
    """Milliseconds from the start of the process until its first whole screen."""
    chunks: list[tuple[float, bytes]] = []
    terminal = Terminal(
        command, columns=COLUMNS, rows=ROWS, env=env, without=LEFT_OUT, seen=lambda *read: chunks.append(read)
    )
    try:
        deadline = time.perf_counter() + 30
        while time.perf_counter() < deadline:
            terminal.settle(0.7, 10)
            if chunks and (found := _moment(terminal, chunks, painted)):
                terminal.keys("q")  # a clean end: after any other the store is checked, which takes a while
                terminal.exit_status()
                return found
    finally:
        terminal.close()
    raise SystemExit(f"{command[-1]} never painted its screen")


def _moment(
    terminal: Terminal, chunks: list[tuple[float, bytes]], painted: Callable[[Sequence[str]], bool]
) -> float | None:
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.ByteStream(screen)
    for when, pieces in groupby(chunks, key=lambda chunk: chunk[0]):
        for _, data in pieces:
            stream.feed(data)
        if painted(screen.display):
            return (when - terminal.started) * 1000
    return None


def measure(folder: Path) -> dict[str, object]:
    """All figures."""
    profile = Profile(folder / "home")
    log_in(profile)
    asyncio.run(fill(profile))
    deck: list[float] = []
    empty: list[float] = []
    for run in range(RUNS + 1):
        times = (
            start(PROGRAM, profile.env, deck_is_painted),
            start((sys.executable, "-c", EMPTY), profile.env, empty_is_painted),
        )
        if run:  # the first pair warms the caches of the machine
            deck.append(times[0])
            empty.append(times[1])
    ratio = statistics.median(deck) / statistics.median(empty)
    return {
        "size": f"{COLUMNS}x{ROWS}", "columns": 4, "posts_per_column": POSTS, "runs": RUNS,
        "deck_ms": round(statistics.median(deck), 1), "empty_app_ms": round(statistics.median(empty), 1),
        "deck_all_ms": [round(one, 1) for one in deck], "empty_app_all_ms": [round(one, 1) for one in empty],
        "ratio": round(ratio, 2), "goal": GOAL, "reached": ratio <= GOAL,
    }  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(measure(Path(temporary)), indent=2))
