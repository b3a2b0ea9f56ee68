"""Read-only: one looks and decides, and nothing leaves the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import sandbox_desk

from tweetdesk.cli import parser
from tweetdesk.domain.outbox import ActKind, OutboxState
from tweetdesk.domain.triage import TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.store.settings import SettingsFile


@pytest.mark.parametrize(
    ("arguments", "on"),
    [(["--read-only"], True), ([], False), (["demo", "--read-only"], True), (["--read-only", "demo"], True),
     (["demo"], False), (["--read-only", "sync", "--once"], True)],
)  # fmt: skip
def test_the_flag(arguments: list[str], on: bool) -> None:
    assert parser().parse_args(arguments).read_only is on


@pytest.mark.parametrize("text", ["[desk]\nread_only = 1\n", "desk = 3\n", "[desk]\nread_onyl = true\n"])
def test_a_mistake_in_the_file_is_named_by_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    settings, (mistake,) = SettingsFile(tmp_path).load()
    assert not settings.read_only
    assert mistake.line == len(text.splitlines())


async def test_it_is_switched_on_and_kept_over_a_restart(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        assert "READ ONLY" not in hands.status
        await hands.press("comma", "3")
        await hands.told("READ ONLY")
        assert "nothing leaves this machine" in hands.status
        assert desk.session.settings.read_only
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands, size=(80, 24)) as hands:
        assert "READ ONLY" in hands.status
        await hands.press("semicolon", *"read-only", "enter")
        await hands.settle()
        await hands.told("sent again")
        assert "READ ONLY" not in hands.status


async def test_private_decisions_go_on(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        desk.session.look_only(True)
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press("e")
        await hands.settle()
        assert (await desk.store.triage.state(item.account, item.id)).state is TriageState.DONE
        await hands.press("z")
        await hands.settle()
        assert (await desk.store.triage.state(item.account, item.id)).state is TriageState.OPEN


async def test_a_text_can_be_written_and_is_kept(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        desk.session.look_only(True)
        await hands.press("2", "r")
        await hands.settle()
        await hands.press(*"Thanks", "ctrl+s")
        await hands.sees("nothing leaves this machine")
        await hands.press("escape")
        await hands.settle()
        (draft,) = await desk.store.drafts.all()
        assert draft.text == "Thanks"
        assert await desk.store.outbox.rows(5) == []


@pytest.mark.parametrize("key", ["t", "f", "asterisk", "ampersand"])
async def test_an_act_says_that_nothing_was_sent(tmp_path: Path, key: str) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk, hands_on(desk, Hands) as hands:
        desk.session.look_only(True)
        await hands.press("2")
        item = hands.deck.selected
        assert item is not None
        await hands.press(key)
        await hands.settle()
        assert "nothing leaves this machine" in hands.status
        assert hands.deck.selected is not None
        assert hands.deck.selected.id == item.id
        assert await desk.store.outbox.rows(5) == []


async def test_what_is_taken_back_on_the_network_waits_too(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        await desk.watch(desk.source("mentions"))
        item = (await desk.items(desk.source("mentions")))[0]
        await desk.engine.acts.send(act_on(ActKind.LIKE, item), item)
        await desk.engine.idle()
        assert (await desk.store.outbox.rows(1))[0].state is OutboxState.SENT
        desk.session.look_only(True)
        with pytest.raises(NotAllowed, match="nothing leaves this machine"):
            await desk.engine.acts.undo()
        desk.session.look_only(False)
        await desk.engine.acts.undo()
        await desk.engine.idle()
        assert [row.act.kind for row in await desk.store.outbox.rows(2)] == [ActKind.UNLIKE, ActKind.LIKE]


async def test_what_waits_in_the_outbox_goes_when_it_is_off(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.watch(desk.source("mentions"))
        item = (await desk.items(desk.source("mentions")))[0]
        row = await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="soon"), item)
        desk.session.look_only(True)
        await desk.later(120)
        waiting = await desk.store.outbox.row(row.id)
        assert waiting is not None
        assert waiting.state in (OutboxState.HELD, OutboxState.QUEUED)
        desk.session.look_only(False)
        await desk.later(1)
        gone = await desk.store.outbox.row(row.id)
        assert gone is not None
        assert gone.state is OutboxState.SENT
