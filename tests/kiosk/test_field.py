import gc

import pytest
from kivy.core.window import Window
from kivy.uix.floatlayout import FloatLayout
from PIL import Image

from kiosk.widgets.field import AnswerField
from tests.kiosk import driver

pytestmark = pytest.mark.usefixtures("window")


def field(width: float = 600, height: float = 300, **options) -> AnswerField:
    made = AnswerField(
        size_hint=(None, None), size=(width, height), pos=(100, 200), font_size=40, **options
    )
    around = FloatLayout()
    around.add_widget(made)
    driver.show(around)
    return made


def caret_x(made: AnswerField) -> float:
    return made.caret_box()[0]


def test_a_real_keyboard_writes_where_the_focus_is():
    made = field()
    driver.tap(made)
    driver.type_text("Déjà vu")
    driver.key("left")
    driver.key("backspace")
    driver.type_text("l")
    driver.key("end")
    driver.key("enter")
    driver.type_text("!")
    assert made.text == "Déjà lu\n!"


def test_one_line_tells_enter_instead_of_breaking():
    entered = []
    made = field(multiline=False)
    made.bind(on_enter=entered.append)
    driver.tap(made)
    driver.type_text("Lyon")
    driver.key("enter")
    made.insert("a\nb")
    assert made.text == "Lyona b"
    assert entered == [made]


def test_no_more_is_taken_than_the_form_allows():
    made = field(max_length=5)
    made.insert("bonjour")
    made.insert("x")
    assert made.text == "bonjo"
    assert made.caret == 5


def test_the_caret_follows_what_is_written_in_french_to_the_right():
    made = field()
    start = caret_x(made)
    made.insert("abc")
    end = caret_x(made)
    assert end > start
    made.insert(" ")
    assert caret_x(made) > end


def test_the_caret_follows_what_is_written_in_arabic_to_the_left():
    made = field(rtl=True)
    start = caret_x(made)
    assert start > made.center_x
    made.insert("مرحبا")
    end = caret_x(made)
    assert end < start
    made.insert(" ")
    assert caret_x(made) < end


def test_the_caret_stands_left_of_the_ink_in_arabic(tmp_path):
    made = field(rtl=True)
    made.insert("سلام")
    x, y, _, height = made.caret_box()
    made.caret = 0
    bottom, top = Window.height - y, Window.height - y - height
    with Image.open(driver.picture(made.parent, tmp_path / "field.png")) as image:
        left_of_caret = image.convert("L").crop((made.x + 8, top, x, bottom))
        right_of_caret = image.convert("L").crop((x, top, made.right - 30, bottom))
    assert min(left_of_caret.tobytes()) > 200
    assert min(right_of_caret.tobytes()) < 100


@pytest.mark.parametrize(
    ("text", "rtl"),
    [("Le cœur de ville", False), ("أريد 3 أشجار قرب Lyon", True)],
)
def test_a_tap_on_each_place_puts_the_caret_there(text, rtl):
    made = field(width=900, rtl=rtl)
    made.insert(text)
    for index in range(len(text) + 1):
        made.caret = index
        x, y, width, height = made.caret_box()
        made.caret = 0
        made.place_caret(x + width / 2, y + height / 2)
        assert abs(made.caret_box()[0] - x) <= 2


MIXED = "أريد 3 مقاعد في Parc des Tilleuls (قرب المدرسة)"


def tap_behind(made: AnswerField, letters: str) -> None:
    """Touch the place where the caret stands behind these letters."""
    made.caret = made.text.index(letters) + len(letters)
    driver.frames()
    x, y, width, height = made.caret_box()
    made.caret = 0
    finger = driver.touch_at(x + width / 2, y + height / 2)
    finger.touch_down()
    driver.frames()
    finger.touch_up()
    driver.frames(2)


def test_arabic_with_a_foreign_name_is_mended_where_one_touches_it():
    made = field(width=1000, rtl=True)
    made.insert(MIXED)
    tap_behind(made, "Tille")
    made.backspace()
    made.insert("L")
    tap_behind(made, "المدر")
    made.delete()
    made.insert("ش")
    tap_behind(made, "مق")
    made.backspace()
    expected = MIXED.replace("Tilleuls", "TillLuls").replace("المدرسة", "المدرشة")
    assert made.text == expected.replace("مقاعد", "ماعد")


def test_in_arabic_the_left_key_goes_on_and_the_right_key_goes_back():
    made = field(width=900, rtl=True)
    driver.tap(made)
    made.insert("سلام")
    made.caret = 0
    driver.key("left")
    driver.key("left")
    assert made.caret == 2
    driver.key("right")
    assert made.caret == 1
    driver.key("delete")
    assert made.text == "سام"


def test_a_letter_goes_with_the_marks_that_stand_on_it():
    made = field(rtl=True)
    made.insert("جدًّا")
    made.caret = 1
    made.delete()
    assert made.text == "جا"


def test_each_line_of_arabic_begins_at_the_right_and_the_caret_is_on_its_line():
    made = field(width=320, rtl=True)
    made.insert(MIXED)
    assert len(made._lines) >= 3
    for number, line in enumerate(made._lines):
        made.caret = line.start
        _, y, _, height = made.caret_box()
        assert round((made._top_of(0) - (y + height)) / made.line_height) == number
        assert made._left(number) + made._pen.measure(line.drawn) > made.right - made._inset() - 2


def test_up_and_down_go_from_line_to_line():
    made = field(width=300)
    made.insert("un deux trois quatre cinq six sept huit")
    assert len(made._lines) >= 2
    bottom = made.caret_box()[1]
    driver.tap(made)
    driver.key("up")
    driver.key("up")
    assert made.caret_box()[1] > bottom


def test_the_caret_is_always_in_sight_in_a_long_text():
    made = field(height=150)
    for number in range(30):
        made.insert(f"ligne {number}\n")
        driver.frames()
        _, y, _, height = made.caret_box()
        assert made.y <= y
        assert y + height <= made.top
    made.caret = 0
    driver.frames()
    _, y, _, height = made.caret_box()
    assert made.y <= y
    assert y + height <= made.top


def test_a_word_longer_than_the_field_is_broken_not_cut():
    made = field(width=300)
    made.insert("anticonstitutionnellement" * 3)
    assert len(made._lines) > 2
    for line in made._lines:
        assert made._pen.measure(line.drawn) <= 300


def test_no_control_key_does_anything():
    made = field()
    driver.tap(made)
    driver.type_text("secret")
    for name in ("a", "c", "x", "v", "z"):
        driver.key(name, None, "ctrl")
    assert made.text == "secret"


def test_after_erasing_nothing_of_the_answer_is_left_in_memory():
    marker = "".join(reversed("slueilliT"))
    made = field()
    driver.tap(made)
    made.insert(f"Le passage des {marker}")
    driver.type_text(" est sombre")
    driver.frames(3)
    assert in_memory(marker)

    made.erase()
    driver.frames(3)

    assert made.text == ""
    assert in_memory(marker) == []


def in_memory(marker: str) -> list[str]:
    """Every longer string that holds the marker and that any living object refers to."""
    gc.unfreeze()  # what was set apart is looked through, too
    gc.collect()
    return [
        found
        for thing in gc.get_objects()
        for found in gc.get_referents(thing)
        if type(found) is str and marker in found and len(found) > len(marker)
    ]


def test_arrows_never_stop_between_a_letter_and_its_marks():
    field = AnswerField(rtl=True)
    driver.show(field)
    field.text, field.caret, field.focus = "مُحَمَّد", 0, True
    stops = []
    for _ in range(5):
        driver.key("left")
        stops.append(field.caret)
    assert stops == [2, 4, 7, 8, 8]
    for _ in range(5):
        driver.key("right")
    assert field.caret == 0
