"""What the network file of Bluesky writes to a real server: pictures, languages, answers that cannot be given."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from live_servers import Server, word
from networkkit import Album, Hand, true_png
from plain_bluesky import Person, Post, until

from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.domain.posts import PostRef
from tweetdesk.networks import bluesky
from tweetdesk.networks.base import NotThere, Refused, ServerTrouble
from tweetdesk.networks.credentials import MemoryPlace

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
NETWORK = "bluesky"
POSTS, BLOCKS = "app.bsky.feed.post", "app.bsky.graph.block"


class Desk(Hand):
    """Our account on the server, and we by plain HTTP."""

    me: Person


@pytest.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    me = await asyncio.to_thread(server.person, "desk")
    login = await bluesky.log_in(server.url, me.handle, me.password)
    network = bluesky.open(login.account, MemoryPlace(login.secret), languages=("en",))
    one = Desk(network, lambda: datetime.now(UTC))
    one.me = me
    yield one
    await network.close()


def own(desk: Desk, text: str) -> list[dict[str, object]]:
    """Our records with a text, from the repository."""
    return [one["value"] for one in desk.me.records(POSTS) if one["value"]["text"] == text]


async def test_a_post_with_pictures_is_there_once_and_shown(desk: Desk) -> None:
    album, said = Album(true_png("first ü"), true_png("second", 1_500_000)), word()
    act = Act(ActKind.POST, desk.network.account.id, text=said, media=album.media, language="de")
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"), album)
    assert album.told[-1] == (sum(one.size for one in album.media),) * 2
    sent = await desk.network.send(act, material)
    again, settled = await desk.network.send(act, material), await desk.network.settle(act, material)
    assert settled is not None, "the record with its pictures is what was written"
    assert {sent.result, again.result, settled.result} == {sent.result}
    (record,) = own(desk, said)
    assert record["langs"] == ["de"]
    assert sent.post is not None
    post = Post(sent.result, sent.post.version)
    view = until(lambda: desk.me.seen(post), what="the network shows the post")
    assert [one["alt"] for one in view["embed"]["images"]] == ["first ü", "second"]
    assert view["embed"]["images"][0]["aspectRatio"] == {"width": 8, "height": 6}
    (shown,) = await desk.network.posts((sent.post.ref,))
    assert [one.alt for one in shown.media] == ["first ü", "second"]
    assert all(one.url for one in shown.media)


async def test_a_quote_with_a_picture_shows_both(server: Server, desk: Desk) -> None:
    friend, album = server.person("friend"), Album(true_png("beside it"))
    post = friend.post(word())
    until(lambda: desk.me.seen(post), what="the network shows the post")
    act = Act(
        ActKind.QUOTE, desk.network.account.id, text=word(), media=album.media, target=PostRef("bluesky", post.uri)
    )
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"), album)
    sent = await desk.network.send(act, material)
    assert await desk.network.settle(act, material) is not None
    until(lambda: desk.me.seen(Post(sent.result, "")), what="the network shows the quote")
    (shown,) = await desk.network.posts((PostRef("bluesky", sent.result),))
    assert shown.quote is not None
    assert shown.quote.ref is not None
    assert (shown.quote.ref.id, [one.alt for one in shown.media]) == (post.uri, ["beside it"])


async def test_a_picture_that_the_server_does_not_have_goes_up_again(desk: Desk) -> None:
    album, said = Album(true_png("lost")), word()
    act = Act(ActKind.POST, desk.network.account.id, text=said, media=album.media)
    material = await desk.network.prepare(act, desk.network.begin(act, desk.clock(), b"12345678"), album)
    fixed = json.loads(material)
    link = fixed["record"]["embed"]["images"][0]["image"]["ref"]
    link["$link"] = link["$link"][:-9] + "aaaaaaaa" + link["$link"][-1]  # the name of a picture that nobody sent
    lost = json.dumps(fixed)
    with pytest.raises(ServerTrouble, match="did not keep the pictures"):
        await desk.network.send(act, lost)
    assert await desk.network.settle(act, lost) is None
    await desk.network.send(act, await desk.network.prepare(act, lost, album))
    assert len(own(desk, said)) == 1


async def test_what_cannot_be_answered_is_told_and_nothing_is_written(server: Server, desk: Desk) -> None:
    friend = server.person("friend")
    said, other, text = friend.post(word()), friend.post(word()), word()
    until(lambda: desk.me.seen(said) and desk.me.seen(other), what="the network shows the posts")
    friend.do("com.atproto.repo.deleteRecord", repo=friend.did, collection=POSTS, rkey=said.uri.rpartition("/")[2])
    until(lambda: not desk.me.seen(said), what="the network has forgotten the post")
    with pytest.raises(NotThere, match="it cannot be answered"):
        await desk.do(ActKind.REPLY, text=text, target=PostRef("bluesky", said.uri), target_version=said.cid)
    record = {"$type": BLOCKS, "subject": desk.me.did, "createdAt": datetime.now(UTC).isoformat()}
    friend.do("com.atproto.repo.createRecord", repo=friend.did, collection=BLOCKS, record=record)
    until(lambda: desk.me.view_of(friend).get("blockedBy"), what="the network knows the block")
    with pytest.raises(Refused, match=f"@{friend.handle} has blocked you"):
        await desk.do(ActKind.REPLY, text=text, target=PostRef("bluesky", other.uri), target_version=other.cid)
    assert own(desk, text) == []


async def test_people_and_who_is_named(server: Server, desk: Desk) -> None:
    friend, third = server.person("friend"), server.person("third")
    post = friend.post(f"@{desk.me.handle} do you know @{third.handle}?", (desk.me, third))
    until(lambda: desk.me.seen(post), what="the network shows the post")
    (seen,) = await desk.network.posts((PostRef("bluesky", post.uri),))
    assert desk.network.form(ActKind.REPLY, seen, everyone=True).text == f"@{third.handle} "
    found: list[str] = []
    for _ in range(100):
        found = [one.handle for one in await desk.network.people(third.handle.partition(".")[0])]
        if found:
            break
        await asyncio.sleep(0.2)
    assert found == [third.handle]


async def test_a_thread_goes_out_faster_than_the_network_shows_it(desk: Desk) -> None:
    first = (await desk.do(ActKind.POST, text=word())).post
    assert first is not None
    above = first
    for _ in range(4):
        sent = (await desk.do(ActKind.REPLY, text=word(), target=above.ref)).post
        assert sent is not None
        assert (sent.reply_to, sent.reply_root, sent.root_version) == (above.ref, first.ref, first.version)
        above = sent
    until(lambda: desk.me.seen(Post(above.ref.id, "")), what="the network shows the last one")
    shown = [place.depth for place in (await desk.network.thread(first.ref)).posts if place.post]
    assert shown == [0, 1, 2, 3, 4]
