"""Every size and colour on the screen, from the screen's real density and the person's choices.

Sizes are written in millimetres and kept here in pixels. Widgets bind to the properties of `theme`;
a change of text size, contrast or direction redraws them all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import ismethod
from math import hypot
from typing import Any
from weakref import WeakMethod

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty

from kiosk.theme.palette import CALM, PALETTES, Palette

# Height of a capital, in millimetres: what the person chooses between (VVSG 2.0, 7.1-G).
CAPITALS_MM = (3.5, 4.8, 6.4, 8.5)
# Capital height of the fonts in assets/fonts, as a part of the font size.
CAPITAL_RATIO = 0.668

TARGET_MM = 12.7
GAP_MM = 2.6
REACH = 2 / 3  # of an upright panel's height: what is touched lies below, for who sits

# Diagonals of the usual panels, in inches, for screens that do not tell their own size.
USUAL_DIAGONALS = {
    (800, 480): 7.0,
    (1024, 600): 7.0,
    (1280, 720): 10.1,
    (1280, 800): 10.1,
    (1920, 1200): 10.1,
    (1366, 768): 15.6,
    (1920, 1080): 21.5,
    (1080, 1920): 21.5,
}

# Roles that kv rules give to whole classes of widgets, and those that single widgets ask for.
_COMMON_ROLES = ("card", "line", "ink")
_PARTICULAR_ROLES = (
    *("paper", "quiet", "accent", "accent_ink", "mark", "tint", "focus", "danger", "shadow"),
)


@dataclass(frozen=True)
class Panel:
    """The physical screen: pixels across and down, and its diagonal in inches."""

    width: int
    height: int
    diagonal: float

    @classmethod
    def usual(cls, width: int, height: int) -> "Panel":
        """The panel most often sold with these pixels; about 110 pixels an inch otherwise."""
        known = USUAL_DIAGONALS.get((width, height))
        return cls(width, height, known or hypot(width, height) / 110)

    @property
    def pixels_per_mm(self) -> float:
        """Density, the same both ways."""
        return hypot(self.width, self.height) / (self.diagonal * 25.4)


class Theme(EventDispatcher):
    """What the screens are drawn with; one instance, `theme`, serves them all.

    `body`, `title`, `lesser` and `small` are font sizes, the others lengths; all in pixels.
    """

    px_per_mm = NumericProperty(5.9)
    width_mm = NumericProperty(217.0)
    height_mm = NumericProperty(136.0)

    body = NumericProperty(42)
    title = NumericProperty(50)
    lesser = NumericProperty(31)  # one step below the person's choice, where room is short
    heading = NumericProperty(40)  # what a screen says over its content, questions aside
    small = NumericProperty(31)
    target = NumericProperty(75)
    tool = NumericProperty(75)  # the height of the small buttons that are always there
    gap = NumericProperty(15)
    margin = NumericProperty(24)
    radius = NumericProperty(14)
    hairline = NumericProperty(2)
    compact = BooleanProperty(False)
    cramped = BooleanProperty(False)  # letters larger than usual, on a small panel
    large = BooleanProperty(False)
    sunk = NumericProperty(0)  # what stands alone is sunk by so much of the room that is left
    upright = BooleanProperty(False)
    reach = NumericProperty(1.0)  # the part of the height, from below, that is touched
    default_capital_mm = NumericProperty(4.8)

    paper = ColorProperty(CALM.paper)
    card = ColorProperty(CALM.card)
    ink = ColorProperty(CALM.ink)
    quiet = ColorProperty(CALM.quiet)
    accent = ColorProperty(CALM.accent)
    accent_ink = ColorProperty(CALM.accent_ink)
    mark = ColorProperty(CALM.mark)
    tint = ColorProperty(CALM.tint)
    line = ColorProperty(CALM.line)
    focus = ColorProperty(CALM.focus)
    danger = ColorProperty(CALM.danger)
    shadow = NumericProperty(CALM.shadow)

    rtl = BooleanProperty(False)
    capital = NumericProperty(1)
    palette = StringProperty(CALM.name)

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, dict[WeakMethod[Callable[..., object]], None]] = {}

    def bind(self, **handlers: Callable[..., object]) -> None:
        """As Kivy's: call a widget's method with each change, as long as the widget lives.

        Kivy's own goes each time through all that is bound already: the more widgets there are, the
        longer each takes to make.
        """
        for name, handler in handlers.items():
            if not ismethod(handler):
                super().bind(**{name: handler})
                continue
            if name not in self._told:
                self._told[name] = {}
                self.fbind(name, partial(self._tell, name))
            told = self._told[name]
            told[WeakMethod(handler, partial(_forget, told))] = None

    def _tell(self, name: str, _: object, value: Any) -> None:
        for known in tuple(self._told[name]):
            if (handler := known()) is not None:
                handler(self, value)

    def fit(self, panel: Panel) -> None:
        """Size everything for this screen."""
        self.px_per_mm = panel.pixels_per_mm
        self.width_mm = panel.width / self.px_per_mm
        self.height_mm = panel.height / self.px_per_mm
        self.compact = self.height_mm < 110
        self.large = max(self.width_mm, self.height_mm) > 300
        self.sunk = 0.4 if self.large else 0.0  # near the middle, where an eye looks first
        self.upright = self.height_mm > self.width_mm
        self.reach = REACH if self.upright else 1.0
        self.default_capital_mm = CAPITALS_MM[self.default_capital]
        self.choose_capital(self.default_capital)

    def mm(self, millimetres: float) -> float:
        """That length in pixels."""
        return millimetres * float(self.px_per_mm)

    def choose_capital(self, step: int) -> None:
        """Set the text size: an index into `CAPITALS_MM`, brought into its range."""
        self.capital = max(0, min(self.sizes - 1, step))
        self._measure()

    @property
    def sizes(self) -> int:
        """How many text sizes there are."""
        return len(CAPITALS_MM)

    @property
    def smaller(self) -> tuple[float, ...]:
        """Letters below those the person chose, the largest first, in pixels."""
        below = reversed(CAPITALS_MM[: int(self.capital)])
        return tuple(float(round(self.mm(capital / CAPITAL_RATIO))) for capital in below)

    def next_palette(self) -> None:
        """Go from calm to light on dark, to dark on light, and round again."""
        names = [palette.name for palette in PALETTES]
        self.wear(PALETTES[(names.index(self.palette) + 1) % len(PALETTES)])

    def wear(self, palette: Palette) -> None:
        """Take on these colours."""
        for role in _COMMON_ROLES:
            setattr(self, role, getattr(palette, role))
        # A kv rule of a widget and one of its class may both set a colour; the widget's own must
        # have the last word, also where its role is the same in both palettes.
        for role in _PARTICULAR_ROLES:
            before = getattr(self, role)
            setattr(self, role, getattr(palette, role))
            if getattr(self, role) == before:
                self.property(role).dispatch(self)
        self.palette = palette.name

    @property
    def default_capital(self) -> int:
        """What a person finds: 4.8 mm, and on a large panel, read from further away, 6.4 mm."""
        return 2 if self.large else 1

    def calm_down(self) -> None:
        """Back to what the next person should find: default size, default colours."""
        self.choose_capital(self.default_capital)
        if self.palette != CALM.name:
            self.wear(CALM)

    def _measure(self) -> None:
        capital = CAPITALS_MM[int(self.capital)]
        self.cramped = self.compact and self.capital > self.default_capital
        self.target = round(self.mm(TARGET_MM))
        # Room for a word under an icon, with Arabic's tails; a low panel has icons alone.
        self.tool = self.target if self.compact else round(self.mm(15.4))
        self.gap = round(self.mm(GAP_MM))
        self.margin = round(self.mm(GAP_MM if self.compact else 10 if self.large else 4))
        self.radius = round(self.mm(2.4))
        self.hairline = max(1.0, self.mm(0.3))
        self.body = round(self.mm(capital / CAPITAL_RATIO))
        lesser = CAPITALS_MM[max(0, int(self.capital) - 1)]
        self.lesser = round(self.mm(lesser / CAPITAL_RATIO))
        self.small = round(self.mm((4.8 if self.large else 3.5) / CAPITAL_RATIO))
        # The larger the screen, the more room for a headline; a small one only makes it bold.
        ratio = 1.0 if self.compact else 1.3 if self.large else 1.12
        if self.capital > self.default_capital:
            ratio = min(ratio, 1.1) if self.large else 1.0
        self.title = round(self.body * ratio)
        self.heading = self.lesser if self.cramped else self.title


def _forget(told: dict[WeakMethod[Callable[..., object]], None], dead: Any) -> None:
    told.pop(dead, None)


theme = Theme()
