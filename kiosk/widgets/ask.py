"""One question over the screen: a headline, a sentence, and a few large buttons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.gridlayout import GridLayout

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets import lead as lead  # its kv rule draws with it
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.touch import Action


@dataclass(frozen=True)
class Option:
    """One way to answer it."""

    text: str
    action: Callable[[], None]
    icon: str = ""
    primary: bool = False
    warns: bool = False


class OptionGrid(GridLayout):
    """The options, two by two where there are many, and their words leave room for that."""

    few = BooleanProperty(True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(cols=1, **kwargs)
        self.bind(width=self._arrange, children=self._arrange)
        theme.bind(body=self._arrange)
        self._arrange()

    def _arrange(self, *_: Any) -> None:
        half = (self.width - theme.gap) / 2
        widest = max((one.natural_width(theme.body) for one in self.children), default=0)
        self.cols = 1 if self.few or widest > half else 2


class Ask(AnchorLayout):
    """Covers the screen and takes every touch until it is answered."""

    title = StringProperty()
    text = StringProperty()
    icon = StringProperty()
    lead = ObjectProperty(None, allownone=True)  # where keys land

    def offer(self, options: list[Option]) -> None:
        """The buttons, the first under the words."""
        grid = OptionGrid(few=len(options) <= 3)
        for option in options:
            button = Action(
                text=option.text, icon=option.icon, primary=option.primary, warns=option.warns
            )
            button.size_hint_x = 1
            button.bind(on_release=lambda _, act=option.action: act())
            grid.add_widget(button)
        self.ids.options.add_widget(grid)

    def say(self) -> str:
        """What it says aloud."""
        return f"{self.title} {self.text}"

    def spoken(self) -> Sequence[Part]:
        """The same as it is heard."""
        return (Speech(self.title, tr.language), Speech(self.text, tr.language))

    def on_touch_down(self, touch: Any) -> bool:
        """Nothing below can be touched."""
        super().on_touch_down(touch)
        return True


load_beside(__file__)
