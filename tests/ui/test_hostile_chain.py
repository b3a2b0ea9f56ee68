"""Hostile text the whole way: written in the sandbox, fetched, stored, laid out: the same visible text."""

from __future__ import annotations

from pathlib import Path

import pytest
from deskkit import sandbox_desk
from hostile import FORBIDDEN, HOSTILE

from tweetdesk.ui.lines import layout_item
from tweetdesk.ui.text import clean

#: Longer texts are refused by the network itself.
LONGEST = 290


def squeezed(text: str) -> str:
    """Without white space: where lines end is not what is asked here."""
    return "".join(text.split())


def arrived(text: str) -> str:
    """What a text is after it was JSON in UTF-8: an unpaired surrogate is U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@pytest.mark.skipif(not HOSTILE, reason="shared/data/injection and shared/data/naughty_strings are not here")
async def test_every_string_is_on_the_screen_as_it_was_written(tmp_path: Path) -> None:
    texts = [text for text in dict.fromkeys(HOSTILE) if text.strip() and len(text) <= LONGEST]
    async with sandbox_desk(tmp_path) as desk:
        author = next(one for one in desk.world.people.by_handle if one != desk.account.handle)
        desk.world.rate_limit = 10**6
        wanted: dict[str, str] = {}
        source = desk.source("person", desk.world.people.by_handle[author].did)
        await desk.watch(source)
        for start in range(0, len(texts), 40):
            for text in texts[start : start + 40]:
                wanted[f"bluesky {desk.world.post(author, text, facets=[])}"] = text
            await desk.fetch(source)
        items = {item.id: item for item in await desk.items(source)}
        assert wanted.keys() <= items.keys()
        for item_id, text in wanted.items():
            item = items[item_id]
            assert item.post.text == arrived(text)
            lines = layout_item(item, 60, now=desk.clock.now(), ours=frozenset(), folded=False)
            shown = "".join(piece for line in lines for piece, _ in line)
            assert not FORBIDDEN.search(shown)
            assert squeezed(clean(arrived(text).strip())) in squeezed(shown)  # blank ends are not shown
