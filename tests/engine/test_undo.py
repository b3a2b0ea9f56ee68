"""Undo: act after act, in the order in which they were done, also those of days before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import Act, ActKind, OutboxState, Part
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.acts import act_on
from tweetdesk.engine.undoing import NotAllowed, Sent


async def mentions(desk: Desk) -> list[Item]:
    """The open mentions, oldest first."""
    source = desk.source("mentions")
    if source not in desk.engine.statuses():
        await desk.watch(source)
    return [item for item in await desk.items(source) if item.state is TriageState.OPEN]


async def states(desk: Desk, items: list[Item]) -> list[TriageState]:
    return [(await desk.store.triage.state(item.account, item.id)).state for item in items]


async def finish(desk: Desk, items: list[Item]) -> None:
    await desk.engine.acts.decide(items, Move.FINISH, words="followed up")


async def test_decisions_come_back_one_after_the_other_also_after_a_restart(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        items = (await mentions(desk))[:4]
        await finish(desk, items[:1])
        await finish(desk, items[1:3])
    async with sandbox_desk(tmp_path) as desk:
        await finish(desk, items[3:])
        acts = desk.engine.acts
        assert (await acts.undo()).words == "followed up taken back"
        assert await states(desk, items) == ["done", "done", "done", "open"]
        undone = await acts.undo()
        assert (undone.words, set(undone.items)) == (
            "followed up taken back for 2",
            {one.id for one in items[1:3]},
        )
        assert (await acts.undo()).items == (items[0].id,)
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await acts.undo()
        assert await states(desk, items) == ["open"] * 4


async def test_a_sent_act_gets_its_opposite_and_what_was_before_is_next(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        items = (await mentions(desk))[:2]
        acts = desk.engine.acts
        await finish(desk, items[:1])
        for kind in (ActKind.LIKE, ActKind.REPOST, ActKind.FOLLOW, ActKind.BOOKMARK):
            await acts.send(act_on(kind, items[1]), items[1])
            await desk.engine.idle()
        for words in ("Bookmark", "Follow", "Repost", "Like"):
            assert (await acts.undo()).words == f"{words} is being taken back"
            await desk.engine.idle()
        assert (await acts.undo()).words == "followed up taken back"
        kinds = [row.act.kind for row in await desk.store.outbox.rows(4)]
        assert kinds == [ActKind.UNLIKE, ActKind.UNREPOST, ActKind.UNFOLLOW, ActKind.UNBOOKMARK]
        assert await states(desk, items) == ["open", "open"]
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await acts.undo()


async def test_what_was_taken_back_can_be_had_again(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        item = (await mentions(desk))[0]
        acts = desk.engine.acts
        liked = await acts.send(act_on(ActKind.LIKE, item), item)
        await desk.engine.idle()
        record = (await desk.store.outbox.row(liked.id)).result
        await acts.send(act_on(ActKind.UNLIKE, item, record=record), None)
        await desk.engine.idle()
        assert (await acts.undo()).words == "Undo like is being taken back"
        await desk.engine.idle()
        row = (await desk.store.outbox.rows(1))[0]
        assert (row.act.kind, row.state) == (ActKind.LIKE, OutboxState.SENT)


async def test_a_sent_text_is_deleted_only_when_asked(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        items = (await mentions(desk))[:2]
        acts = desk.engine.acts
        await finish(desk, items[:1])
        await acts.send(act_on(ActKind.REPLY, items[1], text="too hasty"), items[1])
        await desk.engine.idle()
        with pytest.raises(Sent) as raised:
            await acts.undo()
        assert [row.act.kind for row in await desk.store.outbox.rows(5)] == [ActKind.REPLY]
        undone = await acts.delete_sent(raised.value.row)
        await desk.engine.idle()
        assert undone.draft is not None
        assert undone.draft.text == "too hasty"
        assert (await desk.store.drafts.get(desk.account.id, items[1].id)).text == "too hasty"
        assert [row.act.kind for row in await desk.store.outbox.rows(5)] == [ActKind.DELETE, ActKind.REPLY]
        assert [row.state for row in await desk.store.outbox.rows(5)] == [OutboxState.SENT] * 2
        assert (await acts.undo()).words == "followed up taken back"
        assert await states(desk, items) == ["open", "open"]


async def test_what_cannot_be_taken_back_does_not_stand_in_the_way(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        items = (await mentions(desk))[:3]
        await finish(desk, items[:1])
        for item in items[1:]:
            await desk.engine.acts.send(act_on(ActKind.REPLY, item, text="sent"), item)
            await desk.engine.idle()
        acts = desk.engine.acts
        for _ in items[1:]:
            with pytest.raises(Sent):
                await acts.undo()
        assert (await acts.undo()).words == "followed up taken back"


async def test_a_new_post_is_taken_back_after_a_restart_too(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=60) as desk:
        items = (await mentions(desk))[:1]
        await finish(desk, items)
        desk.clock.jump(desk.clock.now().replace(minute=1))
        await desk.engine.acts.send(Act(ActKind.POST, desk.account.id, text="half an idea"), None)
        moment = desk.clock.now()
    async with sandbox_desk(tmp_path, hold_seconds=60, started=False) as desk:
        desk.clock.jump(moment)
        undone = await desk.engine.acts.undo()
        assert undone.draft is not None
        assert undone.draft.text == "half an idea"
        assert undone.words == "Post taken back, nothing was sent; the text is in the composer"
        assert (await desk.engine.acts.undo()).items == items[0].ids
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await desk.engine.acts.undo()


async def test_a_decision_that_was_changed_since_is_left(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as desk:
        (item,) = (await mentions(desk))[:1]
        acts = desk.engine.acts
        await finish(desk, [item])
        await desk.store.triage.apply(
            item.account, item.ids, Move.ACTIVITY, act="they answered", now=desk.clock.now()
        )
        with pytest.raises(NotAllowed, match="changed again since"):
            await acts.undo()
        with pytest.raises(NotAllowed, match="nothing to take back"):
            await acts.undo()


async def test_a_block_is_left_by_its_opposite_only(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        (item,) = (await mentions(desk))[:1]
        acts = desk.engine.acts
        await acts.send(act_on(ActKind.BLOCK, item), item)
        await desk.engine.idle()
        for move in (Move.REOPEN, Move.SNOOZE, Move.WAIT):
            decided = await acts.decide([item], move, words="x", until=desk.clock.now().replace(year=2030))
            assert decided.done == 0
        assert await states(desk, [item]) == ["done"]
        await acts.undo()
        await desk.engine.idle()
        assert await states(desk, [item]) == ["open"]


async def test_a_thread_comes_back_whole(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path, hold_seconds=0) as desk:
        (item,) = (await mentions(desk))[:1]
        acts = desk.engine.acts
        draft = act_on(ActKind.REPLY, item, text="one")
        await acts.send(replace(draft, more=(Part("two"), Part("three"))), item)
        await desk.engine.idle()
        assert [row.state for row in await desk.store.outbox.rows(5)] == [OutboxState.SENT] * 3
        with pytest.raises(Sent) as raised:
            await acts.undo()
        undone = await acts.delete_sent(raised.value.row)
        await desk.engine.idle()
        assert undone.draft is not None
        assert (undone.draft.text, [part.text for part in undone.draft.act.more]) == ("one", ["two", "three"])
        deleted = [row.act.record for row in await desk.store.outbox.rows(3)]
        sent = [row.result for row in await desk.store.outbox.rows(6)][3:]
        assert deleted == sent[::-1]
        assert await states(desk, [item]) == ["open"]
