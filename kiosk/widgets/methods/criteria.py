"""Rating on several criteria: one measure a screen, a line of numbers for each criterion."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from kivy.uix.layout import Layout
from kivy.uix.widget import Widget

from forms.engine import Step
from kiosk.language import tr
from kiosk.theme.icons import has_icon
from kiosk.theme.theme import theme
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.methods.lines import LineCard, Lines
from kiosk.widgets.number_line import NumberKey, numbers_between

ICON = "parvis:icon"


class ScaleKey(NumberKey):
    """One number of a scale, a finger wide and high."""


def key_side() -> float:
    """How wide and high one number is."""
    most = theme.target * 1.2 if theme.compact else theme.body * 1.5
    return float(max(theme.target, min(theme.body * 1.5, most)))


class Scale(Layout):
    """The numbers of one criterion: in one row, or in as few as a narrow panel has room for."""

    def __init__(self, step: Step, chosen: Callable[[str], None], **kwargs: Any) -> None:
        super().__init__(size_hint=(None, None), **kwargs)
        self.step = step
        assert step.bounds is not None, f"{step.ref} is a criterion without a scale"
        bounds = step.bounds
        self.keys = {
            number: ScaleKey(text=number, said=f"{step.label} : {tr.number(Decimal(number))}")
            for number in numbers_between(bounds.start, bounds.end, bounds.step)
        }
        for key in self.keys.values():
            key.bind(on_release=lambda key: chosen(key.text))
            self.add_widget(key)
        self.bind(pos=self._trigger_layout)
        theme.bind(rtl=self._theme_changed, body=self._theme_changed)
        self.size = self.size_within(theme.mm(theme.width_mm))

    def size_within(self, width: float) -> tuple[float, float]:
        """Its size where no more than this width is there."""
        side, gap, count = key_side(), theme.gap, len(self.keys)
        most = max(1, int((width + gap) / (side + gap)))
        rows = -(-count // most)
        across = -(-count // rows)  # rows as even as may be
        return across * (side + gap) - gap, rows * (side + gap) - gap

    def _theme_changed(self, *_: Any) -> None:
        self.size = self.size_within(self.width)
        self._trigger_layout()

    def do_layout(self, *_: Any) -> None:
        """Place the keys, mirrored where the language is."""
        side, gap = key_side(), theme.gap
        across = max(1, round((self.width + gap) / (side + gap)))
        for at, key in enumerate(self.keys.values()):
            row, place = divmod(at, across)
            left = place * (side + gap)
            key.size = (side, side)
            key.x = self.right - left - side if theme.rtl else self.x + left
            key.top = self.top - row * (side + gap)

    def show(self, value: str) -> None:
        """Mark this number as the one that was given."""
        for number, key in self.keys.items():
            key.taken = number == value


class Criteria(GroupAnswer):
    """Ranges of one group, a line each."""

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        grid = Lines()
        self.bind(room=grid.setter("room"))
        self.scales: dict[str, Scale] = {}
        self.lines: dict[str, LineCard] = {}
        for step in asked.questions:
            scale = Scale(step, partial(self.choose, step.ref))
            icon = step.attributes.get(ICON, "")
            line = LineCard(scale, text=step.label, icon=icon if has_icon(icon) else "")
            self.scales[step.ref], self.lines[step.ref] = scale, line
            grid.add_widget(line)
        self.add_widget(grid)
        self._show()

    def renew(self, asked: Asked) -> None:
        """Show the marks as they are now."""
        super().renew(asked)
        self._show()

    def choose(self, ref: str, number: str) -> None:
        """Give this mark, or take it away again."""
        self.give(ref, "" if self.values.get(ref) == number else number)
        self._show()

    def first_seen(self, ref: str) -> Widget | None:
        """The line of a criterion."""
        return self.lines.get(ref)

    def _show(self) -> None:
        for ref, scale in self.scales.items():
            scale.show(self.values.get(ref, ""))
