"""Taking over a profile: who may write when the first has ended, was killed, or only stands still."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from storekit import (
    ACCOUNT,
    HOLD_OPEN,
    IN_MENTIONS,
    MENTIONS,
    START,
    arrivals,
    child,
    opened,
    post,
    reply_to,
)

from tweetdesk.domain.outbox import Draft
from tweetdesk.store.errors import DatabaseNewer, ReadOnly
from tweetdesk.store.lock import ProfileLock
from tweetdesk.store.store import DATABASE, LOCK, Store

DRAFT = Draft(ACCOUNT.id, "", reply_to(post("a")), "written here", START)


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the profile open."""
    with child(HOLD_OPEN, folder) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            yield process
        finally:
            process.kill()


async def test_a_first_one_that_only_stands_still_keeps_the_profile_and_a_killed_one_does_not(
    tmp_path: Path,
) -> None:
    with held(tmp_path) as process:
        async with opened(tmp_path) as second:
            assert second.read_only
            assert not await second.take_over()
            process.send_signal(signal.SIGSTOP)
            assert not await second.take_over()
            with pytest.raises(ReadOnly):
                await second.drafts.save(DRAFT)
            process.kill()
            process.wait()
            assert await second.take_over()
            assert await second.take_over()
            assert not second.read_only
            await second.drafts.save(DRAFT)
            await second.posts.ingest(MENTIONS, arrivals(post("ours")), cursor="", now=START)
            assert len(await second.posts.item_keys(IN_MENTIONS)) == 2
            async with opened(tmp_path) as third:
                assert third.read_only
                assert await third.drafts.all() == [DRAFT]
    # The end of the first was none in order: the next start looks through the whole file.
    assert not (tmp_path / f"{DATABASE}.clean").exists()


async def test_after_an_end_in_order_it_stays_in_order(tmp_path: Path) -> None:
    first = await Store.open(tmp_path, clock=lambda: START)
    async with opened(tmp_path) as second:
        await first.close()
        assert await second.take_over()
        assert not (tmp_path / f"{DATABASE}.clean").exists()
        await second.drafts.save(DRAFT)
    assert (tmp_path / f"{DATABASE}.clean").exists()
    async with opened(tmp_path) as again:
        assert await again.drafts.all() == [DRAFT]


async def test_of_two_that_wait_one_takes_over(tmp_path: Path) -> None:
    with held(tmp_path) as process:
        async with opened(tmp_path) as one, opened(tmp_path) as other:
            process.kill()
            process.wait()
            won = await asyncio.gather(one.take_over(), other.take_over())
            assert sorted(won) == [False, True]
            assert [one.read_only, other.read_only] == [not won[0], not won[1]]


async def test_a_read_that_is_under_way_is_answered(tmp_path: Path) -> None:
    first = await Store.open(tmp_path, clock=lambda: START)
    await first.posts.ingest(MENTIONS, arrivals(*(post(f"p{n}") for n in range(50))), cursor="", now=START)
    async with opened(tmp_path) as second:
        await first.close()
        reads = [asyncio.create_task(second.posts.item_keys(IN_MENTIONS)) for _ in range(20)]
        await asyncio.sleep(0)
        assert await second.take_over()
        assert {len(await read) for read in reads} == {50}


async def test_a_database_that_a_newer_one_has_changed_since_is_left_alone(tmp_path: Path) -> None:
    first = await Store.open(tmp_path, clock=lambda: START)
    async with opened(tmp_path) as second:
        await first.close()
        with closing(sqlite3.connect(tmp_path / DATABASE)) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(DatabaseNewer):
            await second.take_over()
        assert second.read_only
        lock = ProfileLock(tmp_path / LOCK)
        assert lock.take()
        lock.release()
