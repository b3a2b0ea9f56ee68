"""Serves a sandbox world on loopback, for clients in other processes."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import sys
from typing import Any

from .asgi import ASGIApp, Receive, Scope, Send
from .bluesky import face
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


def serve(world: World, port: int) -> int:
    """Serves until interrupted; prints one JSON line with url and account when ready. The exit status."""
    if importlib.util.find_spec("uvicorn") is None:
        print(MISSING, file=sys.stderr)  # noqa: T201
        return 1
    import uvicorn

    listener = listen(port)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        dropping(face(world)), log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    try:
        asyncio.run(_run(server, listener, _ready_line(world, url)))
    except KeyboardInterrupt:
        return 0
    finally:
        world.close()
        listener.close()
    return 0


def _ready_line(world: World, url: str) -> str:
    account = world.account
    ready: dict[str, Any] = {
        "url": url,
        "account": {"handle": account.handle, "did": account.did, "password": account.password},
        "seed": world.seed,
    }
    return json.dumps(ready)


async def _run(server: Any, listener: socket.socket, line: str) -> None:
    """Serves; the socket queues connections from now on, so that the line may be printed at once."""
    listener.listen(128)
    print(line, flush=True)  # noqa: T201
    await server.serve(sockets=[listener])
