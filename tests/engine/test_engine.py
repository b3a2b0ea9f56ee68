"""The engine on the sandbox: fetching, sending, taking back, and every kind of trouble on the line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.events import Event, Notice, SourceState, TriageChanged
from tweetdesk.domain.outbox import Act, ActKind, OutboxState
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.sandbox.records import Record


def others(desk: Desk) -> list[str]:
    """The handles of everybody else."""
    return [handle for handle in desk.world.people.by_handle if handle != desk.account.handle]


def records(desk: Desk, collection: str) -> list[Record]:
    """Everything that anybody has of a kind of record."""
    repos = desk.world.records.repos.values()
    return [record for repo in repos for record in repo.get(collection, {}).values()]


async def mention(desk: Desk, text: str = "a question") -> str:
    """Somebody mentions us, and the desk has fetched it; the id of the item."""
    author = others(desk)[0]
    uri = desk.world.post(author, f"@{desk.world.account.handle} {text}")
    source = desk.source("mentions")
    await (desk.fetch(source) if source in desk.engine.statuses() else desk.watch(source))
    return f"bluesky {uri}"


async def item_of(desk: Desk, item_id: str):
    """An item of the account."""
    item = await desk.store.posts.item(desk.account.id, item_id)
    assert item is not None
    return item


def thread_texts(desk: Desk, item_id: str) -> list[str]:
    """What was answered to a post, as the world has it."""
    uri = item_id.removeprefix("bluesky ")
    posts = records(desk, "app.bsky.feed.post")
    return [
        record.value["text"]
        for record in posts
        if record.value.get("reply", {}).get("parent", {}).get("uri") == uri
    ]


async def test_a_mention_arrives_once(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await mention(desk)
        source = desk.source("mentions")
        await desk.fetch(source)
        ids = [one.id for one in await desk.items(source)]
        assert ids.count(item) == 1
        assert desk.engine.statuses()[source].state is SourceState.FRESH


async def test_it_polls_by_itself(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await mention(desk)
        author = others(desk)[0]
        uri = desk.world.post(author, f"@{desk.world.account.handle} one more")
        await desk.later(30)
        assert f"bluesky {uri}" in [one.id for one in await desk.items(desk.source("mentions"))]


async def test_an_answer_is_held_then_sent_once(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        row = await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="gladly"), item)
        await desk.later(5)
        assert thread_texts(desk, item.id) == []
        assert (await item_of(desk, item.id)).state is TriageState.ANSWERING
        await desk.later(6)
        assert thread_texts(desk, item.id) == ["gladly"]
        assert (await desk.store.outbox.row(row.id)).state is OutboxState.SENT
        done = await item_of(desk, item.id)
        assert (done.state, done.how) == (TriageState.DONE, "answered")


async def test_a_held_answer_is_taken_back_into_the_composer(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="too hasty"), item)
        undone = await desk.engine.acts.undo()
        await desk.later(60)
        assert thread_texts(desk, item.id) == []
        assert undone.draft is not None
        assert undone.draft.text == "too hasty"
        assert (await desk.store.drafts.get(desk.account.id, item.id)).text == "too hasty"
        assert (await item_of(desk, item.id)).state is TriageState.OPEN


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "broken_json", "html"])
async def test_a_lost_answer_is_settled_not_doubled(tmp_path: Path, fault: str) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        desk.world.faults.add("com.atproto.repo.putRecord", times=1, kind=fault)
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="just once"), item)
        for _ in range(8):
            await desk.later(30)
        assert thread_texts(desk, item.id) == ["just once"]
        assert await desk.store.outbox.pending_count() == 0


async def test_while_the_line_is_dead_it_is_queued_and_goes_once(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        desk.world.faults.add("*", times=40, kind="drop_before")
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="patience"), item)
        await desk.later(60)
        assert thread_texts(desk, item.id) == []
        assert await desk.store.outbox.pending_count() == 1
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.OFFLINE
        desk.world.faults.clear()
        for _ in range(6):
            await desk.later(300)
        assert thread_texts(desk, item.id) == ["patience"]
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.FRESH


async def test_what_waits_for_a_dead_line_can_still_be_taken_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        desk.world.faults.add("com.atproto.repo.putRecord", times=-1, kind="rate_limit")
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="on second thought"), item)
        await desk.later(11)
        (row,) = await desk.store.outbox.rows(5)
        assert row.state is OutboxState.QUEUED
        assert row.attempts > 0
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        desk.world.faults.clear()
        for _ in range(4):
            await desk.later(600)
        assert thread_texts(desk, item.id) == []


async def test_a_refused_act_does_not_stand_in_the_way_of_the_next_undo(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        await desk.engine.acts.decide([item], Move.FINISH, words="followed up")
        body = {"error": "InvalidRequest", "message": "no"}
        desk.world.faults.add("com.atproto.repo.putRecord", times=1, kind="status", status=400, body=body)
        await desk.engine.acts.send(act_on(ActKind.LIKE, item), item)
        await desk.later(11)
        with pytest.raises(NotAllowed, match="refused"):
            await desk.engine.acts.undo()
        assert (await desk.engine.acts.undo()).items == (item.id,)


async def test_a_refused_answer_comes_back_as_a_draft(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        item = await item_of(desk, await mention(desk))
        body = {"error": "InvalidRequest", "message": "Record/text must not be naughty"}
        desk.world.faults.add("com.atproto.repo.putRecord", times=1, kind="status", status=400, body=body)
        row = await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="refuse me"), item)
        await desk.later(11)
        assert (await desk.store.outbox.row(row.id)).state is OutboxState.REFUSED
        assert (await desk.store.drafts.get(desk.account.id, item.id)).text == "refuse me"
        assert (await item_of(desk, item.id)).state is TriageState.OPEN
        assert any("kept as a draft" in event.text for event in heard if isinstance(event, Notice))


async def test_a_repost_is_undone_on_the_network(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        await desk.engine.acts.send(act_on(ActKind.REPOST, item), item)
        await desk.later(11)
        reposts = records(desk, "app.bsky.feed.repost")
        ours = [one for one in reposts if one.value["subject"]["uri"] == item.post.ref.id]
        assert len(ours) == 1
        await desk.engine.acts.undo()
        await desk.later(1)
        reposts = records(desk, "app.bsky.feed.repost")
        assert not [one for one in reposts if one.value["subject"]["uri"] == item.post.ref.id]
        assert (await item_of(desk, item.id)).state is TriageState.OPEN


async def test_a_block_hides_and_an_undo_brings_back(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        source = desk.source("mentions")
        await desk.engine.acts.send(act_on(ActKind.BLOCK, item), item)
        await desk.later(1)
        assert [one for one in records(desk, "app.bsky.graph.block") if one.did == desk.account.user_id]
        assert item.id not in [one.id for one in await desk.items(source)]
        await desk.engine.acts.undo()
        await desk.later(1)
        assert not [one for one in records(desk, "app.bsky.graph.block") if one.did == desk.account.user_id]
        assert item.id in [one.id for one in await desk.items(source)]


async def test_a_snooze_comes_back_in_time(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        until = desk.clock.now() + timedelta(hours=2)
        await desk.engine.acts.decide([item], Move.SNOOZE, words="snoozed", until=until)
        await desk.later(3600)
        assert item.id not in [one.id for one in await desk.items(desk.source("mentions"))]
        await desk.later(3700)
        assert item.id in [one.id for one in await desk.items(desk.source("mentions"))]


async def test_undo_goes_back_act_by_act_and_after_a_restart(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        await desk.engine.acts.decide([item], Move.FINISH, words="followed up")
        assert (await item_of(desk, item.id)).how == "followed up"
    async with sandbox_desk(tmp_path) as desk:
        undone = await desk.engine.acts.undo()
        assert undone.items == (item.id,)
        assert (await item_of(desk, item.id)).state is TriageState.OPEN
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await desk.engine.acts.undo()


async def test_what_was_held_goes_out_after_a_restart(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="after the night"), None)
        world = desk.world
    async with sandbox_desk(tmp_path) as desk:
        assert await desk.store.outbox.pending_count() == 1
        await desk.later(60)
        row = (await desk.store.outbox.rows(1))[0]
        assert row.state is OutboxState.SENT
    assert world is not desk.world


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        ({"kind": "rate_limit"}, SourceState.LIMITED),
        ({"kind": "drop_before", "times": 5}, SourceState.OFFLINE),
        ({"kind": "html"}, SourceState.BROKEN),
        ({"kind": "broken_json"}, SourceState.BROKEN),
        ({"kind": "status", "status": 500, "body": {"error": "InternalServerError"}}, SourceState.BROKEN),
    ],
)
async def test_trouble_is_told_in_words_and_ends(tmp_path: Path, fault: dict, state: SourceState) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await mention(desk)
        source = desk.source("mentions")
        desk.world.faults.add("app.bsky.notification.listNotifications", **{"times": 1, **fault})
        await desk.fetch(source)
        status = desk.engine.statuses()[source]
        assert status.state is state
        assert status.why.endswith((".", ")"))
        assert status.until is None or status.until > desk.clock.now()
        desk.world.faults.clear()
        await desk.later(3600)
        assert desk.engine.statuses()[source].state is SourceState.FRESH


async def test_one_broken_post_does_not_hide_the_others(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.world.faults.add("app.bsky.notification.listNotifications", times=1, kind="missing_fields")
        source = desk.source("mentions")
        await desk.watch(source)
        assert len(await desk.items(source)) > 3
        assert "could not be read" in desk.engine.statuses()[source].why


async def test_an_expired_token_is_renewed_unseen(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        await mention(desk)
        await desk.later(3 * 3600)
        item = await mention(desk, "after the token ran out")
        assert item in [one.id for one in await desk.items(desk.source("mentions"))]
        assert desk.engine.statuses()[desk.source("mentions")].state is SourceState.FRESH


async def test_too_long_a_text_says_by_how_much(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await item_of(desk, await mention(desk))
        with pytest.raises(NotAllowed, match="12 too long"):
            await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="x" * 312), item)
        assert await desk.store.outbox.rows(5) == []


async def test_a_message_reopens_its_conversation(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        source = desk.source("messages")
        await desk.watch(source)
        item = (await desk.items(source))[-1]
        await desk.engine.acts.decide([item], Move.FINISH, words="followed up")
        assert item.id not in [one.id for one in await desk.items(source)]
        other = next(one.author.handle for one in item.messages if one.author.id != desk.account.user_id)
        desk.world.message(other, "one more thing")
        await desk.fetch(source)
        again = [one for one in await desk.items(source) if one.id == item.id]
        assert again
        assert again[0].messages[-1].text == "one more thing"


async def test_people_to_help_come_with_reasons_and_leave_when_answered(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        person = others(desk)[0]
        uri = desk.world.post(person, "Does anyone know a good book about sqlite internals?")
        search, helping = desk.source("search", "sqlite"), desk.source("helping")
        await desk.watch(search, helping)
        found = {one.id: one for one in await desk.items(helping)}
        item = found[f"bluesky {uri}"]
        assert any(why.startswith("asks") for why in item.why)
        assert "no answers yet" in item.why
        await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="the official file format page"), item)
        await desk.later(11)
        assert f"bluesky {uri}" not in [one.id for one in await desk.items(helping)]


async def test_another_persons_answer_is_taken_into_the_reasons(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        asker, other = others(desk)[:2]
        uri = desk.world.post(asker, "Does anyone know a good book about sqlite internals?")
        search, helping = desk.source("search", "sqlite"), desk.source("helping")
        await desk.watch(search, helping)
        desk.world.post(other, "this one!", reply_to=uri)
        await desk.fetch(helping)
        (item,) = [one for one in await desk.items(helping) if one.id == f"bluesky {uri}"]
        assert "1 answer so far" in item.why


async def test_what_was_answered_elsewhere_does_not_wait_here(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        item = await mention(desk)
        heard: list[Event] = []
        desk.engine.bus.subscribe(heard.append)
        desk.world.post(desk.account.handle, "answered on the phone", reply_to=item.removeprefix("bluesky "))
        await desk.watch(desk.source("mentions"), desk.source("person", desk.account.user_id))
        done = await item_of(desk, item)
        assert (done.state, done.how) == (TriageState.DONE, "answered")
        assert any(item in event.items for event in heard if isinstance(event, TriageChanged))
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await desk.engine.acts.undo()


async def test_a_search_leaves_out_what_we_wrote_ourselves(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        desk.world.post(desk.account.handle, "my own words about quokkas")
        theirs = desk.world.post(others(desk)[0], "quokkas again")
        source = desk.source("search", "quokkas")
        await desk.watch(source)
        assert [one.id for one in await desk.items(source)] == [f"bluesky {theirs}"]
