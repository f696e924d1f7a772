"""A choice folded into one button, where other questions need the room; a list opens over it."""

from collections.abc import Sequence
from typing import Any

from kivy.core.window import Window
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Kind, Step
from kiosk.access.spoken import spoken_step
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part
from kiosk.theme.theme import theme
from kiosk.widgets import choices
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.answer import Answer, Setting
from kiosk.widgets.choices import ChosenOne, ChosenSeveral
from kiosk.widgets.search import MANY, Searched
from kiosk.widgets.touch import Tap

describe = choices.describe


class Fold(Tap):
    """The button: what is chosen, or what to do."""

    text = StringProperty()
    filled = StringProperty()


class Folded(Answer):
    """Select one or several: a touch opens the list over the page."""

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.fold = Fold()
        self.fold.bind(on_release=self.unfold)
        self.add_widget(self.fold)
        self._show()

    def unfold(self, *_: Any) -> None:
        """Open the list."""
        chooser = Chooser(self.step, self.value, self.setting)
        chooser.bind(on_given=lambda _, value: self._given(value))
        if self.setting.kiosk is None:
            Window.add_widget(chooser)
        else:
            self.setting.kiosk.lay_over(chooser)

    def forget(self) -> None:
        """Let go of what was answered."""
        super().forget()
        self._show()

    def _given(self, value: str) -> None:
        self.give(value)
        self._show()

    def _show(self) -> None:
        self.fold.filled = self.value
        told = ", ".join(choices.labels_of(self.step, self.value))
        self.fold.text = told or tr._("Touchez pour choisir")
        self.fold.said = f"{self.step.label}. {self.fold.text}"


class Chooser(BoxLayout):
    """A list over the page: closes itself when one was chosen, or by its button."""

    title = StringProperty()
    answer = ObjectProperty(None)
    writes = BooleanProperty(False)

    __events__ = ("on_given",)

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.title = step.label
        self._kiosk = setting.kiosk
        self._one = step.kind is Kind.SELECT_ONE
        alone = Setting(setting.today, setting.language, setting.files, setting.kiosk)
        if len(step.choices) > MANY:
            self.answer = Searched(step, value, alone)
            self.ids.whole.add_widget(self.answer)
            self.answer.bind(on_touched=lambda *_: self._write(True))
            self.answer.bind(on_done=lambda *_: self._write(False))
            self.answer.bind(keyboard_height=self._settle)
        else:
            self.answer = (ChosenOne if self._one else ChosenSeveral)(step, value, alone)
            self.ids.paged.add_widget(self.answer)
            self.ids.paged.bind(viewport=self.answer.setter("room"))
        self.answer.bind(on_given=self._given)
        self.bind(height=self._settle)
        self.ids.words.bind(height=self._settle)
        theme.bind(body=self._settle)

    def on_given(self, value: str) -> None:
        """Something else is chosen now."""

    def say(self) -> str:
        """The question, and the first of the choices."""
        shown = self.answer.step.choices[:MANY]
        return ". ".join([self.title, *(choice.label for choice in shown)])

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard."""
        return tuple(spoken_step(self.answer.step, self.answer.setting.files))

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below can be touched."""
        super().on_touch_down(touch)
        return True

    def close(self) -> None:
        """Back to the page."""
        self.answer.leave()
        if self._kiosk is not None:
            self._kiosk.dismiss()
        elif self.parent is not None:
            self.parent.remove_widget(self)

    def forget(self) -> None:
        """Let go of what was chosen or sought."""
        self.answer.leave()
        self.answer.forget()

    def _given(self, _: Answer, value: str) -> None:
        self.dispatch("on_given", value)
        if self._one and value:
            self.close()

    def _write(self, writing: bool) -> None:
        self.writes = writing
        self._settle()

    def _settle(self, *_: Any) -> None:
        if not isinstance(self.answer, Searched):
            return
        self.answer.writing = self.writes
        self.answer.done_button = self.writes
        keyboard = self.answer.keyboard_height + theme.gap if self.writes else 0
        room = self.height - self.padding[1] - self.padding[3] - 3 * self.spacing
        foot = 0 if self.writes else self.ids.done.height
        self.answer.room = room - keyboard - foot - self.ids.words.height


load_beside(__file__)
