"""Triage: the states of an item, the acts that move it, and the whole table of transitions.

open -> answering -> done | open (refused)
open -> done(how), snoozed(until), waiting(until); each -> open by `reopen`, by new activity, or by the date
open -> waiting(until, how) when the act was handed off to the network's own page
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class TriageState(StrEnum):
    """Where an item stands (DESIGN section 5)."""

    OPEN = "open"
    ANSWERING = "answering"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    DONE = "done"
    SCREENED = "screened"


class Move(StrEnum):
    """What can happen to an item: decisions of the user, and news from the outbox, the network and the clock."""

    ANSWER = "answer"  # a reply or message of ours went into the outbox
    SENT = "sent"  # the outbox delivered it
    REFUSED = "refused"  # the network refused it, or it was taken back while held
    FINISH = "finish"  # decided: followed up, reposted, blocked ... (`how`)
    SNOOZE = "snooze"  # be back at `until`
    WAIT = "wait"  # back at `until` if they stay silent
    HAND_OFF = "hand off"  # to be done on the network's own page (`how`); back at `until`
    REOPEN = "reopen"  # back to open by hand
    SCREEN = "screen"  # kept out of sight
    LET_IN = "let in"  # out of the screener
    ANSWERED = "answered"  # an answer of ours was found that was written elsewhere
    ACTIVITY = "activity"  # something new happened in it
    DUE = "due"  # the date of a snooze or a wait has come


@dataclass(frozen=True, slots=True)
class Triage:
    """What was decided about one item of one account.

    `until` (aware UTC) is set in snoozed and waiting only; `offset` beside it are the minutes east of UTC of the
    clock on the wall by which it was chosen ("tomorrow at nine" is nine o'clock wherever one is then), None for a
    moment ("in two hours"). `how` names the act that finished it, that is on its way, or, in waiting, that was
    handed off ("" where an answer is waited for); of an open item it says why it came back ("they answered").
    """

    state: TriageState = TriageState.OPEN
    until: datetime | None = None
    how: str = ""
    offset: int | None = None


_OPEN, _ANSWERING, _WAITING = TriageState.OPEN, TriageState.ANSWERING, TriageState.WAITING
_SNOOZED, _DONE, _SCREENED = TriageState.SNOOZED, TriageState.DONE, TriageState.SCREENED
_EVERY = tuple(TriageState)

#: (move, state) -> the state after it; a pair that is not here leaves the item as it is.
TRANSITIONS: dict[tuple[Move, TriageState], TriageState] = (
    {(Move.ANSWER, state): _ANSWERING for state in _EVERY}
    | {(Move.SENT, _ANSWERING): _DONE}
    | {(Move.REFUSED, _ANSWERING): _OPEN}
    | {(Move.FINISH, state): _DONE for state in _EVERY}
    | {(Move.SNOOZE, state): _SNOOZED for state in _EVERY if state is not _ANSWERING}
    | {(Move.WAIT, state): _WAITING for state in _EVERY if state is not _ANSWERING}
    | {(Move.HAND_OFF, state): _WAITING for state in _EVERY if state is not _ANSWERING}
    | {(Move.REOPEN, state): _OPEN for state in _EVERY if state is not _ANSWERING}
    | {(Move.SCREEN, state): _SCREENED for state in (_OPEN, _WAITING, _SNOOZED)}
    | {(Move.LET_IN, _SCREENED): _OPEN}
    | {(Move.ANSWERED, state): _DONE for state in (_OPEN, _WAITING, _SNOOZED)}
    | {(Move.ACTIVITY, state): _OPEN for state in (_WAITING, _SNOOZED, _DONE)}
    | {(Move.DUE, state): _OPEN for state in (_WAITING, _SNOOZED)}
)


def move(triage: Triage, how: Move, *, until: datetime | None = None, act: str = "") -> Triage:
    """The item after a move. Total: a move that means nothing in this state changes nothing.

    `until` is needed by SNOOZE, WAIT and HAND_OFF (ValueError without it); `act` names what finished it
    ("followed up"), or what was handed off.
    What a block or mute finished stays finished when something new arrives: only an act reopens it.
    """
    after = TRANSITIONS.get((how, triage.state))
    if after is None or (how is Move.ACTIVITY and triage.how in ("blocked", "muted")):
        return triage
    if after in (_SNOOZED, _WAITING):
        if until is None:
            raise ValueError(f"{how} needs a time")
        return Triage(after, until, act if how is Move.HAND_OFF else "")
    if how is Move.SENT:
        return replace(triage, state=_DONE, until=None)
    if after in (_DONE, _ANSWERING):
        return Triage(after, how=act)
    return Triage(after)
