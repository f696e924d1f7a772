"""The soft shadow below what can be touched: one small picture, stretched between its corners.

Kivy's own `BoxShadow` draws into a buffer of its own each time its widget moves: slow where the
processor draws, and for that one frame nothing inside a stencil is clipped.
"""

from functools import cache
from math import hypot

from kivy.graphics.texture import Texture

CORNER = 32  # pixels of the picture that are not stretched, each way
_FADE = 24  # pixels over which it fades from full to nothing
_MIDDLE = 4


@cache
def shadow_texture() -> Texture:
    """White, and the fainter the further out; its corners are `CORNER` pixels."""
    side = 2 * CORNER + _MIDDLE
    pixels = bytearray()
    for y in range(side):
        for x in range(side):
            beyond = [max(CORNER - place, place - (side - 1 - CORNER), 0) for place in (x, y)]
            out = max(0.0, min(1.0, (hypot(*beyond) - (CORNER - _FADE)) / _FADE))
            faint = 1 - out * out * (3 - 2 * out)
            pixels += bytes((255, 255, 255, round(255 * faint)))
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    return texture
