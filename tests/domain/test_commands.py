"""The command table: no key twice, every command carried out, every key one that an old terminal can send."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tweetdesk.domain.commands import COMMANDS, KeyConflict, bind, by_id, face

KEYMAP = Path(__file__).parents[2].parent / "shared" / "docs" / "keymap.json"


def test_no_key_has_two_meanings_in_one_place() -> None:
    assert bind(COMMANDS) == COMMANDS


def test_ids_are_unique() -> None:
    assert len(by_id(COMMANDS)) == len(COMMANDS)


def test_every_command_says_what_it_does() -> None:
    for command in COMMANDS:
        assert command.title
        assert command.help
        assert command.help[-1] not in ".!"


def test_a_key_can_be_bound_anew() -> None:
    table = by_id(bind(COMMANDS, {"followed_up": ["J"]}))
    assert table["followed_up"].keys == ("J",)


def test_a_double_names_both_commands() -> None:
    with pytest.raises(KeyConflict, match=r'e is bound to both .*"Reply".*"Followed up"'):
        bind(COMMANDS, {"reply": ["e"]})


def test_the_first_key_of_a_chord_cannot_stand_alone() -> None:
    with pytest.raises(KeyConflict, match="begins a chord"):
        bind(COMMANDS, {"like": ["g"]})


def test_an_unknown_command_is_named() -> None:
    with pytest.raises(KeyConflict, match="retweet"):
        bind(COMMANDS, {"retweet": ["x"]})


def test_nothing_needs_a_modern_terminal() -> None:
    for command in COMMANDS:
        for key in command.keys:
            assert "ctrl+shift" not in key
            assert key not in ("ctrl+enter", "ctrl+i", "ctrl+m", "ctrl+j")


def test_the_defaults_are_those_of_the_key_page() -> None:
    if not KEYMAP.exists():
        pytest.skip(f"{KEYMAP.name} is not here")
    keymap = json.loads(KEYMAP.read_text())["list"]
    known = {key for group in keymap.values() for key in group}
    ours = {key for command in COMMANDS if command.place == "desk" for key in command.keys}
    assert ours - known == {"D", "H", "L"}, "keys beside the page's"


@pytest.mark.parametrize(
    ("key", "shown"), [("j", "j"), ("ctrl+s", "Ctrl+s"), ("left_square_bracket", "["), ("g m", "g m")]
)
def test_faces(key: str, shown: str) -> None:
    assert face(key) == shown
