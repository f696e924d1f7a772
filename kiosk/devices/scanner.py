"""Reads barcodes and QR codes in what a camera sees."""

from typing import Protocol

from kiosk.devices.camera import Camera, Frame


class Scanner(Protocol):
    """Something that finds codes in pictures."""

    def read(self, frame: Frame) -> str:
        """What the code in the picture says; "" where there is none."""


class ZxingScanner:
    """ZXing, on the pictures of a camera."""

    def read(self, frame: Frame) -> str:
        """What the first code in the picture says; "" where there is none."""
        import zxingcpp
        from PIL import Image

        picture = Image.frombytes("RGB", (frame.width, frame.height), frame.pixels).convert("L")
        return next((found.text for found in zxingcpp.read_barcodes(picture) if found.text), "")


def find_scanner(camera: Camera | None) -> Scanner | None:
    """What reads codes on this device; None where no camera sees them."""
    return ZxingScanner() if camera is not None else None
