"""Keys: from key presses to commands, chords included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import events

from tweetdesk.domain.commands import Command


def handed_on(event: events.Key) -> events.Key:
    """The same key press, given to those for whom it was meant; that makes it no repeat (see App.on_event)."""
    key = events.Key(event.key, event.character)
    key.again = getattr(event, "again", False)  # type: ignore[attr-defined]
    return key


@dataclass(frozen=True, slots=True)
class Chord:
    """The first key of a chord was pressed: what may follow, as (key, command)."""

    first: str
    following: tuple[tuple[str, Command], ...]


class Keys:
    """Reads the keys of one place. A chord's second key is always swallowed, also when it means nothing."""

    def __init__(self, commands: Iterable[Command], place: str = "desk") -> None:
        self._single: dict[str, Command] = {}
        self._chords: dict[str, dict[str, Command]] = {}
        self._pending = ""
        for command in commands:
            if command.place != place:
                continue
            for key in command.keys:
                first, _, second = key.partition(" ")
                if second:
                    self._chords.setdefault(first, {})[second] = command
                else:
                    self._single[key] = command

    @property
    def pending(self) -> Chord | None:
        """The chord that has begun, if one has."""
        if not self._pending:
            return None
        return Chord(self._pending, tuple(self._chords[self._pending].items()))

    def feed(self, key: str) -> Command | None:
        """What a key press means; None for nothing, or for the first key of a chord (see `pending`)."""
        if self._pending:
            command = self._chords[self._pending].get(key)
            self._pending = ""
            return command
        if key in self._chords:
            self._pending = key
            return None
        return self._single.get(key)
