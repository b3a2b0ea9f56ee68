"""What a network is to tweetdesk: the protocol that each network's file fulfils, its answers, and its errors.

The errors are in networks/errors.py.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind, Attachment
from tweetdesk.domain.people import Identity, Profile
from tweetdesk.domain.posts import Post, PostRef, Span
from tweetdesk.domain.selections import Source
from tweetdesk.networks import names as names
from tweetdesk.networks.errors import (
    BudgetReached as BudgetReached,
)
from tweetdesk.networks.errors import (
    LoginNeeded as LoginNeeded,
)
from tweetdesk.networks.errors import (
    NetworkError as NetworkError,
)
from tweetdesk.networks.errors import (
    NotPermitted as NotPermitted,
)
from tweetdesk.networks.errors import (
    NotThere as NotThere,
)
from tweetdesk.networks.errors import (
    OutOfMoney as OutOfMoney,
)
from tweetdesk.networks.errors import (
    RateLimited as RateLimited,
)
from tweetdesk.networks.errors import (
    Refused as Refused,
)
from tweetdesk.networks.errors import (
    ServerTrouble as ServerTrouble,
)
from tweetdesk.networks.errors import (
    Unreachable as Unreachable,
)
from tweetdesk.networks.errors import (
    Unsure as Unsure,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A post as a source gave it: the moment to sort it by, why it is there, and who reposted it into it."""

    post: Post
    at: datetime
    why: tuple[str, ...] = ()
    reposted_by: Identity | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What is new in a source: the posts (any order), the cursor to hand in next time, and people met.

    `gap` is True if there was more than could be read in one go; `unreadable` counts entries that were left out
    because they made no sense; `gone` are posts that were deleted; `note` is a sentence for the column's head
    about what answered ("hashtags only: this server has no full-text search"). `context` are posts that these
    answer or quote: of no source, but worth keeping where they had to be paid for.
    """

    posts: tuple[Fetched, ...] = ()
    cursor: str = ""
    gap: bool = False
    unreadable: int = 0
    people: tuple[Profile, ...] = ()
    gone: tuple[PostRef, ...] = ()
    note: str = ""
    context: tuple[Post, ...] = ()


@dataclass(frozen=True, slots=True)
class News:
    """What a stream tells: source kinds that have something new, posts that changed, posts that were deleted."""

    kinds: tuple[str, ...] = ()
    changed: tuple[Post, ...] = ()
    gone: tuple[PostRef, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedList:
    """A list of people that the account has: the network's id of it, and its name."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class ThreadPost:
    """A post of a conversation with its depth below the first; `missing` says why one is not shown."""

    depth: int
    post: Post | None = None
    ref: PostRef | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """A whole conversation in reading order: each answer after what it answers."""

    posts: tuple[ThreadPost, ...]


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is by the network's own rule: `left` is what remains (negative: too long by so much)."""

    used: int
    limit: int
    why: str = ""

    @property
    def left(self) -> int:
        """What remains; below zero the text cannot be sent."""
        return self.limit - self.used


@dataclass(frozen=True, slots=True)
class Allowed:
    """The act can be done here."""


@dataclass(frozen=True, slots=True)
class HandOff:
    """The act can be done on the network's own page only; `Network.page` gives it with the text filled in."""

    url: str
    why: str


@dataclass(frozen=True, slots=True)
class No:
    """The act cannot be done; `why` is a sentence."""

    why: str


Permission = Allowed | HandOff | No


@dataclass(frozen=True, slots=True)
class Pictures:
    """What pictures a post takes: how many, of which types ("image/png"), bytes each, and how long an alt text."""

    most: int
    types: tuple[str, ...]
    bytes: int
    alt: int


class Files(Protocol):
    """The pictures of an act, for the network that sends it."""

    async def read(self, attachment: Attachment) -> bytes:
        """The bytes of a picture. Raises Refused (nothing is sent) where it is gone."""

    def progress(self, sent: int, total: int) -> None:
        """So many bytes of the act's pictures have left, of so many."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the composer, or a question, begins with for an act, and what can be chosen in it.

    `text` is what the text begins with (the @handles that an answer has to hold). `visibilities` are the choices
    (the network's word, and words for the user) of who may see it, `visibility` the one chosen at first; both are
    empty where there is no choice. `warns` is whether there are content warnings, `warning` the one to begin with.
    `durations` (words, seconds; 0 is for ever) are for how long a mute can last. `note` is a sentence to show.
    `languages` is whether a post says its language; `pictures` what pictures may go with it, None for none.
    """

    text: str = ""
    visibility: str = ""
    visibilities: tuple[tuple[str, str], ...] = ()
    warns: bool = False
    warning: str = ""
    durations: tuple[tuple[str, int], ...] = ()
    note: str = ""
    languages: bool = False
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """What an act costs, in micro-dollars, and why that much ("with a link")."""

    micros: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an act made: the network's reference ("" for none), and the post where one was made."""

    result: str = ""
    post: Post | None = None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a network calls things: the words that are shown."""

    network: str
    post: str = "post"
    repost: str = "repost"
    reposted: str = "reposted"
    like: str = "like"


class SecretPlace(Protocol):
    """Where one account's session is kept; see networks/credentials.py."""

    async def read(self) -> Mapping[str, Any] | None:
        """The saved session, or None."""

    async def write(self, secret: Mapping[str, Any]) -> None:
        """Save a session in place of the one before."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the last answer said of the rate limit; None where it said nothing."""

    left: int | None = None
    limit: int | None = None
    until: datetime | None = None


class Network(Protocol):
    """One account on one network. Every method that asks the network raises NetworkError."""

    name: str
    account: Account

    @property
    def vocabulary(self) -> Vocabulary:
        """The network's words."""

    @property
    def limits(self) -> Limits:
        """The rate limit as last told."""

    @property
    def price_date(self) -> str:
        """The date (ISO) of the price list by which money is counted; "" where the network costs nothing."""

    def limits_for(self, kind: str) -> Limits:
        """The rate limit that sources of a kind have, where each has its own; else `limits`."""

    async def fetch(self, source: Source, cursor: str) -> Page:
        """What is new in a source since the cursor ("" the first time)."""

    async def thread(self, ref: PostRef) -> Thread:
        """The conversation around a post. Raises NotThere."""

    async def messages(self, conversation: str) -> tuple[Post, ...]:
        """The newest messages of a direct message conversation, oldest first."""

    async def profile(self, who: str) -> Profile:
        """A person by id, or by handle: with a leading @ it is never taken for an id. Raises NotThere."""

    async def posts(self, refs: tuple[PostRef, ...]) -> tuple[Post, ...]:
        """These posts as they are now; those that are gone are left out."""

    async def lists(self) -> tuple[NamedList, ...]:
        """The lists of people that this account has."""

    async def people(self, words: str) -> tuple[Identity, ...]:
        """A few people whose handle or name begins so, the network's best guesses first; () where that costs."""

    async def here(self, post: Post) -> Post:
        """A post of this network as this account's server knows it. Raises NotThere where it does not."""

    def listen(self) -> AsyncIterator[News]:
        """What happens, as it happens; ends at once where there is no stream. Raises NetworkError when it breaks.

        An addition to fetching: what it tells is fetched as well, sooner.
        """

    def poll_seconds(self, kind: str) -> float:
        """How often a source of this kind is to be asked (infinite: never by itself).

        The kind "recheck" is how often shown posts are to be looked at again for edits and deletions.
        """

    def can(self, kind: ActKind, post: Post | None) -> Permission:
        """Whether this account may do this to this post."""

    def form(self, kind: ActKind, post: Post | None, everyone: bool = False) -> Form:
        """What the composer begins with for this act on this post, and what can be chosen.

        With `everyone` an answer is for all who are named in the post, not for its author alone.
        """

    def page(self, act: Act) -> str:
        """The network's own page where a person can do this act by hand, the text filled in; "" for none."""

    def price(self, kind: ActKind, text: str, post: Post | None = None) -> Price | None:
        """What an act on a post costs; None where it costs nothing."""

    def measure(self, kind: ActKind, text: str, warning: str = "") -> Length:
        """The length of a text, with its content warning, by the network's rule."""

    def spans(self, text: str) -> tuple[Span, ...]:
        """What of a text being written will be a link, a mention or a tag."""

    def begin(self, act: Act, now: datetime, entropy: bytes) -> str:
        """What makes a repeated send harmless, as a JSON object in text: fixed when the act is put in the outbox.

        `entropy` is eight random bytes.
        """

    async def prepare(self, act: Act, material: str, files: Files | None = None) -> str:
        """The material with all that the network has to be asked for first (handles to ids, pictures uploaded).

        Nobody sees anything of it yet, and doing it again does no harm. Raises Refused for what can never be sent.
        """

    async def send(self, act: Act, material: str) -> Receipt:
        """Carry the act out. After Unreachable or ServerTrouble `settle` must be asked before another send.

        Raises Refused where the network said no.
        """

    async def settle(self, act: Act, material: str) -> Receipt | None:
        """After a doubtful send: the receipt if it was carried out, None if it surely was not.

        Raises Unsure if nobody can know.
        """

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True, slots=True)
class Login:
    """A fresh login: the account, the session to keep for it, and a sentence to tell about it ("" for none)."""

    account: Account
    secret: Mapping[str, Any] = field(repr=False)
    note: str = ""


#: What a network's file offers beside its class; see `load`.
Opener = Callable[..., Network]


def load(name: str) -> Any:
    """The module of one network (and no other); docs/adding-a-network.md says what it has.

    Raises KeyError for a name that is not a network.
    """
    if name not in names():
        raise KeyError(name)
    return importlib.import_module(f"tweetdesk.networks.{name}")
