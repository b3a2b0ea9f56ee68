"""The table of transitions: total, and what each move means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.triage import (
    BY_HAND,
    MOVES,
    STATES,
    STAYS_DONE,
    TRANSITIONS,
    Move,
    Triage,
    TriageState,
    move,
)

UNTIL = datetime(2026, 3, 2, 9, tzinfo=UTC)
acts = st.sampled_from(["", "followed up", "replied", "reposted", "they answered", *sorted(STAYS_DONE)])
times = st.integers(0, 10_000).map(lambda minutes: UNTIL + timedelta(minutes=minutes))
offsets = st.none() | st.integers(-12 * 60, 14 * 60)
steps = st.tuples(st.sampled_from(list(Move)), times, acts, offsets)
Steps = list[tuple[Move, datetime, str, int | None]]


def after(moves: Steps) -> Triage:
    """The item after these moves."""
    state = Triage()
    for how, until, act, offset in moves:
        state = move(state, how, until=until, act=act, offset=offset)
    return state


@pytest.mark.parametrize("how", list(Move))
@pytest.mark.parametrize("state", list(TriageState))
def test_every_move_in_every_state_has_a_result(how: Move, state: TriageState) -> None:
    until = UNTIL if state in (TriageState.WAITING, TriageState.SNOOZED) else None
    before = Triage(state, until, "followed up" if state is TriageState.DONE else "")
    result = move(before, how, until=UNTIL, act="reposted")
    if how is Move.UNBLOCK:
        assert result == before
        assert move(Triage(state, how="blocked"), how).state is TRANSITIONS.get((how, state), state)
        return
    assert result.state is TRANSITIONS.get((how, state), state)
    if (how, state) not in TRANSITIONS:
        assert result == before


def test_every_state_and_move_is_explained() -> None:
    assert list(STATES) == list(TriageState)
    assert set(MOVES) == set(Move)
    assert set(BY_HAND) | {Move.SENT, Move.REFUSED, Move.ANSWERED, Move.ACTIVITY, Move.DUE} == set(Move)


@given(st.lists(steps, max_size=12))
def test_a_date_is_where_something_is_put_off(moves: Steps) -> None:
    state = after(moves)
    put_off = state.state in (TriageState.SNOOZED, TriageState.WAITING)
    assert (state.until is not None) >= put_off
    assert state.until is None or put_off or state.state is TriageState.ANSWERING
    assert state.offset is None or state.until is not None
    assert not state.how or state.state not in (TriageState.SNOOZED, TriageState.SCREENED)


@given(st.lists(steps, max_size=12))
def test_a_waiting_item_has_a_name_only_if_its_act_was_handed_off(moves: Steps) -> None:
    before = after(moves)
    handed = move(before, Move.HAND_OFF, until=UNTIL, act="handed off: like")
    if before.state is TriageState.ANSWERING or before.blocked:
        assert handed == before
        return
    assert handed == Triage(TriageState.WAITING, UNTIL, "handed off: like")
    assert move(handed, Move.WAIT, until=UNTIL, offset=60) == Triage(TriageState.WAITING, UNTIL, offset=60)
    assert move(handed, Move.DUE) == move(handed, Move.ACTIVITY) == move(handed, Move.REOPEN) == Triage()
    assert move(handed, Move.FINISH, act="liked") == Triage(TriageState.DONE, None, "liked")


@given(st.lists(steps, max_size=12), st.lists(steps, max_size=12))
def test_nothing_but_an_unblock_leads_out_of_a_block(before: Steps, later: Steps) -> None:
    blocked = move(after(before), Move.FINISH, act="blocked")
    assert blocked == Triage(TriageState.DONE, None, "blocked")
    state = blocked
    for how, until, act, offset in later:
        if how is not Move.UNBLOCK:
            state = move(state, how, until=until, act=act, offset=offset)
    assert state == blocked
    assert move(state, Move.UNBLOCK) == Triage()


@given(st.lists(steps, max_size=12))
def test_an_unblock_is_for_what_was_blocked(moves: Steps) -> None:
    state = after(moves)
    assert (move(state, Move.UNBLOCK) != state) == state.blocked


@given(st.lists(steps, max_size=12), st.sampled_from(sorted(STAYS_DONE)))
def test_nothing_new_brings_back_what_was_blocked_or_muted(moves: Steps, act: str) -> None:
    before = after(moves)
    finished = move(before, Move.FINISH, act=act)
    assert finished == Triage(TriageState.DONE, None, "blocked" if before.blocked else act)
    assert move(finished, Move.ACTIVITY, act="they answered") == finished
    assert move(finished, Move.DUE) == finished
    assert move(finished, Move.REOPEN) == (finished if finished.blocked else Triage())


@given(st.lists(steps, max_size=12), st.sampled_from([Move.DUE, Move.ACTIVITY]))
def test_what_comes_back_says_why_until_somebody_acts(moves: Steps, how: Move) -> None:
    before = after(moves)
    back = move(before, how, act="a reason")
    if back == before:
        return
    assert back == Triage(how="a reason")
    assert move(back, Move.ACTIVITY) == move(back, Move.ACT) == move(back, Move.DUE) == back
    assert move(back, Move.ACTIVITY, act="another") == Triage(how="another")
    assert move(back, Move.REOPEN) == Triage()
    for one in (Move.FINISH, Move.SNOOZE, Move.WAIT, Move.ANSWER, Move.HAND_OFF, Move.SCREEN):
        assert move(back, one, until=UNTIL, act="x").how in ("", "x")


@given(st.lists(steps, max_size=12))
def test_an_answer_on_its_way_is_left_by_news_of_it_or_a_decision_only(moves: Steps) -> None:
    before = after(moves)
    answering = move(before, Move.ANSWER, act="replied")
    if before.blocked:
        assert answering == before
        return
    for how in (Move.SNOOZE, Move.HAND_OFF, Move.REOPEN, Move.SCREEN, Move.LET_IN, Move.ACTIVITY, Move.DUE):
        assert move(answering, how, until=UNTIL, act="x") == answering
    if answering.until is None:
        assert move(answering, Move.SENT) == Triage(TriageState.DONE, None, "replied")
    assert move(answering, Move.REFUSED) == Triage()


@given(st.lists(steps, max_size=12))
def test_an_answer_on_its_way_can_be_waited_upon(moves: Steps) -> None:
    answering = move(after(moves), Move.ANSWER, act="replied")
    again = move(answering, Move.ANSWER, act="quoted")
    assert (again.until, again.offset) == (answering.until, answering.offset)
    waits = move(answering, Move.WAIT, until=UNTIL, offset=60)
    if answering.state is not TriageState.ANSWERING:
        return
    assert waits == Triage(TriageState.ANSWERING, UNTIL, "replied", 60)
    assert move(waits, Move.SENT) == Triage(TriageState.WAITING, UNTIL, "", 60)
    assert move(waits, Move.REFUSED) == Triage()
    assert move(waits, Move.DUE, act="too soon") == waits


@given(st.lists(steps, max_size=12))
def test_whatever_happened_an_item_can_be_opened_again(moves: Steps) -> None:
    state = after(moves)
    back = move(move(move(state, Move.REFUSED), Move.UNBLOCK), Move.REOPEN)
    assert back == Triage()


@pytest.mark.parametrize("how", [Move.SNOOZE, Move.WAIT, Move.HAND_OFF])
def test_a_date_is_needed(how: Move) -> None:
    with pytest.raises(ValueError, match="needs a time"):
        move(Triage(), how)
