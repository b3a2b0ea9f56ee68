"""`tweetdesk`: opens the desk on the user's accounts."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

from tweetdesk.domain.accounts import Account
from tweetdesk.engine.session import Session, open_session
from tweetdesk.store.accounts import AccountsFile
from tweetdesk.store.folders import Folders

NO_ACCOUNT = """\
tweetdesk has no account yet.

  tweetdesk login bluesky     adds your Bluesky account; make an app password for it first
                              (Bluesky: Settings, Privacy and security, App passwords; tick
                              "Allow access to your direct messages" to see them here)
  tweetdesk login mastodon    adds your account on a Mastodon server, allowed in the browser
  tweetdesk login x           adds your account on X, step by step
  tweetdesk demo              opens the desk on a built-in world, to try every key; nothing
                              leaves your machine
"""


def open_desk(read_only: bool = False) -> int:
    """Open the desk on the saved accounts; without any, explain how to begin."""
    folders = Folders.usual(os.environ)
    accounts, mistakes = AccountsFile(folders.config).load()
    if not accounts:
        for mistake in mistakes:
            print(f"tweetdesk: {mistake}", file=sys.stderr)
        print(NO_ACCOUNT, end="")
        return 1
    return run_desk(lambda: open_session(folders, read_only=read_only))


def run_desk(opener: Callable[[], Awaitable[Session]]) -> int:
    """Run the screen until the user leaves; the exit status."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("tweetdesk: the desk needs a terminal; `tweetdesk sync --once` works without one.", file=sys.stderr)
        return 2
    return asyncio.run(_run(opener))


def _login_command(account: Account) -> list[str]:
    """The command that logs an account in again; the login is imported when it is wanted."""
    from tweetdesk.cli.accounts import login_command

    return login_command(account)


async def _run(opener: Callable[[], Awaitable[Session]]) -> int:
    from tweetdesk.ui.app import TweetdeskApp

    session = await opener()
    try:
        app = TweetdeskApp(session, login_command=_login_command)
        status = await app.run_async()
        if app.failure is not None:
            raise app.failure
        return app.return_code or status or 0
    finally:
        await session.close()
