"""Points: so many to place, one at a time, on things that stand one below the other."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse, SmoothLine
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.speech.parts import Part, Speech
from kiosk.theme.icons import has_icon
from kiosk.theme.theme import theme
from kiosk.widgets.methods.group import Asked, GroupAnswer
from kiosk.widgets.methods.lines import LineCard, LineKeys, Lines
from kiosk.widgets.methods.standing import History, Standing
from kiosk.widgets.touch import Tap

TOTAL = "parvis:points"
EACH = "parvis:points-each"
ICON = "parvis:icon"
MOST_DOTS = 6  # more than these are told as a number


class PointKey(Tap):
    """One point more, or one less."""

    icon = StringProperty()
    spent = BooleanProperty(False)  # there is nothing to give or to take


class Dots(Widget):
    """So many points as dots, of so many places for them; drawn by hand, they never wrap."""

    count = NumericProperty(0)
    places = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        update = Clock.create_trigger(self._draw, -1)
        for name in ("count", "places", "pos", "size"):
            self.fbind(name, update)
        theme.bind(accent=self._recolour, rtl=self._recolour)

    def _recolour(self, *_: Any) -> None:
        self._draw()

    def _draw(self, *_: Any) -> None:
        self.canvas.clear()
        if not self.places:
            return
        each, radius = self.width / self.places, theme.mm(1.7)
        with self.canvas:
            Color(*theme.accent)
            for place in range(int(self.places)):
                along = self.places - 1 - place if theme.rtl else place
                x, y = self.x + each * (along + 0.5), self.center_y
                if place < self.count:
                    box = (x - radius, y - radius)
                    SmoothEllipse(pos=box, size=(2 * radius, 2 * radius))
                else:
                    SmoothLine(circle=(x, y, radius), width=max(1.0, theme.mm(0.2)))


class Placing(LineKeys):
    """Less, how many, more."""

    count = NumericProperty(0)
    places = NumericProperty(0)
    dotted = BooleanProperty(True)

    def __init__(self, text: str, places: int, move: Callable[[int], None], **kwargs: Any) -> None:
        super().__init__(places=places, dotted=places <= MOST_DOTS, **kwargs)
        self.less = self.ids.less.__self__
        self.more = self.ids.more.__self__
        self.less.said = tr._("Un point de moins : {what}").format(what=text)
        self.more.said = tr._("Un point de plus : {what}").format(what=text)
        self.less.of_form = self.more.of_form = text
        self.less.bind(on_release=lambda *_: move(-1))
        self.more.bind(on_release=lambda *_: move(1))
        self.on_count()

    def on_count(self, *_: Any) -> None:
        """Both keys tell how many there are."""
        if "more" in self.__dict__:
            self.less.told = self.more.told = str(int(self.count))


class Points(GroupAnswer):
    """Integers of one group, that share so many points."""

    def __init__(self, asked: Asked, **kwargs: Any) -> None:
        super().__init__(asked, **kwargs)
        attributes = asked.section.attributes
        self.total = int(attributes.get(TOTAL) or 10)
        self.each = int(attributes.get(EACH) or self.total)
        self.history = History()
        self.left_line = self.standing = Standing(icon="dots-nine")
        self.heading = self.left_line.heading
        self.left_line.bind(on_undo=lambda *_: self.undo())
        grid = Lines()
        self.bind(room=grid.setter("room"))
        self.placings: dict[str, Placing] = {}
        self.lines: dict[str, LineCard] = {}
        for step in asked.questions:
            placing = Placing(step.label, self.each, partial(self.move, step.ref))
            icon = step.attributes.get(ICON, "")
            line = LineCard(placing, text=step.label, icon=icon if has_icon(icon) else "")
            self.placings[step.ref], self.lines[step.ref] = placing, line
            grid.add_widget(line)
        self.add_widget(grid)
        self._show()

    @property
    def left(self) -> int:
        """How many points are not placed yet."""
        return self.total - sum(self.count(ref) for ref in self.placings)

    def count(self, ref: str) -> int:
        """How many points stand there."""
        value = self.values.get(ref, "")
        return int(value) if value.isdecimal() else 0

    def move(self, ref: str, by: int) -> None:
        """One point more or less there, as far as there is one to move."""
        count = self.count(ref) + by
        if count > self.each:
            self.left_line.warning = tr.plural(
                "{n} point au plus ici.", "{n} points au plus ici.", self.each
            )
        elif by > self.left:
            self.left_line.warning = tr._("Il ne reste aucun point. Retirez-en un ailleurs.")
        elif count >= 0:
            self.history.keep((ref, self.values.get(ref, "")))
            self.give(ref, str(count) if count else "")
            self._show()

    def undo(self) -> None:
        """Take the last touch back."""
        if self.history:
            self.give(*self.history.take())
            self._show()

    def renew(self, asked: Asked) -> None:
        """Show the points as they are now."""
        super().renew(asked)
        self._show(keep_warning=True)

    def first_seen(self, ref: str) -> Widget | None:
        """The line of a question."""
        return self.lines.get(ref)

    def spoken_parts(self, media: Mapping[str, bytes]) -> list[Part]:
        """What is left, and what it can be placed on."""
        return [Speech(self.left_line.text, tr.language), *super().spoken_parts(media)]

    def forget(self) -> None:
        """Let go of what was placed, now and before."""
        super().forget()
        self.history.forget()

    def _show(self, *, keep_warning: bool = False) -> None:
        left = self.left
        for ref, placing in self.placings.items():
            placing.count = self.count(ref)
            placing.less.spent = placing.count == 0
            placing.more.spent = placing.count >= self.each or left <= 0
        line = self.left_line
        if not keep_warning:
            line.warning = ""
        line.text = (
            tr.plural("Il reste {n} point", "Il reste {n} points", left)
            if left
            else tr._("Tous vos points sont placés")
        )
        line.left = max(0, left) / self.total
        line.can_undo = bool(self.history)


load_beside(__file__)
