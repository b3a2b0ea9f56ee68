"""The column of what we owe: who waits for an answer of ours, and what was put off until now."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.columns.base import ColumnKind, and_own, chosen
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Selection, Shows, Source


class Owed(ColumnKind):
    """Open mentions and messages, and all else of these accounts that came back; oldest unanswered first."""

    name = "owed"
    title = "You owe"
    help = "who waits for an answer of yours, and what you put off until now; oldest first"
    nothing = (
        "You owe nobody anything.\n"
        "What is addressed to you appears here, and what you put off (b) once its time has come."
    )
    addressed = True
    shows = Shows.OWED

    def sources(
        self, column: Column, accounts: Sequence[Account], helped: Sequence[Identity]
    ) -> tuple[Source, ...]:
        """Mentions and messages, and our own posts: what was answered elsewhere does not wait here."""
        return and_own(self.selection(column, accounts).sources, column, accounts)

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Conversations of both kinds, each as one item."""
        addressed = tuple(
            Source(account.id, kind) for account in chosen(column, accounts) for kind in ("mentions", "messages")
        )
        return Selection(addressed, by_conversation=True, by_thread=True, shows=self.shows)


KIND = Owed()
