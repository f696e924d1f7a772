"""Where a form leads nowhere: the person is told what is wrong, and what they can do."""

from datetime import timedelta

import pytest

from tests.kiosk import driver, hall  # isort: split

from kiosk.journey import Stage
from kiosk.language import tr
from kiosk.offer import Offer
from kiosk.widgets.touch import Action
from sync.device import Device
from tests.kiosk.test_together import in_two_languages

NO_SCHOOL = in_two_languages("""
| survey | type | name | label | required | choice_filter | appearance |
| | select_one communes | commune | Votre commune ? | | | |
| | select_one ecoles | ecole | Votre école ? | yes | commune = ${commune} | |
| choices | list_name | name | label | commune |
| | communes | balma | Balma | |
| | communes | revel | Revel | |
| | ecoles | halle | La Halle | balma |
| settings | form_id |
| | ecoles |
""")
TOO_MANY = in_two_languages("""
| survey | type | name | label | repeat_count |
| | integer | combien | Combien de personnes ? | |
| | begin_repeat | personne | Une personne | ${combien} |
| | text | prenom | Son prénom ? | |
| | end_repeat | | | |
| settings | form_id |
| | nombre |
""")


@pytest.fixture
def asking(tmp_path):
    """Starts a consultation that asks this, at its first question."""
    opened = []

    def start(survey):
        standing = hall.hall(tmp_path, hall.consultation(survey))
        opened.append(standing)
        there = standing.__enter__()
        there.begin()
        return there

    yield start
    for standing in opened:
        standing.__exit__(None, None, None)


def test_a_question_with_nothing_to_choose_says_so_and_offers_help(asking):
    there = asking(NO_SCHOOL)
    driver.tap(there.kiosk.page.answer.cards["revel"])
    there.on()
    there.on()
    page = there.kiosk.page
    assert page.trouble == tr._("Il n’y a rien à choisir ici. Changez une réponse d’avant.")
    (helps,) = (one for one in page.answer.walk(restrict=True) if isinstance(one, Action))
    driver.tap(helps)
    assert there.kiosk.asks
    there.kiosk.dismiss()
    there.kiosk.back()
    driver.frames(3)
    driver.tap(there.kiosk.page.answer.cards["balma"])
    there.on()
    driver.tap(there.kiosk.page.answer.cards["halle"])
    there.on()
    assert there.kiosk.journey.stage is Stage.REVIEW


def test_a_number_of_repeats_that_no_form_holds_is_refused_with_the_most_it_may_be(asking):
    there = asking(TOO_MANY)
    there.type("2000")
    there.on()
    assert tr.number(1000) in there.kiosk.page.trouble
    assert there.kiosk.journey.value() == "2000"
    driver.frames(3)
    there.kiosk.page.answer.field.erase()
    driver.frames(3)  # the refusal is gone, and the field stands higher
    there.type("2")
    there.on()
    assert there.kiosk.journey.ref.endswith("/personne[1]/prenom")


BLOCKING_NOTE = in_two_languages("""
| survey | type | name | label | required | relevant |
| | integer | part | Quelle part, sur cent ? | | |
| | note | trop | Plus de cent n’est pas possible. | yes | ${part} > 100 |
| settings | form_id |
| | parts |
""")
MORE_AFTER_A_CHANGE = in_two_languages("""
| survey | type | name | label | required | relevant |
| | text | qui | Qui êtes-vous ? | | |
| | text | fonction | Votre fonction ? | yes | ${qui} = 'elue' |
| settings | form_id |
| | fonctions |
""")
UNTIL = in_two_languages("""
| survey | type | name | label | constraint | constraint_message |
| | text | avis | Votre avis ? | now() < date-time('2026-11-21T13:00:00Z') | Trop tard pour cela. |
| settings | form_id |
| | heures |
""")


def test_a_note_that_blocks_says_that_an_answer_before_it_has_to_change(asking):
    there = asking(BLOCKING_NOTE)
    there.type("200")
    there.on(2)
    there.wait_for_review()
    there.on()
    assert there.kiosk.journey.ref.endswith("/trop")
    assert there.kiosk.page.trouble == tr._("Pour continuer, changez une réponse d’avant.")
    there.back()
    driver.frames(3)
    there.kiosk.page.answer.field.erase()
    there.type("20")
    there.on()
    there.wait_for_review()
    there.on()
    assert there.kiosk.journey.stage is Stage.CONFIRM


def test_what_a_change_at_the_review_made_missing_is_asked_for_as_what_is_missing(asking):
    there = asking(MORE_AFTER_A_CHANGE)
    there.on()
    there.kiosk.journey.change("/data/qui")
    there.kiosk.show()
    driver.frames(4)
    there.type("elue")
    there.on()
    there.wait_for_review()
    there.on()
    assert there.kiosk.journey.ref.endswith("/fonction")
    assert there.kiosk.page.trouble == tr._(
        "Répondez à cette question pour continuer, s’il vous plaît."
    )


def test_what_the_form_no_longer_accepts_at_the_last_moment_is_told_and_nothing_is_lost(tmp_path):
    at = [hall.NOON]
    with Device.open(tmp_path / "device") as device:
        about = device.hold(hall.consultation(UNTIL).data)
        with hall.kiosk_at(device, [Offer(about, lambda: at[0])]) as there:
            there.begin()
            there.type("ouvrons")
            there.on()
            there.wait_for_review()
            there.on()
            at[0] += timedelta(hours=2)
            there.on()
            assert there.kiosk.journey.ref.endswith("/avis")
            assert there.kiosk.page.trouble == "Trop tard pour cela."
            assert there.kiosk.journey.value() == "ouvrons"
            assert there.sealed == 0


def test_answers_outlive_the_account_of_the_mediator_who_helps(tmp_path):
    with hall.hall(tmp_path, people=True) as home:
        home.sign_in(hall.MEDIATOR, hall.MEDIATOR_PIN)
        home.on()
        home.begin()
        home.on()  # agreed
        home.kiosk.journey.hold("Un banc", "/data/idee")
        assert home.kiosk.journey.has_answers
        home.kiosk.counter.accounts.remove(hall.MEDIATOR)
        home.kiosk._tick()
        assert home.kiosk.journey.has_answers and home.name == "question"
        home.kiosk.erase()
        home.kiosk._tick()
        assert home.kiosk.account is None and home.name == "welcome"
