"""A large thing with tools beside it, in one column or two, whatever the room."""

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.gridlayout import GridLayout
from kivy.uix.widget import Widget

from kiosk.kv import load_beside
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer
from kiosk.widgets.touch import Tool

_MOST_FOR_TOOLS = 0.32  # of the width, in several columns
LEAST_MM, LEAST_COMPACT_MM = 40.0, 28.0  # what one can draw or find a place in


class SideTool(Tool):
    """A tool beside the answer; one that has nothing to do yet is not there."""

    idle = BooleanProperty(False)


class InkTool(SideTool):
    """Shows the colour that is drawn in."""

    ink = StringProperty("#000000")
    disc = NumericProperty(0)


class SideTools(GridLayout):
    """Tools one under the other, in as few columns as the height allows."""

    room = NumericProperty(0)
    wordless = BooleanProperty(False)
    widest = NumericProperty(0)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._settle_soon = Clock.create_trigger(self.settle, -1)
        self.bind(room=self._settle_soon, children=self._settle_soon)
        self.bind(parent=self._watch)
        theme.bind(target=self._settle_soon, gap=self._settle_soon, compact=self._settle_soon)

    def add_widget(self, widget: Widget, *args: Any, **kwargs: Any) -> None:
        """One more tool, under the others."""
        super().add_widget(widget, *args, **kwargs)
        widget.bind(text=self._settle_soon)

    def _watch(self, *_: Any) -> None:
        if self.parent is not None:
            self.parent.bind(width=self._settle_soon)

    def settle(self, *_: Any) -> None:
        """Choose the columns; words go where there is one column."""
        step = theme.target + theme.gap
        fitting = max(1, int((self.room + theme.gap) // step))
        self.cols = max(1, -(-len(self.children) // fitting))
        widest = max((tool.width_with_word() for tool in self.children), default=0)
        whole = self.parent.width if self.parent else 0
        wide = self.cols > 1 and self.cols * widest > whole * _MOST_FOR_TOOLS
        self.wordless = bool(theme.compact) or wide
        self.widest = theme.target if self.wordless else widest


class SideBySide(Answer):
    """Base: `main` beside `tools`; as high as the room, and never lower than one can use it."""

    main_width = NumericProperty(0)
    main_height = NumericProperty(0)

    def arrange(self) -> None:
        """Everything is there: lay it out from now on."""
        self.bind(room=self._settle)
        theme.bind(px_per_mm=self._settle)
        self._settle()

    def _settle(self, *_: Any) -> None:
        least = LEAST_COMPACT_MM if theme.compact else LEAST_MM
        self.main_height = max(theme.mm(least), float(self.room))


load_beside(__file__)
