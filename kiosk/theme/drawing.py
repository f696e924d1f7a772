"""Measures and draws lines of characters with Kivy's fonts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from kivy.core.text import Label as CoreLabel
from kivy.graphics.texture import Texture

from kiosk.theme.fonts import TEXT, font_for, register_fonts

register_fonts()


@dataclass(frozen=True)
class Face:
    """A font's own figures at a size: nothing in it comes from any text."""

    extents: Callable[[str], tuple[int, int]]
    line_height: int


@lru_cache(maxsize=256)
def _face(name: str, size: float, bold: bool) -> Face:
    label = CoreLabel(font_name=name, font_size=size, bold=bold)
    return Face(label.get_extents, int(label.get_ascent() - label.get_descent()) + 1)


@dataclass(frozen=True)
class Pen:
    """A font at a size. Keeps nothing that it measured or drew: that may be an answer."""

    size: float  # pixels
    name: str = TEXT
    bold: bool = False

    @cached_property
    def measure(self) -> Callable[[str], float]:
        """How wide characters are, drawn from left to right."""
        own = _face(self.name, self.size, self.bold).extents

        def width(text: str) -> float:
            if not text:
                return 0.0
            name = font_for(text, self.name)
            extents = own if name == self.name else _face(name, self.size, self.bold).extents
            return float(extents(text)[0])

        return width

    @property
    def line_height(self) -> int:
        """The height of the font's line box, in pixels: the same for every script."""
        return _face(self.name, self.size, self.bold).line_height

    def draw(self, text: str) -> Texture | None:
        """White characters on nothing, or None where there is nothing to see.

        The top of the picture is the top of the line; its foot may reach lower than the line.
        """
        if not text.strip():
            return None
        name = font_for(text, self.name)
        label = CoreLabel(text=text, font_name=name, font_size=self.size, bold=self.bold)
        label.refresh()
        return label.texture
