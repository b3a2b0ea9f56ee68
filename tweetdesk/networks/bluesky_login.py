"""The first login to Bluesky: what was typed is tidied, checked, and turned into an account and its session."""

from __future__ import annotations

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login, Refused
from tweetdesk.networks.bluesky_session import create_session
from tweetdesk.networks.bluesky_text import is_did, is_handle
from tweetdesk.networks.http import Clock, Http, Transport, utc_now
from tweetdesk.networks.server_address import server_address as tidied
from tweetdesk.networks.server_address import visible

#: The server that most accounts log in to.
USUAL_SERVER = "https://bsky.social"


async def log_in(
    server: str,
    handle: str,
    password: str,
    *,
    transport: Transport | None = None,
    clock: Clock = utc_now,
) -> Login:
    """Log in with an app password: the account, and the session to keep for it.

    `server` may be empty (the usual one), with or without a scheme; `handle` may have an @, be an e-mail address
    or a DID. Raises NetworkError; each sentence says what to change.
    """
    address = server_address(server)
    identifier = tidy_handle(handle, address)
    if not password.strip():
        raise Refused("No password was given.", "NoPassword")
    http = Http(address, transport=transport, clock=clock)
    try:
        secret = await create_session(http, identifier, password.strip(), clock)
    finally:
        await http.close()
    account = Account("bluesky", secret["did"], secret["handle"] or identifier, address)
    return Login(account, secret)


def server_address(text: str) -> str:
    """The base URL for what was typed as the server. Raises Refused for what cannot be one."""
    return tidied(text if visible(text) else USUAL_SERVER, "bsky.social")


def tidy_handle(text: str, server: str) -> str:
    """The identifier for what was typed as the handle. Raises Refused for what cannot be one."""
    typed = visible(text).removeprefix("at://").lstrip("@＠")
    if "@" in typed.strip("@") or is_did(typed):
        return typed
    typed = typed.lower().rstrip(".")
    if typed and "." not in typed and server == USUAL_SERVER:
        typed = f"{typed}.bsky.social"
    if not is_handle(typed):
        raise Refused(f"“{text.strip()}” is not a handle: it looks like name.bsky.social.", "BadHandle")
    return typed
