"""A map that can be moved and enlarged by buttons alone, or by a finger; with or without tiles."""

import math
from collections import OrderedDict
from io import BytesIO
from typing import Any
from weakref import WeakKeyDictionary

from kivy.clock import Clock
from kivy.core.image import Image as Picture
from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Rectangle, Triangle
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.stencilview import StencilView

from kiosk.fingers import Held
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.maps.earth import (
    TILE,
    metres_a_pixel,
    on_earth,
    on_map,
    round_metres,
)
from kiosk.maps.tiles import Tiles
from kiosk.pause import SECONDS, pause
from kiosk.theme.drawing import Pen
from kiosk.theme.theme import CAPITAL_RATIO, theme
from kiosk.widgets.touch import HELD, Tap

_PLAIN_ZOOMS = (3, 18)  # of a map without tiles
_KEPT = 96  # textures of a map's tiles
_AT_ONCE = 4  # tiles that are read for one frame; the others follow, so that nobody waits
_textures: WeakKeyDictionary[Tiles, OrderedDict[tuple[int, int, int], Any]] = WeakKeyDictionary()
_GROUND, _GRID = (0.93, 0.92, 0.88), (0.80, 0.79, 0.75)
_PIN, _PIN_EDGE, _OWN = (0.72, 0.07, 0.07), (1, 1, 1), (0.09, 0.18, 0.55)
_LOW_MM = 48.0
_ECHO_MM = 10  # two touches no further apart are of one hand that trembles
_LABEL_MM, _MOST_LABELS = 2.6, 60


class PanKey(Tap):
    """An arrow at the edge of the map."""

    icon = StringProperty()
    away = BooleanProperty(False)


class MapView(FloatLayout, StencilView, Held):
    """The part of a map around `latitude`, `longitude`.

    Events:
        on_pick: A finger chose this place (latitude, longitude).
    """

    latitude = NumericProperty(0.0)
    longitude = NumericProperty(0.0)
    zoom = NumericProperty(3)
    tiles = ObjectProperty(None, allownone=True)
    spots = ListProperty()  # what was chosen: Spot
    joined = BooleanProperty(False)  # by a line, in their order
    closed = BooleanProperty(False)  # and the last to the first
    own = ObjectProperty(None, allownone=True)  # where the device is: Spot
    named = ListProperty()  # places with names: Named
    scale = StringProperty()
    scale_width = NumericProperty(0)
    credit = StringProperty()
    low = BooleanProperty(False)  # no room for arrows: they come with the keys that need them

    __events__ = ("on_pick",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._finger: Any = None
        self._from = (0.0, 0.0)
        self._picked = (0.0, 0.0, float("-inf"))  # where on the window a place was chosen, and when
        self._moved = False
        self._may_read = 0
        self._ground = InstructionGroup()
        self._marks = InstructionGroup()
        self.canvas.before.add(self._ground)
        self.canvas.before.add(self._marks)
        self.bind(height=self._measure)
        theme.bind(px_per_mm=self._measure)
        self._draw_soon = Clock.create_trigger(self.draw, -1)
        self._draw_later = Clock.create_trigger(self.draw, 0)
        for name in ("pos", "size", "latitude", "longitude", "zoom", "tiles", "spots", "named"):
            self.fbind(name, self._draw_soon)
        for name in ("own", "joined", "closed"):
            self.fbind(name, self._draw_soon)

    def on_pick(self, latitude: float, longitude: float) -> None:
        """A finger chose this place."""

    @property
    def zooms(self) -> tuple[int, int]:
        """The least and the most that it can be enlarged."""
        return (self.tiles.lowest, self.tiles.highest) if self.tiles else _PLAIN_ZOOMS

    def enlarge(self, by: int) -> None:
        """Show more detail (1), or more of the map (-1)."""
        low, high = self.zooms
        self.zoom = max(low, min(high, int(self.zoom) + by))

    def move(self, across: float, up: float) -> None:
        """Show what is so many parts of the view further east and north."""
        self._shift(across * self.width, up * self.height)

    def go_to(self, latitude: float, longitude: float) -> None:
        """Show this place in the middle."""
        self.latitude, self.longitude = latitude, longitude

    def _measure(self, *_: Any) -> None:
        self.low = self.height < theme.mm(_LOW_MM)

    # --- fingers ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        """The arrows first; else the finger takes hold of the map."""
        if not self.collide_point(*touch.pos) or self.disabled:
            return False
        touch.ud[HELD] = True
        if super().on_touch_down(touch):
            return True
        if self._finger is None and not self._is_echo(touch):
            touch.grab(self)
            self._finger, self._from, self._moved = touch, touch.pos, False
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """The map goes with the finger."""
        if touch.grab_current is not self:
            return bool(super().on_touch_move(touch))
        far = math.hypot(touch.x - touch.ox, touch.y - touch.oy) > theme.mm(3)
        self._moved = self._moved or far
        if self._moved:
            self._shift(self._from[0] - touch.x, self._from[1] - touch.y)
            self._from = touch.pos
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """A finger that did not move chooses the place under it."""
        if touch.grab_current is not self:
            return bool(super().on_touch_up(touch))
        touch.ungrab(self)
        self._finger = None
        if not self._moved:
            picked = self.place_at(*touch.pos)
            self._picked = (*touch.pos, pause.clock())
            if self.low and not self._is_central(touch.y):
                self.go_to(*picked)
            self.dispatch("on_pick", *picked)
        return True

    def lose(self, touch: Any, *, ends: bool) -> None:
        """It neither moves the map any more nor chooses a place."""
        self._finger = None

    def _is_echo(self, touch: Any) -> bool:
        """Whether a hand that trembles touches again where it has just chosen a place."""
        x, y, when = self._picked
        near = math.hypot(touch.x - x, touch.y - y) < theme.mm(_ECHO_MM)
        return near and pause.clock() - when < SECONDS

    def _is_central(self, y: float) -> bool:
        return bool(abs(y - self.center_y) < self.height / 4)

    def place_at(self, x: float, y: float) -> tuple[float, float]:
        """The latitude and longitude that is drawn at a point of the window."""
        across, down = on_map(self.latitude, self.longitude)
        world = self._world
        return on_earth(across + (x - self.center_x) / world, down - (y - self.center_y) / world)

    def point_of(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where on the window a place is drawn."""
        here, there = on_map(self.latitude, self.longitude), on_map(latitude, longitude)
        east = (there[0] - here[0] + 0.5) % 1 - 0.5  # the shorter way round the world
        return (
            self.center_x + east * self._world,
            self.center_y - (there[1] - here[1]) * self._world,
        )

    @property
    def _world(self) -> float:
        """How many pixels the whole world is wide."""
        return float(TILE * 2**self.zoom)

    def _shift(self, right: float, up: float) -> None:
        across, down = on_map(self.latitude, self.longitude)
        latitude, longitude = on_earth(across + right / self._world, down - up / self._world)
        if self.tiles:
            west, south, east, north = self.tiles.bounds
            latitude = min(max(latitude, south), north)
            longitude = min(max(longitude, west), east)
        self.latitude, self.longitude = latitude, longitude

    # --- drawing ------------------------------------------------------------------------------

    def draw(self, *_: Any) -> None:
        """Draw what is in view."""
        self._ground.clear()
        self._ground.add(Color(*_GROUND))
        self._ground.add(Rectangle(pos=self.pos, size=self.size))
        if self.tiles:
            self._draw_tiles()
        else:
            self._draw_grid()
        self._draw_marks()
        self._tell_scale()

    def forget(self) -> None:
        """Nothing of what was looked at remains."""
        self.tiles = None
        _textures.clear()
        self._draw_later.cancel()
        self.spots = []
        self._finger = None
        self._picked = (0.0, 0.0, float("-inf"))
        self.draw()

    def _draw_tiles(self) -> None:
        self._may_read = _AT_ONCE
        zoom, count = int(self.zoom), 2 ** int(self.zoom)
        across, down = on_map(self.latitude, self.longitude)
        left = across * count - self.width / 2 / TILE
        top = down * count - self.height / 2 / TILE
        self._ground.add(Color(1, 1, 1))
        for column in range(math.floor(left), math.ceil(left + self.width / TILE)):
            for row in range(math.floor(top), math.ceil(top + self.height / TILE)):
                texture = self._texture(zoom, column % count, row) if 0 <= row < count else None
                if texture is None:
                    continue
                x = round(self.x + (column - left) * TILE)
                y = round(self.top - (row + 1 - top) * TILE)
                self._add_tile(texture, x, y)

    def _add_tile(self, texture: Any, x: float, y: float) -> None:
        """A tile with its lower left corner there, as far as it is in view."""
        left, right = max(x, self.x), min(x + TILE, self.right)
        low, high = max(y, self.y), min(y + TILE, self.top)
        if left >= right or low >= high:
            return
        u, v, u_end, _, _, v_end, *_ = texture.tex_coords
        across = ((left - x) / TILE, (right - x) / TILE)
        up = ((low - y) / TILE, (high - y) / TILE)
        us = tuple(u + (u_end - u) * part for part in across)
        vs = tuple(v + (v_end - v) * part for part in up)
        corners = (us[0], vs[0], us[1], vs[0], us[1], vs[1], us[0], vs[1])
        size = (right - left, high - low)
        self._ground.add(Rectangle(texture=texture, pos=(left, low), size=size, tex_coords=corners))

    def _texture(self, zoom: int, column: int, row: int) -> Any:
        """A tile's texture; None where there is none, or it is to be read for a later frame."""
        kept = _textures.setdefault(self.tiles, OrderedDict())
        key = (zoom, column, row)
        if key not in kept:
            if not self._may_read:
                self._draw_later()
                return None
            self._may_read -= 1
            content = self.tiles.tile(zoom, column, row)
            kept[key] = _picture(content, self.tiles.ending) if content else None
            while len(kept) > _KEPT:
                kept.popitem(last=False)
        kept.move_to_end(key)
        return kept[key]

    def _draw_grid(self) -> None:
        """Lines a round number of metres apart: something to hold on to."""
        step = theme.mm(20)
        x0, y0 = self.point_of(*on_earth(*self._round_corner(step)))
        self._ground.add(Color(*_GRID))
        for at in range(-1, int(self.width / step) + 2):
            x = x0 + at * step
            if not self.x <= x <= self.right:
                continue
            self._ground.add(Line(points=[x, self.y, x, self.top], width=1))
        for at in range(-1, int(self.height / step) + 2):
            y = y0 - at * step
            if not self.y <= y <= self.top:
                continue
            self._ground.add(Line(points=[self.x, y, self.right, y], width=1))

    def _round_corner(self, step: float) -> tuple[float, float]:
        across, down = on_map(self.latitude, self.longitude)
        part = step / self._world
        left = across - self.width / 2 / self._world
        top = down - self.height / 2 / self._world
        return (math.floor(left / part) * part, math.floor(top / part) * part)

    def _draw_marks(self) -> None:
        self._marks.clear()
        pen = Pen(theme.mm(_LABEL_MM / CAPITAL_RATIO), bold=True)
        for named in self.named[:_MOST_LABELS]:
            x, y = self.point_of(named.spot.latitude, named.spot.longitude)
            if self.collide_point(x, y):
                self._draw_dot(x, y, 2.2, _OWN)
                self._draw_label(pen, named.name, x, y)
        if self.own is not None:
            x, y = self.point_of(self.own.latitude, self.own.longitude)
            if self.collide_point(x, y):
                self._draw_dot(x, y, 4.6, _OWN)
        points = [self.point_of(spot.latitude, spot.longitude) for spot in self.spots]
        if self.joined and len(points) > 1:
            self._draw_way(points)
        for x, y in points[:-1]:
            if self.collide_point(x, y):
                self._draw_dot(x, y, 2.4, _PIN)
        for x, y in points[-1:]:
            if self.collide_point(x, y):
                self._draw_pin(x, y)

    def _draw_dot(self, x: float, y: float, across_mm: float, colour: tuple[float, ...]) -> None:
        for color, half in (
            (_PIN_EDGE, theme.mm(across_mm / 2 + 0.7)),
            (colour, theme.mm(across_mm / 2)),
        ):
            self._marks.add(Color(*color))
            self._marks.add(Ellipse(pos=(x - half, y - half), size=(2 * half, 2 * half)))

    def _draw_label(self, pen: Pen, name: str, x: float, y: float) -> None:
        """A name under its dot."""
        texture = pen.draw(name)
        if texture is None:
            return
        width, height = texture.size
        left = min(max(self.x, x - width / 2), self.right - width)
        low = max(self.y, y - theme.mm(2.2) - height)
        self._marks.add(Color(1, 1, 1, 0.85))
        self._marks.add(Rectangle(pos=(left - 2, low), size=(width + 4, height)))
        self._marks.add(Color(*_OWN))
        self._marks.add(Rectangle(texture=texture, pos=(left, low), size=(width, height)))

    def _draw_way(self, points: list[tuple[float, float]]) -> None:
        flat = [number for point in points for number in point]
        close = self.closed and len(points) > 2
        for color, width in ((_PIN_EDGE, 1.1), (_PIN, 0.6)):
            self._marks.add(Color(*color))
            self._marks.add(Line(points=flat, width=theme.mm(width), close=close))

    def _draw_pin(self, x: float, y: float) -> None:
        for color, half in ((_PIN_EDGE, theme.mm(3.2)), (_PIN, theme.mm(2.6))):
            self._marks.add(Color(*color))
            top = y + theme.mm(6.5)
            self._marks.add(Ellipse(pos=(x - half, top - half), size=(2 * half, 2 * half)))
            foot = y if color is _PIN_EDGE else y + theme.mm(0.9)
            side = half * 0.9
            arms = [x - side, top - half * 0.45, x + side, top - half * 0.45, x, foot]
            self._marks.add(Triangle(points=arms))
        dot = theme.mm(1)
        self._marks.add(Color(*_PIN_EDGE))
        self._marks.add(Ellipse(pos=(x - dot, y + theme.mm(6.5) - dot), size=(2 * dot, 2 * dot)))

    def _tell_scale(self) -> None:
        pixel = metres_a_pixel(self.latitude, self.zoom)
        metres = round_metres(theme.mm(24) * pixel)
        self.scale_width = metres / pixel
        self.scale = distance_words(metres)
        self.credit = self.tiles.attribution if self.tiles else ""


def _picture(content: bytes, ending: str) -> Any:
    """A tile's texture; None where its picture is broken."""
    try:
        return Picture(BytesIO(content), ext=ending, nocache=True).texture
    except Exception:  # noqa: BLE001 - Kivy's loaders raise whatever their libraries do
        return None


def distance_words(metres: float) -> str:
    """A distance as people say it: 250 m, 1,2 km."""
    if metres < 1000:
        return f"{tr.number(round(metres))} m"
    return f"{tr.number(round(metres / 1000, 1))} km"


load_beside(__file__)
