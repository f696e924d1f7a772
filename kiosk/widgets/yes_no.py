"""A question that is true or false (XForms `boolean`)."""

from dataclasses import replace
from typing import Any

from forms.engine import Choice, Step
from kiosk.language import tr
from kiosk.widgets.answer import Setting
from kiosk.widgets.choices import ChosenOne


class YesOrNo(ChosenOne):
    """Yes, no, or nothing."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(replace(step, choices=_choices()), value, setting, **kwargs)


def _choices() -> tuple[Choice, ...]:
    words = {"true": tr._("Oui"), "false": tr._("Non")}
    return tuple(Choice(name, label, {}, {}) for name, label in words.items())


def describe(step: Step, value: str) -> str:
    """Yes or no."""
    return next((choice.label for choice in _choices() if choice.name == value), value)
