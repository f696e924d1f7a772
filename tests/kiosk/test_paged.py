import pytest
from kivy.uix.boxlayout import BoxLayout

from tests.kiosk import driver, hall  # isort: split

from kiosk.screens.review import Answers
from kiosk.theme.theme import Panel, theme
from kiosk.widgets.paged import Paged
from kiosk.widgets.touch import Action, Tap


@pytest.fixture
def pressed(window):
    theme.fit(Panel(window.width, window.height, window.diagonal))
    return []


def paged(pressed, count):
    column = Paged()
    for number in range(count):
        thing = Tap(said=str(number), size_hint_y=None, height=100)
        thing.bind(on_release=lambda thing: pressed.append(thing.said))
        column.add_widget(thing)
    box = BoxLayout()
    box.add_widget(column)
    driver.show(box)
    driver.frames(4)
    return column


def things(column):
    return list(reversed(column.column.children))


def drag(column, by, over=0):
    finger = driver.finger(things(column)[over])
    finger.touch_down()
    driver.frames()
    for _ in range(1, 6):
        finger.touch_move(finger.x, finger.y + by / 5)
        driver.frames()
    return finger


def test_a_short_column_has_nothing_to_turn(pressed):
    column = paged(pressed, 3)
    assert not column.overflows
    driver.tap(things(column)[0])
    assert pressed == ["0"]


def test_a_long_column_is_read_to_its_end_with_two_buttons(pressed):
    column = paged(pressed, 30)
    assert column.overflows
    turners = column._turners
    down, up = turners.children[0], turners.children[1]
    assert turners.at_top
    assert up.disabled
    view = column._view
    seen = set()
    for _ in range(30):
        seen |= {
            thing.said
            for thing in things(column)
            if thing.top <= view.top + 1 and thing.y >= view.y - 1
        }
        if turners.at_end:
            break
        driver.tap(down)
    assert turners.at_end
    assert seen == {str(number) for number in range(30)}
    assert down.disabled
    driver.tap(down)
    assert pressed == []
    driver.tap(up)
    assert not turners.at_end


def test_a_touch_reaches_what_is_under_it_at_once(pressed):
    column = paged(pressed, 30)
    finger = driver.finger(things(column)[1])
    finger.touch_down()
    driver.frames()
    assert things(column)[1].state == "down"
    finger.touch_up()
    driver.frames()
    assert pressed == ["1"]


def test_a_drag_moves_the_page_and_touches_nothing(pressed):
    column = paged(pressed, 30)
    before = column._view.hidden_above
    drag(column, 200, over=3).touch_up()
    driver.frames(2)
    assert column._view.hidden_above > before + 100
    assert pressed == []
    assert all(thing.state == "normal" for thing in things(column))
    driver.tap(things(column)[5])
    assert pressed == ["5"]


def test_a_drag_stops_at_the_ends(pressed):
    column = paged(pressed, 30)
    drag(column, -300).touch_up()
    driver.frames(2)
    assert column._view.hidden_above == 0
    drag(column, 100_000).touch_up()
    driver.frames(2)
    assert column._view.hidden_above == pytest.approx(column._view.beyond)


def test_a_trembling_finger_still_touches(pressed):
    column = paged(pressed, 30)
    drag(column, theme.mm(2), over=2).touch_up()
    driver.frames(2)
    assert pressed == ["2"]


def test_what_is_out_of_sight_cannot_be_touched(pressed):
    column = paged(pressed, 30)
    hidden = things(column)[-1]
    assert hidden.top < 0
    driver.tap(hidden)
    assert pressed == []


def test_a_second_finger_neither_drags_nor_stops_the_first(pressed):
    column = paged(pressed, 30)
    first = drag(column, 150, over=4)
    second = driver.finger(things(column)[8])
    second.touch_down()
    driver.frames()
    hidden = column._view.hidden_above
    second.touch_move(second.x, second.y - 80)
    driver.frames()
    assert column._view.hidden_above == hidden
    second.touch_up()
    first.touch_up()
    driver.frames(2)
    assert "4" not in pressed
    driver.tap(things(column)[6])
    assert pressed[-1] == "6"


def test_it_begins_at_the_top_again_when_asked(pressed):
    column = paged(pressed, 30)
    column.turn(1)
    column.to_top()
    driver.frames(2)
    assert column._view.hidden_above == 0


# --- touches --------------------------------------------------------------------------------------


@pytest.fixture
def button(pressed):
    made = Action(text="Oui", pos_hint={"center_x": 0.5, "center_y": 0.5})
    made.bind(on_release=lambda *_: pressed.append("Oui"))
    box = BoxLayout()
    box.add_widget(made)
    driver.show(box)
    return made


def test_a_touch_counts_when_the_finger_leaves_not_when_it_comes(button, pressed):
    finger = driver.finger(button)
    finger.touch_down()
    driver.frames(3)
    assert pressed == []
    finger.touch_up()
    driver.frames(2)
    assert pressed == ["Oui"]


def test_a_finger_that_leaves_outside_has_touched_nothing(button, pressed):
    finger = driver.finger(button)
    finger.touch_down()
    driver.frames()
    finger.touch_move(button.right + 40, button.center_y)
    driver.frames()
    finger.touch_up()
    driver.frames(2)
    assert pressed == []


def test_a_finger_that_comes_from_outside_has_touched_nothing(button, pressed):
    finger = driver.touch_at(button.right + 40, button.center_y)
    finger.touch_down()
    driver.frames()
    finger.touch_move(*button.center)
    driver.frames()
    finger.touch_up()
    driver.frames(2)
    assert pressed == []


def test_two_fingers_on_one_button_are_one_touch(button, pressed):
    fingers = [driver.finger(button, across) for across in (0.3, 0.7)]
    for finger in fingers:
        finger.touch_down()
    driver.frames()
    for finger in fingers:
        finger.touch_up()
    driver.frames(2)
    assert pressed == ["Oui"]
    driver.pass_time(0.05)
    assert button.state == "normal"
    driver.tap(button)
    assert pressed == ["Oui", "Oui"]


def test_what_is_put_away_feels_nothing_and_lets_the_touch_through(button, pressed):
    button.disabled = True
    driver.tap(button)
    assert pressed == []


@pytest.mark.parametrize("name", ["enter", "spacebar", "numpadenter"])
def test_keys_touch_what_has_the_focus(button, pressed, name):
    driver.key("tab")
    button.focus = True
    driver.key(name)
    assert pressed == ["Oui"]


def test_on_a_low_column_one_button_leads_to_the_end_and_back_to_the_top(pressed):
    column = paged(pressed, 10)
    column.size_hint_y, column.height = None, theme.target * 1.5
    driver.frames(4)
    down, up = column._turners.children
    assert (round(up.height), up.disabled) == (0, True)
    assert down.height >= theme.target
    for _ in range(40):
        if column._turners.at_end:
            break
        driver.tap(down)
    driver.frames(2)
    assert column._turners.at_end
    assert up.height >= theme.target
    driver.tap(up)
    assert not column._turners.at_end
    column.height = theme.target / 2
    driver.frames(4)
    assert column._turners.parent is None


def test_what_needs_a_second_line_beside_the_buttons_makes_them_stay(tmp_path):
    survey = """
| survey | type | name | label::Français (fr) |
| | geoshape | zone | De quel endroit parlez-vous ? |
| settings | form_title | form_id | version | default_language |
| | Une zone | zone | 1 | Français (fr) |
"""
    with hall.hall(tmp_path, hall.consultation(survey), screen=driver.SMALL) as there:
        there.begin()
        theme.choose_capital(theme.sizes - 1)
        driver.frames(8)
        paged = there.kiosk.page.ids.paged
        seen = set()
        for _ in range(8):
            driver.frames()
            seen.add((paged._turners.parent is not None, there.kiosk.page.ids.head_words.height))
        assert len(seen) == 1


def test_one_more_line_at_the_review_moves_none_of_those_that_are_there(pressed):
    column, lines = Paged(), Answers(orientation="vertical", size_hint_y=None, spacing=7.3)
    lines.bind(minimum_height=lines.setter("height"))
    column.add_widget(lines)
    box = BoxLayout()
    box.add_widget(column)
    driver.show(box)
    for number in range(30):
        lines.add_widget(Tap(said=str(number), size_hint_y=None, height=93.7))
        driver.frames(2)
    moved = []
    for thing in lines.children:
        thing.bind(pos=lambda thing, _: moved.append(thing.said))
    for number in range(30, 40):
        new = Tap(said=str(number), size_hint_y=None, height=93.7)
        lines.add_widget(new)
        driver.frames(2)
    assert moved == []
    assert new.top == pytest.approx(lines.children[1].y - 7.3, abs=1)
    assert lines.children[-1].top == pytest.approx(column.column.top, abs=1)
