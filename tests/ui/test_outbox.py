"""The outbox screen: every state in words, taking back, going on with a text, throwing a draft away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deskkit import START, Desk, sandbox_desk
from stagekit import StageApp, screen_text, until
from textual.pilot import Pilot

from tweetdesk.domain.events import SourceState
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxState
from tweetdesk.domain.people import Identity
from tweetdesk.ui.screens.accounts import AccountsScreen
from tweetdesk.ui.screens.outbox import OutboxScreen

INES = Identity("bluesky", "did:plc:ines", "ines.example.com", "Ines [/] Marín")


@dataclass
class Open:
    """An open outbox screen."""

    desk: Desk
    app: StageApp
    screen: OutboxScreen
    pilot: Pilot[None]

    async def sees(self, words: str) -> None:
        await until(lambda: words in screen_text(self.app), self.pilot)


@asynccontextmanager
async def outbox(desk: Desk, size: tuple[int, int] = (100, 24)) -> AsyncIterator[Open]:
    app = StageApp(desk.session)
    async with app.run_test(size=size) as pilot:
        screen = OutboxScreen(desk.session)
        await app.push_screen(screen, app.answers.append)
        await pilot.pause()
        yield Open(desk, app, screen, pilot)


def new_post(desk: Desk, text: str) -> Act:
    return Act(ActKind.POST, desk.account.id, text=text)


async def test_empty(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk, outbox(desk, (60, 12)) as opened:
        await opened.sees("nothing is half written")
        await opened.pilot.press("j", "enter", "z", "delete", "escape")
        assert opened.app.answers == [None]


async def test_drafts_and_acts_in_words(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        act = Act(ActKind.REPLY, desk.account.id, person=INES, text="half a [b]thought")
        await desk.store.drafts.save(Draft(desk.account.id, "bluesky at://x", act, act.text, START))
        await desk.engine.acts.send(new_post(desk, "Good morning"), None)
        async with outbox(desk) as opened:
            held = START.astimezone()
            await opened.sees("reply to Ines [/] Marín")
            await opened.sees("half a [b]thought")
            await opened.sees(f"held until {held:%H:%M}:10")
            await desk.later(11)
            await opened.sees("sent")


async def test_a_held_text_goes_back_into_the_composer(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        row = await desk.engine.acts.send(new_post(desk, "too hasty"), None)
        async with outbox(desk) as opened:
            await opened.sees("held until")
            await opened.pilot.press("enter")
            await opened.sees("z takes it back")
            await opened.pilot.press("z")
            await until(lambda: bool(opened.app.answers), opened.pilot)
            draft = opened.app.answers[0]
            assert isinstance(draft, Draft)
            assert draft.text == "too hasty"
        kept = await desk.store.outbox.row(row.id)
        assert kept is not None
        assert kept.state is OutboxState.TAKEN_BACK


async def test_a_refused_text_is_gone_on_with(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        row = await desk.engine.acts.send(new_post(desk, "not like this"), None)
        await desk.store.outbox.refused(row.id, "The server does not allow [it].", START)
        async with outbox(desk) as opened:
            await opened.sees("refused")
            await opened.sees("The server does not allow [it]. · not like this")
            await opened.pilot.press("j", "enter")
            await until(lambda: bool(opened.app.answers), opened.pilot)
            draft = opened.app.answers[0]
            assert isinstance(draft, Draft)
            assert draft.text == "not like this"


async def test_the_user_ends_a_doubt(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        row = await desk.engine.acts.send(new_post(desk, "perhaps"), None)
        await desk.store.outbox.ready(desk.clock.now().replace(hour=23))
        await desk.store.outbox.begin_sending(row.id, row.material, START)
        await desk.store.outbox.unsure(row.id, "The line broke.", START)
        async with outbox(desk) as opened:
            await opened.sees("unsure")
            await opened.pilot.press("enter")
            await opened.sees("Was it sent?")
            await opened.pilot.press("1")
            await opened.sees("sent")
            kept = await desk.store.outbox.row(row.id)
            assert kept is not None
            assert kept.state is OutboxState.SENT


async def test_a_draft_is_thrown_away_after_asking(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        act = new_post(desk, "words")
        await desk.store.drafts.save(Draft(desk.account.id, "", act, "words", START))
        async with outbox(desk, (40, 12)) as opened:
            await opened.sees("words")
            await opened.pilot.press("delete")
            await opened.sees("Throw this draft away? y/n")
            await opened.pilot.press("n")
            await opened.sees("words")
            assert await desk.store.drafts.all()
            await opened.pilot.press("delete")
            await opened.sees("y/n")
            await opened.pilot.press("y")
            await opened.sees("The draft is gone.")
            assert await desk.store.drafts.all() == []


async def test_accounts_say_how_their_sources_are_doing(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.watch(desk.source("mentions"))
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.FRESH
        app = StageApp(desk.session)
        async with app.run_test(size=(80, 24)) as pilot:
            await app.push_screen(AccountsScreen(desk.session))
            await until(lambda: "mentions: up to date since" in screen_text(app), pilot)
            assert f"@{desk.account.handle}" in screen_text(app)
            assert "nothing leaves this machine" in screen_text(app)
            await pilot.press("q")
            assert not isinstance(app.screen, AccountsScreen)
