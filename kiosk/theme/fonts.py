"""The fonts that every widget writes with, by the names Kivy knows them under."""

from kivy.core.text import LabelBase

from kiosk.theme.assets import ASSETS

TEXT = "Parvis"  # regular and bold, every script
SEMI = "Parvis Semi"
ICONS = "Phosphor-Bold"
FILLED_ICONS = "Phosphor-Fill"


def register_fonts() -> None:
    """Make the fonts known to Kivy; may be called again."""
    letters, icons = ASSETS / "fonts", ASSETS / "icons"
    LabelBase.register(
        TEXT, str(letters / "Parvis-Regular.ttf"), fn_bold=str(letters / "Parvis-Bold.ttf")
    )
    LabelBase.register(SEMI, str(letters / "Parvis-Semi.ttf"))
    LabelBase.register(ICONS, str(icons / "Phosphor-Bold.ttf"))
    LabelBase.register(FILLED_ICONS, str(icons / "Phosphor-Fill.ttf"))
