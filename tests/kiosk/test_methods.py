"""The screens of ways to take part, by a person's own touches."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.language import tr
from kiosk.widgets.kinds import describe

SIZES = pytest.mark.parametrize(
    "screen", [driver.SMALL, driver.MIDDLE], ids=["800x480", "1280x800"]
)


@pytest.fixture
def at(tmp_path):
    """Leads somebody to the first question of a consultation of the catalogue."""
    opened = []

    def lead(name, screen=driver.MIDDLE, language="fr"):
        context = hall.hall(tmp_path, hall.from_catalogue(name), screen=screen)
        kiosk = context.__enter__()
        opened.append(context)
        kiosk.begin(language)
        return kiosk

    yield lead
    for context in opened:
        context.__exit__(None, None, None)


def said(kiosk):
    """What was sealed, by question name."""
    (contribution,) = hall.opened(kiosk.device)
    return {path.rpartition("/")[2]: value for path, value in contribution.fields}


def to_receipt(kiosk):
    """Pass over what is left, to the receipt."""
    for _ in range(60):  # long pages are gone through first
        if kiosk.name == "receipt":
            break
        kiosk.on()
    assert kiosk.name == "receipt"


def answer_of(kiosk):
    return kiosk.kiosk.page.answer


def touch(kiosk, thing):
    """Touch a part of the answer; where it is out of sight, turn the page to it before."""
    kiosk.kiosk.page.ids.paged._view.bring_into_sight(thing)
    driver.frames(2)
    driver.tap(thing)


def buy(kiosk, *names):
    for name in names:
        touch(kiosk, answer_of(kiosk).cards[name])


# --- participatory budget --------------------------------------------------------------------


@SIZES
def test_what_is_bought_leaves_the_purse_and_is_sealed_in_the_lists_order(at, screen):
    kiosk = at("budget", screen)
    answer = answer_of(kiosk)
    assert answer.standing.left == 1
    buy(kiosk, "fete", "cour", "bancs")
    assert answer.standing.left == pytest.approx(0.45)
    assert "45\N{NARROW NO-BREAK SPACE}000" in answer.standing.text
    to_receipt(kiosk)
    assert said(kiosk)["choix"] == "bancs cour fete"


@SIZES
def test_what_is_too_dear_says_so_when_touched_and_is_not_bought(at, screen):
    kiosk = at("budget", screen)
    answer = answer_of(kiosk)
    buy(kiosk, "cour", "toilettes")
    dear = answer.cards["jeux"]
    assert "15\N{NARROW NO-BREAK SPACE}000" in dear.lacking
    buy(kiosk, "jeux")
    assert not dear.taken
    assert answer.value == "cour toilettes"
    assert "Retirez un projet" in answer.standing.warning
    buy(kiosk, "fete")
    assert answer.standing.warning == ""
    assert answer.value == "cour toilettes fete"


def test_giving_back_makes_room_again(at):
    kiosk = at("budget")
    answer = answer_of(kiosk)
    buy(kiosk, "cour", "toilettes", "cour", "jeux")
    assert answer.value == "jeux toilettes"


def test_each_touch_can_be_undone_to_the_first(at):
    kiosk = at("budget")
    answer = answer_of(kiosk)
    assert answer.standing.can_undo is False
    buy(kiosk, "bancs", "fete", "bancs")
    values = []
    for _ in range(3):
        kiosk.touch(tr._("Annuler le dernier choix"))
        values.append(answer.value)
    assert values == ["bancs fete", "bancs", ""]
    assert answer.standing.can_undo is False


def test_the_purse_stays_in_sight_whatever_page_is_shown(at):
    kiosk = at("budget", driver.SMALL)
    standing = answer_of(kiosk).standing
    place = standing.to_window(*standing.pos)
    kiosk.kiosk.page.ids.paged.turn(1)
    driver.frames(2)
    assert standing.to_window(*standing.pos) == place
    assert standing.top <= kiosk.kiosk.page.ids.paged.y


def test_the_review_tells_the_projects_and_what_they_cost_together(at):
    kiosk = at("budget")
    step = kiosk.kiosk.journey.step()
    lines = describe(step, "bancs fete").splitlines()
    assert [line.split(",")[0] for line in lines[:2]] == [
        "Des bancs à l’ombre",
        "Une fête des voisins",
    ]
    assert "10\N{NARROW NO-BREAK SPACE}000" in lines[2]


def test_a_purse_that_is_only_shown_limits_the_number_of_projects_alone(at):
    kiosk = at("budget-toulouse")
    kiosk.on(4)
    answer = answer_of(kiosk)
    for name in ("4", "9", "22", "29", "5", "15", "19", "1"):
        answer.choose(name)
    assert answer.value == "4 5 9 15 19 22 29"
    assert "Retirez-en un" in answer.standing.warning


def test_leaving_forgets_what_could_be_undone(at):
    kiosk = at("budget")
    buy(kiosk, "bancs")
    answer = answer_of(kiosk)
    kiosk.kiosk.erase()
    assert (answer.value, bool(answer.history)) == ("", False)
