"""`tweetdesk demo`: opens the desk on the built-in sandbox; nothing leaves the machine."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

from tweetdesk.cli.desk import run_desk
from tweetdesk.domain.accounts import Account
from tweetdesk.engine.session import Session, open_session
from tweetdesk.store.folders import Folders

#: The server's address within the process; no name is looked up and no line is used.
SERVER = "http://localhost"
#: In the demo each source is asked so much more often than on the real network.
PACE = 0.1


def open_demo(seed: int, live_seconds: float, fresh: bool) -> int:
    """Open the desk on a sandbox that remembers what was done in it, unless it is to be `fresh`."""
    folders = Folders.usual(os.environ).profile("demo")
    if fresh:
        for folder in (folders.config, folders.data):
            shutil.rmtree(folder, ignore_errors=True)

    async def opener() -> Session:
        return await demo_session(folders, seed=seed, live_seconds=live_seconds)

    return run_desk(opener)


async def demo_session(folders: Folders, *, seed: int = 1, live_seconds: float = 6.0) -> Session:
    """A session whose one account lives in the sandbox."""
    from tweetdesk.networks.bluesky import log_in
    from tweetdesk.networks.credentials import MemoryPlace
    from tweetdesk.networks.http import AsgiTransport
    from tweetdesk.sandbox.bluesky import face
    from tweetdesk.sandbox.world import World

    folders.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    world = World(seed, journal=folders.data / f"world-{seed}.jsonl", live_seconds=live_seconds)
    transport = AsgiTransport(face(world))
    login = await log_in(SERVER, world.account.handle, world.account.password, transport=transport)
    account: Account = replace(login.account, secrets="sandbox")
    place = MemoryPlace()
    await place.write(login.secret)
    return await open_session(
        folders,
        accounts=[account],
        places={account.id: place},
        transport=transport,
        pace=PACE,
        title="demo",
    )
