import pytest
from kivy.core.window import Window
from kivy.uix.button import Button
from PIL import Image

from tests.kiosk import driver


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_a_tap_presses_the_button_once_on_every_panel(window, tmp_path):
    presses = []
    button = driver.show(Button(text="Oui", on_release=presses.append))

    driver.tap(button)

    assert len(presses) == 1
    assert tuple(Window.size) == (window.width, window.height)
    with Image.open(driver.picture(button, tmp_path / "button.png")) as image:
        assert image.size == (window.width, window.height)
        assert len(image.getcolors(maxcolors=1 << 20)) > 1
