"""The "people to help" column: posts in which somebody wants something that you might give."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class Helping:
    """Candidates from the people on the help list and from the search columns, each with its reasons."""

    name = "helping"
    title = "People to help"
    help = "who asks for something or shows own work: people of your help list, and your searches"
    needs_words = False
    opens_at = "oldest"
    addressed = False

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The candidates of each account, and the posts of everybody on the help list."""
        mine = chosen(column, accounts)
        people = tuple(
            Source(account.id, "person", person.id)
            for account in mine
            for person in helped
            if person.network == account.network
        )
        return tuple(Source(account.id, "helping") for account in mine) + people

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """The candidates only, not everything that those people write."""
        return Selection(tuple(Source(account.id, "helping") for account in chosen(column, accounts)))

    def heading(self, column: Column) -> str:
        """The column's name."""
        return column.title or self.title

    def empty(self, column: Column) -> str:
        """What would fill it."""
        return (
            "Nobody whom you could help right now.\n"
            "P on a post puts its author on your help list; search columns (a) find more."
        )


KIND = Helping()
