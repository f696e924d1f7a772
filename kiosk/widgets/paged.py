"""A column that may be longer than its place: two large buttons turn its pages, no gesture needed."""

from collections.abc import Iterator
from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.scrollview import ScrollView
from kivy.uix.widget import Widget

from kiosk.kv import load_beside
from kiosk.theme.theme import theme
from kiosk.widgets.touch import Row, Tap


class Column(BoxLayout):
    """Widgets one under the other, as high as they need, at least as high as `room`."""

    room = NumericProperty(0)

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[Any, ...]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            # What is not needed stays empty at the foot; known once the first place is.
            spare = max(0, self.height - self.minimum_height)
            yield index, x, y + spare, width, height


class PageTurner(Tap):
    """Up or down, one page; `inviting` where there is more to see."""

    icon = StringProperty()
    inviting = BooleanProperty(False)


class Paged(Row):
    """Shows a `Column`; where it is too high, dragging works, and so do the two buttons beside it.

    `viewport` is the height that can be seen at once.
    """

    overflows = BooleanProperty(False)
    viewport = NumericProperty(0)
    column = ObjectProperty(None)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spacing = theme.gap
        self._scroll = ScrollView(
            do_scroll_x=False,
            bar_width=theme.mm(1),
            scroll_type=["content", "bars"],
            scroll_timeout=120,
            scroll_distance=theme.mm(3),
        )
        self.column = Column(spacing=theme.gap)
        self._scroll.add_widget(self.column)
        super().add_widget(self._scroll)
        self._turners = PageTurners(turn=self.turn)
        self._scroll.bind(height=self._measure)
        self.column.bind(minimum_height=self._measure)
        self._scroll.bind(scroll_y=self._mark)
        theme.bind(gap=self._space)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """Put a widget under the others."""
        self.column.add_widget(widget, *args, **kwargs)

    def to_top(self) -> None:
        """Show the beginning."""
        self._scroll.scroll_y = 1

    def turn(self, direction: int) -> None:
        """One page down (1) or up (-1)."""
        hidden = self.column.height - self._scroll.height
        if hidden > 0:
            # A little of the page before stays in sight.
            step = max(self._scroll.height - theme.body * 1.5, self._scroll.height / 2) / hidden
            self._scroll.scroll_y = min(1, max(0, self._scroll.scroll_y - direction * step))

    def reveal(self, widget: Widget) -> None:
        """Bring a widget of the column into sight."""
        if self.overflows:
            self._scroll.scroll_to(widget, padding=theme.gap, animate=False)

    def _space(self, *_: Any) -> None:
        self.spacing = self.column.spacing = theme.gap

    def _measure(self, *_: Any) -> None:
        self.viewport = self._scroll.height
        self.column.room = self._scroll.height
        overflows = self.column.minimum_height > self._scroll.height + 1
        self._scroll.do_scroll_y = overflows
        if not overflows:
            self.to_top()
        if overflows != self.overflows:
            self.overflows = overflows
            if overflows:
                super().add_widget(self._turners)
            else:
                super().remove_widget(self._turners)
        Clock.schedule_once(self._mark, 0)

    def _mark(self, *_: Any) -> None:
        self._turners.at_top = self._scroll.scroll_y >= 0.999
        self._turners.at_end = self._scroll.scroll_y <= 0.001


class PageTurners(BoxLayout):
    """The two buttons beside a column that is too long."""

    turn = ObjectProperty(None)
    at_top = BooleanProperty(True)
    at_end = BooleanProperty(False)


load_beside(__file__)
