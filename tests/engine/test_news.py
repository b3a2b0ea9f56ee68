"""On each network: what they write after a decision comes back once, and says why."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from deskkit import Desk, sandbox_desk

from tweetdesk.domain.items import Item
from tweetdesk.domain.outbox import ActKind
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.acts import act_on

EACH = ("bluesky", "mastodon", "x")


def somebody(desk: Desk) -> str:
    """The handle of somebody else."""
    return next(handle for handle in desk.world.people.by_handle if handle != desk.world.account.handle)


def ours(desk: Desk, text: str) -> str:
    """The address of a post of ours in the world."""
    records = desk.world.records.repos[desk.world.account.did]["app.bsky.feed.post"].values()
    return next(one.uri for one in records if one.value["text"].endswith(text))


async def shown(desk: Desk, kind: str, text: str) -> Item:
    """The item of a source with this text, fetched."""
    source, home = desk.source(kind), desk.source("home")
    await (desk.fetch(source, home) if source in desk.engine.statuses() else desk.watch(source, home))
    return next(one for one in await desk.items(source, show_done=True) if one.post.text.endswith(text))


async def stands(desk: Desk, item: Item) -> tuple[TriageState, str]:
    """Where an item stands, and by what."""
    state = await desk.store.triage.state(item.account, item.id)
    return state.state, state.how


@pytest.mark.parametrize("network", EACH)
async def test_an_answer_to_our_answer_says_so(tmp_path: Path, network: str) -> None:
    async with sandbox_desk(tmp_path, networks=(network,), hold_seconds=0) as desk:
        author, us = somebody(desk), f"@{desk.world.account.handle}"
        desk.world.post(author, f"{us} a question")
        asked = await shown(desk, "mentions", "a question")
        await desk.engine.acts.send(act_on(ActKind.REPLY, asked, text="an answer"), asked)
        await desk.later(5)
        assert await stands(desk, asked) == (TriageState.DONE, "answered")
        await desk.engine.acts.decide(
            [asked], Move.WAIT, words="waiting", until=desk.clock.now() + timedelta(days=3)
        )
        await desk.later(60)
        desk.world.post(author, f"{us} thank you", reply_to=ours(desk, "an answer"))
        thanks = await shown(desk, "mentions", "thank you")
        assert await stands(desk, asked) == await stands(desk, thanks) == (TriageState.OPEN, "they answered")
        for one in (asked, thanks):
            await desk.engine.acts.decide([one], Move.FINISH, words="followed up")
        await desk.later(60)
        desk.world.post(author, f"{us} and more", reply_to=ours(desk, "an answer"))
        more = await shown(desk, "mentions", "and more")
        assert await stands(desk, more) == (TriageState.OPEN, "it went on after you were done")
        assert await stands(desk, asked) == await stands(desk, thanks) == (TriageState.DONE, "followed up")


@pytest.mark.parametrize("network", EACH)
async def test_a_message_after_ours_says_so(tmp_path: Path, network: str) -> None:
    async with sandbox_desk(tmp_path, networks=(network,), hold_seconds=0) as desk:
        author = somebody(desk)
        desk.world.message(author, "can you come")
        talk = await shown(desk, "messages", "can you come")
        await desk.engine.acts.send(act_on(ActKind.MESSAGE, talk, text="gladly"), talk)
        await desk.later(5)
        assert await stands(desk, talk) == (TriageState.DONE, "answered")
        await desk.later(60)
        desk.world.message(author, "wonderful")
        await shown(desk, "messages", "wonderful")
        assert await stands(desk, talk) == (TriageState.OPEN, "they wrote again")
