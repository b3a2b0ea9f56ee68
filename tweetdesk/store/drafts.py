"""Drafts: what is being written, kept while it is typed."""

from __future__ import annotations

from dataclasses import replace

from tweetdesk.domain.drafting import merged
from tweetdesk.domain.outbox import Draft
from tweetdesk.store.codec import clean, decode_act, encoded, moment, storable, when
from tweetdesk.store.database import Database, Row, Writer


class Drafts:
    """One draft an account and item; `item` is "" for a new post."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, draft: Draft) -> None:
        """Keep a draft in place of the one before, safe from a power loss; a blank one is taken away."""
        async with self._database.write(durable=True) as writer:
            await keep_draft(writer, draft)

    async def get(self, account: str, item: str) -> Draft | None:
        """The draft for an item."""
        row = await self._database.read_row(
            "SELECT account, item, act, text, changed_at FROM drafts WHERE account = ? AND item = ?",
            (account, storable(item)),
        )
        return _draft(row) if row else None

    async def all(self) -> list[Draft]:
        """Every draft, the last changed first."""
        rows = await self._database.read(
            "SELECT account, item, act, text, changed_at FROM drafts ORDER BY changed_at DESC, account, item"
        )
        return [_draft(row) for row in rows]

    async def give_back(self, draft: Draft) -> None:
        """Make a text a draft again; what has been written in its place since is kept below it."""
        async with self._database.write(durable=True) as writer:
            await give_back(writer, draft)

    async def delete(self, account: str, item: str) -> None:
        """Throw a draft away."""
        async with self._database.write(durable=True) as writer:
            await drop_draft(writer, account, item)


def _draft(row: Row) -> Draft:
    return Draft(row[0], row[1], decode_act(row[2]), row[3], when(row[4]))


async def keep_draft(writer: Writer, draft: Draft) -> None:
    """Keep a draft within a transaction; a blank one is taken away."""
    if replace(draft.act, text=draft.text).empty:
        await drop_draft(writer, draft.account, draft.item)
        return
    await writer.run(
        "INSERT INTO drafts (account, item, act, text, changed_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET act = excluded.act, text = excluded.text, changed_at = excluded.changed_at",
        (draft.account, storable(draft.item), encoded(clean(draft.act)), storable(draft.text),
         moment(draft.changed_at)),
    )  # fmt: skip


async def drop_draft(writer: Writer, account: str, item: str) -> None:
    """Throw a draft away within a transaction."""
    await writer.run("DELETE FROM drafts WHERE account = ? AND item = ?", (account, storable(item)))


async def give_back(writer: Writer, draft: Draft) -> None:
    """Make a text a draft again; what has been written in its place since is kept below it, nothing is lost."""
    row = await writer.row(
        "SELECT act, text FROM drafts WHERE account = ? AND item = ?", (draft.account, storable(draft.item))
    )
    act = replace(draft.act, text=draft.text)
    if row is not None:
        act = merged(act, replace(decode_act(row[0]), text=row[1]))
    await keep_draft(writer, Draft(draft.account, draft.item, act, act.text, draft.changed_at))
