"""The tables of docs/networks.md and README.md about what each network allows, asked of the program itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.people import Identity
from tweetdesk.domain.posts import Excerpt, Post, PostKind, PostRef
from tweetdesk.networks import base
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.x_prices import price_list
from tweetdesk.ui.widgets.paper import money

#: The order of the columns; a network that is not named here comes last.
ORDER = ("bluesky", "mastodon", "x")


#: What is done, the act, and to which of the sample posts; the README has those with True.
ACTS: tuple[tuple[str, ActKind, str, bool], ...] = (
    ("Post", ActKind.POST, "", True),
    ("Answer somebody who mentioned or quoted you", ActKind.REPLY, "mention", True),
    ("Answer anybody else", ActKind.REPLY, "theirs", True),
    ("Repost", ActKind.REPOST, "theirs", True),
    ("Quote", ActKind.QUOTE, "theirs", True),
    ("Like", ActKind.LIKE, "theirs", True),
    ("Bookmark", ActKind.BOOKMARK, "theirs", True),
    ("Direct message", ActKind.MESSAGE, "message", True),
    ("Follow", ActKind.FOLLOW, "theirs", True),
    ("Mute", ActKind.MUTE, "theirs", True),
    ("Mute a conversation", ActKind.MUTE_THREAD, "theirs", False),
    ("Block", ActKind.BLOCK, "theirs", True),
    ("Report", ActKind.REPORT, "theirs", True),
    ("Hide an answer in your own conversation", ActKind.HIDE_REPLY, "answer", False),
    ("Delete your own post", ActKind.DELETE, "ours", False),
)
#: Kinds of column as a network is asked for them, and their names.
KINDS = {
    "mentions": "Mentions", "messages": "Direct messages", "home": "Home", "list": "List", "hashtag": "Hashtag",
    "search": "Search", "person": "Person", "recheck": "Looking for edits and deletions again",
}  # fmt: skip
#: What is read of X, and how the price list calls it.
_READ = {
    "post": "a post", "owned": "a mention of you, or a post of yours, with an app of your own", "user": "a person",
    "message": "a direct message", "list": "one of your lists, by name",
}  # fmt: skip
#: What is done on X: in words, the act, and whether there is a link in it.
_DONE = (
    ("a post", ActKind.POST, False),
    ("a post or an answer with a link in it", ActKind.POST, True),
    ("an answer to somebody who mentioned or quoted you", ActKind.REPLY, False),
    ("a direct message", ActKind.MESSAGE, False),
    ("a repost", ActKind.REPOST, False),
    ("a mute", ActKind.MUTE, False),
    ("taking a mute back", ActKind.UNMUTE, False),
    ("a bookmark", ActKind.BOOKMARK, False),
    ("hiding an answer, or showing it again", ActKind.HIDE_REPLY, False),
    ("taking a repost back, taking a bookmark out, deleting a post", ActKind.DELETE, False),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A network's file with an account that asks nothing, and posts to ask about, by name."""

    network: base.Network
    posts: Mapping[str, Post]

    @property
    def title(self) -> str:
        """What the network is called."""
        return self.network.vocabulary.network

    def can(self, kind: ActKind, which: str) -> base.Permission:
        """Whether an act is allowed to one of the posts ("": to none)."""
        return self.network.can(kind, self.posts.get(which))


def sample(name: str) -> Sample:
    """One network."""
    account = Account(name, "1", "own", "https://social.example.com")
    network = base.load(name).open(account, MemoryPlace({}))
    who = Identity(name, "2", "other")
    server = {"mastodon": "social.example.com"}.get(name, name)
    theirs = Post(PostRef(server, "2"), who, "text", datetime(2026, 1, 1, tzinfo=UTC), conversation="2")
    first = Excerpt(PostRef(server, "1"), account.identity)
    posts = {
        "theirs": theirs,
        "mention": replace(theirs, mentions=(account.identity,)),
        "answer": replace(theirs, reply_to=first.ref, reply_root=first.ref, conversation="1", parent=first),
        "ours": replace(theirs, author=account.identity),
        "message": replace(theirs, kind=PostKind.MESSAGE),
    }
    return Sample(network, posts)


@cache
def ordered() -> tuple[Sample, ...]:
    """All networks, in the order of the columns."""
    names = sorted(base.names(), key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    return tuple(sample(name) for name in names)


def stands(here: Sample, kind: ActKind, which: str) -> str:
    """Whether an act is allowed, in a word or two."""
    match here.can(kind, which):
        case base.HandOff(url, _):
            return f"on {urlsplit(url).hostname}"
        case base.No(_):
            return "no"
        case _:
            price = here.network.price(kind, "")
            return f"yes, {money(price.micros)}" if price else "yes"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _by_network(head: str, rows: Iterable[tuple[str, Callable[[Sample], str]]]) -> str:
    """A table with a column for each network."""
    networks = ordered()
    lines = [[what, *(cell(here) for here in networks)] for what, cell in rows]
    return _table([head, *(here.title for here in networks)], lines)


def acts_table() -> str:
    """What each network allows."""
    return _by_network("", [(what, partial(stands, kind=kind, which=which)) for what, kind, which, _ in ACTS])


def short_table() -> str:
    """What each network allows and costs, for the README."""
    acts = [(what, partial(stands, kind=kind, which=which)) for what, kind, which, common in ACTS if common]
    mentions: Callable[[Sample], str] = partial(_asked, kind="mentions")
    return _by_network("", [*acts, ("Mentions are asked for every", mentions), ("Reading costs", _reading)])


def reasons_list() -> str:
    """Why something is not simply allowed, in the program's own sentences."""
    found = []
    for here in ordered():
        for what, kind, which, _ in ACTS:
            permission = here.can(kind, which)
            if isinstance(permission, base.HandOff | base.No):
                found.append(f"- {here.title}, {what[:1].lower()}{what[1:]}: {permission.why}")
    return "\n".join(found)


def lengths_table() -> str:
    """How long texts may be, in characters."""

    def longest(here: Sample, kind: ActKind) -> str:
        return f"{here.network.measure(kind, '').limit:,}"

    kinds = (("a post", ActKind.POST), ("a direct message", ActKind.MESSAGE))
    return _by_network("characters", [(what, partial(longest, kind=kind)) for what, kind in kinds])


def polls_table() -> str:
    """How often each kind of column is asked for."""
    return _by_network("asked every", [(what, partial(_asked, kind=kind)) for kind, what in KINDS.items()])


def _asked(here: Sample, kind: str) -> str:
    seconds = here.network.poll_seconds(kind)
    if seconds == float("inf"):
        return "never"
    return f"{seconds / 60:g} min" if seconds >= 120 else f"{seconds:g} s"


def _reading(here: Sample) -> str:
    if not here.network.price_date:
        return "nothing"
    read = price_list().read
    return f"{money(read['post'])} a post, {money(read['owned'])} a mention, {money(read['user'])} a person"


def prices_table() -> str:
    """What X charges, by the list that is shipped."""
    prices = price_list()
    read = [[f"reading {what}", money(prices.read[name])] for name, what in _READ.items()]
    done = [
        [what, money(price.micros)]
        for what, kind, link in _DONE
        if (price := prices.for_act(kind, link)) is not None
    ]
    return _table([f"X, price list of {prices.date}", ""], read + done)
