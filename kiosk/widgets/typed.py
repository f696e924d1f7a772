"""Typed answers: a field and the on-screen keyboard, always in sight together."""

from decimal import Decimal, InvalidOperation
from typing import Any

from kivy.properties import BooleanProperty, NumericProperty

from forms.engine import Kind, Step
from kiosk.language import RIGHT_TO_LEFT, base, tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.field import AnswerField
from kiosk.widgets.keyboard import Keyboard
from kiosk.widgets.layouts import (
    Layout,
    address_layout,
    layouts_for,
    number_pad,
    telephone_pad,
)
from kiosk.widgets.touch import Action, Row

# Languages written with a comma before decimals, among those that Parvis speaks.
DECIMAL_COMMA = frozenset({"fr", "uk", "pt", "tr", "es"})
# Appearances of text questions: an e-mail or web address has its own keys, digits a pad.
ADDRESSES = frozenset({"email", "url"})
_ONE_LINE = ADDRESSES | {"numbers"}

_keyboards: dict[tuple[object, ...], Keyboard] = {}


def _keyboard_for(layouts: tuple[Layout, ...]) -> Keyboard:
    """The one keyboard of these layouts: building its forty keys is what takes time."""
    key = (layouts[0].name, layouts[0].letters)
    if key not in _keyboards:
        _keyboards[key] = Keyboard(layout=layouts[0], layouts=list(layouts))
    return _keyboards[key]


class TypedAnswer(Answer):
    """A text or a number, written on our own keyboard or a real one.

    The keyboard is there while `writing`; the screen decides when, by the room it has. With
    `done_button`, a button beside the field puts the keyboard away again.

    Events:
        on_touched: The person wants to write.
        on_done: The person has written what they wanted to.
    """

    writing = BooleanProperty(False)
    keyboard_height = NumericProperty(0)
    done_button = BooleanProperty(False)

    __events__ = ("on_touched", "on_done")

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        language = setting.language
        self._comma = step.kind is Kind.DECIMAL and base(language) in DECIMAL_COMMA
        self._numeric = step.kind is not Kind.TEXT
        self._foreign = self._numeric or bool(_ONE_LINE & step.appearance)
        multiline = not self._foreign
        self.field = AnswerField(
            text=value.replace(".", ",") if self._comma else value,
            multiline=multiline,
            rtl=base(language) in RIGHT_TO_LEFT and not self._foreign,
            placeholder=tr._("Touchez ici pour écrire"),
            said=step.label,
            size_hint_x=1,
        )
        self.field.caret = len(self.field.text)
        self.keyboard = _keyboard_for(self._layouts(step, language))
        self._done = Action(text=tr._("Fini"), icon="check", primary=True)
        self._line = Row(size_hint_y=None, spacing=theme.gap)
        self._line.add_widget(self.field)
        self._line.bind(height=self.field.setter("height"))
        self.add_widget(self._line)
        self.field.bind(text=self._written, on_touch_up=self._touched)
        self.field.bind(on_chosen=lambda *_: self.dispatch("on_touched"))
        self.field.bind(on_enter=lambda *_: self.dispatch("on_done"))
        self._done.bind(on_release=lambda *_: self.dispatch("on_done"))
        self.keyboard.bind(height=self._keyboard_resized)
        self.keyboard_height = self.keyboard.height
        theme.bind(body=self._settle)
        self.bind(done_button=self._settle, room=self._settle, writing=self._settle)
        self._settle()

    def leave(self) -> None:
        """Give the keyboard back: it serves the next question, and must not hold this field."""
        if self.keyboard.parent is self:
            self.keyboard.field = None
            self.remove_widget(self.keyboard)
            self.keyboard.reset()

    def forget(self) -> None:
        """Leave nothing of what was written in the field or the keyboard."""
        super().forget()
        self.keyboard.reset()
        self.field.unbind(text=self._written)
        self.field.erase()

    def on_touched(self) -> None:
        """The person wants to write."""

    def on_done(self) -> None:
        """The person has written what they wanted to."""

    def _keyboard_resized(self, _: Keyboard, height: float) -> None:
        self.keyboard_height = height

    def _layouts(self, step: Step, language: str) -> tuple[Layout, ...]:
        if step.kind is Kind.DECIMAL:
            return (number_pad(decimal="," if self._comma else ".", negative=True),)
        if self._numeric:
            return (number_pad(negative=True),)
        if "numbers" in step.appearance:
            return (telephone_pad(),)
        if ADDRESSES & step.appearance:
            return (address_layout(language),)
        return layouts_for(language)

    def _touched(self, field: AnswerField, touch: Any) -> None:
        """A finger that came down here, and not on what was in front, leaves here."""
        began_here = any(holder() is field for holder in touch.grab_list)
        if began_here and field.collide_point(*touch.pos):
            self.dispatch("on_touched")

    def _written(self, _: AnswerField, text: str) -> None:
        text = text.strip()
        self.give(text.replace(",", ".") if self._comma else text)

    def _settle(self, *_: Any) -> None:
        """One line for a number, as many as fit for a text; the keyboard where it is wanted."""
        has_keyboard = self.keyboard.parent is self
        if self.writing and not has_keyboard:
            if self.keyboard.parent is not None:
                self.keyboard.parent.remove_widget(self.keyboard)
            self.keyboard.field = self.field
            self.add_widget(self.keyboard)
        elif not self.writing and has_keyboard:
            self.leave()
        least = self.field.height_for(1)
        if self.done_button and self._done.parent is None:
            self._line.add_widget(self._done)
        elif not self.done_button and self._done.parent is not None:
            self._line.remove_widget(self._done)
        lines = 1.0
        if self.field.multiline:
            height = self.field.height_for(2) - least
            lines = min(5, max(1, (self.room - least) // height + 1))
        self._line.height = max(float(theme.target), self.field.height_for(lines))


def is_number(text: str, kind: Kind) -> bool:
    """Whether that is a number as the form wants it."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    return number.is_finite() and (kind is not Kind.INTEGER or number == int(number))
