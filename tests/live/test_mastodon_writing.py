"""What the network file of Mastodon writes to a real server: pictures with their alt text."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from live_servers import Server, word
from networkkit import Album, Hand, true_png
from plain_mastodon import Person

from tweetdesk.domain.accounts import Account
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.networks import mastodon
from tweetdesk.networks.credentials import MemoryPlace

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
NETWORK = "mastodon"


class Desk(Hand):
    """Our account on the server, and we by plain HTTP."""

    me: Person


@pytest.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    me = await asyncio.to_thread(server.person, "desk")
    host = server.url.partition("://")[2]
    account = Account("mastodon", f"{me.id}@{host}", f"{me.handle}@{host}", server.url)
    secret = {"access_token": me.token, "client_id": "c", "client_secret": "s", "scope": "read write follow"}
    network = mastodon.open(account, MemoryPlace(secret))
    one = Desk(network, lambda: datetime.now(UTC))
    one.me = me
    yield one
    await network.close()


async def test_a_post_with_pictures_is_there_once_and_shown(desk: Desk) -> None:
    album, said = Album(true_png("first ü"), true_png("second", 300_000)), word()
    act = Act(ActKind.POST, desk.network.account.id, text=said, media=album.media, visibility="public")
    material = await desk.network.prepare(
        act, desk.network.begin(act, desk.clock(), secrets.token_bytes(8)), album
    )
    assert album.told[-1] == (sum(one.size for one in album.media),) * 2
    sent = await desk.network.send(act, material)
    settled = await desk.network.settle(act, material)
    assert settled is not None, "the post with its pictures is what was written"
    assert settled.result == sent.result
    (status,) = [one for one in desk.me.statuses() if said in one["content"]]
    assert [one["description"] for one in status["media_attachments"]] == ["first ü", "second"]
    assert sent.post is not None
    assert [one.alt for one in sent.post.media] == ["first ü", "second"]
