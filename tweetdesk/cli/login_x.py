"""`tweetdesk login x`: a guided set-up with an app of one's own, by OAuth 2.0 or with four static tokens."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

from tweetdesk.cli.allowing import allow, expect
from tweetdesk.cli.asking import ask, can_ask, tell
from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login
from tweetdesk.networks.credentials import EnvironmentPlace, Place, variable_of
from tweetdesk.networks.errors import Refused
from tweetdesk.networks.oauth import fresh_proof
from tweetdesk.networks.oauth_return import Receiver
from tweetdesk.networks.x_login import (
    CODE_SECONDS,
    PORT,
    SCOPES,
    STATIC,
    App,
    log_in_with_tokens,
    revoke,
    server_address,
)

#: A stand-in for X on this machine (the sandbox, for instance); `--server` says the same.
SERVER_VARIABLE = "TWEETDESK_X_URL"

_FIRST_STEPS = """\
X lets nobody in but through an app of their own, which X bills by use. Once, in your browser:

  1. Open https://console.x.com and log in with the account that tweetdesk is for.
  2. Create an app: any name. Under Billing, buy a few credits: reading and posting cost cents.
  3. Open the app's User authentication settings (Set up) and choose
       App permissions     Read and write and Direct message
       Type of App         {kind}
       Callback URI        {redirect}
                           exactly this: 127.0.0.1, not localhost
       Website URL         any https address of yours
     and save.
"""
_OAUTH2 = """\
  4. Under Keys and tokens, copy the OAuth 2.0 Client ID (not the API key).
     A Web App has a client secret as well; a Native App needs none.

tweetdesk will ask for these permissions:
{scopes}
"""
_OAUTH1 = """\
  4. Under Keys and tokens, generate the API key and secret, then the access token and secret
     (after step 3: older tokens keep the older permissions).
"""
_COMING_BACK = """\
The browser then comes back to {redirect} by itself. If it cannot (over ssh, for
instance), it stops at a page that does not load: paste that page's address here within {seconds} seconds,
for its code does not live longer.
"""
_QUESTIONS = {
    "consumer_key": "API key (not shown): ",
    "consumer_secret": "API key secret (not shown): ",
    "token": "Access token (not shown): ",
    "token_secret": "Access token secret (not shown): ",
}


async def log_in(options: argparse.Namespace, before: Mapping[str, Any]) -> Login:
    """Show what to do in X's developer console, ask for the app's keys, and log in. Raises NetworkError."""
    server = server_address(options.server or os.environ.get(SERVER_VARIABLE, ""))
    if options.store == "environment":
        login = await _with_environment(server, options.handle)
    elif options.oauth1 or (options.handle and before.get("kind") == "oauth1"):
        login = await _with_static_tokens(server, options.port or PORT)
    else:
        login = await _with_browser(server, options, before)
    try:
        expect(login, options.handle)
    except Refused:
        await revoke(server, login.secret)
        raise
    return login


async def log_out(account: Account, place: Place) -> bool:
    """Take the tokens back at X, if it can be reached; whether that worked."""
    return await revoke(account.server, await place.read() or {})


async def _with_browser(server: str, options: argparse.Namespace, before: Mapping[str, Any]) -> Login:
    if not can_ask():
        raise Refused("There is no terminal here for the questions: run this in one.", "NoTerminal")
    known = before.get("port")
    proof, port = fresh_proof(), options.port or (known if isinstance(known, int) else PORT)
    redirect = f"http://127.0.0.1:{port}/callback"
    client_id, client_secret = await _client(redirect, before if before.get("kind") == "oauth2" else {})
    app = App(client_id, client_secret, redirect, server, proof)
    async with AsyncExitStack() as stack:
        receiver: Receiver | None = None
        try:
            receiver = await stack.enter_async_context(Receiver(proof, port=port, refused=tell))
        except Refused as no:
            tell(f"{no} For now, paste the address where the browser stops.")
        print(_COMING_BACK.format(redirect=redirect, seconds=CODE_SECONDS))
        login = await allow(
            app.address, proof, app.redeem,
            question="Waiting for the browser; or paste the address where it stopped: ",
            receiver=receiver, browser=options.browser,
        )  # fmt: skip
    if port == PORT:
        return login
    return replace(login, secret={**login.secret, "port": port})  # for the next login of this account


async def _client(redirect: str, before: Mapping[str, Any]) -> tuple[str, str]:
    """The client id and secret of the app: asked for, or those of the login before. Raises Refused."""
    known = str(before.get("client_id", ""))
    if known:
        given = await ask("OAuth 2.0 client id (Enter: the one of your last login): ")
        if not given:
            return known, str(before.get("client_secret", ""))
    else:
        print(_FIRST_STEPS.format(kind="Native App (a public client)", redirect=redirect))
        print(_OAUTH2.format(scopes=_in_lines(SCOPES)), flush=True)
        given = await ask("OAuth 2.0 client id: ")
    if not given or any(char.isspace() for char in given):
        raise Refused("No client id was given, so nothing was done.", "NothingGiven")
    return given, await ask("Client secret (not shown; Enter if the app is a Native App): ", hidden=True)


async def _with_static_tokens(server: str, port: int) -> Login:
    if not can_ask():
        raise Refused("There is no terminal here for the questions: run this in one.", "NoTerminal")
    print(_FIRST_STEPS.format(kind="Native App", redirect=f"http://127.0.0.1:{port}/callback"))
    print(_OAUTH1, flush=True)
    tokens = {name: await ask(_QUESTIONS[name], hidden=True) for name in STATIC}
    return await log_in_with_tokens(tokens, server=server)


async def _with_environment(server: str, handle: str) -> Login:
    """The login with the four static tokens in the environment. Raises Refused where they are not there."""
    place = EnvironmentPlace("x:", os.environ, handle.strip().lstrip("@"))
    variable = variable_of("x").name
    if not any(name == variable or name.startswith(f"{variable}_") for name in os.environ):
        raise Refused(
            "X's session changes with every use (OAuth 2.0), and an environment variable cannot follow. The four "
            f'static tokens can stand there: {variable}=\'{{"consumer_key": …, "consumer_secret": …, '
            '"token": …, "token_secret": …}\'. Else log in with “--store keyring” or “--store file”.',
            "NotThere",
        )
    given = await place.read() or {}
    return await log_in_with_tokens({name: str(given.get(name, "")) for name in STATIC}, server=server)


def _in_lines(scopes: str) -> str:
    words = scopes.split()
    return "\n".join("  " + " ".join(words[at : at + 5]) for at in range(0, len(words), 5))
