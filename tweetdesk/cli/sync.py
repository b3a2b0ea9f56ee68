"""`tweetdesk sync --once`: fetches and sends without a screen, and prints a line an account."""

from __future__ import annotations

import asyncio
import os
import sys

from tweetdesk.cli.desk import NO_ACCOUNT
from tweetdesk.domain.events import SourceState
from tweetdesk.engine.session import Session, open_session
from tweetdesk.store.folders import Folders

#: Longer than this it does not wait, in seconds.
LIMIT = 120.0


def sync_once(read_only: bool = False) -> int:
    """Fetch every source of every layout once and empty the outbox; 0 if all of it worked.

    With `read_only` what is in the outbox stays there.
    """
    return asyncio.run(_sync(Folders.usual(os.environ), read_only))


async def _sync(folders: Folders, read_only: bool) -> int:
    session = await open_session(folders, read_only=read_only)
    try:
        if not session.accounts:
            print(NO_ACCOUNT, end="")
            return 1
        if session.store.read_only:
            print("tweetdesk: another tweetdesk has this profile open and does it already.", file=sys.stderr)
            return 1
        return await _fetch_and_send(session)
    finally:
        await session.close()


async def _fetch_and_send(session: Session) -> int:
    for mistake in session.mistakes:
        print(f"tweetdesk: {mistake}", file=sys.stderr)
    columns = [column for layout in session.saved_layouts for column in layout.columns]
    engine = session.engine
    await engine.start()
    engine.watch(await session.sources(columns), listen=False)
    try:
        async with asyncio.timeout(LIMIT):
            await engine.idle()
    except TimeoutError:
        print(f"tweetdesk: not everything was done within {LIMIT:.0f} s.", file=sys.stderr)
    worst = 0
    for account in session.accounts:
        line, well = await _line(session, account.id)
        print(f"@{account.handle}  {line}")
        worst = worst if well else 1
    return worst


async def _line(session: Session, account: str) -> tuple[str, bool]:
    """One account's line: what is fresh, what is not and why, and what is still in the outbox."""
    statuses = [one for source, one in session.engine.statuses().items() if source.account == account]
    troubles = {one.why for one in statuses if one.state is not SourceState.FRESH}
    fresh = sum(one.state is SourceState.FRESH for one in statuses)
    line = f"{fresh} of {len(statuses)} sources up to date"
    if waiting := await session.store.outbox.pending_count(account):
        line += f", {waiting} in the outbox"
    if troubles:
        line += ": " + "; ".join(sorted(troubles))
    return line, not troubles
