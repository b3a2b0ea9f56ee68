"""The first login to Bluesky: what was typed is tidied, checked, and turned into an account and its session."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login, Refused
from tweetdesk.networks.bluesky_session import create_session
from tweetdesk.networks.bluesky_text import is_did, is_handle
from tweetdesk.networks.http import Clock, Http, Transport, is_loopback, utc_now

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
    typed = _visible(text) or USUAL_SERVER
    if "://" not in typed:
        host = urlsplit(f"//{typed}").hostname or ""
        typed = f"{'http' if is_loopback(host) else 'https'}://{typed}"
    try:
        parts = urlsplit(typed)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if (
        not host
        or parts.scheme not in ("http", "https")
        or parts.username
        or any(char.isspace() for char in typed)
    ):
        raise Refused(f"“{text.strip()}” is not the address of a server: it looks like bsky.social.", "BadServer")
    if parts.scheme == "http" and not is_loopback(host):
        raise Refused(f"{host} is named with http: a password is sent by https only.", "NotSecure")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")


def tidy_handle(text: str, server: str) -> str:
    """The identifier for what was typed as the handle. Raises Refused for what cannot be one."""
    typed = _visible(text).removeprefix("at://").lstrip("@＠")
    if "@" in typed.strip("@") or is_did(typed):
        return typed
    typed = typed.lower().rstrip(".")
    if typed and "." not in typed and server == USUAL_SERVER:
        typed = f"{typed}.bsky.social"
    if not is_handle(typed):
        raise Refused(f"“{text.strip()}” is not a handle: it looks like name.bsky.social.", "BadHandle")
    return typed


def _visible(text: str) -> str:
    """Without spaces around it, and without the invisible characters that come along when text is copied."""
    return "".join(char for char in text if unicodedata.category(char) not in ("Cf", "Cc")).strip()
