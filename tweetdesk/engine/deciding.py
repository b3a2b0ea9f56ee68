"""Deciding: what the user decides for themselves; nothing of it leaves the machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tweetdesk.domain.events import ItemsChanged, TriageChanged
from tweetdesk.domain.items import Item
from tweetdesk.domain.people import Identity
from tweetdesk.domain.triage import Move, TriageState
from tweetdesk.engine.undoing import NotAllowed, Undoing, Undone


class Deciding(Undoing):
    """Private decisions: at once, and undoable."""

    async def decide(
        self, items: Sequence[Item], move: Move, *, words: str, until: datetime | None = None
    ) -> None:
        """Mark items as followed up (FINISH), snoozed (SNOOZE, with `until`) or open (REOPEN).

        Raises NotAllowed for an item whose answer is still on its way.
        """
        now = self._clock.now()
        applied = []
        for item in items:
            done = await self._store.triage.apply(item.account, [item.id], move, until=until, act=words, now=now)
            if not done and item.state is TriageState.ANSWERING:
                raise NotAllowed("Your answer to this is on its way; z takes it back while it is held.")
            applied += done
            self._bus.publish(TriageChanged(item.account, frozenset({item.id})))

        async def undo() -> Undone:
            for one in reversed(applied):
                await self._store.triage.undo(one.id, self._clock.now())
            for item in items:
                self._bus.publish(TriageChanged(item.account, frozenset({item.id})))
            owner = items[0].account if items else ""
            return Undone(f"{words} taken back", tuple(item.id for item in items), account=owner)

        self._undo.append(undo)

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
