"""What can go wrong with a network, whichever it is.

Each `str()` is a sentence for the user: what happened, and what to do:

    NetworkError
    +-- Unreachable      no answer came; for a write it is not known whether it was carried out
    +-- ServerTrouble    5xx, or an answer that makes no sense; for a write: not known either
    +-- RateLimited      too many requests; `until` says when the network allows more
    |   +-- BudgetReached    the user's own budget is used up until then: nothing was asked
    +-- LoginNeeded      the session is gone, or the password is wrong: the whole account pauses
    +-- OutOfMoney       nothing more can be bought of the network: the whole account pauses
    +-- Refused          the network understood and said no; saying it again would not help
        +-- NotThere     the post, person or conversation does not exist (any more)
        +-- NotPermitted our app lacks a permission: the text names it, and where to grant it
    +-- Unsure           it cannot be known whether an act was carried out: the user has to decide
"""

from __future__ import annotations

from datetime import datetime


class NetworkError(Exception):
    """Something with a network went wrong; the text is a sentence for the user.

    `unsent` is True where it is sure that the request never left this machine: no connection stood.
    """

    unsent = False


class Unreachable(NetworkError):
    """No answer came: no line, no such host, a time-out, a TLS failure."""


class ServerTrouble(NetworkError):
    """The server answered that it is in trouble, or something that makes no sense."""


class RateLimited(NetworkError):
    """The network wants us to wait; `until` (aware UTC) says how long."""

    def __init__(self, text: str, until: datetime) -> None:
        super().__init__(text)
        self.until = until


class BudgetReached(RateLimited):
    """The user's own budget would be passed; `until` is when the next one begins. Nothing was asked."""


class LoginNeeded(NetworkError):
    """The network does not know us (any more)."""


class OutOfMoney(NetworkError):
    """The network wants money first: no credits are left, or the spending cap that was set there is reached."""


class Refused(NetworkError):
    """The network said no; `code` is its own short name for the reason."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


class NotThere(Refused):
    """What was asked for does not exist (any more)."""


class NotPermitted(Refused):
    """The app that we logged in with may not do this; the text names the permission, and where to grant it."""


class Unsure(NetworkError):
    """It cannot be known whether an act was carried out: the user has to decide."""
