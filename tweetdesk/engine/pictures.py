"""Pictures on their way: the files of one act for the network that sends them, and how much of them has left."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from tweetdesk.domain.events import Uploading
from tweetdesk.domain.outbox import Attachment
from tweetdesk.engine.tools import Tools
from tweetdesk.networks.errors import Refused
from tweetdesk.store.attachments import AttachmentTrouble
from tweetdesk.store.store import Store

log = logging.getLogger(__name__)

#: How often, at most, progress is told.
TELL_EVERY = timedelta(seconds=0.25)
#: Pictures that nothing names are kept so long, for somebody who has just chosen one.
KEPT_FOR = timedelta(days=1)


class ActPictures:
    """The pictures of one row of the outbox, as the network asks for them."""

    def __init__(self, row: int, tools: Tools) -> None:
        self._row, self._tools = row, tools
        self._told: datetime | None = None

    async def read(self, attachment: Attachment) -> bytes:
        """The bytes of a picture. Raises Refused where it is gone."""
        try:
            return await self._tools.store.attachments.read(attachment.file)
        except AttachmentTrouble as error:
            raise Refused(str(error), "NoPicture") from error

    def progress(self, sent: int, total: int) -> None:
        """So many bytes have left, of so many: told a few times a second."""
        now = self._tools.clock.now()
        if self._told is not None and sent < total and timedelta() <= now - self._told < TELL_EVERY:
            return
        self._told = now
        self._tools.uploading[self._row] = 100 * sent // total if total else 100
        self._tools.bus.publish(Uploading(self._row, sent, total))


async def tidy(store: Store, now: datetime) -> int:
    """Throw away pictures that no draft and no act in the outbox needs (any more); returns how many.

    What cannot be thrown away stays until the next time.
    """
    acts = [row.act for row in await store.outbox.unfinished()] + [one.act for one in await store.drafts.all()]
    media = [act.media for act in acts] + [part.media for act in acts for part in act.more]
    keep = {picture.file for pictures in media for picture in pictures}
    try:
        return await store.attachments.tidy(keep, now - KEPT_FOR)
    except OSError as error:
        log.warning("pictures that nothing needs are still there: %s", error.strerror)
        return 0
