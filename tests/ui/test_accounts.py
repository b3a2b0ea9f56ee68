"""Accounts: paused ones with their sentence, a fresh login from within the desk; and costs and limits."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deckkit import Hands, hands_on
from deskkit import START, Desk, sandbox_desk
from pages_only import READ, open_pages_only
from stagekit import screen_text, until

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.selections import Source
from tweetdesk.engine.costs import SourceCosts
from tweetdesk.networks import bluesky
from tweetdesk.networks.base import Limits
from tweetdesk.ui.app import TweetdeskApp
from tweetdesk.ui.screens.accounts import AccountsScreen, source_words
from tweetdesk.ui.screens.costs import CostsScreen, bar, dollars, limit_words, next_step, used_words
from tweetdesk.ui.screens.deck import DeckScreen

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


@asynccontextmanager
async def open_deck(
    folder: Path,
    size: tuple[int, int] = (120, 40),
    networks: Sequence[str] = ("bluesky",),
    command: Sequence[str] = (),
) -> AsyncIterator[Hands]:
    async with sandbox_desk(folder, started=False, networks=networks) as desk:
        app = TweetdeskApp(desk.session, login_command=lambda account: command)
        async with hands_on(desk, Hands, app, size) as opened:
            yield opened


def revoke(desk: Desk) -> None:
    """The server knows our session no more."""
    body = {"error": "InvalidToken", "message": "Token has been revoked"}
    for method in ("app.bsky.notification.listNotifications", "com.atproto.server.refreshSession"):
        desk.world.faults.add(method, times=-1, kind="status", status=401, body=body)


async def pause(opened: Hands) -> None:
    """Let the account be paused, as a revoked session pauses it."""
    revoke(opened.desk)
    opened.desk.engine.fetch_now([opened.desk.source("mentions")])
    await until(lambda: bool(opened.desk.engine.paused), opened.pilot)
    await opened.settle()


async def test_a_paused_account_is_told_with_the_key(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await pause(opened)
        deck = opened.app.screen
        assert isinstance(deck, DeckScreen)
        status = deck.status.render_line(0).text
        assert "@ada.example.com is paused" in status
        head = next(pane.head for pane in deck.panes if pane.column.kind == "mentions")
        assert head.state.startswith("paused · L logs in again · ")
        assert head.trouble
        await opened.press("g", "a")
        await opened.sees("paused: ")
        await opened.sees("mentions: paused")


async def test_l_logs_in_again_and_the_account_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    command = [sys.executable, "-c", f"open({str(ran)!r}, 'w').close()"]
    async with open_deck(tmp_path, command=command) as opened:
        await pause(opened)
        opened.desk.world.faults.clear()
        monkeypatch.setattr(opened.app, "suspend", nullcontext)
        monkeypatch.setattr("sys.stdin", (tmp_path / "enter").open("w+"))
        await opened.press("L")
        await opened.sees("@ada.example.com is logged in again.")
        assert ran.exists()
        assert not opened.desk.engine.paused
        await opened.settle()
        head = next(pane.head for pane in opened.app.screen.panes if pane.column.kind == "mentions")  # type: ignore[attr-defined]
        assert "up to date" in head.state


async def test_a_login_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_deck(tmp_path, command=[sys.executable, "-c", "raise SystemExit(3)"]) as opened:
        await pause(opened)
        monkeypatch.setattr(opened.app, "suspend", nullcontext)
        monkeypatch.setattr("sys.stdin", (tmp_path / "enter").open("w+"))
        await opened.press("L")
        await opened.sees("ended with status 3; nothing was changed")
        assert opened.desk.engine.paused


async def test_the_sandbox_needs_no_login(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("g", "a", "L")
        await opened.sees("@ada.example.com needs no login: its server is the sandbox.")


async def test_ctrl_r_tries_a_paused_account_again(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await pause(opened)
        opened.desk.world.faults.clear()
        await opened.press("g", "a", "ctrl+r")
        await opened.sees("Asking Bluesky again as @ada.example.com")
        await opened.sees("mentions: up to date since")
        assert not opened.desk.engine.paused


async def test_the_hand_goes_from_account_to_account(tmp_path: Path) -> None:
    async with open_deck(tmp_path, (40, 12), ("bluesky", "mastodon")) as opened:
        await opened.press("g", "a")
        await until(lambda: isinstance(opened.app.screen, AccountsScreen), opened.pilot)
        await opened.sees("▌@ada.example.com")
        await opened.press("j")
        mastodon = opened.desk.session.accounts[1]
        await opened.sees(f"▌@{mastodon.handle}")
        await opened.press("k")
        await opened.sees("▌@ada.example.com")


async def test_the_whole_of_a_long_note_is_there(tmp_path: Path) -> None:
    why = "hashtags only: this server has no full-text search, so words are looked for in what is here already"
    async with open_deck(tmp_path, (44, 24)) as opened:
        source = opened.desk.source("mentions")
        poller = opened.desk.engine._pollers[source][0]
        poller._publish(poller.status.state, why=why)
        await opened.press("g", "a")
        await opened.sees("mentions: up to date since")
        shown = screen_text(opened.app).replace("▌", " ")
        assert why in " ".join(shown.split())


def test_sources_in_words() -> None:
    from tweetdesk.domain.layouts import Column, Layout

    class Sessionlike:
        accounts = (Account("bluesky", "did:plc:ada", "ada.example.com", "https://bsky.example.com"),)

    layouts = [Layout("one", (Column("list", words="at://x", title="Friends"), Column("person", words="7")))]

    def words(kind: str, of: str = "") -> str:
        return source_words(Sessionlike(), Source("bluesky:did:plc:ada", kind, of), layouts)  # type: ignore[arg-type]

    assert words("list", "at://x") == 'list "Friends"'
    assert words("person", "did:plc:ada") == "your own posts"
    assert words("person", "did:plc:ines") == "somebody on your help list"
    assert words("hashtag", "sourdough") == "hashtag #sourdough"
    assert words("search", "async python") == 'search "async python"'
    assert words("messages") == "direct messages"


# -- costs and limits --------------------------------------------------------------------------------------------


def test_amounts_and_gauges() -> None:
    assert [dollars(micros) for micros in (0, 5_000, 10_347, 1_234_567)] == ["$0.00", "$0.005", "$0.01", "$1.23"]
    assert dollars(30) == "less than $0.001"
    assert bar(25, 100, 49) == f"[{'#' * 10}{'.' * 30}] 25 %"
    assert bar(300, 100, 12) == "[####] 100 %"
    assert bar(0, 0, 12) == "[####] 100 %"
    assert [next_step(micros, 1) for micros in (0, 500_000, 700_000, 90_000_000, None)] == [
        0.1,
        1.0,
        1.0,
        90.0,
        50.0,
    ]
    assert [next_step(micros, -1) for micros in (0, 500_000, 700_000, None)] == [0.0, 0.25, 0.5, 20.0]


def test_limits_in_words() -> None:
    later = NOW + timedelta(minutes=5)
    assert limit_words(Limits(), NOW) == ""
    assert limit_words(Limits(2990, 3000, later), NOW) == "2,990 of 3,000 requests left, all again at 09:05"
    assert limit_words(Limits(0, None, NOW - timedelta(minutes=1)), NOW) == "0 requests left"
    assert used_words(SourceCosts(None, Limits(), 1, 1200, 0, 0)) == "1 request, 1,200 read"


async def test_free_networks_say_so(tmp_path: Path) -> None:
    async with open_deck(tmp_path) as opened:
        await opened.press("g", "c")
        await opened.sees("Costs and limits · today, UTC")
        await opened.sees("free")
        await opened.sees("requests left, all again at")
        assert "$" not in screen_text(opened.app)
        assert "a day" not in screen_text(opened.app)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
async def test_money_per_account_and_column(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(bluesky, "open", open_pages_only)
    async with open_deck(tmp_path, size) as opened:
        micros = await opened.desk.store.ledger.micros(START)
        assert micros
        assert micros % READ == 0
        await opened.press("g", "c")
        await opened.sees(f"{dollars(micros)} of $1.00 today")
        await opened.sees("#")
        for _ in range(30):
            if 'search "async python"' in opened.shown:
                break
            await opened.press("j")
        await opened.sees('search "async python"')
        await opened.press("g", "g", "minus")
        await opened.sees("Saved: $0.50 a day")
        assert opened.desk.engine.budget_micros == 500_000
        settings, mistakes = opened.desk.session.settings_file.load()
        assert (settings.budget_micros, mistakes) == (500_000, [])
        await opened.press("plus")
        await opened.sees("Saved: $1.00 a day")
        await opened.press("escape")
        assert isinstance(opened.app.screen, DeckScreen)


async def test_a_budget_that_is_used_up_stops_reading_and_more_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluesky, "open", open_pages_only)
    async with open_deck(tmp_path) as opened:
        opened.desk.engine.set_budget(1)
        opened.desk.engine.fetch_now([opened.desk.source("search", "async python")])
        await opened.settle()
        await opened.press("g", "c")
        await opened.sees("is used up")
        await opened.press("plus", "plus", "plus", "plus", "plus", "plus")
        await opened.sees("Saved: $5.00 a day")
        await opened.desk.engine.idle()
        assert isinstance(opened.app.screen, CostsScreen)
        await until(lambda: "is used up" not in screen_text(opened.app), opened.pilot)
