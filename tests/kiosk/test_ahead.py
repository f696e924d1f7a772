"""Widgets built while a person reads: taken only where they fit, and else dropped."""

from kiosk.widgets.search import MOSTLY_SEEN
from tests.kiosk import driver, hall


def stand_before(town, name):
    """Stand on the question before the one of this name."""
    town.begin()
    journey = town.kiosk.journey
    for _ in range(12):
        stop = journey.way.ahead()
        if stop is not None and stop.key.endswith(f"/{name}"):
            return
        if journey.ref.endswith("/age"):  # has to be answered
            journey.hold("33")
        town.on()
    raise AssertionError(f"there is no way to {name}")


def ready(town):
    """What was built ahead, by the question's name."""
    while town.kiosk.look_ahead():
        driver.frames()
    built = town.kiosk.ahead._built
    return {ref.rpartition("/")[2]: widget for ref, (_, widget) in built.items()}


def test_what_was_built_while_the_person_read_answers_the_next_question(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "velo")
        widget = ready(town)["velo"]
        town.on()
        assert town.kiosk.page.answer is widget
        town.touch("Oui")
        assert town.kiosk.journey.value().endswith("oui")


def test_a_question_in_another_language_is_built_anew(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "velo")
        widget = ready(town)["velo"]
        town.kiosk.speak_language("en")
        town.on()
        assert town.kiosk.page.answer is not widget
        town.touch("Yes")


def test_so_is_one_with_larger_letters(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "velo")
        widget = ready(town)["velo"]
        town.kiosk.next_text_size()
        town.on()
        assert town.kiosk.page.answer is not widget


def test_where_the_answer_leads_elsewhere_nothing_of_it_is_kept(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "ordre")
        assert "ordre" in ready(town)
        town.touch("Oui")  # from now on there is a question between
        town.on()
        assert town.kiosk.journey.ref.endswith("/ou")
        assert not town.kiosk.ahead._built


def test_what_was_answered_before_leaves_no_trace_in_it(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "velo")
        town.on()
        town.touch("Oui")
        town.on()
        town.back()
        town.back()
        widget = ready(town)["velo"]
        assert widget.value == "oui"
        town.kiosk.erase()
        assert widget.value == ""
        assert not town.kiosk.ahead._built


def test_what_is_written_next_leaves_the_keyboard_to_who_writes_now(tmp_path):
    with hall.hall(tmp_path) as town:
        stand_before(town, "age")
        writing = town.kiosk.page.answer
        town.hands.kiosk.page._write(True)
        driver.frames(2)
        keyboard = writing.keyboard
        keyboard.page = "signs"
        assert keyboard.field is writing.field
        assert "age" in ready(town)
        town.kiosk.ahead.drop()
        assert keyboard.field is writing.field
        assert keyboard.page == "signs"
        keyboard.page = "letters"


SEARCHED = """
| survey | type | name | label::Français (fr) |
| | note | accueil | Bonjour. |
| | select_one lieux | lieu | Où ? |
| choices | list_name | name | label::Français (fr) |
""" + "".join(f"| | lieux | l{at} | Le lieu {at} |\n" for at in range(60))


def test_a_list_that_is_searched_has_its_first_cards_before_it_is_shown(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SEARCHED)) as town:
        town.begin()
        widget = ready(town)["lieu"]
        assert len(widget.results._cards) == MOSTLY_SEEN
        town.on()
        assert town.kiosk.page.answer is widget
        assert len(widget.results._cards) == MOSTLY_SEEN
        assert next(iter(widget.results.cards)) == "l0"
