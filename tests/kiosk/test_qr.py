import pytest
import zxingcpp
from PIL import Image

from tests.kiosk import driver  # isort: split

from kiosk.widgets.qr import QrCode

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
