"""Muted words: which posts of others stay out of every column, for how long, and letting them in again."""

from __future__ import annotations

from datetime import timedelta

from tweetdesk.domain.dates import when_words
from tweetdesk.domain.muting import MutedWords, folded
from tweetdesk.engine.undoing import NotAllowed
from tweetdesk.ui.moments import local_now
from tweetdesk.ui.screens.stage import StageScreen
from tweetdesk.ui.text import one_line
from tweetdesk.ui.widgets.choice import Choice

#: For how long words can be muted; None is for ever.
LENGTHS = (("a day", timedelta(days=1)), ("a week", timedelta(weeks=1)), ("for ever", None))
HINTS = ("one word, or several as a phrase", "case and accents make no difference", "nobody is told")


async def mute_words(stage: StageScreen) -> None:
    """Ask which words, and for how long."""
    words = await (await stage.asked()).line("Mute posts with the words", hints=HINTS, check=_check)
    if words is None:
        return
    question = f"Mute “{one_line(words)}” for how long?"
    chosen = await (await stage.asked()).choose(question, [Choice(label) for label, _ in LENGTHS])
    if chosen is None:
        return
    label, length = LENGTHS[chosen]
    await stage.session.engine.acts.mute_words(words, stage.session.now() + length if length else None)
    stage.tell(f"“{one_line(words)}” is muted {label if length is None else f'for {label}'} · z undo")


def _check(words: str) -> str:
    """What is muted then. Raises ValueError for no words."""
    if not any(letter.isalnum() for letter in folded(words)):
        raise ValueError("At least one letter or digit is wanted. Esc leaves.")
    return f"posts of others with “{one_line(words)}” stay out of every column"


async def muted_words(stage: StageScreen) -> None:
    """The words that are muted; the chosen ones are let in again."""
    muted = await stage.session.store.posts.muted_words()
    if not muted:
        raise NotAllowed("No words are muted. ! mutes some.")
    choices = [Choice(f"“{one_line(one.words)}”", _until(stage, one)) for one in muted]
    chosen = await (await stage.asked()).choose("Let in again which?", choices)
    if chosen is not None:
        await stage.session.engine.acts.unmute_words(muted[chosen].words)
        stage.tell(f"“{one_line(muted[chosen].words)}” is not muted any more · z undo")


def _until(stage: StageScreen, one: MutedWords) -> str:
    return f"until {when_words(one.until, local_now(stage.session))}" if one.until else "for ever"
