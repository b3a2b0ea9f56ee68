"""The words that say why something came back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tweetdesk.domain.reasons import activity, due, joined, span
from tweetdesk.domain.triage import Triage, TriageState

THURSDAY = datetime(2026, 5, 7, 7, 0, tzinfo=UTC)


def snoozed(until: datetime, offset: int | None = None) -> Triage:
    """Snoozed until a time."""
    return Triage(TriageState.SNOOZED, until, offset=offset)


def waiting(how: str = "") -> Triage:
    """Waiting until Thursday."""
    return Triage(TriageState.WAITING, THURSDAY, how)


def test_a_snooze_says_the_day_that_was_said() -> None:
    monday = THURSDAY - timedelta(days=3)
    assert due(snoozed(THURSDAY), monday, THURSDAY, 0) == "you said Thursday"
    # The machine was off until the next week: the weekday would be misunderstood.
    assert due(snoozed(THURSDAY), monday, THURSDAY + timedelta(days=5), 0) == "you said Thursday"
    assert due(snoozed(THURSDAY), monday, THURSDAY + timedelta(days=6), 0) == "you said 7 May"
    assert due(snoozed(THURSDAY), None, THURSDAY, 0) == "you said Thursday"


def test_a_snooze_of_the_same_day_says_the_hour() -> None:
    assert due(snoozed(THURSDAY), THURSDAY - timedelta(hours=2), THURSDAY, 120) == "you said 09:00"


def test_the_day_is_that_of_the_clock_by_which_it_was_said() -> None:
    late = THURSDAY.replace(hour=22)  # Friday, 9:00, eleven hours east
    assert due(snoozed(late, 660), late - timedelta(days=2), late + timedelta(hours=2), 540) == "you said Friday"
    assert due(snoozed(late), late - timedelta(days=2), late, 0) == "you said Thursday"
    assert due(snoozed(late), late - timedelta(days=2), late, 660) == "you said Friday"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=5), "1 minute"),
        (timedelta(minutes=50), "50 minutes"),
        (timedelta(minutes=70), "1 hour"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(hours=23.8), "1 day"),
        (timedelta(days=3, hours=-6), "3 days"),
        (timedelta(days=14), "14 days"),
    ],
)
def test_a_wait_says_how_long_they_were_silent(passed: timedelta, words: str) -> None:
    assert span(passed) == words
    assert due(waiting(), THURSDAY - passed, THURSDAY + timedelta(days=40), 0) == f"{words} of silence"


def test_a_wait_whose_beginning_is_not_known_says_less() -> None:
    assert due(waiting(), None, THURSDAY, 0) == "they were silent"
    assert due(waiting("handed off: like"), None, THURSDAY, 0) == "handed off, no word of it"
    since = THURSDAY - timedelta(days=3)
    assert due(waiting("handed off: like"), since, THURSDAY, 0) == "handed off, no word of it for 3 days"


DONE = Triage(TriageState.DONE, None, "followed up")


@pytest.mark.parametrize(
    ("before", "message", "same_person", "words"),
    [
        (waiting(), True, False, "they answered"),
        (waiting(), False, True, "they answered"),
        (Triage(), True, True, ""),
        (Triage(how="you said Thursday"), True, True, ""),
        (Triage(how="3 days of silence"), True, False, "they answered"),
        (Triage(how="they were silent"), False, True, "they answered"),
        (waiting("handed off: reply"), False, True, "they wrote again"),
        (DONE, True, True, "they wrote again"),
        (snoozed(THURSDAY), True, True, "they wrote again"),
        (snoozed(THURSDAY), False, True, "they wrote again"),
        (snoozed(THURSDAY), False, False, "it went on meanwhile"),
    ],
)
def test_news_says_who_wrote(before: Triage, message: bool, same_person: bool, words: str) -> None:
    assert activity(before, message=message, same_person=same_person) == words
    if words:
        assert activity(before, ours=True) == "they answered"


ANSWERED = Triage(TriageState.DONE, None, "answered")
MUTED = Triage(TriageState.DONE, None, "muted")


@pytest.mark.parametrize(
    ("before", "to_us", "words"),
    [
        ([(ANSWERED, True)], True, "they answered"),
        ([(ANSWERED, True)], False, "it went on after you were done"),
        ([(DONE, True)], True, "it went on after you were done"),
        ([(waiting(), True)], False, "they answered"),
        ([(waiting(), False)], True, "they answered"),
        ([(waiting(), False)], False, "it went on meanwhile"),
        ([(waiting("handed off: reply"), True)], False, "they wrote again"),
        ([(snoozed(THURSDAY), False)], True, "it went on meanwhile"),
        ([(snoozed(THURSDAY), False), (DONE, False)], True, "it went on after you were done"),
        ([(MUTED, True)], True, ""),
        ([(Triage(how="they answered"), True)], True, ""),
        ([], True, ""),
    ],
)
def test_a_new_post_of_a_thread_says_what_was_decided_there(
    before: list[tuple[Triage, bool]], to_us: bool, words: str
) -> None:
    assert joined(before, to_us=to_us) == words
