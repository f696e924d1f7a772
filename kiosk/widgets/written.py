"""The base of answers that are written: a field, and the keyboard that serves it for a while."""

from typing import Any

from kivy.properties import BooleanProperty, NumericProperty

from forms.engine import Step
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.field import AnswerField
from kiosk.widgets.keyboard import Keyboard
from kiosk.widgets.layouts import Layout
from kiosk.widgets.touch import Action, Row

_keyboards: dict[tuple[object, ...], Keyboard] = {}


def keyboard_for(layouts: tuple[Layout, ...]) -> Keyboard:
    """The one keyboard of these layouts: building its forty keys is what takes time."""
    key = (layouts[0].name, layouts[0].letters)
    if key not in _keyboards:
        _keyboards[key] = Keyboard(layout=layouts[0], layouts=list(layouts))
    return _keyboards[key]


class Written(Answer):
    """An answer with a field, written in on our own keyboard or a real one.

    The keyboard is there while `writing`; the screen decides when, by the room it has. With
    `done_button`, a button beside the field puts the keyboard away again. A screen of several
    questions borrows the keyboard instead, and shows it at its foot.

    Events:
        on_touched: The person wants to write.
        on_done: The person has written what they wanted to.
    """

    keeps_question = True  # whether a small panel shows the question while one writes
    writing = BooleanProperty(False)
    keyboard_height = NumericProperty(0)
    done_button = BooleanProperty(False)

    __events__ = ("on_touched", "on_done")

    def __init__(
        self,
        step: Step,
        value: str,
        setting: Setting,
        *,
        field: AnswerField,
        layouts: tuple[Layout, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(step, value, setting, spacing=theme.gap, **kwargs)
        self.field = field
        self.field.caret = len(self.field.text)
        self.keyboard = keyboard_for(layouts)
        self._done = Action(
            text=tr._("Fini"), icon="check", primary=True, pos_hint={"center_y": 0.5}
        )
        self.line = Row(size_hint_y=None, spacing=theme.gap)
        self.line.add_widget(self.field)
        self.line.bind(height=self.field.setter("height"))
        self.add_widget(self.line)
        self.field.bind(text=self._field_changed, on_touch_up=self._touched)
        self.field.bind(on_chosen=lambda *_: self.dispatch("on_touched"))
        self.field.bind(on_enter=lambda *_: self.dispatch("on_done"))
        self._done.bind(on_release=lambda *_: self.dispatch("on_done"))
        self.keyboard.bind(height=self._keyboard_resized)
        self.keyboard_height = self.keyboard.height
        theme.bind(body=self.settle)
        self.bind(done_button=self.settle, room=self.settle, writing=self.settle)

    @property
    def least(self) -> float:
        """The height that it needs beside the keyboard, in pixels."""
        lines = 2 if self.field.multiline else 1
        return max(float(theme.target), float(self.field.height_for(lines)))

    @property
    def barest(self) -> float:
        """The height with less than which nothing can be done with it, in pixels."""
        return max(float(theme.target), float(self.field.height_for(1)))

    def lend_keyboard(self) -> Keyboard:
        """The keyboard, writing into this field, for the screen to show; `leave` takes it back."""
        if self.keyboard.parent is not None:
            self.keyboard.parent.remove_widget(self.keyboard)
        self.keyboard.field = self.field
        return self.keyboard

    def leave(self) -> None:
        """Give the keyboard back: it serves the next question, and must not hold this field."""
        self._release()
        self.writing = False

    def forget(self) -> None:
        """Leave nothing of what was written in the field or the keyboard."""
        super().forget()
        if self.keyboard.field is None:  # else another field is being written in
            self.keyboard.reset()
        self.field.unbind(text=self._field_changed)
        self.field.erase()

    def on_touched(self) -> None:
        """The person wants to write."""

    def on_done(self) -> None:
        """The person has written what they wanted to."""

    def written(self, text: str) -> None:
        """The field holds this now."""
        raise NotImplementedError

    def settle(self, *_: Any) -> None:
        """Show the keyboard and the button where they are wanted."""
        self.field.font_size = theme.lesser if theme.cramped else 0
        self._done.fitted = theme.small if theme.compact else 0  # it leaves the field its room
        if self.writing and self.keyboard.parent is not self:
            self.add_widget(self.lend_keyboard())
        elif not self.writing and self.keyboard.parent is self:
            self._release()
        if self.done_button and self._done.parent is None:
            self.line.add_widget(self._done)
        elif not self.done_button and self._done.parent is not None:
            self.line.remove_widget(self._done)

    def _release(self) -> None:
        if self.keyboard.field is self.field:
            self.keyboard.field = None
            if self.keyboard.parent is not None:
                self.keyboard.parent.remove_widget(self.keyboard)
            self.keyboard.reset()

    def _keyboard_resized(self, _: Keyboard, height: float) -> None:
        self.keyboard_height = height

    def _touched(self, field: AnswerField, touch: Any) -> None:
        """A finger that came down here, and not on what was in front, leaves here."""
        began_here = any(holder() is field for holder in touch.grab_list)
        if began_here and field.collide_point(*touch.pos):
            self.dispatch("on_touched")

    def _field_changed(self, _: AnswerField, text: str) -> None:
        self.written(text)
