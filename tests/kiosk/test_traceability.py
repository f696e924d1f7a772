"""How far a receipt can be followed: said before confirming, and kept."""

from dataclasses import replace

import pytest

from tests.kiosk import hall  # isort: split

from forms.engine import Kind
from kiosk.theme.theme import theme
from sync import consultation as packages
from sync.consultation import Traceability


def promising(traceability):
    """A consultation of one question, with this promise."""
    about = hall.consultation(SURVEY)
    options = replace(about.options, traceability=traceability)
    return packages.publish(replace(about, options=options, data=b""), hall.keys().organiser)


SURVEY = """\
| survey |         |      |                      |                     |
|        | type    | name | label::Français (fr) | label::English (en) |
|        | integer | age  | Votre âge            | Your age            |
"""


def to_confirm(town):
    town.begin()
    while town.kiosk.journey.step().kind is not Kind.INTEGER:
        town.on()
    town.type("30")
    town.on()
    town.skip_to_review()
    town.on()
    assert town.name == "confirm"


@pytest.mark.parametrize(
    ("traceability", "said"),
    [
        (Traceability.INCLUSION, "Il ne dit pas ce que vous avez répondu."),
        (Traceability.FULL, "Vos réponses peuvent être publiées."),
        (Traceability.NONE, "Vous n’aurez pas de reçu."),
    ],
)
def test_how_far_it_can_be_followed_is_said_before_confirming(tmp_path, traceability, said):
    with hall.hall(tmp_path, promising(traceability)) as town:
        to_confirm(town)
        assert said in town.kiosk.page.follow
        assert said in town.kiosk.page.say()


def test_where_nothing_is_followed_there_is_no_receipt(tmp_path):
    with hall.hall(tmp_path, promising(Traceability.NONE)) as town:
        to_confirm(town)
        town.on()
        page = town.kiosk.page
        assert town.name == "receipt"
        assert (page.code, page.qr, page.back_text) == ("", "", "")
        assert page.stored == "Vos réponses sont bien enregistrées."
        assert page.stored in page.say()
        assert town.sealed == 1
        town.on()
        assert town.name == "welcome"


def test_the_next_person_gets_a_receipt_where_there_is_one(tmp_path):
    with hall.hall(tmp_path, promising(Traceability.INCLUSION)) as town:
        to_confirm(town)
        town.on()
        page = town.kiosk.page
        assert len(page.code) == 14
        assert page.code not in page.stored
        assert ("code" in page.stored) is not theme.compact
