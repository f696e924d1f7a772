"""A keypad leads through every screen: what is lit is never lost, and nothing holds it."""

from dataclasses import replace

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.commands import KEY_SETS, NAMES, BadKeyMap, Command, key_map
from kiosk.access.names import focusable_without_speech
from kiosk.focus import focused, keys_in_use, stops
from kiosk.language import tr
from kiosk.theme.theme import theme
from kiosk.widgets.key_rows import KeyRow
from kiosk.widgets.keyboard import KeyCap
from kiosk.widgets.lead import Lead


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with hall.Standing(tmp_path_factory.mktemp("hall"), people=True) as opened:
        yield opened


@pytest.fixture
def town(standing):
    standing = standing.up()
    standing.kiosk.account = None
    standing.kiosk.erase()
    driver.frames(2)
    return standing


def lit(town):
    """What is lit; exactly one thing is."""
    (stop,) = [stop for stop in stops(town.kiosk.cover) if stop.focus]
    assert keys_in_use.now
    return stop


def to_question(town, kind):
    """By keys alone to the first question of this kind."""
    driver.key("tab")
    driver.key("enter")
    driver.key("tab")
    driver.key("enter")
    for _ in range(40):
        if town.name == "question" and town.kiosk.journey.step().kind.name == kind:
            return
        if town.name == "question" and town.kiosk.journey.step().kind.name == "INTEGER":
            town.kiosk.journey.hold("30")
        press_next(town)
    raise AssertionError(f"there is no {kind}")


def go_to(town, wanted, by="tab", text=None):
    """Press "next" until this is lit: it is, before everything was lit once."""
    for _ in range(60):
        if wanted(lit(town)):
            return
        driver.key(by, text)
    raise AssertionError("the keys do not lead there")


def write(town):
    """From the question's words to the keyboard's first row."""
    driver.key("tab")
    driver.key("enter")
    driver.frames(2)
    assert isinstance(lit(town), KeyRow)


def press_next(town, by="tab", text=None):
    go_to(town, lambda stop: stop is town.kiosk.page.ids.next.__self__, by, text)
    driver.key("enter")
    driver.frames(2)


def test_a_screen_that_opens_by_a_key_is_lit_at_its_beginning(town):
    driver.key("tab")
    assert lit(town).said == "Touchez pour commencer"
    driver.key("enter")
    assert town.name == "language"
    assert isinstance(lit(town), Lead)


def test_choose_pressed_too_often_chooses_nothing(town):
    driver.key("tab")
    for _ in range(6):
        driver.key("enter")
    assert town.name == "language"


def test_a_key_held_down_counts_once(town):
    driver.key("tab")
    driver.key("enter")
    driver.frames(2)
    order = list(stops(town.kiosk.cover))
    before = order.index(lit(town))
    for _ in range(5):
        driver.hold("tab")
    driver.let_go("tab")
    assert order.index(lit(town)) == before + 1


def test_next_goes_round_every_screen_and_previous_back(town):
    to_question(town, "SELECT_ONE")
    order = list(stops(town.kiosk.cover))
    begun = order.index(lit(town))
    seen = []
    for _ in order:
        seen.append(lit(town))
        driver.key("tab")
    assert seen == order[begun:] + order[:begun]
    for stop in reversed(seen):
        driver.key("left")
        assert lit(town) is stop


def test_arrows_lead_on_in_reading_order_also_from_the_right(town):
    to_question(town, "SELECT_ONE")
    town.kiosk.speak_language("ar")
    driver.frames(3)
    try:
        assert theme.rtl
        before = list(stops(town.kiosk.cover)).index(lit(town))
        driver.key("left")
        assert list(stops(town.kiosk.cover)).index(lit(town)) == before + 1
        driver.key("right")
        assert list(stops(town.kiosk.cover)).index(lit(town)) == before
    finally:
        town.kiosk.speak_language("fr")


def test_what_is_lit_is_not_lost_when_the_language_changes(town):
    driver.key("tab")
    driver.key("enter")
    driver.key("tab")
    driver.key("tab")
    driver.key("f8")
    driver.frames(2)
    go_to(town, lambda stop: getattr(stop, "name", "") == "en")
    driver.key("enter")
    driver.frames(3)
    assert tr.language == "en"
    assert lit(town)


def test_after_a_question_over_the_screen_one_is_where_one_was(town):
    to_question(town, "SELECT_ONE")
    driver.key("tab")
    driver.key("tab")
    before = lit(town)
    driver.key("f12")
    driver.frames(2)
    assert town.kiosk.cover is not town.kiosk.page
    driver.key("f2")
    assert lit(town) is before


def test_back_leads_to_the_screen_before(town):
    to_question(town, "TEXT")
    driver.key("f2")
    assert town.kiosk.journey.step().kind.name == "NOTE"
    driver.key("f2")
    assert town.name == "notice"


def test_a_touch_puts_the_light_out(town):
    to_question(town, "SELECT_ONE")
    town.choose()
    assert not keys_in_use.now


def test_letters_are_typed_row_by_row(town):
    to_question(town, "TEXT")
    field = town.kiosk.page.answer.field
    driver.key("tab")
    assert lit(town) is field
    driver.key("enter")
    driver.frames(2)
    assert isinstance(lit(town), KeyRow)
    for letter in "azv":
        go_to(town, lambda stop, it=letter: isinstance(stop, KeyRow) and it in stop.said.split())
        driver.key("enter")
        go_to(town, lambda stop, it=letter: stop.said == it)
        driver.key("enter")
        assert isinstance(lit(town), KeyRow)
    assert field.text == "azv"


def test_nothing_holds_the_keys_in_the_keyboard(town):
    to_question(town, "TEXT")
    write(town)
    driver.key("f3")
    for _ in range(40):
        driver.key("down")
        if lit(town).said == "Fini":
            break
    else:
        raise AssertionError("down never leads out")
    for _ in range(40):
        driver.key("up")
        if lit(town) is town.kiosk.page.answer.field:
            break
    else:
        raise AssertionError("up never leads out")


def test_arrows_go_from_key_to_key(town):
    to_question(town, "TEXT")
    write(town)
    driver.key("down")
    driver.key("right")
    assert lit(town).said == "a"
    driver.key("right")
    assert lit(town).said == "z"
    driver.key("down")
    assert isinstance(lit(town), KeyCap)
    driver.key("up")
    driver.key("enter")
    assert town.kiosk.page.answer.field.text == "z"
    assert lit(town).said == "z"  # with arrows one stays where one is


def test_a_real_keyboard_still_writes_in_a_field(town):
    to_question(town, "TEXT")
    field = town.kiosk.page.answer.field
    driver.key("tab")
    driver.key("a", "a")
    driver.key("spacebar", " ")
    driver.key("b", "b")
    driver.key("enter")
    driver.key("left")
    assert field.text == "a b\n"
    assert lit(town) is field


def test_on_a_small_screen_the_field_brings_the_keyboard(tmp_path):
    with hall.hall(tmp_path, screen=driver.SMALL) as town:
        to_question(town, "TEXT")
        page = town.kiosk.page
        assert not page.bare
        driver.key("tab")
        driver.key("enter")
        driver.frames(3)
        assert page.bare
        assert isinstance(lit(town), KeyRow)
        driver.key("f2")
        driver.frames(2)
        assert not page.bare
        assert town.name == "question"
        assert lit(town) is page.answer.field


def test_two_switches_write_no_spaces(tmp_path):
    with hall.hall(tmp_path, key_map=KEY_SETS["switches"]) as town:
        driver.key("spacebar", " ")
        driver.key("enter")
        assert town.name == "language"
        driver.key("spacebar", " ")
        driver.key("enter")
        press_next(town, "spacebar", " ")
        press_next(town, "spacebar", " ")
        driver.key("spacebar", " ")
        driver.key("spacebar", " ")
        assert town.kiosk.page.answer.field.text == ""


def test_one_switch_waits_for_the_light_to_come(tmp_path):
    by_hand = replace(KEY_SETS["switch"], scan_seconds=3600)  # the test lets the time go by
    with hall.hall(tmp_path, key_map=by_hand) as town:
        town.kiosk.keypad._scan()
        assert focused(town.kiosk.cover) is None  # nobody is there
        driver.key("enter")
        driver.key("enter")
        assert town.name == "language"
        town.kiosk.keypad._scan()
        driver.key("enter")
        assert town.name == "notice"


def test_a_numeric_keypad_leads_and_chooses(tmp_path):
    with hall.hall(tmp_path, key_map=KEY_SETS["numpad"]) as town:
        driver.key("numpad6", "6")
        driver.key("numpad5", "5")
        assert town.name == "language"
        driver.key("numpad6", "6")
        driver.key("numpad5", "5")
        assert town.name == "notice"
        driver.key("numpad0", "0")
        assert town.name == "language"


@pytest.mark.parametrize("kind", ["TEXT", "INTEGER", "DATE", "SELECT_ONE", "RANK", "RANGE"])
def test_everything_that_keys_lead_to_has_words(town, kind):
    to_question(town, kind)
    assert focusable_without_speech() == []


def test_a_file_says_what_keys_do(tmp_path):
    file = tmp_path / "keys.toml"
    file.write_text('base = "switches"\n[keys]\nf13 = "next"\nf10 = ""\n"code:99" = "help"\n')
    keys = key_map(str(file))
    assert keys.command("f13") is Command.NEXT
    assert keys.command("spacebar") is Command.NEXT
    assert keys.command("code:99") is Command.HELP
    assert keys.command("f10") is None
    assert keys.command("tab", ["ctrl"]) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("base = 3", "base is one of"),
        ('base = "none"', "nobody could go on"),
        ('[keys]\nf1 = "dance"', "cannot ask for “dance”"),
        ("scan_seconds = -1", "number of seconds"),
        ("colour = 1", "means nothing"),
        ("[", "is not TOML"),
        ("keys = 1", "is a table"),
        ('[keys]\nf133 = "next"', "no key is called “f133”; is"),
        ('[keys]\n"shift+entree" = "next"', "no key is called"),
        ('[keys]\nespace = ""', "no key is called “espace”"),
        ('[keys]\n"code:abc" = "next"', "no key is called"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, content, says):
    file = tmp_path / "keys.toml"
    file.write_text(content)
    with pytest.raises(BadKeyMap, match=says):
        key_map(str(file))


def test_every_key_that_kivy_has_a_name_for_can_be_named():
    from kivy.core.window import Keyboard

    assert frozenset(Keyboard.keycodes) == NAMES


def test_a_set_that_is_not_there_is_named():
    with pytest.raises(BadKeyMap, match="neither a set of keys"):
        key_map("piano")


def test_escape_leads_nowhere_and_never_puts_the_light_out(tmp_path):
    with hall.hall(tmp_path) as town:
        to_question(town, "SELECT_ONE")
        before, ref = lit(town), town.kiosk.journey.ref
        for _ in range(2):
            driver.key("escape")
            assert lit(town) is before
        assert town.kiosk.journey.ref == ref
