"""The mentions column: whoever spoke to us in public, answered us or quoted us."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class Mentions:
    """Posts that mention, answer or quote one of our accounts."""

    name = "mentions"
    title = "Mentions"
    help = "posts that mention, answer or quote you"
    needs_words = False
    opens_at = "oldest"
    addressed = True

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The mentions of each account, and its own posts: what was answered elsewhere does not wait here."""
        mine = chosen(column, accounts)
        own = tuple(Source(account.id, "person", account.user_id) for account in mine)
        return tuple(Source(account.id, "mentions") for account in mine) + own

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """One item a post, until it is decided."""
        return Selection(tuple(Source(account.id, "mentions") for account in chosen(column, accounts)))

    def heading(self, column: Column) -> str:
        """The column's name."""
        return column.title or self.title

    def empty(self, column: Column) -> str:
        """What would fill it."""
        return "Nobody waits for an answer.\nNew mentions appear here by themselves; D shows what is done."


KIND = Mentions()
