"""A QR code, drawn sharp at any size."""

from typing import Any

import qrcode
from kivy.graphics.texture import Texture
from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.kv import load_beside

QUIET_ZONE = 4  # modules of white around, ISO/IEC 18004


class QrCode(Widget):
    """Shows `text` as a QR code of error level M, as large as its smaller side."""

    text = StringProperty()
    texture = ObjectProperty(None, allownone=True)

    def on_text(self, *_: Any) -> None:
        """Draw the new code; an empty text leaves nothing."""
        if not self.text:
            self.texture = None
            return
        code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=QUIET_ZONE)
        code.add_data(self.text)
        code.make(fit=True)
        matrix = code.get_matrix()
        side = len(matrix)
        pixels = bytes(0 if dark else 255 for row in reversed(matrix) for dark in row)
        texture = Texture.create(size=(side, side), colorfmt="luminance")
        texture.mag_filter = texture.min_filter = "nearest"
        texture.blit_buffer(pixels, colorfmt="luminance", bufferfmt="ubyte")
        self.texture = texture


load_beside(__file__)
