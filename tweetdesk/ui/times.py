"""Times in few words: how long ago, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def age(then: datetime, now: datetime) -> str:
    """How long ago, as short as can be: "now", "6 m", "2 h", "3 d", and the date after a month."""
    seconds = (now - then).total_seconds()
    if seconds < 60:
        return "now"
    if seconds < 3600:
        return f"{int(seconds // 60)} m"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h"
    if seconds < 31 * 86400:
        return f"{int(seconds // 86400)} d"
    return _date(then.astimezone(now.tzinfo or UTC), now)


def moment(when: datetime, now: datetime) -> str:
    """A time to come, or past, in few words: "14:00", "Tue 14:00", "12 May"."""
    local = when.astimezone(now.tzinfo or UTC)
    days = (local.date() - now.date()).days
    if days == 0:
        return f"{local:%H:%M}"
    if days == 1:
        return f"tomorrow {local:%H:%M}"
    return f"{local:%a %H:%M}" if 0 < days < 7 else _date(local, now)


def back(until: datetime, offset: int | None, now: datetime) -> str:
    """When something comes back: "today, 18:00", "Thu 26 Nov, 09:00", by the clock on the wall.

    `offset`: see domain/triage.py; what was put off until nine comes back at nine, wherever one is then.
    """
    zone = now.tzinfo or UTC
    local = until.astimezone(zone) if offset is None else (until + timedelta(minutes=offset)).replace(tzinfo=zone)
    days = (local.date() - now.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days) or f"{local:%a} {_date(local, now)}"
    return f"{day}, {local:%H:%M}"


def unanswered(since: datetime, now: datetime) -> str:
    """For how long somebody waits for us, in words; nothing for a wait of less than a day."""
    passed = now - since
    if passed < timedelta(days=1):
        return ""
    local = since.astimezone(now.tzinfo or UTC)
    if (now.date() - local.date()).days < 7:
        return f"unanswered since {local:%A}"
    return f"unanswered for {passed.days} days" if passed.days < 21 else f"unanswered for {passed.days // 7} weeks"


def _date(local: datetime, now: datetime) -> str:
    day = f"{local.day} {local:%b}"
    return day if local.year == now.year else f"{day} {local.year}"
