"""Saying where on a device that knows of no place: degrees, typed by who helps."""

import re
from dataclasses import replace
from typing import Any

from kivy.clock import Clock

from forms.engine import Kind, Step
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.layouts import Layout, coordinates_pad
from kiosk.widgets.typed import TypedAnswer


class CoordinatesAnswer(TypedAnswer):
    """Latitude and longitude on the number pad; a way has several, with ";" between them."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        self._several = step.kind is not Kind.GEOPOINT
        # Not while the screen is being laid out.
        self._advise_soon = Clock.create_trigger(lambda _: self._show_advice(), -1)
        # Written from left to right in Latin letters and digits, as an address is.
        typed = replace(step, kind=Kind.TEXT, appearance=frozenset({"url"}))
        super().__init__(typed, value, setting, **kwargs)
        self.field.placeholder = tr._("Latitude, longitude")
        self.settle()

    def spoken(self) -> str:
        """That there is no map, and what is to be typed."""
        return f"{self._advice()} {self.field.placeholder}"

    def written(self, text: str) -> None:
        """Degrees with a point and a blank between, whatever they were typed with."""
        self.give(degrees(text))

    def settle(self, *_: Any) -> None:
        """One line, and above it why it is not a map."""
        super().settle()
        if not self.setting.among_others:
            self._advise_soon()

    def _layouts(self, step: Step, language: str) -> tuple[Layout, ...]:
        return (coordinates_pad(several=self._several),)

    def _advice(self) -> str:
        return (
            tr._("Il n’y a pas de carte ici.")
            + " "
            + tr._("Si écrire est difficile, demandez de l’aide.")
        )


def degrees(text: str) -> str:
    """Latitude and longitude as the form writes them: "47.2 -1.5; 47.3 -1.6".

    A comma stands between the two, as maps on the web write them, unless it is the only decimal
    sign there is.
    """
    return "; ".join(_one(part) for part in text.split(";") if part.strip())


def _one(text: str) -> str:
    between = "." in text or re.search(r",\s", text) or re.search(r",\s*[-+]", text)
    if between and re.fullmatch(r"\s*[-+]?\d+,\d+\s*,\s*[-+]?\d+,\d+\s*", text):
        first, second, third, fourth = (part.strip() for part in text.split(","))
        return f"{first}.{second} {third}.{fourth}"
    return " ".join(text.replace(",", " " if between else ".").split())
