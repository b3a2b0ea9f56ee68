"""Posts, people and accounts for the store's tests, opened stores, and programs beside them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.store.posts import Arrival
from tweetdesk.store.store import Store

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ACCOUNT = Account("bluesky", "did:plc:me", "me.example.com", "https://example.com")
SECOND = Account("bluesky", "did:plc:second", "second.example.com", "https://example.com")
ME = ACCOUNT.identity
ADA = Identity("bluesky", "did:plc:ada", "ada.example.com", "Ada")
BOB = Identity("bluesky", "did:plc:bob", "bob.example.com", "Bob")
HOME = Source(ACCOUNT.id, "home")
MENTIONS = Source(ACCOUNT.id, "mentions")
MESSAGES = Source(ACCOUNT.id, "messages")
SEARCH = Source(ACCOUNT.id, "search", "sqlite")
IN_MENTIONS = Selection((MENTIONS,))
IN_MESSAGES = Selection((MESSAGES,), by_conversation=True)


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return START + timedelta(minutes=minutes)


def ref(name: str) -> PostRef:
    """The reference of a post by a short name."""
    return PostRef("bluesky", f"at://{name}")


def post(name: str, text: str = "hello", *, author: Identity = ADA, minutes: float = 0, **more: Any) -> Post:
    """A post, so many minutes after the start."""
    return Post(ref(name), author, text, at(minutes), **more)


def message(name: str, text: str = "hello", *, author: Identity = ADA, minutes: float = 0, to: str = "c1") -> Post:
    """A direct message in a conversation."""
    return post(name, text, author=author, minutes=minutes, kind=PostKind.MESSAGE, conversation=to)


def arrivals(*posts: Post, why: Sequence[str] = ()) -> list[Arrival]:
    """Posts as a source gives them, sorted by their own times."""
    return [Arrival(one, one.created_at, tuple(why)) for one in posts]


def reply_to(one: Post, text: str = "an answer") -> Act:
    """Our answer to a post."""
    return Act(
        ActKind.REPLY, ACCOUNT.id, target=one.ref, root=one.reply_root or one.ref, person=one.author, text=text
    )


#: A program that takes posts in, says that it has opened a store, and holds it open until its input ends.
HOLD_OPEN = """
import asyncio, sys
from pathlib import Path
from storekit import MENTIONS, START, arrivals, post
from tweetdesk.store.store import Store

async def main():
    store = await Store.open(Path(sys.argv[1]), clock=lambda: START)
    try:
        await store.posts.ingest(MENTIONS, arrivals(post("theirs")), cursor="", now=START)
        print("open", flush=True)
        sys.stdin.read()
    finally:
        await store.close()

asyncio.run(main())
"""


def child(code: str, folder: Path, **more: str) -> subprocess.Popen[str]:
    """Another Python process that runs this code with the folder as its argument."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent), **more},
    )  # fmt: skip


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Store]:
    """An open store that is closed again."""
    store = await Store.open(folder, clock=lambda: START)
    try:
        yield store
    finally:
        await store.close()
