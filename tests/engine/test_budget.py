"""Money: what a day may cost, how columns slow down and stop, and the ledger of everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from deskkit import START, Desk, sandbox_desk
from pricedkit import PRICE, priced_desk

from tweetdesk.domain.events import SourceState
from tweetdesk.domain.outbox import Act, ActKind, OutboxState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.budget import Budget
from tweetdesk.networks.base import BudgetReached
from tweetdesk.store.ledger import Spent
from tweetdesk.store.store import Store

HOUR = 3600.0


async def spent(desk: Desk) -> dict[str, Spent]:
    """Today's lines of the ledger, by source."""
    return {line.source: line for line in await desk.store.ledger.spent(desk.clock.now())}


async def test_every_fetch_is_in_the_ledger(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        count = len(await desk.items(mentions))
        assert count > 3
        line = (await spent(desk))[mentions.id]
        assert (line.resources, line.micros) == (count, count * PRICE)
        assert line.requests >= 1
        await desk.fetch(mentions)
        again = (await spent(desk))[mentions.id]
        assert (again.resources, again.micros) == (count, count * PRICE)
        assert again.requests > line.requests


async def test_a_fetch_that_fails_is_counted_too(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        desk.world.faults.add("*", times=-1, kind="drop_before")
        await desk.watch(desk.source("mentions"))
        assert (await spent(desk))[desk.source("mentions").id].requests == 3


async def test_where_a_network_counts_nothing_its_posts_are_counted(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        line = (await spent(desk))[mentions.id]
        assert (line.resources, line.micros) == (len(await desk.items(mentions)), 0)


async def test_look_ups_and_acts_are_counted_apart(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        await desk.watch(desk.source("mentions"))
        item = (await desk.items(desk.source("mentions")))[0]
        await desk.engine.profile(desk.account.id, item.post.author.id)
        line = (await spent(desk))[""]
        assert (line.resources, line.micros) == (1, 2 * PRICE)
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="gladly"), item)
        await desk.later(11)
        assert (await spent(desk))[""].micros == 5 * PRICE


async def test_mentions_may_use_the_whole_day_and_others_four_fifths(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=100_000) as (desk, _):
        budget = Budget(desk.store.ledger, 100_000, desk.clock, desk.engine.networks)
        mine = desk.account.id
        mentions, home = desk.source("mentions"), desk.source("home")
        assert await budget.allowance(mine, mentions) == 100_000
        assert await budget.allowance(mine, home) == await budget.allowance(mine, None) == 80_000
        await desk.store.ledger.count(mine, home, START, micros=70_000)
        assert await budget.allowance(mine, desk.source("messages")) == 30_000
        assert await budget.allowance(mine, home) == 10_000
        await desk.store.ledger.count(mine, home, START, micros=20_000)
        assert await budget.allowance(mine, home) == 0
        assert await budget.allowance(mine, mentions) == 10_000
        assert await budget.allowance("nobody", home) is None
        free = Budget(desk.store.ledger, None, desk.clock, desk.engine.networks)
        assert await free.allowance(mine, home) is None
        assert free.stretch(mine, home) == 1.0


async def test_polls_become_rare_as_the_money_goes(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=100_000) as (desk, _):
        budget = Budget(desk.store.ledger, 100_000, desk.clock, desk.engine.networks)
        mine, mentions = desk.account.id, desk.source("mentions")
        found = []
        for _ in range(11):
            await budget.allowance(mine, mentions)
            found.append(budget.stretch(mine, mentions))
            await desk.store.ledger.count(mine, mentions, START, micros=10_000)
        assert found[:6] == [1.0] * 6
        assert found[6:] == sorted(found[6:])
        assert len(set(found[5:])) == 6
        assert found[10] == 8.0
        desk.clock._now = desk.clock.now().replace(day=5)
        assert budget.stretch(mine, mentions) == 1.0


async def test_it_stops_with_a_sentence_before_the_budget_is_passed_until_midnight(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=100_000, polls={"mentions": 600.0}) as (desk, network):
        mentions = desk.source("mentions")
        await desk.store.ledger.count(desk.account.id, None, START, micros=99_000)
        await desk.watch(mentions)
        status = desk.engine.statuses()[mentions]
        assert status.state is SourceState.LIMITED
        assert status.why == (
            "Today's budget for Pricey ($0.10) is used up: more after 00:00 UTC, or raise dollars_a_day in "
            "settings.toml"
        )
        assert status.until is not None
        assert status.until.isoformat() == "2026-05-05T00:00:00+00:00"
        assert await desk.store.ledger.micros(START) == 99_000
        asked = len(network.asked)
        await desk.later(14 * HOUR)
        assert len(network.asked) == asked
        await desk.later(2 * HOUR)
        assert desk.engine.statuses()[mentions].state is SourceState.FRESH


async def test_others_stop_earlier_and_say_so(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=100_000) as (desk, network):
        home = desk.source("home")
        await desk.store.ledger.count(desk.account.id, None, START, micros=80_000)
        await desk.watch(home)
        assert "is used up but for mentions and messages" in desk.engine.statuses()[home].why
        assert network.asked == []
        with pytest.raises(BudgetReached, match="used up but for mentions"):
            await desk.engine.profile(desk.account.id, desk.account.user_id)


async def test_two_columns_never_spend_the_same_money(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=100_000) as (desk, _):
        await desk.store.ledger.count(desk.account.id, None, START, micros=60_000)
        sources = [desk.source("home"), *(desk.source("person", did) for did in desk.world.people.by_did)]
        desk.engine.watch(sources[:6])
        await desk.engine.idle()
        first = await desk.store.ledger.micros(START)
        states = [status.state for status in desk.engine.statuses().values()]
        assert states.count(SourceState.FRESH) >= 1
        assert SourceState.LIMITED in states
        await desk.fetch(*sources[:6])
        assert await desk.store.ledger.micros(START) == first


async def test_what_was_spent_survives_a_restart(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=1_000_000) as (desk, _):
        await desk.watch(desk.source("mentions"))
        before = await desk.store.ledger.micros(START)
        assert before > 0
    async with priced_desk(tmp_path, budget=before) as (desk, network):
        await desk.watch(desk.source("mentions"))
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.LIMITED
        assert network.asked == []


async def test_acts_are_never_stopped(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=1) as (desk, _):
        await desk.store.ledger.count(desk.account.id, None, START, micros=50_000)
        row = await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="news"), None)
        await desk.later(11)
        sent = await desk.store.outbox.row(row.id)
        assert sent is not None
        assert sent.state is OutboxState.SENT
        assert await desk.store.ledger.micros(START) == 50_000 + 3 * PRICE


async def test_with_nothing_a_day_it_reads_when_asked_only(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, budget=0) as (desk, network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        assert network.asked == []
        status = desk.engine.statuses()[mentions]
        assert status.why == (
            "Pricey is read only when you ask (dollars_a_day is 0 in settings.toml): Ctrl+r reads it now."
        )
        await desk.fetch(mentions)
        assert desk.engine.statuses()[mentions].state is SourceState.FRESH
        assert (await spent(desk))[mentions.id].micros > 0
        await desk.engine.profile(desk.account.id, desk.account.user_id)
        await desk.later(HOUR)
        assert network.asked == ["mentions", "profile"]


async def test_a_kind_that_is_never_polled_waits_for_the_hand(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"home": float("inf")}) as (desk, network):
        home = desk.source("home")
        await desk.watch(home)
        assert network.asked == []
        assert "only when you ask" in desk.engine.statuses()[home].why
        await desk.fetch(home)
        assert network.asked == ["home"]
        first = desk.engine.statuses()[home]
        assert first.state is SourceState.FRESH
        await desk.later(24 * HOUR)
        assert network.asked.count("home") == 1
        await desk.watch()
        await desk.watch(home)
        assert desk.engine.statuses()[home] == first


async def test_what_the_ledger_does_not_take_breaks_nothing_and_counts_all_the_same(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        second = await Store.open(tmp_path / "data", clock=desk.clock.now)
        try:
            assert second.read_only
            budget = Budget(second.ledger, 100_000, desk.clock, desk.engine.networks)
            async with budget.reading(desk.account.id) as used:
                used.requests, used.micros = 1, 30_000
            assert await budget.allowance(desk.account.id, None) == 50_000
            await desk.store.ledger.count(desk.account.id, None, START, micros=10_000)
            assert await budget.allowance(desk.account.id, None) == 40_000
        finally:
            await second.close()


async def test_the_note_of_a_page_is_told(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, network):
        network.note = "hashtags only: this server has no full-text search"
        search = desk.source("search", "sqlite")
        await desk.watch(search)
        status = desk.engine.statuses()[search]
        assert (status.state, status.why) == (SourceState.FRESH, network.note)
