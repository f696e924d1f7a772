"""One key of the keyboard on the screen: how large it is drawn, and what it shows and says."""

from typing import TYPE_CHECKING, Any

from kivy.graphics import Color, Rectangle, SmoothLine, SmoothRoundedRectangle
from kivy.graphics.texture import Texture
from kivy.properties import BooleanProperty, ObjectProperty
from kivy.uix.behaviors import FocusBehavior
from kivy.uix.widget import Widget

from kiosk.access.signs import spelled_signs
from kiosk.focus import keys_in_use
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.key_rows import KeyRow
from kiosk.widgets.layouts import Action, Key

if TYPE_CHECKING:
    from kiosk.widgets.keyboard import Keyboard

GAP_MM = 1.2
LEAST_KEY_MM = 10
MORE = "›"  # the key that offers further meanings


class KeyCap(FocusBehavior, Widget):
    """One key as it stands on the screen; the keyboard watches the fingers for all of them."""

    key = ObjectProperty(Key())
    down = BooleanProperty(False)
    letters = 0  # the font size of its words, in pixels; 0 where it shows a sign
    lit = BooleanProperty(False)
    """Whether shift is on, for the key that turns it on."""

    def __init__(self, board: "Keyboard", **kwargs: Any) -> None:
        self._board = board
        super().__init__(size_hint=(None, None), **kwargs)
        with self.canvas:
            self._edge_colour = Color()
            self._edge = SmoothRoundedRectangle(segments=8)
            self._face_colour = Color()
            self._face = SmoothRoundedRectangle(segments=8)
            self._ink = Color()
            self._label = Rectangle(size=(0, 0))
        with self.canvas.after:
            self._ring_colour = Color(0, 0, 0, 0)
            self._ring = SmoothLine(width=1)
        for name in ("key", "down", "lit", "focus"):
            self.fbind(name, self.paint)

    @property
    def text(self) -> str:
        """What the key writes as things stand; "" where it writes nothing."""
        return self._board.text_of(self.key)

    @property
    def said(self) -> str:
        """Its name, to be heard."""
        names = {
            Action.SHIFT: tr._("Majuscules"),
            Action.BACKSPACE: tr._("Effacer"),
            Action.ENTER: tr._("Entrée"),
            Action.SIGNS: tr._("Chiffres et signes"),
            Action.LETTERS: tr._("Lettres"),
            Action.SWITCH: tr._("Changer de clavier"),
        }
        if self.text == MORE:
            return tr._("Voir la suite")
        if named := names.get(self.key.action):
            return named
        return tr._("Espace") if self.text == " " else spelled_signs(self.text)

    def place(self, x: float, y: float, width: float, height: float) -> None:
        """Stand in this box, of which a gap is left free around the key."""
        gap = theme.mm(GAP_MM)
        above = min(gap, max(height - theme.mm(LEAST_KEY_MM), theme.mm(GAP_MM / 2)))
        self.pos = (round(x + gap / 2), round(y + above / 2))
        self.size = (round(width - gap), round(height - above))
        border, radius = theme.hairline, theme.radius * 0.7
        for shape, inset in ((self._edge, 0.0), (self._face, border)):
            shape.pos = (self.x + inset, self.y + inset)
            shape.size = (max(self.width - 2 * inset, 0), max(self.height - 2 * inset, 0))
            shape.radius = [max(radius - inset, 1)]
        out = theme.mm(0.5)
        box = (self.x - out, self.y - out, self.width + 2 * out, self.height + 2 * out)
        self._ring.rounded_rectangle = (*box, radius + out)
        self._ring.width = theme.mm(0.4)

    def write_label(self, picture: Texture | None, turned: bool) -> None:
        """Show this on the key, or nothing; turned round where backwards is to the right."""
        self._label.texture = picture
        self._label.size = width, height = picture.size if picture else (0, 0)
        self._label.pos = (round(self.center_x - width / 2), round(self.center_y - height / 2))
        if picture is not None:
            corners = picture.tex_coords
            places = (2, 3, 0, 1, 6, 7, 4, 5) if turned else range(8)
            self._label.tex_coords = [corners[place] for place in places]

    def paint(self, *_: Any) -> None:
        """Take on the theme's colours, and those of being pressed, lit or in focus."""
        writes = bool(self.key.text)
        chosen = self.down or self.lit
        self._face_colour.rgba = theme.accent if chosen else theme.card if writes else theme.tint
        self._edge_colour.rgba = theme.accent if chosen else theme.line
        self._ink.rgba = theme.accent_ink if chosen else theme.ink if writes else theme.mark
        shown = self.focus and keys_in_use.now
        self._ring_colour.rgba = (*theme.focus[:3], 1 if shown else 0)

    def keyboard_on_key_down(
        self, window: Any, keycode: tuple[int, str], text: str, modifiers: list[str]
    ) -> bool:
        """Enter or the space bar press the key, arrows go to its neighbours."""
        if keycode[1] in ("enter", "spacebar", "numpadenter"):
            self._board.press(self)
            return True
        if keycode[1] in ("left", "right", "up", "down"):
            self.beside(keycode[1]).focus = True
            return True
        return bool(super().keyboard_on_key_down(window, keycode, text, modifiers))

    def beside(self, direction: str) -> Widget:
        """The key beside, above or below; beyond the keyboard's edge, the row that it stands in."""
        return self._board.neighbour(self, direction)

    def first_row(self) -> KeyRow:
        """Where going row by row begins again."""
        return self._board.key_rows[0]

    @property
    def field(self) -> Any:
        """What it writes in, if anything."""
        return self._board.field

    def on_touch_down(self, touch: Any) -> bool:
        """Fingers are the keyboard's business; the focus stays in the field."""
        return False
