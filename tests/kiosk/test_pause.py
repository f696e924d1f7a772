"""Hands that tremble touch twice: the second touch must not answer what nobody has seen."""

from contextlib import contextmanager

import pytest
from kivy.uix.widget import Widget

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.commands import KEY_SETS
from kiosk.journey import Stage
from kiosk.pause import Pause, pause
from kiosk.people.accounts import Role
from kiosk.widgets.methods.judgment import MajorityJudgment

SEVERAL = """
| survey | type | name | label | parameters | appearance |
| | select_multiple lieux | ou | Où ? | | |
| | text | idee | Votre idée ? | | |
| | rank lieux | ordre | Dans quel ordre ? | | |
| | range | combien | Combien ? | start=0 end=100 step=1 | |
| | select_one lieux | vite | Vite ? | | quick |
| | note | fin | Merci. | | |
| choices | list_name | name | label |
| | lieux | place | La place |
| | lieux | parc | Le parc |
| | lieux | quai | Le quai |
| settings | form_title | form_id | version | default_language |
| | Plusieurs | plusieurs | 1 | fr |
"""


@contextmanager
def judging(folder, **more):
    """A kiosk where projects are given mentions."""
    with hall.hall(folder, hall.from_catalogue("jugement-majoritaire"), **more) as home:
        home.begin()
        while not isinstance(getattr(home.kiosk.page, "answer", None), MajorityJudgment) or (
            home.kiosk.page.briefs
        ):
            home.on()
        yield home


def touch_twice(x, y, seconds):
    """Two touches at a point of the window, whatever is there by then."""
    for between in (1.0, seconds):
        with driver.trembling(between):
            touch = driver.touch_at(x, y)
        touch.touch_down()
        driver.frames()
        touch.touch_up()
        driver.frames(3)


def test_two_quick_touches_on_the_way_on_pass_over_no_question(tmp_path):
    with hall.hall(tmp_path) as home:
        home.begin()
        first = home.kiosk.journey.place()[0]
        for seconds in (0.05, 0.15, 0.45):
            driver.tap(home.kiosk.page.ids.next)
            with driver.trembling(seconds):
                driver.tap(home.kiosk.page.ids.next)
            assert home.kiosk.journey.place()[0] == first + 1
            home.back()
            assert home.kiosk.journey.place()[0] == first


def test_half_a_second_later_the_way_on_leads_on(tmp_path):
    with hall.hall(tmp_path) as home:
        home.begin()
        first = home.kiosk.journey.place()[0]
        with driver.trembling(0.55):
            home.on(2)
        assert home.kiosk.journey.place()[0] == first + 2


def test_two_quick_touches_on_the_welcome_choose_no_language(tmp_path):
    with hall.hall(tmp_path) as home:
        start = home.kiosk.page.ids.start
        for _ in range(3):
            touch_twice(*start.to_window(*start.center), 0.1)
            assert home.name == "language"
            home.back()
            assert home.name == "welcome"


def test_two_quick_touches_on_the_way_back_lead_back_once(tmp_path):
    with hall.hall(tmp_path) as home:
        home.begin()
        home.on(3)
        before = home.kiosk.journey.place()[0]
        home.back()
        with driver.trembling():
            home.back()
        assert home.kiosk.journey.place()[0] == before - 1


@pytest.mark.parametrize("window", driver.SCREENS, indirect=True)
def test_a_mention_touched_twice_judges_one_project(tmp_path, window):
    with judging(tmp_path, screen=window) as home:
        answer = home.kiosk.page.answer
        driver.tap(answer.cards["excellent"])
        with driver.trembling():
            driver.tap(answer.cards["excellent"])
        assert [value for value in answer.values.values() if value] == ["excellent"]
        second = list(answer.cards)[1]
        driver.tap(answer.cards[second])
        assert [value for value in answer.values.values() if value] == ["excellent", second]


def test_a_mention_chosen_by_two_quick_presses_judges_one_project(tmp_path):
    with judging(tmp_path, key_map=KEY_SETS["switches"]) as home:
        answer = home.kiosk.page.answer
        while home.kiosk.keypad.focused is not answer.cards["excellent"]:
            driver.key("spacebar")
        driver.key("enter")
        with driver.trembling(0.12):
            driver.key("enter")
        assert [value for value in answer.values.values() if value] == ["excellent"]


def test_a_choice_touched_twice_stays_chosen_and_others_can_be_touched_at_once(
    tmp_path,
):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        cards = home.kiosk.page.answer.cards
        driver.tap(cards["place"])
        with driver.trembling():
            driver.tap(cards["place"])
            driver.tap(cards["quai"])
        assert home.kiosk.journey.value() == "place quai"
        with driver.trembling():
            home.on()
        assert home.kiosk.journey.step().ref == "/data/idee"


def test_typing_is_as_quick_as_one_can(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        home.on()
        driver.tap(home.kiosk.page.answer.field)
        driver.tap(home.kiosk.page.answer.keyboard.cap("e"))
        with driver.trembling(0.06):
            for _ in range(4):
                driver.tap(home.kiosk.page.answer.keyboard.cap("l"))
        assert home.kiosk.journey.value() == "ellll"


@pytest.mark.parametrize("window", [driver.SMALL], indirect=True)
def test_two_quick_touches_on_a_field_write_nothing(tmp_path, window):
    with hall.hall(tmp_path, hall.consultation(SEVERAL), screen=window) as home:
        home.begin()
        home.on()
        page = home.kiosk.page
        for up in (0.1, 0.5, 0.9):
            field = page.answer.field
            touch_twice(*field.to_window(field.center_x, field.y + field.height * up), 0.15)
            home.touch("Fini")
        assert home.kiosk.journey.value() == ""


def test_the_last_choice_of_a_ranking_touched_twice_keeps_its_place(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        home.on(2)
        answer = home.kiosk.page.answer
        driver.tap(answer.cards["quai"])
        touch_twice(*answer.cards["parc"].to_window(*answer.cards["parc"].center), 0.2)
        assert answer.value == "quai parc place"


def test_more_and_less_can_be_touched_as_quickly_as_one_likes(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        home.on(3)
        answer = home.kiosk.page.answer
        answer.give("10")
        answer._show()
        more = next(thing for thing in home.hands.things() if thing.said == "Plus")
        driver.tap(more)
        with driver.trembling(0.08):
            for _ in range(4):
                driver.tap(more)
        assert answer.value == "15"


def test_an_answer_that_leads_on_by_itself_takes_no_second_touch_with_it(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        home.on(4)
        driver.tap(home.kiosk.page.answer.cards["parc"])
        place = home.kiosk.page.ids.next.to_window(*home.kiosk.page.ids.next.center)
        home.kiosk.page._move_on()
        driver.frames(2)
        assert home.kiosk.journey.step().ref == "/data/fin"
        with driver.trembling(0.3):
            touch = driver.touch_at(*place)
        touch.touch_down()
        driver.frames()
        touch.touch_up()
        driver.frames(2)
        assert home.kiosk.journey.stage is Stage.QUESTION


def test_a_question_over_the_screen_is_not_answered_by_the_touch_that_brought_it(
    tmp_path,
):
    with hall.hall(tmp_path) as home:
        home.begin()
        home.tool("stop")
        erase = next(thing for thing in home.hands.things() if thing.said == "Oui, tout effacer")
        with driver.trembling():
            driver.tap(erase)
        assert home.name == "question" and home.kiosk.asks
        driver.tap(erase)
        assert home.name == "welcome"


def test_what_was_there_is_forgotten_with_the_screen(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        driver.tap(home.kiosk.page.answer.cards["parc"])
        home.kiosk.erase()
        driver.frames(2)
        assert not pause._before


def test_the_very_first_touch_after_the_start_counts(window):
    moments = hall.Seconds()
    fresh, there = Pause(moments), Widget()
    fresh.changed()
    assert not fresh.swallows_touch(there, 1, 1)
    fresh.touched(there)
    fresh.changed()
    assert fresh.swallows_touch(there, 1, 1)
    moments.now += 0.6
    assert not fresh.swallows_touch(there, 1, 1)


def press_long_then_touch(x, y):
    """A slow press, and a second touch that follows at once when it is over."""
    touch = driver.touch_at(x, y)
    touch.touch_down()
    driver.frames()
    driver.moments.now += 0.8
    touch.touch_up()
    driver.frames(3)
    with driver.trembling():
        again = driver.touch_at(x, y)
    again.touch_down()
    driver.frames()
    again.touch_up()
    driver.frames(3)


def test_a_second_touch_after_a_long_press_judges_one_project(tmp_path):
    with judging(tmp_path) as home:
        answer = home.kiosk.page.answer
        card = answer.cards["excellent"]
        press_long_then_touch(*card.to_window(*card.center))
        assert [value for value in answer.values.values() if value] == ["excellent"]


def test_a_second_touch_after_a_long_press_does_not_take_a_choice_away(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEVERAL)) as home:
        home.begin()
        card = home.kiosk.page.answer.cards["place"]
        press_long_then_touch(*card.to_window(*card.center))
        assert home.kiosk.journey.value() == "place"
        with driver.trembling(0.6):
            driver.tap(card)
        assert home.kiosk.journey.value() == ""


def test_a_name_that_moved_under_the_finger_is_not_chosen(tmp_path):
    with hall.hall(tmp_path, people=True) as home:
        home.kiosk.open_sign_in()
        driver.frames(3)
        first = home.kiosk.page.ids.people.children[-1]
        place = first.to_window(*first.center)
        driver.moments.now += 1
        driver.tap(next(one for one in home.hands.things() if one.said == "1"))
        home.kiosk.counter.accounts.add("Aaron", Role.MEDIATOR, "82057")
        home.kiosk._tick()
        driver.frames(3)
        with driver.trembling():
            touch = driver.touch_at(*place)
        touch.touch_down()
        driver.frames()
        touch.touch_up()
        driver.frames(2)
        assert home.kiosk.page.name == ""
        assert home.kiosk.page.dots == 1
