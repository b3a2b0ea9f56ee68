"""The person column: what one person wrote."""

from __future__ import annotations

from tweetdesk.columns.base import OneSource


class Person(OneSource):
    """One person's posts; the column's words are the network's id of the person, its title the @handle."""

    name = "person"
    title = "Person"
    help = "what one person wrote"
    nothing = "Nothing of theirs is here yet.\nTheir new posts appear by themselves; W closes the column."


KIND = Person()
