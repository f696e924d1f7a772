"""Ways to take part: what a form asks, what is wrong with it, and ballots of what people said."""

from decimal import Decimal
from random import Random

import pytest

from forms.catalogue import find
from forms.engine import Entry
from forms.methods import budget, opinion_cards
from forms.methods.asked import Asked, MethodError, asked
from forms.xform import read_form
from forms.xform.form import Form
from forms.xlsform import compile_form
from tests.forms.writing import compiled

NAMESPACES = 'parvis="https://parvis.example/ns/forms/1"'


def form_of(name: str) -> Form:
    return read_form(compile_form(find(name).form).xml)


def only(form: Form, method: str) -> Asked:
    (place,) = asked(form, method)
    return place


def written(survey: str, choices: str) -> Form:
    return read_form(
        compiled(
            f"| survey | {survey}\n| choices | list_name | name | label | cost |\n{choices}\n"
            f"| settings | form_id | namespaces |\n| | f | {NAMESPACES} |\n"
        )
    )


# --- participatory budget --------------------------------------------------------------------

TWO_PROJECTS = "| | p | a | A | 60 |\n| | p | b | B | 50 |"


def purse_form(constraint: str, purse: str = "100") -> Form:
    return written(
        "type | name | label | constraint | body::parvis:method | body::parvis:purse |\n"
        f"| | select_multiple p | x | X | {constraint} | budget | {purse} |",
        TWO_PROJECTS,
    )


def test_a_purse_knows_what_is_spent_left_and_lacking() -> None:
    form = form_of("budget")
    purse = budget.read(form, only(form, "budget"))
    assert purse.amount == 100_000
    assert purse.spent(["bancs", "cour"]) == 51_000
    assert purse.left(["bancs", "cour"]) == 49_000
    assert purse.missing(["bancs", "cour"], "jeux") == 0
    assert purse.missing(["bancs", "cour", "jeux"], "velo") == 7_000


def test_a_purse_that_is_only_shown_lacks_nothing() -> None:
    shown = budget.Purse(Decimal(10), {"a": Decimal(60)}, limits=False)
    assert shown.missing([], "a") == 0
    assert shown.left(["a"]) == -50


def test_the_catalogues_constraint_and_purse_agree() -> None:
    for name in ("budget", "budget-toulouse"):
        form = form_of(name)
        assert budget.problems(form, only(form, "budget")) == []


@pytest.mark.parametrize(
    ("constraint", "told"),
    [
        ("", "accepts a b, which cost 110 of 100"),
        ("count-selected(.) < 1", "refuses a, which cost 60 of 100"),
    ],
)
def test_a_constraint_that_lets_people_overspend_is_named(constraint: str, told: str) -> None:
    form = purse_form(constraint)
    (problem,) = budget.problems(form, only(form, "budget"))
    assert told in problem


def test_a_project_that_nobody_can_afford_is_named() -> None:
    form = purse_form("selected(., 'a') * 60 + selected(., 'b') * 50 <= 55", purse="55")
    (problem,) = budget.problems(form, only(form, "budget"))
    assert "“a” costs more than the whole purse" in problem


@pytest.mark.parametrize("amount", ["", "much", "-5", "NaN"])
def test_a_purse_without_an_amount_is_refused(amount: str) -> None:
    with pytest.raises(MethodError, match="parvis:purse"):
        budget.purse_of({"parvis:purse": amount}, {}, "/data/x")


def test_a_budget_ballot_is_what_was_chosen() -> None:
    form = form_of("budget")
    entry = Entry(form)
    assert entry.answer("/data/choix", "bancs fete").kept
    assert budget.ballot(only(form, "budget"), entry.finish().fields) == ("bancs", "fete")


# --- opinion cards ---------------------------------------------------------------------------

IDEAS = ("samedi", "trente", "gratuit", "nuit", "cantine")


def test_the_least_seen_cards_come_first_and_chance_decides_among_equals() -> None:
    seen = {"samedi": 3, "trente": 1, "nuit": 3}
    firsts, seconds = set(), set()
    for seed in range(40):
        order = opinion_cards.least_seen_first(IDEAS, seen, Random(seed))
        assert sorted(order) == sorted(IDEAS)
        assert [seen.get(name, 0) for name in order] == [0, 0, 1, 3, 3]
        firsts.add(order[0])
        seconds.add(order[3])
    assert firsts == {"gratuit", "cantine"}
    assert seconds == {"samedi", "nuit"}


def test_an_entry_begins_with_the_order_that_the_device_chose_and_logs_it() -> None:
    form = form_of("cartes-avis")
    deck = opinion_cards.read(form, only(form, "opinion-cards"))
    seen = dict.fromkeys(deck.names, 1) | {"chiens": 0}
    entry = Entry(form, beginning=opinion_cards.beginning(form, seen, Random(4)))
    held = dict(entry.finish().fields)
    order = held[deck.order].split()
    assert (order[0], sorted(order)) == ("chiens", sorted(deck.names))
    assert opinion_cards.shown_in(form, entry.finish().fields) == order[:6]


def test_without_a_device_the_form_draws_and_logs_the_order_itself() -> None:
    form = form_of("cartes-avis")
    orders = {dict(Entry(form).finish().fields)["/data/ordre_des_cartes"] for _ in range(5)}
    assert len(orders) == 5


def test_a_ballot_of_cards_tells_opinions_reasons_and_what_was_passed_over() -> None:
    form = form_of("cartes-avis")
    place = only(form, "opinion-cards")
    deck = opinion_cards.read(form, place)
    entry = Entry(form, beginning={deck.order: " ".join(deck.names)})
    assert entry.answer("/data/carte/avis", "pour").kept
    assert entry.answer("/data/carte/pour_quoi", "faisable urgent").kept
    assert entry.answer("/data/carte[3]/avis", "ni").kept
    said = opinion_cards.ballot(deck, entry.finish().fields)
    assert [one.card for one in said] == list(deck.names[:6])
    assert said[0].opinion == "pour"
    assert said[0].reasons == ("faisable", "urgent")
    assert [one.opinion for one in said[1:]] == ["", "ni", "", "", ""]
    assert opinion_cards.problems(form, place) == []
