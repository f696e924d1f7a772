"""A value with less and more beside it."""

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.kv import load_beside


class Stepper(BoxLayout):
    """Less, the value, more; `caption` says what is stepped."""

    value = StringProperty()
    caption = StringProperty()
    invitation = StringProperty("–")  # shown while there is no value

    __events__ = ("on_step",)

    @property
    def news(self) -> str:
        """The value as it is now, to be heard after a touch."""
        return " ".join(part for part in (self.caption, self.value) if part)

    def on_step(self, by: int) -> None:
        """The person touched less (-1) or more (1)."""


class StepperRow(BoxLayout):
    """Steppers side by side, mirrored where the language is."""


load_beside(__file__)
