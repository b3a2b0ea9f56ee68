"""Taking over: a second tweetdesk on a profile only reads until the first has ended, and then writes."""

from __future__ import annotations

from tweetdesk.domain.events import Notice, Severity
from tweetdesk.engine.bus import Bus
from tweetdesk.engine.busy import Busy
from tweetdesk.engine.clock import Clock
from tweetdesk.store.errors import DatabaseNewer, StoreTrouble
from tweetdesk.store.store import Store

#: How often it is looked whether the first one is still there, in seconds.
LOOK_SECONDS = 3.0

TAKEN_OVER = "The other tweetdesk has ended: this one fetches, sends and saves from now on."


async def our_turn(store: Store, clock: Clock, bus: Bus, busy: Busy) -> bool:
    """Wait until the profile is ours to write; False where it never will be: a newer tweetdesk has it now.

    A process that is stopped but lives keeps the profile; of several that wait one gets it.
    """
    told = ""
    while True:
        try:
            with busy.work():
                if await store.take_over():
                    return True
        except StoreTrouble as error:
            if str(error) != told:
                told = str(error)
                bus.publish(Notice(told, Severity.ERROR))
            if isinstance(error, DatabaseNewer):
                return False
        await clock.sleep(LOOK_SECONDS)
