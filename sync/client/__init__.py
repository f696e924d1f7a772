"""The device's way to its server."""
