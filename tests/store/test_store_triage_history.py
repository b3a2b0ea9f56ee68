"""The history: every decision and act by hand, with what became of it."""

from __future__ import annotations

from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    HOME,
    MENTIONS,
    MESSAGES,
    SECOND,
    arrivals,
    at,
    message,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.outbox import Act, ActKind, OutboxRow
from tweetdesk.domain.triage import Move
from tweetdesk.store.history import Decision
from tweetdesk.store.store import Store

OWNER = ACCOUNT.id
A, B = str(ref("a")), str(ref("b"))


async def lines(store: Store, words: str = "") -> list[tuple[str, str]]:
    """What was done and what became of it, newest first."""
    return [(one.words, one.outcome) for one in await store.triage.history(50, words=words)]


async def put(store: Store, act: Act, move: Move | None, words: str, minutes: float, item: str = A) -> OutboxRow:
    """An act goes into the outbox, to be sent a minute later."""
    return await store.outbox.put(
        act, item, material="", held_until=at(minutes + 1), move=move, act_words=words, now=at(minutes)
    )


async def two(store: Store) -> None:
    """Two mentions, by Ada and by Bob."""
    posts = (post("a", "about SQLite"), post("b", "on Grüße", author=BOB, minutes=0.5))
    await store.posts.ingest(MENTIONS, arrivals(*posts), cursor="", now=at(0))


async def test_a_decision_says_whether_it_stands_was_taken_back_or_came_back(store: Store) -> None:
    await two(store)
    await store.triage.apply(OWNER, [A], Move.SNOOZE, until=at(60), act="snoozed until ten", now=at(1))
    await store.triage.apply(OWNER, [A, B], Move.FINISH, act="followed up", now=at(2))
    assert await lines(store) == [("followed up", ""), ("followed up", ""), ("snoozed until ten", "")]
    [batch] = await store.triage.last_undoable(1)
    await store.triage.undo_batch(batch[0].batch, at(3))
    assert await lines(store) == [("followed up", "taken back")] * 2 + [("snoozed until ten", "")]
    await store.triage.due(at(61))
    assert (await lines(store))[-1] == ("snoozed until ten", "came back: you said 10:00")
    await store.triage.apply(OWNER, [A], Move.FINISH, act="followed up", now=at(62))
    assert (await lines(store))[-1] == ("snoozed until ten", "came back: you said 10:00")
    await store.triage.apply(OWNER, [B], Move.WAIT, until=at(90), act="waiting", now=at(63))
    await store.triage.apply(OWNER, [B], Move.ANSWERED, act="answered", now=at(64))
    assert (await lines(store))[0] == ("waiting", "answered elsewhere")


async def test_an_act_says_what_became_of_it_in_the_outbox(store: Store) -> None:
    await two(store)
    row = await put(store, reply_to(post("a"), "gladly"), Move.ANSWER, "answered", 1)
    assert await lines(store) == [("answered", "held")]
    [one] = await store.triage.history(1)
    assert (one.outbox, one.act and one.act.text, one.post and one.post.author) == (row.id, "gladly", ADA)
    await store.outbox.ready(at(3))
    assert await lines(store) == [("answered", "waiting to be sent")]
    await store.outbox.begin_sending(row.id, "", at(3))
    assert await lines(store) == [("answered", "being sent")]
    await store.outbox.sent(row.id, "at://mine", at(4))
    assert await lines(store) == [("answered", "sent")]
    like = await put(store, Act(ActKind.LIKE, OWNER, target=ref("b"), person=BOB), Move.ACT, "liked", 5, B)
    await store.outbox.take_back(like.id, at(5))
    again = await put(store, Act(ActKind.LIKE, OWNER, target=ref("b"), person=BOB), Move.ACT, "liked", 6, B)
    await store.outbox.refused(again.id, "It is gone.", at(7))
    assert await lines(store) == [("liked", "refused: It is gone."), ("liked", "taken back"), ("answered", "sent")]


async def test_what_was_sent_and_taken_back_says_both(store: Store) -> None:
    await two(store)
    row = await put(store, Act(ActKind.REPOST, OWNER, target=ref("a"), person=ADA), Move.FINISH, "reposted", 1)
    await store.outbox.sent(row.id, "r", at(2))
    await store.triage.undo_act(row.id, at(3))
    assert await lines(store) == [("reposted", "sent, taken back")]


async def test_acts_on_nothing_that_is_an_item_are_there_too_in_their_order(store: Store) -> None:
    await two(store)
    await put(store, Act(ActKind.POST, OWNER, text="new"), None, "", 1, "")
    await store.triage.apply(OWNER, [A], Move.FINISH, act="followed up", now=at(2))
    await put(store, Act(ActKind.FOLLOW, SECOND.id, person=BOB), None, "", 3, "")
    found = await store.triage.history()
    assert [one.words for one in found] == ["follow", "followed up", "post"]
    assert [(one.account, one.owner, one.id is None) for one in found] == [
        (SECOND.id, "", True), (OWNER, OWNER, False), (OWNER, "", True)
    ]  # fmt: skip


async def test_a_message_leads_to_the_conversation_as_it_was_then(store: Store) -> None:
    talk = conversation_item("c1")
    await store.posts.ingest(MESSAGES, arrivals(message("m1", "first")), cursor="", now=at(0))
    await store.triage.apply(OWNER, [talk], Move.FINISH, act="followed up", now=at(1))
    await store.posts.ingest(MESSAGES, arrivals(message("m2", "second", minutes=2)), cursor="", now=at(2))
    [one] = await store.triage.history()
    assert (one.item, one.outcome, one.post and one.post.text) == (talk, "came back: they wrote again", "first")


async def test_words_are_found_in_the_post_its_author_the_act_and_our_text(store: Store) -> None:
    await two(store)
    await store.triage.apply(OWNER, [A], Move.FINISH, act="followed up", now=at(1))
    await store.triage.apply(OWNER, [B], Move.SNOOZE, until=at(90), act="snoozed", now=at(2))
    await put(store, reply_to(post("a"), "Gladly done"), Move.ANSWER, "answered", 3)
    await put(store, Act(ActKind.FOLLOW, OWNER, person=BOB), None, "", 4, "")

    async def found(words: str) -> list[str]:
        return [one for one, _ in await lines(store, words)]

    assert await found("SQLITE") == ["answered", "followed up"]
    assert await found("bob") == ["follow", "snoozed"]
    assert await found("bob.example snoo") == ["snoozed"]
    assert await found("gladly") == ["answered"]
    assert await found("grüsse") == ["snoozed"]
    assert await found("%") == await found("did:plc") == await found("account") == []


async def test_pages_go_on_where_the_last_one_ended(store: Store) -> None:
    posts = [post(f"p{number}", minutes=number) for number in range(9)]
    await store.posts.ingest(HOME, arrivals(*posts), cursor="", now=at(0))
    for number in range(9):
        if number % 3:
            await store.triage.apply(OWNER, [str(ref(f"p{number}"))], Move.FINISH, act=f"{number}", now=at(number))
        else:
            await put(store, Act(ActKind.POST, OWNER, text=f"{number}"), None, "", number, "")
    seen: list[Decision] = []
    while page := await store.triage.history(2, before=seen[-1].place if seen else None):
        seen += page
    assert [one.act.text if one.act else one.words for one in seen] == [str(number) for number in range(8, -1, -1)]


async def test_a_decision_whose_post_is_gone_stays(store: Store) -> None:
    await two(store)
    await store.triage.apply(OWNER, [A], Move.FINISH, act="followed up", now=at(1))
    await store.posts.remove([ref("a")])
    [one] = await store.triage.history()
    assert (one.words, one.post) == ("followed up", None)
