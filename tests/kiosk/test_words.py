import gc
import weakref

import pytest
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.widgets.field import AnswerField
from kiosk.widgets.keyboard import Keyboard
from kiosk.widgets.words import Words
from tests.kiosk import driver

pytestmark = pytest.mark.usefixtures("window")

LONG = "Que voulez-vous changer dans votre quartier, et pourquoi cela plutôt qu’autre chose ?"


def column(*widgets: Widget, width: float = 500) -> BoxLayout:
    box = BoxLayout(orientation="vertical", size_hint=(None, 1), width=width)
    for widget in widgets:
        box.add_widget(widget)
    box.add_widget(Widget())
    box.pos, box.height = (0, 0), 800
    return driver.show(box)


def inks(words: Words) -> list[tuple[float, float]]:
    """Left and right of each line as drawn."""
    return [(box.pos[0], box.pos[0] + box.size[0]) for box, _ in words._drawn]


def test_the_height_follows_the_text_at_every_width():
    words = Words(text=LONG, font_size=30)
    box = column(words)
    wide = words.height
    box.width = 250
    driver.frames(2)
    assert words.height >= 2 * wide - 1  # both are rounded up to whole pixels
    assert words.height == words.height_at(250)
    assert all(right - left <= 250 for left, right in inks(words))
    words.text = "Oui"
    driver.frames(2)
    assert len(words._drawn) == 1


def test_larger_letters_take_more_room():
    words = Words(text=LONG, font_size=20)
    column(words)
    before = words.height
    words.font_size = 40
    driver.frames(2)
    assert words.height > 2 * before


def test_the_natural_width_is_that_of_one_line_whatever_the_width():
    words = Words(text=LONG, font_size=30)
    column(words, width=200)
    natural = words.natural_width
    assert natural > 200
    words.parent.width = natural
    driver.frames(2)
    assert len(words._drawn) == 1
    assert words.natural_width == natural


def test_arabic_starts_at_the_right():
    words = Words(text="مرحبا", font_size=30)
    words.rtl = True  # in the kiosk a rule keeps it with the person's language
    column(words)
    assert inks(words)[0][1] == pytest.approx(words.right, abs=1)
    words.halign = "end"
    assert inks(words)[0][0] == pytest.approx(words.x, abs=1)
    words.halign, words.rtl = "start", False
    driver.frames()
    assert inks(words)[0][0] == pytest.approx(words.x, abs=1)


def test_so_many_lines_at_most_and_the_last_one_tells():
    words = Words(text=LONG, font_size=30, max_lines=2)
    column(words, width=300)
    assert len(words._drawn) == 2
    assert words.height == words.texture_size[1]


def test_brackets_that_look_like_markup_are_shown():
    plain, marked = Words(text="oui", font_size=30), Words(text="[b]oui[/b]", font_size=30)
    column(plain, marked)
    assert marked.natural_width > plain.natural_width


def test_a_new_colour_or_place_draws_no_letters_again():
    words = Words(text="Oui", font_size=30)
    column(words)
    (_, before), *_ = words._drawn
    words.color = (1, 0, 0, 1)
    words.pos = (10, 10)
    driver.frames(2)
    (_, after), *_ = words._drawn
    assert after is before


def test_an_empty_text_takes_no_room():
    words = Words(text="", font_size=30)
    column(words)
    assert words.height == 0
    assert words.natural_width == 0


@pytest.mark.parametrize("make", [Words, AnswerField, Keyboard])
def test_what_left_the_screen_is_let_go_of(make):
    gone = weakref.ref(driver.show(make()))
    driver.clear()
    gc.collect()
    assert gone() is None
