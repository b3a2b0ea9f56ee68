"""The hashtag column: the posts with one hashtag."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, one_a_network
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection, Source


class Hashtag(ColumnKind):
    """Posts with a hashtag on every network that the column is for; its words are the tag."""

    name = "hashtag"
    title = "Hashtag"
    help = "the posts with one hashtag"
    nothing = "No post with this hashtag was found so far.\nW closes the column, a adds another."
    needs_words = True
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post, asked for by one account a network; nothing in it has to be decided."""
        tag = column.words.strip().lstrip("#")
        sources = tuple(Source(one.id, self.name, tag) for one in one_a_network(column, accounts))
        return Selection(sources, triaged=False)

    def heading(self, column: Column) -> str:
        """The tag."""
        return column.title or f"#{column.words.strip().lstrip('#')}"


KIND = Hashtag()
