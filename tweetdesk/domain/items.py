"""Items: what a column shows, a post or a conversation together with what was decided about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    else "". `until` belongs to snoozed and waiting, and `offset` to it (see domain/triage.py). `depth` is how deep
    a post is nested in an open conversation, 0 anywhere else. Several posts of one thread that stand alike are one
    item: `id` and `key` are those of the oldest, `members` the ids of all of them, oldest first, `messages` the
    newest few, and `post` the newest. Open posts stand alike whatever brought them back (`how` is then that of the
    newest that has one); others where state, `until` and `how` are the same.
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
    offset: int | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """The triage ids of all that this item stands for: an act on it settles these, and nothing else."""
        return self.members or (self.id,)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a column: (key, item id, account id) of each, oldest first.

    `members` are the ids, oldest first, of those that stand for several posts, by (account id, item id).
    """

    keys: Sequence[tuple[int, str, str]]
    members: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


_CONVERSATION = "conversation "


def conversation_item(conversation: str) -> str:
    """The triage id of a direct message conversation."""
    return f"{_CONVERSATION}{conversation}"


def is_conversation(item_id: str) -> bool:
    """Whether a triage id is that of a direct message conversation."""
    return item_id.startswith(_CONVERSATION)
