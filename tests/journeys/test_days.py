"""Days as they come: the program is off when a snooze ends, the time zone changes, hands are blind."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from program import OpenDemo, Profile
from terminal import Terminal

pytestmark = pytest.mark.journey

COLUMNS = """name = "days"
[[column]]
kind = "mentions"
[[column]]
kind = "later"
"""


@pytest.fixture
def days(demo: OpenDemo, profile: Profile) -> OpenDemo:
    """Opens a desk of the mentions and of what was put off."""
    layouts = profile.demo_config() / "layouts"
    layouts.mkdir(parents=True)
    (layouts / "1-days.toml").write_text(COLUMNS, encoding="utf-8")

    def open_demo(**more: int) -> Terminal:
        desk = demo(**{"columns": 150, **more})
        desk.keys("g", "m")
        desk.wait(r"Mentions\b[^│\n]*?\d+ open")
        desk.wait("▌")  # something is under the hand
        desk.settle()
        return desk

    return open_demo


def counts(desk: Terminal) -> tuple[int, int]:
    """How many mentions are open, and how many items are put off."""
    text = desk.settle()
    mentions, later = re.search(r"Mentions\b[^│\n]*?(\d+) open", text), re.search(r"(\d+) put off", text)
    return (int(mentions[1]) if mentions else -1, int(later[1]) if later else -1)


def leave(desk: Terminal) -> None:
    """q ends the program well."""
    desk.keys("q")
    assert desk.exit_status() == 0, desk.text()


def put_off(desk: Terminal, words: str) -> None:
    """Snooze what is under the hand until a time that is typed."""
    desk.keys("b")
    desk.wait("another time")
    desk.keys("7")
    desk.wait("Back when:")
    desk.type(words)
    desk.wait("→ ")
    desk.keys("enter")
    desk.wait("1 put off")


@contextlib.contextmanager
def database(profile: Profile) -> Iterator[sqlite3.Connection]:
    """The demo's database, while no program has it open."""
    (path,) = profile.home.rglob("tweetdesk.db")
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as opened:
        yield opened
        opened.commit()


def test_a_snooze_that_ends_while_the_program_is_off_is_there_at_the_start(
    days: OpenDemo, profile: Profile
) -> None:
    """Days pass: everything that the store has put off is so many days older then."""
    desk = days()
    before, _ = counts(desk)
    put_off(desk, "tomorrow 9")
    assert counts(desk) == (before - 1, 1)
    desk.kill9()
    with database(profile) as opened:
        opened.execute("UPDATE triage SET until = until - ? WHERE until IS NOT NULL", (3 * 86_400_000_000,))
        opened.execute("UPDATE triage_log SET at = at - ?", (3 * 86_400_000_000,))
    desk = days()
    desk.wait(rf"Mentions\b[^│\n]*?{before} open")
    desk.wait("0 put off")
    desk.keys("g", "g")
    desk.wait(r"you said \w+day")


def test_after_a_journey_the_clock_on_the_wall_counts(days: OpenDemo, profile: Profile) -> None:
    """What is put off to a time of the day comes at that time of the place where one is."""
    desk = days()
    before, _ = counts(desk)
    soon = datetime.now(UTC) + timedelta(hours=2)
    put_off(desk, f"{soon:%H:%M}")
    leave(desk)
    profile.env["TZ"] = "America/Los_Angeles"  # it is earlier there
    desk = days()
    assert counts(desk) == (before - 1, 1)
    leave(desk)
    profile.env["TZ"] = "Asia/Tokyo"  # it is nine hours later there
    desk = days()
    desk.wait(rf"Mentions\b[^│\n]*?{before} open")
    desk.keys("g", "g")
    desk.wait(f"you said {soon:%H:%M}")


def test_a_text_is_kept_through_sizes_of_all_kinds(days: OpenDemo) -> None:
    desk = days()
    desk.keys("r")
    desk.wait("reply as @ada")
    said = []
    for columns, rows in ((60, 20), (20, 5), (240, 60), (1, 1), (40, 12), (150, 40)):
        said.append(f"size{columns}")
        desk.type(f"size{columns} ")
        desk.resize(columns, rows)
    desk.wait(rf"(?s)reply as @ada.*{' '.join(said)}")
    desk.keys("escape")
    desk.wait_gone("reply as @ada")
    desk.keys("r")
    desk.wait(rf"(?s)reply as @ada.*{' '.join(said)}")


def test_e_e_r_e_without_looking(days: OpenDemo) -> None:
    """Two are done, one is answered, and the `e` typed right after sending is for the one after it."""
    desk = days()
    before, _ = counts(desk)
    desk.send(b"eer")
    desk.wait("reply as @")
    desk.send(b"Thank you!\x13e")
    desk.wait(rf"Mentions\b[^│\n]*?{before - 4} open")
    desk.keys("z")
    desk.wait(rf"Mentions\b[^│\n]*?{before - 3} open")
    desk.keys("z")
    desk.wait(r"(?s)reply as @.*Thank you!")


@pytest.mark.parametrize(
    "page",
    [
        "Dear all, the ferry quietly jumps over zigzag boxes; Pack my box with five dozen liquor jugs!\r",
        "the fat cat sat on the mat, typing e and y and B and y and t\n",
    ],
)
def test_of_a_page_pasted_onto_the_desk_no_key_acts(days: OpenDemo, profile: Profile, page: str) -> None:
    """A terminal without bracketed paste types it, 10,000 characters with the letters of every key."""
    desk = days()
    before, _ = counts(desk)
    for start in range(0, 10_000, 500):
        desk.send((page * 200)[start : start + 500].encode())
    desk.wait("like a pasted text: nothing of it was carried out")
    desk.settle(1.0)
    assert counts(desk)[0] == before
    assert profile.outbox("held", "queued", "sending", "sent") == 0
    desk.keys("?")
    desk.wait("Next item", 20)
