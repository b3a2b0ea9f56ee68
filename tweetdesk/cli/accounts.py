"""`tweetdesk login`, `logout` and `accounts`; what a login asks is in cli/login_NETWORK.py."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tweetdesk.cli.asking import tell
from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import Login, names
from tweetdesk.networks.credentials import (
    MemoryPlace,
    Place,
    SecretTrouble,
    keyring_report,
    place_for,
    variable_of,
)
from tweetdesk.networks.errors import Refused
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.folders import Folders

#: Where a session can be kept.
STORES = ("keyring", "file", "environment")

KEYRING_HELP = """\
Nothing was saved. What can be done:
  - unlock or install a keyring (on Linux: gnome-keyring or KWallet, in a desktop session), then log in again
  - tweetdesk login {network} --store file
      keeps the session in a file that only you can read
  - tweetdesk login {network} --store environment
      keeps nothing: at each start {variable} is read, which has to hold the {what}
"""


def run(options: argparse.Namespace) -> int:
    """Carry out one of the account commands."""
    folders = Folders.usual(os.environ)
    if options.command == "login":
        return asyncio.run(_log_in(options, folders))
    if options.command == "logout":
        return asyncio.run(_log_out(options.handle, folders))
    return _list(folders)


def login_command(account: Account) -> list[str]:
    """The command with which this account can log in again in a terminal; empty where it cannot (the demo's)."""
    if account.secrets not in STORES:
        return []
    return [
        sys.executable, "-m", "tweetdesk", "login", account.network,
        "--server", account.server, "--handle", account.handle, "--store", account.secrets,
    ]  # fmt: skip


# --- login -------------------------------------------------------------------------------------------------------


async def _log_in(options: argparse.Namespace, folders: Folders) -> int:
    file = AccountsFile(folders.config)
    accounts, mistakes = file.load()
    if mistakes:
        tell(f"{mistakes[0]}. Mend that line first; nothing was done.")
        return 1
    steps = _steps(options.network)
    same = _meant(options, accounts)
    if (options.store or (same.secrets if same else STORES[0])) == "keyring":
        report = await keyring_report()
        if not report.works:  # told before anybody goes to the browser
            _explain(options.network, str(report))
            return 1
    login: Login = await steps.log_in(options, await _kept(same, folders))
    known = next((one for one in accounts if one.id == login.account.id), None)
    account = replace(
        login.account,
        name=login.account.name or (known.name if known else ""),
        secrets=options.store or (known.secrets if known else STORES[0]),
    )
    place = place_for(account, folders.config, os.environ)
    try:
        await place.write(login.secret)
    except SecretTrouble as error:
        await _ended(account, MemoryPlace(login.secret))
        _explain(account.network, f"the login is right, but the session cannot be kept: {error}")
        return 1
    file.save(account)
    if known and known.secrets != account.secrets:
        await _forget(place_for(known, folders.config, os.environ))
    again = "logged in again" if known else "logged in"
    print(f"@{account.handle} is {again}; its session is kept in {place.describe()}.")
    if login.note:
        tell(login.note)
    print("`tweetdesk` opens the desk.")
    return 0


def _meant(options: argparse.Namespace, accounts: tuple[Account, ...]) -> Account | None:
    """The account that seems to log in again; None where that is not clear."""
    handle = options.handle.strip().lstrip("@").lower()
    same = [one for one in accounts if one.network == options.network and handle in ("", one.handle.lower())]
    return same[0] if len(same) == 1 else None


async def _kept(account: Account | None, folders: Folders) -> Mapping[str, Any]:
    """The secret of an account, for what need not be asked twice; empty where there is none."""
    if account is None:
        return {}
    try:
        return await place_for(account, folders.config, os.environ).read() or {}
    except SecretTrouble:
        return {}


def _explain(network: str, sentence: str) -> None:
    """Why a session cannot be kept, and what can be done."""
    variable = variable_of(network)
    tell(sentence)
    words = KEYRING_HELP.format(network=network, what=variable.what, variable=variable.name)
    print(words, end="", file=sys.stderr)


async def _forget(place: Place) -> None:
    """Remove what an account kept in the place that it had before."""
    try:
        await place.delete()
    except SecretTrouble as error:
        tell(f"the session before this one is still in {place.describe()}: {error}")


def _steps(network: str) -> Any:
    """The module cli/login_NETWORK.py. Raises Refused where there is none."""
    name = f"tweetdesk.cli.login_{network}"
    if network not in names() or importlib.util.find_spec(name) is None:
        raise Refused(f"This tweetdesk has no network called {network}.", "NoNetwork")
    return importlib.import_module(name)


# --- logout, accounts --------------------------------------------------------------------------------------------


async def _log_out(wanted: str, folders: Folders) -> int:
    file = AccountsFile(folders.config)
    accounts, _ = file.load()
    found = _named(wanted.strip(), accounts)
    if len(found) != 1:
        known = ", ".join(f"{one.network}:{one.handle}" for one in found or accounts) or "none"
        tell(f"which account? You have: {known}.")
        return 2
    account = found[0]
    place = place_for(account, folders.config, os.environ)
    ended = await _ended(account, place)
    await place.delete()
    file.remove(account)
    print(f"@{account.handle} is logged out. Its posts and your decisions are kept in {folders.data}.")
    if not ended:
        print("Its tokens could not be taken back: you can do that in the settings of your account there.")
    return 0


def _named(wanted: str, accounts: tuple[Account, ...]) -> list[Account]:
    """The accounts that are meant by a handle, or by network:handle; all for ""."""
    network, colon, handle = wanted.partition(":")
    if not colon or network not in {one.network for one in accounts}:
        network, handle = "", wanted
    handle = handle.lstrip("@").lower()
    return [
        one
        for one in accounts
        if network in ("", one.network) and handle in ("", one.handle.lower(), one.user_id.lower())
    ]


async def _ended(account: Account, place: Place) -> bool:
    """End the session on the server; whether it is. Logging out works without a line and without a session."""
    try:
        return bool(await _steps(account.network).log_out(account, place))
    except (SecretTrouble, Refused):
        return False


def _list(folders: Folders) -> int:
    accounts, mistakes = AccountsFile(folders.config).load()
    for mistake in mistakes:
        tell(str(mistake))
    if not accounts:
        print(f"No account yet. `tweetdesk login {'|'.join(names())}` adds one.")
    for account in accounts:
        place = place_for(account, folders.config, os.environ)
        there = "" if account.network in names() else "  (this tweetdesk has no such network)"
        print(f"@{account.handle}  {account.network}  {account.server}  session in {place.describe()}{there}")
    return 1 if mistakes else 0
