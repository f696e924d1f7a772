"""Typed answers: a field and the on-screen keyboard, always in sight together."""
from typing import Any
from kivy.properties import BooleanProperty, NumericProperty
from kiosk.widgets.answers import Answer


class TypedAnswer(Answer):
    keyboard_height = NumericProperty(0)
    done_button = BooleanProperty(False)
    __events__ = ("on_done",)

    def __init__(self, step: Any, value: str, *, language: str, **kwargs: Any) -> None:
        super().__init__(step, value, **kwargs)

    def on_done(self) -> None:
        """x."""
