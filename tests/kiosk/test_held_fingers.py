"""A finger that is down while the screen changes: another person's, or one's other hand."""

import pytest

from tests.kiosk import driver, hall, media  # isort: split

from forms.engine import Kind


@pytest.fixture
def asked(tmp_path):
    with hall.hall(tmp_path) as opened:
        opened.begin()
        yield opened


def to_kind(asked, kind):
    for _ in range(20):
        step = asked.kiosk.journey.step()
        if step.kind is kind:
            break
        if step.kind is Kind.INTEGER:
            asked.type("34")
        asked.on()
    driver.frames(3)


def hold_down(widget, across=0.5, up=0.5):
    finger = driver.finger(widget, across, up)
    finger.touch_down()
    driver.frames()
    return finger


def lift(finger):
    finger.touch_up()
    driver.frames(3)


def test_a_finger_left_on_a_choice_answers_no_other_question(asked):
    to_kind(asked, Kind.SELECT_ONE)
    finger = hold_down(asked.kiosk.page.answer.cards["oui"])
    asked.on()
    assert asked.kiosk.journey.step().kind is not Kind.SELECT_ONE
    lift(finger)
    assert asked.kiosk.journey.value() == ""
    asked.back()
    assert asked.kiosk.journey.value() == ""


def test_a_finger_left_on_the_way_on_leads_nobody_on_after_everything_was_erased(asked):
    finger = hold_down(asked.kiosk.page.ids.next)
    asked.kiosk.erase()
    driver.frames(2)
    lift(finger)
    assert asked.name == "welcome"
    assert asked.kiosk.page.parent is asked.kiosk


def test_a_finger_left_on_a_line_of_the_review_changes_nothing_once_that_is_left(asked):
    to_kind(asked, Kind.INTEGER)
    asked.type("34")
    asked.skip_to_review()
    (line, *_) = asked.kiosk.page.ids.lines.children
    pencil = next(thing for thing in asked.hands.things() if line in thing.walk_reverse())
    finger = hold_down(pencil)
    asked.on()
    lift(finger)
    assert asked.name == "confirm"


def test_what_is_below_a_question_that_comes_up_is_not_touched(asked):
    finger = hold_down(asked.kiosk.page.ids.next)
    ref = asked.kiosk.journey.ref
    asked.kiosk.call_for_help()
    driver.frames(2)
    lift(finger)
    assert asked.kiosk.asks
    assert asked.kiosk.journey.ref == ref


def test_a_button_that_was_held_can_be_touched_again(asked):
    way_on = asked.kiosk.page.ids.next
    finger = hold_down(way_on)
    asked.kiosk.call_for_help()
    asked.kiosk.dismiss()
    assert way_on.state == "normal"
    ref = asked.kiosk.journey.ref
    driver.tap(way_on)
    assert asked.kiosk.journey.ref != ref
    lift(finger)


def test_a_key_held_while_the_question_changes_writes_nothing_and_none_stays_pressed(asked):
    to_kind(asked, Kind.TEXT)
    driver.tap(asked.kiosk.page.answer.field)
    keyboard = asked.kiosk.page.answer.keyboard
    cap = keyboard.cap("a")
    finger = hold_down(cap)
    asked.kiosk.journey.next()
    asked.kiosk.show()
    driver.frames(3)
    lift(finger)
    assert not cap.down
    assert asked.kiosk.journey.value() == ""
    asked.back()
    assert asked.kiosk.journey.value() == ""


def test_a_stroke_not_ended_when_the_question_changes_answers_no_other(tmp_path):
    with media.hall_with(tmp_path, media.equipment()) as kiosk:
        paper = media.to(kiosk, "croquis").ids.paper
        finger = hold_down(paper, 0.2, 0.2)
        finger.touch_move(finger.x + 60, finger.y + 60)
        driver.frames()
        kiosk.on()
        assert kiosk.kiosk.journey.ref.endswith("/signature")
        lift(finger)
        assert kiosk.kiosk.journey.value() == ""


def test_a_page_that_was_being_dragged_does_not_move_under_a_question_that_comes_up(asked):
    to_kind(asked, Kind.RANK)
    view = asked.kiosk.page.ids.paged._view
    finger = hold_down(view)
    asked.kiosk.call_for_help()
    asked.kiosk.dismiss()
    at = view.hidden_above
    finger.touch_move(finger.x, finger.y + 200)
    driver.frames(2)
    assert view.hidden_above == at
    lift(finger)
    assert view._drag is None


def test_a_stroke_begun_before_help_was_called_is_kept(tmp_path):
    with media.hall_with(tmp_path, media.equipment()) as kiosk:
        paper = media.to(kiosk, "croquis").ids.paper
        finger = hold_down(paper, 0.2, 0.2)
        finger.touch_move(finger.x + 60, finger.y + 60)
        driver.frames()
        kiosk.tool("help")
        lift(finger)
        assert kiosk.kiosk.journey.value().startswith("croquis-")


def test_of_two_fingers_on_a_question_only_the_first_lifted_answers_it(asked):
    asked.tool("stop")
    keep, erase = list(asked.hands.things())[-2:]
    finger = hold_down(erase)
    driver.tap(keep)
    lift(finger)
    assert asked.name == "question"
