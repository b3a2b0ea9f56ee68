"""The list column: what the people on one of our lists wrote."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection, Source


class List(ColumnKind):
    """A list of people that an account has; the column's words are the network's id of it, its title the name."""

    name = "list"
    title = "List"
    help = "what the people on one of your lists wrote"
    nothing = "Nobody on this list has written anything so far.\nW closes the column, a adds another."
    needs_words = True
    one_account = True
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post; nothing in it has to be decided."""
        asked = chosen(column, accounts)[:1]
        return Selection(tuple(Source(one.id, self.name, column.words) for one in asked), triaged=False)


KIND = List()
