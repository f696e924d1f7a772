"""One question over the screen: a headline, a sentence, and a few large buttons."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.gridlayout import GridLayout

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.theme import theme
from kiosk.widgets import lead as lead  # its kv rule draws with it
from kiosk.widgets import paged as paged  # its kv rule draws with it
from kiosk.widgets.cards import CardGrid, ChoiceCard
from kiosk.widgets.touch import Action


@dataclass(frozen=True)
class Option:
    """One way to answer it."""

    text: str
    action: Callable[[], None]
    icon: str = ""
    primary: bool = False
    warns: bool = False


FEW = 3  # options that are buttons one above the other; more are cards, whose words may wrap


class OptionCard(ChoiceCard):
    """An option of many: it leads on, and is never taken."""

    leads_on = True


class OptionGrid(GridLayout):
    """A few options; their letters all as large as can be.

    `room` is the width that there is even beside page buttons: what the letters depend on must
    not depend on them.
    """

    room = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._fit_soon = Clock.create_trigger(self._fit, -1)
        self.bind(room=self._fit_soon, children=self._fit_soon)
        theme.bind(body=self._size_changed)

    def _size_changed(self, *_: Any) -> None:
        self._fit_soon()

    def _fit(self, *_: Any) -> None:
        """Long words in a narrow panel: all buttons take smaller letters, and none is cut."""
        room = (self.room - self.spacing[0] * (self.cols - 1)) / self.cols
        sign = theme.body + theme.mm(2)
        needed = [
            button.natural_width(theme.body) - (0 if button.icon else sign)
            for button in self.children
        ]
        if needed and room > theme.target:
            for button in self.children:
                button.fitted = max(theme.small, int(theme.body * min(1, room / max(needed))))


class Ask(AnchorLayout):
    """Covers the screen and takes every touch until it is answered."""

    title = StringProperty()
    text = StringProperty()
    icon = StringProperty()
    lead = ObjectProperty(None, allownone=True)  # where keys land

    def offer(self, options: list[Option]) -> None:
        """The buttons, the first under the words."""
        if len(options) > FEW:
            self._lay_out(options)
            return
        grid = OptionGrid(cols=1)
        for option in options:
            button = Action(
                text=option.text, icon=option.icon, primary=option.primary, warns=option.warns
            )
            button.size_hint_x = 1
            button.bind(on_release=lambda _, act=option.action: act())
            grid.add_widget(button)
        self.ids.options.add_widget(grid)
        card = self.ids.card

        def measure(*_: Any) -> None:
            beside = theme.target + theme.gap if theme.compact or theme.capital > 1 else 0
            grid.room = card.width - card.padding[0] - card.padding[2] - theme.mm(2) - beside

        card.bind(width=measure)
        measure()

    def _lay_out(self, options: list[Option]) -> None:
        """Many options: as cards, under each other or two by two."""
        grid = CardGrid()
        for option in options:
            card = OptionCard(text=option.text, icon=option.icon, mark_off="arrow-right")
            card.bind(on_release=lambda _, act=option.action: act())
            grid.add_widget(card)
        grid.room = self.height
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
