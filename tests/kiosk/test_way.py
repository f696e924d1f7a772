import pytest

from forms.engine import Outcome
from kiosk.journey import Assistance, Journey, Shown, Stage
from kiosk.stops import stops
from sync.contribution import Given
from tests.kiosk import hall

HOUSEHOLD = """
| survey | type | name | label | required | relevant | constraint | appearance | repeat_count |
| | text | rue | Votre rue ? | | | | | |
| | begin_group | logement | Logement | | | | field-list | |
| | select_one statut | statut | Statut ? | yes | | | | |
| | text | bailleur | Bailleur ? | yes | ${statut} = 'loc' | | | |
| | integer | pieces | Pièces ? | | | . < 30 | | |
| | end_group | | | | | | | |
| | begin_repeat | personne | Personne | | | | | |
| | text | prenom | Prénom ? | | | | | |
| | integer | age | Âge ? | | | . < 130 | | |
| | begin_repeat | animal | Animal | | ${age} > 5 | | | |
| | text | nom | Son nom ? | | | | | |
| | end_repeat | | | | | | | |
| | end_repeat | | | | | | | |
| | begin_repeat | trajet | Trajet | | | | field-list | 2 |
| | text | mode | Comment ? | | | | | |
| | integer | km | Combien ? | | | | | |
| | end_repeat | | | | | | | |
| | text | fin | Autre chose ? | | | | | |
| choices | list_name | name | label |
| | statut | pro | Propriétaire |
| | statut | loc | Locataire |
| settings | form_id |
| | foyer |
"""
PERSON = "/data/personne"


@pytest.fixture
def journey():
    journey = Journey(hall.offer(HOUSEHOLD).begin, lambda journey: Shown("", ""))
    journey.start()
    journey.language_chosen()
    journey.begin_questions()
    return journey


def go_to(journey, key):
    for _ in range(40):
        if journey.ref == key:
            return
        if journey.ref == "/data/logement" and not journey.value("/data/logement/statut"):
            journey.hold("pro", "/data/logement/statut")
        assert journey.next().outcome is Outcome.OK
    raise AssertionError(f"never came to {key}, but to {journey.ref}")


def say(journey, value):
    journey.hold(value)
    assert journey.next().outcome is Outcome.OK


def tell_of_anna(journey):
    """Anna, eight years old, and her cat: up to the list of people."""
    go_to(journey, f"{PERSON}[1]/prenom")
    say(journey, "Anna")
    say(journey, "8")
    say(journey, "Minou")
    assert journey.ref == f"{PERSON}[1]/animal"
    journey.next()
    assert journey.ref == PERSON


def instances(journey):
    return [section.ref for section in journey.way.series.instances]


def test_a_group_of_questions_is_one_stop_and_counted_instances_have_no_list(journey):
    keys = [stop.key for stop in stops(journey.outline())]
    assert keys == [
        "/data/rue",
        "/data/logement",
        *(f"{PERSON}[1]/prenom", f"{PERSON}[1]/age", PERSON),
        *("/data/trajet[1]", "/data/trajet[2]", "/data/fin"),
    ]


def test_all_answers_of_a_group_are_checked_together(journey):
    go_to(journey, "/data/logement")
    assert journey.stage is Stage.TOGETHER
    journey.hold("30", "/data/logement/pieces")
    assert journey.next().outcome is Outcome.REQUIRED
    objections = journey.way.objections
    assert {ref.rpartition("/")[2]: o.outcome for ref, o in objections.items()} == {
        "statut": Outcome.REQUIRED,
        "pieces": Outcome.CONSTRAINT,
    }
    assert journey.value("/data/logement/pieces") == "30"
    journey.hold("pro", "/data/logement/statut")
    journey.hold("3", "/data/logement/pieces")
    assert journey.next().outcome is Outcome.OK
    assert journey.ref == f"{PERSON}[1]/prenom"


def test_questions_of_a_group_come_and_go_with_the_answers_beside_them(journey):
    go_to(journey, "/data/logement")
    journey.hold("loc", "/data/logement/statut")
    assert journey.way.try_held("/data/logement/statut")
    names = [place.ref.rpartition("/")[2] for place in journey.way.stop.places]
    assert names == ["statut", "bailleur", "pieces"]
    assert journey.next().outcome is Outcome.REQUIRED
    assert list(journey.way.objections) == ["/data/logement/bailleur"]


def test_after_the_first_instance_comes_the_list_and_another_can_be_added(journey):
    tell_of_anna(journey)
    assert journey.stage is Stage.SERIES
    assert instances(journey) == [f"{PERSON}[1]"]
    journey.add()
    assert journey.ref == f"{PERSON}[2]/prenom"
    say(journey, "Bruno")
    say(journey, "3")
    assert journey.ref == PERSON
    assert len(instances(journey)) == 2
    journey.next()
    assert journey.ref == "/data/trajet[1]"


def test_one_on_the_list_is_changed_and_leads_back_to_the_list(journey):
    tell_of_anna(journey)
    journey.add()
    say(journey, "Bruno")
    say(journey, "3")
    journey.edit(f"{PERSON}[1]")
    assert (journey.ref, journey.value()) == (f"{PERSON}[1]/prenom", "Anna")
    say(journey, "Anne")
    journey.next()
    assert journey.ref == f"{PERSON}[1]/animal"
    journey.next()
    assert journey.ref == PERSON
    journey.edit(f"{PERSON}[2]")
    journey.back()
    assert journey.ref == PERSON


def test_a_list_in_a_list_leads_back_to_the_outer_one(journey):
    tell_of_anna(journey)
    journey.edit(f"{PERSON}[1]")
    journey.next()
    journey.next()
    assert journey.ref == f"{PERSON}[1]/animal"
    journey.add()
    say(journey, "Rex")
    assert instances(journey) == [f"{PERSON}[1]/animal[1]", f"{PERSON}[1]/animal[2]"]
    journey.next()
    assert journey.ref == PERSON


def test_back_from_a_list_goes_to_the_question_it_was_reached_from_and_returns(journey):
    tell_of_anna(journey)
    journey.back()
    assert journey.ref == f"{PERSON}[1]/animal"
    journey.next()
    assert journey.ref == PERSON


def test_back_to_a_list_from_behind_does_not_go_through_all_that_is_on_it(journey):
    tell_of_anna(journey)
    journey.next()
    assert journey.ref == "/data/trajet[1]"
    journey.back()
    assert journey.ref == PERSON
    journey.back()
    assert journey.ref == "/data/logement"
    journey.next()
    assert journey.ref == PERSON


def test_one_added_by_mistake_is_gone_again_when_nothing_was_said_of_it(journey):
    tell_of_anna(journey)
    journey.add()
    journey.back()
    assert journey.ref == PERSON
    assert instances(journey) == [f"{PERSON}[1]"]
    journey.add()
    journey.hold("Bruno")
    journey.back()
    assert len(instances(journey)) == 2


def test_what_was_removed_can_be_brought_back_with_all_that_was_said(journey):
    tell_of_anna(journey)
    journey.way.remove(f"{PERSON}[1]")
    assert instances(journey) == []
    assert journey.way.may_restore
    journey.way.restore()
    assert not journey.way.may_restore
    journey.edit(f"{PERSON}[1]")
    assert journey.value() == "Anna"


def test_answers_held_for_one_are_never_shown_for_another(journey):
    tell_of_anna(journey)
    journey.add()
    say(journey, "Bruno")
    journey.hold("200")
    assert journey.next().outcome is Outcome.CONSTRAINT
    journey.back()
    journey.back()
    assert journey.ref == PERSON
    journey.add()
    say(journey, "Chloé")
    say(journey, "4")
    journey.way.remove(f"{PERSON}[2]")
    journey.edit(f"{PERSON}[2]")
    assert journey.value() == "Chloé"
    journey.next()
    assert journey.value() == "4"


def test_who_has_nothing_to_tell_of_passes_over_the_whole_list(journey):
    go_to(journey, f"{PERSON}[1]/prenom")
    assert journey.way.may_skip_series
    journey.skip_series()
    assert journey.ref == "/data/trajet[1]"
    journey.back()
    assert journey.ref == PERSON
    assert instances(journey) == []
    journey.add()
    assert journey.ref == f"{PERSON}[1]/prenom"


def test_passing_over_is_not_offered_once_something_was_said(journey):
    assert not journey.way.may_skip_series
    tell_of_anna(journey)
    journey.edit(f"{PERSON}[1]")
    assert not journey.way.may_skip_series


def test_from_the_review_to_the_list_and_straight_back(journey):
    tell_of_anna(journey)
    while journey.stage is not Stage.REVIEW:
        journey.next()
    journey.change(PERSON)
    assert journey.stage is Stage.SERIES
    journey.add()
    say(journey, "Bruno")
    say(journey, "3")
    assert journey.ref == PERSON
    journey.next()
    assert journey.stage is Stage.REVIEW


def test_from_the_review_to_one_answer_on_the_list_and_straight_back(journey):
    tell_of_anna(journey)
    while journey.stage is not Stage.REVIEW:
        journey.next()
    journey.change(f"{PERSON}[1]/age")
    say(journey, "9")
    assert journey.stage is Stage.REVIEW
    journey.change("/data/logement/pieces")
    assert (journey.stage, journey.ref) == (Stage.TOGETHER, "/data/logement")
    journey.next()
    assert journey.stage is Stage.REVIEW


def test_it_is_said_which_of_how_many_one_is_about(journey):
    go_to(journey, f"{PERSON}[1]/prenom")
    assert [(section.position, of) for section, of in journey.way.number()] == [(1, 0)]
    tell_of_anna(journey)
    journey.next()
    journey.next()
    assert [(section.position, of) for section, of in journey.way.number()] == [(2, 2)]


def test_whose_words_follow_what_they_belong_to_when_something_before_is_removed():
    journey = Journey(hall.offer(HOUSEHOLD).begin, lambda journey: Shown("", ""))
    journey.start(Assistance("Samia"))
    journey.language_chosen()
    journey.agree(Given.SPOKEN, "1")
    tell_of_anna(journey)
    journey.add()
    journey.hold("Bruno")
    journey.reword(True)
    journey.next()
    journey.next()
    reworded = journey.assistance.reworded
    assert reworded == {f"{PERSON}[2]/prenom"}
    journey.way.remove(f"{PERSON}[1]")
    assert reworded == {f"{PERSON}[1]/prenom"}
    journey.way.restore()
    assert reworded == {f"{PERSON}[2]/prenom"}
