"""The panels and text sizes that the gallery draws."""

from collections.abc import Callable, Mapping

from kiosk.theme.theme import theme
from tests.kiosk import driver

PANELS: Mapping[str, driver.Screen] = {
    "800x480": driver.SMALL,
    "1024x600": driver.SMALL_WIDE,
    "1280x800": driver.MIDDLE,
    "1920x1080": driver.LARGE,
    "1080x1920": driver.UPRIGHT,
}
TEXTS: Mapping[str, Callable[[], int]] = {
    "smallest": lambda: 0,
    "default": lambda: theme.default_capital,
    "largest": lambda: theme.sizes - 1,
}
