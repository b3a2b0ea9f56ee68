"""Threads of several posts in the outbox, items of several posts, acts put off to a time, and clocks set back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from storekit import ACCOUNT, ME, at, post, reply_to

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxRow, OutboxState, Part, as_one, posts_of
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.store.store import Store

ID = ACCOUNT.id
POST = post("a")
ITEM = str(POST.ref)
THREAD = replace(reply_to(POST, "one"), more=(Part("two"), Part("three")), warning="long", language="en")


async def put(store: Store, act: Act = THREAD, item: str = ITEM, **more: object) -> list[OutboxRow]:
    """Put an act into the outbox at minute 0, held for ten minutes; its rows in order."""
    first, *rest = posts_of(act)
    row = await store.outbox.put(
        first, item, material="{}", held_until=at(10), draft=Draft(ID, item, act, act.text, at(0)),
        move=Move.ANSWER if item else None, act_words="answered", then=[(one, "{}") for one in rest], now=at(0),
        **more,
    )  # fmt: skip
    rows = (await store.outbox.rows())[::-1]
    return rows[rows.index(row) :]


async def send(store: Store, name: str, minute: float = 11) -> OutboxRow:
    """Let the only ready act be sent; it makes our post of that name."""
    [ready] = await store.outbox.ready(at(minute))
    assert await store.outbox.begin_sending(ready.id, "{}", at(minute))
    made = post(name, author=ME, version=f"cid-{name}", reply_root=ready.act.root, root_version="cid-root")
    return await store.outbox.sent(ready.id, name, at(minute), made)


async def draft_of(store: Store, item: str = ITEM) -> Draft:
    """The draft that there must be."""
    found = await store.drafts.get(ID, item)
    assert found is not None
    return found


async def state(store: Store, item: str = ITEM) -> TriageState:
    """Where an item stands."""
    return (await store.triage.state(ID, item)).state


async def test_a_thread_is_rows_one_after_the_other(store: Store) -> None:
    rows = await put(store)
    assert [(row.act.text, row.act.kind, row.part, row.parts) for row in rows] == [
        ("one", ActKind.REPLY, 1, 3), ("two", ActKind.REPLY, 2, 3), ("three", ActKind.REPLY, 3, 3),
    ]  # fmt: skip
    assert [row.follows for row in rows] == [None, rows[0].id, rows[1].id]
    assert {row.thread for row in rows} == {rows[0].id}
    assert {(row.act.warning, row.act.language, row.act.more) for row in rows} == {("long", "en", ())}
    assert as_one([row.act for row in rows]).more == THREAD.more


async def test_each_post_answers_the_one_before_and_the_item_is_done_with_the_last(store: Store) -> None:
    await put(store)
    for name in ("x", "y", "z"):
        assert await state(store) is TriageState.ANSWERING
        await send(store, name)
        assert await store.outbox.ready(at(11.5)) == [] or name != "z"
    assert await state(store) is TriageState.DONE
    acts = [row.act for row in (await store.outbox.rows())[::-1]]
    assert [act.target and act.target.id for act in acts] == ["at://a", "at://x", "at://y"]
    assert [act.root and act.root.id for act in acts] == ["at://a"] * 3
    assert (acts[1].target_version, acts[1].root_version) == ("cid-x", "cid-root")
    assert [touch.kind for touch in await store.people.touches("bluesky", POST.author.id)] == ["reply"]
    assert await store.people.touches("bluesky", ME.id) == []


async def test_the_next_post_waits_until_the_one_before_was_sent(store: Store) -> None:
    first, *_ = await put(store)
    [ready] = await store.outbox.ready(at(11))
    assert ready.id == first.id
    await store.outbox.begin_sending(first.id, "{}", at(11))
    await store.outbox.unsure(first.id, "who knows", at(12))
    assert await store.outbox.ready(at(99)) == []
    assert await store.outbox.next_due(ID) is None
    # Nobody else has to wait for the doubt to end.
    other = await store.outbox.put(reply_to(POST, "apart"), ITEM, material="", held_until=at(1), now=at(1))
    assert [row.id for row in await store.outbox.ready(at(13))] == [other.id]


async def test_taken_back_while_held_it_is_one_draft(store: Store) -> None:
    rows = await put(store)
    back = await store.outbox.take_back(rows[2].id, at(5))
    assert back is not None
    assert (back.id, back.state, back.act) == (rows[0].id, OutboxState.TAKEN_BACK, THREAD)
    assert (await draft_of(store)).act == THREAD
    assert await state(store) is TriageState.OPEN
    assert await store.outbox.take_back(rows[0].id, at(5)) is None
    assert await store.outbox.pending_count() == 0


async def test_taken_back_under_way_the_rest_continues_the_last_post_sent(store: Store) -> None:
    rows = await put(store)
    await send(store, "x")
    back = await store.outbox.take_back(rows[0].id, at(12))
    assert back is not None
    assert (back.part, back.parts) == (2, 3)
    act = (await draft_of(store)).act
    assert (act.kind, act.text, act.more) == (ActKind.REPLY, "two", (Part("three"),))
    assert act.target is not None
    assert act.target.id == "at://x"
    assert await state(store) is TriageState.DONE


async def test_refused_in_the_middle_it_can_be_resumed(store: Store) -> None:
    rows = await put(store)
    await send(store, "x")
    await store.outbox.ready(at(12))
    await store.outbox.begin_sending(rows[1].id, "{}", at(12))
    await store.outbox.refused(rows[1].id, "too naughty", at(12))
    states = [row.state for row in (await store.outbox.rows())[::-1]]
    assert states == [OutboxState.SENT, OutboxState.REFUSED, OutboxState.TAKEN_BACK]
    draft = await draft_of(store)
    assert await state(store) is TriageState.DONE
    again = await put(store, draft.act)
    assert [row.act.text for row in again] == ["two", "three"]
    assert await state(store) is TriageState.ANSWERING
    await send(store, "y", 30)
    await send(store, "z", 31)
    last = (await store.outbox.rows())[0]
    assert last.act.target is not None
    assert (last.act.text, last.act.target.id, last.state) == ("three", "at://y", OutboxState.SENT)
    assert await state(store) is TriageState.DONE
    assert await store.triage.replay() == await store.triage.table()


async def test_the_first_refused_gives_everything_back(store: Store) -> None:
    [first, *_] = await put(store)
    await store.outbox.refused(first.id, "no", at(11))
    assert (await draft_of(store)).act == THREAD
    assert await state(store) is TriageState.OPEN


async def test_the_rest_of_a_thread_of_new_posts_is_found_at_the_last_one_sent(store: Store) -> None:
    new = Act(ActKind.POST, ID, text="one", more=(Part("two"),))
    rows = await put(store, new, "")
    await send(store, "x")
    await store.outbox.refused(rows[1].id, "no", at(12))
    draft = await draft_of(store, "bluesky at://x")
    assert (draft.act.kind, draft.act.target) == (ActKind.REPLY, post("x").ref)
    assert await store.drafts.get(ID, "") is None


async def test_what_was_taken_back_during_a_send_continues_it_when_it_is_known(store: Store) -> None:
    for item, key in ((ITEM, ITEM), ("", "bluesky at://x")):
        act = THREAD if item else Act(ActKind.POST, ID, text="one", more=(Part("two"), Part("three")))
        rows = await put(store, act, item)
        await store.outbox.ready(at(11))
        await store.outbox.begin_sending(rows[0].id, "{}", at(11))
        back = await store.outbox.take_back(rows[0].id, at(12))
        assert back is not None
        assert back.part == 2
        await store.outbox.sent(rows[0].id, "x", at(13), post("x", author=ME))
        draft = await draft_of(store, key)
        assert (draft.act.kind, draft.act.text, draft.act.more) == (ActKind.REPLY, "two", (Part("three"),))
        assert draft.act.target == post("x").ref
    assert len(await store.drafts.all()) == 2


async def test_an_item_of_several_posts_moves_as_one(store: Store) -> None:
    ids = [ITEM, str(post("b").ref), str(post("c").ref)]
    repost = Act(ActKind.REPOST, ID, target=post("c").ref)
    row = await store.outbox.put(
        repost, ITEM, material="", held_until=at(10), move=Move.FINISH, act_words="reposted", items=ids, now=at(0)
    )
    assert set(row.items) == set(ids)
    assert {await state(store, one) for one in ids} == {TriageState.DONE}
    await store.outbox.take_back(row.id, at(1))
    assert {await state(store, one) for one in ids} == {TriageState.OPEN}
    [first, *_] = await put(store, items=ids)
    assert {await state(store, one) for one in ids} == {TriageState.ANSWERING}
    other = await store.outbox.put(
        reply_to(POST), ids[1], material="", held_until=at(2), move=Move.ANSWER, now=at(2)
    )
    for name in ("x", "y", "z"):
        await store.outbox.take_back(other.id, at(3)) if name == "z" else None
        [ready] = [one for one in await store.outbox.ready(at(20)) if one.id != other.id]
        await store.outbox.begin_sending(ready.id, "", at(20))
        await store.outbox.sent(ready.id, name, at(20), post(name, author=ME))
    assert {await state(store, one) for one in ids} == {TriageState.DONE}
    hand_off = await store.outbox.hand_off(
        repost, ITEM, page="https://example.com", until=at(99), items=ids, now=at(30)
    )
    assert {await state(store, one) for one in ids} == {TriageState.WAITING}
    await store.outbox.done_there(hand_off.id, "reposted", at(31))
    assert {(await store.triage.state(ID, one)).how for one in ids} == {"reposted"}
    await store.outbox.not_done_there(hand_off.id, at(99), at(32))
    assert {await state(store, one) for one in ids} == {TriageState.WAITING}
    assert await store.triage.replay() == await store.triage.table()
    assert first.thread == first.id


async def test_another_answer_keeps_only_its_own_item_answering(store: Store) -> None:
    ids = [ITEM, str(post("b").ref)]
    row = await store.outbox.put(
        reply_to(POST), ITEM, material="", held_until=at(1), move=Move.ANSWER, items=ids, now=at(0)
    )
    other = await store.outbox.put(
        reply_to(post("b")), ids[1], material="", held_until=at(9), move=Move.ANSWER, now=at(0)
    )
    await store.outbox.sent(row.id, "r", at(2))
    assert [await state(store, one) for one in ids] == [TriageState.DONE, TriageState.ANSWERING]
    await store.outbox.sent(other.id, "r", at(3))
    assert await state(store, ids[1]) is TriageState.DONE


async def put_off(store: Store, text: str = "later", until: float = 600) -> OutboxRow:
    """A new post put off to a minute."""
    act = Act(ActKind.POST, ID, text=text)
    return await store.outbox.put(act, "", material="", held_until=at(until), later=True, now=at(0))


async def test_put_off_to_a_time_it_stands_in_nobodys_way(store: Store) -> None:
    row = await put_off(store)
    assert row.later
    now = await store.outbox.put(Act(ActKind.POST, ID, text="now"), "", material="", held_until=at(0), now=at(0))
    assert [one.id for one in await store.outbox.ready(at(1))] == [now.id]
    await store.outbox.sent(now.id, "r", at(1))
    assert await store.outbox.next_due(ID) == at(600)
    assert [one.id for one in await store.outbox.ready(at(600))] == [row.id]


async def test_what_is_put_off_goes_at_once_when_the_user_wants_it(store: Store) -> None:
    row = await put_off(store)
    assert await store.outbox.send_now(row.id, at(5)) is not None
    assert [one.id for one in await store.outbox.ready(at(5))] == [row.id]
    assert await store.outbox.send_now(row.id, at(6)) is None
    thread = await put(store)
    await store.outbox.send_now(thread[1].id, at(6))
    assert thread[0].id in [one.id for one in await store.outbox.ready(at(6))]


async def test_what_is_long_overdue_is_held_once_more(store: Store) -> None:
    row = await put_off(store)
    hour = timedelta(hours=1)
    assert await store.outbox.late(at(650), at(651), ID, after=hour) == []
    assert await store.outbox.late(at(700), at(701), "somebody else", after=hour) == []
    assert await store.outbox.late(at(700), at(701), ID, after=hour) == [row]
    assert await store.outbox.ready(at(700)) == []
    assert [one.id for one in await store.outbox.ready(at(701))] == [row.id]


async def test_a_clock_set_back_lets_go_what_is_held_but_not_what_is_put_off(store: Store) -> None:
    row = await store.outbox.put(reply_to(POST), ITEM, material="", held_until=at(60.2), now=at(60))
    await put_off(store)
    assert await store.outbox.ready(at(60.1)) == []
    assert await store.outbox.ready(at(60) - timedelta(milliseconds=900)) == []
    assert [one.id for one in await store.outbox.ready(at(0))] == [row.id]


async def test_a_clock_set_back_does_not_prolong_the_wait_after_a_failure(store: Store) -> None:
    rows = [
        await store.outbox.put(reply_to(post(name)), "", material="", held_until=at(60), now=at(60))
        for name in ("a", "b")
    ]
    for row in rows:
        await store.outbox.ready(at(60))
        await store.outbox.begin_sending(row.id, "", at(60))
    await store.outbox.again(rows[0].id, at(65), "no", at(61))
    await store.outbox.still_doubtful(rows[1].id, at(65), "no", at(61))
    assert await store.outbox.ready(at(62)) == await store.outbox.doubtful(at(62)) == []
    assert [row.id for row in await store.outbox.ready(at(0))] == [rows[0].id]
    assert [row.id for row in await store.outbox.doubtful(at(0))] == [rows[1].id]


async def test_what_waits_for_the_line_only_is_due_when_it_is_back(store: Store) -> None:
    rows = [
        await store.outbox.put(reply_to(post(name)), "", material="", held_until=at(0), now=at(0))
        for name in ("a", "b", "c")
    ]
    for row, offline in zip(rows, (True, False, True), strict=True):
        await store.outbox.ready(at(1))
        await store.outbox.begin_sending(row.id, "", at(1))
        if row is not rows[2]:
            await store.outbox.again(row.id, at(50), "no", at(1), offline=offline)
    await store.outbox.still_doubtful(rows[2].id, at(50), "no", at(1), offline=True)
    await store.outbox.line_back("somebody else", at(2))
    assert await store.outbox.ready(at(2)) == await store.outbox.doubtful(at(2)) == []
    await store.outbox.line_back(ID, at(2))
    assert [row.id for row in await store.outbox.ready(at(2))] == [rows[0].id]
    assert [row.id for row in await store.outbox.doubtful(at(2))] == [rows[2].id]
