"""A fresh login from within the desk: `tweetdesk login` in the same terminal, with the desk out of its way."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from textual.app import App, SuspendNotSupported

from tweetdesk.domain.accounts import Account
from tweetdesk.engine.session import Session
from tweetdesk.ui.editor import aside, interrupts_left_to_the_program
from tweetdesk.ui.text import clean

BACK = "\nEnter goes back to the desk. "


async def log_in_again(app: App[Any], session: Session, account: Account) -> str:
    """Log an account in again and go on with it; a sentence about how that went. Raises NetworkError."""
    name = f"@{clean(account.handle, newlines=False)}"
    command = getattr(app, "login_command", None)
    argv = list(command(account)) if command is not None else []
    if not argv:
        return f"{name} needs no login: its server is the sandbox."
    try:
        status = await aside(app, lambda: _run(argv))
    except OSError as error:
        return f"The login could not be started: {error.strerror}."
    except SuspendNotSupported:
        return f"The login cannot be shown here: run `tweetdesk login {account.network}` in another terminal."
    if status:
        return f"The login of {name} ended with status {status}; nothing was changed."
    await session.engine.reconnect(account.id)
    return f"{name} is logged in again."


async def _run(argv: Sequence[str]) -> int:
    """Run the login until its last words have been read."""
    with interrupts_left_to_the_program():
        process = await asyncio.create_subprocess_exec(*argv)
        status = await process.wait()
        sys.stdout.write(BACK)
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
    return status
