"""The panels, text sizes and colours that the gallery draws, and which of them go together."""

from collections.abc import Callable, Mapping

from kiosk.theme.palette import CALM, DARK_ON_LIGHT, LIGHT_ON_DARK
from kiosk.theme.theme import theme
from tests.gallery.tour import Scene
from tests.kiosk import driver

PANELS: Mapping[str, driver.Screen] = {
    "800x480": driver.SMALL,
    "1024x600": driver.SMALL_WIDE,
    "1280x800": driver.MIDDLE,
    "1920x1080": driver.LARGE,
    "1080x1920": driver.UPRIGHT,
}
TEXTS: Mapping[str, Callable[[], int]] = {
    "default": lambda: theme.default_capital,
    "smallest": lambda: 0,
    "largest": lambda: theme.sizes - 1,
}


def combinations(scene: Scene, language: str) -> Mapping[str, tuple[str, ...]]:
    """The text sizes in which to draw it, and for each the colours; without any, only measured.

    Each screen and each kind of question: smallest and largest text, calm and high contrast, the
    two high-contrast palettes in turn; in French also as most people see it. Its other moments:
    at their largest, drawn in French.
    """
    if scene.aside:
        return {"largest": (CALM.name, LIGHT_ON_DARK.name) if language == "fr" else ()}
    wanted = {
        "largest": (CALM.name, DARK_ON_LIGHT.name),
        "smallest": (CALM.name, LIGHT_ON_DARK.name),
    }
    return wanted | ({"default": (CALM.name,)} if language == "fr" else {})
