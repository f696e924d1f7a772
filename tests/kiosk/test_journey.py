import pytest

from forms.engine import Outcome
from kiosk.journey import Assistance, Journey, Shown, Stage
from sync.contribution import Given
from tests.kiosk import hall

RECEIPT = Shown("AAAA-BBBB-CCCC", "https://example.org/r#x")
ROOT = "/data/"


class Kept(list):
    """What was sealed, and what the disk says to it."""

    refuses = False

    def __call__(self, journey):
        if self.refuses:
            raise OSError("the disk is full")
        self.append(dict(journey.entry.finish().fields))
        return RECEIPT


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def journey(kept):
    return Journey(hall.offer().begin, kept)


def at_questions(journey, assistance=None):
    journey.start(assistance)
    journey.language_chosen()
    if assistance:
        journey.agree(Given.SPOKEN, "1")
    else:
        journey.begin_questions()
    return journey


def name(journey):
    return journey.ref.rpartition("/")[2]


def go_to(journey, wanted):
    while name(journey) != wanted:
        if name(journey) == "age":
            journey.hold("30")
        assert journey.next().outcome is Outcome.OK


def to_review(journey):
    while journey.stage is Stage.QUESTION:
        if name(journey) == "age" and not journey.value():
            journey.hold("30")
        assert journey.next().outcome is Outcome.OK


def test_alone_the_way_leads_from_welcome_to_a_receipt(journey, kept):
    met = [journey.stage]
    journey.start()
    met.append(journey.stage)
    journey.language_chosen()
    met.append(journey.stage)
    journey.begin_questions()
    met.append(journey.stage)
    to_review(journey)
    met.append(journey.stage)
    assert journey.reviewed().kept
    met.append(journey.stage)
    journey.confirm()
    met.append(journey.stage)
    assert [stage.name for stage in met] == (
        ["WELCOME", "LANGUAGE", "NOTICE", "QUESTION", "REVIEW", "CONFIRM", "RECEIPT"]
    )
    assert journey.receipt == RECEIPT
    assert kept[0][ROOT + "age"] == "30"


def test_with_a_mediator_it_leads_over_agreement_read_back_and_help(journey, kept):
    journey.start(Assistance("Samia"))
    journey.language_chosen()
    assert journey.stage is Stage.AGREEMENT
    journey.agree(Given.SPOKEN, "2026-1")
    assistance = journey.assistance
    assert (assistance.given, assistance.wording) == (Given.SPOKEN, "2026-1")
    to_review(journey)
    assert journey.stage is Stage.READ_BACK
    assert not assistance.read_back
    journey.reviewed()
    assert assistance.read_back
    assert journey.stage is Stage.HELP
    journey.helped()
    journey.confirm()
    assert journey.stage is Stage.RECEIPT
    assert len(kept) == 1


def test_back_retraces_the_whole_way_and_loses_nothing(journey):
    at_questions(journey)
    go_to(journey, "idee")
    journey.hold("Un banc")
    to_review(journey)
    journey.reviewed()
    assert journey.stage is Stage.CONFIRM
    journey.back()
    assert journey.stage is Stage.REVIEW
    journey.back()
    refs = [step.ref for step in journey.steps()]
    assert journey.ref == refs[-1]
    for _ in refs:
        journey.back()
    assert journey.stage is Stage.NOTICE
    journey.back()
    assert journey.stage is Stage.LANGUAGE
    journey.language_chosen()
    journey.begin_questions()
    go_to(journey, "idee")
    assert journey.value() == "Un banc"
    journey.back()
    journey.back()
    journey.back()
    journey.back()
    assert journey.stage is Stage.WELCOME
    assert journey.entry is None


def test_back_with_a_mediator_passes_help_read_back_and_agreement(journey):
    at_questions(journey, Assistance("Samia"))
    to_review(journey)
    journey.reviewed()
    journey.helped()
    journey.back()
    assert journey.stage is Stage.HELP
    journey.back()
    assert journey.stage is Stage.READ_BACK
    journey.back()
    while journey.stage is Stage.QUESTION:
        journey.back()
    assert journey.stage is Stage.AGREEMENT


def test_a_form_without_questions_goes_back_to_where_the_person_came_from(kept):
    survey = """
| survey | type | name | label | relevant |
| | text | jamais | Jamais | false() |
| settings | form_id |
| | vide |
"""
    for assistance, before in ((None, Stage.NOTICE), (Assistance("Samia"), Stage.AGREEMENT)):
        journey = at_questions(Journey(hall.offer(survey).begin, kept), assistance)
        assert journey.stage in (Stage.REVIEW, Stage.READ_BACK)
        journey.back()
        assert journey.stage is before


def test_an_answer_that_is_refused_says_why_and_stays_on_the_screen(journey):
    at_questions(journey)
    go_to(journey, "age")
    journey.hold("12")
    verdict = journey.next()
    assert verdict.outcome is Outcome.CONSTRAINT
    assert verdict.message == "De 16 à 129 ans."
    assert (name(journey), journey.value()) == ("age", "12")
    journey.back()
    journey.next()
    assert journey.value() == "12"
    journey.hold("34")
    assert journey.next().outcome is Outcome.OK
    journey.back()
    assert journey.value() == "34"


def test_a_refused_answer_does_not_reach_the_contribution(journey, kept):
    at_questions(journey)
    go_to(journey, "age")
    journey.hold("34")
    to_review(journey)
    journey.change(ROOT + "age")
    journey.hold("12")
    assert journey.next().outcome is Outcome.CONSTRAINT
    journey.hold("35")
    journey.next()
    journey.reviewed()
    journey.confirm()
    assert kept[0][ROOT + "age"] == "35"


def test_what_is_required_cannot_be_passed_over(journey):
    at_questions(journey)
    while name(journey) != "age":
        journey.next()
    assert journey.next().outcome is Outcome.REQUIRED
    assert name(journey) == "age"


KEYS = """
| survey | type | name | label | required | required_message | relevant |
| | integer | rooms | Salles ? | yes | | |
| | integer | keys | Clés ? | yes | | |
| | note | stop | Il y a trop de clés. | yes | Changez un nombre. | ${keys} > ${rooms} |
| | text | remark | Une remarque ? | | | |
| settings | form_id |
| | cles |
"""


def test_nobody_gets_past_a_required_note_until_it_is_gone(kept):
    journey = at_questions(Journey(hall.offer(KEYS).begin, kept))
    for answer in ("3", "5"):
        journey.hold(answer)
        assert journey.next().outcome is Outcome.OK
    for _ in range(3):
        assert name(journey) == "stop"
        verdict = journey.next()
        assert (verdict.outcome, verdict.message) == (Outcome.REQUIRED, "Changez un nombre.")
    journey.back()
    journey.hold("2")
    assert journey.next().outcome is Outcome.OK
    assert name(journey) == "remark"


def test_a_change_from_the_review_leads_straight_back_to_it(journey):
    at_questions(journey)
    to_review(journey)
    journey.change(ROOT + "idee")
    journey.hold("Une fontaine")
    journey.next()
    assert journey.stage is Stage.REVIEW
    assert "Une fontaine" in [step.value for step in journey.review()]


def test_back_from_a_change_gives_up_the_shortcut(journey):
    at_questions(journey)
    to_review(journey)
    journey.change(ROOT + "age")
    journey.back()
    assert name(journey) == "idee"
    journey.next()
    assert (journey.stage, name(journey)) == (Stage.QUESTION, "age")


def test_the_review_sends_back_to_what_a_change_made_necessary(kept):
    survey = """
| survey | type | name | label | required | required_message | relevant |
| | select_one on | a | A ? | | | |
| | text | b | B ? | yes | Dites B. | ${a} = 'oui' |
| choices | list_name | name | label |
| | on | oui | Oui |
| | on | non | Non |
| settings | form_id |
| | suite |
"""
    journey = at_questions(Journey(hall.offer(survey).begin, kept))
    journey.next()
    assert journey.stage is Stage.REVIEW
    journey.change(ROOT + "a")
    journey.hold("oui")
    journey.next()
    assert journey.stage is Stage.REVIEW
    assert journey.reviewed().message == "Dites B."
    assert (journey.stage, name(journey)) == (Stage.QUESTION, "b")
    journey.hold("Voilà")
    journey.next()
    assert journey.reviewed().kept
    journey.confirm()
    assert kept[0][ROOT + "b"] == "Voilà"


def test_an_answer_no_longer_asked_for_does_not_leave_with_the_others(journey, kept):
    at_questions(journey)
    go_to(journey, "velo")
    journey.hold("oui")
    journey.next()
    assert name(journey) == "ou"
    journey.hold("place")
    journey.next()
    to_review(journey)
    journey.change(ROOT + "velo")
    journey.hold("non")
    journey.next()
    assert ROOT + "ou" not in [step.ref for step in journey.review()]
    journey.reviewed()
    journey.confirm()
    assert ROOT + "ou" not in kept[0]


def test_notes_are_met_and_are_not_in_the_review(journey):
    at_questions(journey)
    assert name(journey) == "accueil"
    assert journey.next().outcome is Outcome.OK
    assert ROOT + "accueil" not in [step.ref for step in journey.review()]


def test_the_place_counts_what_this_person_meets(journey):
    at_questions(journey)
    assert journey.place() == (1, 10)
    go_to(journey, "velo")
    journey.hold("oui")
    journey.next()
    assert journey.place() == (7, 11)


def test_erasing_forgets_everything_wherever_it_happens(journey, kept):
    at_questions(journey, Assistance("Samia"))
    go_to(journey, "age")
    journey.hold("12")
    journey.next()
    journey.erase()
    assert journey.stage is Stage.WELCOME
    assert (journey.entry, journey.receipt, journey.assistance, journey.ref) == (None,) * 3 + ("",)
    at_questions(journey)
    go_to(journey, "idee")
    journey.next()
    assert (name(journey), journey.value()) == ("age", "")
    assert kept == []


def test_confirming_leaves_nothing_but_the_receipt(journey):
    at_questions(journey, Assistance("Samia"))
    to_review(journey)
    journey.reviewed()
    journey.helped()
    journey.confirm()
    assert journey.entry is None
    assert journey.assistance is None
    journey.back()
    assert journey.stage is Stage.RECEIPT


def test_what_could_not_be_kept_is_still_there_to_be_confirmed_again(journey, kept):
    at_questions(journey)
    to_review(journey)
    journey.reviewed()
    kept.refuses = True
    with pytest.raises(OSError, match="full"):
        journey.confirm()
    assert (journey.stage, journey.receipt) == (Stage.CONFIRM, None)
    kept.refuses = False
    journey.confirm()
    assert len(kept) == 1


def test_whose_words_an_answer_is_in_can_be_changed(journey):
    at_questions(journey, Assistance("Samia"))
    go_to(journey, "idee")
    journey.reword(True)
    assert journey.assistance.reworded == {ROOT + "idee"}
    journey.reword(False)
    assert journey.assistance.reworded == set()


def test_the_next_person_with_the_same_mediator_agrees_anew(journey):
    at_questions(journey, Assistance("Samia"))
    journey.reword(True)
    journey.start(Assistance("Samia"))
    assert journey.assistance.given is None
    assert journey.assistance.reworded == set()
