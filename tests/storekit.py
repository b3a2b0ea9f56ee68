"""Posts, people and accounts for the store's tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post, PostKind, PostRef
from tweetdesk.domain.selections import Selection, Source
from tweetdesk.store.posts import Arrival

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
