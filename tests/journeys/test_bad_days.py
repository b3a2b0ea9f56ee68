"""Bad days: a damaged database, a newer one, a full disk, hostile texts, broken connections of every kind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from lives import attach
from plain_bluesky import until
from program import OpenDemo, Profile, Sandbox
from sandbox_faces import png
from terminal import Terminal

pytestmark = pytest.mark.journey

#: What is told of a full disk.
FULL = "disk is full"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def database_of(profile: Profile) -> Path:
    """The demo's database."""
    (path,) = profile.home.rglob("tweetdesk.db")
    return path


def end(desk: Terminal) -> None:
    """Leave the desk."""
    desk.keys("q")
    assert desk.exit_status() == 0, desk.text()


def test_a_damaged_database_is_put_aside_with_its_name_told(demo: OpenDemo, profile: Profile) -> None:
    desk = demo()
    desk.wait("up to date")
    end(desk)
    path = database_of(profile)
    for side in path.parent.glob("tweetdesk.db-*"):
        side.unlink()
    raw = bytearray(path.read_bytes())
    raw[4096 : len(raw) // 2] = b"\x5a" * (len(raw) // 2 - 4096)
    path.write_bytes(raw)
    desk = demo(columns=200, wait="damaged")
    desk.wait(r"tweetdesk\.db\.damaged-\d+")
    desk.wait(r"\d+ open")
    end(desk)
    (aside,) = path.parent.glob("tweetdesk.db.damaged-*[0-9]")
    assert aside.read_bytes() == raw


def test_a_newer_database_is_refused_and_left_untouched(demo: OpenDemo, profile: Profile) -> None:
    desk = demo()
    desk.wait("up to date")
    end(desk)
    path = database_of(profile)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9000")
    database.close()
    before = path.read_bytes()
    terminal = demo(wait="newer")
    assert terminal.exit_status() != 0
    assert "Traceback" not in terminal.text()
    assert path.read_bytes() == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of its own cannot be mounted here (needs root and the right to mount)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


@contextlib.contextmanager
def full(disk: Path, profile: Profile) -> Iterator[None]:
    """Nothing more can be written to a disk meanwhile, nor into room that the database has there already."""
    filler = disk / "filler"
    with contextlib.closing(sqlite3.connect(database_of(profile), timeout=20)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with filler.open("wb") as file:
        written = 0
        try:
            while True:
                written += os.write(file.fileno(), b"\0" * 4096)
        except OSError:
            assert written
    yield
    filler.unlink()


def answering(desk: Terminal) -> None:
    """Open the composer on the newest mention."""
    desk.wait("Mentions")
    desk.keys("g", "m")
    desk.wait(r"Mentions\b[^│\n]*?\d+ open")
    desk.wait("▌")  # something is under the hand
    desk.settle()
    desk.keys("r")
    desk.wait("reply as @ada")


def test_a_full_disk_says_so_and_keeps_the_draft_that_was_saved(small_disk: Path) -> None:
    profile = Profile(small_disk / "home")
    saved = "this was saved before the disk was full"
    with profile.open("demo", "--live-seconds", "0", columns=160) as desk:
        answering(desk)
        desk.type(saved)
        until(lambda: profile.drafts(saved) == 1, 10, "the draft is saved")
        with full(small_disk, profile):
            desk.type(" " + "and this came after. " * 40)
            desk.wait(FULL)
            desk.kill9()
    with profile.open("demo", "--live-seconds", "0", columns=160) as desk:
        answering(desk)
        desk.wait(saved)


def test_a_full_disk_takes_nothing_of_a_thread_with_pictures(small_disk: Path, tmp_path: Path) -> None:
    """What cannot be saved, sent or attached is told and stays on the screen; with room again all of it goes."""
    pictures = [tmp_path / "first.png", tmp_path / "second.png"]
    for number, picture in enumerate(pictures, 1):
        picture.write_bytes(png(8 * number))
    profile = Profile(small_disk / "home")
    with profile.open("demo", "--live-seconds", "0", columns=160) as desk:
        answering(desk)
        desk.type("it began early")
        attach(desk, pictures[0], "the first square")
        desk.keys("ctrl+n")
        desk.wait("post 2 of 2")
        desk.type("it ended well")
        until(lambda: profile.drafts("it ended well") == 1, 10, "the draft is saved")
        with full(small_disk, profile):
            desk.type(" and late")
            desk.wait(FULL)
            desk.keys("ctrl+s")
            desk.settle()
            desk.wait(FULL)
            desk.keys("ctrl+r")
            desk.wait("Picture file")
            desk.type(str(pictures[1]))
            desk.keys("enter")
            desk.wait_gone("Picture file")
            desk.wait(FULL)
            desk.wait(r"(?s)post 2 of 2.*it ended well and late")
            assert profile.drafts("and late") == 0
            assert profile.outbox("held", "queued", "sending", "sent") == 0
        desk.type("!")
        until(lambda: profile.drafts("it ended well and late!") == 1, 10, "the draft is saved")
        with full(small_disk, profile):
            desk.kill9()
    with profile.open("demo", "--live-seconds", "0", columns=160) as desk:
        answering(desk)
        desk.wait("it ended well and late!")
        desk.keys("ctrl+p")
        desk.wait(r"the first square · Ctrl(?s:.*)it began early")
        desk.keys("ctrl+n")
        desk.wait("it ended well and late!")
        attach(desk, pictures[1], "the second square")
        desk.keys("ctrl+s")
        until(lambda: profile.outbox("held") == 2, 10, "both posts are in the outbox")
        assert profile.drafts("") == 0


def hostile_texts() -> list[str]:
    """The terminal controls and markup of the data folder, and the naughty strings that are a post's length."""
    if not DATA.exists():
        pytest.skip(f"the data folder is not there: {DATA.name}")
    texts = []
    for name in ("terminal_controls.jsonl", "markup.jsonl", "trojan_source.jsonl"):
        lines = (DATA / "injection" / name).read_text(encoding="utf-8").splitlines()
        texts += [json.loads(line)["text"] for line in lines]
    texts += json.loads((DATA / "naughty_strings" / "blns.json").read_text(encoding="utf-8"))
    return [text for text in texts if text and len(text) <= 250]


@pytest.mark.timeout(300)
def test_hostile_texts_come_through_as_visible_text(profile: Profile, sandbox: Sandbox) -> None:
    """Each text is posted to the sandbox and read on the screen; the terminal takes a command from none."""
    texts = hostile_texts()
    handle = sandbox.handle
    assert profile.log_in(sandbox.url, handle, sandbox.password).returncode == 0
    sandbox.ask("person", handle="mallory.example.com", name="[red]Mal\x1b[2Jlory[/red]", bio="[/")
    sent = []
    for number, text in enumerate(texts):
        marked = f"@{handle} n{number:03d}n {text} n{number:03d}e"
        if sandbox.takes("post", handle="mallory.example.com", text=marked):
            sent.append(number)
        if number % 90 == 0 or number == len(texts) - 1:  # a first look goes back by a page or two only
            assert "up to date" in profile.run("sync", "--once").stdout
    assert len(sent) > 0.95 * len(texts)

    found: set[int] = set()
    with profile.open(columns=99, rows=60) as desk:
        desk.wait("Messages|Mentions")
        desk.keys("g", "m")
        desk.wait("Mentions")
        desk.keys("g", "g")
        modes, still = set(desk.modes), 0
        last = ""
        while still < 3:
            screen = desk.settle(0.15, 3)
            begun = {int(one) for one in re.findall(r"n(\d{3})n", screen)}
            ended = {int(one) for one in re.findall(r"n(\d{3})e", screen)}
            found |= begun & ended
            still, last = (still + 1, last) if screen == last else (0, screen)
            desk.keys("space")
        assert desk.modes | {2026} == modes | {2026}  # one that the program itself turns on and off
        assert not [one for one in desk.strings if b"payload" in one or b"title" in one or b"aGVsbG8" in one]
        desk.keys("q")
        assert desk.exit_status() == 0, desk.text()
        assert desk.modes_left_on == set()
    assert len(found) >= 0.95 * len(sent), f"{len(found)} of {len(sent)} were seen whole"


@pytest.mark.parametrize(
    ("kind", "more"),
    [("html", {}), ("broken_json", {}), ("missing_fields", {}), ("status", {"status": 503}),
     ("drop_before", {}), ("drop_after", {}), ("rate_limit", {"seconds": 120})],
)  # fmt: skip
def test_trouble_in_one_column_is_told_there_and_the_rest_lives_on(
    profile: Profile, sandbox: Sandbox, kind: str, more: dict[str, object]
) -> None:
    assert profile.log_in(sandbox.url, sandbox.handle, sandbox.password).returncode == 0
    sandbox.ask("faults", method="app.bsky.notification.listNotifications", times=-1, kind=kind, **more)
    with profile.open(columns=240, rows=50) as desk:
        desk.wait(r"Messages[^\n]*Mentions")
        desk.wait(r"Messages[^\n]*\n [^│\n]*up to date", 30)
        if kind != "missing_fields":
            desk.wait(r"(?m)^ up to date[^│\n]*│(?! up to date| loading)[^│\n]{12,}│", 40)
        desk.keys("j", "j")
        sandbox.ask("faults", clear=True)
        desk.keys("g", "m", "ctrl+r")
        if kind != "rate_limit":
            desk.wait(r"Mentions\b[^│\n]*?[1-9]\d* open", 40)
        end(desk)
