"""What a question, its field and its choices take of a panel, at each text size."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.theme.theme import CAPITALS_MM, theme
from tests.kiosk.test_together import in_two_languages

ASKED = in_two_languages("""
| survey | type | name | label | constraint | constraint_message |
| | integer | age | Quel âge avez-vous ? | . < 120 | Il faut un âge de moins de 120 ans. |
| | date | jour | Quel jour était-ce ? | | |
| | select_one avis | avis | Signez-vous ? | | |
| choices | list_name | name | label |
| | avis | oui | Oui, je signe |
| | avis | non | Non |
| settings | form_id |
| | place |
""")


@pytest.fixture
def at(tmp_path):
    """Starts the consultation on a panel, at its first question."""
    opened = []

    def start(screen):
        standing = hall.hall(tmp_path, hall.consultation(ASKED), screen=screen)
        opened.append(standing)
        there = standing.__enter__()
        there.begin()
        driver.frames(4)
        return there

    yield start
    for standing in opened:
        standing.__exit__(None, None, None)


def below_the_question(page):
    """How far below the question the field begins, in millimetres."""
    question, field = page.ids.question, page.answer.field
    return (question.to_window(0, question.y)[1] - field.to_window(0, field.top)[1]) / theme.mm(1)


@pytest.mark.parametrize("screen", [driver.MIDDLE, driver.LARGE, driver.UPRIGHT])
def test_a_field_stands_under_its_question_also_below_a_refusal(at, screen):
    there = at(screen)
    page = there.kiosk.page
    assert 0 <= below_the_question(page) < 12
    there.type("999")
    page.go_on() if not page.bare else page._write(False)
    driver.frames(4)
    if not page.trouble:
        page.go_on()
        driver.frames(4)
    assert page.trouble
    assert 0 <= below_the_question(page) < 12


@pytest.mark.parametrize("screen", driver.EVERY_SCREEN)
def test_every_panel_offers_all_four_sizes_one_after_the_other(at, screen):
    there = at(screen)
    seen = set()
    for _ in CAPITALS_MM:
        seen.add(CAPITALS_MM[int(theme.capital)])
        there.tool("text")
        driver.frames(3)
    assert seen == set(CAPITALS_MM)
    assert theme.capital == theme.default_capital


def test_at_the_largest_text_of_a_small_panel_no_button_and_no_word_is_cut(at):
    there = at(driver.SMALL)
    theme.choose_capital(theme.sizes - 1)
    there.kiosk.journey.hold("30")
    there.on()
    driver.frames(4)
    shortcuts = there.kiosk.page.answer.shortcuts
    there.kiosk.page.ids.paged.bring_into_sight(shortcuts.now)
    driver.frames(2)
    driver.tap(shortcuts.now)
    driver.frames(4)
    assert shortcuts.clear.opacity == 1
    assert shortcuts.clear.right <= shortcuts.right + 1
    assert there.kiosk.journey.next().kept
    there.kiosk.show()
    driver.frames(8)
    cards = there.kiosk.page.answer.cards
    assert len(cards) == 2
    assert all(card.ids.words.height <= card.height for card in cards.values())
