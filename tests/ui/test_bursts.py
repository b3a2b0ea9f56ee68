"""A text that a terminal pastes key by key where nothing is written: none of it acts; what a hand types does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk
from textual import events
from textual.keys import _character_to_key

PAGE = "Dear all, the ferry quietly jumps over zigzag boxes;\rpack my box with five dozen liquor jugs!\r" * 30


@pytest.fixture
async def hands(tmp_path: Path) -> AsyncIterator[Hands]:
    """A desk on the mentions."""
    async with sandbox_desk(tmp_path) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        yield hands


async def typed(hands: Hands, text: str) -> None:
    """All of it at once, as a terminal without bracketed paste does."""
    for character in text:
        key = "enter" if character == "\r" else _character_to_key(character)
        hands.app.post_message(events.Key(key, character))
    await hands.pilot.pause()


async def decided(hands: Hands) -> int:
    """How many decisions were made by hand."""
    return len(await hands.session.store.triage.last_undoable())


async def test_a_page_pasted_onto_the_desk_does_nothing_and_says_so(hands: Hands) -> None:
    await typed(hands, PAGE)
    assert "pasted text" in hands.status
    assert await hands.session.store.outbox.rows() == []
    assert await decided(hands) == 0
    assert not hands.deck.is_busy


async def test_after_a_page_keys_mean_what_they_say(hands: Hands) -> None:
    await typed(hands, PAGE)
    hands.app._bursts._last = 0.0  # a while later
    await hands.press("e")
    await hands.settle()
    assert await decided(hands) == 1


async def test_what_a_quick_hand_or_a_slow_line_brings_at_once_all_counts(hands: Hands) -> None:
    await typed(hands, "eeje")
    await hands.settle()
    assert await decided(hands) == 3


async def test_a_key_that_is_held_is_no_paste(hands: Hands) -> None:
    before = hands.deck.selected
    await typed(hands, "j" * 40)
    assert "pasted" not in hands.status
    assert hands.deck.selected != before


async def test_where_a_line_is_asked_for_a_page_is_its_text(hands: Hands) -> None:
    await hands.press("s")
    await typed(hands, "the ferry quietly jumps over zigzag boxes")
    await hands.sees("the ferry quietly jumps over zigzag boxes")
