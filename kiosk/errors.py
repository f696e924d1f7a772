"""What can go wrong at the device, in sentences that a steward can act on."""


class DeviceError(Exception):
    """Something about this device; the message says what to do."""
