"""What a column kind is: which sources it needs, what it selects from them, and what it says when empty."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class ColumnKind:
    """One kind of column, without state: a module's `KIND` object.

    As it stands here a kind has one source an account, named like the kind, and shows what is open in it; a kind
    that is otherwise overrides that. `opens_at` is where a column stands when it is first opened: at its "oldest"
    open item, or at its "newest". `addressed` says that its items were written to us: they are what "waits for
    you". `one_account` says that its words mean something to one account only (the id of a list). `counted` says
    what the number in its head counts. `nothing` is what to say while there is nothing: what would fill it, and
    which key adds it.
    """

    name: str
    title: str
    help: str
    nothing: str
    needs_words = False
    one_account = False
    opens_at = "oldest"
    addressed = False
    counted = "open"

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """What has to be kept fresh for this column. `helped` are the people on the help list."""
        return self.selection(column, accounts).sources

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """What the column shows."""
        return Selection(tuple(Source(account.id, self.name) for account in chosen(column, accounts)))

    def heading(self, column: Column) -> str:
        """The column's name in its head."""
        return column.title or self.title

    def empty(self, column: Column) -> str:
        """What to say while there is nothing."""
        return self.nothing


class OneSource(ColumnKind):
    """A kind of one source of one account: the column's words are the network's id of what it shows."""

    needs_words = True
    one_account = True
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post; nothing in it has to be decided."""
        asked = chosen(column, accounts)[:1]
        return Selection(tuple(Source(one.id, self.name, column.words) for one in asked), triaged=False)


def names() -> tuple[str, ...]:
    """The column kinds that there are, by file name; imports none of them."""
    import tweetdesk.columns as package

    return tuple(sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.name != "base"))


def load(name: str) -> ColumnKind:
    """One column kind. Raises KeyError for a name that is not one."""
    if name not in names():
        raise KeyError(name)
    kind: ColumnKind = importlib.import_module(f"tweetdesk.columns.{name}").KIND
    return kind


def chosen(column: Column, accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The accounts that a column is for: the one named in it, or all."""
    return tuple(account for account in accounts if column.account in ("", account.id, account.handle))


def one_a_network(column: Column, accounts: Sequence[Account]) -> tuple[Account, ...]:
    """The first of a column's accounts on each network: two accounts there would find the same posts."""
    first: dict[str, Account] = {}
    for account in chosen(column, accounts):
        first.setdefault(account.network, account)
    return tuple(first.values())


def and_own(sources: Sequence[Source], column: Column, accounts: Sequence[Account]) -> tuple[Source, ...]:
    """Sources, and our own posts: what was answered elsewhere does not wait for us."""
    own = tuple(Source(account.id, "person", account.user_id) for account in chosen(column, accounts))
    return (*sources, *own)
