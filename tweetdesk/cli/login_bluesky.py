"""`tweetdesk login bluesky`: a handle and an app password."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

from tweetdesk.cli.asking import ask
from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login
from tweetdesk.networks.credentials import Place, variable_of
from tweetdesk.networks.errors import Refused


async def log_in(options: argparse.Namespace, before: Mapping[str, Any]) -> Login:
    """Ask what is missing, and log in. Raises NetworkError."""
    from tweetdesk.networks.bluesky import USUAL_SERVER, log_in

    handle = options.handle.strip() or await ask("Handle (like ada.example.com): ")
    password = os.environ.get(variable_of("bluesky").name) or await ask(
        "App password (it is not shown): ", hidden=True
    )
    if not handle or not password:
        raise Refused("No handle or no password was given, so nothing was done.", "NothingGiven")
    return await log_in(options.server or USUAL_SERVER, handle, password)


async def log_out(account: Account, place: Place) -> bool:
    """End the session on the server, if it can be reached."""
    from tweetdesk.networks.bluesky import open

    network = open(account, place)
    try:
        await network.log_out()
    finally:
        await network.close()
    return True
