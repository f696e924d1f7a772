"""Saying where on a device that knows of no map: in words, as one would tell somebody."""

import re
from dataclasses import replace
from typing import Any

from forms.engine import Kind, Step
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.typed import TypedAnswer

_DEGREES = re.compile(r"[\d\s.,;+-]*\d[\d\s.,;+-]*")


class InWords(TypedAnswer):
    """An address, or the way to the place; who knows degrees may write these."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        typed = replace(step, kind=Kind.TEXT, appearance=frozenset())
        super().__init__(typed, value, setting, **kwargs)
        self.field.placeholder = tr._("L’adresse, ou ce qui est à côté")
        self.settle()

    def spoken(self) -> str:
        """That there is no map, and what is to be written."""
        return f"{self._advice()} {self.field.placeholder}"

    def written(self, text: str) -> None:
        """As it is written; degrees with a point and a blank between, whatever stands there."""
        self.give(degrees(text) if _DEGREES.fullmatch(text) else text.strip())

    def _advice(self) -> str:
        no_map, write = tr._("Il n’y a pas de carte ici."), tr._("Écrivez l’adresse ou le lieu.")
        return f"{no_map} {write}"


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
