"""How long the store takes for what the desk asks of it, as JSON: milliseconds unless the name says otherwise."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind, Draft
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Post, PostKind, PostRef, Span, SpanKind
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.domain.triage import Move
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNT = Account("bluesky", "did:plc:abcdefghijklmnopqrstuvwx", "me.example.com", "https://example.com")
WORDS = (Path(__file__).read_text() * 3).split()
PAGE = 50


def made_post(number: int, chance: random.Random, *, message: bool = False) -> Post:
    """A post of the usual size, with a mention, a link and what it answers."""
    author = Identity("bluesky", f"did:plc:{number % 400:024d}", f"person{number % 400}.example.com", "A Name")
    text = " ".join(chance.choices(WORDS, k=30))[:290]
    ref = PostRef("bluesky", f"at://{author.id}/app.bsky.feed.post/{number:013d}")
    root = PostRef("bluesky", f"at://{ACCOUNT.user_id}/app.bsky.feed.post/{number % 900:013d}")
    spans = (Span(0, 9, SpanKind.MENTION, ACCOUNT.user_id), Span(10, 30, SpanKind.LINK, "https://example.com/a"))
    at = START + timedelta(minutes=number)
    if message:
        return Post(ref, author, text, at, PostKind.MESSAGE, conversation=f"conversation-{number % 300}")
    return Post(
        ref, author, text, at, spans=spans, version="bafyrei" + "a" * 52, conversation=root.id, reply_to=root,
        reply_root=root, root_version="bafyrei" + "b" * 52, parent=Excerpt(root, ACCOUNT.identity, text[:80]),
        languages=("en",), url=f"https://example.com/{number}", reply_count=number % 5,
    )  # fmt: skip


async def median(times: int, act: Callable[[], Awaitable[Any]]) -> float:
    """The median of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(taken), 3)


async def fill(store: Store, source: Source, count: int, *, message: bool = False) -> float:
    """Take in so many posts in pages; the microseconds that one post took."""
    chance = random.Random(count)
    offset = {"mentions": 0, "messages": 10_000_000}.get(source.kind, 20_000_000)
    posts = [made_post(offset + number, chance, message=message) for number in range(count)]
    began = time.perf_counter()
    for start in range(0, count, PAGE):
        page = [Arrival(post, post.created_at, ("mentions you",)) for post in posts[start : start + PAGE]]
        await store.posts.ingest(source, page, cursor=str(start), now=START)
    return round((time.perf_counter() - began) * 1e6 / count, 1)


async def measure(folder: Path, count: int) -> dict[str, Any]:
    """All figures for a store with so many posts in each of three sources."""
    mentions, home, messages = (Source(ACCOUNT.id, kind) for kind in ("mentions", "home", "messages"))
    figures: dict[str, Any] = {"posts": count, "sqlite": sqlite3.sqlite_version, "python": sys.version.split()[0]}
    store = await Store.open(folder, clock=lambda: START)
    try:
        figures["ingest_us_per_post"] = await fill(store, mentions, count)
        await fill(store, home, count)
        await fill(store, messages, count, message=True)
        mine = Selection((mentions,))
        keys = await store.posts.item_keys(mine)
        page = [(account, item) for _, item, account in keys[-60:]]
        hundred = [(account, item) for _, item, account in keys[-100:]]
        talks = Selection((messages,), by_conversation=True)
        asked = {
            "item_keys": lambda: store.posts.item_keys(mine),
            "item_keys_two_sources": lambda: store.posts.item_keys(Selection((mentions, home))),
            "item_keys_filtered": lambda: store.posts.item_keys(Selection((mentions,), words="account source")),
            "item_keys_conversations": lambda: store.posts.item_keys(talks),
            "page_of_60": lambda: store.posts.items(mine, page),
            "page_of_100": lambda: store.posts.items(mine, hundred),
            "counts_of_4": lambda: store.posts.counts([mine, talks, Selection((home,)), mine]),
            "search_newest_50": lambda: store.posts.search("account", 50),
            "search_rare": lambda: store.posts.search("account zzzz", 50),
        }
        for name, act in asked.items():
            figures[name] = await median(15, act)
        figures["item_keys_rows"] = len(keys)
        figures |= await writes(store, [item for _, item, _ in keys])
    finally:
        await store.close()
    figures["database_mb"] = round((folder / "tweetdesk.db").stat().st_size / 1e6, 1)
    figures["open_after_clean_end"] = await median(5, lambda: reopen(folder))
    figures["open_after_unclean_end"] = await median(3, lambda: reopen(folder, unclean=True))
    return figures


async def writes(store: Store, items: list[str]) -> dict[str, Any]:
    """What the user's own acts take, with the wait for the disk."""
    act = Act(ActKind.REPLY, ACCOUNT.id, target=PostRef.parse(items[0]), text="an answer")
    left = iter(items)

    async def triage() -> None:
        await store.triage.apply(ACCOUNT.id, [next(left)], Move.FINISH, act="followed up", now=START)

    async def draft() -> None:
        await store.drafts.save(Draft(ACCOUNT.id, items[0], act, "an answer" * 20, START))

    async def put() -> None:
        await store.outbox.put(act, next(left), material="{}", held_until=START, move=Move.ANSWER, now=START)

    return {
        "triage_apply": await median(20, triage),
        "draft_save": await median(20, draft),
        "outbox_put": await median(20, put),
    }


async def reopen(folder: Path, unclean: bool = False) -> None:
    """Open and close once."""
    if unclean:
        await asyncio.to_thread((folder / "tweetdesk.db.clean").unlink)
    store = await Store.open(folder, clock=lambda: START)
    await store.close()


def main() -> None:
    """Print the figures for 10,000 posts a source, or for the number given."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder), count)), indent=2))


if __name__ == "__main__":
    main()
