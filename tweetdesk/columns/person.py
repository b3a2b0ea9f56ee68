"""The person column: what one person wrote."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection, Source


class Person(ColumnKind):
    """One person's posts; the column's words are the network's id of the person, its title the @handle."""

    name = "person"
    title = "Person"
    help = "what one person wrote"
    nothing = "Nothing of theirs is here yet.\nTheir new posts appear by themselves; W closes the column."
    needs_words = True
    one_account = True
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post; nothing in it has to be decided."""
        asked = chosen(column, accounts)[:1]
        return Selection(tuple(Source(one.id, self.name, column.words) for one in asked), triaged=False)


KIND = Person()
