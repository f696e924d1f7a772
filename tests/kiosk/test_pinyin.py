"""Chinese written by its sounds, with the keyboard on the screen."""

import pytest

from kiosk.theme.assets import ASSETS
from kiosk.widgets.layouts import AZERTY, LAYOUTS, Action
from kiosk.widgets.pinyin import meant, sounds_before
from tests.kiosk import driver, hall
from tests.kiosk.test_fonts import FILES
from tests.kiosk.test_keyboard import desk, write

pytestmark = pytest.mark.usefixtures("window")


def pinyin(**options):
    return desk(layout=LAYOUTS["pinyin"], **options)


def test_characters_and_words_are_chosen_from_the_first_row():
    field, board = pinyin()
    write(board, *"women", "我们", *"yao", "要", "。")
    assert field.text == "我们要。"


def test_the_space_bar_takes_the_likeliest_and_is_a_space_otherwise():
    field, board = pinyin()
    write(board, *"shu", " ", " ")
    assert field.text == f"{meant('shu')[1][0]} "
    assert len(field.text) == 2


def test_rarer_characters_are_a_few_touches_further():
    field, board = pinyin()
    write(board, *"yi")
    wanted = meant("yi")[1][30]
    for _ in range(10):
        try:
            write(board, wanted)
            break
        except KeyError:
            write(board, "›")
    assert field.text == wanted


def test_the_pages_of_meanings_come_round_again():
    _, board = pinyin()
    write(board, *"yi")
    first = board.text_of(board.layout.letters[0][0])
    seen = {first}
    for _ in range(40):
        write(board, "›")
        seen.add(board.text_of(board.layout.letters[0][0]))
        if board.text_of(board.layout.letters[0][0]) == first:
            break
    else:
        raise AssertionError("they do not")
    assert len(seen) > 3


def test_sounds_that_run_on_are_taken_one_after_the_other():
    assert meant("womenyao") == (5, meant("women")[1][: len(meant("womenyao")[1])])
    field, board = pinyin()
    write(board, *"womenyao", "我们")
    assert field.text == "我们yao"
    write(board, "要")
    assert field.text == "我们要"


def test_a_foreign_name_stays_as_it_was_written():
    field, board = pinyin()
    write(board, Action.SHIFT, "P", *"arc", Action.BACKSPACE, Action.ENTER)
    assert field.text == "Par\n"
    assert sounds_before("Par") == "ar"
    assert sounds_before("我们Wo") == "o"


def test_sounds_in_the_middle_of_a_text_are_turned_where_they_stand():
    field, board = pinyin()
    field.insert("我走路")
    field.caret = 1
    write(board, *"men", "们")
    assert field.text == "我们走路"


def test_another_layout_leaves_sounds_alone():
    _, board = pinyin(layouts=[LAYOUTS["pinyin"], AZERTY])
    write(board, *"wo", Action.SWITCH)
    assert board.cap("é")
    write(board, Action.SWITCH)
    assert board.cap("我")


def test_every_meaning_can_be_drawn_and_every_character_be_written():
    from fontTools.ttLib import TTFont

    lines = (ASSETS / "keyboards" / "pinyin.txt").read_text("utf-8").splitlines()
    written = {character for line in lines for character in line.split(" ")[1]}
    assert len(written) >= 6700
    for name in FILES["zh"]:
        drawn = TTFont(ASSETS / "fonts" / f"{name}.ttf").getBestCmap()
        assert all(ord(character) in drawn for character in written)


def test_nothing_of_what_was_typed_stays_in_the_keyboard():
    field, board = pinyin()
    write(board, *"shanghai")
    field.erase()
    board.forget()
    driver.frames()
    assert board._written == ""


DRAWN = """
| survey | type | name | label::Français (fr) |
| | text | idee | Votre idée ? |
| | image | dessin | Dessinez votre idée. |
| settings | form_title | form_id | version | default_language |
| | Deux questions | deux | 1 | Français (fr) |
"""


@pytest.mark.parametrize("screen", [driver.SMALL, driver.MIDDLE], ids=["800x480", "1280x800"])
def test_who_writes_by_hand_is_told_where_one_can_draw_or_speak(tmp_path, screen):
    with hall.hall(tmp_path, hall.consultation(DRAWN), screen=screen) as kiosk:
        kiosk.begin("zh")
        driver.frames(3)
        answer = kiosk.kiosk.page.answer
        assert "手写" in answer.advice.text
        assert "Dessinez votre idée." in answer.advice.text
        assert answer.advice.parent is answer
        kiosk.type("a")
        assert answer.field.text == "a"


def test_others_are_not_told(tmp_path):
    with hall.hall(tmp_path, hall.consultation(DRAWN)) as kiosk:
        kiosk.begin("fr")
        assert kiosk.kiosk.page.answer.advice.text == ""
