import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine import Kind
from kiosk.focus import stops
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


def focused(town):
    return [stop for stop in stops(town.kiosk.children[0]) if stop.focus]


def test_the_first_tab_leads_to_what_the_screen_is_about(town):
    town.begin()
    assert focused(town) == []
    town.on()
    driver.key("tab")
    (stop,) = focused(town)
    assert stop is town.kiosk.page.answer.field


def test_tab_goes_round_everything_that_can_be_touched_and_back_again(town):
    driver.frames(2)
    order = []
    for _ in town.things:
        driver.key("tab")
        order += focused(town)
    assert sorted(stop.said for stop in order) == sorted(town.things)
    driver.key("tab")
    assert focused(town) == order[:1]
    driver.key("tab", None, "shift")
    assert focused(town) == order[-1:]


def test_tab_stays_within_a_question_over_the_screen(town):
    town.begin()
    town.tool("stop")
    for _ in range(5):
        driver.key("tab")
        (stop,) = focused(town)
        assert isinstance(stop, Lead) or stop.said in town.things
    assert len(town.things) == 2


def test_what_left_the_screen_feels_no_key_any_more(town):
    town.begin()
    town.tool("help")
    driver.key("tab")
    driver.key("enter")
    assert town.name == "question"
    before = town.kiosk.journey.ref
    for _ in range(3):
        driver.key("enter")
    assert town.kiosk.journey.ref == before


def test_enter_pressed_again_and_again_seals_once(town):
    town.begin()
    for _ in range(40):
        step = town.kiosk.journey.step() if town.name == "question" else None
        if step is not None and step.kind is Kind.INTEGER:
            town.type("30")
        if town.name == "confirm":
            break
        town.on()
    before = town.sealed
    next_ = town.kiosk.page.ids.next.__self__
    while not next_.focus:
        driver.key("tab")
    for _ in range(4):
        driver.key("enter")
    assert town.name == "receipt"
    assert town.sealed == before + 1


def test_what_tab_leads_to_comes_into_sight(town):
    town.begin()
    for _ in range(40):
        step = town.kiosk.journey.step() if town.name == "question" else None
        if step is not None and step.kind is Kind.INTEGER:
            town.type("30")
        if town.name == "review":
            break
        town.on()
    town.wait_for_review()
    view = town.kiosk.page.ids.paged._view
    assert view.beyond
    for _ in range(len(town.things)):
        driver.key("tab")
        (stop,) = focused(town)
        if stop in set(view.column.walk(restrict=True)):
            assert view.y - 1 <= stop.y
            assert stop.top <= view.top + 1


def test_a_pin_can_be_typed_on_a_real_keyboard(town):
    town.kiosk.open_sign_in()
    town.touch(hall.MEDIATOR)
    for digit in "473":
        driver.key(digit, digit)
    driver.key("numpad1")
    driver.key("numpad9")
    driver.key("backspace")
    assert town.kiosk.page.dots == 4
    town.touch("Valider")
    assert town.name == "mediator"
