"""The page of triage, made from the table of transitions: what every move does to an item in every state."""

from __future__ import annotations

from datetime import UTC, datetime

from tweetdesk.domain import reasons
from tweetdesk.domain.triage import (
    BLOCKED,
    BY_HAND,
    CONVERSATION_MUTED,
    IN_MUTED,
    MOVES,
    MUTED,
    STATES,
    Move,
    Triage,
    TriageState,
    move,
)

_HEAD = """# Triage

This page is made from the table of transitions (`tweetdesk/domain/triage.py`) by `make docs`.

An item is a post that wants something of you, or a conversation of direct messages. Each stands in one
state; a *move* leads from one to another. The table is total: every move means something in every state,
or leaves the item as it is. Every move that changes something, and every act on an item, is a line of a
log, in the same transaction; the log alone gives the table again.
"""

_RULES = """## What comes back, and why

- **A date.** A snooze or a wait is over when the clock on the wall shows the time that was chosen: nine
  in the morning is nine where you are then, also after a flight and where the clocks were changed. What
  was chosen as a span ("in two hours") comes at that moment. After a night of the machine it comes
  within half a minute, and never twice.
- **A message** by somebody else reopens its conversation, whatever was decided but a block or a mute.
- **A post in a thread** is an item of its own where it is addressed to you (it answers, quotes or
  mentions you). What is done in that thread stays done: the new post stands for it, and says why it is
  there. What was snoozed comes back with it. What waits comes back with a post by the person waited for,
  and after a question of your own with anybody's.
- **Once**: only what an account sees for the first time is news, in whichever column.
- **A muted conversation** takes in what arrives as done ("{in_muted}"). When the mute is taken back,
  that is open.
- What people write whom you blocked or muted, or with words that you muted, moves nothing.
- **Your own answer**, written elsewhere, settles what it answers and nothing else; not what you decided
  about after writing it.

An item that came back says why: {reasons}. Whoever acts on it takes the reason away.

## Undo

An undo puts an item back to exactly what it was before the act, unless it has moved on since. The items
of one act (`E`, a selection, a thread) come back together; those that have moved on are left as they
are. No move but *unblock*, and no undo but that of the block, leads out of *{blocked}*.
"""

_UNTIL = datetime(2026, 1, 1, tzinfo=UTC)
#: The states of the grid, with those whose `how` makes a difference.
_ROWS = {
    "open": Triage(),
    "open again (why)": Triage(how="a reason"),
    "answering": Triage(TriageState.ANSWERING, None, "answered"),
    "answering, then waiting": Triage(TriageState.ANSWERING, _UNTIL, "answered"),
    "waiting": Triage(TriageState.WAITING, _UNTIL),
    "snoozed": Triage(TriageState.SNOOZED, _UNTIL),
    "done": Triage(TriageState.DONE, None, "followed up"),
    f"done: {MUTED}, {CONVERSATION_MUTED}": Triage(TriageState.DONE, None, MUTED),
    f"done: {BLOCKED}": Triage(TriageState.DONE, None, BLOCKED),
    "screened": Triage(TriageState.SCREENED),
}


def _after(before: Triage, how: Move) -> str:
    """What a move makes of a state, in words; "·" where it leaves it as it is."""
    act = "a new reason" if how in (Move.ACTIVITY, Move.DUE) else "something else"
    after = move(before, how, until=_UNTIL.replace(year=2027), act=act)
    if after == before:
        return "·"
    words = after.state.value
    if after.state is TriageState.OPEN and after.how:
        words += " (why)"
    if after.state is TriageState.ANSWERING and after.until:
        words += ", then waiting"
    return words


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _grid(moves: list[Move]) -> str:
    rows = [[name, *(_after(before, how) for how in moves)] for name, before in _ROWS.items()]
    return _table(["", *(f"*{how}*" for how in moves)], rows)


def triage_page() -> str:
    """The whole page."""
    news = [how for how in MOVES if how not in BY_HAND]
    said = (reasons.ANSWERED, reasons.WROTE_AGAIN, reasons.WENT_ON, reasons.WENT_ON_MEANWHILE)
    words = [f'"{one}"' for one in (*said, "3 days of silence", "you said Thursday")]
    rules = _RULES.format(in_muted=IN_MUTED, blocked=BLOCKED, reasons=", ".join(words))
    return "\n".join([
        _HEAD,
        "## States\n",
        _table(["state", "what it means"], [[state, words] for state, words in STATES.items()]) + "\n",
        "## Moves\n",
        "By hand:\n",
        _table(["move", "what it means"], [[how, MOVES[how]] for how in BY_HAND]) + "\n",
        "News of the outbox, the network and the clock:\n",
        _table(["move", "what it means"], [[how, MOVES[how]] for how in news]) + "\n",
        "## What each move does\n",
        "`·` leaves the item as it is.\n",
        _grid(list(BY_HAND)) + "\n",
        _grid(news) + "\n",
        rules,
    ])  # fmt: skip
