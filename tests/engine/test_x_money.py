"""X with a real store behind its shelf: what was stored is not paid for again, over days and restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from replaykit import Clock

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.posts import Post
from tweetdesk.domain.selections import Source
from tweetdesk.engine.shelf import StoreShelf
from tweetdesk.networks import spending, x
from tweetdesk.networks.base import Page
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.world import World
from tweetdesk.sandbox.x import account_id, face, state_of, token
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 2, 9, 30, tzinfo=UTC))


@pytest.fixture
async def store(tmp_path: Path, clock: Clock) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "data", clock=clock)
    yield opened
    await opened.close()


def network(world: World, store: Store, clock: Clock) -> x.X:
    """The account as a start of the program opens it."""
    account = Account("x", account_id(world), "ada", "http://localhost")
    place = MemoryPlace({"kind": "oauth2", "access_token": token(world)})
    shelf = StoreShelf(store, account)
    return x.open(account, place, transport=AsgiTransport(face(world)), clock=clock, shelf=shelf)


async def fetch(desk: x.X, store: Store, clock: Clock, kind: str, words: str = "") -> list[Post]:
    """Fetch into the store, as a poller does."""
    source = Source(desk.account.id, kind, words)
    page: Page = await desk.fetch(source, await store.sources.cursor(source))
    await store.posts.keep(desk.account.id, page.context)
    arrivals = [Arrival(one.post, one.at, one.why, one.reposted_by) for one in page.posts]
    await store.posts.ingest(source, arrivals, cursor=page.cursor, people=page.people, now=clock())
    return [one.post for one in page.posts]


async def test_nothing_that_the_store_has_is_paid_for_again(store: Store, clock: Clock) -> None:
    """Billed divided by needed is 1.00 for what is polled; a conversation opened again costs what is new in it."""
    world = World(clock=clock, seed=11, live_seconds=1200.0)
    counted, answered = 0, None
    for _ in range(3):
        desk = network(world, store, clock)
        for _ in range(4):
            with spending.tally() as used:
                mentions = await fetch(desk, store, clock, "mentions")
                await fetch(desk, store, clock, "home")
                await fetch(desk, store, clock, "search", "the OR and OR to")
                answered = answered or next((post for post in mentions if post.reply_to), None)
                assert answered is not None
                thread = await desk.thread(answered.ref)
                await store.posts.keep(desk.account.id, [one.post for one in thread.posts if one.post])
            counted += used.micros
            clock.now += timedelta(hours=6)
        await desk.close()
    report = state_of(world).ledger.report()
    assert report["distinct"] > 100
    assert len(report["days"]) >= 3
    assert report["billed"] / report["distinct"] == 1.0
    assert counted == report["micros"]


async def test_a_profile_that_was_seen_today_is_on_the_shelf(store: Store, clock: Clock) -> None:
    world = World(clock=clock, seed=11)
    desk = network(world, store, clock)
    mention = (await fetch(desk, store, clock, "mentions"))[0]
    await desk.close()
    again = network(world, store, clock)
    with spending.tally() as used:
        seen = await again.profile(mention.author.id)
        assert (await again.profile(mention.author.handle)).identity == seen.identity
    assert (seen.identity.handle, used.requests) == (mention.author.handle, 0)
    clock.now += timedelta(days=1)
    with spending.tally() as used:
        await again.profile(mention.author.id)
    assert (used.requests, used.micros) == (1, 10_000)
    await again.close()
