"""People, sources, places in columns, the ledger: the small tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from storekit import ACCOUNT, ADA, BOB, HOME, MENTIONS, SEARCH, SECOND, at

from tweetdesk.domain.events import SourceState, SourceStatus
from tweetdesk.domain.people import Identity, Profile, Touch
from tweetdesk.domain.selections import Source
from tweetdesk.store.codec import first_key, key_time, moment, storable, when
from tweetdesk.store.columns import Place
from tweetdesk.store.ledger import Spent
from tweetdesk.store.store import Store

ME = ACCOUNT.id


async def test_the_help_list(store: Store) -> None:
    await store.people.set_helped(ME, BOB, True)
    await store.people.set_helped(ME, ADA, True)
    await store.people.set_helped(ME, BOB, True)
    assert await store.people.helped(ME) == (BOB, ADA)
    assert await store.people.helped(SECOND.id) == ()
    await store.people.set_helped(ME, BOB, False)
    assert await store.people.helped(ME) == (ADA,)


async def test_profiles_are_per_account(store: Store) -> None:
    seen = Profile(ADA, "bio", "https://example.com", "at://follow", True, "", False, True, at(0))
    await store.people.save_profile(ME, seen, at(0))
    await store.people.save_profile(SECOND.id, Profile(ADA), at(0))
    assert await store.people.profile(ME, "bluesky", ADA.id) == seen
    assert await store.people.profile(SECOND.id, "bluesky", ADA.id) == Profile(ADA)
    assert await store.people.profile(ME, "bluesky", BOB.id) is None
    assert await store.people.by_handle("bluesky", "@ADA.example.com") == ADA


async def test_an_unknown_name_never_replaces_a_known_one(store: Store) -> None:
    await store.people.save_profile(ME, Profile(ADA), at(0))
    await store.people.save_profile(ME, Profile(Identity("bluesky", ADA.id, "")), at(0))
    assert await store.people.identity("bluesky", ADA.id) == ADA
    assert await store.people.identity("bluesky", "nobody") is None


async def test_touches_are_newest_first_and_once_a_post(store: Store) -> None:
    for minute in range(4):
        await store.people.add_touch(
            ME, "bluesky", ADA.id, Touch(at(minute), "theirs", "mention", f"p{minute % 2}")
        )
        await store.people.add_touch(ME, "bluesky", ADA.id, Touch(at(minute), "ours", "followed up"))
    found = await store.people.touches("bluesky", ADA.id, limit=5)
    assert [(touch.at, touch.kind) for touch in found][:2] == [(at(3), "followed up"), (at(2), "followed up")]
    assert len(found) == 5
    assert len(await store.people.touches("bluesky", ADA.id)) == 6
    assert await store.people.last_touches("bluesky", []) == {}


async def test_notes(store: Store) -> None:
    await store.people.set_note("bluesky", ADA.id, "met in May", at(0))
    assert await store.people.note("bluesky", ADA.id) == "met in May"
    await store.people.set_note("bluesky", ADA.id, " ", at(1))
    assert await store.people.note("bluesky", ADA.id) == ""


async def test_sources_and_their_state(store: Store) -> None:
    await store.sources.ensure(HOME)
    await store.sources.ensure(HOME)
    assert await store.sources.statuses() == {}
    status = SourceStatus(MENTIONS, SourceState.LIMITED, at(1), at(30), "too many requests")
    await store.sources.save_status(status)
    await store.sources.save_status(SourceStatus(SEARCH, SourceState.FRESH, at(2)))
    assert await store.sources.statuses() == {
        MENTIONS: status,
        SEARCH: SourceStatus(SEARCH, SourceState.FRESH, at(2)),
    }
    assert await store.sources.all() == [HOME, MENTIONS, SEARCH]
    assert await store.sources.cursor(Source(ME, "unknown")) == ""


async def test_the_place_in_a_column(store: Store) -> None:
    assert await store.columns.get("morning", "home||") is None
    await store.columns.save("morning", "home||", "a", 2)
    await store.columns.save("morning", "home||", "b", 3, account=ME, key=7)
    await store.columns.save("listening", "home||", "c", 0)
    assert await store.columns.get("morning", "home||") == Place("b", 3, ME, 7)
    assert await store.columns.shown_layout() == ""
    await store.columns.show_layout("morning")
    await store.columns.show_layout("listening")
    assert await store.columns.shown_layout() == "listening"


async def test_the_ledger_counts_by_day(store: Store) -> None:
    day = at(0).date()
    await store.ledger.count(ME, MENTIONS, at(0), resources=20, micros=5000)
    await store.ledger.count(ME, MENTIONS, at(5), requests=2, micros=1)
    await store.ledger.count(ME, None, at(5))
    await store.ledger.count(SECOND.id, HOME, at(24 * 60))
    assert await store.ledger.spent(at(9)) == [
        Spent(ME, "", day, 1, 0),
        Spent(ME, MENTIONS.id, day, 3, 20, 5001),
    ]
    assert await store.ledger.spent(at(24 * 60), ME) == []
    assert (await store.ledger.micros(at(9)), await store.ledger.micros(at(24 * 60))) == (5001, 0)
    both = await store.ledger.since(day, at(24 * 60).date())
    assert [one.account for one in both] == [ME, ME, SECOND.id]
    assert await store.ledger.since(day, at(24 * 60).date(), SECOND.id) == both[2:]


@pytest.mark.parametrize("year", [1, 1969, 1970, 2026, 9999])
def test_times_come_back_to_the_microsecond(year: int) -> None:
    time = datetime(year, 7, 1, 1, 2, 3, 456789, tzinfo=UTC)
    assert when(moment(time)) == time
    assert moment(time.astimezone(timezone(timedelta(hours=5)))) == moment(time)
    assert 0 <= first_key(time) < 1 << 63


def test_keys_hold_the_millisecond() -> None:
    time = datetime(2026, 7, 1, 1, 2, 3, 456789, tzinfo=UTC)
    assert key_time(first_key(time) + 17) == time.replace(microsecond=456000)
    with pytest.raises(ValueError, match="time zone"):
        moment(datetime(2026, 1, 1))


def test_pairs_of_surrogates_are_joined_and_halves_replaced() -> None:
    assert storable("a\ud83d\ude00b") == "a😀b"
    assert storable("a\ud83d") == "a\ufffd"
    assert storable("\udc00\ud800x") == "\ufffd\ufffdx"
