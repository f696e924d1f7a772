"""Ways to take part: what a form asks, what is wrong with it, and ballots of what people said."""

from decimal import Decimal
from random import Random

import pytest

from forms.catalogue import consultations, find
from forms.engine import Entry
from forms.methods import (
    apart,
    articles,
    before_after,
    budget,
    criteria,
    majority_judgment,
    opinion_cards,
    points,
    roles,
)
from forms.methods.asked import Asked, MethodError, asked
from forms.methods.review import review
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
    assert told in str(problem)


def test_a_project_that_nobody_can_afford_is_named() -> None:
    form = purse_form("selected(., 'a') * 60 + selected(., 'b') * 50 <= 55", purse="55")
    (problem,) = budget.problems(form, only(form, "budget"))
    assert "“a” costs more than the whole purse" in str(problem)


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


# --- the others --------------------------------------------------------------------------------


def filled(form: Form, **answers: str) -> tuple[tuple[str, str], ...]:
    """The fields of an entry that was given these answers, by question name."""
    entry = Entry(form)
    for name, value in answers.items():
        path = next(step.ref for step in entry.steps() if step.ref.endswith(f"/{name}"))
        assert entry.answer(path, value).kept
    return entry.finish().fields


def test_a_judgment_ballot_has_a_mention_or_none_for_each_option() -> None:
    form = form_of("jugement-majoritaire")
    judgment = majority_judgment.read(form, only(form, "majority-judgment"))
    assert judgment.mentions[0] == "excellent"
    assert judgment.mentions[-1] == "a_rejeter"
    given = majority_judgment.ballot(judgment, filled(form, marche="bien", salle="a_rejeter"))
    assert given == {
        "marche": "bien",
        "atelier": None,
        "salle": "a_rejeter",
        "creche": None,
        "logements": None,
    }


def test_a_points_ballot_counts_what_was_placed() -> None:
    form = form_of("points")
    asked_for = points.read(form, only(form, "points"))
    assert (asked_for.total, asked_for.each) == (10, 5)
    placed = points.ballot(asked_for, filled(form, nature="5", ecoles="3"))
    assert (placed["nature"], placed["ecoles"], placed["sante"]) == (5, 3, 0)


def test_marks_are_told_by_measure_and_criterion() -> None:
    form = form_of("criteres")
    marks = criteria.ballot(form, filled(form, eau_urgence="4", eau_maturite="2"))
    assert marks["eau"] == {"urgence": 4, "maturite": 2}
    assert marks["pistes"] == {}


def test_a_change_of_opinion_is_told_as_a_pair() -> None:
    form = form_of("avant-apres")
    fields = filled(form, avant="tout_pour", apres="plutot_contre")
    assert before_after.ballot(before_after.read(form), fields) == ("tout_pour", "plutot_contre")


def test_each_article_has_its_opinion_argument_and_wording() -> None:
    form = form_of("texte-par-article")
    fields = filled(form, a1="mitige", a1_redaction="Deux mètres.", a2="accord")
    said = {one.article: one for one in articles.ballot(articles.read(form), fields)}
    assert said["a1"] == articles.Said("a1", "mitige", "", "Deux mètres.")
    assert said["a2"].opinion == "accord"
    assert said["a3"].opinion == ""


def test_answers_are_found_by_their_roles() -> None:
    form = form_of("consentement")
    fields = filled(form, position="oppose", raison="La clé.")
    assert roles.ballot(form, fields) == {"position": "oppose", "reason": "La clé."}
    assert set(roles.quotas(form_of("panel"))) == {"age", "genre", "quartier", "logement"}


def test_who_signed_is_split_from_the_answers() -> None:
    form = form_of("petition")
    fields = filled(
        form, signe="oui", prenom="Ada", nom="Martin", seize_ans="oui", commune="voisine"
    )
    answers, kept = apart.split(form, fields)
    assert answers["/data/signe"] == "oui"
    assert set(kept) == {
        f"/data/identite/{name}" for name in ("prenom", "nom", "seize_ans", "commune")
    }
    assert not {"Ada", "Martin"} & set(answers.values())
    assert apart.places(form_of("panel")) == {"/data/contact": "contact"}


@pytest.mark.parametrize("name", [entry.name for entry in consultations()])
def test_nothing_is_wrong_with_the_methods_of_the_catalogue(name: str) -> None:
    assert review(form_of(name)) == ()


JUDGED = (
    "type | name | label | appearance | body::parvis:method | body::parvis:points |\n"
    "| | begin group | g | G | field-list | {method} | {points} |\n"
    "{rows}"
    "| | end group | | | | | |"
)
LISTS = "| | p | a | A | |\n| | p | b | B | |\n| | q | a | A | |\n| | q | c | C | |"


@pytest.mark.parametrize(
    ("method", "amount", "rows", "told"),
    [
        (
            "majority-judgment",
            "",
            "| | select_one p | x | X | | | |\n| | select_one q | y | Y | | | |\n",
            "/data/g/y: its mentions are others",
        ),
        (
            "majority-judgment",
            "",
            "| | select_one p | x | X | | | |\n",
            "compares at least two options",
        ),
        (
            "majority-judgment",
            "",
            "| | select_one p | x | X | | | |\n| | text | y | Y | | | |\n",
            "/data/g/y: only select_one questions can be judged",
        ),
        (
            "points",
            "3",
            "| | integer | x | X | | | |\n| | integer | y | Y | | | |\n",
            "accepts 4 points on one option",
        ),
        (
            "points",
            "",
            "| | integer | x | X | | | |\n| | integer | y | Y | | | |\n",
            "parvis:points says how many points",
        ),
        ("criteria", "", "| | text | x | X | | | |\n", "no range asks for a mark"),
        ("opinion-cards", "", "| | text | x | X | | | |\n", "need a read-only select"),
        ("budget", "", "| | text | x | X | | | |\n", "belongs on a question"),
        ("before-after", "", "| | text | x | X | | | |\n", "belongs on a question"),
        ("panel", "", "| | text | x | X | | | |\n", "parvis:role “willing”"),
        ("lottery", "", "| | text | x | X | | | |\n", "there is no method “lottery”"),
    ],
)
def test_what_does_not_work_as_its_method_wants_is_said(
    method: str, amount: str, rows: str, told: str
) -> None:
    form = written(JUDGED.format(method=method, points=amount, rows=rows), LISTS)
    assert told in " ".join(review(form))
