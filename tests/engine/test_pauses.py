"""Pauses: a lost session or an empty purse stops one account at once, says why everywhere, and ends by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk
from pricedkit import priced_desk

from tweetdesk.domain.events import AccountChanged, Event, SourceState
from tweetdesk.domain.outbox import Act, ActKind, OutboxState
from tweetdesk.networks.base import LoginNeeded, OutOfMoney
from tweetdesk.networks.credentials import SecretTrouble

GONE = LoginNeeded("The session of ada has ended. Log in again with: tweetdesk login pricey")
SENTENCE = "The session of ada has ended: g a, then L logs in again."


def heard_by(desk: Desk) -> list[Event]:
    """Everything that is published from now on."""
    heard: list[Event] = []
    desk.engine.bus.subscribe(heard.append)
    return heard


async def test_a_lost_session_pauses_the_whole_account_and_every_column_says_so(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        sources = [desk.source("mentions"), desk.source("home"), desk.source("messages")]
        await desk.watch(*sources)
        heard = heard_by(desk)
        network.trouble = GONE
        network.asked.clear()
        await desk.later(26)
        assert dict(desk.engine.paused) == {desk.account.id: SENTENCE}
        assert {(one.state, one.why) for one in desk.engine.statuses().values()} == {
            (SourceState.REFUSED, SENTENCE)
        }
        assert [event for event in heard if isinstance(event, AccountChanged)] == [
            AccountChanged(desk.account.id, SENTENCE)
        ]
        asked = len(network.asked)
        await desk.later(24 * 3600)
        assert len(network.asked) == asked


async def test_a_paused_account_keeps_its_outbox_and_sends_it_once_afterwards(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        network.trouble = GONE
        row = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="patience"), None)
        await desk.later(11)
        assert desk.engine.paused
        waiting = await desk.store.outbox.row(row.id)
        assert waiting is not None
        assert (waiting.state, waiting.attempts) == (OutboxState.QUEUED, 1)
        second = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="patience again"), None)
        await desk.later(24 * 3600)
        assert network.asked.count("prepare") == 1
        network.trouble = None
        heard = heard_by(desk)
        desk.engine.resume(desk.account.id)
        await desk.later(1)
        assert AccountChanged(desk.account.id) in heard
        for one in (row, second):
            sent = await desk.store.outbox.row(one.id)
            assert sent is not None
            assert sent.state is OutboxState.SENT
        assert network.asked.count("prepare") == 3


async def test_it_goes_on_when_a_column_is_asked_by_hand(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        mentions, home = desk.source("mentions"), desk.source("home")
        await desk.watch(mentions, home)
        network.trouble = OutOfMoney("Pricey has no credits left for this app: buy some in its console.")
        await desk.fetch(mentions)
        why = "Pricey has no credits left for this app: buy some in its console. Then Ctrl+r tries again."
        assert desk.engine.paused[desk.account.id] == why
        await desk.fetch(mentions)
        assert desk.engine.paused[desk.account.id] == why
        network.trouble = None
        await desk.fetch(mentions)
        assert not desk.engine.paused
        assert {one.state for one in desk.engine.statuses().values()} == {SourceState.FRESH}


async def test_a_question_of_the_desk_pauses_as_well(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        network.trouble = SecretTrouble("The keyring is locked: unlock it.")
        with pytest.raises(LoginNeeded):
            await desk.engine.profile(desk.account.id, desk.account.user_id)
        assert desk.engine.paused[desk.account.id] == "The keyring is locked: unlock it. Then Ctrl+r tries again."


async def test_a_new_login_reconnects(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        sources = [desk.source("mentions"), desk.source("home")]
        await desk.watch(*sources)
        before = desk.engine.networks[desk.account.id]
        for method in ("com.atproto.server.refreshSession", "app.bsky.notification.listNotifications"):
            body = {"error": "ExpiredToken", "message": "Token has expired"}
            desk.world.faults.add(method, times=-1, kind="status", status=400, body=body)
        desk.world.faults.add("com.atproto.server.createSession", times=-1, kind="status", status=401, body=body)
        await desk.fetch(sources[0])
        assert desk.engine.paused[desk.account.id].endswith(": g a, then L logs in again.")
        row = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="patience"), None)
        await desk.later(60)
        desk.world.faults.clear()
        await desk.engine.reconnect(desk.account.id)
        await desk.later(1)
        assert not desk.engine.paused
        assert desk.engine.networks[desk.account.id] is not before
        assert {one.state for one in desk.engine.statuses().values()} == {SourceState.FRESH}
        assert set(desk.engine.statuses()) == set(sources)
        sent = await desk.store.outbox.row(row.id)
        assert sent is not None
        assert sent.state is OutboxState.SENT


async def test_reconnecting_in_the_middle_of_everything_loses_nothing(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        desk.engine.watch([desk.source("mentions"), desk.source("home"), desk.source("messages")])
        row = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="just once"), None)
        for _ in range(5):
            await desk.engine.reconnect(desk.account.id)
        await desk.engine.idle()
        sent = await desk.store.outbox.row(row.id)
        assert sent is not None
        assert sent.state is OutboxState.SENT
        posts = desk.world.records.repos[desk.account.user_id]["app.bsky.feed.post"].values()
        assert [one.value["text"] for one in posts].count("just once") == 1
        assert {one.state for one in desk.engine.statuses().values()} == {SourceState.FRESH}


async def test_what_is_let_go_before_it_began_is_not_waited_for(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.engine.watch([desk.source("mentions")])
        desk.engine.watch([])
        await desk.engine.idle()
        assert desk.engine.statuses() == {}


async def test_a_refusal_that_was_on_its_way_does_not_undo_that_it_goes_on(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, hold_seconds=0) as (desk, network):
        home = desk.source("home")
        await desk.watch(home)
        reached, opened, paused = asyncio.Event(), asyncio.Event(), asyncio.Event()
        desk.engine.bus.subscribe(lambda event: paused.set() if isinstance(event, AccountChanged) else None)
        network.gates["home"] = (reached, opened)
        network.trouble = OutOfMoney("Pricey has no credits left for this app: buy some in its console.")
        desk.engine.fetch_now([home])
        await reached.wait()
        row = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="patience"), None)
        await paused.wait()
        network.trouble = None
        desk.engine.resume(desk.account.id)
        opened.set()
        await desk.engine.idle()
        assert not desk.engine.paused
        assert desk.engine.statuses()[home].state is SourceState.FRESH
        sent = await desk.store.outbox.row(row.id)
        assert sent is not None
        assert sent.state is OutboxState.SENT
        network.trouble = OutOfMoney("No credits are left again.")
        await desk.fetch(home)
        assert desk.engine.paused
