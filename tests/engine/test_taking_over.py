"""Two programs on one profile: the second only reads, and goes on with everything when the first has ended."""

from __future__ import annotations

from pathlib import Path

from deskkit import Desk, beside, sandbox_desk

from tweetdesk.domain.events import SourceState
from tweetdesk.domain.outbox import Act, ActKind
from tweetdesk.engine.taking_over import TAKEN_OVER
from tweetdesk.store.errors import DatabaseNewer
from tweetdesk.store.store import Store


def texts(desk: Desk) -> list[str]:
    """What our account has posted."""
    posts = desk.world.records.repos[desk.account.user_id]["app.bsky.feed.post"].values()
    return [one.value["text"] for one in posts]


async def test_the_second_sends_what_the_first_left_and_only_then(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as first, beside(first, tmp_path) as second:
        heard = second.told()
        assert second.store.read_only
        second.engine.watch([second.source("mentions")])
        for number in range(3):
            act = Act(ActKind.POST, first.account.id, text=f"post {number}")
            await first.engine.acts.send(act, None)
        await first.later(11)
        left = Act(ActKind.POST, first.account.id, text="left behind")
        await first.engine.acts.send(left, None)
        assert second.engine.statuses() == {}
        await first.engine.stop()
        await first.store.close()
        await second.later(12)
        assert not second.store.read_only
        assert heard == [TAKEN_OVER]
        sent = texts(second)
        assert [sent.count(text) for text in ("post 0", "post 1", "post 2", "left behind")] == [1, 1, 1, 1]
        assert second.engine.statuses()[second.source("mentions")].state is SourceState.FRESH
        await second.engine.acts.send(Act(ActKind.POST, first.account.id, text="by the second"), None)
        await second.later(11)
        assert texts(second).count("by the second") == 1


async def test_it_waits_as_long_as_the_first_is_there(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as first, beside(first, tmp_path) as second:
        await second.later(3600)
        assert second.store.read_only
        assert second.engine.statuses() == {}


async def test_what_a_newer_one_has_is_not_taken(tmp_path: Path) -> None:
    async with sandbox_desk(tmp_path) as first, beside(first, tmp_path) as second:
        heard = second.told()
        await first.engine.stop()
        async with first.store.database.write() as writer:
            await writer.run("PRAGMA user_version = 99")
        await first.store.close()
        await second.later(60)
        assert second.store.read_only
        assert len(heard) == 1
        assert "newer tweetdesk" in heard[0]
        try:
            store = await Store.open(tmp_path / "data", clock=second.clock.now)
        except DatabaseNewer:
            return
        await store.close()
        raise AssertionError("the lock, or the version, did not stay as it was")
