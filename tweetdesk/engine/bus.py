"""The bus: whoever wants to know of events subscribes with a function; publishing never waits."""

from __future__ import annotations

from collections.abc import Callable

from tweetdesk.domain.events import Event

Subscriber = Callable[[Event], None]


class Bus:
    """Hands each event to every subscriber, in the order of publishing, within the event loop's thread.

    A subscriber only notes what it heard (the desk posts a message to itself); it must not wait or raise.
    """

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hear every event from now on, until the returned function is called."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def publish(self, event: Event) -> None:
        """Tell everybody."""
        for subscriber in tuple(self._subscribers):
            subscriber(event)
