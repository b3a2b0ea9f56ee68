"""The table of transitions: total, and what each move means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.triage import TRANSITIONS, Move, Triage, TriageState, move

UNTIL = datetime(2026, 3, 2, 9, tzinfo=UTC)
acts = st.sampled_from(["", "followed up", "replied", "reposted", "blocked", "muted"])
times = st.integers(0, 10_000).map(lambda minutes: UNTIL + timedelta(minutes=minutes))
steps = st.tuples(st.sampled_from(list(Move)), times, acts)


def after(moves: list[tuple[Move, datetime, str]]) -> Triage:
    """The item after these moves."""
    state = Triage()
    for how, until, act in moves:
        state = move(state, how, until=until, act=act)
    return state


@pytest.mark.parametrize("how", list(Move))
@pytest.mark.parametrize("state", list(TriageState))
def test_every_move_in_every_state_has_a_result(how: Move, state: TriageState) -> None:
    until = UNTIL if state in (TriageState.WAITING, TriageState.SNOOZED) else None
    before = Triage(state, until, "followed up" if state is TriageState.DONE else "")
    result = move(before, how, until=UNTIL, act="reposted")
    assert result.state is TRANSITIONS.get((how, state), state)
    if (how, state) not in TRANSITIONS:
        assert result == before


@given(st.lists(steps, max_size=12))
def test_only_snoozed_and_waiting_have_a_date(moves: list[tuple[Move, datetime, str]]) -> None:
    state = after(moves)
    assert (state.until is not None) == (state.state in (TriageState.SNOOZED, TriageState.WAITING))
    if state.how:
        assert state.state in (TriageState.DONE, TriageState.ANSWERING, TriageState.WAITING)


@given(st.lists(steps, max_size=12))
def test_a_waiting_item_has_a_name_only_if_its_act_was_handed_off(moves: list[tuple[Move, datetime, str]]) -> None:
    before = after(moves)
    handed = move(before, Move.HAND_OFF, until=UNTIL, act="handed off: like")
    if before.state is TriageState.ANSWERING:
        assert handed == before
        return
    assert handed == Triage(TriageState.WAITING, UNTIL, "handed off: like")
    assert move(handed, Move.WAIT, until=UNTIL) == Triage(TriageState.WAITING, UNTIL)
    assert move(handed, Move.DUE) == move(handed, Move.ACTIVITY) == move(handed, Move.REOPEN) == Triage()
    assert move(handed, Move.FINISH, act="liked") == Triage(TriageState.DONE, None, "liked")


@given(st.lists(steps, max_size=12), st.sampled_from(["blocked", "muted"]))
def test_nothing_new_brings_back_what_was_blocked_or_muted(
    moves: list[tuple[Move, datetime, str]], act: str
) -> None:
    finished = move(after(moves), Move.FINISH, act=act)
    assert finished == Triage(TriageState.DONE, None, act)
    assert move(finished, Move.ACTIVITY) == finished
    assert move(finished, Move.DUE) == finished
    assert move(finished, Move.REOPEN) == Triage()


@given(st.lists(steps, max_size=12))
def test_an_answer_on_its_way_is_left_by_news_of_it_or_a_decision_only(
    moves: list[tuple[Move, datetime, str]],
) -> None:
    answering = move(after(moves), Move.ANSWER, act="replied")
    for how in (Move.SNOOZE, Move.WAIT, Move.HAND_OFF, Move.REOPEN, Move.SCREEN, Move.LET_IN, Move.ACTIVITY,
                Move.DUE):  # fmt: skip
        assert move(answering, how, until=UNTIL) == answering
    assert move(answering, Move.SENT) == Triage(TriageState.DONE, None, "replied")
    assert move(answering, Move.REFUSED) == Triage()


@given(st.lists(steps, max_size=12))
def test_whatever_happened_an_item_can_be_opened_again(moves: list[tuple[Move, datetime, str]]) -> None:
    state = after(moves)
    back = move(move(state, Move.REFUSED), Move.REOPEN)
    assert back.state is TriageState.OPEN


@pytest.mark.parametrize("how", [Move.SNOOZE, Move.WAIT, Move.HAND_OFF])
def test_a_date_is_needed(how: Move) -> None:
    with pytest.raises(ValueError, match="needs a time"):
        move(Triage(), how)
