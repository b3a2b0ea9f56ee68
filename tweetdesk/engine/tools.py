"""Tools: what every task of the engine works with."""

from __future__ import annotations

from dataclasses import dataclass

from tweetdesk.engine.acts import Acts
from tweetdesk.engine.budget import Budget
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock
from tweetdesk.engine.pauses import Pauses
from tweetdesk.store.store import Store


@dataclass(frozen=True, slots=True)
class Tools:
    """The store, the bus, the clock, and who may ask how much of which network.

    `uploading` has how much of an act's pictures has been sent, in percent, by its row of the outbox.
    """

    store: Store
    bus: Bus
    clock: Clock
    busy: Busy
    budget: Budget
    pauses: Pauses
    acts: Acts
    uploading: dict[int, int]
