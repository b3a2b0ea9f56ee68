"""The list column: what the people on one of our lists wrote."""

from __future__ import annotations

from tweetdesk.columns.base import OneSource


class List(OneSource):
    """A list of people that an account has; the column's words are the network's id of it, its title the name."""

    name = "list"
    title = "List"
    help = "what the people on one of your lists wrote"
    nothing = "Nobody on this list has written anything so far.\nW closes the column, a adds another."


KIND = List()
