"""What a thing on the screen is called and how it stands, in words: for ears and screen readers."""

from collections.abc import Iterator
from typing import Any

from kivy.core.window import Window
from kivy.uix.widget import Widget

from kiosk.focus import stops
from kiosk.language import tr
from kiosk.theme.palette import CALM, DARK_ON_LIGHT, LIGHT_ON_DARK
from kiosk.widgets.field import AnswerField
from kiosk.widgets.lead import Lead


def name_of(widget: Any) -> str:
    """What it is called; "" where nobody gave it words."""
    name = " ".join(str(getattr(widget, "said", "")).split())
    return name.replace(", ", "، ") if tr.rtl else name


def state_of(widget: Any) -> str:
    """How it stands: chosen or not, its place in an order, what is written in it."""
    if told := getattr(widget, "told", ""):
        return str(told)
    if isinstance(widget, AnswerField):
        return widget.text or tr._("vide")
    if getattr(widget, "mark_off", None) == "" or getattr(widget, "leads_on", False):
        return ""  # a card that leads on, and is not taken
    if badge := getattr(widget, "badge", ""):
        return tr._("place {n}").format(n=badge)
    taken = getattr(widget, "taken", None)
    if taken is None:
        return ""
    return tr._("choisi") if taken else tr._("pas choisi")


def described(widget: Any) -> str:
    """Name and state, as it is said when the focus comes to it."""
    name, state = name_of(widget), state_of(widget)
    if not state or name.endswith(state):
        return name
    comma = "،" if tr.rtl else ","
    return f"{name}{comma} {state}" if name else state


def palette_in_words(palette: str, _: object) -> str:
    """What a set of colours is called; again whenever the language's words change."""
    words = {
        CALM.name: tr._("couleurs douces"),
        LIGHT_ON_DARK.name: tr._("clair sur foncé"),
        DARK_ON_LIGHT.name: tr._("foncé sur clair"),
    }
    return str(words[palette])


def focusable_without_speech(window: Any = Window) -> list[Widget]:
    """Everything that keys lead to now and that has no words, on all that the window shows.

    A screen's lead has none of its own: it says what the screen says.
    """
    return [stop for stop in _all_stops(window) if _is_silent(stop)]


def _all_stops(window: Any) -> Iterator[Widget]:
    for root in window.children:
        covers = [child for child in root.children if hasattr(child, "lead")]
        for cover in covers or [root]:
            yield from stops(cover)


def _is_silent(stop: Widget) -> bool:
    if isinstance(stop, Lead):
        return not stop.cover.say().strip()
    return not name_of(stop)
