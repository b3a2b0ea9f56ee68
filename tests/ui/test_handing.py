"""Acts on the network's own page: the page opens or its address is shown, H says that it is done, z takes it back;
and the menu of every act says beforehand what is allowed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk
from pages_only import PAGE, WHY, open_pages_only
from stagekit import screen_text, until

from tweetdesk.domain.outbox import ActKind, OutboxRow, OutboxState
from tweetdesk.domain.posts import Viewer
from tweetdesk.domain.triage import TriageState
from tweetdesk.networks import bluesky
from tweetdesk.ui.browser import has_display, open_in_browser
from tweetdesk.ui.screens.address import AddressScreen
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.menu import MenuScreen, offers
from tweetdesk.ui.screens.outbox import OutboxScreen

DISPLAYS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """As over ssh."""
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def pages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bluesky, "open", open_pages_only)


class Handing(Hands):
    """A desk on which acts are handed off."""

    async def handed_off(self) -> list[OutboxRow]:
        return await self.desk.store.outbox.handed_off()


@asynccontextmanager
async def on_a_mention(folder: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Handing]:
    async with sandbox_desk(folder, started=False) as desk, hands_on(desk, Handing, size=size) as opened:
        await opened.press("g", "m")
        await until(lambda: opened.deck.selected is not None, opened.pilot)
        await to_one_not_liked(opened)
        yield opened


async def to_one_not_liked(opened: Handing) -> None:
    """On to the next mention whose like would not be taken back by another."""
    while (item := opened.deck.selected) is not None and item.post.viewer.liked:
        await opened.press("j")


@pytest.mark.parametrize(
    ("environment", "platform", "seen"),
    [
        ({"SSH_CONNECTION": "1 2 3 4"}, "linux", False),
        ({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":10"}, "linux", True),
        ({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": "localhost:11.0"}, "linux", True),
        ({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": "odd", "WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ({"SSH_CONNECTION": "1 2 3 4", "BROWSER": "open-at-home"}, "linux", True),
        ({}, "linux", False),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"BROWSER": "open-in-tab"}, "linux", True),
        ({"SSH_CONNECTION": "1 2 3 4"}, "darwin", True),
    ],
)
def test_where_there_is_a_browser(environment: dict[str, str], platform: str, seen: bool) -> None:
    assert has_display(environment, platform) is seen


async def test_only_web_addresses_are_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    assert not await open_in_browser("file:///etc/hostname")
    assert not await open_in_browser("javascript:alert(1)")


@pytest.mark.usefixtures("pages_only")
async def test_without_a_browser_the_address_is_shown_and_copied(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        item = opened.deck.selected
        assert item is not None
        await opened.press("f")
        await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
        shown = "".join(screen_text(opened.app).split())
        assert f"{PAGE}/like?post={item.post.ref.id}" in shown
        assert opened.app.clipboard == f"{PAGE}/like?post={item.post.ref.id}"
        await opened.sees("H when it is done there · z takes it back")
        (row,) = await opened.handed_off()
        assert (row.act.kind, row.item) == (ActKind.LIKE, item.id)
        await opened.press("escape")
        await opened.settle()
        waiting = await opened.desk.store.posts.item(item.account, item.id)
        assert waiting is not None
        assert waiting.state is TriageState.WAITING


@pytest.mark.usefixtures("pages_only")
async def test_a_browser_is_opened_and_nothing_covers_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("tweetdesk.ui.browser._open", lambda address: asked.append(address) is None)
    async with on_a_mention(tmp_path) as opened:
        await opened.press("f")
        await opened.sees("Like on pages.example.com: H when it is done there · z takes it back")
        assert len(asked) == 1
        assert asked[0].startswith(f"{PAGE}/like?post=at://")


@pytest.mark.usefixtures("pages_only")
async def test_done_there(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        await opened.press("H")
        await opened.sees("Nothing waits to be done")
        await opened.press("f")
        await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
        await opened.press("escape", "H")
        await opened.sees("Like on pages.example.com: done.")
        assert await opened.handed_off() == []
        (row,) = await opened.desk.store.outbox.rows()
        assert row.state is OutboxState.SENT


@pytest.mark.usefixtures("pages_only")
async def test_z_takes_a_hand_off_back(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        item = opened.deck.selected
        assert item is not None
        await opened.press("f")
        await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
        await opened.press("escape", "z")
        await opened.sees("taken back")
        assert await opened.handed_off() == []
        again = await opened.desk.store.posts.item(item.account, item.id)
        assert again is not None
        assert again.state is TriageState.OPEN


@pytest.mark.usefixtures("pages_only")
async def test_of_several_it_is_asked_which_one_is_done(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        for _ in range(2):
            await opened.press("f")
            await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
            await opened.press("escape", "j")
            await opened.settle()
            await to_one_not_liked(opened)
        assert len({row.item for row in await opened.handed_off()}) == 2
        await opened.press("g", "d", "H")
        await opened.sees("Which one is done there?")
        await opened.press("2")
        await until(lambda: "done." in screen_text(opened.app), opened.pilot)
        assert len(await opened.handed_off()) == 1


@pytest.mark.usefixtures("pages_only")
async def test_what_is_not_possible_at_all_is_a_sentence(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        await opened.press("t")
        await opened.sees("Reposts are for paying customers.")
        assert await opened.desk.store.outbox.rows() == []


@pytest.mark.usefixtures("pages_only")
async def test_the_outbox_has_what_was_handed_off(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        await opened.press("f")
        await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
        await opened.press("escape")
        await opened.press("g", "o")
        await until(lambda: isinstance(opened.app.screen, OutboxScreen), opened.pilot)
        await opened.sees("to be done on pages.example.com")
        await opened.sees("H done there v open the page again z take back")
        await opened.press("v")
        await until(lambda: isinstance(opened.app.screen, AddressScreen), opened.pilot)
        await opened.press("q")
        await until(lambda: isinstance(opened.app.screen, OutboxScreen), opened.pilot)
        await opened.press("H")
        await opened.sees("Done on pages.example.com.")
        assert await opened.handed_off() == []
        await opened.press("H")
        await opened.desk.engine.idle()
        assert [row.state for row in await opened.desk.store.outbox.rows()] == [OutboxState.SENT]


# -- the menu of every act ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("pages_only")
@pytest.mark.parametrize("size", [(120, 50), (80, 24), (40, 12)])
async def test_the_menu_says_what_is_allowed(tmp_path: Path, size: tuple[int, int]) -> None:
    async with on_a_mention(tmp_path, size) as opened:
        await opened.press("full_stop")
        await until(lambda: isinstance(opened.app.screen, MenuScreen), opened.pilot)
        menu = opened.app.screen
        assert isinstance(menu, MenuScreen)
        stands = {offer.title: offer.stands for offer in menu.offers}
        assert stands["Like"] == f"on pages.example.com: {WHY}"
        assert stands["Repost"] == "not here: Reposts are for paying customers."
        assert stands["Reply"] == "allowed · $0.015 each"
        assert stands["Followed up"] == "nobody sees it"
        assert stands["Hide this reply"].startswith("not here: tweetdesk cannot hide answers")
        keys = {offer.title: offer.key for offer in menu.offers}
        assert (keys["Reply"], keys["Bookmark"], keys["Report"]) == ("r", "*", "")
        place = [offer.title for offer in menu.offers].index("Like")
        await opened.press(*["j"] * place)
        await opened.sees(f"Like: on pages.example.com: {WHY}")


async def test_enter_carries_the_selected_act_out(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        item = opened.deck.selected
        assert item is not None
        await opened.press("full_stop")
        await until(lambda: isinstance(opened.app.screen, MenuScreen), opened.pilot)
        menu = opened.app.screen
        assert isinstance(menu, MenuScreen)
        place = [offer.title for offer in menu.offers].index("Followed up")
        await opened.press(*["j"] * place, "enter")
        await opened.settle()
        done = await opened.desk.store.posts.item(item.account, item.id)
        assert done is not None
        assert done.state is TriageState.DONE


async def test_an_acts_own_key_takes_it_in_the_menu_too(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        await opened.press("full_stop")
        await until(lambda: isinstance(opened.app.screen, MenuScreen), opened.pilot)
        await opened.press("f")
        await until(lambda: isinstance(opened.app.screen, DeckScreen), opened.pilot)
        await opened.settle()
        assert [row.act.kind for row in await opened.desk.store.outbox.rows()] == [ActKind.LIKE]


async def test_an_act_without_a_key_is_reached(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        await opened.press("full_stop")
        await until(lambda: isinstance(opened.app.screen, MenuScreen), opened.pilot)
        await opened.press("G", "enter")
        await opened.sees("what is wrong with it")
        await opened.press(*"spam", "enter")
        await opened.sees("on its way")
        await opened.settle()
        assert [report["reason"] for report in opened.desk.world.reports] == ["spam"]


async def test_what_was_done_is_offered_to_be_taken_back(tmp_path: Path) -> None:
    async with on_a_mention(tmp_path) as opened:
        item = opened.deck.selected
        assert item is not None
        viewer = Viewer(liked="at://like", bookmarked="bookmarked")
        done = replace(item, post=replace(item.post, viewer=viewer))
        titles = [offer.title for offer in offers(opened.desk.session, done, item.account)]
        assert {"Take the like back", "Take the bookmark back"} <= set(titles)
        assert "Like" not in titles
