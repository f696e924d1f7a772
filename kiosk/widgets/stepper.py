"""A value with less and more beside it."""

from typing import Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.gridlayout import GridLayout

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import theme
from kiosk.widgets.touch import Tap


class ValueKey(Tap):
    """The value itself; where it can be written directly, a touch asks for that."""

    text = StringProperty()
    filled = BooleanProperty(False)


class Stepper(BoxLayout):
    """Less, the value, more; `caption` says what is stepped.

    Events:
        on_step: The person touched less (-1) or more (1).
        on_write: The person touched the value, to write it; only where it is `writable`.
        on_keep: The person touched the value that is proposed, to confirm it.
    """

    value = StringProperty()
    caption = StringProperty()
    invitation = StringProperty("–")  # shown while there is no value
    writable = BooleanProperty(False)
    widest = StringProperty()  # the widest value that it will have to show
    keyless = BooleanProperty(False)  # no room for less and more: the value alone is touched
    proposed = BooleanProperty(False)  # the value is where it would begin: no answer yet
    beside = BooleanProperty(False)  # its caption stands beside it, and not above

    __events__ = ("on_step", "on_write", "on_keep")

    @property
    def news(self) -> str:
        """The value as it is now, to be heard after a touch."""
        if self.proposed:
            return str(tr._("Touchez « {value} » pour confirmer.").format(value=self.value))
        return " ".join(part for part in (self.caption, self.value) if part)

    def on_step(self, by: int) -> None:
        """The person touched less (-1) or more (1)."""

    def on_write(self) -> None:
        """The person touched the value, to write it."""

    def on_keep(self) -> None:
        """The person touched the value that is proposed, to confirm it."""

    def touch_value(self) -> None:
        """The value itself was touched."""
        self.dispatch("on_keep" if self.proposed else "on_write")

    @property
    def needed_width(self) -> float:
        """How wide it must be for its keys and its widest value."""
        key = max(float(theme.target), theme.body * 1.8)
        value = Pen(theme.body, bold=True).measure(self.widest or self.value)
        return 2 * key + value + 2 * theme.gap + theme.mm(4)


class StepperRow(GridLayout):
    """Steppers side by side where they fit, else one under the other; mirrored like the rest."""

    narrow = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(width=self._fit, children=self._fit)
        theme.bind(body=self._fit)

    def _fit(self, *_: Any) -> None:
        steppers = [child for child in self.children if isinstance(child, Stepper)]
        if not steppers:
            return
        each = (self.width - theme.gap * (len(steppers) - 1)) / len(steppers)
        self.narrow = any(stepper.needed_width > each for stepper in steppers)
        # On a small panel all parts stay in sight, and are written rather than stepped.
        keyless = self.narrow and bool(theme.compact) and all(s.writable for s in steppers)
        self.cols = 1 if self.narrow and not keyless else len(steppers)
        for stepper in steppers:
            stepper.beside = self.narrow and not keyless
            stepper.keyless = keyless


load_beside(__file__)
