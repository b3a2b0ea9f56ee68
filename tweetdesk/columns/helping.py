"""The "people to help" column: posts in which somebody wants something that you might give."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Source


class Helping(ColumnKind):
    """Candidates from the people on the help list and from the search columns, each with its reasons."""

    name = "helping"
    title = "People to help"
    help = "who asks for something or shows own work: people of your help list, and your searches"
    nothing = (
        "Nobody whom you could help right now.\n"
        "P on a post puts its author on your help list; search columns (a) find more."
    )

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The candidates of each account, and the posts of everybody on the help list."""
        people = tuple(
            Source(account.id, "person", person.id)
            for account in chosen(column, accounts)
            for person in helped
            if person.network == account.network
        )
        return self.selection(column, accounts).sources + people


KIND = Helping()
