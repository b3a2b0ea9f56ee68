"""A second desk on a profile: it says that it only reads, and writes as soon as the first one has ended."""

from __future__ import annotations

from pathlib import Path

from deckkit import Hands, hands_on
from deskkit import beside, sandbox_desk
from stagekit import until

from tweetdesk.engine.taking_over import TAKEN_OVER


async def test_the_second_desk_takes_over_and_keeps_what_is_written(tmp_path: Path) -> None:
    async with (
        sandbox_desk(tmp_path) as first,
        beside(first, tmp_path, started=False) as second,
        hands_on(second, Hands, size=(80, 24)) as hands,
    ):
        await hands.told("takes over when that ends.")
        await hands.press("n")
        await hands.sees("new post as")
        await hands.press(*"hello")
        await first.engine.stop()
        await first.store.close()
        await second.later(3)
        await hands.told(TAKEN_OVER)
        await hands.press("space", *"you")
        await hands.press("escape")
        await until(lambda: not hands.deck.is_busy, hands.pilot)
        await hands.settle()
        [draft] = await second.store.drafts.all()
        assert draft.text == "hello you"
        assert second.engine.statuses()
