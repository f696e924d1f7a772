"""Which language: each written in itself."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from kivy.core.window import Window
from kivy.properties import NumericProperty, StringProperty

from kiosk.kv import load_beside
from kiosk.language import own_name, tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.drawing import Pen
from kiosk.theme.text import lay_out
from kiosk.theme.theme import theme
from kiosk.widgets.cards import CardGrid as CardGrid
from kiosk.widgets.page import Page
from kiosk.widgets.touch import Tap

LINE = 0.86  # of the font's line box, as every Words of the kiosk


class LanguageCard(Tap):
    """One language's name; its letters are as large as the widest word of all names allows.

    They depend on the panel and the text size alone, not on whether there are page buttons: what
    is shown would waver between the two.
    """

    name = StringProperty()
    text = StringProperty()
    widest = NumericProperty(1)
    """The width of the widest word of all cards, at a font size of one."""
    inset = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        self._heights: dict[tuple[float, int], float] = {}  # by width and letters
        super().__init__(**kwargs)

    def letters(self, body: float) -> int:
        """The font size, where the largest is `body`."""
        room = Window.width - 2 * theme.margin - theme.target - 4 * theme.gap - theme.mm(2)
        inner = room / 3 - 2 * self.inset - theme.mm(1)
        names = int(min(body, max(inner, 1) / self.widest))
        return int(names * 0.88) if theme.cramped else names  # nine of them on one page

    def needed_height(self, width: float) -> float:
        """How high it must be to show the name at this width."""
        inner, letters = width - 2 * self.inset, self.letters(theme.body)
        if (inner, letters) not in self._heights:
            pen = Pen(letters, bold=True)
            one_line = pen.measure(self.text) <= inner
            lines = 1 if one_line else len(lay_out(self.text, inner, pen.measure, rtl=False))
            self._heights[inner, letters] = ceil(lines * pen.line_height * LINE)
        return float(max(theme.target, self._heights[inner, letters] + theme.mm(1)))


class LanguageScreen(Page):
    """One touch chooses the language and goes on."""

    def enter(self) -> None:
        """Offer the consultation's languages, and the device's others."""
        self.back_text = tr._("Retour")
        grid = self.ids.grid
        grid.clear_widgets()
        names = {code: own_name(code) for code in self.kiosk.languages}
        pen = Pen(100, bold=True)
        words = " ".join(names.values()).split()
        widest = max(pen.measure(word) for word in words) / 100 * 1.02
        for code, text in names.items():
            card = LanguageCard(name=code, text=text, widest=widest, spoken_language=code)
            card.bind(on_release=self._choose)
            grid.add_widget(card)
        self.ids.paged.to_top()

    def say(self) -> str:
        """Each language's name."""
        return ", ".join(own_name(code) for code in self.kiosk.languages)

    def go_back(self) -> None:
        """Leave the language as it is."""
        self.kiosk.leave_languages()

    def spoken(self) -> Sequence[Part]:
        """Each by its own voice."""
        return [Speech(own_name(code), code) for code in self.kiosk.languages]

    def _choose(self, card: Any) -> None:
        self.kiosk.speak_and_go_on(card.name)


load_beside(__file__)
