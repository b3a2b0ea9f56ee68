"""`tweetdesk doctor`: what works and what does not, a line each, with what can be done."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from tweetdesk import __version__
from tweetdesk.domain.accounts import Account
from tweetdesk.networks.base import load, names
from tweetdesk.networks.credentials import keyring_report, place_for
from tweetdesk.networks.errors import NetworkError
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.errors import StoreTrouble
from tweetdesk.store.folders import Folders
from tweetdesk.store.layouts import LayoutFolder
from tweetdesk.store.settings import SettingsFile
from tweetdesk.store.store import Store

Line = tuple[bool, str, str]


def doctor() -> int:
    """Look at everything; 0 if all of it works."""
    return asyncio.run(_doctor(Folders.usual(os.environ)))


async def _doctor(folders: Folders) -> int:
    print(f"tweetdesk {__version__}, Python {sys.version.split()[0]}")
    well = True
    async for good, what, words in _lines(folders):
        print(f"{'ok  ' if good else 'BAD '} {what:<10} {words}")
        well = well and good
    return 0 if well else 1


async def _lines(folders: Folders) -> AsyncIterator[Line]:
    yield _terminal()
    yield _files(folders)
    yield await _database(folders)
    accounts, mistakes = AccountsFile(folders.config).load()
    report = await keyring_report()
    spared = bool(accounts) and all(account.secrets != "keyring" for account in accounts)
    yield report.works or spared, "keyring", report.sentence + (" No account needs it." if spared else "")
    for mistake in mistakes:
        yield False, "accounts", str(mistake)
    if not accounts:
        yield True, "accounts", f"none yet; `tweetdesk login {'|'.join(names())}` adds one"
    for account in accounts:
        yield await _account(account, folders)


async def _account(account: Account, folders: Folders) -> Line:
    """One account: its network and server, where its session is kept, and whether the server takes it."""
    place = place_for(account, folders.config, os.environ)
    who = f"@{account.handle} on {account.network} at {account.server}"
    kept = f"session in {place.describe()}"
    if account.network not in names():
        return False, "account", f"{who}: this tweetdesk has no such network"
    network = load(account.network).open(account, place)
    try:
        await network.profile(account.user_id)
    except NetworkError as error:
        return False, "account", f"{who}: {error} ({kept})"
    finally:
        await network.close()
    cost = " (asking may have cost a cent)" if network.price_date else ""
    return True, "account", f"{who} works{cost}; {kept}"


def _terminal() -> Line:
    size = shutil.get_terminal_size()
    if not sys.stdout.isatty():
        return True, "terminal", "none (the output goes elsewhere); the desk needs one"
    colours = os.environ.get("COLORTERM", "") or os.environ.get("TERM", "unknown")
    words = f"{size.columns}x{size.lines}, {colours}"
    if size.columns < 40 or size.lines < 12:
        return False, "terminal", f"{words}: the desk needs 40x12 at least"
    if "utf" not in (sys.stdout.encoding or "").lower():
        return False, "terminal", f"{words}, {sys.stdout.encoding}: set LANG to a UTF-8 locale"
    return True, "terminal", words


def _files(folders: Folders) -> Line:
    from tweetdesk.columns.base import names as kinds

    _, mistakes = SettingsFile(folders.config).load()
    if (folders.config / "layouts").exists():
        mistakes = [*mistakes, *LayoutFolder(folders.config, kinds=kinds()).load_all()[1]]
    if mistakes:
        return False, "files", "; ".join(str(one) for one in mistakes)
    return True, "files", f"settings and layouts in {folders.config}"


async def _database(folders: Folders) -> Line:
    if not (folders.data / "tweetdesk.db").exists():
        return True, "database", "none yet; it is made when the desk opens"
    try:
        store = await Store.open(folders.data, clock=lambda: datetime.now(UTC))
    except StoreTrouble as error:
        return False, "database", str(error)
    try:
        waiting = await store.outbox.pending_count()
        size = (folders.data / "tweetdesk.db").stat().st_size / 1e6
        words = f"{size:.1f} MB in {folders.data}, {waiting} in the outbox"
        if store.put_aside:
            return False, "database", f"it was damaged, put aside as {store.put_aside}; a fresh one begun"
        if store.read_only:
            words += "; another tweetdesk has it open"
        return True, "database", words
    finally:
        await store.close()
