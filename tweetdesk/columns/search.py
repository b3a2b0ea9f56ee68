"""The search column: posts with the words that we listen for."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, one_a_network
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection, Source


class Search(ColumnKind):
    """Posts that the network finds for a query."""

    name = "search"
    title = "Search"
    help = "posts with certain words, to find where you can add something"
    needs_words = True
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """The query, asked by one account a network: two accounts would find the same posts."""
        asked = one_a_network(column, accounts)
        return Selection(tuple(Source(account.id, self.name, column.words) for account in asked))

    def heading(self, column: Column) -> str:
        """The column's name and its words."""
        return column.title or f'{self.title} "{column.words}"'

    def empty(self, column: Column) -> str:
        """What would fill it."""
        return (
            f'Nothing was found for "{column.words}" so far.\na adds a column with other words, W closes this one.'
        )


KIND = Search()
