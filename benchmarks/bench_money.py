"""Counts what reading X costs over some simulated days of use on the sandbox; prints JSON.

Somebody keeps the usual columns open (mentions, messages, home, a search), and a few times a day opens threads and
person cards, also again. X bills a resource once a UTC day. `billed_by_needed` divides these bills by what was
needed: each post, message and person once for ever, and a person again on each later day on which their card was
opened. 1.00 means that nothing was bought twice. X has no "since" for messages: `again` says how many resources of
each kind were billed on a day although they were here already. `counted_by_billed` is the money in our own ledger
divided by the money that the sandbox billed. DAYS and LIVE_SECONDS (how often something happens there) set other
lengths.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from deskkit import START, Desk, sandbox_desk  # noqa: E402

from tweetdesk.sandbox import x  # noqa: E402

DAYS = int(os.environ.get("DAYS", "5"))
LIVE_SECONDS = float(os.environ.get("LIVE_SECONDS", "1800"))
#: How often a day somebody looks closer, and how many threads and people they open then.
LOOKS, OPENED = 4, 5


async def use(desk: Desk) -> set[tuple[str, str]]:
    """Keep columns open for the days, looking closer now and then; (day, person) of each card that was opened."""
    cards = set()
    sources = [desk.source("mentions"), desk.source("messages"), desk.source("home")]
    sources += [desk.source("search", "async python"), desk.source("person", desk.account.user_id)]
    await desk.watch(*sources)
    for look in range(DAYS * LOOKS):
        await desk.later(86400 / LOOKS)
        for source in (sources[0], sources[2]):
            for item in (await desk.items(source, show_done=True))[-OPENED:]:
                await desk.engine.thread(desk.account.id, item.post.ref)
                await desk.engine.profile(desk.account.id, item.post.author.id)
                cards.add((desk.clock.now().date().isoformat(), item.post.author.id))
        print(f"look {look + 1} of {DAYS * LOOKS}", file=sys.stderr)
    return cards


async def measure() -> dict[str, object]:
    """Use the desk, then compare the bills."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").mkdir()
        (folder / "config" / "settings.toml").write_text("[budget]\ndollars_a_day = 100.0\n")
        async with sandbox_desk(folder, networks=("x",), live_seconds=LIVE_SECONDS) as desk:
            cards = await use(desk)
            days = x.state_of(desk.world).ledger.days
            here: set[tuple[str, str]] = set()
            again: Counter[str] = Counter()
            needed = 0
            for day in sorted(days):
                for kind, number in days[day].billed:
                    if (kind, number) not in here or (kind == "user" and (day, number) in cards):
                        needed += 1
                    else:
                        again[kind] += 1
                here |= set(days[day].billed)
            billed = sum(len(day.billed) for day in days.values())
            dates = [START + timedelta(days=day) for day in range(DAYS + 1)]
            ours = sum([row.micros for day in dates for row in await desk.store.ledger.spent(day)])
            theirs = sum(day.micros for day in days.values())
            return {
                "days": DAYS,
                "delivered": sum(day.deliveries for day in days.values()),
                "billed": billed,
                "needed": needed,
                "billed_by_needed": round(billed / needed, 4),
                "again": dict(again),
                "dollars_billed": round(theirs / 1e6, 4),
                "dollars_counted": round(ours / 1e6, 4),
                "counted_by_billed": round(ours / theirs, 4),
            }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure()), indent=2))
