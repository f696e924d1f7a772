"""Ways to take part: what a form asks, what is wrong with it, and ballots of what people said."""

from decimal import Decimal

import pytest

from forms.catalogue import find
from forms.engine import Entry
from forms.methods import budget
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
