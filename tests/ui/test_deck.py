"""The deck on the real engine and sandbox: columns, keys, layouts, and what is left of it after a restart."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk
from stagekit import until
from textual import events
from textual.geometry import Size
from textual.worker import WorkerFailed

from tweetdesk.domain.commands import COMMANDS
from tweetdesk.domain.outbox import OutboxState
from tweetdesk.domain.triage import TriageState
from tweetdesk.ui.actions import load_all
from tweetdesk.ui.app import TweetdeskApp
from tweetdesk.ui.screens.deck import shared
from tweetdesk.ui.screens.outbox import OutboxScreen


@asynccontextmanager
async def open_deck(
    folder: Path, size: tuple[int, int] = (240, 60), hold_seconds: float = 10
) -> AsyncIterator[Hands]:
    async with (
        sandbox_desk(folder, started=False, hold_seconds=hold_seconds) as desk,
        hands_on(desk, Hands, size=size, notifications=True, tooltips=True) as opened,
    ):
        yield opened


async def test_an_empty_column_says_what_is_known(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.world.faults.add("app.bsky.feed.searchPosts", times=-1, kind="html")
        app = TweetdeskApp(desk.session)
        async with app.run_test(size=(240, 60)) as pilot:
            opened = Hands(desk, app, pilot)
            search = opened.deck.panes[3]
            assert "Asking" in search.view.empty_text or "could be fetched" in search.view.empty_text
            await opened.settle()
            assert "Nothing could be fetched" in search.view.empty_text
            desk.world.faults.clear()
            opened.app.session.engine.fetch_now(search.sources())
            await opened.settle()
            assert "was found for" in search.view.empty_text


def test_every_command_of_the_desk_is_carried_out() -> None:
    actions = load_all()
    wanted = {command.id for command in COMMANDS if command.place == "desk"}
    assert wanted == set(actions)


@pytest.mark.parametrize(
    ("widths", "room", "result"),
    [
        ([44, 44], 100, [50, 50]),
        ([44, 44], 80, [44, 44]),
        ([30, 60], 180, [60, 120]),
        ([], 80, []),
        ([33, 33, 33], 100, [33, 34, 33]),
    ],
)
def test_columns_share_the_room_that_is_left(widths: list[int], room: int, result: list[int]) -> None:
    assert shared(widths, room) == result


async def test_four_columns_open(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        titles = [pane.head.title for pane in opened.deck.panes]
        assert titles == ["Messages", "Mentions", "People to help", 'Search "async python"']
        assert all(pane.open_count for pane in opened.deck.panes)
        assert all("up to date" in pane.head.state for pane in opened.deck.panes)
        assert "morning" in opened.status


async def test_moving_between_columns_and_items(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("l")
        assert opened.deck.focus_index == 1
        first = opened.deck.selected.id
        await opened.press("j", "j", "k")
        assert opened.deck.selected.id != first
        await opened.press("4")
        assert opened.deck.focus_index == 3
        await opened.press("0", "l")
        assert opened.deck.focus_index == 3
        await opened.press("9")
        assert "no column 9" in opened.status
        await opened.press("g", "m")
        assert opened.deck.pane.column.kind == "mentions"
        await opened.press("g", "g")
        assert opened.deck.selected.id == first


async def test_a_chord_finds_its_column_in_another_layout(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        assert all(pane.column.kind != "later" for pane in opened.deck.panes)
        await opened.press("g", "b")
        await opened.settle()
        assert opened.deck.layout_shown.name == "inbox"
        assert opened.deck.pane.column.kind == "later"
        assert opened.app.focused is opened.deck.view
        await opened.press("g", "m")
        await opened.settle()
        assert opened.deck.layout_shown.name == "morning"
        assert opened.deck.pane.column.kind == "mentions"


async def test_a_chord_swallows_its_second_key(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        before = opened.deck.selected
        await opened.press("g", "e")
        await opened.settle()
        assert opened.deck.selected.id == before.id
        assert (await opened.desk.store.triage.state(before.account, before.id)).state is TriageState.OPEN


async def test_followed_up_goes_on_and_undo_brings_back(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        count = opened.deck.pane.open_count
        first = opened.deck.selected
        await opened.press("e")
        second = opened.deck.selected
        assert second.id != first.id
        await opened.settle()
        assert opened.deck.pane.open_count == count - 1
        await opened.press("e", "e")
        await opened.settle()
        assert opened.deck.pane.open_count == count - 3
        await opened.press("z", "z", "z")
        await opened.settle()
        assert opened.deck.pane.open_count == count
        assert opened.deck.selected.id == first.id


async def test_an_answer_from_the_keyboard_is_sent_once(tmp_path: Path) -> None:
    async with open_deck(tmp_path, hold_seconds=0) as opened:
        await opened.press("2")
        item = opened.deck.selected
        await opened.press("r")
        await opened.settle()
        assert opened.deck.composer.is_open
        await opened.press(*"Thanks!", "ctrl+s")
        await opened.settle()
        assert not opened.deck.composer.is_open
        (row,) = await opened.desk.store.outbox.rows(5)
        assert (row.state, row.act.text, row.act.target) == (OutboxState.SENT, "Thanks!", item.post.ref)
        assert opened.deck.selected.id != item.id


async def test_a_held_answer_comes_back_into_the_composer(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "r")
        await opened.settle()
        await opened.press(*"Too hasty", "ctrl+s")
        await opened.settle()
        assert "1 held" in opened.status or "held" in opened.status
        await opened.press("z")
        await opened.settle()
        assert opened.deck.composer.is_open
        assert opened.deck.composer.act.text == "Too hasty"


async def test_a_draft_is_there_again(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "r")
        await opened.settle()
        await opened.press(*"Half a thought", "escape")
        await opened.settle()
        assert not opened.deck.composer.is_open
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "r")
        await opened.settle()
        draft = (await opened.desk.store.drafts.all())[0]
        assert draft.text == "Half a thought"
        assert opened.deck.composer.is_open


async def test_block_asks_and_can_be_undone(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        item, count = opened.deck.selected, opened.deck.pane.view.count
        await opened.press("B")
        await opened.press("n")
        await opened.settle()
        assert opened.deck.pane.view.count == count
        await opened.press("B")
        await opened.press("y")
        await opened.settle()
        authors = {one.post.author.id for one in await opened.desk.items(opened.desk.source("mentions"))}
        assert item.post.author.id not in authors
        await opened.press("z")
        await opened.settle()
        authors = {one.post.author.id for one in await opened.desk.items(opened.desk.source("mentions"))}
        assert item.post.author.id in authors


async def test_snooze_asks_until_when(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        item = opened.deck.selected
        await opened.press("b")
        await opened.press("enter")
        await opened.settle()
        triage = await opened.desk.store.triage.state(item.account, item.id)
        assert triage.state is TriageState.SNOOZED
        assert (triage.until - opened.desk.clock.now()).total_seconds() == 7200


async def test_layouts_switch_and_keep_their_places(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "j", "j")
        here = opened.deck.selected.id
        await opened.press("right_square_bracket")
        await opened.settle()
        assert opened.deck.layout_shown.name == "listening"
        await opened.press("left_square_bracket")
        await opened.settle()
        assert opened.deck.layout_shown.name == "morning"
        assert opened.deck.selected.id == here
        await opened.press("right_square_bracket")
        await opened.settle()
    async with open_deck(tmp_path) as opened:
        assert opened.deck.layout_shown.name == "listening"


async def test_the_place_survives_a_restart(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "j", "j", "j")
        here = opened.deck.selected.id
        await opened.press("q")
        await opened.settle()
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        assert opened.deck.selected.id == here


async def test_columns_are_moved_sized_closed_and_saved(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("greater_than_sign")
        await opened.settle()
        await opened.press("plus")
        await opened.settle()
        await opened.press("0", "W")
        await opened.settle()
        kinds = [column.kind for column in opened.deck.layout_shown.columns]
        assert kinds == ["mentions", "messages", "helping"]
    async with open_deck(tmp_path) as opened:
        columns = opened.deck.layout_shown.columns
        assert [column.kind for column in columns] == ["mentions", "messages", "helping"]
        assert columns[1].width == 48


async def test_a_closed_column_comes_back(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("0", "W")
        await opened.settle()
        assert len(opened.deck.panes) == 3
        await opened.press("z")
        await opened.settle()
        assert opened.deck.pane.head.title == 'Search "async python"'
        assert opened.deck.pane.view.count


async def test_a_search_makes_a_column(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("s", *"sqlite", "enter")
        await opened.settle()
        assert opened.deck.pane.head.title == 'Search "sqlite"'
        assert opened.deck.pane.view.count


async def test_a_layout_with_a_mistake_is_named_and_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "layouts"
    folder.mkdir(parents=True)
    text = 'name = "mine"\n\n[[column]]\nkind = "mentions"\n\n[[column]]\nkind = "wishes"\n'
    (folder / "1-mine.toml").write_text(text)
    async with open_deck(tmp_path) as opened:
        assert [pane.column.kind for pane in opened.deck.panes] == ["mentions"]
        assert "1-mine.toml, line 7" in opened.status
        await opened.press("plus")
        await opened.settle()
        assert "not saved" in opened.status
        assert (folder / "1-mine.toml").read_text() == text


async def test_filter_and_what_is_done(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        count = opened.deck.pane.view.count
        await opened.press("slash", *"sqlite", "enter")
        await opened.settle()
        assert 0 < opened.deck.pane.view.count < count
        await opened.press("escape")
        await opened.settle()
        assert opened.deck.pane.view.count == count
        await opened.press("e")
        await opened.settle()
        await opened.press("D")
        await opened.settle()
        assert opened.deck.pane.view.count >= count


async def test_what_arrives_does_not_move_the_hand(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "j")
        here, line = opened.deck.selected.id, opened.deck.view.place.line
        others = [one for one in opened.desk.world.people.by_handle if one != opened.desk.account.handle]
        for handle in others[:3]:
            opened.desk.world.post(handle, f"@{opened.desk.account.handle} one more question")
        await opened.press("ctrl+r")
        await opened.settle()
        assert (opened.deck.selected.id, opened.deck.view.place.line) == (here, line)
        assert opened.deck.view.new_count == 3
        await opened.press("G")
        assert opened.deck.view.new_count == 0


async def test_people_can_be_put_on_the_help_list(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2")
        person = opened.deck.selected.post.author
        await opened.press("P")
        await opened.settle()
        helped = await opened.desk.store.people.helped(opened.desk.account.id)
        assert [one.id for one in helped] == [person.id]
        assert opened.desk.source("person", person.id) in opened.desk.engine.statuses()
        await opened.press("z")
        await opened.settle()
        assert await opened.desk.store.people.helped(opened.desk.account.id) == ()


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (20, 5)])
async def test_narrow_terminals_show_one_column(tmp_path: Path, size: tuple[int, int]) -> None:
    async with open_deck(tmp_path, size=size) as opened:
        assert [pane.display for pane in opened.deck.panes] == [True, False, False, False]
        await opened.press("l", "j", "j")
        assert [pane.display for pane in opened.deck.panes] == [False, True, False, False]
        assert opened.deck.selected is not None


async def test_a_resize_storm(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        for width, height in [(80, 24), (1, 1), (300, 90), (40, 12), (120, 3), (2, 60), (240, 60)] * 3:
            await opened.pilot.resize_terminal(width, height)
            await opened.press("j")
        assert opened.deck.selected is not None


async def test_the_network_refuses_and_the_rest_lives_on(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        opened.desk.world.faults.add("app.bsky.feed.searchPosts", times=20, kind="html")
        opened.desk.engine.fetch_now(opened.desk.engine.statuses())
        await opened.settle()
        states = {pane.column.kind: pane.head for pane in opened.deck.panes}
        assert states["search"].trouble
        assert not states["mentions"].trouble
        assert opened.deck.panes[3].view.count


async def test_what_is_typed_before_the_composer_opens_belongs_into_it(tmp_path: Path) -> None:
    async with open_deck(tmp_path, hold_seconds=60) as opened:
        await opened.press("2")
        here = opened.deck.selected.id
        for key in ("r", "e", "e", "B"):
            opened.app.post_message(events.Key(key, key))
        await opened.settle()
        await opened.press("ctrl+s")
        await opened.settle()
        (row,) = await opened.desk.store.outbox.rows(5)
        assert (row.act.text, row.item) == ("eeB", here)


async def test_what_is_typed_right_after_sending_is_for_the_desk(tmp_path: Path) -> None:
    async with open_deck(tmp_path, hold_seconds=60) as opened:
        await opened.press("2", "r")
        await opened.settle()
        await opened.press(*"Thanks")
        for key in ("ctrl+s", "g", "o"):
            opened.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(lambda: isinstance(opened.app.screen, OutboxScreen), opened.pilot)
        await opened.press("escape")
        await opened.settle()
        (row,) = await opened.desk.store.outbox.rows(5)
        assert row.act.text == "Thanks"


async def test_settings_are_saved(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("comma", "enter", "j", "enter")
        await opened.settle()
        chosen = opened.app.theme
    async with open_deck(tmp_path) as opened:
        assert opened.app.theme == chosen
        assert chosen != "harbour"


async def test_quick_keys_all_count(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        for key in ("plus", "plus", "plus", "greater_than_sign", "plus"):
            opened.app.post_message(events.Key(key, None))
        await opened.settle()
        columns = opened.deck.layout_shown.columns
        assert [column.kind for column in columns] == ["mentions", "messages", "helping", "search"]
        assert columns[1].width == 44 + 16


async def test_a_prompt_opened_twice_in_a_row(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "r", "escape", "r")
        await opened.settle()
        assert opened.deck.composer.is_open


async def test_the_repeat_of_a_key_that_closed_a_prompt_does_nothing(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("2", "B")
        for _ in range(3):
            opened.app.post_message(events.Key("n", "n"))
        await opened.settle()
        assert not opened.deck.is_busy


async def _stumble() -> None:
    secret = "words of a private message"
    raise ZeroDivisionError(len(secret))


async def _open_and_stumble(app: TweetdeskApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        app.run_worker(_stumble())
        await pilot.pause()


async def test_a_mistake_of_ours_ends_without_what_people_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        app = TweetdeskApp(desk.session)
        with pytest.raises(WorkerFailed):
            await _open_and_stumble(app)
        assert isinstance(app.failure, ZeroDivisionError)
    shown = capsys.readouterr()
    assert "private message" not in shown.out + shown.err


@pytest.mark.parametrize("opens", ["p", "enter", "question_mark", "semicolon", "g o", "g a"])
async def test_leaving_twice_leaves_once(tmp_path: Path, opens: str) -> None:
    async with open_deck(tmp_path) as opened:
        for key in ("2", *opens.split(" "), "escape", "escape", "escape"):
            opened.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await opened.settle()
        assert opened.deck.is_current


async def test_a_size_of_the_past_does_not_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of signals that come one in the other, the size before is told last."""
    async with open_deck(tmp_path) as hands:
        monkeypatch.setattr(TweetdeskApp, "is_headless", False)
        monkeypatch.setattr("shutil.get_terminal_size", lambda fallback: os.terminal_size((150, 40)))
        for stale in (Size(150, 40), Size(1, 1)):
            hands.app.post_message(events.Resize(stale, stale))
        await until(lambda: hands.app.screen.size == Size(150, 40), hands.pilot)
        await hands.pilot.pause(0.05)
        assert hands.app.size == hands.app.screen.size == Size(150, 40)
