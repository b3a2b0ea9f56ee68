"""`tweetdesk login`, `logout` and `accounts`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys

from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login, load
from tweetdesk.networks.credentials import KeyringTrouble, place_for
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.folders import Folders

PASSWORD_VARIABLE = "TWEETDESK_BLUESKY_PASSWORD"

KEYRING_HELP = """\
Nothing was saved. What can be done:
  - unlock or install a keyring (on Linux: gnome-keyring or KWallet, in a desktop session), then log in again
  - tweetdesk login bluesky --store file          keeps the session in a file that only you can read
  - tweetdesk login bluesky --store environment   keeps nothing: the app password is read from
                                                  TWEETDESK_BLUESKY_PASSWORD at each start
"""


def run(options: argparse.Namespace) -> int:
    """Carry out one of the account commands."""
    folders = Folders.usual(os.environ)
    if options.command == "login":
        return asyncio.run(_log_in(options, folders))
    if options.command == "logout":
        return asyncio.run(_log_out(options.handle, folders))
    return _list(folders)


async def _log_in(options: argparse.Namespace, folders: Folders) -> int:
    network = load(options.network)
    handle = options.handle.strip() or _ask("Handle (like ada.example.com): ")
    password = os.environ.get(PASSWORD_VARIABLE) or _ask_hidden("App password (it is not shown): ")
    if not handle or not password:
        print("tweetdesk: no handle or no password, so nothing was done.", file=sys.stderr)
        return 2
    login: Login = await network.log_in(options.server or network.USUAL_SERVER, handle, password)
    account = Account(
        login.account.network,
        login.account.user_id,
        login.account.handle,
        login.account.server,
        login.account.name,
        options.store,
    )
    place = place_for(account, folders.config, os.environ)
    try:
        await place.write(login.secret)
    except KeyringTrouble as error:
        print(
            f"tweetdesk: the login is right, but the keyring is not there: {error}\n{KEYRING_HELP}",
            file=sys.stderr,
        )
        return 1
    AccountsFile(folders.config).save(account)
    print(f"@{account.handle} is logged in; its session is kept in {place.describe()}.")
    print("`tweetdesk` opens the desk.")
    return 0


async def _log_out(handle: str, folders: Folders) -> int:
    file = AccountsFile(folders.config)
    accounts, _ = file.load()
    handle = handle.strip().lstrip("@")
    if not handle and len(accounts) == 1:
        handle = accounts[0].handle
    found = next((one for one in accounts if one.handle == handle), None)
    if found is None:
        known = ", ".join(f"@{one.handle}" for one in accounts) or "none"
        print(f"tweetdesk: which account? You have: {known}.", file=sys.stderr)
        return 2
    place = place_for(found, folders.config, os.environ)
    network = load(found.network).open(found, place)
    try:
        await network.log_out()
        await place.delete()
    finally:
        await network.close()
    file.remove(found)
    print(f"@{found.handle} is logged out. Its posts and your decisions are kept in {folders.data}.")
    return 0


def _list(folders: Folders) -> int:
    accounts, mistakes = AccountsFile(folders.config).load()
    for mistake in mistakes:
        print(f"tweetdesk: {mistake}", file=sys.stderr)
    if not accounts:
        print("No account yet. `tweetdesk login bluesky` adds one.")
    for account in accounts:
        place = place_for(account, folders.config, os.environ)
        print(f"@{account.handle}  {account.network}  {account.server}  session in {place.describe()}")
    return 1 if mistakes else 0


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        return ""
    return input(question).strip()


def _ask_hidden(question: str) -> str:
    if not sys.stdin.isatty():
        return ""
    return getpass.getpass(question).strip()
