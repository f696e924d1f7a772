import pytest
import zxingcpp
from PIL import Image

from tests.kiosk import driver, hall  # isort: split

from kiosk.theme.theme import theme
from kiosk.widgets.qr import QrCode
from sync.device import Enrolment

PAYLOAD = "https://participer.example.org/r#7BV5VV0EA7D2MM46.ABCD-EFGH-JKMN." + "A" * 90


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_a_telephone_reads_from_the_screen_what_was_written(window, tmp_path):
    code = QrCode(text=PAYLOAD)
    driver.show(code)
    with Image.open(driver.picture(code, tmp_path / "qr.png")) as picture:
        (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == PAYLOAD


def test_an_empty_text_leaves_no_code(window):
    code = QrCode(text=PAYLOAD)
    driver.show(code)
    assert code.texture is not None
    code.text = ""
    driver.frames()
    assert code.texture is None


ONE = """
| survey | type | name | label::Français (fr) | label::العربية (ar) |
| | note | un | Une note | ملاحظة |
| settings | form_id | default_language |
| | un | Français (fr) |
"""


@pytest.mark.parametrize("screen", driver.EVERY_SCREEN, ids=lambda one: f"{one.width}x{one.height}")
@pytest.mark.parametrize("language", ["fr", "ar", "uk"])
def test_the_receipt_shows_it_whole_in_the_largest_letters(tmp_path, screen, language):
    with hall.hall(tmp_path, hall.consultation(ONE), screen=screen) as there:
        key = there.device.key.public_key().public_bytes_raw()
        there.device.enrol(Enrolment("https://participer.ville.example.org", key, "mairie"))
        there.kiosk.start()
        there.kiosk.speak_language(language)
        there.kiosk.journey.begin_questions()
        there.kiosk.journey.next()
        there.kiosk.journey.reviewed()
        there.kiosk.journey.confirm()
        theme.choose_capital(theme.sizes)
        there.kiosk.show()
        driver.frames(6)
        with Image.open(driver.picture(there.kiosk, tmp_path / "receipt.png")) as picture:
            found = [one.text for one in zxingcpp.read_barcodes(picture)]
        assert found == [there.kiosk.journey.receipt.qr]
