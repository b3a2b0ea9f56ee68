"""All three networks of the sandbox behind one address: each request goes to a face by its path."""

from __future__ import annotations

from . import bluesky
from .asgi import ASGIApp, Receive, Scope, Send, lifespan
from .world import World

NETWORKS = ("bluesky", "mastodon", "x")
_PATHS = {
    "mastodon": ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/", "/@", "/users/", "/tags/"),
    "x": ("/2/", "/i/oauth2", "/1.1/", "/oauth/request_token", "/oauth/access_token"),
}


def faces(bluesky: World, mastodon: World, x: World, *, honour_keys: bool = True) -> ASGIApp:
    """One app for three worlds.

    `/_sandbox/NETWORK/...` is the control of that network's world, `/_sandbox/...` that of Bluesky's. The faces of
    Mastodon and X are imported with their first request. With `honour_keys` off, Mastodon's ignores
    Idempotency-Key, as some servers do.
    """
    return _Faces({"bluesky": bluesky, "mastodon": mastodon, "x": x}, honour_keys)


class _Faces:
    def __init__(self, worlds: dict[str, World], honour_keys: bool) -> None:
        self.worlds, self.honour_keys = worlds, honour_keys
        self.apps: dict[str, ASGIApp] = {"bluesky": bluesky.face(worlds["bluesky"])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        network, path = network_of(scope["path"])
        await self._app(network)({**scope, "path": path}, receive, send)

    def _app(self, network: str) -> ASGIApp:
        if network not in self.apps:
            self.apps[network] = self._face(network, self.worlds[network])
        return self.apps[network]

    def _face(self, network: str, world: World) -> ASGIApp:
        if network == "mastodon":
            from . import mastodon

            return mastodon.face(world, honour_keys=self.honour_keys)
        from . import x

        return x.face(world)


def network_of(path: str) -> tuple[str, str]:
    """The network that answers for a path, and the path as that network's face is asked."""
    if path.startswith("/_sandbox/"):
        name, slash, rest = path.removeprefix("/_sandbox/").partition("/")
        return (name, f"/_sandbox/{rest}") if slash and name in NETWORKS else ("bluesky", path)
    for network in ("x", "mastodon"):
        if path.startswith(_PATHS[network]):
            return network, path
    return "bluesky", path
