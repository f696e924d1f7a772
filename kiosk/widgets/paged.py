"""A column that may be longer than its place: two large buttons turn its pages, no gesture needed.

Kivy's own ScrollView holds a touch back until it knows whether it scrolls, and hands it on a fifth
of a second later: by then the thing that was touched may be elsewhere. Here a touch reaches what is
under it at once, and a drag takes it back.
"""

from collections.abc import Iterator
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget

from kiosk.fingers import Held
from kiosk.kv import load_beside
from kiosk.pause import pause
from kiosk.theme.theme import theme
from kiosk.widgets.touch import DRAGGED, HELD, Row, Tap


class Hanging(BoxLayout):
    """Hangs from its top: what stands in it does not move when something comes below.

    Kivy would hold its foot, and move all of it up, and down again once its place is found.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._hung = self.height
        self.fbind("height", self._hang)

    def _hang(self, _: Any, height: float) -> None:
        self.y -= height - self._hung
        self._hung = height


class Column(Hanging):
    """Widgets one under the other, as high as they need, at least as high as `room`.

    Of the room that they do not need, the part `sunk` is left above them, the rest below.
    """

    room = NumericProperty(0)
    sunk = NumericProperty(0)
    barred = BooleanProperty(False)  # the bar that tells where one is stands beside it

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(sunk=self._trigger_layout)

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[Any, ...]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            # What is not needed is known once the first place is.
            spare = max(0, self.height - self.minimum_height)
            yield index, x, y + spare * (1 - self.sunk), width, height


RESTLESS_FRAMES = 6  # what is wanted again within so many frames was not to be taken away


class Viewport(StencilView, Held):
    """Shows a part of its column: `hidden_above` pixels of it are above the edge."""

    hidden_above = NumericProperty(0)
    column = ObjectProperty(None)
    bar_height = NumericProperty(0)
    bar_y = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.column = Column()
        self.add_widget(self.column)
        self._place_soon = Clock.create_trigger(self._place, -1)
        for name in ("pos", "size", "hidden_above"):
            self.fbind(name, self._place_soon)
        self.column.fbind("height", self._place_soon)
        self._drag: tuple[Any, float] | None = None

    @property
    def beyond(self) -> float:
        """How many pixels of the column do not fit."""
        return max(0.0, float(self.column.height - self.height))

    def show(self, hidden_above: float) -> None:
        """Hide so many pixels above, as far as there are any to hide; whole ones: letters blur."""
        self.hidden_above = round(min(max(0.0, hidden_above), self.beyond))

    def bring_into_sight(self, widget: Widget) -> None:
        """Show that part of the column, with a little air around it."""
        air = theme.mm(2)
        if widget.top + air > self.top:
            self.show(self.hidden_above - (widget.top + air - self.top))
        elif widget.y - air < self.y:
            self.show(self.hidden_above + self.y - (widget.y - air))

    def on_touch_down(self, touch: Any) -> bool:
        """What is under the finger is touched at once; nothing is, that is out of sight."""
        if not self.collide_point(*touch.pos):
            return False
        if self.beyond and self._drag is None:
            touch.grab(self)
            self._drag = (touch, self.hidden_above)
        super().on_touch_down(touch)
        if HELD in touch.ud and self._drag is not None and self._drag[0] is touch:
            touch.ungrab(self)
            self._drag = None
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Far enough up or down, a touch is a drag, and touches nothing any more."""
        if self._drag is not None and self._drag[0] is touch:
            if abs(touch.y - touch.oy) > theme.mm(3):
                touch.ud[DRAGGED] = True
            if DRAGGED in touch.ud:
                self.show(self._drag[1] + touch.y - touch.oy)
                return True
        return bool(super().on_touch_move(touch))

    def on_touch_up(self, touch: Any) -> bool:
        """The finger is gone."""
        if self._drag is not None and self._drag[0] is touch and touch.grab_current is self:
            touch.ungrab(self)
            self._drag = None
            return True
        return bool(super().on_touch_up(touch))

    def lose(self, touch: Any, *, ends: bool) -> None:
        """It drags no more."""
        self._drag = None

    def _place(self, *_: Any) -> None:
        self.column.width = self.width
        self.column.x = self.x
        self.hidden_above = min(self.hidden_above, self.beyond)
        self.column.top = round(self.top + self.hidden_above)
        whole = max(self.column.height, 1)
        self.bar_height = self.height * self.height / whole if self.beyond else 0
        self.bar_y = self.top - self.height * self.hidden_above / whole - self.bar_height


class PageTurner(Tap):
    """Up or down, one page; `inviting` where there is more to see."""

    icon = StringProperty()
    inviting = BooleanProperty(False)


class Paged(Row):
    """Shows a `Column`; where that is too high, two buttons turn its pages, and dragging works.

    `viewport` is the height that can be seen at once; `more_below` tells whether there is more.
    """

    sunk = NumericProperty(0)  # as the column's
    overflows = BooleanProperty(False)
    more_below = BooleanProperty(False)
    viewport = NumericProperty(0)
    column = ObjectProperty(None)

    def __init__(self, **kwargs: Any) -> None:
        self._view = Viewport()
        self.column = self._view.column
        super().__init__(**kwargs)
        self.bind(sunk=self.column.setter("sunk"))
        self._turners = PageTurners(turn=self.turn)
        self._taken_away = -RESTLESS_FRAMES  # the frame in which the turners last were
        self._restless = 0  # how often they were wanted again at once
        super().add_widget(self._view)
        self._view.bind(height=self._measure, hidden_above=self._mark)
        self.column.bind(minimum_height=self._measure, height=self._mark)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Put a widget under the others."""
        self.column.add_widget(widget, *args, **kwargs)

    def to_top(self) -> None:
        """Show the beginning."""
        self._view.show(0)

    def show_top_of(self, widget: Widget) -> None:
        """Show a widget of the column from its top, as much of it as there is room for."""
        view = self._view
        _, top = widget.to_window(widget.x, widget.top)
        view.show(view.hidden_above + view.to_window(view.x, view.top)[1] - top - theme.mm(1))

    def bring_into_sight(self, widget: Widget) -> None:
        """Show a widget of the column whole, if there is room for it."""
        if self._turners not in (widget, widget.parent):  # they are always in sight
            self._view.bring_into_sight(widget)

    def turn(self, direction: int) -> None:
        """One page down (1) or up (-1); a little of the page before stays in sight.

        What can be touched and was cut by the edge is seen whole after the turn.
        """
        view = self._view
        step = view.height - theme.body * 1.5
        edge = view.y if direction > 0 else view.top
        for thing in self.column.walk(restrict=True):
            if isinstance(thing, Tap) and thing.y < edge < thing.top:
                seen = thing.top - edge if direction > 0 else edge - thing.y
                step = min(step, view.height - seen - theme.hairline)
        pause.changed()
        view.show(view.hidden_above + direction * max(step, view.height / 3))

    def _measure(self, *_: Any) -> None:
        room = self._view.height
        self.viewport = self.column.room = room
        self.overflows = self.column.minimum_height > room + 1
        # No button is smaller than a finger: where two do not fit there is one, or dragging alone.
        self._turners.alone = room < 2 * theme.target + theme.gap
        self._show_turners()
        if not self.overflows:
            self.to_top()
        self._mark()

    def _show_turners(self) -> None:
        """Turners and bar where they are needed.

        What stands beside them may need them just because it is narrower there: where they come
        and go, they stay, until the page is laid out for another reason; but never smaller than a
        finger.
        """
        roomy = self._view.height >= theme.target
        wanted = self.overflows and roomy
        shown = self._turners.parent is not None
        at_once = Clock.frames - self._taken_away <= RESTLESS_FRAMES
        if not at_once:
            self._restless = 0
        if wanted and not shown:
            self._restless += at_once
            super().add_widget(self._turners)
        elif shown and not wanted and (self._restless < 2 or not roomy):
            self._taken_away = Clock.frames
            super().remove_widget(self._turners)
        self.column.barred = self.overflows or self._turners.parent is not None

    def _mark(self, *_: Any) -> None:
        self._turners.at_top = self._view.hidden_above < 1
        self._turners.at_end = self._view.hidden_above > self._view.beyond - 1
        self.more_below = self.overflows and not self._turners.at_end


class PageTurners(BoxLayout):
    """The two buttons beside a column that is too long; `alone`, one leads down, and then up."""

    alone = BooleanProperty(False)
    turn = ObjectProperty(None)
    at_top = BooleanProperty(True)
    at_end = BooleanProperty(False)


load_beside(__file__)
