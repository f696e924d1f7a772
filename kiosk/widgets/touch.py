"""What can be touched: rows that mirror, cards, buttons, tools."""

from collections.abc import Iterator, Sequence
from typing import Any

from kivy.base import EventLoop
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior, FocusBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label

from kiosk.fingers import Held
from kiosk.kv import load_beside
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import CAPITAL_RATIO, theme
from kiosk.widgets import words as words  # kv rules draw with it


class Row(BoxLayout):
    """A box layout that reads from the right where the language does."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        theme.bind(rtl=self._mirror)  # weakly: the theme outlives every row

    def _mirror(self, *_: Any) -> None:
        self._trigger_layout()

    def _iterate_layout(self, sizes: Any) -> Iterator[tuple[Any, ...]]:
        for index, x, y, width, height in super()._iterate_layout(sizes):
            if theme.rtl and self.orientation == "horizontal":
                x = self.x + self.right - x - width
            yield index, x, y, width, height


DRAGGED = "dragged"  # in `touch.ud`: the finger moves the page, and touches nothing any more
HELD = "held"  # in `touch.ud`: the finger draws or moves a map, and never moves the page


class Tap(FocusBehavior, ButtonBehavior, Row, Held):
    """Base of everything that can be touched.

    Counts on release inside its border; Enter or the space bar do the same when it has the focus.
    """

    said = StringProperty()  # what it says aloud, and to screen readers
    told = StringProperty()  # how it stands, where that is more than taken or not
    spoken_language = StringProperty()  # that `said` is in; "" for the person's own
    of_form = StringProperty()  # the end of `said` that is the form's, in its language
    fill = ColorProperty(theme.card)
    border = ColorProperty(theme.line)
    border_width = NumericProperty(2)
    lifted = BooleanProperty(False)  # has a shadow
    corner = NumericProperty(14)
    steady = BooleanProperty(False)  # remains the same thing, whatever it says

    def __init__(self, **kwargs: Any) -> None:
        self._finger: Any = None  # the last one that came down here
        super().__init__(**kwargs)

    @property
    def alike(self) -> object:
        """What a person tells it by (`kiosk.pause`): its words, and whether it is taken."""
        return () if self.steady else (self.said, getattr(self, "taken", None))

    def on_touch_down(self, touch: Any) -> bool:
        """Feel a finger; what is put away feels nothing (Kivy's disabled widgets swallow it).

        A second finger beside the first is no second touch.
        """
        if self.disabled:
            return False
        if self._finger in EventLoop.touches and self.collide_point(*touch.pos):
            return True
        felt = bool(super().on_touch_down(touch))
        if self in touch.ud:
            self._finger = touch
        return felt

    def on_touch_up(self, touch: Any) -> bool:
        """Count a touch, unless it became a drag."""
        if touch.grab_current is self and DRAGGED in touch.ud:
            touch.ungrab(self)
            self._do_release()
            return True
        return bool(super().on_touch_up(touch))

    def lose(self, touch: Any, *, ends: bool) -> None:
        """Not touched any more."""
        self._finger = None
        self._do_release()

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """Enter, the space bar and a switch's "choose" act like a touch."""
        if keycode[1] in ("enter", "spacebar", "numpadenter"):
            self.dispatch("on_press")
            self.dispatch("on_release")
            return True
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))


class Sign(Label):
    """One icon, drawn as a letter of the icon font."""

    name = StringProperty()
    filled = BooleanProperty(False)


class Action(Tap):
    """A large button with words, and an icon before or after them."""

    icon = StringProperty()
    icon_after = BooleanProperty(False)
    text = StringProperty()
    letters = NumericProperty(0)  # font size, in pixels
    fitted = NumericProperty(0)  # the font size that a screen gives it; else that of the body
    primary = BooleanProperty(False)
    warns = BooleanProperty(False)

    def natural_width(self, letters: float) -> float:
        """How wide it is with letters of this size; of none, its frame alone."""
        words = Pen(letters, bold=True).measure(self.text) if letters else 0.0
        return words + letters + 2 * theme.mm(2) + 2 * theme.mm(4) if self.text else 0.0


def letters_beside(actions: Sequence[Action], room: float, letters: float) -> float:
    """The largest letters, up to these, with which the buttons fit side by side in the room.

    Without the gaps between them, in pixels. Small ones at the least: what does not fit is cut.
    """
    needed = sum(action.natural_width(letters) for action in actions)
    if needed <= room:
        return letters
    frames = sum(action.natural_width(0) for action in actions)
    return max(float(theme.small), float(int(letters * (room - frames) / (needed - frames))))


class Tool(Tap):
    """One of the small buttons that are always there: an icon over a word."""

    icon = StringProperty()
    text = StringProperty()
    wordless = BooleanProperty(False)
    shows_icon = BooleanProperty(True)  # or only its place, for what is drawn there instead
    icon_x = NumericProperty(0)
    icon_y = NumericProperty(0)

    def width_with_word(self) -> float:
        """How wide it is with its word under the icon."""
        word = Pen(theme.mm(3.5 / CAPITAL_RATIO), bold=True).measure(self.text)
        return max(float(theme.target), word + theme.mm(4))


load_beside(__file__)
