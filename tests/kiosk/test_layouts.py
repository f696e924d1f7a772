from itertools import chain

import pytest
from fontTools.ttLib import TTFont

from kiosk.theme.assets import ASSETS
from kiosk.theme.fonts import HAN, TEXT, font_for
from kiosk.widgets.layouts import (
    ARABIC,
    AZERTY,
    LAYOUTS,
    QWERTY,
    UKRAINIAN,
    Action,
    Layout,
    address_layout,
    layout_for,
    layouts_for,
    number_pad,
    telephone_pad,
)

EVERY = [*LAYOUTS.values(), address_layout("fr"), address_layout("ar"), address_layout("de"),
         telephone_pad(), number_pad(), number_pad(decimal=","), number_pad(negative=True),
         number_pad(decimal=",", negative=True)]  # fmt: skip


def written(layout: Layout) -> set[str]:
    keys = chain.from_iterable(layout.letters + layout.signs)
    texts = "".join(key.text for key in keys)
    return set(texts + texts.upper() + "".join(layout.variants.values()))


@pytest.mark.parametrize("layout", EVERY, ids=lambda layout: layout.name)
def test_every_row_is_as_wide_as_the_others_and_pages_are_as_high(layout):
    for row in layout.letters + layout.signs:
        assert sum(key.width for key in row) == pytest.approx(layout.units)
    assert not layout.signs or len(layout.signs) == len(layout.letters)


@pytest.mark.parametrize("layout", EVERY, ids=lambda layout: layout.name)
def test_every_page_can_erase_and_every_layout_can_enter_or_leave(layout):
    for page in filter(None, (layout.letters, layout.signs)):
        actions = [key.action for row in page for key in row]
        assert actions.count(Action.BACKSPACE) == 1


def test_french_can_be_written_properly():
    wanted = "abcdefghijklmnopqrstuvwxyzéèêëàâùûôîïçœÉÈÀÇŒ’«»-–?!:;.,()…€% 0123456789"
    assert set(wanted) <= written(AZERTY)


def test_arabic_and_ukrainian_can_be_written_properly():
    assert set("ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآءئؤىة،؛؟ًٌَُِّ٠٩ ") <= written(ARABIC)
    assert set("абвгґдеєжзиіїйклмнопрстуфхцчшщьюяҐЄІЇ’«»№ ") <= written(UKRAINIAN)


def test_turkish_spanish_portuguese_and_german_can_be_written_without_variants():
    def keyed(name):
        rows = LAYOUTS[name].letters
        return {key.text for row in rows for key in row if key.text}

    assert set("abcçdefgğhıijklmnoöprsştuüvyz") <= keyed("turkish")
    assert set("abcdefghijklmnñopqrstuvwxyzáéíóúü¿¡") <= keyed("spanish")
    assert set("abcdefghijklmnopqrstuvwxyzáàâãéêíóôõúç") <= keyed("portuguese")
    assert set("abcdefghijklmnopqrstuvwxyzäöüß") <= keyed("qwertz")


def test_an_address_has_its_signs_beside_the_letters_and_nothing_else():
    for language, first in (("fr", "azertyuiop"), ("ar", "qwertyuiop"), ("de", "qwertzuiop")):
        texts = [[key.text for key in row if key.text] for row in address_layout(language).letters]
        assert "".join(texts[0]) == "1234567890"
        assert "".join(texts[1]) == first
        assert {"@", ".", "-", "_", ".fr", ".com"} <= set(texts[4])
        assert " " not in chain.from_iterable(texts)


def test_every_language_offers_all_layouts_its_own_first():
    for language, own in (("fr", "azerty"), ("tr", "turkish"), ("zh", "pinyin"), ("pl", "qwerty")):
        names = [layout.name for layout in layouts_for(language)]
        assert names[0] == own
        assert sorted(names) == sorted(LAYOUTS)


def test_other_latin_languages_find_their_letters_as_variants():
    for letters in ("ãõáéíóúâêôçà", "ğışöçü", "ñáéíóúü", "ąćęłńóśźż", "ăâîșț", "ɛɣčǧḍḥṛṣṭẓ"):
        assert set(letters) <= written(QWERTY)


@pytest.mark.parametrize("weight", ["Regular", "Semi", "Bold"])
def test_the_fonts_draw_every_character_of_every_keyboard(weight):
    drawn = TTFont(ASSETS / "fonts" / f"Parvis-{weight}.ttf").getBestCmap()
    for layout in EVERY:
        missing = {character for character in written(layout) if ord(character) not in drawn}
        assert all(font_for(character, TEXT) == HAN for character in missing)


def test_each_language_gets_the_layout_its_writers_know():
    assert layout_for("fr") is AZERTY
    assert layout_for("fr-FR") is AZERTY
    assert layout_for("uk") is UKRAINIAN
    assert layout_for("ar") is ARABIC
    assert layout_for("pt_BR").name == "portuguese"


def test_money_and_ordinals_of_each_language_can_be_written():
    assert {"£", "$", "€"} <= written(LAYOUTS["qwerty"])
    assert {"₺", "€"} <= written(LAYOUTS["turkish"])
    assert {"₴", "№"} <= written(UKRAINIAN)
    assert {"ª", "º"} <= written(LAYOUTS["spanish"]) & written(LAYOUTS["portuguese"])
    assert {"\N{ARABIC SUKUN}", "\N{ARABIC KASRATAN}"} <= written(ARABIC)
