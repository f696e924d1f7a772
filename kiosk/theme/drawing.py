"""Measures and draws lines of characters with Kivy's fonts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from kivy.core.text import Label as CoreLabel
from kivy.graphics.texture import Texture

from kiosk.theme.fonts import TEXT, font_for, register_fonts

register_fonts()


@dataclass(frozen=True)
class Pen:
    """A font at a size. Keeps nothing that it measured or drew: that may be an answer."""

    size: float  # pixels
    name: str = TEXT
    bold: bool = False

    def _label(self, text: str = "") -> CoreLabel:
        name = font_for(text, self.name)
        return CoreLabel(text=text, font_name=name, font_size=self.size, bold=self.bold)

    @cached_property
    def measure(self) -> Callable[[str], float]:
        """How wide characters are, drawn from left to right."""
        extents = {self.name: self._label().get_extents}

        def width(text: str) -> float:
            name = font_for(text, self.name)
            if name not in extents:
                extents[name] = self._label(text).get_extents
            return float(extents[name](text)[0]) if text else 0.0

        return width

    @cached_property
    def line_height(self) -> int:
        """The height of the font's line box, in pixels: the same for every script."""
        label = self._label()
        return int(label.get_ascent() - label.get_descent()) + 1

    def draw(self, text: str) -> Texture | None:
        """White characters on nothing, or None where there is nothing to see.

        The top of the picture is the top of the line; its foot may reach lower than the line.
        """
        if not text.strip():
            return None
        label = self._label(text)
        label.refresh()
        return label.texture
