"""The fonts have what the interface says in each language, and Chinese is read only where it is."""

import pytest
from fontTools.ttLib import TTFont

from kiosk.language import OFFERED
from kiosk.theme.assets import ASSETS
from kiosk.theme.drawing import Pen
from kiosk.theme.fonts import HAN, ICONS, SEMI, TEXT, font_for
from tests.translations import ROOT, _path, _read, _said, _texts, messages_of

FILES = {"zh": ("ParvisHan-Regular", "ParvisHan-Bold")}


def said(language: str) -> str:
    if language == "fr":
        return "".join(text for message in messages_of(ROOT) for text in _texts(message.id))
    catalogue = _read(_path(ROOT, language), language)
    return "".join(text for message in _said(catalogue) for text in _texts(message.string))


@pytest.mark.parametrize("language", OFFERED)
def test_every_character_that_the_interface_says_can_be_drawn(language):
    for name in FILES.get(language, ("Parvis-Regular", "Parvis-Semi", "Parvis-Bold")):
        drawn = TTFont(ASSETS / "fonts" / f"{name}.ttf").getBestCmap()
        assert {letter for letter in said(language) if ord(letter) not in drawn} == set()


def test_chinese_has_all_of_gb_2312():
    for name in FILES["zh"]:
        drawn = TTFont(ASSETS / "fonts" / f"{name}.ttf").getBestCmap()
        for row in range(0xB0, 0xF8):
            for cell in range(0xA1, 0xFF):
                letter = bytes((row, cell)).decode("gb2312", "ignore")
                assert not letter or ord(letter) in drawn, letter


def test_only_chinese_text_is_drawn_with_the_large_font():
    assert font_for("Bonjour, العربية, Українська", TEXT) == TEXT
    assert font_for("Le 21 : 您好", TEXT) == HAN
    assert font_for("谢谢", SEMI) == HAN
    assert font_for("谢谢", ICONS) == ICONS


EMOJI = "😀😐🙁👍👎🚲🚌🌳🏫🏥❤✔✅❌⚠☀☂⏰⭐➡"


def test_emoji_that_authors_put_into_labels_can_be_drawn():
    for name in FILES["zh"]:
        drawn = TTFont(ASSETS / "fonts" / f"{name}.ttf").getBestCmap()
        assert [sign for sign in EMOJI if ord(sign) not in drawn] == []
    assert all(font_for(sign, TEXT) == HAN for sign in EMOJI)
    assert font_for("★ ☆ → ▲", TEXT) == TEXT


def test_an_emoji_is_drawn_within_its_line_and_differs_from_one_that_no_font_has(window):
    pen = Pen(60)
    faces = [pen.draw(sign).pixels for sign in ("😀", "🙁", "🚲")]
    assert len({*faces, pen.draw("\U0001fbff").pixels}) == 4
    assert pen.draw("😀").height == pen.draw("Bonjour").height


@pytest.mark.parametrize("bold", [False, True])
def test_a_line_is_as_high_in_every_script_and_as_wide_as_its_parts(window, bold):
    pen = Pen(40, bold=bold)
    assert pen.draw("您好").height == pen.draw("Bonjour").height
    parts = pen.measure("Valmont ") + pen.measure("人行道")
    assert pen.measure("Valmont 人行道") == pytest.approx(parts, abs=2)
