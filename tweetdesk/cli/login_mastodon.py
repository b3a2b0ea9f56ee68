"""`tweetdesk login mastodon`: the app is registered with the server, and allowed in the browser."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from typing import Any

from tweetdesk.cli.allowing import allow, expect
from tweetdesk.cli.asking import ask, tell
from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login
from tweetdesk.networks.credentials import EnvironmentPlace, Place, SecretTrouble, variable_of
from tweetdesk.networks.errors import Refused
from tweetdesk.networks.mastodon_login import (
    SCOPES,
    Registration,
    log_in_with_token,
    register,
    revoke,
    server_address,
)
from tweetdesk.networks.oauth import fresh_proof
from tweetdesk.networks.oauth_return import Receiver

_OWN_TOKEN = """\
A token can be made on your server: Preferences, Development, New application, with these permissions:
  {scopes}
Then: export {variable}=THE_ACCESS_TOKEN
"""


async def log_in(options: argparse.Namespace, before: Mapping[str, Any]) -> Login:
    """Ask what is missing, and log in. Raises NetworkError."""
    handle = options.handle.strip().lstrip("@")
    server = (
        options.server.strip() or handle.partition("@")[2] or await ask("Server (like mastodon.example.com): ")
    )
    if not server:
        raise Refused("No server was given (--server HOST), so nothing was done.", "NothingGiven")
    address = server_address(server)
    if options.store == "environment":
        return await _with_token(address, handle)
    if not options.loopback:
        registration = await register(address)
        return await _allowed(registration, options, None)
    proof = fresh_proof()
    async with Receiver(proof, port=options.port or 0, refused=tell) as receiver:
        registration = await register(address, receiver.address, proof=proof)
        return await _allowed(registration, options, receiver)


async def log_out(account: Account, place: Place) -> bool:
    """Take the token back on the server, if it can be reached; whether that worked."""
    return await revoke(account.server, await place.read() or {})


async def _allowed(registration: Registration, options: argparse.Namespace, receiver: Receiver | None) -> Login:
    if receiver is None:
        question = "The code that your server shows (paste it here): "
    else:
        question = "The browser comes back by itself; or paste the address where it stopped: "
    login = await allow(
        registration.address, registration.proof, registration.redeem,
        question=question, receiver=receiver, browser=options.browser,
    )  # fmt: skip
    try:
        expect(login, options.handle)
    except Refused:
        await revoke(registration.server, login.secret)
        raise
    return login


async def _with_token(server: str, handle: str) -> Login:
    """The login with the token in the environment."""
    try:
        given = await EnvironmentPlace("mastodon:", os.environ, handle).read() or {}
    except SecretTrouble:
        print(_OWN_TOKEN.format(scopes=SCOPES, variable=variable_of("mastodon").name), file=sys.stderr)
        raise
    login = await log_in_with_token(server, str(given["access_token"]))
    expect(login, handle)
    return login
