from itertools import pairwise
from math import hypot

import pytest
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.theme.theme import CAPITAL_RATIO, CAPITALS_MM, Panel, theme
from kiosk.widgets.field import AnswerField
from kiosk.widgets.keyboard import Keyboard, forget_choices
from kiosk.widgets.layouts import ARABIC, AZERTY, LAYOUTS, QWERTY, Action, number_pad
from tests.kiosk import driver


def desk(**keyboard) -> tuple[AnswerField, Keyboard]:
    """A field above its keyboard, as on the question screen."""
    box = BoxLayout(orientation="vertical", padding=theme.margin, spacing=theme.gap)
    field = AnswerField(rtl=keyboard.get("layout", AZERTY).rtl)
    board = Keyboard(field=field, **keyboard)
    box.add_widget(field)
    box.add_widget(board)
    driver.show(box)
    return field, board


def fit(screen: driver.Screen) -> None:
    diagonal = hypot(screen.width, screen.height) / screen.dpi
    theme.fit(Panel(screen.width, screen.height, diagonal))


@pytest.fixture(autouse=True)
def panel(window):
    fit(window)
    yield
    fit(driver.MIDDLE)


def write(board: Keyboard, *keys: str | Action) -> None:
    for key in keys:
        driver.tap(board.cap(key))


def test_french_is_written_with_its_accents_and_signs():
    field, board = desk()
    write(board, Action.SHIFT, "L", "’", "é", "t", "é", " ", Action.SIGNS, "«", Action.LETTERS)
    write(board, "c", "œ", "u", "r", Action.BACKSPACE, "r", Action.ENTER, "?")
    assert field.text == "L’été «cœur\n?"


def test_arabic_is_written_with_its_joined_letters():
    field, board = desk(layout=ARABIC)
    write(board, "س", "لا", "م", "؟")
    assert field.text == "سلام؟"
    assert field._lines[0].drawn == "؟ﻡﻼﺳ"


def test_shift_holds_for_one_letter_and_twice_for_many():
    field, board = desk()
    write(board, Action.SHIFT, "A", "b", Action.SHIFT, Action.SHIFT, "C", "D", Action.SHIFT, "e")
    assert field.text == "AbCDe"


def test_a_letter_of_qwerty_turns_into_one_of_its_variants():
    field, board = desk(layout=QWERTY)
    write(board, "a", "ã", " ", "’")
    assert field.text == "ã ’"
    write(board, Action.SHIFT, "E", "É", "Ê")
    assert field.text == "ã ’Ê"
    write(board, Action.SHIFT, "I", "İ", "Î", Action.SHIFT, "S", "ẞ")
    assert field.text == "ã ’ÊÎẞ"


def test_a_key_counts_where_the_finger_leaves_it_and_not_outside():
    field, board = desk()
    finger = driver.finger(board.cap("a"))
    finger.touch_down()
    assert board.cap("a").down
    finger.touch_move(*board.cap("p").center)
    assert not board.cap("a").down
    finger.touch_up()
    driver.frames(2)
    assert field.text == ""


def test_a_touch_between_two_keys_counts_for_the_nearer():
    field, board = desk()
    driver.tap(board.cap("a"), across=1.02)
    driver.tap(board.cap("a"), up=-0.03)
    assert field.text == "aa"


def test_two_fingers_at_once_lose_no_letter():
    field, board = desk()
    first, second = driver.finger(board.cap("o")), driver.finger(board.cap("u"))
    first.touch_down()
    second.touch_down()
    assert board.cap("o").down
    assert board.cap("u").down
    first.touch_up()
    second.touch_up()
    driver.frames(2)
    assert field.text == "ou"
    assert not board.cap("o").down


def test_backspace_erases_once_when_tapped_and_on_while_held():
    field, board = desk()
    field.insert("quartier")
    write(board, Action.BACKSPACE)
    assert field.text == "quartie"
    finger = driver.finger(board.cap(Action.BACKSPACE))
    finger.touch_down()
    driver.pass_time(1.0)
    finger.touch_up()
    held = len(field.text)
    assert 2 <= held <= 5
    driver.pass_time(0.3)
    assert len(field.text) == held


def test_a_screen_that_goes_away_stops_the_key_that_was_held():
    field, board = desk()
    field.insert("quartier")
    finger = driver.finger(board.cap(Action.BACKSPACE))
    finger.touch_down()
    board.parent.remove_widget(board)
    driver.pass_time(0.9)
    finger.touch_up()
    assert field.text == "quartier"


def test_a_finger_left_on_a_key_whose_page_changed_does_nothing():
    field, board = desk()
    finger = driver.finger(board.cap("a"))
    finger.touch_down()
    board.page = "signs"
    finger.touch_move(*board.cap("1").center)
    finger.touch_up()
    driver.frames(2)
    assert field.text == ""


def test_the_focus_stays_in_the_field_while_the_screen_keyboard_writes():
    field, board = desk()
    field.focus = True
    write(board, "a")
    assert field.focus
    driver.type_text("é")
    assert field.text == "aé"


def test_everything_can_be_written_with_a_keypad_alone():
    field, _ = desk()
    field.focus = True
    driver.key("tab")
    driver.key("enter")
    driver.key("right")
    driver.key("down")
    driver.key("spacebar")
    assert field.text == "éz"


def test_without_a_field_the_keys_come_out_as_events():
    seen = []
    board = Keyboard(layout=number_pad(decimal=","))
    board.bind(on_key=lambda _, text: seen.append(text))
    board.bind(on_backspace=lambda _: seen.append("back"))
    board.bind(on_enter=lambda _: seen.append("enter"))
    box = BoxLayout(orientation="vertical")
    box.add_widget(Widget())
    box.add_widget(board)
    driver.show(box)
    write(board, "1", ",", "5", Action.BACKSPACE, Action.ENTER)
    assert seen == ["1", ",", "5", "back", "enter"]


def hold(board: Keyboard, key: str):
    """A finger that stays on a letter until its variants are offered."""
    finger = driver.finger(board.cap(key))
    finger.touch_down()
    driver.pass_time(0.75)
    return finger


def test_a_letter_that_is_held_offers_its_variants_and_the_finger_may_slide_to_one():
    field, board = desk()
    finger = hold(board, "a")
    assert board.cap("ã").lit
    finger.touch_move(*board.cap("ã").center)
    assert board.cap("ã").down
    finger.touch_up()
    driver.frames(2)
    assert field.text == "ã"
    assert board.cap("œ"), "the row has its own letters again"


def test_a_letter_that_was_held_is_written_and_gives_way_to_the_variant_touched_next():
    field, board = desk()
    finger = hold(board, "n")
    finger.touch_up()
    driver.frames(2)
    assert field.text == "n"
    write(board, "ñ", "a")
    assert field.text == "ña"


def test_slow_hands_that_hold_every_letter_write_as_others_do():
    field, board = desk()
    for letter in "non":
        finger = hold(board, letter)
        finger.touch_up()
        driver.frames(2)
    assert field.text == "non"


def test_variants_offered_for_one_letter_are_gone_once_the_caret_stands_elsewhere():
    field, board = desk()
    field.insert("bd")
    finger = hold(board, "e")
    finger.touch_up()
    driver.frames(2)
    field.caret = 1
    with pytest.raises(KeyError):
        board.cap("ę")
    write(board, "é")
    assert field.text == "béde"


def test_a_capital_that_is_held_offers_capitals():
    field, board = desk()
    write(board, Action.SHIFT)
    finger = hold(board, "C")
    finger.touch_move(*board.cap("Č").center)
    finger.touch_up()
    driver.frames(2)
    assert field.text == "Č"


def test_arabic_letters_offer_their_kin():
    field, board = desk(layout=ARABIC)
    finger = hold(board, "ه")
    finger.touch_move(*board.cap("ة").center)
    finger.touch_up()
    driver.frames(2)
    assert field.text == "ة"


def test_turkish_has_its_two_capital_i():
    field, board = desk(layout=LAYOUTS["turkish"])
    write(board, Action.SHIFT, "İ", Action.SHIFT, "I", "ı", "i", "ş")
    assert field.text == "İIıiş"


def test_of_two_layouts_the_globe_takes_the_other_and_it_is_absent_where_there_is_one():
    _, board = desk(layouts=[AZERTY, ARABIC])
    write(board, Action.SWITCH)
    assert board.layout is ARABIC
    write(board, Action.SWITCH)
    assert board.layout is AZERTY
    _, board = desk()
    with pytest.raises(KeyError):
        board.cap(Action.SWITCH)


@pytest.mark.parametrize("first", ["azerty", "ukrainian", "arabic"])
def test_of_many_layouts_the_globe_shows_the_names(first):
    field, board = desk(layout=LAYOUTS[first], layouts=list(LAYOUTS.values()))
    height = board.height
    write(board, Action.SWITCH)
    assert board.height == height, "nothing moves while one chooses"
    assert board.cap(LAYOUTS[first].title).lit
    assert min(cap.width for cap in board._caps) >= theme.mm(20)
    write(board, Action.LETTERS)
    assert board.layout is LAYOUTS[first]
    write(board, Action.SWITCH, "Türkçe")
    assert board.layout is LAYOUTS["turkish"]
    write(board, "ş")
    assert field.text == "ş"


def test_the_layout_somebody_chose_is_not_there_for_the_next_person():
    _, board = desk(layouts=[AZERTY, ARABIC])
    write(board, Action.SWITCH)
    board.reset()
    assert board.layout is ARABIC, "it stays for this person's next question"
    forget_choices()
    assert board.layout is AZERTY


def test_the_next_person_finds_the_keyboard_as_it_was():
    _, board = desk()
    board.shift, board.page = "lock", "signs"
    board.reset()
    assert (board.shift, board.page) == ("off", "letters")
    assert board.cap("a")


PANELS = (
    *driver.SCREENS,
    driver.Screen(1024, 600, 170),  # a 7-inch panel with more pixels
    driver.Screen(1080, 1920, 100),  # an upright totem
)


@pytest.mark.parametrize("window", dict.fromkeys(PANELS), indirect=True)
@pytest.mark.parametrize("name", LAYOUTS)
def test_keys_are_large_enough_and_do_not_overlap_on_every_panel(window, name):
    _, board = desk(layout=LAYOUTS[name], layouts=[AZERTY, ARABIC])
    rows = board._rows
    for row in rows:
        for cap in row:
            assert cap.height >= theme.mm(10) - 1
            assert cap.width >= theme.mm(9)
            assert board.x <= cap.x
            assert cap.right <= board.right + 1
        for left, right in pairwise(row):
            assert left.right < right.x
    for above, below in pairwise(rows):
        assert above[0].y > below[0].top
    assert board.height <= window.height * 0.6


@pytest.mark.parametrize("window", driver.EVERY_SCREEN, indirect=True)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_the_words_on_keys_are_as_large_as_the_smallest_text(layout, window):
    _, board = desk(layout=layout, layouts=tuple(LAYOUTS.values()))
    least = theme.mm(CAPITALS_MM[0])
    for page in ("letters", "signs", "layouts"):
        board.page = page
        driver.frames(2)
        capitals = {
            cap.said: cap.letters * CAPITAL_RATIO
            for cap in board._caps
            if cap.opacity and cap.letters
        }
        assert capitals
        assert min(capitals.values()) >= least - 1, min(capitals, key=capitals.__getitem__)
