"""The messages column: direct message conversations, one item each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tweetdesk.columns.base import ColumnKind
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection


class Messages(ColumnKind):
    """Direct messages; something new in a conversation reopens it."""

    name = "messages"
    title = "Messages"
    help = "direct messages, one item a conversation"
    nothing = "No message waits for you.\nNew ones appear here by themselves; d writes to the author of a post."
    addressed = True

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """One item a conversation, until it is decided."""
        return replace(super().selection(column, accounts), by_conversation=True)


KIND = Messages()
