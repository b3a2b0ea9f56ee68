"""Serves the sandbox's three networks on loopback, for clients in other processes."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import socket
import sys
from pathlib import Path
from typing import Any

from .asgi import ASGIApp, Receive, Scope, Send
from .faces import NETWORKS, faces
from .faults import Dropped
from .world import World

MISSING = (
    "Serving the sandbox needs uvicorn, which is not installed. Install it with: pip install 'tweetdesk[serve]'"
)


def dropping(app: ASGIApp) -> ASGIApp:
    """The app, with broken connections in place of the Dropped that it raises."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Dropped:
            headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})

    return wrapped


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1 (port 0: any free one). Raises OSError where it is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def open_worlds(seed: int, live_seconds: float, journal: Path | None) -> dict[str, World]:
    """One world for each network: a life in three parts.

    `journal` is a folder with one file a network; a path with a suffix is Bluesky's own file, the others are kept
    beside it. Raises OSError and ValueError for files that cannot be used.
    """
    worlds = {}
    for place, network in enumerate(NETWORKS):
        path = _journal(journal, network) if journal is not None else None
        part = (place, len(NETWORKS))
        worlds[network] = World(seed, journal=path, live_seconds=live_seconds, part=part)
    return worlds


def _journal(path: Path, network: str) -> Path:
    if not path.suffix:
        return path / f"{network}.jsonl"
    return path if network == "bluesky" else path.with_stem(f"{path.stem}-{network}")


def serve(options: argparse.Namespace) -> int:
    """Serves until interrupted; prints one JSON line when ready. The exit status.

    The line has the url, for each network the account and how to log in at once, and the seed.
    """
    if importlib.util.find_spec("uvicorn") is None:
        print(MISSING, file=sys.stderr)  # noqa: T201
        return 1
    try:
        worlds = open_worlds(options.seed, options.live_seconds, options.journal)
        listener = listen(options.port)
    except (OSError, ValueError) as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)  # noqa: T201
        return 1
    import uvicorn

    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        dropping(faces(**worlds, honour_keys=not options.ignore_keys)),
        log_level="error",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    try:
        asyncio.run(_run(server, listener, _ready_line(worlds, url)))
    except KeyboardInterrupt:
        return 0
    finally:
        for world in worlds.values():
            world.close()
        listener.close()
    return 0


def _ready_line(worlds: dict[str, World], url: str) -> str:
    from . import mastodon, x

    account = worlds["bluesky"].account
    login = {"handle": account.handle, "did": account.did, "password": account.password}
    own = {"kind": "oauth1", "consumer_key": x.CONSUMER_KEY, "consumer_secret": x.CONSUMER_SECRET}
    own |= {"token": x.OAUTH1_TOKEN, "token_secret": x.OAUTH1_TOKEN_SECRET}
    ready: dict[str, Any] = {
        "url": url,
        "account": login,
        "seed": worlds["bluesky"].seed,
        "networks": {
            "bluesky": {"handle": account.handle, "id": account.did, "password": account.password},
            "mastodon": {
                "handle": f"ada@{mastodon.HOST}",
                "id": mastodon.account_id(worlds["mastodon"]),
                "token": mastodon.token(worlds["mastodon"]),
            },
            "x": {
                "handle": "ada",
                "id": x.account_id(worlds["x"]),
                "token": x.token(worlds["x"]),
                "app": {"client_id": x.CLIENT_ID, "client_secret": x.CLIENT_SECRET},
                "own": own,
            },
        },
    }
    return json.dumps(ready)


async def _run(server: Any, listener: socket.socket, line: str) -> None:
    """Serves; the socket queues connections from now on, so that the line may be printed at once."""
    listener.listen(128)
    print(line, flush=True)  # noqa: T201
    await server.serve(sockets=[listener])
