"""The history: what was decided, what became of it, found by words, taken back line by line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.outbox import Act, ActKind, OutboxState
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.ui.screens.conversation import ConversationScreen
from tweetdesk.ui.screens.history import PAGE, HistoryScreen


def screen(hands: Hands) -> HistoryScreen:
    assert isinstance(hands.app.screen, HistoryScreen)
    return hands.app.screen


async def open_history(hands: Hands) -> HistoryScreen:
    await hands.press("Z")
    await hands.sees("History")
    await hands.pilot.pause()
    return screen(hands)


async def test_every_decision_with_time_person_and_outcome(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False, hold_seconds=0) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g")
        item = hands.deck.selected
        assert item is not None
        await hands.press("e", "b", "1")
        await hands.settle()
        desk.clock.jump(desk.clock.now() + timedelta(minutes=1))
        await hands.press("asterisk")
        await hands.settle()
        opened = await open_history(hands)
        await hands.sees("History · 3")
        labels = [entry.label for entry in opened._list.entries]
        assert [label.split(" · ")[0].split(" until")[0] for label in labels] == [
            "bookmarked",
            "snoozed",
            "followed up",
        ]
        assert labels[2] == f"followed up · {item.post.author.called}"
        assert opened._list.entries[0].right == "sent"
        assert "09:00" in hands.shown
        await hands.press("j", "j", "enter")
        await hands.sees("up to date")
        assert isinstance(hands.app.screen, ConversationScreen)
        await hands.press("escape", "z")
        await hands.sees("Followed up taken back.")
        assert (await desk.store.triage.state(item.account, item.id)).state is TriageState.OPEN
        await hands.sees("taken back")
        await hands.press("z")
        await hands.sees("does not stand any more")
        await hands.press("escape")
        await hands.settle()
        assert hands.deck.selected is not None


async def test_words_find_a_decision(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g")
        first = hands.deck.selected
        await hands.press("e", "e", "e")
        await hands.settle()
        await open_history(hands)
        await hands.sees("History · 3")
        await hands.press("slash", *first.post.author.handle.split(".")[0], "enter")
        await hands.sees("History · “")
        assert {one.item for line in screen(hands).lines for one in line} & set(first.ids)
        await hands.press("slash", "ctrl+u", *"no such words at all", "enter")
        await hands.sees("Nothing has these words")
        await hands.press("z", "enter", "v", "j", "escape")
        await hands.sees("History · 3")
        await hands.press("escape")
        await hands.settle()
        assert hands.deck.is_current


async def test_nothing_yet(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands, size=(40, 12)) as hands:
        await open_history(hands)
        await hands.sees("Nothing has been decided yet.")
        await hands.press("z", "enter", "v", "j", "q")
        await hands.settle()
        assert hands.deck.is_current


async def test_a_long_history_is_read_on_below(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        ids = [f"bluesky at://nobody/app.bsky.feed.post/{number}" for number in range(2 * PAGE + 10)]
        for item in ids:
            await desk.store.triage.apply(
                desk.account.id, [item], Move.FINISH, act="followed up", now=desk.clock.now()
            )
        opened = await open_history(hands)
        await hands.sees(f"History · the newest {PAGE}")
        await hands.press("G")
        await hands.sees(f"History · the newest {2 * PAGE}")
        await hands.press("G")
        await hands.sees(f"History · {2 * PAGE + 10} ")
        await hands.press("G")
        assert [one.item for one in opened.decisions] == ids[::-1]
        assert opened.selected.item == ids[0]
        await hands.press("enter")
        await hands.sees("its address is not known")


async def sent_reply(desk: Desk, text: str) -> str:
    item = (await desk.items(desk.source("mentions")))[0]
    await desk.engine.acts.send(act_on(ActKind.REPLY, item, text=text), item)
    await desk.engine.idle()
    return item.id


async def test_a_sent_answer_is_deleted_there_and_comes_back_as_a_draft(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False, hold_seconds=0) as desk, hands_on(desk, Hands) as hands:
        answered = await sent_reply(desk, "Thanks, too hasty")
        await hands.press("2")
        await open_history(hands)
        await hands.sees("You wrote: Thanks, too hasty")
        await hands.press("z")
        await hands.sees("It was sent at 09:00. Delete it there? You get the text back. y/n")
        await hands.press("n", "z")
        await hands.sees("It was sent at 09:00. Delete it there? You get the text back. y/n")
        await hands.press("y")
        await hands.sees("Thanks, too hasty")
        await hands.settle()
        assert hands.deck.composer is not None
        assert hands.deck.composer.is_open
        kinds = [(row.act.kind, row.state) for row in await desk.store.outbox.rows(5)]
        assert kinds == [(ActKind.DELETE, OutboxState.SENT), (ActKind.REPLY, OutboxState.SENT)]
        assert (await desk.store.triage.state(desk.account.id, answered)).state is TriageState.OPEN


async def test_what_happens_meanwhile_leaves_the_hand_where_it_is(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await hands.press("2", "g", "g", "e", "e", "e")
        await hands.settle()
        opened = await open_history(hands)
        await hands.press("j")
        here = opened.selected
        item = next(one for one in await desk.items(desk.source("mentions")) if one.state is TriageState.OPEN)
        desk.clock.jump(desk.clock.now() + timedelta(minutes=1))
        await desk.engine.acts.decide([item], Move.FINISH, words="followed up")
        await hands.sees("History · 4")
        assert opened.selected == here


async def test_a_new_post_of_ours_leads_to_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held there is nothing to open yet; sent it is opened here, and in the browser."""
    looked: list[str] = []

    async def browse(url: str) -> bool:
        looked.append(url)
        return True

    monkeypatch.setattr("tweetdesk.ui.screens.history.open_in_browser", browse)
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="A bench by the quiet canal"), None)
        await open_history(hands)
        await hands.sees("You wrote: A bench")
        await hands.press("enter")
        await hands.sees("There is no post to open: held.")
        await desk.later(11)
        await hands.sees("sent")
        await hands.press("v")
        await hands.sees("Opening https://")
        (row,) = await desk.store.outbox.rows()
        assert row.result.rpartition("/")[2] in looked[0]
        await hands.press("enter")
        await hands.sees("up to date")
        opened = hands.app.screen
        assert isinstance(opened, ConversationScreen)
        assert opened.selected is not None
        assert opened.selected.post.text == "A bench by the quiet canal"
