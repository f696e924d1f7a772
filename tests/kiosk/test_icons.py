import ast
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from kiosk.theme.assets import ASSETS
from kiosk.theme.icons import UnknownIconError, icon, icons

KIOSK = Path(__file__).resolve().parents[2] / "kiosk"


def names_used() -> set[str]:
    """Every literal that the kiosk's code hands to `icon()`."""
    names = set()
    for path in KIOSK.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "icon"
                and isinstance(node.args[0], ast.Constant)
            ):
                names.add(node.args[0].value)
    return names


def test_every_icon_that_the_kiosk_shows_exists():
    assert names_used() <= icons().keys()


@pytest.mark.parametrize("font", ["Phosphor-Bold.ttf", "Phosphor-Fill.ttf"])
def test_both_weights_draw_every_icon(font):
    drawn = TTFont(ASSETS / "icons" / font).getBestCmap()
    assert {ord(character) for character in icons().values()} <= drawn.keys()


def test_an_icon_that_is_not_there_is_named():
    assert icon("arrow-right") == "\ue06c"
    with pytest.raises(UnknownIconError, match="no icon called “unicorn”"):
        icon("unicorn")
