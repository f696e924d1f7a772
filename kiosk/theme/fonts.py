"""The fonts that every widget writes with, by the names Kivy knows them under."""

import re

from kivy.core.text import LabelBase

from kiosk.theme.assets import ASSETS

TEXT = "Parvis"  # regular and bold, every script but Chinese
HAN = "Parvis Han"  # the same, Chinese, and emoji
SEMI = "Parvis Semi"
ICONS = "Phosphor-Bold"
FILLED_ICONS = "Phosphor-Fill"


_HAN = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\u2300-\u23ff\u2600-\u2604\u2607-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]"
)


def font_for(text: str, name: str) -> str:
    """The font that has all of a text: another one where it is Chinese, or has emoji in it.

    Ten times as large as the rest together, it is a file of its own, read where it is needed.
    """
    if name in (TEXT, SEMI) and not text.isascii() and _HAN.search(text):
        return HAN
    return name


def register_fonts() -> None:
    """Make the fonts known to Kivy; may be called again."""
    letters, icons = ASSETS / "fonts", ASSETS / "icons"
    # Kivy would look through every folder of fonts on the system before it writes its first word.
    LabelBase._fonts_dirs = LabelBase._fonts_dirs or [str(letters)]
    LabelBase.register(
        TEXT, str(letters / "Parvis-Regular.ttf"), fn_bold=str(letters / "Parvis-Bold.ttf")
    )
    LabelBase.register(
        HAN, str(letters / "ParvisHan-Regular.ttf"), fn_bold=str(letters / "ParvisHan-Bold.ttf")
    )
    LabelBase.register(SEMI, str(letters / "Parvis-Semi.ttf"))
    LabelBase.register(ICONS, str(icons / "Phosphor-Bold.ttf"))
    LabelBase.register(FILLED_ICONS, str(icons / "Phosphor-Fill.ttf"))
