"""From a database of the first version, with content: nothing of it is lost, and it works as before."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from storekit import ACCOUNT, ADA, BOB, IN_MENTIONS, MENTIONS, START, arrivals, at, opened, post, reply_to

from tweetdesk.domain.outbox import Act, ActKind, Draft, OutboxState
from tweetdesk.domain.triage import Move, Triage, TriageState
from tweetdesk.store.codec import encoded, moment
from tweetdesk.store.database import Database
from tweetdesk.store.ledger import Ledger, Spent
from tweetdesk.store.migrate import shipped
from tweetdesk.store.outbox_rows import lane
from tweetdesk.store.posts import Posts
from tweetdesk.store.store import DATABASE, Store

ME = ACCOUNT.id
POST = post("a")
ITEM = str(POST.ref)
DRAFT = Draft(ME, "", Act(ActKind.POST, ME, text="begun"), "begun", START)


def put_as_before(connection: sqlite3.Connection, act: Act, state: str, item: str) -> None:
    """A row of the outbox as the first version wrote it."""
    connection.execute(
        "INSERT INTO outbox (account, item, lane, kind, target, act, state, created_at, not_before, changed_at, "
        "material) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')",
        (act.account, item, lane(act), act.kind.value, str(act.target), encoded(act), state, moment(START),
         moment(START), moment(START)),
    )  # fmt: skip


async def first_version(folder: Path) -> None:
    """A database of version 1 with posts, a held and a sent answer, a draft, hidden people and counts."""
    path = folder / DATABASE
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"BEGIN;\n{shipped()[0].sql}\nPRAGMA user_version = 1;\nCOMMIT;")
    database = await Database.open(path, clock=lambda: START, migrations=shipped()[:1])
    try:
        # What was not changed since is written by the present code, which looks for muted words as well.
        async with database.write() as writer:
            await writer.run("CREATE TEMP TABLE muted_words (words, since, until)")
        await Posts(database).ingest(MENTIONS, arrivals(POST, post("b", minutes=1)), cursor="7", now=START)
        async with database.write() as writer:
            await writer.run("INSERT INTO hidden VALUES (?, 'bluesky', ?)", (ME, BOB.id))
            await writer.run(
                "INSERT INTO drafts VALUES (?, ?, ?, ?, ?)",
                (ME, "", encoded(DRAFT.act), DRAFT.text, moment(DRAFT.changed_at)),
            )
            await writer.many(
                "INSERT INTO ledger (account, source, day, requests, posts) VALUES (?, ?, ?, ?, ?)",
                [(ME, MENTIONS.id, "2026-03-01", 3, 20), (ME, "", "2026-03-01", 1, 0)],
            )
    finally:
        await database.close()
    with closing(sqlite3.connect(path)) as connection:
        put_as_before(connection, reply_to(POST, "held answer"), "held", ITEM)
        put_as_before(connection, Act(ActKind.LIKE, ME, target=POST.ref, person=ADA), "sent", ITEM)
        connection.execute("UPDATE triage SET state = 'answering', how = 'answered' WHERE item = ?", (ITEM,))
        connection.commit()


async def test_everything_is_there_and_goes_on(tmp_path: Path) -> None:
    await first_version(tmp_path)
    async with opened(tmp_path) as store:
        day = date(2026, 3, 1)
        assert store.put_aside is None
        assert (tmp_path / f"{DATABASE}.before-2").exists()
        assert await store.ledger.spent(START) == [Spent(ME, "", day, 1, 0), Spent(ME, MENTIONS.id, day, 3, 20)]
        assert await store.sources.cursor(MENTIONS) == "7"
        assert await store.drafts.all() == [DRAFT]
        assert len(await store.posts.item_keys(IN_MENTIONS)) == 2
        like, held = await store.outbox.rows()
        assert (like.state, like.item_account, like.page) == (OutboxState.SENT, ME, "")
        assert (held.state, held.item_account, held.act.text) == (OutboxState.HELD, ME, "held answer")
        item = await store.posts.item(ME, ITEM)
        assert item is not None
        assert item.pending == "reply held"
        assert await store.posts.show_again(at(10**6)) == frozenset()
        [ready] = await store.outbox.ready(at(1))
        await store.outbox.begin_sending(ready.id, "{}", at(1))
        await store.outbox.sent(ready.id, "r", at(1))
        assert await store.triage.state(ME, ITEM) == Triage(TriageState.DONE, None, "answered")
        await store.triage.apply(ME, [ITEM], Move.REOPEN, now=at(2))


async def test_the_copy_of_before_is_of_the_first_version(tmp_path: Path) -> None:
    await first_version(tmp_path)
    await (await Store.open(tmp_path, clock=lambda: START)).close()
    path = tmp_path / f"{DATABASE}.before-2"
    database = await Database.open(path, clock=lambda: START, migrations=shipped()[:1])
    try:
        assert await database.read("SELECT sum(posts) FROM ledger") == [(20,)]
    finally:
        await database.close()
    upgraded = await Database.open(path, clock=lambda: START)
    try:
        assert [one.resources for one in await Ledger(upgraded).spent(START)] == [0, 20]
    finally:
        await upgraded.close()
