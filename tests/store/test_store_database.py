"""The file of the database: damage, newer versions, migrations, full disks, crashes, two processes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from storekit import (
    ACCOUNT,
    ADA,
    BOB,
    HOLD_OPEN,
    HOME,
    IN_MENTIONS,
    MENTIONS,
    START,
    arrivals,
    at,
    child,
    opened,
    post,
    ref,
    reply_to,
)

from tweetdesk.domain.outbox import ActKind, Draft, OutboxState
from tweetdesk.domain.posts import PostKind
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.database import Database
from tweetdesk.store.errors import DatabaseNewer, ReadOnly, StoreTrouble
from tweetdesk.store.lock import ProfileLock
from tweetdesk.store.migrate import Migration, shipped
from tweetdesk.store.store import Store

ME = ACCOUNT.id
DRAFT = Draft(ME, "", reply_to(post("a")), "written before", START)


async def filled(folder: Path, count: int = 200) -> Path:
    """A database with posts and a draft, closed in order; its path."""
    async with opened(folder) as store:
        posts = [post(f"p{number}", "words " * 40, minutes=number) for number in range(count)]
        await store.posts.ingest(MENTIONS, arrivals(*posts), cursor="1", now=START)
        await store.drafts.save(DRAFT)
    return folder / "tweetdesk.db"


async def test_files_are_private(tmp_path: Path) -> None:
    path = await filled(tmp_path / "deep" / "data")
    assert path.parent.stat().st_mode & 0o777 == 0o700
    async with opened(path.parent):
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o777 == 0o600, file


async def test_pragmas(store: Store) -> None:
    async with store.database.write() as writer:
        assert await writer.row("PRAGMA journal_mode") == ("wal",)
        assert await writer.row("PRAGMA foreign_keys") == (1,)
        assert await writer.row("PRAGMA synchronous") == (1,)
    async with store.database.write(durable=True) as writer:
        assert await writer.row("PRAGMA synchronous") == (2,)
    with pytest.raises(StoreTrouble, match="readonly"):
        await store.database.read("DELETE FROM posts")


async def test_an_error_rolls_back_and_the_next_write_works(store: Store) -> None:
    async def write(text: str | None) -> None:
        async with store.database.write() as writer:
            await writer.run("INSERT INTO notes VALUES ('n', 'a', 'half', 0)")
            await writer.run("INSERT INTO notes VALUES ('n', 'b', ?, 0)", (text,))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write("whole")
    with pytest.raises(sqlite3.IntegrityError):
        await write(None)
    await store.people.set_note("n", "d", "whole", START)
    assert await store.database.read("SELECT id FROM notes") == [("d",)]


async def test_a_cancelled_write_leaves_nothing_and_lets_go(store: Store) -> None:
    inside = asyncio.Event()

    async def write() -> None:
        async with store.database.write() as writer:
            await writer.run("INSERT INTO notes VALUES ('n', 'a', 'half', 0)")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.people.set_note("n", "d", "whole", START)
    assert await store.database.read("SELECT id FROM notes") == [("d",)]


def truncated(content: bytes) -> bytes:
    """The first half and a bit."""
    return content[: len(content) // 2 + 100]


def garbage_header(content: bytes) -> bytes:
    """Another beginning."""
    return b"not a database at all" * 5 + content[105:]


def garbage_pages(content: bytes) -> bytes:
    """Noise over some pages in the middle."""
    middle = len(content) // 8192 * 4096
    return content[:middle] + random.Random(1).randbytes(4 * 4096) + content[middle + 4 * 4096 :]


def text(content: bytes) -> bytes:
    """A file of something else."""
    return b"hello\n"


@pytest.mark.parametrize("damage", [truncated, garbage_header, garbage_pages, text])
async def test_a_damaged_file_is_put_aside_and_a_fresh_one_begins(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = await filled(tmp_path)
    damaged = damage(path.read_bytes())
    path.write_bytes(damaged)
    for again in (False, True):
        async with opened(tmp_path) as store:
            if again:
                assert store.put_aside is None
                assert await store.posts.item_keys(IN_MENTIONS) != []
                continue
            assert store.put_aside == tmp_path / "tweetdesk.db.damaged-20260301-090000"
            assert store.put_aside.read_bytes() == damaged
            assert store.put_aside.stat().st_mode & 0o777 == 0o600
            assert await store.posts.item_keys(IN_MENTIONS) == []
            await store.posts.ingest(MENTIONS, arrivals(post("new")), cursor="", now=START)


async def test_what_was_typed_is_rescued_from_a_damaged_file(tmp_path: Path) -> None:
    reply = reply_to(post("held"), "held answer")
    async with opened(tmp_path) as store:
        await store.drafts.save(DRAFT)
        await store.people.set_note("bluesky", ADA.id, "met in May", START)
        await store.people.set_helped(ME, ADA, True)
        await store.posts.hide_author(ME, BOB.id)
        await store.outbox.put(reply, "held", material="{}", held_until=at(1), move=Move.ANSWER, now=START)
        quote = replace(reply, kind=ActKind.QUOTE, text="held quote")
        await store.outbox.put(quote, "held", material="{}", held_until=at(1), now=START)
        thread = [replace(reply, text=f"part {number}", target=None) for number in (1, 2, 3)]
        then = [(one, "{}") for one in thread[1:]]
        await store.outbox.put(thread[0], "thread", material="{}", held_until=at(1), then=then, now=START)
        there = reply_to(post("there"), "to be done there")
        await store.outbox.hand_off(there, "there", page="https://example.com", until=at(9), now=START)
        other = reply_to(post("x"), "sent")
        sent = await store.outbox.put(other, "sent", material="{}", held_until=START, now=START)
        await store.outbox.sent(sent.id, "r", START)
    path = await filled(tmp_path, 400)
    path.write_bytes(garbage_pages(path.read_bytes()))
    async with opened(tmp_path) as store:
        assert store.put_aside is not None
        assert {(draft.item, draft.text) for draft in await store.drafts.all()} == {
            ("", DRAFT.text),
            ("held", "held answer"),
            ("quote held", "held quote"),
            ("there", "to be done there"),
            ("thread", "part 1"),
        }
        parts = {part.text for draft in await store.drafts.all() for part in draft.act.more}
        assert parts == {"part 2", "part 3"}
        assert await store.people.note("bluesky", ADA.id) == "met in May"
        assert await store.people.helped(ME) == (ADA,)
        assert await store.posts.unhide_author(ME, BOB.id) == frozenset()
        assert [(row.state, row.result) for row in await store.outbox.rows()] == [(OutboxState.SENT, "r")]
        # What was being answered is open: its text is a draft again. What was answered stays done.
        assert (await store.triage.state(ME, "held")).state is TriageState.OPEN
        assert await store.triage.replay() == await store.triage.table()


def items(name: str, *numbers: int) -> list[str]:
    """The items of posts."""
    return [str(ref(f"{name}{number}")) for number in numbers]


async def test_what_was_decided_is_rescued_from_a_file_with_damaged_posts(tmp_path: Path) -> None:
    """Snoozes, waits, what is done, the log and what can be undone; and posts that come again are no news."""
    thread = [post(f"t{number}", conversation="t0", minutes=number) for number in range(3)]
    talk = replace(post("m0"), kind=PostKind.MESSAGE, conversation="talk")
    messages = Source(ME, "messages")
    async with opened(tmp_path) as store:
        await store.posts.ingest(MENTIONS, arrivals(*thread), cursor="1", now=at(5))
        await store.posts.ingest(messages, arrivals(talk), cursor="1", now=at(5))
    path = await filled(tmp_path, 400)
    async with opened(tmp_path) as store:
        triage = store.triage
        await triage.apply(ME, items("p", 1), Move.SNOOZE, until=at(900), offset=120, now=at(6))
        await triage.apply(ME, items("p", 2), Move.WAIT, until=at(800), now=at(6))
        await triage.apply(ME, items("t", 0, 1, 2), Move.SNOOZE, until=at(700), now=at(6))
        await triage.apply(ME, ["conversation talk"], Move.FINISH, act="followed up", now=at(6))
        await triage.apply(ME, items("p", 3), Move.FINISH, act="followed up", now=at(6))
        (undone,) = await triage.apply(ME, items("p", 4), Move.FINISH, act="followed up", now=at(7))
        await triage.undo(undone.id, at(8))
        await store.posts.mute_words("crypto", None, at(8))
        before = {place: one for place, one in (await triage.table()).items() if one != Triage()}
        log, undoable = await triage.recent(), await triage.last_undoable()
        assert len(before) == 7
    path.write_bytes(damaged_rows(path.read_bytes(), b"words words"))
    async with opened(tmp_path) as store:
        assert store.put_aside is not None
        assert await store.triage.table() == before
        assert await store.triage.recent() == log
        assert await store.triage.last_undoable() == undoable
        await store.posts.ingest(MENTIONS, arrivals(*thread), cursor="1", now=at(20))
        await store.posts.ingest(messages, arrivals(talk), cursor="1", now=at(20))
        assert {place: one for place, one in (await store.triage.table()).items() if one != Triage()} == before
        later = replace(post("m1", minutes=30), kind=PostKind.MESSAGE, conversation="talk")
        await store.posts.ingest(messages, arrivals(later), cursor="1", now=at(30))
        assert (await store.triage.state(ME, "conversation talk")).state is TriageState.OPEN


def damaged_rows(content: bytes, words: bytes) -> bytes:
    """Noise over the pages in which there are these words."""
    noise = random.Random(2)
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    return b"".join(noise.randbytes(4096) if words in page else page for page in pages)


async def test_two_damaged_files_in_one_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "tweetdesk.db"
    names = []
    for content in (b"one " * 100, b"two " * 100):
        path.write_bytes(content)
        async with opened(tmp_path) as store:
            assert store.put_aside is not None
            names.append(store.put_aside)
    assert [name.read_bytes()[:3] for name in names] == [b"one", b"two"]


async def test_an_empty_file_is_a_beginning(tmp_path: Path) -> None:
    (tmp_path / "tweetdesk.db").touch()
    async with opened(tmp_path) as store:
        assert store.put_aside is None


async def test_damage_that_shows_up_later_is_told_and_found_at_the_next_start(tmp_path: Path) -> None:
    path = await filled(tmp_path, 2000)
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + b"\xff" * (len(content) // 2))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    # The file looks as it was left, so it is not checked.
    async with opened(tmp_path) as store:
        assert store.put_aside is None
        with pytest.raises(StoreTrouble, match="damaged"):
            await store.posts.known([ref(f"p{number}") for number in range(2000)])
    async with opened(tmp_path) as store:
        assert store.put_aside is not None


async def test_a_damaged_file_with_the_mark_of_a_clean_end_is_put_aside_too(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    status = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    async with opened(tmp_path) as store:
        assert store.put_aside is not None
        await store.drafts.save(DRAFT)


async def test_only_an_unclean_end_costs_a_check(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    mark = path.with_name("tweetdesk.db.clean")
    assert mark.exists()
    async with opened(tmp_path):
        assert not mark.exists()
    assert mark.exists()


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder but the lock."""
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "tweetdesk.lock"}


async def test_a_newer_database_is_refused_and_untouched(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = contents(tmp_path)
    with pytest.raises(DatabaseNewer, match="newer tweetdesk") as caught:
        await Store.open(tmp_path, clock=lambda: START)
    assert str(path) in str(caught.value)
    assert contents(tmp_path) == before
    # The lock was let go of.
    lock = ProfileLock(tmp_path / "tweetdesk.lock")
    assert lock.take()
    lock.release()


NEWEST = shipped()[-1].version
NEXT_STEP = Migration(NEWEST + 1, "ALTER TABLE notes ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue';")
BROKEN_STEP = Migration(NEWEST + 2, "CREATE TABLE extra (id INTEGER); INSERT INTO nowhere VALUES (1);")


async def test_a_migration_keeps_what_is_there_and_a_copy_of_before(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    database = await Database.open(path, clock=lambda: START, migrations=(*shipped(), NEXT_STEP))
    try:
        assert await database.read("PRAGMA user_version") == [(NEWEST + 1,)]
        assert await database.read("SELECT count(*) FROM posts") == [(200,)]
        assert await database.read("SELECT colour FROM notes") == []
    finally:
        await database.close()
    copy = tmp_path / f"tweetdesk.db.before-{NEWEST + 1}"
    assert copy.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
        assert connection.execute("SELECT text FROM drafts").fetchone() == (DRAFT.text,)
    with pytest.raises(DatabaseNewer):
        await Store.open(tmp_path, clock=lambda: START)


async def test_a_migration_that_fails_leaves_the_version_before(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    steps = (*shipped(), NEXT_STEP, BROKEN_STEP)
    with pytest.raises(StoreTrouble, match="nowhere"):
        await Database.open(path, clock=lambda: START, migrations=steps, backups=False)
    assert not (tmp_path / f"tweetdesk.db.before-{NEWEST + 1}").exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST + 1,)
        assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'extra'").fetchone() == (0,)


def test_the_shipped_steps_are_numbered_without_a_gap() -> None:
    assert [step.version for step in shipped()] == list(range(1, len(shipped()) + 1))


async def test_a_full_database_says_so_and_loses_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as store:
        await store.drafts.save(DRAFT)
        async with store.database.write() as writer:
            (pages,) = (await writer.rows("PRAGMA page_count"))[0]
            await writer.run(f"PRAGMA max_page_count = {pages + 8}")
        many = [post(f"p{number}", "word " * 50) for number in range(200)]
        with pytest.raises(StoreTrouble, match="disk is full"):
            await store.posts.ingest(HOME, arrivals(*many), cursor="1", now=START)
        assert await store.sources.cursor(HOME) == ""
        assert await store.posts.known([one.ref for one in many]) == set()
        assert await store.drafts.all() == [DRAFT]
        # What needs no new room still works, and so does everything once there is room again.
        await store.triage.apply(ME, ["a"], Move.FINISH, now=START)
        async with store.database.write() as writer:
            await writer.run("PRAGMA max_page_count = 100000")
        await store.posts.ingest(HOME, arrivals(*many), cursor="1", now=START)


FULL = """
import asyncio, resource, sys
from pathlib import Path
from storekit import HOME, START, arrivals, post
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=lambda: START)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
        for page in range(100):
            posts = [post(f"{page}-{n}", "word " * 50) for n in range(50)]
            await store.posts.ingest(HOME, arrivals(*posts), cursor=str(page), now=START)
    except StoreTrouble as trouble:
        print(trouble)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await store.people.set_note("n", "a", "after", START)
    finally:
        await store.close()

asyncio.run(main())
"""


async def test_a_disk_that_takes_no_more_bytes(tmp_path: Path) -> None:
    await filled(tmp_path)
    with child(FULL, tmp_path) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert said.strip()
    async with opened(tmp_path) as store:
        assert store.put_aside is None
        assert await store.drafts.all() == [DRAFT]
        assert await store.people.note("n", "a") == "after"
        page = int(await store.sources.cursor(HOME) or -1)
        refs = [ref(f"{number}-{n}") for number in range(page + 2) for n in range(50)]
        assert len(await store.posts.known(refs)) == (page + 1) * 50


CRASH = """
import asyncio, os, signal, sys
from pathlib import Path
from storekit import HOME, START, arrivals, post
from tweetdesk.store.store import Store

class Deadly(list):
    def __iter__(self):
        os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=lambda: START)
    await store.posts.ingest(HOME, arrivals(post("whole")), cursor="1", now=START)
    half = arrivals(*(post(f"half {n}", "word " * 400) for n in range(500)))
    await store.posts.ingest(HOME, half, cursor="2", now=START, **{os.environ["DEADLY"]: Deadly([1])})

asyncio.run(main())
"""


@pytest.mark.parametrize("where", ["people", "gone"])
async def test_kill_9_within_an_ingest_leaves_neither_half(tmp_path: Path, where: str) -> None:
    with child(CRASH, tmp_path, DEADLY=where) as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    async with opened(tmp_path) as store:
        assert not store.read_only
        assert store.put_aside is None
        assert await store.sources.cursor(HOME) == "1"
        assert await store.posts.known([ref("whole"), ref("half 0")]) == {ref("whole")}
        assert [item.post.text for item in await store.posts.search("word", 5)] == []
        assert await store.database.read("SELECT count(*) FROM triage") == [(1,)]


LOOP = """
import asyncio, sys
from pathlib import Path
from storekit import HOME, START, arrivals, post
from tweetdesk.store.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=lambda: START)
    page = int(await store.sources.cursor(HOME) or 0)
    while True:
        posts = [post(f"{page}-{n}") for n in range(20)]
        await store.posts.ingest(HOME, arrivals(*posts), cursor=str(page + 1), now=START)
        page += 1
        print(page, flush=True)

asyncio.run(main())
"""


async def test_kill_9_at_any_moment_never_skips(tmp_path: Path) -> None:
    chance = random.Random(7)
    told = 0
    for _ in range(4):
        with child(LOOP, tmp_path) as process:
            assert process.stdout is not None
            for _ in range(chance.randint(1, 12)):
                told = int(process.stdout.readline())
            process.kill()
            process.wait()
        async with opened(tmp_path) as store:
            page = int(await store.sources.cursor(HOME))
            assert page >= told
            refs = [ref(f"{number}-{n}") for number in range(page + 2) for n in range(20)]
            assert len(await store.posts.known(refs)) == page * 20


async def test_a_second_process_reads_only_and_takes_over_when_the_first_is_dead(tmp_path: Path) -> None:
    with child(HOLD_OPEN, tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        async with opened(tmp_path) as second:
            assert second.read_only
            assert len(await second.posts.item_keys(IN_MENTIONS)) == 1
            for write in (
                second.drafts.save(DRAFT),
                second.triage.apply(ME, ["a"], Move.FINISH, now=START),
                second.posts.ingest(MENTIONS, [], cursor="9", now=START),
                second.columns.save("morning", "home||", "a", 0),
            ):
                with pytest.raises(ReadOnly, match="Another tweetdesk"):
                    await write
        process.kill()
        process.wait()
    async with opened(tmp_path) as third:
        assert not third.read_only
        await third.drafts.save(DRAFT)
        assert len(await third.posts.item_keys(IN_MENTIONS)) == 1


async def test_a_reader_sees_what_the_writer_commits(tmp_path: Path) -> None:
    async with opened(tmp_path) as writer, opened(tmp_path) as reader:
        assert (writer.read_only, reader.read_only) == (False, True)
        await writer.posts.ingest(MENTIONS, arrivals(post("a"), post("b", minutes=1)), cursor="", now=at(1))
        assert len(await reader.posts.item_keys(IN_MENTIONS)) == 2
    async with opened(tmp_path) as store:
        assert not store.read_only


async def test_reading_only_beside_an_older_version(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with pytest.raises(StoreTrouble, match="older tweetdesk"):
        await Database.open(path, clock=lambda: START, read_only=True, migrations=(*shipped(), NEXT_STEP))


async def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreTrouble, match="cannot be read or written"):
        await Store.open(tmp_path / "file" / "data", clock=lambda: START)


STUCK = """
import asyncio, sys
from pathlib import Path
from storekit import START
from tweetdesk.store.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=lambda: START)
    try:
        raise SystemExit(3)
    finally:
        await store.close()

asyncio.run(main())
"""


def test_no_thread_keeps_the_process_alive(tmp_path: Path) -> None:
    with child(STUCK, tmp_path) as process:
        assert process.wait(timeout=30) == 3
