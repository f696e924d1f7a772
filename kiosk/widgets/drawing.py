"""Drawing, signing, and drawing upon a picture, with a finger."""

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Line, Rectangle
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty, StringProperty
from kivy.utils import get_color_from_hex

from forms.engine import Step
from kiosk.attachments import PNG, Making
from kiosk.fingers import Held
from kiosk.kv import load_beside
from kiosk.language import tr
from kiosk.strokes import INKS, Drawing, Point, Stroke, shape_of, smooth
from kiosk.theme.pictures import texture_of_picture
from kiosk.widgets.answer import Setting
from kiosk.widgets.sides import SideBySide
from kiosk.widgets.touch import HELD
from kiosk.widgets.upload import Uploaded, pixels_wanted

PICTURE_LONGEST = 1_200  # pixels, unless the form wants fewer
_WIDEST, _NARROWEST, _NARROWEST_SIGNED = 3.0, 0.75, 1.6  # papers, width by height
_PUT_IN = "jr://images/"  # how a form names a picture that it brings


class Paper(Held):
    """A white paper that a finger draws on.

    Events:
        on_stroke: A finger was lifted.
    """

    drawing = ObjectProperty(None)
    ink = StringProperty("black")
    blank = BooleanProperty(True)

    __events__ = ("on_stroke",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._finger: Any = None
        self._stroke: Stroke | None = None
        self._line: Line | None = None
        self._ground: Any = None
        self._drawn = InstructionGroup()
        self.canvas.add(self._drawn)
        self._redraw_soon = Clock.create_trigger(self.redraw, -1)
        self.bind(pos=self._redraw_soon, size=self._redraw_soon, drawing=self._take)

    def on_stroke(self) -> None:
        """A finger was lifted."""

    def on_touch_down(self, touch: Any) -> bool:
        """The first finger draws; others, and the palm, do not."""
        if self.disabled or not self.collide_point(*touch.pos):
            return False
        touch.ud[HELD] = True
        if self._finger is None and self.drawing is not None:
            touch.grab(self)
            self._finger = touch
            self._stroke = self.drawing.begin(self.ink, self._on_paper(touch))
            self._add_line(self._stroke)
            self.blank = False
        return True

    def on_touch_move(self, touch: Any) -> bool:
        """Draw on."""
        if touch.grab_current is not self or self._stroke is None or self._line is None:
            return False
        if self.drawing.extend(self._stroke, self._on_paper(touch)):
            self._line.points = self._on_screen(self._stroke)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        """The stroke is done."""
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self.let_go()
        self.dispatch("on_stroke")
        return True

    def lose(self, touch: Any, *, ends: bool) -> None:
        """What was drawn so far is the stroke, where the paper is still there."""
        drew = self._finger is touch
        self.let_go()
        if drew and ends:
            self.dispatch("on_stroke")

    def let_go(self) -> None:
        """No finger draws any more."""
        self._finger = self._stroke = self._line = None

    def redraw(self, *_: Any) -> None:
        """Draw everything anew."""
        self._drawn.clear()
        self._line = None
        drawing = self.drawing
        self.blank = drawing is None or not (drawing.strokes or drawing.ground)
        if drawing is None:
            return
        if self._ground is not None:
            self._drawn.add(Color(1, 1, 1))
            self._drawn.add(Rectangle(texture=self._ground, pos=self.pos, size=self.size))
        for stroke in drawing.strokes:
            self._add_line(stroke)

    def _take(self, *_: Any) -> None:
        ground = self.drawing.ground if self.drawing else b""
        self._ground = texture_of_picture(ground) if ground else None
        self._redraw_soon()

    def _add_line(self, stroke: Stroke) -> None:
        self._drawn.add(Color(*get_color_from_hex(INKS[stroke.ink])))
        width = max(1.0, stroke.width * self.width / 2)
        self._line = Line(points=self._on_screen(stroke), width=width, cap="round", joint="round")
        self._drawn.add(self._line)

    def _on_paper(self, touch: Any) -> Point:
        width = max(1.0, self.width)
        return ((touch.x - self.x) / width, (self.top - touch.y) / width)

    def _on_screen(self, stroke: Stroke) -> list[float]:
        points = smooth(stroke.points)
        if len(points) == 1:  # a dot: a line needs two ends
            points = [points[0], (points[0][0] + 0.0005, points[0][1])]
        found: list[float] = []
        for x, y in points:
            found += (self.x + x * self.width, self.top - y * self.width)
        return found


class DrawingAnswer(Uploaded, SideBySide):
    """A paper with what helps to draw beside it."""

    shape = NumericProperty(1.5)
    ink = StringProperty("black")
    invitation = StringProperty()
    signs = BooleanProperty(False)
    can_undo = BooleanProperty(False)

    def __init__(self, step: Step, value: str, setting: Setting, **kwargs: Any) -> None:
        super().__init__(step, value, setting, **kwargs)
        self.signs = "signature" in step.appearance
        if "annotate" in step.appearance:
            self.ink = "red"
        self.invitation = (
            tr._("Signez ici avec le doigt") if self.signs else tr._("Dessinez ici avec le doigt")
        )
        drawing = self._begun() or self._fresh()
        self.drawing = drawing
        self.shape = drawing.shape
        self.bind(main_width=self._choose_shape, main_height=self._choose_shape)
        self.ids.paper.drawing = drawing
        self.can_undo = bool(drawing.strokes)
        self.arrange()

    def undo(self) -> None:
        """Take the last stroke away."""
        self.drawing.undo()
        self._changed()

    def clear(self) -> None:
        """Take all strokes away."""
        self.drawing.clear()
        self._changed()

    def next_ink(self) -> None:
        """Draw in the next colour."""
        inks = list(INKS)
        self.ink = inks[(inks.index(self.ink) + 1) % len(inks)]

    def ink_name(self) -> str:
        """The colour in words, for who does not see it."""
        names = {
            "black": tr._("Noir"),
            "blue": tr._("Bleu"),
            "red": tr._("Rouge"),
            "green": tr._("Vert"),
        }
        return names[self.ink]

    def drawn(self) -> None:
        """A stroke is done."""
        self.can_undo = bool(self.drawing.strokes)
        drawing, width = self.drawing, self._picture_width
        self.keep(lambda: drawing.png(width), PNG, Making(origin=drawing))

    def spoken(self) -> str:
        """How to go about it, also for who cannot draw."""
        return f"{self.invitation}. " + tr._("Touchez « Autrement » pour répondre sans dessiner.")

    def leave(self) -> None:
        """No finger draws any more."""
        self.ids.paper.let_go()

    def forget(self) -> None:
        """No stroke remains."""
        super().forget()
        self.leave()
        self.drawing = Drawing()
        self.ids.paper.drawing = self.drawing
        self.ids.paper.redraw()

    def _begun(self) -> Drawing | None:
        """The drawing that was given before, to go on with."""
        origin = self.attachments.making(self.value).origin
        return origin if isinstance(origin, Drawing) else None

    def _fresh(self) -> Drawing:
        ground = b""
        if "annotate" in self.step.appearance:
            name = self.value.removeprefix(_PUT_IN)
            if self.value in self.attachments:
                ground = self.attachments[self.value].content
            else:
                ground = self.setting.files.get(name, b"")
        shape = shape_of(ground) if ground else None
        if shape is None:
            return Drawing(shape=2.5 if self.signs else 1.5)
        return Drawing(shape=shape, ground=ground)

    def _choose_shape(self, *_: Any) -> None:
        """Fresh paper fills its place; paper with something on it keeps its shape."""
        if not self.drawing.strokes and not self.drawing.ground and self.main_height > 1:
            room = self.main_width / self.main_height
            narrowest = _NARROWEST_SIGNED if self.signs else _NARROWEST
            self.drawing.shape = max(narrowest, min(_WIDEST, room))
        self.shape = self.drawing.shape

    def _changed(self) -> None:
        self.ids.paper.redraw()
        if self.drawing.strokes:
            self.drawn()
        else:
            self.can_undo = False
            self.erase()
            self._choose_shape()

    @property
    def _picture_width(self) -> int:
        """In pixels, so that no side is longer than it may be."""
        longest = pixels_wanted(self.step, PICTURE_LONGEST)
        return max(1, round(longest * min(1.0, self.drawing.shape)))


load_beside(__file__)
