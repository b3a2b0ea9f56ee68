"""Deciding: what the user decides for themselves; nothing of it leaves the machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from tweetdesk.domain.events import ItemsChanged
from tweetdesk.domain.muting import MutedWords, folded
from tweetdesk.domain.people import Identity
from tweetdesk.domain.selections import Source
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.undoing import NotAllowed, Undoing, Undone, counted


class Settled(Protocol):
    """What can be decided: an item, or a row of a column that stands for one."""

    @property
    def account(self) -> str:
        """Whose triage it is in."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The triage ids of all that it stands for."""


One = TypeVar("One", bound=Settled)


@dataclass(frozen=True, slots=True)
class Decided:
    """How many items a decision moved, and how many it left alone because their answers are on the way."""

    done: int
    busy: int = 0


class Deciding(Undoing):
    """Private decisions: at once, and undoable."""

    async def undecided(self, items: Iterable[One]) -> list[One]:
        """Those of them that are neither done nor being answered."""
        listed = list(items)
        states = await self._store.triage.states(_places(listed))
        over = {place for place, one in states.items() if one.state in (TriageState.DONE, TriageState.ANSWERING)}
        return [one for one in listed if any(place not in over for place in _places([one]))]

    async def decide(
        self,
        items: Sequence[Settled],
        move: Move,
        *,
        words: str,
        until: datetime | None = None,
        offset: int | None = None,
    ) -> Decided:
        """Mark items as followed up (FINISH), snoozed (SNOOZE), waited for (WAIT) or open (REOPEN): one act.

        SNOOZE and WAIT need `until`, with the `offset` of the clock by which it was chosen (see domain/dates.py).
        What is done is not finished again. Items whose answer is on its way are left alone, but for WAIT: they
        wait once it is sent. Raises NotAllowed where that leaves nothing.
        """
        places = _places(items)
        states = await self._store.triage.states(places)
        busy = {
            place for place, one in states.items() if one.state is TriageState.ANSWERING and move is not Move.WAIT
        }
        over = {place for place, one in states.items() if one.state is TriageState.DONE and move is Move.FINISH}
        wanted = [place for place in places if place not in busy | over]
        applied = await self._store.triage.apply_all(
            wanted, move, until=until, offset=offset, act=words, now=self._clock.now()
        )
        moved = {(one.account, one.item) for one in applied}
        settled = sum(not moved.isdisjoint(_places([one])) for one in items)
        if busy and not applied:
            raise NotAllowed("Your answer to this is on its way; z takes it back while it is held.")
        if applied:
            self._tell_triage(moved)
            batch, said = applied[0].batch, f"{words} taken back{counted(settled)}"
            self._undo.append(lambda: self._undo_batch(batch, said))
        return Decided(settled, sum(not busy.isdisjoint(_places([one])) for one in items))

    async def help_list(self, account: str, person: Identity) -> bool:
        """Put a person on the help list of an account, or take them off; whether they are on it now."""
        on = all(one.id != person.id for one in await self._store.people.helped(account))
        await self._store.people.set_helped(account, person, on, self._clock.now())

        async def undo() -> Undone:
            await self._store.people.set_helped(account, person, not on, self._clock.now())
            self._bus.publish(ItemsChanged(frozenset()))
            return Undone(f"{person.called} is {'off' if on else 'on'} your help list again")

        self._undo.append(undo)
        self._bus.publish(ItemsChanged(frozenset()))
        return on

    async def note(self, person: Identity, text: str) -> None:
        """Keep a private note about a person, in place of the one before; "" takes it away."""
        people = self._store.people
        before = await people.note(person.network, person.id)
        if text == before:
            return
        await people.set_note(person.network, person.id, text, self._clock.now())

        async def undo() -> Undone:
            await people.set_note(person.network, person.id, before, self._clock.now())
            self._bus.publish(ItemsChanged(frozenset()))
            return Undone(f"your note about {person.called} is as it was before")

        self._undo.append(undo)
        self._bus.publish(ItemsChanged(frozenset()))

    async def mute_words(self, words: str, until: datetime | None) -> None:
        """Keep posts of others with these words out of the columns, for ever without `until`.

        Raises NotAllowed for words without a letter or digit.
        """
        if not folded(words):
            raise NotAllowed("Only words can be muted: at least one letter or digit.")
        before = await self._muted(words)
        self._changed_in(await self._store.posts.mute_words(words, until, self._clock.now()))
        self._undo.append(lambda: self._words_as(words, before))

    async def unmute_words(self, words: str) -> None:
        """Let posts with muted words in again."""
        before = await self._muted(words)
        self._changed_in(await self._store.posts.unmute_words(words))
        self._undo.append(lambda: self._words_as(words, before))

    async def _muted(self, words: str) -> MutedWords | None:
        """How these words are muted now."""
        muted = await self._store.posts.muted_words()
        return next((one for one in muted if folded(one.words) == folded(words)), None)

    async def _words_as(self, words: str, before: MutedWords | None) -> Undone:
        """Words muted as they were before, or not at all."""
        if before is None:
            self._changed_in(await self._store.posts.unmute_words(words))
            return Undone(f"“{words}” is not muted any more")
        self._changed_in(await self._store.posts.mute_words(before.words, before.until, before.since))
        return Undone(f"“{before.words}” is muted as it was before")

    def _changed_in(self, sources: frozenset[Source]) -> None:
        """Something came into these sources, or left them."""
        if sources:
            self._bus.publish(ItemsChanged(sources))


def _places(items: Iterable[Settled]) -> list[tuple[str, str]]:
    """The rows of triage that items stand for."""
    return list(dict.fromkeys((one.account, item) for one in items for item in one.ids))
