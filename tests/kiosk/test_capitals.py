"""Capitals as they are drawn, in millimetres of each panel: the heights that a person chooses."""

import pytest
from PIL import Image

from tests.kiosk import driver  # isort: split

from kiosk.theme.drawing import Pen
from kiosk.theme.theme import CAPITALS_MM, Panel, theme


@pytest.fixture(params=driver.EVERY_SCREEN, ids=lambda one: f"{one.width}x{one.height}")
def panel(request):
    screen = request.param
    theme.fit(Panel(screen.width, screen.height, screen.diagonal))
    yield screen
    usual = driver.MIDDLE
    theme.fit(Panel(usual.width, usual.height, usual.diagonal))


@pytest.mark.parametrize("letter", ["H", "Н"], ids=["latin", "cyrillic"])
@pytest.mark.parametrize("bold", [False, True])
def test_a_capital_is_as_high_as_the_person_chose(panel, letter, bold):
    for step in range(theme.sizes):
        theme.choose_capital(step)
        drawn = Pen(theme.body, bold=bold).draw(letter)
        picture = Image.frombytes("RGBA", drawn.size, bytes(drawn.pixels))
        _, top, _, foot = picture.getchannel("A").point(lambda alpha: 255 * (alpha > 127)).getbbox()
        wanted = theme.mm(CAPITALS_MM[step])
        assert wanted - 1 <= foot - top <= wanted + 1.5  # letters stand on whole pixels
