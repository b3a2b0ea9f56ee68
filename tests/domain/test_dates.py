"""Times as people type them: what each means, and that nonsense gets a sentence."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.dates import EXAMPLES, MOST_YEARS, named_time, parse_when, when_words

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kathmandu"), UTC]
#: A Monday.
NOW = datetime(2026, 11, 23, 10, 15, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("thu", "2026-11-26 09:00"),
        ("Thursday 15:00", "2026-11-26 15:00"),
        ("thurs. 3pm", "2026-11-26 15:00"),
        ("mon", "2026-11-30 09:00"),
        ("mon 11", "2026-11-23 11:00"),
        ("next mon", "2026-11-30 09:00"),
        ("next fri", "2026-12-04 09:00"),
        ("fri next week", "2026-12-04 09:00"),
        ("fri morning", "2026-11-27 09:00"),
        ("weekend", "2026-11-28 09:00"),
        ("next weekend", "2026-12-05 09:00"),
        ("tomorrow", "2026-11-24 09:00"),
        ("tomorrow 9", "2026-11-24 09:00"),
        ("TOMORROW9", "2026-11-24 09:00"),
        ("tomorrow at 9 o'clock", "2026-11-24 09:00"),
        ("tomorrow evening 7", "2026-11-24 19:00"),
        ("9am tomorrow", "2026-11-24 09:00"),
        ("the day after tomorrow", "2026-11-25 09:00"),
        ("this evening", "2026-11-23 18:00"),
        ("tonight", "2026-11-23 20:00"),
        ("today", "2026-11-23 18:00"),
        ("today 11:00", "2026-11-23 11:00"),
        ("next week", "2026-11-30 09:00"),
        ("next month", "2026-12-01 09:00"),
        ("next year", "2027-01-01 09:00"),
        ("in 3 days", "2026-11-26 10:15"),
        (" 3  D ", "2026-11-26 10:15"),
        ("in3days", "2026-11-26 10:15"),
        ("in 3 days at 9", "2026-11-26 09:00"),
        ("in two weeks", "2026-12-07 10:15"),
        ("a week", "2026-11-30 10:15"),
        ("3 months", "2027-02-23 10:15"),
        ("1 day 2 hours", "2026-11-24 12:15"),
        ("24.12.", "2026-12-24 09:00"),
        ("24. 12.", "2026-12-24 09:00"),
        ("24.12. 18:00", "2026-12-24 18:00"),
        ("24.12.27", "2027-12-24 09:00"),
        ("24 dec", "2026-12-24 09:00"),
        ("24th of December, 2027", "2027-12-24 09:00"),
        ("Dec 24 18:00", "2026-12-24 18:00"),
        ("24/12", "2026-12-24 09:00"),
        ("may 5", "2027-05-05 09:00"),
        ("29 feb", "2028-02-29 09:00"),
        ("2026-12-24 18:00", "2026-12-24 18:00"),
        ("2026-12-24T18:00", "2026-12-24 18:00"),
        ("18:30", "2026-11-23 18:30"),
        ("9:00", "2026-11-24 09:00"),
        ("18 : 30", "2026-11-23 18:30"),
        ("noon", "2026-11-23 12:00"),
        ("midnight", "2026-11-24 00:00"),
    ],
)
def test_a_named_time_is_a_time_of_the_clock_on_the_wall(text: str, wall: str) -> None:
    when = parse_when(text, NOW)
    assert f"{when.at.astimezone(BERLIN):%Y-%m-%d %H:%M}" == wall
    local = when.at.astimezone(BERLIN).utcoffset()
    assert local is not None
    assert when.offset == local.total_seconds() / 60


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("2h", 120), ("in 2 hours", 120), ("90 min", 90), ("90m", 90), ("1h 30min", 90), ("1.5 h", 90),
     ("half an hour", 30), ("an hour and 5 minutes", 65), ("in a minute", 1), ("48 hours", 48 * 60)],
)  # fmt: skip
def test_hours_and_minutes_are_a_moment(text: str, minutes: int) -> None:
    when = parse_when(text, NOW)
    assert (when.at - NOW, when.offset) == (timedelta(minutes=minutes), None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "A time is wanted"),
        ("   ", "A time is wanted"),
        ("at", "A time is wanted"),
        ("soon", 'What time is "soon"'),
        ("yesterday", "What time is"),
        ("9", "9 of what?"),
        ("today 9:00", "Mon 23 Nov, 09:00 is over"),
        ("2020-01-01", "is over"),
        ("0d", "That is now"),
        ("0 min", "That is now"),
        ("30 feb", "There is no day 30"),
        ("31.4.", "There is no day 31"),
        ("2026-02-29", "There is no day 29 in month 2 of 2026"),
        ("0000-01-01", "There is no day"),
        ("9999-12-31", "There is no day"),
        ("25:00", 'There is no "25:00"'),
        ("9:60", 'There is no "9:60"'),
        ("13pm", 'There is no "13pm"'),
        ("tomorrow 24", "no hour"),
        ("3/4", "two days"),
        ("thu fri", "names the day twice"),
        ("thu 9:00 10:00", "names the time of day twice"),
        ("2h thu", "at once"),
        ("thu 3 days", "at once"),
        ("1.5 days", "Only hours and minutes"),
        ("11 years", "more than 10 years"),
        ("99999999999999999999 days", "more than 10 years"),
        ("9999999 hours", "more than 10 years"),
        ("9999999 months", "more than 10 years"),
        ("2d 9999999 hours", "more than 10 years"),
        ("tomorrow 99999999999", "more than 10 years"),
        ("2999-01-01", "more than 10 years"),
        ("x" * 5000, "What time is"),
    ],
)
def test_what_is_no_time_gets_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as raised:
        parse_when(text, NOW)
    assert len(str(raised.value)) < 160
    assert EXAMPLES in str(raised.value) or "write it as" in str(raised.value) or "are times" in str(raised.value)


def test_a_weekday_of_today_is_today_while_it_is_not_over() -> None:
    early = NOW.replace(hour=8)
    assert parse_when("monday", early).at == early.replace(hour=9, minute=0)
    assert parse_when("monday", NOW).at == NOW.replace(hour=9, minute=0) + timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "text", "at", "offset"),
    [
        # The clocks go back in the night before the 25th of October, and forward before the 28th of March.
        ("2026-10-24 12:00", "tomorrow 9", "2026-10-25T08:00", 60),
        ("2026-10-24 12:00", "in 1 day", "2026-10-25T11:00", 60),
        ("2026-10-24 12:00", "24 hours", "2026-10-25T10:00", None),
        ("2026-10-24 12:00", "tomorrow 2:30", "2026-10-25T00:30", 120),
        ("2027-03-27 12:00", "tomorrow 9", "2027-03-28T07:00", 120),
        ("2027-03-27 12:00", "tomorrow 2:30", "2027-03-28T01:30", 120),
    ],
)
def test_where_the_clocks_change(now: str, text: str, at: str, offset: int | None) -> None:
    when = parse_when(text, datetime.fromisoformat(now).replace(tzinfo=BERLIN))
    assert (when.at, when.offset) == (datetime.fromisoformat(at).replace(tzinfo=UTC), offset)


def test_the_words_name_the_year_where_it_is_another_one() -> None:
    assert when_words(parse_when("thu", NOW).at, NOW) == "Thu 26 Nov, 09:00"
    assert when_words(parse_when("may 5", NOW).at, NOW) == "Wed 05 May 2027, 09:00"


_SAID = (
    "in at next this thu friday tomorrow today tonight week weekend month 3 9 18:30 24.12. 2026 dec 24 days d h "
    "min 2h year 99999 evening noon - . / : , am pm half a an the 0 31 feb 2027-01-31 1/1 ² ½"
)
_WORDS = st.sampled_from(_SAID.split())
_NOWS = st.builds(
    lambda naive, zone: naive.replace(tzinfo=UTC).astimezone(zone),
    st.datetimes(datetime(2000, 1, 1), datetime(2080, 1, 1)),
    st.sampled_from(ZONES),
)


@given(st.one_of(st.lists(_WORDS, max_size=6).map(" ".join), st.text(max_size=40)), _NOWS)
def test_every_text_is_a_time_to_come_or_a_sentence(text: str, now: datetime) -> None:
    try:
        when = parse_when(text, now)
    except ValueError:
        return
    assert when.at.utcoffset() == timedelta()
    assert now < when.at < now + timedelta(days=MOST_YEARS * 366 + 1)
    if when.offset is not None:
        assert when.at.astimezone(now.tzinfo).utcoffset() == timedelta(minutes=when.offset)


@given(_NOWS, st.integers(1, 9 * 365), st.integers(0, 23), st.integers(0, 59))
def test_what_the_words_say_is_understood_again(now: datetime, days: int, hour: int, minute: int) -> None:
    wall = (now + timedelta(days=days)).replace(tzinfo=None, hour=hour, minute=minute, second=0, microsecond=0)
    when = named_time(wall, now.tzinfo)
    local = when.at.astimezone(now.tzinfo)
    assert parse_when(f"{local:%Y-%m-%d %H:%M}", now) == when
    if local.date() > now.date() + timedelta(days=1):
        said = parse_when(f"in {(local.date() - now.date()).days} days at {local:%H:%M}", now)
        assert said == when
