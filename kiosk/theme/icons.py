"""Icons by name, as characters of the fonts `Phosphor-Bold` and `Phosphor-Fill`."""

import json
from functools import cache

from kiosk.theme.assets import ASSETS


class UnknownIconError(LookupError):
    """No icon of that name was put into the icon fonts."""


@cache
def icons() -> dict[str, str]:
    """Every icon there is: its name and its character."""
    table = json.loads((ASSETS / "icons" / "icons.json").read_text(encoding="utf-8"))
    return {name: chr(int(code, 16)) for name, code in table.items()}


def icon(name: str) -> str:
    """The character that draws an icon, as in `icon("arrow-right")`.

    Raises:
        UnknownIconError: it is not among the icons; packaging/fonts/icons.txt lists them.
    """
    try:
        return icons()[name]
    except KeyError:
        advice = "Add its name to packaging/fonts/icons.txt."
        raise UnknownIconError(f"There is no icon called “{name}”. {advice}") from None


def has_icon(name: str) -> bool:
    """Whether there is an icon of that name."""
    return name in icons()
