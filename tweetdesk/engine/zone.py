"""The time zone of this machine, with its rules: which time it will be here at a moment to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The zone of the machine as it is set at the moment of asking.

    `datetime.astimezone()` without a zone gives today's distance from UTC and no rules; this one knows that next
    month the clocks may be changed.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far the clock on the wall is ahead of UTC then."""
        return moment.replace(tzinfo=None).astimezone().utcoffset() if moment else None

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Not known apart from the rest."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """What the zone is called then."""
        return moment.replace(tzinfo=None).astimezone().tzname() if moment else None

    def fromutc(self, moment: datetime) -> datetime:
        """A moment by the clock on the wall; `fold` tells the two times apart where it is put back."""
        local = moment.replace(tzinfo=UTC).astimezone()
        wall = local.replace(tzinfo=self, fold=0)
        return wall if wall.utcoffset() == local.utcoffset() else wall.replace(fold=1)


#: Where this machine is.
HERE = LocalZone()
