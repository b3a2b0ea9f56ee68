"""Times: asking until when, with a few answers ready and any other typed freely."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from tweetdesk.domain.dates import When, parse_when, when_words
from tweetdesk.ui.moments import local_now
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.widgets.choice import Choice

#: What is offered, and the words that mean it.
Offers = Sequence[tuple[str, str]]

SNOOZES: Offers = (
    ("in two hours", "2 hours"),
    ("this evening", "this evening"),
    ("tomorrow morning", "tomorrow"),
    ("at the weekend", "weekend"),
    ("next week", "next week"),
    ("in two weeks", "14 days at 9:00"),
)
WAITS: Offers = (
    ("2 days", "2 days"),
    ("3 days", "3 days"),
    ("a week", "7 days"),
    ("two weeks", "14 days"),
)
#: A time of day that comes sooner than this is not worth offering.
SOON = timedelta(minutes=30)
ANOTHER = Choice("another time …", 'typed: "thu 15:00", "3d", "24 dec"')
HINTS = ("thu 15:00", "tomorrow 9", "this evening", "in 3 days", "2h", "24 dec", "18:30")


def offered(offers: Offers, now: datetime) -> list[tuple[str, When]]:
    """Those that are still to come, each time once."""
    found: list[tuple[str, When]] = []
    for label, words in offers:
        with suppress(ValueError):  # this evening has begun
            when = parse_when(words, now)
            if when.at >= now + SOON and all(when.at != other.at for _, other in found):
                found.append((label, when))
    return found


async def asked_time(stage: StageScreen, question: str, offers: Offers) -> When | None:
    """One of the offers, or what is typed; None after Esc."""
    now = local_now(stage.session)
    ready = offered(offers, now)
    choices = [*(Choice(label, when_words(when.at, now)) for label, when in ready), ANOTHER]
    chosen = await (await stage.asked()).choose(question, choices)
    if chosen is None or chosen < len(ready):
        return None if chosen is None else ready[chosen][1]
    understood: list[When] = []

    def check(text: str) -> str:
        understood[:] = [parse_when(text, local_now(stage.session))]
        return f"→ {when_words(understood[0].at, local_now(stage.session))}"

    typed = await (await stage.asked()).line(question.rstrip("?"), hints=HINTS, check=check)
    return understood[0] if typed is not None and understood else None
