"""Our account on the sandbox's Mastodon, or GoToSocial, in process and streaming."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from networkkit import Counted, SandboxHand
from replaykit import Clock

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import Post
from tweetdesk.networks import mastodon
from tweetdesk.networks.credentials import MemoryPlace
from tweetdesk.networks.http import AsgiTransport
from tweetdesk.sandbox.mastodon import account_id, face, token
from tweetdesk.sandbox.world import World

EPOCH = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
POSTING = "POST /api/v1/statuses"


@dataclass
class Desk(SandboxHand):
    """Our account in a small world."""

    network: mastodon.Mastodon
    flavour: str

    async def reply(self, post: Post, text: str) -> tuple[Act, str]:
        """An answer as the composer makes it."""
        form = self.network.form(ActKind.REPLY, post)
        return await self.ready(
            ActKind.REPLY, target=post.ref, root=post.reply_root or post.ref, person=post.author,
            text=form.text + text, visibility=form.visibility, warning=form.warning,
        )  # fmt: skip

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
    app = Counted(face(world, **rules), lambda scope: f"{scope.get('method')} {scope['path']}")
    network = on(world, clock, app)
    yield Desk(network, clock, world, app, str(rules.get("flavour", "mastodon")))
    await network.close()
