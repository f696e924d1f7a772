"""The colours of the kiosk: one calm palette, two of high contrast.

Text on what it stands on reaches 10:1 in `CALM`, 20:1 in the two others; a test computes each pair.
No meaning hangs on a colour alone: what is chosen also has a thick border and a tick.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Palette:
    """One set of colours, as #RRGGBB."""

    name: str
    paper: str  # behind everything
    card: str  # what can be touched
    ink: str  # words
    quiet: str  # words of second rank
    accent: str  # the one thing to do next
    accent_ink: str  # words on it
    mark: str  # icons and small words in the accent's hue, on paper, card and tint
    tint: str  # what is chosen
    line: str  # borders
    focus: str  # where the keypad stands
    danger: str  # what erases
    shadow: float  # opacity; 0 where shadows would blur an edge


CALM = Palette(
    name="calm",
    paper="#F4F2EC",
    card="#FFFFFF",
    ink="#171B2E",
    quiet="#31374E",
    accent="#162D8C",
    accent_ink="#FFFFFF",
    mark="#14297F",
    tint="#E9EEFE",
    line="#6B7188",
    focus="#C2410C",
    danger="#75130A",
    shadow=0.16,
)

LIGHT_ON_DARK = Palette(
    name="light-on-dark",
    paper="#000000",
    card="#000000",
    ink="#FFFFFF",
    quiet="#FFFFFF",
    accent="#FFFFFF",
    accent_ink="#000000",
    mark="#FFFFFF",
    tint="#000000",
    line="#FFFFFF",
    focus="#00E5FF",
    danger="#FFFFFF",
    shadow=0.0,
)

DARK_ON_LIGHT = Palette(
    name="dark-on-light",
    paper="#FFFFFF",
    card="#FFFFFF",
    ink="#000000",
    quiet="#000000",
    accent="#000000",
    accent_ink="#FFFFFF",
    mark="#000000",
    tint="#FFFFFF",
    line="#000000",
    focus="#B4009E",
    danger="#000000",
    shadow=0.0,
)

PALETTES = (CALM, LIGHT_ON_DARK, DARK_ON_LIGHT)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two #RRGGBB colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
