"""Our account on the sandbox's Mastodon, or GoToSocial, in process and streaming."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from networkkit import Hand
from replaykit import Clock

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Post
from tweetdesk.networks import mastodon
from tweetdesk.networks.base import Files, Receipt, ServerTrouble, Unreachable
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.mastodon import account_id, face, token
from tweetdesk.sandbox.world import World

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
POSTING = "POST /api/v1/statuses"


class Counted:
    """The sandbox's face, which counts the calls that arrive, by verb and path."""

    def __init__(self, world: World, **rules: Any) -> None:
        self.calls: list[str] = []
        self._app = face(world, **rules)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.calls.append(f"{scope.get('method')} {scope['path']}")
        await self._app(scope, receive, send)

    def of(self, call: str) -> int:
        """How often something was called."""
        return self.calls.count(call)


@dataclass
class Desk(Hand):
    """Our account in a small world."""

    network: mastodon.Mastodon
    clock: Clock
    world: World
    flavour: str
    app: Counted

    async def reply(self, post: Post, text: str) -> tuple[Act, str]:
        """An answer as the composer makes it."""
        form = self.network.form(ActKind.REPLY, post)
        return await self.ready(
            ActKind.REPLY, target=post.ref, root=post.reply_root or post.ref, person=post.author,
            text=form.text + text, visibility=form.visibility, warning=form.warning,
        )  # fmt: skip

    async def put_through(self, act: Act, material: str, files: Files | None = None) -> Receipt:
        """What the sender does: prepare, send, settle what is in doubt until it is known, and again."""
        for _ in range(40):
            material = await self.network.prepare(act, material, files)
            try:
                return await self.network.send(act, material)
            except (Unreachable, ServerTrouble):
                found = await self._settled(act, material)
            if found is not None:
                return found
        raise AssertionError("never carried out")

    async def _settled(self, act: Act, material: str) -> Receipt | None:
        for _ in range(40):
            await self.clock.sleep(5)
            try:
                return await self.network.settle(act, material)
            except Unreachable:
                continue
        raise AssertionError("never settled")

    def somebody(self) -> str:
        """The handle of another person, as the world has it."""
        return next(one.handle for one in self.world.people.by_did.values() if one.did != self.world.account.did)


def on(world: World, clock: Clock, app: Any) -> mastodon.Mastodon:
    """Our account on the sandbox's server."""
    account = Account("mastodon", f"{account_id(world)}@localhost", "ada@social.example.com", "http://localhost")
    secret = {"access_token": token(world), "client_id": "c", "client_secret": "s", "scope": "read write"}
    transport = AsgiTransport(app)
    return mastodon.open(account, MemoryPlace(secret), transport=transport, clock=clock, sleep=clock.sleep)


@asynccontextmanager
async def opened(**rules: Any) -> AsyncIterator[Desk]:
    """The account on a server of its own, which follows these rules (see `face`), on a clock that stands still."""
    clock = Clock(EPOCH)
    world = World(1, epoch=EPOCH, clock=clock, live_seconds=0)
    app = Counted(world, **rules)
    network = on(world, clock, app)
    yield Desk(network, clock, world, str(rules.get("flavour", "mastodon")), app)
    await network.close()
