"""The outbox: one transaction in, order kept, taken back, refused, doubtful; and drafts, which are never lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    IN_MENTIONS,
    MENTIONS,
    SECOND,
    arrivals,
    at,
    opened,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.domain.people import Touch
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.store import Store

ME = ACCOUNT.id
POST = post("a")
ITEM = str(POST.ref)
REPLY = reply_to(POST)
REPOST = Act(ActKind.REPOST, ME, target=POST.ref, person=ADA)


async def put(store: Store, act: Act = REPLY, item: str = ITEM, held: float = 10) -> OutboxRow:
    """Put an act into the outbox at minute 0, held for so many minutes."""
    move = Move.ANSWER if act.kind.writes_text else Move.FINISH
    words = "replied" if act.kind.writes_text else "reposted"
    return await store.outbox.put(
        act, item, material="{}", held_until=at(held), draft=Draft(ME, item, act, "x", at(0)), move=move,
        act_words=words, now=at(0),
    )  # fmt: skip


async def sending(store: Store, row: OutboxRow) -> OutboxRow:
    """Let the time come, and begin to send."""
    await store.outbox.ready(row.not_before)
    begun = await store.outbox.begin_sending(row.id, '{"key": 1}', at(11))
    assert begun is not None
    return begun


async def test_one_transaction_row_draft_state_and_log(store: Store) -> None:
    await store.posts.ingest(MENTIONS, arrivals(POST), cursor="", now=at(0))
    await store.drafts.save(Draft(ME, ITEM, reply_to(POST), "an answer", at(0)))
    row = await put(store)
    assert row == OutboxRow(
        row.id, reply_to(POST), ITEM, OutboxState.HELD, at(0), at(10), "{}", item_account=ME, items=(ITEM,)
    )
    assert await store.outbox.row(row.id) == row
    assert await store.outbox.row(99) is None
    assert await store.drafts.all() == []
    assert await store.triage.state(ME, ITEM) == Triage(TriageState.ANSWERING, None, "replied")
    [line] = await store.triage.log(ME, ITEM)
    assert line.outbox == row.id
    item = (await store.posts.items(IN_MENTIONS, [(ME, ITEM)]))[ME, ITEM]
    assert (item.state, item.pending) == (TriageState.ANSWERING, "reply held")


async def test_the_whole_way(store: Store) -> None:
    row = await put(store)
    assert await store.outbox.ready(at(9)) == []
    assert await store.outbox.next_due() == at(10)
    [ready] = await store.outbox.ready(at(10))
    assert ready == replace(row, state=OutboxState.QUEUED)
    begun = await sending(store, row)
    assert (begun.state, begun.material) == (OutboxState.SENDING, '{"key": 1}')
    assert await store.outbox.ready(at(99)) == []
    assert await store.outbox.take_back(row.id, at(12)) is None
    assert await store.outbox.pending_count() == await store.outbox.pending_count(ME) == 1
    assert await store.outbox.pending_count(SECOND.id) == 0
    done = await store.outbox.sent(row.id, "at://mine", at(12))
    assert (done.state, done.result) == (OutboxState.SENT, "at://mine")
    assert await store.triage.state(ME, ITEM) == Triage(TriageState.DONE, None, "replied")
    assert await store.people.touches("bluesky", ADA.id) == [Touch(at(12), "ours", "reply", ITEM, "an answer")]
    assert await store.outbox.pending_count() == 0
    assert await store.outbox.next_due() is None
    # Being told twice changes nothing.
    assert await store.outbox.sent(row.id, "at://other", at(13)) == done
    assert await store.outbox.refused(row.id, "late", at(13)) == done


async def test_taken_back_while_held_or_queued(store: Store) -> None:
    for ready in (False, True):
        row = await put(store)
        if ready:
            await store.outbox.ready(at(10))
        back = await store.outbox.take_back(row.id, at(11))
        assert back is not None
        assert back.state is OutboxState.TAKEN_BACK
        draft = await store.drafts.get(ME, ITEM)
        assert draft == Draft(ME, ITEM, reply_to(POST), "an answer", at(11))
        assert await store.triage.state(ME, ITEM) == Triage()
        assert await store.outbox.begin_sending(row.id, "{}", at(12)) is None
        assert await store.outbox.take_back(row.id, at(12)) is None
    assert await store.outbox.ready(at(99)) == []


async def test_a_text_given_back_joins_what_was_written_since(store: Store) -> None:
    row = await put(store)
    await store.drafts.save(Draft(ME, ITEM, reply_to(POST), "something newer", at(1)))
    await store.outbox.take_back(row.id, at(2))
    draft = await store.drafts.get(ME, ITEM)
    assert draft is not None
    assert draft.text == "an answer\n\nsomething newer"


async def test_a_repost_taken_back_puts_the_item_where_it_was(store: Store) -> None:
    await store.triage.apply(ME, [ITEM], Move.SNOOZE, until=at(500), now=at(0))
    row = await put(store, REPOST)
    assert (await store.triage.state(ME, ITEM)).how == "reposted"
    await store.outbox.take_back(row.id, at(1))
    assert await store.triage.state(ME, ITEM) == Triage(TriageState.SNOOZED, at(500))
    assert await store.drafts.all() == []


async def test_refused_keeps_the_text_and_opens_the_item(store: Store) -> None:
    row = await sending(store, await put(store))
    refused = await store.outbox.refused(row.id, "too long", at(12))
    assert (refused.state, refused.why) == (OutboxState.REFUSED, "too long")
    draft = await store.drafts.get(ME, ITEM)
    assert draft is not None
    assert draft.text == "an answer"
    assert await store.triage.state(ME, ITEM) == Triage()
    repost = await sending(store, await put(store, REPOST))
    await store.outbox.refused(repost.id, "gone", at(12))
    assert await store.triage.state(ME, ITEM) == Triage()


async def test_again_later(store: Store) -> None:
    row = await sending(store, await put(store))
    queued = await store.outbox.again(row.id, at(30), "offline", at(12))
    assert (queued.state, queued.attempts, queued.why) == (OutboxState.QUEUED, 1, "offline")
    assert await store.outbox.ready(at(29)) == []
    assert [one.id for one in await store.outbox.ready(at(30))] == [row.id]
    assert await store.outbox.begin_sending(row.id, "", at(31)) is not None
    assert await store.outbox.take_back(row.id, at(32)) is None


async def test_what_is_queued_again_can_be_taken_back(store: Store) -> None:
    row = await sending(store, await put(store))
    await store.outbox.again(row.id, at(30), "offline", at(12))
    assert await store.outbox.take_back(row.id, at(29)) is not None
    assert await store.outbox.ready(at(31)) == []
    assert (await store.drafts.all())[0].text == "an answer"


async def test_doubt(store: Store) -> None:
    row = await sending(store, await put(store))
    assert await store.outbox.doubtful(at(12)) == await store.outbox.doubtful(at(12), ME) == [row]
    assert await store.outbox.doubtful(at(12), SECOND.id) == []
    later = await store.outbox.still_doubtful(row.id, at(20), "offline", at(12))
    assert (later.state, later.attempts) == (OutboxState.SENDING, 1)
    assert await store.outbox.doubtful(at(19)) == []
    assert await store.outbox.next_due(ME) == at(20)
    assert len(await store.outbox.doubtful(at(20))) == 1
    unsure = await store.outbox.unsure(row.id, "nobody knows", at(21))
    assert unsure.state is OutboxState.UNSURE
    assert (await store.triage.state(ME, ITEM)).state is TriageState.ANSWERING
    assert await store.outbox.next_due() is None
    await store.outbox.sent(row.id, "at://mine", at(22))
    assert (await store.triage.state(ME, ITEM)).state is TriageState.DONE


async def test_one_act_a_thread_in_order(store: Store) -> None:
    root = post("root")
    first = await put(store, replace(reply_to(POST), root=root.ref, text="1"))
    second = await put(store, replace(reply_to(post("b")), root=root.ref, text="2"), str(ref("b")))
    other = await put(store, reply_to(post("z", author=BOB)), str(ref("z")))
    assert [row.id for row in await store.outbox.ready(at(10))] == [first.id, other.id]
    await store.outbox.begin_sending(first.id, "{}", at(10))
    await store.outbox.again(first.id, at(60), "offline", at(10))
    assert [row.id for row in await store.outbox.ready(at(11))] == [other.id]
    await store.outbox.take_back(other.id, at(11))
    # What stands behind another act does not count as due.
    assert await store.outbox.next_due() == at(60)
    await store.outbox.refused(first.id, "gone", at(61))
    assert [row.id for row in await store.outbox.ready(at(62))] == [second.id]


async def test_conversations_and_accounts_have_lanes_of_their_own(store: Store) -> None:
    hello = Act(ActKind.MESSAGE, ME, conversation="c1", text="hello")
    rows = [
        await put(store, act, "")
        for act in (
            hello,
            replace(hello, text="again"),
            replace(hello, account=SECOND.id),
            replace(hello, conversation="c2"),
            Act(ActKind.POST, ME, text="one"),
            Act(ActKind.POST, ME, text="two"),
            Act(ActKind.FOLLOW, ME, person=ADA),
        )
    ]
    ready = [row.id for row in await store.outbox.ready(at(10))]
    assert ready == [rows[place].id for place in (0, 2, 3, 4, 6)]
    assert [row.id for row in await store.outbox.ready(at(10), SECOND.id)] == [rows[2].id]
    assert [row.id for row in await store.outbox.rows(2)] == [rows[6].id, rows[5].id]


async def test_two_answers_to_one_item(store: Store) -> None:
    first = await sending(store, await put(store))
    second = await put(store, replace(reply_to(POST), text="and another"))
    await store.outbox.sent(first.id, "1", at(12))
    assert (await store.triage.state(ME, ITEM)).state is TriageState.ANSWERING
    await store.outbox.take_back(second.id, at(13))
    assert (await store.triage.state(ME, ITEM)).state is TriageState.OPEN
    assert await store.triage.replay() == await store.triage.table()


async def test_what_stands_and_can_be_undone(store: Store) -> None:
    unrepost = replace(REPOST, kind=ActKind.UNREPOST, record="r1")
    assert await store.outbox.result_of(ActKind.REPOST, POST.ref) is None
    row = await put(store, REPOST, held=0)
    assert row.state is OutboxState.QUEUED
    assert await store.outbox.result_of(ActKind.REPOST, POST.ref) is None
    await store.outbox.sent(row.id, "r1", at(1))
    stands = await store.outbox.result_of(ActKind.REPOST, POST.ref, account=ME)
    assert stands is not None
    assert stands.result == "r1"
    assert await store.outbox.result_of(ActKind.REPOST, POST.ref, account=SECOND.id) is None
    undo = await put(store, unrepost, "", held=0)
    await store.outbox.sent(undo.id, "", at(2))
    assert await store.outbox.result_of(ActKind.REPOST, POST.ref) is None
    block = await put(store, Act(ActKind.BLOCK, ME, person=BOB), "", held=0)
    await store.outbox.sent(block.id, "b1", at(3))
    found = await store.outbox.result_of(ActKind.BLOCK, person=BOB.id)
    assert found is not None
    assert found.result == "b1"


@pytest.mark.parametrize("text", ["", "  \n "])
async def test_a_blank_draft_is_none(store: Store, text: str) -> None:
    await store.drafts.save(Draft(ME, "", Act(ActKind.POST, ME), "words", at(0)))
    await store.drafts.save(Draft(ME, "", Act(ActKind.POST, ME), text, at(1)))
    assert await store.drafts.get(ME, "") is None


async def test_drafts_are_there_after_a_restart(tmp_path: Path) -> None:
    odd = "nul \0, half \ud83d, \x1b[31m, 🎉\n"
    async with opened(tmp_path) as store:
        await store.drafts.save(Draft(ME, "", Act(ActKind.POST, ME), odd, at(1)))
        await store.drafts.save(Draft(ME, ITEM, reply_to(POST), "an answer", at(2)))
        await store.drafts.save(Draft(SECOND.id, ITEM, reply_to(POST), "another", at(0)))
    async with opened(tmp_path) as store:
        assert [draft.text for draft in await store.drafts.all()] == [
            "an answer",
            odd.replace("\ud83d", "\ufffd"),
            "another",
        ]
        await store.drafts.delete(ME, "")
        assert await store.drafts.get(ME, "") is None
