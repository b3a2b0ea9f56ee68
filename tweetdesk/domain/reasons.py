"""Reasons: why an item came back, in words that stay true however much later they are read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from tweetdesk.domain.triage import STAYS_DONE, Triage, TriageState

#: They reacted to something of ours, or to our waiting.
ANSWERED = "they answered"
#: They wrote in a conversation that had been dealt with.
WROTE_AGAIN = "they wrote again"
#: Others went on in a thread that had been dealt with.
WENT_ON = "it went on after you were done"
#: Something was written in a thread that was put off.
WENT_ON_MEANWHILE = "it went on meanwhile"
_SILENCE, _SILENT = " of silence", "they were silent"

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip


def due(triage: Triage, since: datetime | None, now: datetime, offset: int) -> str:
    """Why a snooze or a wait has ended.

    `since` is when it began (None: not known), `offset` the minutes east of UTC of the clock on the wall now.
    """
    if triage.state is TriageState.WAITING and triage.until is not None:
        passed = "" if since is None else span(triage.until - since)
        if triage.how:
            return f"handed off, no word of it for {passed}" if passed else "handed off, no word of it"
        return f"{passed}{_SILENCE}" if passed else _SILENT
    return snoozed(triage, since, now, offset)


def snoozed(triage: Triage, since: datetime | None, now: datetime, offset: int) -> str:
    """What was said when it was snoozed: the hour of the same day, a weekday, or a date.

    By the clock on the wall by which it was said. Never "today": it may be read tomorrow.
    """
    if triage.until is None:
        return "you said so"
    wall = timedelta(minutes=offset if triage.offset is None else triage.offset)
    said = triage.until + wall
    if since is not None and (since + wall).date() == said.date():
        return f"you said {said:%H:%M}"
    passed = (now + timedelta(minutes=offset)).date() - said.date()
    if passed < timedelta(days=6):
        return f"you said {_DAYS[said.weekday()]}"
    return f"you said {said.day} {_MONTHS[said.month - 1]}"


def silent(how: str) -> bool:
    """Whether an open item came back because they had not answered."""
    return how == _SILENT or how.endswith(_SILENCE)


def activity(before: Triage, *, message: bool = False, same_person: bool = False, ours: bool = False) -> str:
    """Why something new brings an item back; `before` is how it stood. "" where it is open for another reason.

    `message`: it is a direct message conversation; `same_person`: whoever wrote, wrote the item's post too;
    `ours`: we wrote that.
    """
    if before.state is TriageState.OPEN and not silent(before.how):
        return ""
    awaited = before.state is TriageState.OPEN or (before.state is TriageState.WAITING and not before.how)
    if ours or (awaited and (message or same_person)):
        return ANSWERED
    return WROTE_AGAIN if message or same_person else WENT_ON_MEANWHILE


def joined(before: Iterable[tuple[Triage, bool]], *, to_us: bool) -> str:
    """Why a new post of a thread is there, in which something was decided before; "" where nothing was.

    `before` is how its older posts stand, each with whether the same person wrote it; `to_us`: the new one answers
    a post of ours.
    """
    known = list(before)
    waits = [same for triage, same in known if triage.state is TriageState.WAITING and not triage.how]
    done = [triage.how for triage, _ in known if triage.state is TriageState.DONE and triage.how not in STAYS_DONE]
    if any(waits) or (to_us and (waits or "answered" in done)):
        return ANSWERED
    if done:
        return WENT_ON
    later = [same for triage, same in known if triage.until is not None]
    if not later:
        return ""
    return WROTE_AGAIN if any(later) else WENT_ON_MEANWHILE


def span(time: timedelta) -> str:
    """A span of time in whole minutes, hours or days, whichever fits: "3 days"."""
    hours = time / timedelta(hours=1)
    if hours < 1:
        return _counted(max(1, round(hours * 60)), "minute")
    if hours < 23.5:
        return _counted(round(hours), "hour")
    return _counted(round(hours / 24), "day")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
