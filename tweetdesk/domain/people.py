"""People: who wrote something, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody on one network: the network's name, the permanent id there, and what they are called now.

    `id` is opaque and permanent, and nobody else's on the network (Bluesky: the DID; Mastodon: the id with the
    server that gave it); `handle` has no leading @ and can change.
    """

    network: str
    id: str
    handle: str
    name: str = ""

    @property
    def called(self) -> str:
        """The name to show: the chosen name, else the handle."""
        return self.name.strip() or self.handle


@dataclass(frozen=True, slots=True)
class Profile:
    """What a network tells about a person, as seen by one of our accounts.

    `following`, `blocking` hold the network's reference of our own follow or block ("" if there is none),
    because that reference is needed to take it back.
    """

    identity: Identity
    bio: str = ""
    url: str = ""
    following: str = ""
    follows_us: bool = False
    blocking: str = ""
    blocks_us: bool = False
    muted: bool = False
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """One moment of a relationship: when, which way, what, and on which post.

    `direction` is "ours" (we did it) or "theirs"; `kind` is one of mention, reply, quote, message, repost,
    followed up, block ...; `post` is the `str()` of a `PostRef`, or "".
    """

    at: datetime
    direction: str
    kind: str
    post: str = ""
    text: str = ""
