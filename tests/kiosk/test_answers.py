from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.language import tr
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.dates import moved
from kiosk.widgets.kinds import WAYS, answer_widget, describe
from kiosk.widgets.number_line import numbers_between
from kiosk.widgets.typed import TypedAnswer, is_number

TODAY = date(2026, 11, 21)


@pytest.fixture
def steps(window):
    theme.fit(Panel(window.width, window.height, window.diagonal))
    entry = hall.offer().begin()
    entry.answer("/data/velo", "oui")
    return {step.ref.rpartition("/")[2]: step for step in entry.steps()}


def put(step, value=""):
    """The answer's widget on the screen, and what the person gives with it."""
    widget = answer_widget(step, value, Setting(TODAY))
    given = []
    widget.bind(on_given=lambda _, value: given.append(value))
    driver.show(widget)
    widget.room = 400
    driver.frames(2)
    return widget, given


def write(step, value="", language="fr"):
    widget = TypedAnswer(step, value, Setting(TODAY, language))
    widget.writing = True
    given = []
    widget.bind(on_given=lambda _, value: given.append(value))
    driver.show(widget)
    return widget, given


def press(widget, *keys):
    for key in keys:
        driver.tap(widget.keyboard.cap(key))


def test_one_choice_replaces_another_and_a_second_touch_takes_it_away(steps):
    widget, given = put(steps["velo"])
    for name in ("oui", "non", "non"):
        driver.tap(widget.cards[name])
    assert given == ["oui", "non", ""]
    assert not any(card.taken for card in widget.cards.values())


def test_several_choices_stand_in_the_order_of_the_list(steps):
    widget, given = put(steps["ou"])
    for name in ("quai", "place", "quai", "parc"):
        driver.tap(widget.cards[name])
    assert given == ["quai", "place quai", "place", "place parc"]


def test_a_ranking_is_touched_in_order_and_the_last_takes_the_last_place(steps):
    widget, given = put(steps["ordre"])
    driver.tap(widget.cards["parc"])
    driver.tap(widget.cards["quai"])
    assert given == ["parc", "parc quai place"]
    assert [widget.cards[name].badge for name in ("parc", "quai", "place")] == ["1", "2", "3"]
    driver.tap(widget.cards["parc"])
    assert given[-1] == "quai place"
    assert widget.cards["parc"].badge == ""


def test_a_range_of_few_numbers_has_a_key_for_each(steps):
    widget, given = put(steps["note"])
    assert [key.text for key in widget.keys] == [str(number) for number in range(11)]
    driver.tap(widget.keys[0])
    driver.tap(widget.keys[10])
    driver.tap(widget.keys[10])
    assert given == ["0", "10", ""]


def test_a_range_of_many_numbers_is_stepped_from_one_that_was_said_and_stops_at_its_ends(steps):
    widget, given = put(steps["centimes"], "2.5")
    assert not widget.keys
    widget.move(-1)
    assert given[-1] == "2.25"
    for _ in range(30):
        widget.move(-1)
    assert given[-1] == "0"
    for _ in range(30):
        widget.move(1)
    assert given[-1] == "5"


def falling(steps, name, **other):
    """A range of the hall's form, read from its end to its start."""
    bounds = steps[name].bounds
    turned = replace(bounds, start=bounds.end, end=bounds.start)
    return replace(steps[name], bounds=turned, **other)


def test_more_gives_the_greater_number_in_a_range_that_falls_as_well(steps):
    widget, given = put(falling(steps, "centimes"), "4")
    assert widget.numbers[0] == "5"
    widget.stepper.dispatch("on_step", 1)
    widget.stepper.dispatch("on_step", -1)
    widget.stepper.dispatch("on_step", -1)
    assert given == ["4.25", "4", "3.75"]
    for _ in range(30):
        widget.stepper.dispatch("on_step", 1)
    assert given[-1] == "5"
    for _ in range(30):
        widget.stepper.dispatch("on_step", -1)
    assert given[-1] == "0"


def test_a_range_that_stands_upright_has_its_highest_number_above(steps):
    upright = frozenset({"vertical"})
    rising = replace(steps["note"], appearance=upright)
    for step in (rising, falling(steps, "note", appearance=upright)):
        widget, _ = put(step)
        above = sorted(widget.keys, key=lambda key: key.to_window(*key.pos)[1], reverse=True)
        assert [key.text for key in above] == [str(number) for number in range(10, -1, -1)]


def test_a_number_of_a_range_is_shown_with_every_digit(steps):
    bounds = replace(steps["note"].bounds, end=Decimal("0.0003"), step=Decimal("0.0001"))
    widget, _ = put(replace(steps["note"], bounds=bounds))
    assert [key.shown for key in widget.keys] == ["0", "0,0001", "0,0002", "0,0003"]


def test_the_form_accepts_every_number_of_its_ranges(steps):
    entry = hall.offer().begin()
    for name in ("note", "centimes"):
        widget, _ = put(steps[name])
        for number in widget.numbers:
            assert entry.answer(steps[name].ref, number).kept, number


def test_a_trigger_says_ok_and_can_be_taken_back(steps):
    widget, given = put(steps["lu"])
    driver.tap(widget.card)
    driver.tap(widget.card)
    assert given == ["OK", ""]


def test_a_date_that_was_said_is_moved_by_its_parts(steps):
    widget, given = put(steps["depuis"], "2026-11-21")
    widget.move(0, -1)
    widget.move(1, 1)
    widget.move(2, -2)
    assert given == ["2026-11-20", "2026-12-20", "2024-12-20"]
    assert [stepper.value for stepper in widget.steppers] == ["20", "décembre", "2024"]


def test_what_was_answered_before_is_shown(steps):
    assert put(steps["velo"], "oui")[0].cards["oui"].taken
    assert put(steps["note"], "7")[0].keys[7].taken
    assert put(steps["centimes"], "0.75")[0].stepper.value == "0,75"
    assert put(steps["depuis"], "2024-02-29")[0].steppers[0].value == "29"
    assert put(steps["lu"], "OK")[0].card.taken
    assert write(steps["km"], "2.5")[0].field.text == "2,5"


def test_a_decimal_is_written_with_a_comma_and_kept_with_a_point(steps):
    widget, given = write(steps["km"])
    press(widget, "2", ",", "5")
    assert widget.field.text == "2,5"
    assert given[-1] == "2.5"


def test_a_decimal_has_a_point_where_the_language_has(steps):
    widget, given = write(steps["km"], language="en")
    press(widget, "2", ".", "5")
    assert given[-1] == "2.5"


def test_a_text_keeps_its_commas_and_loses_the_blanks_around_it(steps):
    widget, given = write(steps["idee"])
    press(widget, "b", "a", "n", "c", ",", " ")
    assert given[-1] == "banc,"


def test_numbers_have_a_pad_and_texts_the_letters_of_the_language(steps):
    assert write(steps["age"])[0].keyboard.layout.name == "numbers"
    assert write(steps["idee"], language="ar")[0].keyboard.layout.name == "arabic"
    assert write(steps["idee"])[0].keyboard.layout.name == "azerty"


def test_forgetting_leaves_nothing_in_the_widget(steps):
    widget, _ = write(steps["idee"])
    press(widget, "s", "e", "c")
    widget.forget()
    assert (widget.value, widget.field.text) == ("", "")
    chosen, _ = put(steps["velo"], "oui")
    chosen.forget()
    assert chosen.value == ""


def test_a_note_has_no_answer(steps):
    assert answer_widget(steps["accueil"], "", Setting(TODAY)) is None


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("velo", "oui", "Oui"),
        ("ou", "place quai", "La place\nLe quai"),
        ("ordre", "quai place parc", "1. Le quai\n2. La place\n3. Le parc"),
        ("depuis", "2024-02-29", "29 février 2024"),
        ("lu", "OK", "J’ai lu"),
        ("idee", "Un [b]banc[/b]", "Un [b]banc[/b]"),
        ("note", "7", "7"),
        ("velo", "", ""),
        ("velo", "inconnu", "inconnu"),
    ],
)
def test_the_review_tells_answers_in_words(steps, name, value, told):
    tr.speak("fr")
    assert describe(steps[name], value) == told


# --- numbers and dates ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start, end, step, numbers",
    [
        ("0", "3", "1", "0 1 2 3"),
        ("3", "0", "1", "3 2 1 0"),
        ("3", "0", "-1", "3 2 1 0"),
        ("0", "1", "0.25", "0 0.25 0.5 0.75 1"),
        ("-1", "1", "1", "-1 0 1"),
        ("0", "5", "2", "0 2 4"),
        ("0", "100", "50", "0 50 100"),
        ("0.1", "0.3", "0.1", "0.1 0.2 0.3"),
        ("1", "1", "1", "1"),
        ("0", "2", "0", "0 1 2"),
        ("1E+1", "3E+1", "1E+1", "10 20 30"),
    ],
)
def test_the_numbers_of_a_range_are_exact(start, end, step, numbers):
    assert numbers_between(Decimal(start), Decimal(end), Decimal(step)) == tuple(numbers.split())


NUMBERS = st.decimals(-1000, 1000, places=2)


@given(NUMBERS, NUMBERS, st.decimals("0.01", 100, places=2))
def test_numbers_of_a_range_begin_at_its_start_and_stay_within_it(start, end, step):
    numbers = [Decimal(number) for number in numbers_between(start, end, step)]
    assert numbers[0] == start
    assert all(min(start, end) <= number <= max(start, end) for number in numbers)
    assert len(numbers) <= 10_001
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize(
    "day, place, by, then",
    [
        ("2024-02-29", 2, 1, "2025-02-28"),
        ("2024-02-29", 2, 4, "2028-02-29"),
        ("2024-02-29", 2, -124, "1900-02-28"),
        ("2024-02-29", 1, 1, "2024-03-29"),
        ("2024-01-31", 1, 1, "2024-02-29"),
        ("2023-01-31", 1, 1, "2023-02-28"),
        ("2024-12-31", 1, 1, "2025-01-31"),
        ("2024-01-15", 1, -1, "2023-12-15"),
        ("2024-12-31", 0, 1, "2025-01-01"),
        ("2024-03-01", 0, -1, "2024-02-29"),
        ("9999-12-31", 0, 1, "9999-12-31"),
        ("9999-12-31", 1, 1, "9999-12-31"),
        ("0001-01-01", 0, -1, "0001-01-01"),
        ("0001-01-01", 2, -1, "0001-01-01"),
    ],
)
def test_a_date_moves_to_a_day_that_there_is(day, place, by, then):
    assert moved(date.fromisoformat(day), place, by).isoformat() == then


@given(st.dates(), st.integers(0, 2), st.integers(-20, 20))
def test_a_moved_date_is_near_what_was_asked_for(day, place, by):
    then = moved(day, place, by)
    if then != day and place:
        months = (then.year - day.year) * 12 + then.month - day.month
        assert months == (by if place == 1 else 12 * by)
        assert then.day <= day.day


@pytest.mark.parametrize("text", ["0", "-3", "12"])
def test_whole_numbers_are_numbers_of_both_kinds(text):
    assert is_number(text, Kind.INTEGER)
    assert is_number(text, Kind.DECIMAL)


@pytest.mark.parametrize("text", ["", "-", "2.5.1", "abc", "NaN", "Infinity", "2,5"])
def test_what_is_no_number_is_none(text):
    assert not is_number(text, Kind.DECIMAL)


def test_half_a_person_is_no_whole_number():
    assert not is_number("2.5", Kind.INTEGER)


def test_a_long_list_on_a_small_panel_stands_in_one_column_if_that_fits(steps):
    many = tuple(replace(steps["ou"].choices[0], name=f"c{n}") for n in range(4))
    widget, _ = put(replace(steps["ou"], choices=many))
    lefts = {round(card.x) for card in widget.cards.values()}
    assert len(lefts) in (1, 2)


def test_every_way_of_answering_leads_to_a_widget():
    for way in WAYS:
        if way.widget:
            assert callable(getattr(way.loaded, way.widget)), way
