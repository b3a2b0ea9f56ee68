"""A person allows the app in the browser, and its code comes back: by itself, or pasted; three tries."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from tweetdesk.cli.asking import ask, can_ask, tell
from tweetdesk.networks.base import Login
from tweetdesk.networks.errors import Refused
from tweetdesk.networks.oauth import Proof
from tweetdesk.networks.oauth_return import Receiver, code_in
from tweetdesk.ui.browser import has_display

#: How often a code may be wrong.
TRIES = 3
#: The refusals (Refused.code) after which another code may be right.
_AGAIN = ("Empty", "StateMismatch", "invalid_grant")


async def allow(
    address: str,
    proof: Proof,
    redeem: Callable[[str], Awaitable[Login]],
    *,
    question: str,
    receiver: Receiver | None = None,
    browser: bool = True,
) -> Login:
    """Show the address, open it where that can be done, and make a login of the code that comes back.

    Raises NetworkError: the login was refused, or no code was right; nothing has been saved then.
    """
    if receiver is None and not can_ask():
        raise Refused(
            "There is no terminal here in which the code could be pasted: run this in one.", "NoTerminal"
        )
    print(f"Allow tweetdesk in the browser:\n\n  {address}\n", flush=True)
    if browser and has_display(os.environ, sys.platform):
        _open_page(address)
    for left in reversed(range(TRIES)):
        try:
            return await redeem(await _code(proof, question, receiver))
        except Refused as no:
            if no.code not in _AGAIN or not left:
                raise
            tell(f"{no} ({left} more {'tries' if left > 1 else 'try'}; Ctrl+C ends)")
    raise AssertionError("the last try returns or raises")


def _open_page(address: str) -> None:
    """Open an address, without waiting: a browser may take its time, or stay until it is closed."""
    threading.Thread(target=webbrowser.open, args=(address,), name="tweetdesk browser", daemon=True).start()


def expect(login: Login, wanted: str) -> None:
    """See that the account that was logged in is the one that was meant ("": any). Raises Refused."""
    ours, meant = login.account.handle.lower(), wanted.strip().lstrip("@").lower()
    if meant and meant not in (ours, ours.partition("@")[0]):
        raise Refused(
            f"The browser is logged in as @{login.account.handle}, not as @{meant}: change the account there, and "
            "begin again. Nothing was saved.",
            "OtherAccount",
        )


async def _code(proof: Proof, question: str, receiver: Receiver | None) -> str:
    """The next code: from the browser or from the terminal, whichever comes first."""
    ways: list[Coroutine[Any, Any, str]] = []
    if receiver is not None:
        ways.append(receiver.code())
    if can_ask():
        ways.append(_pasted(proof, question))
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return next(task for task in tasks if task in done).result()


async def _pasted(proof: Proof, question: str) -> str:
    return code_in(await ask(question), proof)
