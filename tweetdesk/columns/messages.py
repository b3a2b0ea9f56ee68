"""The messages column: direct message conversations, one item each."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class Messages:
    """Direct messages; something new in a conversation reopens it."""

    name = "messages"
    title = "Messages"
    help = "direct messages, one line of the column a conversation"
    needs_words = False
    opens_at = "oldest"
    addressed = True

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The direct messages of each account."""
        return tuple(Source(account.id, "messages") for account in chosen(column, accounts))

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """One item a conversation, until it is decided."""
        return Selection(self.sources(column, accounts, ()), by_conversation=True)

    def heading(self, column: Column) -> str:
        """The column's name."""
        return column.title or self.title

    def empty(self, column: Column) -> str:
        """What would fill it."""
        return "No message waits for you.\nNew ones appear here by themselves; d writes to the author of a post."


KIND = Messages()
