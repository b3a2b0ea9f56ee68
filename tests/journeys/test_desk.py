"""The desk from its first start on, as somebody at a terminal meets it."""

from __future__ import annotations

import re
from itertools import cycle, islice

import pytest
from program import OpenDemo, Profile
from terminal import Terminal

from tweetdesk.domain.commands import COMMANDS

pytestmark = pytest.mark.journey

HEADS = ("Messages", "Mentions", "People to help", "Search")


def open_count(desk: Terminal, head: str = "Mentions") -> int:
    """How many items a column's head says are open."""
    found = re.search(rf"{head}\b[^│\n]*?(\d+) open", desk.text())
    return int(found[1]) if found else 0


def to_mentions(desk: Terminal) -> int:
    """Go to the mentions once they are there; how many are open."""
    desk.keys("g", "m")
    desk.wait(r"Mentions\b[^│\n]*?\d+ open")
    desk.wait("▌")  # something is under the hand
    desk.settle()
    return open_count(desk)


def leave(desk: Terminal) -> None:
    """q ends the program well, and leaves the terminal as it was."""
    desk.keys("q")
    assert desk.exit_status() == 0
    assert desk.modes_left_on == set()
    assert not desk.cursor_hidden


def test_the_first_start_shows_four_columns_side_by_side(demo: OpenDemo) -> None:
    desk = demo(columns=240, rows=60)
    desk.wait(r"(?s)up to date.*up to date.*up to date")
    heads = desk.text().splitlines()[0]
    assert all(name in heads for name in HEADS), heads
    assert "Bluesky · Mastodon · X" in heads
    leave(desk)


def test_new_items_arrive_by_themselves_and_wait_behind_a_mark(demo: OpenDemo) -> None:
    desk = demo(columns=240, rows=60, live="0.5")
    desk.wait(r"\d+ new", 40)
    leave(desk)


def test_80x24_shows_one_column_and_counts_the_others(demo: OpenDemo) -> None:
    desk = demo(columns=80, rows=24, wait="Messages")
    desk.wait(r"Mentions \d+")
    desk.keys("l")
    desk.wait(r"Messages \d+")
    desk.keys("?")
    desk.wait("Next item")
    desk.keys("q")
    desk.wait_gone("Next item")
    leave(desk)


def test_40x12_is_usable(demo: OpenDemo) -> None:
    desk = demo(columns=40, rows=12, wait="Messages")
    desk.keys("l")
    desk.wait("Mentions")
    before = desk.settle()
    desk.keys("j", "j", "j", "j", "j", "j")
    assert desk.settle() != before
    desk.keys("r")
    desk.wait("reply as")
    desk.type("short")
    desk.wait("short")
    desk.keys("escape")
    desk.wait_gone("reply as")
    leave(desk)


def test_a_storm_of_sizes_ends_with_the_desk_as_it_should_be(demo: OpenDemo) -> None:
    desk = demo(columns=200, rows=50)
    sizes = [(80, 24), (40, 12), (20, 5), (240, 60), (1, 1), (120, 3), (5, 50), (100, 30)]
    for columns, rows in islice(cycle(sizes), 60):
        desk.resize(columns, rows)
        desk.keys("j")
    desk.resize(240, 60)
    desk.wait(r"Messages.*Mentions.*People to help")
    leave(desk)


def test_followed_up_survives_a_restart_and_a_kill(demo: OpenDemo) -> None:
    desk = demo()
    count = to_mentions(desk)
    desk.keys("e")
    desk.wait(rf"Mentions\b[^│\n]*?{count - 1} open")
    leave(desk)
    desk = demo()
    assert to_mentions(desk) == count - 1
    desk.keys("e")
    desk.wait(rf"Mentions\b[^│\n]*?{count - 2} open")
    desk.kill9()
    assert to_mentions(demo()) == count - 2


def test_undo_brings_an_item_back(demo: OpenDemo) -> None:
    desk = demo()
    count = to_mentions(desk)
    desk.keys("e")
    desk.wait(rf"Mentions\b[^│\n]*?{count - 1} open")
    desk.keys("z")
    desk.wait(rf"Mentions\b[^│\n]*?{count} open")


def test_a_text_survives_a_kill_while_it_is_typed(demo: OpenDemo) -> None:
    desk = demo()
    to_mentions(desk)
    desk.keys("r")
    desk.wait("reply as @ada")
    desk.type("this must not get lost, not one word")
    desk.wait("not one word")
    desk.settle(1.5)
    desk.kill9()
    desk = demo()
    to_mentions(desk)
    desk.keys("r")
    desk.wait("this must not get lost, not one word")


def test_escape_keeps_the_draft(demo: OpenDemo) -> None:
    desk = demo()
    to_mentions(desk)
    desk.keys("r")
    desk.wait("reply as @ada")
    desk.type("half a thought")
    desk.keys("escape")
    desk.wait_gone("reply as @ada")
    desk.settle()
    desk.keys("r")
    desk.wait("half a thought")


def test_a_held_reply_can_be_taken_back(demo: OpenDemo) -> None:
    desk = demo()
    to_mentions(desk)
    desk.keys("r")
    desk.wait("reply as @ada")
    desk.type("said too quickly")
    desk.keys("ctrl+s")
    desk.wait("1 held")
    desk.keys("z")
    desk.wait("reply as @ada")
    desk.wait("said too quickly")
    desk.keys("escape")
    desk.wait("outbox empty")


def test_a_conversation_opens_and_closes(demo: OpenDemo) -> None:
    desk = demo()
    to_mentions(desk)
    before = desk.settle()
    desk.keys("enter")
    desk.wait(r"and you +\d+ posts")
    desk.settle()
    desk.keys("q")
    desk.wait(r"Mentions\b[^│\n]*open")
    assert desk.settle().splitlines()[5:20] == before.splitlines()[5:20]


def test_the_layout_shown_last_is_shown_again(demo: OpenDemo) -> None:
    desk = demo()
    desk.wait("morning ▸")
    desk.keys("]")
    desk.wait("listening ▸")
    leave(desk)
    desk = demo(wait="listening ▸")
    desk.keys("[")
    desk.wait("morning ▸")
    leave(desk)


def test_a_wider_column_is_as_wide_after_a_restart(demo: OpenDemo, profile: Profile) -> None:
    desk = demo(columns=240, rows=60)
    before = desk.settle().splitlines()[0].index("│")
    for _ in range(2):
        desk.keys("+")
        desk.settle()
    after = desk.text().splitlines()[0].index("│")
    assert after == before + 8
    desk.kill9()
    desk = demo(columns=240, rows=60)
    assert desk.settle().splitlines()[0].index("│") == after


def test_a_mistake_in_a_layout_file_is_told_by_file_and_line(demo: OpenDemo, profile: Profile) -> None:
    leave(demo())
    (path,) = profile.demo_config().rglob("*morning.toml")
    wrong = path.read_text(encoding="utf-8").replace('kind = "mentions"', 'kind = "mentoins"')
    assert "mentoins" in wrong
    path.write_text(wrong, encoding="utf-8")
    line = next(number for number, text in enumerate(wrong.splitlines(), 1) if "mentoins" in text)
    desk = demo(columns=200, wait=rf"morning\.toml, line {line}: [^\n]*mentoins")
    desk.wait(r"Messages.*People to help")
    desk.keys("+")
    desk.settle()
    leave(desk)
    assert path.read_text(encoding="utf-8") == wrong


def test_a_second_desk_only_reads(demo: OpenDemo) -> None:
    demo()
    second = demo(columns=160)
    second.wait("only reads")


@pytest.mark.parametrize("size", [(240, 60), (80, 24)])
def test_every_key_of_the_table_may_be_pressed(demo: OpenDemo, size: tuple[int, int]) -> None:
    """No key ends the desk or leaves it in a state that Escape does not end."""
    desk = demo(columns=size[0], rows=size[1])
    desk.wait("up to date")
    left_out = {"quit", "open_links", "view_in_browser"}
    for command in COMMANDS:
        if command.place != "desk" or command.id in left_out or not command.keys:
            continue
        for part in command.keys[0].split(" "):
            desk.keys(part)
        desk.settle(0.1, 2)
        desk.keys("escape")
        desk.settle(0.1, 2)
        assert desk.process.poll() is None, f"{command.id} ended the desk:\n{desk.text()}"
    desk.settle()
    desk.keys("escape")
    desk.settle()
    leave(desk)


def test_no_color_means_none(demo: OpenDemo, profile: Profile) -> None:
    profile.env["NO_COLOR"] = "1"
    desk = demo()
    desk.wait("up to date")
    desk.keys("2", "r")
    desk.settle()
    assert desk.colours() == {"default"}


def test_without_it_there_are_colours(demo: OpenDemo) -> None:
    desk = demo()
    desk.wait("up to date")
    assert len(desk.colours()) > 4
