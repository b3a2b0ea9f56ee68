"""Staying away from trash, and notes: muted words, reports, what is written about people."""

from __future__ import annotations

from pathlib import Path

from deckkit import Hands, hands_on
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.outbox import ActKind


async def mention(desk: Desk, text: str, number: int = 0) -> str:
    """Somebody mentions us; the item's id."""
    handles = [one for one in desk.world.people.by_handle if one != desk.account.handle]
    desk.world.post(handles[number], f"@{desk.account.handle} {text}")
    await desk.fetch(desk.source("mentions"))
    found = [one for one in await desk.items(desk.source("mentions")) if one.post.text.endswith(text)]
    return found[-1].id if found else ""


async def choose(hands: Hands, words: str) -> None:
    """Take the choice of these words in the list that is open."""
    assert hands.deck.prompt is not None
    labels = [choice.label for choice in hands.deck.prompt._choices]
    at = next(place for place, label in enumerate(labels) if label.startswith(words))
    await hands.press(*["j"] * at, "enter")


async def test_words_are_muted_for_a_while_and_let_in_again(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await mention(desk, "have you seen this ÄRGERNIS of a launch")
        await hands.settle()
        await hands.press("2", "g", "g", "exclamation_mark")
        await hands.sees("Away with it")
        await choose(hands, "mute words")
        await hands.sees("Mute posts with the words")
        await hands.press("!", "enter")
        await hands.sees("At least one letter or digit is wanted.")
        await hands.press("backspace", *"argernis")
        await hands.sees("posts of others with “argernis” stay out of every column")
        await hands.press("enter")
        await hands.sees("Mute “argernis” for how long?")
        await hands.press("2")
        await hands.told("“argernis” is muted for a week · z undo")
        await hands.settle()
        assert not await mention(desk, "have you seen this ÄRGERNIS of a launch")
        assert "ÄRGERNIS" not in hands.shown
        await hands.press("comma")
        await hands.sees("1 now; one can be let in again")
        await choose(hands, "muted words")
        await hands.sees("until Mon 11 May, 09:00")
        await hands.press("enter")
        await hands.told("“argernis” is not muted any more · z undo")
        await hands.settle()
        assert [one.post.text for one in await desk.items(desk.source("mentions")) if "ÄRGERNIS" in one.post.text]
        await hands.press("z")
        await hands.told("“argernis” is muted as it was before.")
        (muted,) = await desk.store.posts.muted_words()
        assert muted.until is not None
        await hands.press("z")
        await hands.told("“argernis” is not muted any more.")
        assert await desk.store.posts.muted_words() == []


async def test_without_muted_words_that_is_said(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "exclamation_mark")
        await choose(hands, "muted words")
        await hands.told("No words are muted. ! mutes some.")


async def test_a_report_says_beforehand_that_it_cannot_be_taken_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "exclamation_mark")
        await hands.sees("cannot be taken back")
        await choose(hands, "report")
        await hands.sees("A report cannot be taken back.")
        await hands.press(*"spam", "enter")
        await hands.told("is on its way")
        await hands.settle()
        assert [row.act.kind for row in await desk.store.outbox.rows(2)] == [ActKind.REPORT]
        await hands.press("z")
        await hands.told("A report that was sent cannot be taken back.")


async def test_a_note_is_kept_changed_and_taken_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        who = item.post.author
        await hands.press("i", *"met in Ghent", "enter")
        await hands.told("is kept · z undo")
        assert await desk.store.people.note(who.network, who.id) == "met in Ghent"
        await hands.press("i", *", likes tea", "enter")
        await hands.told("is kept · z undo")
        await hands.press("p")
        await hands.sees("Your note: met in Ghent, likes tea")
        await hands.press("i")
        await hands.sees("Your note on")
        await hands.press("ctrl+u", "enter")
        await hands.told("is gone · z undo")
        for left in ("met in Ghent, likes tea", "met in Ghent", ""):
            await hands.press("z")
            await hands.told("is as it was before")
            await hands.settle()
            assert await desk.store.people.note(who.network, who.id) == left


async def test_esc_leaves_the_note_as_it_was(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "i", *"never mind", "escape")
        await hands.settle()
        item = hands.deck.selected
        assert item is not None
        assert await desk.store.people.note(item.post.author.network, item.post.author.id) == ""
