"""Items: what a column shows, a post or a conversation together with what was decided about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Post
from tweetdesk.domain.triage import TriageState


@dataclass(frozen=True, slots=True)
class Item:
    """One row of a column.

    `key` orders items by time (see store/posts.py) and stays the same for a post; `id` is what triage knows it
    by: the `str()` of the post's reference, or "conversation ID" for direct messages. `messages` are the newest
    few messages of a conversation, oldest first; `post` is then the newest of them. `why` holds the reasons in
    words for being here. `pending` says in words what our own act on it is doing ("answer held", "sending"),
    else "". `until` belongs to snoozed and waiting. `depth` is how deep a post is nested in an open conversation,
    0 anywhere else. Several posts of one thread that stand alike are one item: `id` and `key` are those of the
    oldest, `members` the ids of all of them, oldest first, `messages` the newest few, and `post` the newest.
    """

    key: int
    id: str
    account: str
    post: Post
    at: datetime
    state: TriageState = TriageState.OPEN
    until: datetime | None = None
    how: str = ""
    why: tuple[str, ...] = ()
    reposted_by: Identity | None = None
    messages: tuple[Post, ...] = ()
    pending: str = ""
    depth: int = 0
    members: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """The triage ids of all that this item stands for: an act on it settles these, and nothing else."""
        return self.members or (self.id,)


def conversation_item(conversation: str) -> str:
    """The triage id of a direct message conversation."""
    return f"conversation {conversation}"
