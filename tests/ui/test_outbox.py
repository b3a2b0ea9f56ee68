"""The outbox screen: every state in words, taking back, going on with a text, throwing a draft away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from deskkit import START, Desk, sandbox_desk
from stagekit import StageApp, screen_text, until
from textual.pilot import Pilot

from tweetdesk.domain.dates import when_words
from tweetdesk.domain.events import OutboxChanged, SourceState, Uploading
from tweetdesk.domain.outbox import Act, ActKind, Attachment, Draft, OutboxState, Part
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
            await opened.app.workers.wait_for_complete()
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


async def test_a_thread_is_told_post_by_post_and_taken_back_as_one(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        picture = Attachment("0" * 32 + ".png", "a boat", "image/png", 3)
        act = replace(new_post(desk, "one"), more=(Part("two", (picture,)), Part("three")))
        await desk.engine.acts.send(act, None)
        async with outbox(desk) as opened:
            await opened.sees("new post · post 1 of 3")
            await opened.sees("thread · post 3 of 3")
            await opened.sees("two · 1 picture")
            await opened.pilot.press("j", "z")
            await until(lambda: bool(opened.app.answers), opened.pilot)
            draft = opened.app.answers[0]
            assert isinstance(draft, Draft)
            assert draft.act == act
        async with outbox(desk) as opened:
            await opened.sees("one · 1 picture · a thread of 3 posts")


async def test_what_is_put_off_tells_when_and_is_sent_now_or_taken_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        at = START + timedelta(days=2)
        await desk.engine.acts.send(new_post(desk, "for the day after tomorrow"), None, at=at)
        async with outbox(desk) as opened:
            await opened.sees(f"goes {when_words(at, START.astimezone())}")
            await opened.sees("0 on the way or refused · 1 for later")
            await opened.pilot.press("ctrl+r")
            await desk.later(1)
            await opened.sees("sent")
            await opened.pilot.press("ctrl+r")
            await opened.sees("This does not wait for a time.")
            await desk.engine.acts.send(new_post(desk, "for never"), None, at=at)
            await opened.sees("for never")
            await opened.pilot.press("g", "g", "z")
            await until(lambda: bool(opened.app.answers), opened.pilot)
        assert await desk.store.outbox.unfinished() == []


async def test_what_waits_says_for_what(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.world.faults.add("*", times=-1, kind="drop_before")
        await desk.engine.acts.send(replace(new_post(desk, "one"), more=(Part("two"),)), None)
        for _ in range(6):
            await desk.later(100)
        async with outbox(desk) as opened:
            await opened.sees("after post 1")
            await opened.sees("perhaps sent, asks again")
            desk.engine.acts.lock("Only looking.")
            await opened.sees("after post 1")
            await opened.pilot.press("ctrl+r")
            await opened.sees("Only looking.")
            desk.engine.acts.lock("")
            desk.world.faults.clear()
            await opened.pilot.press("ctrl+r")
            await desk.later(1)
            await opened.sees("0 on the way or refused")
            assert [row.state for row in await desk.store.outbox.rows()] == [OutboxState.SENT] * 2


async def test_what_is_queued_says_what_stands_in_its_way(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.world.faults.add("com.atproto.repo.putRecord", times=1, kind="rate_limit", seconds=600)
        await desk.engine.acts.send(new_post(desk, "patience"), None)
        await desk.later(11)
        async with outbox(desk) as opened:
            await opened.sees("queued, next try")
            desk.engine.acts.lock("Only looking.")
            await opened.sees("queued, while you only look")
            desk.engine.acts.lock("")
            await opened.sees("queued, next try")


async def test_a_picture_on_its_way_tells_how_far_it_is(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        row = await desk.engine.acts.send(new_post(desk, "look"), None)
        async with outbox(desk) as opened:
            await opened.sees("held until")
            desk.engine.uploading[row.id] = 40
            desk.engine.bus.publish(Uploading(row.id, 40, 100))
            await opened.sees("sending picture 40 %")


async def test_acts_are_called_as_their_network_calls_them(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=("mastodon",), started=False) as desk:
        desk.engine.connect()
        ines = replace(INES, network="mastodon", id="1")
        for kind in (ActKind.REPOST, ActKind.LIKE, ActKind.UNREPOST):
            act = Act(kind, desk.account.id, person=ines)
            await desk.store.outbox.put(act, "", material="", held_until=START, now=START)
        async with outbox(desk) as opened:
            await opened.sees("boost of Ines [/] Marín")
            await opened.sees("favourite of Ines")
            await opened.sees("undo boost Ines")


async def test_a_long_list_goes_on_at_its_end_and_forgets_nothing_unfinished(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        store = desk.store.outbox
        old = await store.put(new_post(desk, "the oldest"), "", material="", held_until=START, now=START)
        for number in range(130):
            row = await store.put(new_post(desk, f"post {number}"), "", material="", held_until=START, now=START)
            await store.sent(row.id, "r", START)
        async with outbox(desk) as opened:
            await opened.sees("the oldest")
            assert len(opened.screen.rows) == 101
            await opened.pilot.press("G")
            await until(lambda: len(opened.screen.rows) == 131, opened.pilot)
            await opened.pilot.press("G")
            await opened.sees("post 0")
        assert (await store.unfinished())[0].id == old.id


async def test_a_refused_act_whose_text_was_sent_since_is_settled(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        desk.engine.connect()
        row = await desk.engine.acts.send(new_post(desk, "not like this"), None)
        await desk.store.outbox.refused(row.id, "No.", START)
        async with outbox(desk) as opened:
            await opened.sees("1 draft · 1 on the way or refused")
            await desk.store.drafts.delete(desk.account.id, "")
            desk.engine.bus.publish(OutboxChanged(row.id))
            await opened.sees("0 drafts · 0 on the way or refused")
            await opened.pilot.press("enter")
            await opened.sees("no longer a draft")


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
