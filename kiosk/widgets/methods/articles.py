"""Text by article: the article as on paper, and whether one agrees with it."""

from typing import Any

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from forms.engine import Step
from kiosk.kv import load_beside
from kiosk.widgets import choices
from kiosk.widgets.answer import Setting
from kiosk.widgets.choices import ChosenOne


class Sheet(BoxLayout):
    """A text as on paper."""

    text = StringProperty()


class Article(ChosenOne):
    """Select one about a text, which is the question's hint."""

    shows_hint = True

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.sheet = Sheet(text=step.hint)
        self.add_widget(self.sheet, index=len(self.children))
        self.grid.columns = (3, 1)
        self.unbind(room=self.grid.setter("room"))
        self.sheet.bind(height=self._settle)
        self.bind(room=self._settle)

    def _settle(self, *_: Any) -> None:
        self.grid.room = max(0, self.room - self.sheet.height)


describe = choices.describe


load_beside(__file__)
