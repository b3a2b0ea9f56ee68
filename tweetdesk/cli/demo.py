"""`tweetdesk demo`: opens the desk on the built-in sandbox; nothing leaves the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tweetdesk.cli.desk import run_desk
from tweetdesk.domain.accounts import Account
from tweetdesk.engine.session import Session, open_session
from tweetdesk.networks.base import Login, names
from tweetdesk.store.folders import Folders

#: The server's address within the process; no name is looked up and no line is used.
SERVER = "http://localhost"
#: In the demo each source is asked so much more often than on the real network.
PACE = 0.1
#: One person's accounts, in the order in which they are shown.
NETWORKS = ("bluesky", "mastodon", "x")


def open_demo(seed: int, live_seconds: float, fresh: bool, read_only: bool = False) -> int:
    """Open the desk on a sandbox that remembers what was done in it, unless it is to be `fresh`."""
    folders = Folders.usual(os.environ).profile("demo")
    if fresh:
        for folder in (folders.config, folders.data):
            shutil.rmtree(folder, ignore_errors=True)

    async def opener() -> Session:
        return await demo_session(folders, seed=seed, live_seconds=live_seconds, read_only=read_only)

    return run_desk(opener)


async def demo_session(
    folders: Folders, *, seed: int = 1, live_seconds: float = 6.0, read_only: bool = False
) -> Session:
    """A session of somebody with an account on each network of the sandbox."""
    from tweetdesk.networks.credentials import MemoryPlace
    from tweetdesk.networks.http import AsgiTransport
    from tweetdesk.sandbox.faces import faces

    folders.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    worlds = demo_worlds(folders.data, seed, live_seconds)
    transport = AsgiTransport(faces(**worlds))
    logins = await sandbox_logins(worlds, transport)
    return await open_session(
        folders,
        accounts=[login.account for login in logins],
        places={login.account.id: MemoryPlace(login.secret) for login in logins},
        transport=transport,
        pace=PACE,
        title="demo",
        read_only=read_only,
    )


def demo_worlds(folder: Path, seed: int, live_seconds: float) -> dict[str, Any]:
    """One world's life, a third of it on each network; together something happens every `live_seconds`."""
    from tweetdesk.sandbox.world import World

    worlds = {
        network: World(
            seed,
            part=(number, len(NETWORKS)),
            journal=folder / f"world-{seed}-{network}.jsonl",
            live_seconds=live_seconds * len(NETWORKS),
        )
        for number, network in enumerate(NETWORKS)
    }
    for world in worlds.values():
        world.rate_limit = round(world.rate_limit / PACE)
    return worlds


async def sandbox_logins(worlds: Mapping[str, Any], transport: Any, **more: Any) -> list[Login]:
    """The accounts of the sandbox's own person, one a world; `more` is handed to Bluesky's login.

    A network that is left out of the program is left out here.
    """
    logins = []
    for network, world in worlds.items():
        if network not in names():
            continue
        user_id, handle, secret = await _login(network, world, transport, **more)
        person = world.people.find(world.account.handle)
        logins.append(Login(Account(network, user_id, handle, SERVER, person.name, "sandbox"), secret))
    return logins


async def _login(network: str, world: Any, transport: Any, **more: Any) -> tuple[str, str, Mapping[str, Any]]:
    """Permanent id, handle and session of the sandbox's own person on a network."""
    if network == "bluesky":
        from tweetdesk.networks.bluesky import log_in

        login = await log_in(SERVER, world.account.handle, world.account.password, transport=transport, **more)
        return login.account.user_id, login.account.handle, login.secret
    face = import_module(f"tweetdesk.sandbox.{network}")
    user_id, handle = face.account_id(world), world.account.handle.partition(".")[0]
    if network == "mastodon":
        from tweetdesk.networks.mastodon_records import scoped

        user_id, handle = scoped(user_id, urlsplit(SERVER).netloc), f"{handle}@{face.HOST}"
    return user_id, handle, _secret(network, face.token(world))


def _secret(network: str, token: str) -> dict[str, Any]:
    """A token of the sandbox that does not end, as a login would have saved it."""
    if network == "mastodon":
        return {"access_token": token, "client_id": "", "client_secret": "", "scope": "read write"}
    return {
        "kind": "oauth2", "client_id": "", "client_secret": "", "access_token": token, "refresh_token": "",
        "expires_at": 4102444800.0, "scope": "",
    }  # fmt: skip
