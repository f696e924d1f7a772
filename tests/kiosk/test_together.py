"""Field-lists and repeats, with real touches through whole forms."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.access.commands import Command
from kiosk.focus import focused, put_focus
from kiosk.journey import Stage
from kiosk.language import tr
from tests.kiosk import test_way
from tests.kiosk.test_way import PERSON


def in_two_languages(survey):
    """That form with its labels in French, and the same again as English."""
    rows = [row.split("|") for row in survey.strip().splitlines()]
    at = 0
    for cells in rows:
        heads = [cell.strip() for cell in cells]
        if heads[1]:
            at = heads.index("label") if "label" in heads else 0
            if at:
                cells[at : at + 1] = [" label::Français (fr) ", " label::English (en) "]
        elif at:
            cells.insert(at, cells[at])
    rows[-2].insert(-1, " default_language ")
    rows[-1].insert(-1, " Français (fr) ")
    return "\n".join("|".join(cells) for cells in rows) + "\n"


HOUSEHOLD = in_two_languages(test_way.HOUSEHOLD)


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    with hall.Standing(tmp_path_factory.mktemp("hall"), hall.consultation(HOUSEHOLD)) as opened:
        yield opened


@pytest.fixture
def home(standing):
    """Somebody stands before the page about their home."""
    standing = standing.up()
    standing.kiosk.erase()
    driver.frames(2)
    standing.begin()
    standing.on()
    assert standing.name == "together"
    return standing


def block(home, name):
    return next(block for ref, block in home.kiosk.page.blocks.items() if ref.endswith(f"/{name}"))


def names(home):
    return [ref.rpartition("/")[2] for ref in home.kiosk.page.blocks]


def write(home, name, text):
    """Touch the field of a question, write on the screen's keyboard, and put that away."""
    page = home.kiosk.page
    driver.frames(3)
    home.kiosk.page.ids.paged.bring_into_sight(block(home, name).answer.field)
    driver.frames(3)
    driver.tap(block(home, name).answer.field)
    driver.frames(4)
    keyboard = block(home, name).answer.keyboard
    assert keyboard.parent == page.ids.below
    for character in text:
        driver.tap(keyboard.cap(character))
    home.touch(tr._("Fini"))


def choose(home, question, name):
    card = block(home, question).answer.cards[name]
    home.kiosk.page.ids.paged.bring_into_sight(card)
    driver.frames(3)
    driver.tap(card)


def touch_further_down(home, said):
    """Touch something that one may have to turn the page for."""
    thing = next(thing for thing in home.hands.things() if thing.said == said)
    home.kiosk.page.ids.paged.bring_into_sight(thing)
    driver.frames(3)
    driver.tap(thing)


def to_the_list(home):
    """Through home and the first person, up to the list of people."""
    choose(home, "statut", "pro")
    home.on()
    home.type("anna")
    home.on()
    home.type("3")
    home.on()
    assert home.name == "series"


def told(home):
    return [line.text for line in reversed(home.kiosk.page.ids.lines.children)]


def test_what_is_wrong_is_said_beside_each_question_and_goes_when_it_is_answered(home):
    write(home, "pieces", "40")
    home.on()
    assert home.name == "together"
    assert block(home, "statut").words.trouble
    assert block(home, "pieces").words.trouble
    choose(home, "statut", "pro")
    assert not block(home, "statut").words.trouble
    assert block(home, "pieces").words.trouble
    home.on()
    assert home.name == "together"


def test_a_question_appears_when_an_answer_beside_it_makes_it_relevant(home):
    assert names(home) == ["statut", "pieces"]
    choose(home, "statut", "loc")
    driver.frames(2)
    shown = home.kiosk.page.ids.questions.children
    assert block(home, "bailleur") in shown
    choose(home, "statut", "pro")
    driver.frames(2)
    assert names(home) == ["statut", "pieces"]


def test_a_language_change_keeps_what_was_said_on_the_page(home):
    choose(home, "statut", "loc")
    write(home, "bailleur", "opac")
    home.tool("language")
    home.touch("English")
    assert block(home, "bailleur").answer.field.text == "opac"
    assert block(home, "statut").answer.cards["loc"].taken
    home.tool("language")
    home.touch("Français")


def test_one_more_is_added_changed_removed_and_brought_back(home):
    to_the_list(home)
    assert told(home) == ["anna · 3"]
    home.touch(tr._("Ajouter encore"))
    assert "n° 2" in home.kiosk.page.group
    home.type("bob")
    home.on(2)
    assert told(home) == ["anna · 3", "bob"]
    home.touch("Enlever. 1. anna · 3")
    assert told(home) == ["bob"]
    home.touch(tr._("Annuler : tout remettre"))
    assert told(home) == ["anna · 3", "bob"]
    home.touch("Changer. 2. bob")
    assert home.kiosk.page.answer.field.text == "bob"
    home.on(2)
    assert home.name == "series"
    home.on()
    assert home.kiosk.page.group == "Trajet · 1 sur 2"


def test_who_lives_alone_passes_over_the_list_with_one_touch(home):
    choose(home, "statut", "pro")
    home.on()
    home.touch(tr._("Je n’ai rien à dire ici"))
    assert home.kiosk.journey.ref == "/data/trajet[1]"
    home.back()
    assert home.name == "series"
    assert told(home) == []


def test_the_review_has_groups_and_lists_as_headings_and_leads_there_and_back(home):
    to_the_list(home)
    home.skip_to_review()
    assert home.name == "review"
    driver.frames(20)
    lines = reversed(home.kiosk.page.ids.lines.children)
    headings = [line.text for line in lines if hasattr(line, "text")]
    assert headings == [
        "Logement",
        *("Personne", "Personne · n° 1"),
        *("Trajet · n° 1", "Trajet · n° 2"),
    ]
    touch_further_down(home, "Changer. Pièces ?")
    assert home.name == "together"
    write(home, "pieces", "4")
    home.on()
    assert home.name == "review"
    driver.frames(20)
    touch_further_down(home, "Changer la liste. Personne")
    assert (home.name, home.kiosk.journey.ref) == ("series", PERSON)
    home.on()
    assert home.kiosk.journey.stage is Stage.REVIEW


def test_erasing_leaves_nothing_on_the_page(home):
    choose(home, "statut", "loc")
    write(home, "bailleur", "opac")
    page = home.kiosk.page
    field = block(home, "bailleur").answer.field
    home.kiosk.erase()
    assert field.text == ""
    assert page.blocks == {}


@pytest.mark.parametrize("screen", driver.SCREENS)
def test_the_keyboard_never_hides_the_field(tmp_path, screen):
    about = hall.consultation(HOUSEHOLD)
    with hall.hall(tmp_path, about, screen=screen) as home:
        home.begin()
        home.on()
        for _ in range(2):
            choose(home, "statut", "loc")
            for name in ("bailleur", "pieces"):
                field = block(home, name).answer.field
                home.kiosk.page.ids.paged.bring_into_sight(field)
                driver.frames(3)
                driver.tap(field)
                driver.frames(5)
                keyboard = block(home, name).answer.keyboard
                bottom = field.to_window(*field.pos)[1]
                assert bottom >= keyboard.to_window(keyboard.x, keyboard.top)[1]
                assert field.to_window(field.x, field.top)[1] <= screen.height
                home.touch(tr._("Fini"))
            home.tool("text")


def test_a_mediator_says_whose_words_an_answer_on_the_page_is_in(tmp_path):
    with hall.hall(tmp_path, hall.consultation(HOUSEHOLD), people=True) as home:
        home.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
        home.kiosk.page.ids.next.dispatch("on_release")
        home.begin()
        for _ in range(10):
            if home.name == "together":
                break
            home.on()
        choose(home, "statut", "loc")
        driver.frames(3)
        wording = block(home, "bailleur").wording
        mine = wording.children[0]
        home.kiosk.page.ids.paged.bring_into_sight(mine)
        driver.frames(3)
        driver.tap(mine)
        assert home.kiosk.journey.assistance.reworded == {"/data/logement/bailleur"}
        assert block(home, "pieces").wording is None


def test_a_decimal_is_written_digit_by_digit_on_a_page_of_several(tmp_path):
    survey = HOUSEHOLD.replace("integer | pieces", "decimal | pieces")
    with hall.hall(tmp_path, hall.consultation(survey)) as home:
        home.begin()
        home.on()
        write(home, "pieces", "2,5")
        assert block(home, "pieces").answer.field.text == "2,5"
        assert home.kiosk.journey.value("/data/logement/pieces") == "2.5"


def test_while_one_writes_keys_lead_round_field_and_keyboard_and_then_on(tmp_path):
    about = hall.consultation(HOUSEHOLD)
    with hall.hall(tmp_path, about, screen=driver.SMALL) as home:
        home.begin()
        home.on()
        choose(home, "statut", "loc")
        page, asked = home.kiosk.page, block(home, "bailleur")
        put_focus(page, asked.answer.field)
        home.kiosk.keypad.choose()
        driver.frames(5)
        assert page.bare
        keyboard = set(asked.answer.keyboard.walk(restrict=True))
        seen = set()
        for _ in range(20):
            home.kiosk.keypad.press(Command.NEXT)
            driver.frames(2)
            seen.add(focused(page))
        assert asked.answer.field in seen
        assert seen & keyboard
        assert seen <= keyboard | set(asked.walk(restrict=True))
        home.kiosk.keypad.press(Command.BACK)
        driver.frames(5)
        assert not page.bare
        assert focused(page) is asked.answer.field
        home.kiosk.keypad.press(Command.NEXT)
        driver.frames(5)
        lit, window = focused(page), page.ids.paged
        assert lit in set(block(home, "pieces").walk(restrict=True))
        assert lit.to_window(*lit.pos)[1] >= window.y - 1
        assert lit.to_window(lit.x, lit.top)[1] <= window.top + 1
