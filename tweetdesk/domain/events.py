"""What happened, told on the engine's bus; whoever shows it reads the store again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tweetdesk.domain.selections import Source


class SourceState(StrEnum):
    """How a source is doing."""

    LOADING = "loading"
    FRESH = "up to date"
    OFFLINE = "offline"
    LIMITED = "waiting"
    REFUSED = "refused"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How one source is doing: since when, until when (LIMITED, OFFLINE: the next try), and why in a sentence."""

    source: Source
    state: SourceState
    at: datetime
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened."""


@dataclass(frozen=True, slots=True)
class StatusChanged(Event):
    """A source is doing better or worse than before."""

    status: SourceStatus


@dataclass(frozen=True, slots=True)
class ItemsChanged(Event):
    """The items of these sources changed: something arrived, was edited, or went away.

    `items` are the triage ids of those whose content may be another now.
    """

    sources: frozenset[Source]
    items: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TriageChanged(Event):
    """Decisions about these items changed (by their triage ids)."""

    account: str
    items: frozenset[str]


@dataclass(frozen=True, slots=True)
class AccountChanged(Event):
    """An account was paused (its `why` is then a sentence) or goes on ("")."""

    account: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class OutboxChanged(Event):
    """An outbox row was added or moved on."""

    row: int


@dataclass(frozen=True, slots=True)
class Uploading(Event):
    """So many bytes of the pictures of an outbox row have been sent, of so many."""

    row: int
    sent: int
    total: int


class Severity(StrEnum):
    """How loud a notice is."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Notice(Event):
    """A sentence for the user: what happened, and what can be done."""

    text: str
    severity: Severity = Severity.INFORMATION
