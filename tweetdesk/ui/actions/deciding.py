"""Deciding: followed up, snoozed, waiting, open again: for the item under the hand or all that are marked."""

from __future__ import annotations

from collections.abc import Sequence

from tweetdesk.domain.dates import When, when_words
from tweetdesk.domain.posts import PostKind
from tweetdesk.domain.triage import Move
from tweetdesk.engine.deciding import Decided
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.actions import Work, action
from tweetdesk.ui.actions.times import SNOOZES, WAITS, Offers, asked_time
from tweetdesk.ui.moments import local_now
from tweetdesk.ui.screens.conversation import MISSING, ConversationScreen
from tweetdesk.ui.screens.deck import DeckScreen
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import clean
from tweetdesk.ui.widgets.rows import Loaded

#: Deciding so many takes long enough to say that it is under way.
MANY = 300


def in_hand(stage: StageScreen) -> tuple[Loaded, ...]:
    """What a private act is for, as it stands at this moment: all that is marked, else the selected item."""
    marked = stage.view.marked() if stage.view else ()
    if marked:
        return tuple(one for one in marked if not one.id.startswith(MISSING))
    item = stage.selected
    return (Loaded(item.account, item.id, item.ids),) if item else ()


def told(stage: StageScreen, decided: Decided, words: str, nothing: str) -> None:
    """Say what was done: with the count where it was for several, and how many were left alone."""
    if not decided.done:
        stage.tell(nothing)
        return
    count = f"{decided.done} " if decided.done > 1 else ""
    left = f" · {decided.busy} left alone: their answers are on the way" if decided.busy else ""
    text = f"{count}{words}{left} · z undo"
    stage.tell(text[:1].upper() + text[1:])


async def _decide(
    stage: StageScreen, rows: Sequence[Loaded], move: Move, words: str, nothing: str, when: When | None = None
) -> None:
    """Carry it out; what cannot be decided is back in sight."""
    until, offset = (when.at, when.offset) if when else (None, None)
    try:
        decided = await stage.session.engine.acts.decide(rows, move, words=words, until=until, offset=offset)
    except NotAllowed:
        if stage.view:
            stage.view.keep([(one.account, one.id) for one in rows])
        raise
    if len(rows) > 1 or not decided.done or move is Move.REOPEN:
        told(stage, decided, words, nothing)


def _leave(stage: StageScreen, rows: Sequence[Loaded], words: str) -> None:
    """Take rows out of sight at once, and their marks off."""
    if stage.view:
        stage.view.leave([(one.account, one.id) for one in rows], words)
        stage.view.unmark()


@action("followed_up")
def followed_up(stage: StageScreen, key: str) -> Work | None:
    """Done with it; on to the next."""
    rows = in_hand(stage)
    if not rows:
        return None
    _leave(stage, rows, "followed up · z undo")
    return _decide(stage, rows, Move.FINISH, "followed up", "It is done already.")


@action("reopen")
def reopen(stage: StageScreen, key: str) -> Work | None:
    """Back to open."""
    rows = in_hand(stage)
    if not rows:
        return None

    async def carry_out() -> None:
        await _decide(stage, rows, Move.REOPEN, "back to open", "It is open already.")
        if stage.view:
            stage.view.unmark()

    return carry_out()


@action("snooze", opens=True)
def snooze(stage: StageScreen, key: str) -> Work | None:
    """Out of sight until later."""
    return _put_off(stage, Move.SNOOZE, "Back when?", SNOOZES, "snoozed until", "back")


@action("waiting", opens=True)
def waiting(stage: StageScreen, key: str) -> Work | None:
    """Out of sight, and back if they stay silent for so long."""
    return _put_off(
        stage, Move.WAIT, "Back if they stay silent for how long?", WAITS, "waiting until", "waiting until"
    )


def _put_off(stage: StageScreen, move: Move, question: str, offers: Offers, done: str, brief: str) -> Work | None:
    rows = in_hand(stage)
    if not rows:
        return None
    if len(rows) > 1:
        question = f"{question} ({len(rows)} marked)"

    async def ask() -> None:
        when = await asked_time(stage, question, offers)
        if when is None:
            return
        words = when_words(when.at, local_now(stage.session))
        _leave(stage, rows, f"{brief} {words} · z undo")
        await _decide(stage, rows, move, f"{done} {words}", "It stays as it is: it is blocked.", when)

    return ask()


# -- everything in the column -----------------------------------------------------------------------------------
@action("followed_up_column", opens=True)
def followed_up_column(stage: StageScreen, key: str) -> Work | None:
    """Done with everything that is here at this moment, after asking; nothing that arrives meanwhile."""
    rows, where = _all_here(stage)

    async def ask() -> None:
        acts = stage.session.engine.acts
        wanted = await acts.undecided(rows)
        if not wanted:
            raise NotAllowed("Nothing here wants a decision.")
        count = f"all {len(wanted)}" if len(wanted) > 1 else "the only open one"
        if not await stage.confirm(f"Followed up: {count} {where}?"):
            return
        if len(wanted) >= MANY:
            stage.tell(f"Marking {len(wanted)} as followed up …")
        decided = await acts.decide(wanted, Move.FINISH, words="followed up")
        _leave(stage, wanted, "followed up · z undo")
        told(stage, decided, "followed up", "Nothing here wants a decision.")

    return ask()


def _all_here(stage: StageScreen) -> tuple[tuple[Loaded, ...], str]:
    """Everything that stands here now, and where that is; an open conversation is what it was opened as."""
    if isinstance(stage, ConversationScreen):
        item = stage.opened
        return tuple(Loaded(item.account, one, (one,)) for one in item.ids), "of this conversation"
    where = (
        f"in {clean(stage.pane.head.title, newlines=False)}"
        if isinstance(stage, DeckScreen) and stage.pane
        else ""
    )
    return (stage.view.loaded() if stage.view else ()), where


# -- marking ----------------------------------------------------------------------------------------------------
@action("select")
def select(stage: StageScreen, key: str) -> None:
    """Mark the item, or take its mark off."""
    if stage.view and _can_mark(stage):
        stage.view.mark()
        _tell_marks(stage)


@action("select_to")
def select_to(stage: StageScreen, key: str) -> None:
    """Mark everything from the last marked item to here."""
    if stage.view and _can_mark(stage):
        stage.view.mark_to_here()
        _tell_marks(stage)


def _can_mark(stage: StageScreen) -> bool:
    item = stage.selected
    if item and item.post.kind is PostKind.MESSAGE and isinstance(stage, ConversationScreen):
        stage.tell("A conversation of direct messages is one thing: e, b, w and u act on all of it.")
        return False
    return True


def _tell_marks(stage: StageScreen) -> None:
    count = len(in_hand(stage)) if stage.view and stage.view.marked() else 0
    stage.tell(
        f"{count} marked · e, b, w and u act on all of them · Esc takes the marks off"
        if count
        else "Nothing is marked."
    )
