"""The column of what was put off: what comes back at a date, and those for whom we wait."""

from __future__ import annotations

from tweetdesk.columns.owed import Owed
from tweetdesk.domain.selections import Shows


class Later(Owed):
    """What is snoozed, waits for somebody, or was handed off to a network's own page; soonest first."""

    name = "later"
    title = "Later"
    help = "what you put off, and those for whom you wait; soonest first"
    nothing = "Nothing is put off.\nb on an item puts it off, w waits for an answer; both stand here until then."
    addressed = False
    counted = "put off"
    shows = Shows.LATER


KIND = Later()
