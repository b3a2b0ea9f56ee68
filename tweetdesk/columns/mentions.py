"""The mentions column: whoever spoke to us in public, answered us or quoted us."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tweetdesk.columns.base import ColumnKind, and_own
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Source


class Mentions(ColumnKind):
    """Posts that mention, answer or quote one of our accounts; those of one thread are one item."""

    name = "mentions"
    title = "Mentions"
    help = "posts that mention, answer or quote you"
    nothing = "Nobody waits for an answer.\nNew mentions appear here by themselves."
    addressed = True

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """The mentions of each account, and its own posts: what was answered elsewhere does not wait here."""
        return and_own(self.selection(column, accounts).sources, column, accounts)

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """One item a thread, until it is decided."""
        return replace(super().selection(column, accounts), by_thread=True)


KIND = Mentions()
