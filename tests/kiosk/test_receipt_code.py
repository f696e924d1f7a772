"""The code on the receipt is all that a person takes away: whole, and in sight, everywhere."""

from contextlib import contextmanager

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.journey import Shown, Stage
from kiosk.language import available_languages
from kiosk.theme.theme import theme
from kiosk.widgets.words import Words

WIDEST = "WMWM-WMWM-WMWM"


@contextmanager
def receipts(folder, screen):
    """A kiosk that shows receipts in one language after the other."""
    with hall.hall(folder, screen=screen) as home:

        def shown(language, size):
            home.kiosk.erase()
            home.kiosk.start()
            home.kiosk.speak_language(language)
            theme.choose_capital(size)
            home.kiosk.journey.receipt = Shown(
                WIDEST, "HTTPS://PARTICIPER.EXAMPLE.ORG/R/" + "A" * 250
            )
            home.kiosk.journey.stage = Stage.RECEIPT
            home.kiosk.show()
            driver.frames(8)
            return home.kiosk.page

        yield shown


def code_of(page):
    return next(one for one in page.walk() if isinstance(one, Words) and one.text == WIDEST)


@pytest.mark.parametrize(
    "screen", driver.EVERY_SCREEN, ids=lambda screen: f"{screen.width}x{screen.height}"
)
def test_the_code_is_whole_and_in_sight_in_every_language_at_every_size(tmp_path, screen):
    with receipts(tmp_path, screen) as shown:
        for language in available_languages():
            for size in range(theme.sizes):
                page = shown(language, size)
                code = code_of(page)
                view = page.ids.paged._view
                _, foot = view.to_window(view.x, view.y)
                _, top = view.to_window(view.x, view.top)
                x, y = code.to_window(code.x, code.y)
                where = f"{language}, size {size}"
                assert code.texture_size[0] <= code.width + 1, where
                assert code.texture_size[1] <= code.font_size * 2, f"{where}: on two lines"
                assert foot - 1 <= y and y + code.texture_size[1] <= top + 1, where
                assert x >= 0 and x + code.width <= screen.width, where
