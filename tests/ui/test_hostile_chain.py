"""Hostile text the whole way on each network: written in the sandbox, fetched, stored, laid out: the same visible
text, controls as marks, and of HTML never more than its text."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from deskkit import Desk, sandbox_desk
from hostile import FORBIDDEN, HOSTILE

from tweetdesk.domain.items import Item
from tweetdesk.networks import mastodon_html, mastodon_records
from tweetdesk.sandbox import mastodon, x
from tweetdesk.ui.lines import layout_item
from tweetdesk.ui.text import clean

#: Longer texts are refused by the network itself.
LONGEST = 290
#: White space that HTML does not tell apart.
SPACE_IN_HTML = re.compile(r"[ \t\f\r]+")
NEEDED = pytest.mark.skipif(
    not HOSTILE, reason="shared/data/injection and shared/data/naughty_strings are not here"
)


def squeezed(text: str) -> str:
    """Without white space: where lines end is not what is asked here."""
    return "".join(text.split())


def arrived(text: str) -> str:
    """What a text is after it was JSON in UTF-8: an unpaired surrogate is U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shown(desk: Desk, item: Item) -> str:
    """What a column shows of an item."""
    lines = layout_item(item, 60, now=desk.clock.now(), ours=frozenset(), folded=False)
    return "".join(piece for line in lines for piece, _ in line)


def tom(network: str, desk: Desk) -> str:
    """What a column of Tom's posts asks for."""
    if network == "bluesky":
        return desk.world.people.by_key["tom"].did
    if network == "x":
        return x.account_id(desk.world, "tom")
    return mastodon_records.scoped(mastodon.account_id(desk.world, "tom"), urlsplit(desk.account.server).netloc)


@NEEDED
@pytest.mark.parametrize("network", ["bluesky", "mastodon", "x"])
async def test_every_string_is_on_the_screen_as_it_was_written(tmp_path: Path, network: str) -> None:
    texts = [text for text in dict.fromkeys(HOSTILE) if text.strip() and len(text) <= LONGEST]
    async with sandbox_desk(tmp_path, networks=(network,)) as desk:
        desk.engine.set_budget(None)
        desk.world.rate_limit = 10**6
        source = desk.source("person", tom(network, desk))
        await desk.watch(source)
        before = {item.id for item in await desk.items(source)}
        for start in range(0, len(texts), 20):
            for text in texts[start : start + 20]:
                desk.world.post("tom.example.com", text, facets=[])
            await desk.later(1)
            await desk.fetch(source)
        items = [item for item in await desk.items(source) if item.id not in before]
        assert len(items) == len(texts)
        for item, text in zip(items, texts, strict=True):
            seen = shown(desk, item)
            assert not FORBIDDEN.search(seen)
            said = SPACE_IN_HTML.sub(" ", arrived(text)) if network == "mastodon" else arrived(text)
            assert squeezed(clean(said.strip())) in squeezed(seen)  # blank ends are not shown


@NEEDED
async def test_html_that_no_server_would_send_is_its_text(tmp_path: Path) -> None:
    """A Mastodon server that sends the strings as the HTML of posts, as warnings, and as names."""
    texts = list(dict.fromkeys(arrived(text) for text in HOSTILE if text.strip()))
    async with sandbox_desk(tmp_path, networks=("mastodon",)) as desk:
        desk.world.rate_limit = 10**6
        source = desk.source("person", tom("mastodon", desk))
        number = mastodon.account_id(desk.world, "tom")
        for start in range(0, len(texts), 40):
            page = [
                {
                    "id": str(10**18 + start + place), "created_at": "2026-05-04T08:59:00.000Z", "content": text,
                    "spoiler_text": text if place % 2 else "", "visibility": "public", "uri": text, "url": text,
                    "account": {"id": number, "acct": "tom", "username": "tom", "display_name": text},
                }
                for place, text in enumerate(texts[start : start + 40])
            ]  # fmt: skip
            page.reverse()
            answers = "GET /api/v1/accounts/:id/statuses"
            desk.world.faults.add(answers, kind="status", status=200, body=page)
            await (desk.fetch(source) if start else desk.watch(source))
            desk.world.faults.clear()
        found = {item.post.ref.id: item for item in await desk.items(source)}
        for place, text in enumerate(texts):
            item = found[str(10**18 + place)]
            seen = shown(desk, item)
            assert not FORBIDDEN.search(seen)
            assert squeezed(clean(mastodon_html.read(text)[0].strip())) in squeezed(seen)
            named = squeezed(clean(" ".join(text.split())))
            assert squeezed(seen).startswith(named[:10])
            assert place % 2 == 0 or f"warning:{named}"[:30] in squeezed(seen)
