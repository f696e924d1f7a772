"""What is wrong with a table of paper contributions, or with one of its rows."""

from kiosk.errors import DeviceError


class BadTable(DeviceError):
    """The table as a whole cannot be read; nothing of it was kept."""


class BadRow(DeviceError):
    """One row is not what the form asks for."""
