"""Private decisions from the keyboard: put off, wait, marks, and whole columns."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import START, sandbox_desk

from tweetdesk.domain.items import Item
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.ui.actions.times import SNOOZES, WAITS, offered


@pytest.mark.parametrize(
    ("now", "labels"),
    [
        ("2026-05-04 09:00", ["in two hours", "this evening", "tomorrow morning", "at the weekend", "next week",
                              "in two weeks"]),
        ("2026-05-04 17:45", ["in two hours", "tomorrow morning", "at the weekend", "next week", "in two weeks"]),
        ("2026-05-08 19:00", ["in two hours", "tomorrow morning", "next week", "in two weeks"]),
        ("2026-05-10 12:00", ["in two hours", "this evening", "tomorrow morning", "at the weekend",
                              "in two weeks"]),
    ],
)  # fmt: skip
def test_what_is_offered_is_still_to_come_and_each_time_once(now: str, labels: list[str]) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=START.tzinfo)
    assert [label for label, _ in offered(SNOOZES, at)] == labels
    assert [when.at - at for _, when in offered(WAITS, at)] == [timedelta(days=days) for days in (2, 3, 7, 14)]


async def stands(hands: Hands, item: Item) -> Triage:
    return await hands.desk.store.triage.state(item.account, item.id)


async def test_snooze_until_a_time_typed_freely(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press("b", "end", "enter")
        await hands.sees("Back when:")
        await hands.press(*"thu 99:00")
        await hands.press("enter")
        await hands.sees('There is no "99:00" on the clock.')
        assert (await stands(hands, item)).state is TriageState.OPEN
        await hands.press(*["backspace"] * 5, *"15:30")
        await hands.sees("→ Thu 07 May, 15:30")
        await hands.press("enter")
        await hands.settle()
        triage = await stands(hands, item)
        assert triage.state is TriageState.SNOOZED
        assert triage.until == datetime(2026, 5, 7, 15, 30).astimezone()
        assert triage.offset is not None
        assert "back Thu 07 May, 15:30" in hands.shown or hands.deck.selected.id != item.id
        await hands.press("z")
        await hands.told("Snoozed until Thu 07 May, 15:30 taken back")
        assert (await stands(hands, item)).state is TriageState.OPEN
        assert hands.deck.selected.id == item.id


async def test_esc_leaves_everything_as_it_was(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        item = hands.deck.selected
        for keys in (["b", "escape"], ["b", "end", "enter", "t", "escape"], ["w", "escape"], ["E", "n"]):
            await hands.press(*keys)
            await hands.settle()
            assert (await stands(hands, item)).state is TriageState.OPEN
            assert hands.deck.selected.id == item.id


async def test_waiting_comes_back_if_they_stay_silent(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        item, count = hands.deck.selected, hands.deck.pane.open_count
        await hands.press("w", "2")
        await hands.settle()
        triage = await stands(hands, item)
        assert (triage.state, triage.until) == (TriageState.WAITING, START + timedelta(days=3))
        assert hands.deck.pane.open_count == count - 1
        desk.clock.jump(desk.clock.now() + timedelta(days=3))  # the machine slept
        await desk.later(60)
        await hands.settle()
        assert (await stands(hands, item)).state is TriageState.OPEN
        assert hands.deck.pane.open_count == count


async def test_what_is_marked_is_decided_at_once_and_comes_back_at_once(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g")
        count = hands.deck.pane.open_count
        items = [hands.deck.selected]
        await hands.press("x", "j", "j", "X")
        await hands.told("3 marked")
        await hands.press("t")
        await hands.told("Repost is for one at a time")
        await hands.press("e")
        await hands.told("3 followed up · z undo")
        await hands.settle()
        assert hands.deck.pane.open_count == count - 3
        assert hands.deck.view.marked() == ()
        await hands.press("z")
        await hands.told("Followed up taken back for 3.")
        await hands.settle()
        assert hands.deck.pane.open_count == count
        assert (await stands(hands, items[0])).state is TriageState.OPEN


@pytest.mark.parametrize(
    ("keys", "state"),
    [(("b", "1"), TriageState.SNOOZED), (("w", "1"), TriageState.WAITING), (("u",), TriageState.OPEN)],
)
async def test_each_private_act_takes_all_that_is_marked(
    tmp_path: Path, keys: tuple[str, ...], state: TriageState
) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g", "x", "j", "x")
        marked = hands.deck.view.marked()
        assert len(marked) == 2
        if state is TriageState.OPEN:
            places = [(one.account, item) for one in marked for item in one.ids]
            await desk.store.triage.apply_all(places, Move.FINISH, act="x", now=desk.clock.now())
        await hands.press(*keys)
        await hands.settle()
        for one in marked:
            assert (await desk.store.triage.state(one.account, one.id)).state is state
        assert len(await desk.store.triage.last_undoable(1)) == 1
        assert {line.item for line in (await desk.store.triage.last_undoable(1))[0]} == {
            item for one in marked for item in one.ids
        }


async def test_esc_takes_the_marks_off(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "x", "j", "x", "escape")
        assert hands.deck.view.marked() == ()
        item = hands.deck.selected
        await hands.press("e")
        await hands.settle()
        assert (await stands(hands, item)).state is TriageState.DONE


async def test_a_whole_column_is_followed_up_but_nothing_that_came_later(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2")
        here = hands.deck.view.loaded()
        await hands.press("E")
        await hands.sees(f"Followed up: all {len(here)} in Mentions? y/n")
        handle = next(one for one in desk.world.people.by_handle if one != desk.account.handle)
        desk.world.post(handle, f"@{desk.account.handle} one more question, that came later")
        await desk.fetch(*hands.deck.pane.sources())
        await hands.press("y")
        await hands.told(f"{len(here)} followed up · z undo")
        await hands.settle()
        left = [one for one in await desk.items(desk.source("mentions")) if one.state is TriageState.OPEN]
        assert [one.post.text.endswith("that came later") for one in left] == [True]
        await hands.press("E")
        await hands.sees("Followed up: the only open one in Mentions? y/n")
        await hands.press("n", "z")
        await hands.told(f"Followed up taken back for {len(here)}.")
        await hands.settle()
        assert len(hands.deck.view.loaded()) == len(here) + 1


async def test_a_column_without_anything_open_says_so(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "E", "y")
        await hands.settle()
        await hands.press("E")
        await hands.told("Nothing here wants a decision.")


async def test_what_is_being_answered_is_left_alone(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False, hold_seconds=60) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g")
        item = hands.deck.selected
        await hands.press("r")
        await hands.settle()
        await hands.press(*"Thanks", "ctrl+s")
        await hands.settle()
        assert (await stands(hands, item)).state is TriageState.ANSWERING
        hands.deck.view.select(item.id)
        await hands.press("x", "j", "x", "b", "1")
        await hands.told("1 left alone: their answers are on the way")
        assert (await stands(hands, item)).state is TriageState.ANSWERING
        hands.deck.view.select(item.id)
        await hands.press("e")
        await hands.told("Your answer to this is on its way")


async def test_in_the_conversation_one_post_or_all_that_it_was_opened_for(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g")
        item = hands.deck.selected
        assert item is not None
        assert len(item.ids) > 2
        await hands.press("enter")
        await hands.sees("up to date")
        await hands.press("e")
        await hands.session.engine.idle()
        done = [one for one in item.ids if (await desk.store.triage.state(item.account, one)).state == "done"]
        assert len(done) == 1
        await hands.press("E")
        await hands.sees(f"Followed up: all {len(item.ids) - 1} of this conversation? y/n")
        await hands.press("y")
        await hands.sees(f"{len(item.ids) - 1} followed up · z undo")
        for one in item.ids:
            assert (await desk.store.triage.state(item.account, one)).state is TriageState.DONE
        await hands.press("z")
        await hands.sees(f"Followed up taken back for {len(item.ids) - 1}.")
