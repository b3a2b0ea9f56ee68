"""Moments: times as this machine's clock shows them, in words."""

from __future__ import annotations

from datetime import datetime

from tweetdesk.domain.dates import when_words
from tweetdesk.domain.outbox import OutboxRow
from tweetdesk.engine.session import Session
from tweetdesk.engine.zone import HERE


def local_now(session: Session) -> datetime:
    """The time, in the zone of this machine with its rules."""
    return session.now().astimezone(HERE)


def clock_words(at: datetime, now: datetime) -> str:
    """A time in the zone of `now`: "14:02" of today, else with its date."""
    local = at.astimezone(now.tzinfo)
    return f"{local:%H:%M}" if local.date() == now.date() else when_words(at, now)


def deletion_question(session: Session, row: OutboxRow) -> str:
    """What is asked before a text is deleted that was sent."""
    now = local_now(session)
    at = max(row.created_at, row.not_before)
    when = clock_words(at, now)
    on = "at" if at.astimezone(now.tzinfo).date() == now.date() else "on"
    whole = f", with all {row.parts} posts of the thread" if row.parts > 1 else ""
    return f"It was sent {on} {when}. Delete it there{whole}? You get the text back."
