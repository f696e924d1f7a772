"""Dates, times, ranges and rankings, with real touches."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as cases
from hypothesis import strategies as st

from tests.kiosk import driver, hall  # isort: split

from kivy.core.window import Window

from forms.engine import Kind, Range
from kiosk.calendars import coptic, ethiopian, islamic, persian
from kiosk.language import tr
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.answer import Setting
from kiosk.widgets.dates import DaySteps, full_year
from kiosk.widgets.kinds import answer_widget, describe
from kiosk.widgets.pad import CardPad, DigitPad
from kiosk.widgets.stepper import ValueKey
from kiosk.widgets.words import Words

NOW = datetime(2026, 11, 21, 14, 33)


@pytest.fixture
def steps(window):
    tr.speak("fr")
    theme.fit(Panel(window.width, window.height, window.diagonal))
    entry = hall.offer().begin()
    entry.answer("/data/velo", "oui")
    return {step.ref.rpartition("/")[2]: step for step in entry.steps()}


def put(step, value="", kind=None, appearance=""):
    step = replace(step, kind=kind or step.kind, appearance=frozenset(appearance.split()))
    widget = answer_widget(step, value, Setting(hall.TODAY, now=lambda: NOW))
    given = []
    widget.bind(on_given=lambda _, value: given.append(value))
    driver.show(widget)
    widget.room = 500
    driver.frames(3)
    return widget, given


def over(kind):
    """What has come up over the page."""
    driver.frames(2)
    return next(child for child in Window.children if isinstance(child, kind))


def write(text):
    """On the pad that has come up, and done."""
    pad = over(DigitPad)
    for digit in text:
        driver.tap(pad.keyboard.cap(digit))
    pad.done()
    driver.frames(2)


# --- dates ----------------------------------------------------------------------------------------


def test_each_part_of_a_date_can_be_said_directly(steps):
    widget, given = put(steps["depuis"])
    driver.tap(widget.shortcuts.now)
    assert given == ["2026-11-21"]
    widget.days.write(2)
    write("1985")
    assert given[-1] == "1985-11-21"
    widget.days.write(1)
    months = list(reversed(over(CardPad).grid.children))
    driver.tap(months[1])
    assert given[-1] == "1985-02-21"
    widget.days.write(0)
    write("31")
    assert given[-1] == ""
    assert [stepper.value for stepper in widget.steppers] == ["31", "février", "1985"]
    assert widget.unfinished == "Ce jour n’existe pas dans ce mois."
    widget.days.write(0)
    write("28")
    assert given[-1] == "1985-02-28"
    assert widget.unfinished == ""
    driver.tap(widget.shortcuts.clear)
    assert given[-1] == ""
    assert [stepper.value for stepper in widget.steppers] == ["", "", ""]


def test_a_pad_that_is_closed_changes_nothing_and_keeps_nothing(steps):
    widget, given = put(steps["depuis"], "2024-02-29")
    widget.days.write(0)
    pad = over(DigitPad)
    driver.tap(pad.keyboard.cap("7"))
    pad.close()
    assert given == []
    assert pad.field.text == ""
    assert pad.keyboard.field is None


@pytest.mark.parametrize(
    "appearance, given, told",
    [
        ("", "2024-02-29", "29 février 2024"),
        ("month-year", "2024-02-01", "février 2024"),
        ("year", "2024-01-01", "2024"),
        ("ethiopian", "2024-02-29", "29 février 2024\nCalendrier éthiopien : 21/6/2016"),
        ("myanmar", "2024-02-29", "29 février 2024\nDate du calendrier grégorien."),
    ],
)
def test_as_much_of_a_date_as_the_form_wants_is_asked_for_and_told(steps, appearance, given, told):
    widget, got = put(steps["depuis"], "", appearance=appearance)
    widget.days.give(date(2024, 2, 29))
    assert got == [given]
    assert describe(widget.step, given).replace("\N{NO-BREAK SPACE}", " ") == told


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_every_part_of_a_date_is_in_sight_and_can_be_touched(steps, window):
    for size in range(theme.sizes):
        theme.choose_capital(size)
        widget, _ = put(steps["depuis"], "2024-09-29")
        for stepper in widget.steppers:
            assert stepper.x >= -1
            assert stepper.right <= window.width + 1
            words = [word for word in stepper.walk() if isinstance(word, Words)]
            assert all(word.texture_size[0] <= word.width + 2 for word in words if word.text)


@cases(st.dates(date(1900, 1, 1), date(2199, 12, 31)), st.lists(st.integers(0, 2)))
def test_a_date_is_whole_once_its_three_parts_were_said_and_is_what_was_said(day, order):
    tr.speak("fr")
    widget = DaySteps(hall.offer().begin().step("/data/depuis"), "", Setting(hall.TODAY))
    for place in order:
        assert widget.put(place, (day.day, day.month, day.year)[place]) == ""
    assert widget.said == (day.isoformat() if set(order) == {0, 1, 2} else "")
    assert bool(widget.unfinished) is bool(order and not widget.said)


def test_a_touch_on_one_part_of_a_date_says_nothing_of_the_others(steps):
    widget, given = put(steps["depuis"])
    widget.days.move(0, 1)
    assert given == []
    assert [stepper.value for stepper in widget.steppers] == ["21", "", ""]
    assert widget.unfinished == "Touchez «\N{NO-BREAK SPACE}21\N{NO-BREAK SPACE}» pour confirmer."
    widget.days.keep(0)
    assert widget.unfinished == "Il manque encore\N{NO-BREAK SPACE}: Mois"
    widget.days.move(1, -1)
    widget.days.move(1, -1)
    assert [stepper.value for stepper in widget.steppers] == ["21", "octobre", ""]
    widget.days.write(2)
    write("1950")
    assert given == ["1950-10-21"]
    assert widget.unfinished == ""


def test_what_is_proposed_is_confirmed_by_a_touch_on_it(steps):
    widget, given = put(steps["depuis"], appearance="year")
    more = [one for one in widget.walk() if getattr(one, "said", "") == "Plus, Année"]
    driver.tap(more[0])
    assert given == []
    value = [one for one in widget.walk() if isinstance(one, ValueKey)]
    assert value[0].text == "2026\N{NO-BREAK SPACE}?"
    driver.tap(value[0])
    assert given == ["2026-01-01"]


@pytest.mark.parametrize(
    "place, written, said",
    [
        (0, "32", "Donnez un nombre entre 1 et 31."),
        (0, "0", "Donnez un nombre entre 1 et 31."),
    ],
)
def test_a_part_that_there_is_not_is_refused_with_its_bounds(steps, place, written, said):
    widget, given = put(steps["depuis"])
    widget.days.write(place)
    write(written)
    assert over(DigitPad).trouble == said
    assert given == []
    assert not widget.days.parts


@pytest.mark.parametrize(
    "written, year", [(85, 1985), (26, 2026), (36, 2036), (37, 1937), (0, 2000), (1789, 1789)]
)
def test_two_digits_mean_the_nearest_year_that_is_not_far_ahead(written, year):
    assert (full_year(written, date(2026, 11, 21)) if written < 100 else written) == year


@pytest.mark.parametrize(
    "convert, day, there",
    [
        (ethiopian, date(2019, 9, 12), (2012, 1, 1)),
        (ethiopian, date(2023, 9, 12), (2016, 1, 1)),
        (coptic, date(2019, 9, 12), (1736, 1, 1)),
        (islamic, date(2024, 7, 8), (1446, 1, 1)),
        (islamic, date(622, 7, 19), (1, 1, 1)),
        (persian, date(2024, 3, 20), (1403, 1, 1)),
        (persian, date(2025, 3, 21), (1404, 1, 1)),
        (persian, date(2021, 3, 20), (1399, 12, 30)),
        (persian, date(1979, 2, 11), (1357, 11, 22)),
    ],
)
def test_days_in_other_calendars(convert, day, there):
    assert convert(day) == there


@pytest.mark.parametrize("convert", [coptic, ethiopian, islamic, persian])
def test_in_every_calendar_the_next_day_is_the_next(convert):
    day = date(1900, 1, 1)
    before = convert(day)
    for _ in range(4000):
        day += timedelta(days=17)
        then = convert(day)
        assert then > before
        assert 1 <= then[1] <= 13
        assert 1 <= then[2] <= 31
        before = then


def test_two_quick_touches_on_more_propose_a_day_and_say_nothing(tmp_path):
    with hall.hall(tmp_path) as home:
        home.begin()
        while home.kiosk.journey.step().ref != "/data/depuis":
            home.on() if home.kiosk.journey.step().ref != "/data/age" else answer_age(home)
        more = next(thing for thing in home.hands.things() if thing.said == "Plus, Jour")
        driver.tap(more)
        with driver.trembling():
            driver.tap(more)
        assert home.kiosk.journey.value() == ""
        assert home.kiosk.page.answer.days.parts == {}
        before = home.kiosk.journey.ref
        home.on()
        assert home.kiosk.journey.ref == before
        assert (
            home.kiosk.page.trouble
            == "Touchez «\N{NO-BREAK SPACE}21\N{NO-BREAK SPACE}» pour confirmer."
        )


def answer_age(home):
    home.type("30")
    home.on()


# --- times ----------------------------------------------------------------------------------------


def test_a_time_is_proposed_as_now_steps_by_five_minutes_and_can_be_said(steps):
    widget, given = put(steps["depuis"], kind=Kind.TIME)
    widget.clock.move(1, 1)
    assert given == [] and widget.unfinished == "Il manque encore\N{NO-BREAK SPACE}: Heure"
    widget.clock.move(0, 1)
    assert widget.unfinished == "Touchez «\N{NO-BREAK SPACE}14\N{NO-BREAK SPACE}» pour confirmer."
    widget.clock.keep(0)
    assert given == []
    widget.clock.keep(1)
    widget.clock.move(1, 1)
    widget.clock.move(1, -1)
    assert given == ["14:33", "14:35", "14:30"]
    widget.clock.move(0, 10)
    assert given[-1] == "00:30"
    widget.clock.write(1)
    write("7")
    assert given[-1] == "00:07"
    widget.clock.write(0)
    write("99")
    assert over(DigitPad).trouble == "Donnez un nombre entre 0 et 23."
    over(DigitPad).close()
    assert given[-1] == "00:07"
    driver.tap(widget.shortcuts.clear)
    assert given[-1] == ""


def test_a_moment_is_whole_once_both_its_halves_are(steps):
    widget, given = put(steps["depuis"], kind=Kind.DATETIME)
    widget.days.give(date(2026, 11, 21))
    assert given == []
    assert widget.unfinished == "Il manque encore\N{NO-BREAK SPACE}: Heure"
    widget.clock.put(0, 14)
    assert widget.unfinished == "Il manque encore\N{NO-BREAK SPACE}: Minutes"
    widget.clock.put(1, 33)
    assert given == ["2026-11-21T14:33"]
    widget.clock.move(0, -1)
    assert given[-1] == "2026-11-21T13:33"
    assert describe(widget.step, "2026-11-21T13:33:00.000+01:00") == "21 novembre 2026, 13:33"
    driver.tap(widget.shortcuts.clear)
    driver.tap(widget.shortcuts.now)
    assert given[-2:] == ["", "2026-11-21T14:33"]


def test_what_was_answered_before_is_shown_in_its_parts(steps):
    widget, _ = put(steps["depuis"], "2026-11-21T09:05:00.000+01:00", kind=Kind.DATETIME)
    assert [stepper.value for stepper in widget.clock.steppers] == ["09", "05"]
    assert widget.days.steppers[0].value == "21"


# --- ranges ---------------------------------------------------------------------------------------


def ranged(steps, start, end, step, appearance="", value=""):
    bounds = Range(Decimal(start), Decimal(end), Decimal(step))
    return put(replace(steps["note"], bounds=bounds), value, appearance=appearance)


def test_stars_shine_up_to_the_one_that_is_touched(steps):
    widget, given = ranged(steps, "1", "5", "1", "rating")
    driver.tap(widget.keys[2])
    assert given == ["3"]
    assert [key.taken for key in widget.keys] == [True, True, True, False, False]
    driver.tap(widget.keys[2])
    assert given[-1] == ""


def test_an_upright_line_has_its_highest_number_above(steps):
    widget, _ = ranged(steps, "0", "4", "1", "vertical")
    tops = {key.text: key.top for key in widget.keys}
    assert tops["4"] > tops["3"] > tops["0"]


def test_a_number_among_many_is_picked_or_written(steps):
    widget, given = ranged(steps, "1", "30", "1", "picker")
    widget.pick()
    cards = list(reversed(over(CardPad).grid.children))
    driver.tap(cards[6])
    assert given == ["7"]
    widget, given = ranged(steps, "0", "1000", "5")
    widget.pick()
    write("125")
    assert given == ["125"]


@pytest.mark.parametrize(
    "written, said",
    [
        ("123", "Ici, on compte de 5 en 5, à partir de 0."),
        ("9999", "Donnez un nombre entre 0 et 1 000."),
    ],
)
def test_no_other_number_is_put_for_one_that_a_range_has_not(steps, written, said):
    widget, given = ranged(steps, "0", "1000", "5")
    widget.move(1)
    write(written)
    assert " ".join(over(DigitPad).trouble.split()) == said
    assert given == []
    over(DigitPad).close()


def test_the_first_touch_beside_a_long_range_asks_for_its_number(steps):
    for start, end, step, written in (("0", "100", "1", "7"), ("-200", "200", "0.5", "-3,5")):
        widget, given = ranged(steps, start, end, step)
        widget.move(-1)
        assert given == []
        write(written)
        assert given == [written.replace(",", ".")]
        widget.move(-1)
        assert float(given[-1]) == float(given[0]) - float(step)


def test_a_decimal_that_the_form_holds_is_found_on_the_line(steps):
    widget, given = ranged(steps, "0", "10", "0.5", value="7.0")
    widget.move(1)
    assert given == ["7.5"]
    widget, _ = ranged(steps, "0", "10", "1", value="7.0")
    assert [key.text for key in widget.keys if key.taken] == ["7"]


# --- rankings -------------------------------------------------------------------------------------


def test_once_all_have_their_place_arrows_move_them(steps):
    widget, given = put(steps["ordre"])
    driver.tap(widget.cards["quai"])
    driver.tap(widget.cards["parc"])
    driver.frames(3)
    assert given[-1] == "quai parc place"
    driver.tap(widget.rows["place"].up)
    assert given[-1] == "quai place parc"
    driver.frames(2)
    driver.tap(widget.rows["quai"].down)
    assert given[-1] == "place quai parc"
    driver.frames(2)
    tops = [widget.cards[name].top for name in ("place", "quai", "parc")]
    assert tops == sorted(tops, reverse=True)
    assert widget.rows["place"].up.disabled
    assert widget.rows["parc"].down.disabled


def test_a_choice_is_carried_to_its_place(steps):
    widget, given = put(steps["ordre"], "place parc quai")
    driver.frames(3)
    finger = driver.finger(widget.cards["quai"])
    finger.touch_down()
    driver.frames()
    finger.touch_move(*widget.cards["place"].to_window(*widget.cards["place"].center))
    driver.frames(2)
    finger.touch_up()
    driver.frames(2)
    assert given == ["quai place parc"]


def test_a_touch_takes_a_place_away_and_the_choices_stand_as_before(steps):
    widget, given = put(steps["ordre"], "quai parc place")
    driver.frames(2)
    driver.tap(widget.cards["parc"])
    assert given == ["quai place"]
    assert widget.rows == {}
    assert all(card.parent is widget.grid for card in widget.cards.values())
