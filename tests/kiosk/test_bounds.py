"""Where the form has no words for what it refuses, its bounds are said."""

import pytest

from tests.kiosk import driver, hall  # isort: split

from forms.engine.limits import Limits, Measure
from kiosk.access.bounds import bounds_in_words
from kiosk.language import tr

SURVEY = """
| survey | type | name | label | constraint | appearance |
| | integer | note | Combien ? | . > 0 and . < 11 | |
| | begin_group | page | Ensemble | | field-list |
| | select_multiple lieux | ou | Où ? | count-selected(.) <= 1 | |
| | text | mot | Un mot | string-length(.) <= 3 | |
| | end_group | | | | |
| choices | list_name | name | label |
| | lieux | place | La place |
| | lieux | parc | Le parc |
| settings | form_title | form_id | version | default_language |
| | Bornes | bornes | 1 | fr |
"""


def test_a_broken_bound_is_said_above_the_question_and_aloud(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SURVEY)) as home:
        home.begin()
        home.type("11")
        home.on()
        page = home.kiosk.page
        assert page.trouble == "Donnez un nombre entre 1 et 10."
        assert "Donnez un nombre entre 1 et 10." in page.say()


def test_a_whole_number_that_no_form_holds_is_refused_with_what_one_may_be(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SURVEY.replace(". > 0 and . < 11", ""))) as home:
        home.begin()
        home.type("9999999999")
        home.on()
        trouble = home.kiosk.page.trouble.replace("\u202f", " ")
        assert trouble == "Donnez un nombre entre -2 147 483 648 et 2 147 483 647."


def test_on_a_page_of_several_each_says_its_own(tmp_path):
    with hall.hall(tmp_path, hall.consultation(SURVEY)) as home:
        home.begin()
        home.on()
        blocks = {ref.rpartition("/")[2]: block for ref, block in home.kiosk.page.blocks.items()}
        for name in ("place", "parc"):
            driver.tap(blocks["ou"].answer.cards[name])
        home.on(2)
        assert blocks["ou"].words.trouble == "Choisissez au plus 1 réponse."


@pytest.mark.parametrize("language", ["fr", "fr-x-falc", "en", "es", "pt", "tr", "uk", "ar", "zh"])
def test_bounds_are_said_in_every_language(language):
    tr.speak(language)
    said = set()
    for measure, low, high in [
        (Measure.NUMBER, "1", "10"),
        (Measure.NUMBER, None, "10"),
        (Measure.LENGTH, None, "10"),
        (Measure.COUNT, None, "10"),
        (Measure.DATE, "2020-01-10", None),
    ]:
        words = bounds_in_words(Limits(measure, low, high))
        assert "10" in words or "١٠" in words
        assert "{" not in words
        said.add(words)
    tr.speak("fr")
    assert len(said) == 5
