"""The home column: what the people whom we follow wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tweetdesk.columns.base import ColumnKind
from tweetdesk.domain.accounts import Account
from tweetdesk.domain.layouts import Column
from tweetdesk.domain.selections import Selection


class Home(ColumnKind):
    """The home timeline. Nothing in it has to be decided; what is done stays, quietly."""

    name = "home"
    title = "Home"
    help = "what the people whom you follow wrote"
    nothing = "Nothing here yet.\nF on a post follows its author; their posts appear here."
    opens_at = "newest"

    def selection(self, column: Column, accounts: Sequence[Account]) -> Selection:
        """Every post."""
        return replace(super().selection(column, accounts), triaged=False)


KIND = Home()
