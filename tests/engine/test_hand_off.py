"""Hand-offs, acting as another, and what single kinds of act do to an item."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk
from pricedkit import Priced, priced_desk

from tweetdesk.cli.demo import SERVER
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.events import Event, TriageChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxState, Part
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import PostRef
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.networks.base import Allowed, HandOff, No
from tweetdesk.networks.bluesky import log_in
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.bluesky import face
from tweetdesk.sandbox.records import Record

DAY = 24 * 3600.0
RARELY = {"mentions": 30 * DAY, "recheck": 30 * DAY}


async def first_item(desk: Desk) -> Item:
    """The newest mention."""
    await desk.watch(desk.source("mentions"))
    return (await desk.items(desk.source("mentions")))[-1]


async def again(desk: Desk, item: Item) -> Item:
    """The item as it is now."""
    found = await desk.store.posts.item(item.account, item.id)
    assert found is not None
    return found


async def shown(desk: Desk) -> list[str]:
    """What the mentions column shows."""
    return [item.id for item in await desk.items(desk.source("mentions"))]


def likes(desk: Desk) -> list[Record]:
    """What the account has liked, in the world."""
    return list(desk.world.records.repos[desk.account.user_id].get("app.bsky.feed.like", {}).values())


async def test_what_may_be_done_where(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        item = await first_item(desk)
        acts, mine = desk.engine.acts, desk.account.id
        assert acts.permission(mine, ActKind.REPLY, item.post) == Allowed()
        assert isinstance(acts.permission(mine, ActKind.LIKE, item.post), HandOff)
        assert isinstance(acts.permission(mine, ActKind.DELETE, item.post), No)
        for kind, why in ((ActKind.LIKE, "its own page"), (ActKind.DELETE, "your own posts")):
            with pytest.raises(NotAllowed, match=why):
                acts.check(mine, kind, item.post)
            with pytest.raises(NotAllowed, match=why):
                await acts.send(act_on(kind, item), item)
        with pytest.raises(NotAllowed, match="your own posts"):
            await acts.hand_off(act_on(ActKind.DELETE, item), item)
        with pytest.raises(NotAllowed, match="not logged in"):
            acts.permission("nobody", ActKind.LIKE, item.post)
        assert await desk.store.outbox.rows() == []


async def test_a_like_is_handed_off_and_done_there(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls=RARELY) as (desk, _):
        item = await first_item(desk)
        before = likes(desk)
        handed = await desk.engine.acts.hand_off(act_on(ActKind.LIKE, item), item)
        assert handed.url == "https://www.pricey.example.com/like?text="
        waiting = await again(desk, item)
        assert (waiting.state, waiting.how) == (TriageState.WAITING, "handed off: like")
        assert waiting.pending == "on pricey.example.com: like · H when it is done there"
        assert item.id in await shown(desk)
        await desk.later(DAY)
        assert await desk.store.outbox.handed_off(desk.account.id) == [handed.row]
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        await desk.engine.acts.done_there(handed.row)
        assert TriageChanged(desk.account.id, frozenset({item.id})) in heard
        assert (await again(desk, item)).state is TriageState.OPEN
        assert likes(desk) == before
        with pytest.raises(NotAllowed, match="not waiting"):
            await desk.engine.acts.done_there(handed.row)
        undone = await desk.engine.acts.undo()
        assert undone.items == (item.id,)
        assert [row.id for row in await desk.store.outbox.handed_off()] == [handed.row.id]
        assert (await again(desk, item)).state is TriageState.WAITING


async def test_a_text_is_handed_off_after_a_refusal_and_is_never_lost(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        item = await first_item(desk)
        body = {"error": "InvalidRequest", "message": "Reply to this conversation is not allowed"}
        desk.world.faults.add("com.atproto.repo.putRecord", times=1, kind="status", status=400, body=body)
        act = act_on(ActKind.REPLY, item, text="a good answer")
        await desk.engine.acts.send(act, item)
        await desk.later(11)
        draft = await desk.store.drafts.get(desk.account.id, item.id)
        assert draft is not None
        handed = await desk.engine.acts.hand_off(act, item, draft=draft)
        assert await desk.store.drafts.all() == []
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        assert undone.draft.text == "a good answer"
        assert (await desk.store.drafts.get(desk.account.id, item.id)).text == "a good answer"
        assert (await again(desk, item)).state is TriageState.OPEN
        handed = await desk.engine.acts.hand_off(act, item, draft=undone.draft)
        await desk.engine.acts.done_there(handed.row)
        done = await again(desk, item)
        assert (done.state, done.how) == (TriageState.DONE, "answered")
        assert item.id not in await shown(desk)


async def test_after_three_days_the_item_is_open_again(tmp_path: Path) -> None:
    async with priced_desk(tmp_path, polls=RARELY) as (desk, _):
        item = await first_item(desk)
        await desk.engine.acts.hand_off(act_on(ActKind.QUOTE, item, text="look"), item)
        await desk.later(3 * DAY - 60)
        assert (await again(desk, item)).state is TriageState.WAITING
        await desk.later(120)
        assert (await again(desk, item)).state is TriageState.OPEN


async def test_a_block_hides_when_it_has_been_done_there(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        item = await first_item(desk)
        handed = await desk.engine.acts.hand_off(act_on(ActKind.BLOCK, item), item)
        assert handed.url == "https://pricey.example.com/usual"
        assert item.id in await shown(desk)
        await desk.engine.acts.done_there(handed.row)
        assert item.id not in await shown(desk)
        await desk.engine.acts.undo()
        assert item.id in await shown(desk)


async def test_without_a_page_nothing_is_handed_off(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await first_item(desk)
        with pytest.raises(NotAllowed, match="has no page for this"):
            await desk.engine.acts.hand_off(act_on(ActKind.LIKE, item), item)


async def test_after_a_restart_z_takes_a_hand_off_back(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        item = await first_item(desk)
        handed = await desk.engine.acts.hand_off(act_on(ActKind.REPLY, item, text="later"), item)
    async with priced_desk(tmp_path) as (desk, _):
        assert [row.id for row in await desk.store.outbox.handed_off()] == [handed.row.id]
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        assert undone.draft.text == "later"
        assert (await again(desk, item)).state is TriageState.OPEN
        again_handed = await desk.engine.acts.hand_off(act_on(ActKind.REPLY, item, text="later"), item)
        await desk.engine.acts.done_there(again_handed.row)
    async with priced_desk(tmp_path) as (desk, _):
        assert (await desk.engine.acts.undo()).items == (item.id,)
        assert (await again(desk, item)).state is TriageState.WAITING


# -- acting as another ----------------------------------------------------------------------------------------


async def second_account(desk: Desk) -> Account:
    """Another person of the world whom the desk is logged in as."""
    person = next(one for one in desk.world.people.by_did.values() if one.did != desk.account.user_id)
    more = {"transport": AsgiTransport(face(desk.world)), "clock": desk.clock.now}
    login = await log_in(SERVER, person.handle, person.password, **more)
    place = MemoryPlace(login.secret)
    network = Priced(login.account, place, sleep=desk.clock.pause, **more)
    desk.engine._accounts = (*desk.engine._accounts, login.account)
    desk.engine.networks[login.account.id] = network
    return login.account


async def test_the_item_moves_whichever_account_acts(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, started=False) as desk:
        other = await second_account(desk)
        await desk.engine.start()
        item = await first_item(desk)
        assert desk.engine.reachable(item) == desk.engine.reachable(item.post) == (desk.account, other)
        post = await desk.engine.here(other.id, item.post)
        theirs = replace(item, post=post)
        act = act_on(ActKind.REPOST, theirs, account=other.id)
        row = await desk.engine.acts.send(act, theirs)
        assert (row.act.account, row.item_account) == (other.id, desk.account.id)
        await desk.later(11)
        done = await again(desk, item)
        assert (done.state, done.how) == (TriageState.DONE, "reposted")
        assert (await desk.store.triage.state(other.id, item.id)).state is TriageState.OPEN
        assert desk.world.records.repos[other.user_id]["app.bsky.feed.repost"]
        undone = await desk.engine.acts.undo()
        assert (undone.account, undone.items) == (desk.account.id, (item.id,))
        await desk.later(1)
        assert (await again(desk, item)).state is TriageState.OPEN


@pytest.mark.parametrize(
    "wrong",
    [
        {"target": PostRef("social.example.com", "1")},
        {"target": PostRef("x", "1")},
        {"root": PostRef("social.example.com:8080", "1")},
        {"person": Identity("mastodon", "1", "ada@social.example.com")},
    ],
)
async def test_an_act_on_another_network_is_impossible(tmp_path: Path, wrong: dict[str, object]) -> None:
    async with sandbox_desk(tmp_path) as desk:
        act = Act(ActKind.REPLY, desk.account.id, text="to the wrong place")
        for give in (desk.engine.acts.send, desk.engine.acts.hand_off):
            with pytest.raises(NotAllowed, match="cannot reach this: nothing was sent"):
                await give(replace(act, **wrong), None)
        assert await desk.store.outbox.rows() == []


async def test_a_post_of_another_network_is_not_looked_for(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await first_item(desk)
        author = replace(item.post.author, network="mastodon")
        post = replace(item.post, author=author)
        assert desk.engine.reachable(post) == ()
        with pytest.raises(NotAllowed, match="own network"):
            await desk.engine.here(desk.account.id, post)


async def test_lists_are_asked_for(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        lists = await desk.engine.lists(desk.account.id)
        assert all(one.id and one.title for one in lists)
        assert len(lists) >= 1


# -- single kinds of act --------------------------------------------------------------------------------------


async def test_a_mute_ends_by_itself(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await first_item(desk)
        await desk.engine.acts.send(replace(act_on(ActKind.MUTE, item), seconds=3600), item)
        await desk.later(1)
        await desk.store.triage.apply(desk.account.id, [item.id], Move.REOPEN, now=desk.clock.now())
        assert item.id not in await shown(desk)
        await desk.later(3590)
        assert item.id not in await shown(desk)
        await desk.later(60)
        assert item.id in await shown(desk)


async def test_a_refused_mute_hides_nobody(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await first_item(desk)
        body = {"error": "InvalidRequest", "message": "no"}
        desk.world.faults.add("app.bsky.graph.muteActor", times=1, kind="status", status=400, body=body)
        await desk.engine.acts.send(act_on(ActKind.MUTE, item), item)
        await desk.later(1)
        assert item.id in await shown(desk)


@pytest.mark.parametrize(
    ("kind", "state", "how"),
    [
        (ActKind.BOOKMARK, TriageState.OPEN, ""),
        (ActKind.LIKE, TriageState.OPEN, ""),
        (ActKind.FOLLOW, TriageState.OPEN, ""),
        (ActKind.REPORT, TriageState.DONE, "reported"),
    ],
)
async def test_what_an_act_leaves_behind(tmp_path: Path, kind: ActKind, state: TriageState, how: str) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        item = await first_item(desk)
        text = "selling things" if kind is ActKind.REPORT else ""
        row = await desk.engine.acts.send(act_on(kind, item, text=text), item)
        await desk.later(1)
        sent = await desk.store.outbox.row(row.id)
        assert sent is not None
        assert (sent.state, sent.act.text) == (OutboxState.SENT, text)
        after = await again(desk, item)
        assert (after.state, after.how) == (state, how)


async def test_a_draft_of_a_hand_off_is_gone_with_it(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        item = await first_item(desk)
        act = act_on(ActKind.QUOTE, item, text="look")
        draft = Draft(desk.account.id, f"quote {item.id}", act, "look", desk.clock.now())
        await desk.store.drafts.save(draft)
        handed = await desk.engine.acts.hand_off(act, item, draft=draft)
        assert await desk.store.drafts.all() == []
        await desk.engine.acts.take_back(handed.row)
        assert [one.item for one in await desk.store.drafts.all()] == [f"quote {item.id}"]


async def test_a_thread_is_not_handed_off(tmp_path: Path) -> None:
    async with priced_desk(tmp_path) as (desk, _):
        act = Act(ActKind.POST, desk.account.id, text="one", more=(Part("two"),))
        with pytest.raises(NotAllowed, match="one post at a time"):
            await desk.engine.acts.hand_off(act, None)
        assert await desk.store.outbox.rows() == []
