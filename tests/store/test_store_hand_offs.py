"""Acts that are handed off to the network's own page: kept, shown, done there, taken back; never sent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from storekit import ACCOUNT, ADA, IN_MENTIONS, MENTIONS, SECOND, arrivals, at, post, reply_to

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState
from tweetdesk.domain.people import Touch
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.reading import keys_query
from tweetdesk.store.store import Store

ME = ACCOUNT.id
POST = post("a")
ITEM = str(POST.ref)
REPLY = reply_to(POST)
LIKE = Act(ActKind.LIKE, ME, target=POST.ref, person=ADA)
PAGE = "https://www.x.example.com/intent/post?text=an%20answer"


async def hand_off(store: Store, act: Act = REPLY, *, minutes: float = 0, page: str = PAGE) -> OutboxRow:
    """Hand an act on the post off."""
    draft = Draft(act.account, ITEM, act, act.text, at(0)) if act.text else None
    return await store.outbox.hand_off(
        act, ITEM, page=page, until=at(60), draft=draft, item_account=ME, now=at(minutes)
    )


@pytest.fixture
async def shown(store: Store) -> Store:
    """A store with two mentions."""
    await store.posts.ingest(MENTIONS, arrivals(POST, post("b", minutes=1)), cursor="", now=at(1))
    return store


async def ids(store: Store, selection: Selection = IN_MENTIONS) -> list[str]:
    """What a column shows."""
    return [item for _, item, _ in await store.posts.item_keys(selection)]


async def pending(store: Store) -> str:
    """What the column says of our act on the post."""
    item = await store.posts.item(ME, ITEM)
    assert item is not None
    return item.pending


async def test_one_transaction_row_draft_state_and_log(shown: Store) -> None:
    await shown.drafts.save(Draft(ME, ITEM, REPLY, "an answer", at(0)))
    row = await hand_off(shown)
    assert (row.state, row.page, row.item, row.item_account) == (OutboxState.HANDED_OFF, PAGE, ITEM, ME)
    assert await shown.outbox.handed_off() == await shown.outbox.handed_off(ME) == [row]
    assert await shown.outbox.handed_off(SECOND.id) == []
    assert await shown.drafts.all() == []
    assert await shown.triage.state(ME, ITEM) == Triage(TriageState.WAITING, at(60), "handed off: reply")
    assert await shown.triage.replay() == await shown.triage.table()
    [[line]] = await shown.triage.last_undoable()
    assert (line.move, line.outbox) == (Move.HAND_OFF, row.id)


async def test_it_is_never_sent(shown: Store) -> None:
    row = await hand_off(shown)
    assert await shown.outbox.ready(at(10**6)) == await shown.outbox.doubtful(at(10**6)) == []
    assert await shown.outbox.begin_sending(row.id, "{}", at(1)) is None
    assert await shown.outbox.next_due() is None
    assert await shown.outbox.pending_count() == 0
    await shown.outbox.again(row.id, at(1), "", at(1))
    assert (await shown.outbox.refused(row.id, "no", at(1))).state is OutboxState.HANDED_OFF


async def test_it_stays_in_sight_until_it_is_done_there(shown: Store) -> None:
    row = await hand_off(shown)
    assert ITEM in await ids(shown)
    assert await pending(shown) == "on x.example.com: reply · H when it is done there"
    assert await shown.posts.counts([IN_MENTIONS]) == [1]
    done = await shown.outbox.done_there(row.id, "answered", at(5))
    assert done is not None
    assert done.state is OutboxState.SENT
    assert await shown.triage.state(ME, ITEM) == Triage(TriageState.DONE, None, "answered")
    assert ITEM not in await ids(shown)
    assert await pending(shown) == ""
    assert await shown.outbox.handed_off() == []
    touches = await shown.people.touches("bluesky", ADA.id)
    assert touches[0] == Touch(at(5), "ours", "reply", ITEM, "an answer")
    assert await shown.outbox.done_there(row.id, "answered", at(6)) is None


async def test_an_item_that_waits_for_an_answer_stays_out_of_sight(shown: Store) -> None:
    await shown.triage.apply(ME, [ITEM], Move.WAIT, until=at(60), now=at(2))
    assert ITEM not in await ids(shown)


async def test_what_finishes_nothing_leaves_the_item_as_it_was(shown: Store) -> None:
    for before in (Triage(), Triage(TriageState.DONE, None, "followed up")):
        if before.how:
            await shown.triage.apply(ME, [ITEM], Move.FINISH, act=before.how, now=at(1))
        row = await hand_off(shown, LIKE)
        assert (await shown.triage.state(ME, ITEM)).state is TriageState.WAITING
        await shown.outbox.done_there(row.id, "", at(5))
        assert await shown.triage.state(ME, ITEM) == before


async def test_taken_back_the_text_is_a_draft_and_the_item_as_before(shown: Store) -> None:
    row = await hand_off(shown)
    back = await shown.outbox.take_back(row.id, at(2))
    assert back is not None
    assert back.state is OutboxState.TAKEN_BACK
    assert await shown.triage.state(ME, ITEM) == Triage()
    draft = await shown.drafts.get(ME, ITEM)
    assert draft is not None
    assert draft.text == "an answer"
    assert await shown.outbox.handed_off() == []
    assert await shown.triage.replay() == await shown.triage.table()


@pytest.mark.parametrize(("act", "finished"), [(REPLY, "answered"), (LIKE, "")])
async def test_done_there_can_be_taken_back(shown: Store, act: Act, finished: str) -> None:
    row = await hand_off(shown, act)
    assert await shown.outbox.not_done_there(row.id, at(60), at(1)) is None
    await shown.outbox.done_there(row.id, finished, at(2))
    back = await shown.outbox.not_done_there(row.id, at(60), at(3))
    assert back is not None
    assert [one.id for one in await shown.outbox.handed_off()] == [row.id]
    state = await shown.triage.state(ME, ITEM)
    assert state == Triage(TriageState.WAITING, at(60), f"handed off: {act.kind}")
    await shown.outbox.take_back(row.id, at(4))
    assert await shown.triage.state(ME, ITEM) == Triage()


async def test_the_same_act_again_takes_the_place_of_the_one_before(shown: Store) -> None:
    first = await hand_off(shown)
    again = await hand_off(shown, replace(REPLY, text="better"), minutes=1, page=PAGE + "2")
    assert (again.id, again.act.text, again.page) == (first.id, "better", PAGE + "2")
    await shown.outbox.take_back(first.id, at(2))
    assert await shown.triage.state(ME, ITEM) == Triage()


async def test_after_three_days_it_is_open_again_and_can_be_handed_off_again(shown: Store) -> None:
    row = await hand_off(shown)
    assert await shown.triage.due(at(59)) == []
    assert [line.item for line in await shown.triage.due(at(61))] == [ITEM]
    assert await shown.triage.state(ME, ITEM) == Triage(how="handed off, no word of it for 1 hour")
    assert await pending(shown) == "on x.example.com: reply · H when it is done there"
    await hand_off(shown, minutes=62)
    assert (await shown.triage.state(ME, ITEM)).state is TriageState.WAITING
    await shown.outbox.done_there(row.id, "answered", at(63))
    assert (await shown.triage.state(ME, ITEM)).state is TriageState.DONE


async def test_an_answer_that_is_seen_on_the_network_settles_it(shown: Store) -> None:
    row = await hand_off(shown)
    like = await hand_off(shown, LIKE)
    ours = replace(post("mine", author=ACCOUNT.identity, minutes=9), reply_to=POST.ref)
    await shown.posts.ingest(Source(ME, "home"), arrivals(ours), cursor="", now=at(9))
    assert await shown.triage.state(ME, ITEM) == Triage(TriageState.DONE, None, "answered")
    settled = await shown.outbox.row(row.id)
    assert settled is not None
    assert settled.state is OutboxState.SENT
    assert [one.id for one in await shown.outbox.handed_off()] == [like.id]


async def test_without_an_item(shown: Store) -> None:
    act = Act(ActKind.POST, ME, text="news")
    row = await shown.outbox.hand_off(act, "", page=PAGE, until=at(60), now=at(0))
    again = await shown.outbox.hand_off(act, "", page=PAGE, until=at(60), now=at(1))
    assert (row.id, row.item, row.item_account) == (again.id, "", "")
    assert (await shown.outbox.done_there(row.id, "", at(2))) is not None


async def test_another_account_acts_and_the_item_of_the_first_moves(shown: Store) -> None:
    act = replace(REPLY, account=SECOND.id)
    row = await shown.outbox.put(
        act,
        ITEM,
        item_account=ME,
        material="{}",
        held_until=at(0),
        move=Move.ANSWER,
        act_words="answered",
        now=at(0),
    )
    assert (await shown.triage.state(ME, ITEM)).state is TriageState.ANSWERING
    assert await shown.triage.state(SECOND.id, ITEM) == Triage()
    assert await pending(shown) == "reply waiting to be sent"
    await shown.outbox.begin_sending(row.id, "{}", at(1))
    await shown.outbox.sent(row.id, "r", at(2))
    assert await shown.triage.state(ME, ITEM) == Triage(TriageState.DONE, None, "answered")
    assert await shown.triage.state(SECOND.id, ITEM) == Triage()
    handed = await hand_off(shown, act)
    await shown.outbox.take_back(handed.id, at(3))
    assert (await shown.triage.state(ME, ITEM)).state is TriageState.DONE
    draft = await shown.drafts.get(SECOND.id, ITEM)
    assert draft is not None
    assert draft.text == "an answer"


async def test_reads_stay_on_the_indexes(shown: Store) -> None:
    query, values = keys_query(IN_MENTIONS)
    plan = " ".join(str(row[3]) for row in await shown.database.read(f"EXPLAIN QUERY PLAN {query}", values))
    assert "memberships_order" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
    ask = "SELECT 1 FROM outbox o WHERE o.item_account = '' AND o.item = '' AND o.state IN ("
    for states, found in (("'held', 'queued', 'sending', 'unsure', 'handed off'", True), ("'held'", False)):
        plan = " ".join(str(row[3]) for row in await shown.database.read(f"EXPLAIN QUERY PLAN {ask}{states})"))
        assert ("outbox_unsettled" in plan) is found
