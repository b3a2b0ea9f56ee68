"""Triage: the states of an item, the acts that move it, and the whole table of transitions.

docs/triage.md shows the table; it is made from this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class TriageState(StrEnum):
    """Where an item stands (DESIGN section 5); `STATES` says what each means."""

    OPEN = "open"
    ANSWERING = "answering"
    WAITING = "waiting"
    SNOOZED = "snoozed"
    DONE = "done"
    SCREENED = "screened"


class Move(StrEnum):
    """What can happen to an item; `MOVES` says what each means."""

    ANSWER = "answer"
    FINISH = "finish"
    SNOOZE = "snooze"
    WAIT = "wait"
    HAND_OFF = "hand off"
    REOPEN = "reopen"
    UNBLOCK = "unblock"
    ACT = "act"
    SCREEN = "screen"
    LET_IN = "let in"
    SENT = "sent"
    REFUSED = "refused"
    ANSWERED = "answered"
    ACTIVITY = "activity"
    DUE = "due"


#: What each state means.
STATES = {
    TriageState.OPEN: "wants a decision; `how` says why it came back, where it did",
    TriageState.ANSWERING: "an answer of ours is in the outbox; with `until` it waits for theirs once it is sent",
    TriageState.WAITING: "we wait for them, or for an act on the network's own page, until a date",
    TriageState.SNOOZED: "out of sight until a date",
    TriageState.DONE: "decided; `how` says by what",
    TriageState.SCREENED: "kept out of sight, never deleted",
}

#: What each move means: decisions of the user first, then news from the outbox, the network and the clock.
MOVES = {
    Move.ANSWER: "a reply or message of ours went into the outbox",
    Move.FINISH: "decided: followed up, reposted, blocked ...",
    Move.SNOOZE: "be back at a date",
    Move.WAIT: "be back at a date if they stay silent",
    Move.HAND_OFF: "to be done on the network's own page; back at a date",
    Move.REOPEN: "back to open by hand",
    Move.UNBLOCK: "the block that finished it was taken back",
    Move.ACT: "an act of ours that leaves it where it is: a like, a bookmark, a follow",
    Move.SCREEN: "kept out of sight",
    Move.LET_IN: "out of the screener",
    Move.SENT: "the outbox delivered our answer",
    Move.REFUSED: "the network refused our answer",
    Move.ANSWERED: "an answer of ours was found that was written elsewhere",
    Move.ACTIVITY: "they did something new in it",
    Move.DUE: "the date of a snooze or a wait has come",
}

#: Moves that a person makes; all else is news.
BY_HAND = tuple(MOVES)[: tuple(MOVES).index(Move.SENT)]

#: How an item is done after a block; nothing but an undo or an unblock leads out of it.
BLOCKED = "blocked"
MUTED = "muted"
#: How the item is done on which its conversation was muted, and how what arrives in it afterwards is done.
CONVERSATION_MUTED = "conversation muted"
IN_MUTED = "in a muted conversation"
#: What was done so is not brought back by anything new.
STAYS_DONE = frozenset({BLOCKED, MUTED, CONVERSATION_MUTED, IN_MUTED})


@dataclass(frozen=True, slots=True)
class Triage:
    """What was decided about one item of one account.

    `until` (aware UTC) is set in snoozed and waiting, and in answering where it waits once it is sent. `offset`
    beside it are the minutes east of UTC of the clock on the wall by which it was chosen, at that date: `until`
    plus `offset` is what the clock shall show ("tomorrow at nine" is nine o'clock wherever one is then). None is a
    moment ("in two hours"). `how` names the act that finished it, that is on its way, or, in waiting, that was
    handed off ("" where an answer is waited for); of an open item it says why it came back ("they answered").
    """

    state: TriageState = TriageState.OPEN
    until: datetime | None = None
    how: str = ""
    offset: int | None = None

    @property
    def blocked(self) -> bool:
        """Whether a block finished it."""
        return self.state is TriageState.DONE and self.how == BLOCKED


_OPEN, _ANSWERING, _WAITING = TriageState.OPEN, TriageState.ANSWERING, TriageState.WAITING
_SNOOZED, _DONE, _SCREENED = TriageState.SNOOZED, TriageState.DONE, TriageState.SCREENED
_EVERY = tuple(TriageState)
_SETTLED = tuple(state for state in _EVERY if state is not _ANSWERING)

#: (move, state) -> the state after it; a pair that is not here leaves the item as it is. `move` has the
#: exceptions: what a block finished, what was muted, and an answer that is waited upon once it is sent.
TRANSITIONS: dict[tuple[Move, TriageState], TriageState] = (
    {(Move.ANSWER, state): _ANSWERING for state in _EVERY}
    | {(Move.SENT, _ANSWERING): _DONE}
    | {(Move.REFUSED, _ANSWERING): _OPEN}
    | {(Move.FINISH, state): _DONE for state in _EVERY}
    | {(Move.SNOOZE, state): _SNOOZED for state in _SETTLED}
    | {(Move.WAIT, state): _WAITING for state in _SETTLED}
    | {(Move.WAIT, _ANSWERING): _ANSWERING}
    | {(Move.HAND_OFF, state): _WAITING for state in _SETTLED}
    | {(Move.REOPEN, state): _OPEN for state in _SETTLED}
    | {(Move.UNBLOCK, _DONE): _OPEN}
    | {(Move.SCREEN, state): _SCREENED for state in (_OPEN, _WAITING, _SNOOZED)}
    | {(Move.LET_IN, _SCREENED): _OPEN}
    | {(Move.ANSWERED, state): _DONE for state in (_OPEN, _WAITING, _SNOOZED)}
    | {(Move.ACTIVITY, state): _OPEN for state in (_OPEN, _WAITING, _SNOOZED, _DONE)}
    | {(Move.DUE, state): _OPEN for state in (_WAITING, _SNOOZED)}
)


def move(
    triage: Triage, how: Move, *, until: datetime | None = None, act: str = "", offset: int | None = None
) -> Triage:
    """The item after a move. Total: a move that means nothing in this state changes nothing.

    `until` is needed by SNOOZE, WAIT and HAND_OFF (ValueError without it), `offset` goes with it; `act` names what
    finished it ("followed up"), what was handed off, or, of DUE and ACTIVITY, why it comes back. No move but
    UNBLOCK leads out of a block, and UNBLOCK out of nothing else. What was muted stays done when something new
    arrives.
    """
    if how in (Move.SNOOZE, Move.WAIT, Move.HAND_OFF) and until is None:
        raise ValueError(f"{how} needs a time")
    after = TRANSITIONS.get((how, triage.state))
    if after is None or triage.blocked != (how is Move.UNBLOCK):
        return triage
    if how is Move.ACTIVITY and (
        triage.how in STAYS_DONE if triage.state is _DONE else triage.state is _OPEN and not act
    ):
        return triage
    if how is Move.SENT:
        return Triage(_WAITING, triage.until, "", triage.offset) if triage.until else replace(triage, state=_DONE)
    if how is Move.WAIT and after is _ANSWERING:
        return replace(triage, until=until, offset=offset)
    if how is Move.ANSWER and triage.state is _ANSWERING:
        return replace(triage, how=act)
    if after in (_SNOOZED, _WAITING):
        return Triage(after, until, act if how is Move.HAND_OFF else "", offset)
    if after in (_DONE, _ANSWERING) or how in (Move.DUE, Move.ACTIVITY):
        return Triage(after, how=act)
    return Triage(after)
