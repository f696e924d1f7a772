"""The soft shadow under what can be touched: one small picture, stretched between its corners.

Kivy's own `BoxShadow` is not cut by a `StencilView` (2.3.1): what is out of sight in a column was
drawn over the buttons below it. It also costs a shader for each card.
"""

from functools import cache
from math import hypot

from kivy.graphics.texture import Texture

BLUR, CORNER = 18, 24  # pixels of the picture; in the same proportion as on the screen
EDGE = BLUR + CORNER
_SIZE = 2 * EDGE + 2


@cache
def shadow() -> Texture:
    """White, as opaque as the shadow is dark: at its full within the border, nothing at the rim."""
    pixels = bytearray()
    half = _SIZE // 2
    for y in range(half):  # the rest is the same, mirrored
        row = [round(255 * _darkness(x + 0.5, y + 0.5)) for x in range(half)]
        for dark in row + row[::-1]:
            pixels += bytes((255, 255, 255, dark))
    rows = [pixels[at : at + 4 * _SIZE] for at in range(0, len(pixels), 4 * _SIZE)]
    pixels = bytearray().join(rows + rows[::-1])
    texture = Texture.create(size=(_SIZE, _SIZE), colorfmt="rgba")
    texture.blit_buffer(bytes(pixels), colorfmt="rgba", bufferfmt="ubyte")
    return texture


def _darkness(x: float, y: float) -> float:
    """How dark it is there: by the distance from the border of a rounded square."""
    across = max(abs(x - _SIZE / 2) - 1, 0)
    up = max(abs(y - _SIZE / 2) - 1, 0)
    outside = hypot(across, up) - CORNER
    if outside <= 0:
        return 1.0
    return float(max(0.0, 1 - outside / BLUR) ** 2)
