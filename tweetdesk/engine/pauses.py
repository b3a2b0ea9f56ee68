"""Pauses: accounts of which nothing is asked until the user has done something, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tweetdesk.domain.events import AccountChanged
from tweetdesk.engine.bus import Bus
from tweetdesk.networks.errors import LoginNeeded, NetworkError, OutOfMoney

#: Errors that concern an account as a whole: asking again would not help before somebody has done something.
PAUSING = (LoginNeeded, OutOfMoney)

#: How a network's sentence about a lost session goes on for a command line.
_FOR_A_SHELL = " Log in again with"


class Pauses:
    """Which accounts are paused."""

    def __init__(self, paused: dict[str, str], bus: Bus, woken: Callable[[str], None]) -> None:
        """`paused` has the sentences by account; `woken` is told the account when its pause begins or ends."""
        self._paused, self._bus, self._woken = paused, bus, woken
        self._goes_on: dict[str, asyncio.Event] = {}
        self._rounds: dict[str, int] = {}

    def why(self, account: str) -> str:
        """Why an account is paused, in a sentence; "" where it is not."""
        return self._paused.get(account, "")

    def round(self, account: str) -> int:
        """How often an account was told to go on: a request remembers the round in which it began."""
        return self._rounds.get(account, 0)

    def pause(self, account: str, error: NetworkError, began: int) -> None:
        """Ask nothing more of an account, after a request that began in a round.

        What was asked before the account was told to go on, and refused after it, says nothing of how it is now.
        """
        if began != self.round(account):
            return
        why = _sentence(error)
        if self._paused.get(account) == why:
            return
        self._paused[account] = why
        self._event(account).clear()
        self._changed(account)

    def resume(self, account: str) -> None:
        """Ask again, in a new round."""
        self._rounds[account] = self.round(account) + 1
        if self._paused.pop(account, None) is not None:
            self._event(account).set()
            self._changed(account)

    async def over(self, account: str) -> None:
        """Return when an account is not paused."""
        while account in self._paused:
            await self._event(account).wait()

    def _event(self, account: str) -> asyncio.Event:
        return self._goes_on.setdefault(account, asyncio.Event())

    def _changed(self, account: str) -> None:
        self._bus.publish(AccountChanged(account, self.why(account)))
        self._woken(account)


def _sentence(error: NetworkError) -> str:
    """What happened, and what to do in the desk."""
    said = str(error)
    if type(error) is LoginNeeded:
        return f"{said.partition(_FOR_A_SHELL)[0].rstrip(' .:')}: g a, then L logs in again."
    return f"{said.rstrip(' .')}. Then Ctrl+r tries again."
