"""Saying where on a device that knows of no place: degrees, typed by who helps."""

from dataclasses import replace
from typing import Any

from forms.engine import Kind, Step
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.typed import TypedAnswer


class CoordinatesAnswer(TypedAnswer):
    """Latitude and longitude on the number pad; a way has several, with ";" between them."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        # Written from left to right in Latin letters and digits, as an address is.
        typed = replace(step, kind=Kind.TEXT, appearance=frozenset({"url"}))
        super().__init__(typed, value, setting, **kwargs)
        self.field.placeholder = tr._("Latitude, longitude")
        self.settle()

    def spoken(self) -> str:
        """What is to be typed."""
        return str(self.field.placeholder)

    def written(self, text: str) -> None:
        """Degrees with a point, whatever they were typed with."""
        self.give(text.strip().replace(",", "."))
