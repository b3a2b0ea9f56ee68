"""The home column: what the people whom we follow wrote."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class Home:
    """The home timeline. Nothing in it has to be decided; what is done stays, quietly."""

    name = "home"
    title = "Home"
    help = "what the people whom you follow wrote"
    needs_words = False
    opens_at = "newest"
    addressed = False

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The home timeline of each account."""
        return tuple(Source(account.id, "home") for account in chosen(column, accounts))

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post."""
        return Selection(self.sources(column, accounts, ()), triaged=False)

    def heading(self, column: Column) -> str:
        """The column's name."""
        return column.title or self.title

    def empty(self, column: Column) -> str:
        """What would fill it."""
        return "Nothing here yet.\nF on a post follows its author; their posts appear here."


KIND = Home()
