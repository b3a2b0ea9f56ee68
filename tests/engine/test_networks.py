"""The engine on each network of the sandbox: money on X, the stream of Mastodon, hand-offs, one desk for all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.events import SourceState
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.triage import TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.costs import costs
from tweetdesk.engine.undoing import NotAllowed

EACH = ("bluesky", "mastodon", "x")


def states(desk: Desk) -> dict[str, tuple[SourceState, str]]:
    """How each watched source is doing, by network and kind."""
    return {
        f"{source.account.partition(':')[0]} {source.kind}": (status.state, status.why)
        for source, status in desk.engine.statuses().items()
    }


async def test_one_desk_for_all(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=EACH) as desk:
        sources = [desk.source(kind, "", name) for name in EACH for kind in ("mentions", "messages", "home")]
        await desk.watch(*sources)
        assert {state for state, _ in states(desk).values()} == {SourceState.FRESH}, states(desk)
        for source in sources:
            assert await desk.items(source), source.id
        found = await costs(desk.session)
        money = {one.account.network: (one.micros > 0, bool(one.price_date)) for one in found.accounts}
        assert money == {"bluesky": (False, False), "mastodon": (False, False), "x": (True, True)}
        assert all(one.requests and one.resources for account in found.accounts for one in account.sources)


async def test_x_stays_within_the_budget_of_a_day(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=("x",), started=False) as desk:
        desk.engine.budget_micros = 300_000
        await desk.engine.start()
        kinds = ("mentions", "messages", "home")
        await desk.watch(*(desk.source(kind) for kind in kinds), desk.source("search", "the"))
        for _ in range(12):
            await desk.later(1800)
        assert 0 < await desk.store.ledger.micros(desk.clock.now()) <= 300_000
        limited = [why for state, why in states(desk).values() if state is SourceState.LIMITED]
        assert limited
        assert all(why.startswith("Today's budget for X ($0.30) is used up") for why in limited)


async def test_a_like_on_x_is_handed_off(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=("x",)) as desk:
        await desk.watch(desk.source("mentions"))
        item = (await desk.items(desk.source("mentions")))[-1]
        act = act_on(ActKind.LIKE, item)
        with pytest.raises(NotAllowed):
            await desk.engine.acts.send(act, item)
        handed = await desk.engine.acts.hand_off(act, item)
        assert handed.url.startswith("https://x.com/")
        waiting = await desk.store.posts.item(item.account, item.id)
        assert waiting is not None
        assert (waiting.state, waiting.pending) == (
            TriageState.WAITING,
            "on x.com: like · H when it is done there",
        )


async def test_acts_on_another_network_are_impossible(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=EACH) as desk:
        sources = [desk.source("mentions", "", name) for name in EACH]
        await desk.watch(*sources)
        for source in sources:
            item = (await desk.items(source))[-1]
            assert [one.id for one in desk.engine.reachable(item)] == [item.account]
            for other in desk.session.accounts:
                if other.id != item.account:
                    act = act_on(ActKind.REPLY, item, account=other.id, text="no")
                    with pytest.raises(NotAllowed):
                        await desk.engine.acts.send(act, item)
        assert await desk.store.outbox.rows() == []


async def test_mastodon_tells_of_a_mention_at_once(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, networks=("mastodon",)) as desk:
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        before = {item.id for item in await desk.items(mentions)}
        author = next(handle for handle in desk.world.people.by_handle if handle != desk.world.account.handle)
        for _ in range(200):
            await asyncio.sleep(0)
        desk.world.post(author, f"@{desk.world.account.handle} at once")
        async with asyncio.timeout(20):
            while {item.id for item in await desk.items(mentions)} == before:
                await desk.later(0)
        new = [item for item in await desk.items(mentions) if item.id not in before]
        assert [item.post.text.endswith("at once") for item in new] == [True]


OPENED = """
import asyncio, sys
from pathlib import Path
from tweetdesk.domain.accounts import Account
from tweetdesk.engine.session import open_session
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.folders import Folders

async def main():
    root = Path(sys.argv[1])
    AccountsFile(root).save(Account("bluesky", "did:plc:ada", "ada.example.com", "https://example.com"))
    session = await open_session(Folders(root, root, root))
    await session.sources([column for layout in session.saved_layouts for column in layout.columns])
    print(len(session.accounts), *(name for name in sys.modules if name.startswith("tweetdesk.networks.")))
    await session.close()

asyncio.run(main())
"""


def test_a_profile_is_opened_before_anything_of_the_networks_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OPENED, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["1"]


async def test_what_costs_money_is_fetched_where_it_is_shown_and_what_is_addressed_to_us_always(
    tmp_path: Path,
) -> None:
    async with sandbox_desk(tmp_path, networks=("bluesky", "x")) as desk:
        shown, hidden = (
            [Column("mentions")],
            [Column("home"), Column("messages"), Column("search", words="sqlite")],
        )
        watched = {(one.account.partition(":")[0], one.kind) for one in await desk.session.watched(shown, hidden)}
        assert {("x", "mentions"), ("x", "messages"), ("x", "person")} <= watched
        assert not {("x", "home"), ("x", "search")} & watched
        assert {("bluesky", "home"), ("bluesky", "search"), ("bluesky", "messages")} <= watched
        assert ("x", "home") in {
            (one.account.partition(":")[0], one.kind) for one in await desk.session.watched(hidden, shown)
        }
