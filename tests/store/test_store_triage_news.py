"""What arrives reopens what was decided: once, with the reason; muted conversations stay quiet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    HOME,
    ME,
    MENTIONS,
    MESSAGES,
    SEARCH,
    START,
    arrivals,
    at,
    message,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.items import conversation_item
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Excerpt, Post, PostRef
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.store import Store

OWNER = ACCOUNT.id
OPEN = Triage()
FAR = at(9999)


def item(name: str) -> str:
    """The item of a post."""
    return str(ref(name))


def to_us(name: str, *, minutes: float, **more: Any) -> Post:
    """A post in the thread that answers one of ours."""
    mine = post("mine", author=ME)
    return post(name, minutes=minutes, conversation="t", parent=Excerpt(mine.ref, mine.author, mine.text), **more)


async def arrive(store: Store, *posts: Post, source: Source = MENTIONS, minutes: float = 0) -> frozenset[str]:
    """Posts arrive in a source; the items that they moved."""
    return (await store.posts.ingest(source, arrivals(*posts), cursor="", now=at(minutes))).moved


async def decide(store: Store, name: str, move: Move, act: str = "", minutes: float = 1) -> None:
    """Decide about a post."""
    await store.triage.apply(OWNER, [item(name)], move, until=FAR, act=act, now=at(minutes))


async def state(store: Store, name: str) -> Triage:
    """Where a post stands."""
    return await store.triage.state(OWNER, item(name))


@pytest.mark.parametrize(
    ("move", "act", "words"),
    [
        (Move.FINISH, "followed up", "they wrote again"),
        (Move.ANSWERED, "answered", "they wrote again"),
        (Move.SNOOZE, "", "they wrote again"),
        (Move.WAIT, "", "they answered"),
    ],
)
async def test_a_message_reopens_its_conversation_once(store: Store, move: Move, act: str, words: str) -> None:
    talk = conversation_item("c1")
    await arrive(store, message("m1"), source=MESSAGES)
    await store.triage.apply(OWNER, [talk], move, until=FAR, act=act, now=at(1))
    assert await arrive(store, message("m2", minutes=2), source=MESSAGES) == {talk}
    assert await store.triage.state(OWNER, talk) == Triage(how=words)
    # The same message again, and the next one, are no news any more.
    assert await arrive(store, message("m2", minutes=2), message("m3", minutes=3), source=MESSAGES) == frozenset()
    await store.triage.apply(OWNER, [talk], move, until=FAR, act=act, now=at(4))
    assert await arrive(store, message("m2", minutes=2), message("m3", minutes=3), source=MESSAGES) == frozenset()


async def test_a_message_ends_the_silence(store: Store) -> None:
    talk = conversation_item("c1")
    await arrive(store, message("m1"), source=MESSAGES)
    await store.triage.apply(OWNER, [talk], Move.WAIT, until=at(60), now=at(0))
    await store.triage.due(at(61))
    assert await store.triage.state(OWNER, talk) == Triage(how="1 hour of silence")
    await arrive(store, message("m2", minutes=62), source=MESSAGES)
    assert await store.triage.state(OWNER, talk) == Triage(how="they answered")


@pytest.mark.parametrize(
    ("move", "act", "words"),
    [
        (Move.FINISH, "answered", "they answered"),
        (Move.FINISH, "followed up", "it went on after you were done"),
        (Move.FINISH, "muted", ""),
        (Move.REOPEN, "", ""),
    ],
)
async def test_a_new_post_of_a_thread_says_why_it_is_there_and_what_is_done_stays_done(
    store: Store, move: Move, act: str, words: str
) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", move, act)
    before = await state(store, "a")
    moved = await arrive(store, to_us("b", minutes=2))
    assert await state(store, "b") == Triage(how=words)
    assert await state(store, "a") == before
    assert moved == ({item("b")} if words else frozenset())


async def test_what_is_snoozed_comes_back_with_something_addressed_to_us(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.SNOOZE)
    chat = post("chat", author=BOB, minutes=2, conversation="t")
    assert await arrive(store, chat, source=HOME) == frozenset()
    answer = to_us("b", minutes=3, author=BOB)
    assert await arrive(store, answer, source=HOME) == {item("a"), item("b")}
    assert await state(store, "a") == await state(store, "b") == Triage(how="it went on meanwhile")
    # Seen in one source, it is no news in another.
    await decide(store, "a", Move.SNOOZE, minutes=4)
    assert await arrive(store, answer, source=MENTIONS) == frozenset()
    assert (await state(store, "a")).state is TriageState.SNOOZED


async def test_a_wait_ends_with_the_person_waited_for(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.WAIT, minutes=5)
    assert await arrive(store, to_us("b", minutes=6, author=BOB)) == {item("b")}
    assert (await state(store, "a")).state is TriageState.WAITING
    old = post("old", minutes=3, conversation="t")
    assert await arrive(store, old, source=SEARCH) == frozenset()
    answer = post("answer", minutes=7, conversation="t")
    assert await arrive(store, answer, source=SEARCH) == {item("a")}
    assert await state(store, "a") == Triage(how="they answered")
    assert await state(store, "answer") == OPEN


async def test_an_answer_that_came_before_the_wait_and_was_seen_after_it_ends_it(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.WAIT, minutes=5)
    assert await arrive(store, to_us("b", minutes=4)) == {item("a"), item("b")}
    assert await state(store, "a") == await state(store, "b") == Triage(how="they answered")


async def test_after_a_question_of_ours_anybody_ends_the_wait(store: Store) -> None:
    asked = post("asked", author=ME, conversation="t")
    await store.posts.add_own(ACCOUNT, asked, HOME)
    await decide(store, "asked", Move.WAIT)
    await arrive(store, post("b", author=BOB, minutes=2, conversation="t"), source=HOME)
    assert await state(store, "asked") == Triage(how="they answered")


async def test_an_answer_after_the_silence_takes_its_words_away(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await store.triage.apply(OWNER, [item("a")], Move.WAIT, until=at(60), now=at(0))
    await store.triage.due(at(61))
    await arrive(store, to_us("b", minutes=62))
    assert await state(store, "a") == Triage(how="they answered")


async def test_the_same_thread_id_on_another_server_is_another_thread(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.WAIT)
    other = replace(to_us("b", minutes=2), ref=PostRef("elsewhere.example.com", "9"))
    assert await arrive(store, other) == frozenset()
    assert (await state(store, "a")).state is TriageState.WAITING


async def test_what_hidden_people_write_moves_nothing(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.WAIT)
    await store.posts.hide_author(OWNER, ADA.id)
    assert await arrive(store, to_us("b", minutes=2)) == frozenset()
    assert (await state(store, "a")).state is TriageState.WAITING


async def mute(store: Store, minutes: float = 1) -> int:
    """Mute the conversation of the first post; the row of the outbox."""
    act = Act(ActKind.MUTE_THREAD, OWNER, target=ref("a"), root=ref("t"))
    row = await store.outbox.put(
        act, item("a"), material="", held_until=at(minutes), move=Move.FINISH, act_words="conversation muted",
        now=at(minutes),
    )  # fmt: skip
    return row.id


async def test_a_muted_conversation_takes_in_what_arrives_as_done(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0), to_us("later", minutes=0.5))
    await decide(store, "later", Move.SNOOZE)
    await mute(store)
    assert await arrive(store, to_us("b", minutes=2), post("c", minutes=3, conversation="t")) == {
        item("b"),
        item("c"),
    }
    assert (
        await state(store, "b")
        == await state(store, "c")
        == Triage(TriageState.DONE, None, "in a muted conversation")
    )
    assert (await state(store, "later")).state is TriageState.SNOOZED
    assert await arrive(store, post("other", minutes=4, conversation="u")) == frozenset()


async def test_when_a_mute_is_taken_back_nothing_is_lost_that_came_meanwhile(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    row = await mute(store)
    await arrive(store, to_us("b", minutes=2))
    await store.triage.undo_act(row, at(3))
    assert await state(store, "a") == await state(store, "b") == OPEN
    assert await store.triage.replay() == await store.triage.table()
    assert await arrive(store, to_us("c", minutes=4)) == frozenset()
    assert await state(store, "c") == OPEN


async def test_an_answer_of_ours_does_not_end_a_mute_but_opening_it_again_does(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0))
    await mute(store)
    await arrive(store, to_us("b", minutes=2))
    await decide(store, "a", Move.ANSWER, "answered", 3)
    await store.triage.apply(OWNER, [item("a")], Move.SENT, now=at(3))
    await arrive(store, to_us("c", minutes=4))
    quiet = Triage(TriageState.DONE, None, "in a muted conversation")
    assert await state(store, "b") == await state(store, "c") == quiet
    await decide(store, "b", Move.REOPEN, minutes=5)
    assert await state(store, "c") == quiet
    await decide(store, "a", Move.REOPEN, minutes=6)
    assert await state(store, "c") == OPEN
    await arrive(store, to_us("d", minutes=7))
    assert await state(store, "d") == OPEN


async def test_our_answer_written_elsewhere_settles_what_it_answers_only(store: Store) -> None:
    await arrive(store, to_us("a", minutes=0), to_us("b", minutes=1))
    ours = replace(post("ours", author=ME, minutes=2, conversation="t"), reply_to=ref("b"))
    assert await arrive(store, ours, source=HOME) == {item("b")}
    assert await state(store, "a") == OPEN
    assert (await state(store, "b")).how == "answered"


async def test_an_old_answer_of_ours_ends_no_later_decision(store: Store) -> None:
    ours = replace(post("ours", author=ME, minutes=2, conversation="t"), reply_to=ref("a"))
    await arrive(store, to_us("a", minutes=0))
    await decide(store, "a", Move.WAIT, minutes=3)
    assert await arrive(store, ours, source=HOME) == frozenset()
    assert (await state(store, "a")).state is TriageState.WAITING


async def test_an_answer_that_was_sent_from_here_does_not_end_the_wait_for_theirs(store: Store) -> None:
    asked = to_us("a", minutes=0)
    await arrive(store, asked)
    row = await store.outbox.put(
        reply_to(asked),
        item("a"),
        material="",
        held_until=START,
        move=Move.ANSWER,
        act_words="answered",
        now=at(1),
    )
    await decide(store, "a", Move.WAIT, minutes=1)
    await store.outbox.sent(row.id, "at://ours", at(2))
    assert await state(store, "a") == Triage(TriageState.WAITING, FAR)
    ours = replace(post("ours", author=ME, minutes=2, conversation="t"), reply_to=asked.ref)
    assert await arrive(store, ours, source=HOME) == frozenset()
    assert await arrive(store, ours, source=SEARCH) == frozenset()
    assert (await state(store, "a")).state is TriageState.WAITING
