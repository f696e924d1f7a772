"""The zone that the device is set to, and the moment it is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class DeviceZone(tzinfo):
    """The device's zone with its changes of the clock, past and to come.

    What the system says of a moment is the offset of that moment alone; an answer of July told in
    December needs that of July.
    """

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        """How far a moment on the device's clock is ahead of UTC; None of no moment."""
        if moment is None:
            return None
        try:
            return moment.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, OSError, ValueError):
            return timedelta(0)

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Nothing is known of it apart from the offset."""
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        """The system's short name for the offset of a moment."""
        return None if moment is None else moment.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, moment: datetime) -> datetime:
        """A moment given in UTC, as the device's clock shows it."""
        shown = moment.replace(tzinfo=UTC).astimezone()
        told = shown.replace(tzinfo=self, fold=0)
        return told if told.utcoffset() == shown.utcoffset() else told.replace(fold=1)


DEVICE_ZONE = DeviceZone()


def local_time() -> datetime:
    """The moment it is, where the device is."""
    return datetime.now(DEVICE_ZONE)
