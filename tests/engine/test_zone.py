"""The machine's time zone, also where the clocks are changed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tweetdesk.domain.dates import parse_when
from tweetdesk.engine.zone import HERE


@contextmanager
def machine_in(zone: str) -> Iterator[ZoneInfo]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        yield ZoneInfo(zone)
    time.tzset()


@pytest.mark.parametrize("name", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_it_has_the_rules_of_the_zone(name: str) -> None:
    @given(st.datetimes(datetime(2001, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)))
    def check(moment: datetime) -> None:
        here, there = moment.astimezone(HERE), moment.astimezone(zone)
        assert here.replace(tzinfo=None) == there.replace(tzinfo=None)
        assert here.utcoffset() == there.utcoffset()
        assert here.tzname() == there.tzname()
        assert here.astimezone(UTC) == moment

    with machine_in(name) as zone:
        check()


def test_a_time_after_the_change_of_the_clocks() -> None:
    with machine_in("Europe/Berlin"):
        now = datetime(2026, 10, 24, 10, 0, tzinfo=UTC).astimezone(HERE)
        when = parse_when("tomorrow 9", now)
    assert (when.at, when.offset) == (datetime(2026, 10, 25, 8, 0, tzinfo=UTC), 60)
