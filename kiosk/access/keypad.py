"""Keys of a keypad, of switches, or of a keyboard: lead through the screen, and choose.

Where the keys stand is always lit while they are in use; it is never lost when a screen changes,
and nothing holds it: from everywhere "next" leads on.
"""

from dataclasses import dataclass
from time import monotonic
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Keyboard as Keycodes
from kivy.core.window import Window

from kiosk.access.commands import KEYBOARD, Command, KeyMap
from kiosk.access.echo import echo
from kiosk.access.spoken import step_of
from kiosk.focus import focused, keys_in_use, move_focus, put_focus, stops
from kiosk.pause import pause
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer
from kiosk.widgets.field import AnswerField
from kiosk.widgets.key_rows import KeyRow
from kiosk.widgets.keyboard import KeyCap
from kiosk.widgets.lead import Lead

# Pressed twice, these would act on what has not been seen, or undo what was asked for.
ACTING = frozenset(
    {
        Command.CHOOSE,
        Command.BACK,
        Command.LANGUAGE,
        Command.STOP,
        Command.HELP,
        Command.LISTEN,
        Command.CURTAIN,
    }
)
HELD = 0.7  # seconds: the same key again within this, never let go, is one long press
LOOKED_EVERY = 0.1  # seconds between two looks at whether it is time for the light to go on
PUTS_OUT = "escape"  # to Kivy, pressed or let go, it means that nothing has the focus any more
_MIRRORED = {"left": "right", "right": "left"}
_ARROWS = ("left", "right", "up", "down")


@dataclass
class _Place:
    """Where the keys stood last: on what, and the how-manieth stop of its screen that was."""

    cover: Any = None
    number: int = 0
    name: str = ""
    answers: bool = False  # whether it belonged to a question


class Keypad:
    """Turns keys into commands, and carries them out on the stage.

    Args:
        stage: the window's root.
        key_map: which key asks for what.
    """

    def __init__(self, stage: Any, key_map: KeyMap = KEYBOARD) -> None:
        self._stage = stage
        self.key_map = key_map
        self._held: dict[int, float] = {}
        self._swallows = False  # the text that the key just pressed is about to write
        self._place = _Place()
        self._below: Any = None  # what had the focus before a question was put over the screen
        self._by_arrows = False
        self._pressed: tuple[Command | None, Any] = (None, None)  # the last one, and on what
        self._scanning: Any = None
        self._dwelt = 0.0  # seconds for which what is lit could be chosen in quiet
        if key_map.scan_seconds:
            often = min(LOOKED_EVERY, key_map.scan_seconds / 4)
            self._scanning = Clock.schedule_interval(self._dwell, often)

    def close(self) -> None:
        """Let go of the clock."""
        if self._scanning is not None:
            self._scanning.cancel()

    @property
    def focused(self) -> Any:
        """Where the keys stand on what is shown; None where nobody uses any."""
        return focused(self._stage.cover) if self._stage.cover is not None else None

    # --- keys ---------------------------------------------------------------------------------

    def key(self, code: int, modifiers: list[str]) -> bool:
        """A key went down; says whether it was one of the keypad's."""
        name = Keycodes.keycode_to_string(Window, code) or f"code:{code}"
        at = self.focused
        asked = _MIRRORED.get(name, name) if theme.rtl else name
        command = self.key_map.command(asked, modifiers)
        self._swallows = command is not None and not self._belongs_to(at, name)
        if not self._swallows or command is None:
            return name == PUTS_OUT
        if self._is_held(code):
            return True
        if command in (Command.NEXT, Command.PREVIOUS):
            self._by_arrows = name in _ARROWS
        if name in _ARROWS and isinstance(at, KeyCap | KeyRow):
            beside = at.beside(name)
            if beside is not None:
                self._go_to(beside)
                return True
        self.press(command)
        return True

    def spend(self, code: int) -> None:
        """This key has said that somebody is there: it writes nothing, and held it does no more."""
        self._swallows = True
        self._held[code] = monotonic()

    def let_go(self, code: int) -> bool:
        """A key went up: what it had to write came before; says whether nobody else may know."""
        self._held.pop(code, None)
        self._swallows = False
        return Keycodes.keycode_to_string(Window, code) == PUTS_OUT

    def wrote(self, text: str) -> bool:
        """A key writes this; says whether that is no text but the keypad's."""
        if self._swallows:
            return True
        at = self.focused
        if isinstance(at, AnswerField):
            before = at.text
            Clock.schedule_once(lambda _: self._echo(before, at.text), 0)
        return False

    def press(self, command: Command) -> None:
        """Do what was asked for; whatever is being said stops at once."""
        stage, ear = self._stage, self._stage.ear
        keys_in_use.now = True
        self._dwelt = 0.0
        if self._comes_too_soon(command):
            return
        ear.hush()
        match command:
            case Command.NEXT:
                self.move(1)
            case Command.PREVIOUS:
                self.move(-1)
            case Command.CHOOSE:
                self.choose()
            case Command.BACK:
                self._back()
            case Command.REPEAT:
                (ear.say_screen if ear.on else ear.begin)()
            case Command.FASTER | Command.SLOWER | Command.LOUDER | Command.QUIETER:
                ear.adjust(command)
            case Command.LANGUAGE:
                if self._offers("language"):
                    stage.choose_language()
            case Command.STOP:
                if self._offers("stop"):
                    stage.ask_to_stop()
            case Command.HELP:
                stage.call_for_help()
            case Command.LISTEN:
                ear.toggle()
            case Command.CURTAIN:
                stage.draw_curtain(not stage.curtained)
        Clock.schedule_once(lambda _: self.settle(), 0)

    def _comes_too_soon(self, command: Command) -> bool:
        """Whether it is the second press of a hand that trembles; see `kiosk.pause`."""
        before, self._pressed = self._pressed, (command, self.focused)
        if command not in ACTING:
            return False
        again = pause.goes_on and before[0] is command
        if command is Command.CHOOSE:
            # Where the light went by itself, nobody has seen it yet.
            soon = (again and before[1] is not self.focused) or pause.swallows_press(self.focused)
        else:
            soon = again or pause.is_new
        if soon:
            self._pressed = before
        else:
            pause.touched(self._stage.cover)
        return soon

    # --- walking and choosing -----------------------------------------------------------------

    def move(self, direction: int) -> None:
        """To the next thing (1) or the one before (-1)."""
        there = move_focus(self._stage.cover, self._body, direction)
        self._remember()
        self._stage.ear.came_to(there)

    def choose(self) -> None:
        """Touch what is lit; where nothing is, light the screen's first thing."""
        at = self.focused
        if at is None:
            self._land()
            self._stage.ear.came_to(self.focused)
        elif isinstance(at, Lead):
            self._stage.ear.came_to(at)
        elif isinstance(at, KeyRow):
            self._go_to(at.caps[0])
        elif isinstance(at, AnswerField):
            at.dispatch("on_chosen")
            Clock.schedule_once(self._to_the_keys, 0)
        else:
            self._choose(at)

    def _choose(self, at: Any) -> None:
        stage = self._stage
        opened = stage.opened
        stage.ear.told = False
        news = _news(at)
        field = at.field if isinstance(at, KeyCap) else None
        written = field.text if field is not None else ""
        # Enter chooses, on whatever can have the focus.
        at.keyboard_on_key_down(Window, (13, "enter"), None, [])
        if isinstance(at, KeyCap) and not self._by_arrows and at.parent is not None:
            # Row by row again: with two switches the way there is shorter than on from here.
            self._light(at.first_row())

        def then(_: float) -> None:
            if stage.opened != opened:
                return
            self.settle()
            if field is not None:
                self._echo(written, field.text, at)
            elif not stage.ear.told:
                stage.ear.changed(at, ". ".join(new for new in _news(at) if new not in news))

        Clock.schedule_once(then, 0)

    def _back(self) -> None:
        stage = self._stage
        if stage.cover is not stage.page:
            stage.dismiss()
        elif stage.page is not None:
            stage.page.key_back()

    def _to_the_keys(self, *_: Any) -> None:
        """From a field to the keyboard on the screen, once that is there."""
        rows = (stop for stop in stops(self._stage.cover) if isinstance(stop, KeyRow))
        row = next(rows, None)
        if row is not None:
            self._go_to(row)

    # --- where the keys stand -----------------------------------------------------------------

    def opened(self) -> None:
        """Another screen, or a question over one, was put up."""
        self._place = _Place()
        self._pressed = (None, None)
        self._dwelt = 0.0
        if keys_in_use.now:
            self._land()

    def covered(self) -> None:
        """A question is about to be put over the screen."""
        self._below = self.focused

    def uncovered(self) -> None:
        """That question is gone: back to where the keys stood."""
        below, self._below = self._below, None
        if not keys_in_use.now:
            return
        if below is not None and below in stops(self._stage.cover):
            self._light(below)
        else:
            self._land()
        self._stage.ear.came_to(self.focused)

    def settle(self) -> None:
        """Where what was lit is gone, light what stands in its place."""
        cover = self._stage.cover
        if not keys_in_use.now or cover is None or self._stage.parent is None:
            return
        order = list(stops(cover))
        if not order or any(stop.focus for stop in order):
            return
        if self._place.cover is not cover:
            self._land()
            return
        wanted = [stop for stop in order if getattr(stop, "said", None) == self._place.name]
        if self._place.answers and not wanted:
            wanted = [stop for stop in order if isinstance(stop, AnswerField)]
        self._light(wanted[0] if wanted else order[min(self._place.number, len(order) - 1)])

    def _land(self) -> None:
        """Light the screen's beginning."""
        cover = self._stage.cover
        lead = getattr(cover, "lead", None)
        if lead is not None and not lead.disabled:
            self._light(lead)
        else:
            move_focus(cover, self._body, 1)
            self._remember()

    @property
    def _body(self) -> Any:
        """What the screen is about, between tools and the way on; None for a question over it."""
        cover = self._stage.cover
        return cover.ids.get("body") if cover is self._stage.page else None

    def _go_to(self, widget: Any) -> None:
        self._light(widget)
        self._stage.ear.came_to(widget)

    def _light(self, widget: Any) -> None:
        put_focus(self._stage.cover, widget)
        self._remember()

    def _remember(self) -> None:
        cover = self._stage.cover
        for number, stop in enumerate(stops(cover)):
            if stop.focus:
                answers = step_of(stop) is not None
                self._place = _Place(cover, number, getattr(stop, "said", ""), answers)

    def _echo(self, before: str, after: str, cap: KeyCap | None = None) -> None:
        said = echo(before, after)
        if not said and cap is not None:
            said = cap.said
        field = cap.field if cap is not None else self.focused
        news = _nearest_news(field) if before != after else ""
        self._stage.ear.say_words(". ".join(part for part in (said, news) if part))

    # --- within -------------------------------------------------------------------------------

    def _belongs_to(self, at: Any, name: str) -> bool:
        """Whether what is lit wants this key for itself."""
        if name in getattr(at, "own_keys", ()):
            return True
        if isinstance(at, AnswerField) and self.key_map.keeps_typing:
            return at.keeps_key(name)
        return False

    def _is_held(self, code: int) -> bool:
        now = monotonic()
        held = code in self._held and now - self._held[code] < HELD
        self._held[code] = now
        return held

    def _offers(self, tool: str) -> bool:
        page = self._stage.page
        return self._stage.cover is page and page is not None and tool not in page.without

    def _dwell(self, seconds: float) -> None:
        """One switch: how long a thing is lit begins when all that is said of it was said."""
        self._dwelt = 0.0 if self._stage.ear.speaks else self._dwelt + seconds
        if self._dwelt >= self.key_map.scan_seconds:
            self._scan()

    def _scan(self, *_: Any) -> None:
        """The light goes on by itself, once somebody has pressed the switch, and never mid-word."""
        self._dwelt = 0.0
        if keys_in_use.now and not self._stage.ear.speaks:
            self.move(1)


def _nearest_news(widget: Any) -> str:
    """What became of something typed: how many of a list fit."""
    while widget is not None and widget is not Window:
        if news := getattr(widget, "news", ""):
            return str(news)
        widget = widget.parent
    return ""


def _news(widget: Any) -> list[str]:
    """What the things around this tell of how they stand: a number, what is left, a warning."""
    told = []
    while widget is not None and widget is not Window:
        told.append(getattr(widget, "news", ""))
        standing = getattr(widget, "standing", None)
        if standing is not None:
            told += [getattr(standing, name, "") for name in ("warning", "text")]
        elif isinstance(widget, Answer):
            told.append(widget.spoken())
        widget = widget.parent
    return [text for text in told if text]
