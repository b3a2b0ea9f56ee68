"""The page of costs: what was used today and this month, what is left, and what a day will cost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from deskkit import START, sandbox_desk
from pricedkit import PRICE, priced_desk

from tweetdesk.domain.selections import Source
from tweetdesk.engine.costs import costs
from tweetdesk.networks.base import LoginNeeded

DAY = timedelta(days=1)


async def test_accounts_sources_and_look_ups(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=900_000) as (desk, network):
        mentions, home = desk.source("mentions"), desk.source("home")
        await desk.watch(mentions)
        read = len(await desk.items(mentions))
        await desk.engine.profile(desk.account.id, desk.account.user_id)
        ledger = desk.store.ledger
        await ledger.count(desk.account.id, home, START - DAY, micros=40_000)
        await ledger.count(desk.account.id, home, START - 3 * DAY, micros=20_000)
        await ledger.count(desk.account.id, home, START - 40 * DAY, micros=999_999)
        await ledger.count("bluesky:other", home, START, micros=999_999)
        found = await costs(desk.session)
        assert found.budget_micros == 900_000
        [account] = found.accounts
        assert (account.account, account.paused, account.price_date) == (desk.account, "", "2026-01-01")
        assert account.micros == read * PRICE + 2 * PRICE
        assert account.micros_month == account.micros + 60_000
        assert account.resources == read + 1
        assert account.requests >= 2
        assert account.limits == network.limits
        by_source = {one.source: one for one in account.sources}
        assert list(by_source) == [home, mentions, None]
        assert (by_source[home].micros, by_source[home].micros_a_day) == (0, 30_000)
        assert (by_source[mentions].resources, by_source[mentions].micros) == (read, read * PRICE)
        # Nine of 24 hours have passed, so today comes to 24/9 of what was used.
        assert by_source[mentions].micros_a_day == round(read * PRICE * 24 / 9)
        assert by_source[None].micros == 2 * PRICE


async def test_a_day_that_has_just_begun_is_not_multiplied_without_end(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        await desk.clock.advance(15 * 3600 + 60, desk.engine.idle)
        await desk.store.ledger.count(desk.account.id, desk.source("home"), desk.clock.now(), micros=1000)
        [account] = (await costs(desk.session)).accounts
        assert [one.micros_a_day for one in account.sources] == [24_000]


async def test_sources_of_the_ledger_keep_their_words(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        search = Source(desk.account.id, "search", "two words")
        await desk.store.ledger.count(desk.account.id, search, START, micros=1)
        [account] = (await costs(desk.session)).accounts
        assert [one.source for one in account.sources] == [search]


async def test_a_paused_account_says_why(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        network.trouble = LoginNeeded("The session has ended.")
        await desk.watch(desk.source("home"))
        [account] = (await costs(desk.session)).accounts
        assert account.paused == desk.engine.paused[desk.account.id] != ""


async def test_before_anything_was_asked(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        found = await costs(desk.session)
        assert found.budget_micros == 1_000_000
        assert [(one.requests, one.sources) for one in found.accounts] == [(0, ())]
