"""Streams: what they tell is fetched at once, changes and deletions are taken over, trouble is waited out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from deskkit import Desk
from pricedkit import Priced, priced_desk, settled

from tweetdesk.domain.events import Event, ItemsChanged
from tweetdesk.domain.posts import PostRef
from tweetdesk.networks.base import LoginNeeded, NetworkError, News, RateLimited, Unreachable


async def tell(desk: Desk, network: Priced, *news: News | NetworkError | None) -> None:
    """The stream tells something, and the desk has done what follows."""
    assert network.streams is not None
    for one in news:
        network.streams.put_nowait(one)
    await settled(desk)


def mentioned(desk: Desk, text: str) -> str:
    """Somebody mentions us; the id of the item."""
    author = next(handle for handle in desk.world.people.by_handle if handle != desk.account.handle)
    return f"bluesky {desk.world.post(author, f'@{desk.world.account.handle} {text}')}"


async def ids(desk: Desk) -> list[str]:
    """The mentions that are shown."""
    return [item.id for item in await desk.items(desk.source("mentions"))]


async def test_news_are_fetched_at_once(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        await desk.watch(desk.source("mentions"), desk.source("home"))
        new = mentioned(desk, "at once")
        network.asked.clear()
        await tell(desk, network, News(kinds=("mentions", "messages")))
        assert new in await ids(desk)
        assert network.asked == ["mentions"]


async def test_many_news_are_few_fetches_and_the_last_is_not_lost(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True, polls={"home": 9999.0, "mentions": 9999.0}) as (desk, network):
        await desk.watch(desk.source("mentions"), desk.source("home"))
        network.asked.clear()
        for _ in range(20):
            await tell(desk, network, News(kinds=("home", "mentions")))
        last = mentioned(desk, "the last one")
        await tell(desk, network, News(kinds=("home", "mentions")))
        assert sorted(network.asked) == ["home", "mentions"]
        await desk.later(2)
        assert last in await ids(desk)
        await desk.later(30)
        assert network.asked.count("mentions") == network.asked.count("home") == 2


async def test_news_during_a_fetch_are_fetched_after_it(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        network.asked.clear()
        desk.engine.fetch_now([mentions])
        network.begun.clear()
        await network.begun.wait()
        desk.engine.fetch_now([mentions])
        await desk.engine.idle()
        assert network.asked.count("mentions") == 2


async def test_news_do_not_break_a_limit(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        network.trouble = RateLimited("Too many.", desk.clock.now() + timedelta(hours=1))
        await desk.fetch(mentions)
        network.trouble = None
        new = mentioned(desk, "in the meantime")
        network.asked.clear()
        await tell(desk, network, News(kinds=("mentions",)))
        assert network.asked == []
        await desk.later(3601)
        assert new in await ids(desk)


async def test_what_changed_and_what_went_is_taken_over(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        edited, deleted, *_ = await desk.items(mentions)
        unknown = replace(edited.post, ref=PostRef("bluesky", "at://nobody/x/y"), text="never seen")
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        changed = replace(edited.post, text="changed afterwards", edited_at=desk.clock.now())
        await tell(desk, network, News(changed=(changed, unknown), gone=(deleted.post.ref,)))
        items = {item.id: item for item in await desk.items(mentions)}
        assert items[edited.id].post.text == "changed afterwards"
        assert deleted.id not in items
        assert await desk.store.posts.post(unknown.ref) is None
        assert [event.sources for event in heard if isinstance(event, ItemsChanged)] == [frozenset({mentions})]


async def test_without_a_stream_it_is_not_asked_for_again_before_long(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"mentions": 99999.0}) as (desk, network):
        await desk.watch(desk.source("mentions"))
        await desk.later(3600)
        assert network.listens == 1
        await desk.later(6 * 3600)
        assert network.listens == 2


async def test_a_stream_that_breaks_is_begun_again_more_and_more_slowly(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        await desk.watch(desk.source("mentions"))
        for listens, wait in enumerate((7, 20, 40, 80), start=2):
            await tell(desk, network, Unreachable("The line was lost."))
            await desk.later(wait)
            assert network.listens == listens
        new = mentioned(desk, "afterwards")
        await tell(desk, network, News(kinds=("mentions",)))
        assert new in await ids(desk)
        await tell(desk, network, None)
        await desk.later(7)
        assert network.listens == 6


async def test_a_limit_is_waited_out_and_a_lost_session_pauses(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        await desk.watch(desk.source("mentions"))
        until = desk.clock.now().replace(hour=11)
        await tell(desk, network, RateLimited("Too many.", until))
        await desk.later(7000)
        assert network.listens == 1
        await desk.later(300)
        assert network.listens == 2
        await tell(desk, network, LoginNeeded("The session has ended."))
        assert desk.engine.paused
        await desk.later(24 * 3600)
        assert network.listens == 2
        desk.engine.resume(desk.account.id)
        await settled(desk)
        await desk.later(1)
        assert network.listens == 3


async def test_nothing_is_listened_to_where_nobody_wants_it(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, stream=True) as (desk, network):
        desk.engine.watch([desk.source("mentions")], listen=False)
        await desk.later(3600)
        assert (network.listens, "posts" in network.asked) == (0, False)
        await desk.watch(desk.source("mentions"))
        await settled(desk)
        assert network.listens == 1


async def test_edits_and_deletions_are_seen_without_a_stream(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"mentions": 99999.0, "recheck": 600.0}) as (desk, network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        before = await desk.items(mentions)
        victim = before[-1]
        desk.world.delete(victim.post.ref.id)
        await desk.later(599)
        assert "posts" not in network.asked
        assert victim.id in await ids(desk)
        await desk.later(2)
        assert await ids(desk) == [item.id for item in before[:-1]]


async def test_what_is_shown_is_looked_at_again_when_the_user_asks(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"mentions": 99999.0, "recheck": 600.0}) as (desk, _network):
        mentions = desk.source("mentions")
        await desk.watch(mentions)
        before = await desk.items(mentions)
        desk.world.delete(before[-1].post.ref.id)
        await desk.fetch(mentions)
        await desk.later(1)
        assert await ids(desk) == [item.id for item in before[:-1]]


async def test_a_recheck_that_fails_removes_nothing(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"recheck": 600.0}) as (desk, network):
        await desk.watch(desk.source("mentions"))
        before = await ids(desk)
        desk.world.faults.add("app.bsky.feed.getPosts", times=-1, kind="drop_before")
        await desk.later(1300)
        assert network.asked.count("posts") == 2
        assert await ids(desk) == before


async def test_no_recheck_where_the_network_wants_none(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls={"mentions": 99999.0, "recheck": float("inf")}) as (desk, network):
        await desk.watch(desk.source("mentions"))
        await desk.later(24 * 3600)
        assert "posts" not in network.asked
