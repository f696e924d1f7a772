"""The catalogue's consultations: sound forms, whole translations, the real texts behind them."""

import csv
import json
import re
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import pyxform
from lxml import etree
from pyxform.xls2json_backends import DefinitionData, get_xlsform

from forms.catalogue import CatalogueEntry, consultations, find
from forms.engine import Entry, Kind, Outcome, Step
from forms.errors import FormError
from forms.xform import read_form
from forms.xlsform import compile_form
from tests.translations import typography

SHARED = Path(__file__).resolve().parents[3] / "shared"
DEBATE = SHARED / "real" / "granddebat-2019-questions.csv"
TOULOUSE = SHARED / "real" / "toulouse-2019.pb"
XF = {"f": "http://www.w3.org/2002/xforms", "h": "http://www.w3.org/1999/xhtml"}
PARVIS = "{https://parvis.example/ns/forms/1}"
TOLD = ("title", "organiser", "asks", "why", "becomes", "kept")
LANGUAGE_NAMES = {
    "fr": "Français (fr)",
    "en": "English (en)",
    "ar": "العربية (ar)",
    "uk": "Українська (uk)",
}

every_consultation = pytest.mark.parametrize("entry", consultations(), ids=lambda entry: entry.name)
each_of_2019 = pytest.mark.parametrize("name", ["democratie", "democratie-courte"])
needs_the_debate = pytest.mark.skipif(
    not DEBATE.is_file(), reason="the real questions are not here"
)
needs_toulouse = pytest.mark.skipif(not TOULOUSE.is_file(), reason="the real budget is not here")


def sheets(entry: CatalogueEntry) -> DefinitionData:
    """The form as written: its rows, by sheet."""
    return get_xlsform(str(entry.form))


def survey(name: str) -> dict[str, dict[str, str]]:
    """A consultation's questions and groups as written, by name."""
    return {row["name"]: row for row in sheets(find(name)).survey or () if "name" in row}


def choices(name: str, list_name: str) -> list[dict[str, str]]:
    return [row for row in sheets(find(name)).choices or () if row["list_name"] == list_name]


def notice(entry: CatalogueEntry) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(entry.notice.read_text(encoding="utf-8"))
    return told


def compiled(entry: CatalogueEntry) -> etree._Element:
    return etree.fromstring(compile_form(entry.form).xml)


def french(row: dict[str, str], column: str = "label") -> str:
    return row.get(f"{column}::{LANGUAGE_NAMES['fr']}", "")


# --- the catalogue ---------------------------------------------------------------------------


def test_the_catalogue_lists_its_consultations_with_their_files() -> None:
    assert [(entry.name, entry.method) for entry in consultations()] == [
        ("avant-apres", "before-after"),
        ("budget", "budget"),
        ("budget-toulouse", "budget"),
        ("cartes-avis", "opinion-cards"),
        ("classement", "ranking"),
        ("consentement", "consent"),
        ("criteres", "criteria"),
        ("democratie", "questionnaire"),
        ("democratie-courte", "questionnaire"),
        ("jugement-majoritaire", "majority-judgment"),
        ("panel", "panel"),
        ("petition", "petition"),
        ("points", "points"),
        ("proposition", "proposal"),
        ("question-aux-elus", "question"),
        ("signalement", "report"),
        ("texte-par-article", "article"),
    ]
    assert all(entry.form.is_file() and entry.notice.is_file() for entry in consultations())


def test_a_consultation_is_found_by_its_name() -> None:
    entry = find("democratie-courte")
    assert entry.titles["en"] == "Democracy and citizenship, in brief"
    assert entry.languages == ("fr", "en", "ar", "uk")
    assert entry.minutes == 5


def test_a_method_leads_to_a_consultation_that_shows_it() -> None:
    assert find("majority-judgment").name == "jugement-majoritaire"
    assert find("budget").name == "budget"


def test_an_unknown_name_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(FormError) as told:
        find("democracy")
    assert str(told.value).startswith(
        "The catalogue holds no consultation named “democracy”. Is “democratie” meant?"
        " It holds: avant-apres, budget, "
    )


@pytest.mark.parametrize(
    ("meant", "name"),
    [
        ("Majority Judgment", "jugement-majoritaire"),
        ("BUDGET", "budget"),
        ("jugement_majoritaire", "jugement-majoritaire"),
        ("pétition", "petition"),
        ("article", "texte-par-article"),
    ],
)
def test_a_name_is_found_however_it_is_spelled(meant: str, name: str) -> None:
    assert find(meant).name == name


@pytest.mark.parametrize(
    ("meant", "suggested"),
    [
        ("participatory budget", "budget"),
        ("rank", "ranking"),
        ("cartes", "cartes-avis"),
        ("budjet", "budget"),
    ],
)
def test_what_is_nearly_a_name_is_answered_with_the_nearest(meant: str, suggested: str) -> None:
    with pytest.raises(FormError, match=f"Is “{suggested}” meant"):
        find(meant)


# --- every consultation ----------------------------------------------------------------------


@every_consultation
def test_every_consultation_compiles_without_a_warning(entry: CatalogueEntry) -> None:
    assert compile_form(entry.form).warnings == ()
    root = compiled(entry).find(".//f:instance/*", XF)
    assert root is not None
    assert root.get("id") == entry.name


@every_consultation
def test_every_text_is_there_in_every_language_that_the_form_declares(
    entry: CatalogueEntry,
) -> None:
    translations = {
        translation.get("lang"): {
            text.get("id"): [value.text for value in text.findall("f:value", XF)]
            for text in translation
        }
        for translation in compiled(entry).iterfind(".//f:translation", XF)
    }
    assert list(translations) == [LANGUAGE_NAMES[code] for code in entry.languages]
    default, *others = translations.values()
    assert default
    for texts in (default, *others):
        assert texts.keys() == default.keys()
        # pyxform puts "-" where a translation is missing.
        assert [id_ for id_, values in texts.items() if not any(values) or "-" in values] == []


@every_consultation
def test_every_question_group_and_choice_says_something(entry: CatalogueEntry) -> None:
    rows = sheets(entry)
    said = [*(rows.survey or ()), *(rows.choices or ())]
    silent = {"calculate", "end_group", "end_repeat"}
    mute = [row for row in said if row.get("type") not in silent]
    assert [row["name"] for row in mute if not french(row)] == []


@every_consultation
def test_a_rule_that_can_refuse_says_why(entry: CatalogueEntry) -> None:
    for row in sheets(entry).survey or ():
        for rule, message in (
            ("required", "required_message"),
            ("constraint", "constraint_message"),
        ):
            if rule in row:
                assert french(row, message), f"{row['name']} refuses without a word ({rule})"


@every_consultation
def test_the_french_is_well_set(entry: CatalogueEntry) -> None:
    rows = sheets(entry)
    written = [
        text
        for row in [*(rows.survey or ()), *(rows.choices or ())]
        for column, text in row.items()
        if column.endswith(LANGUAGE_NAMES["fr"]) or column == "comment"
    ]
    written += [notice(entry)[field]["fr"] for field in TOLD]
    # As it reaches the screen, too: pyxform alone would set the apostrophes straight.
    written += [
        value.text or ""
        for value in compiled(entry).iterfind(
            f".//f:translation[@lang='{LANGUAGE_NAMES['fr']}']/f:text/f:value", XF
        )
    ]
    assert [(text, problem) for text in written for problem in typography(text)] == []


@every_consultation
def test_the_notice_tells_everything_in_short_sentences_in_each_language(
    entry: CatalogueEntry,
) -> None:
    told = notice(entry)
    for field in TOLD:
        assert told[field].keys() >= set(told["languages"])
        for text in told[field].values():
            for sentence in re.split(r"(?<=[.!?؟])\s", text):
                assert 0 < len(re.findall(r"[^\W_][\w’,]*", sentence)) <= 15, sentence
    assert 0 < told["minutes"] < 60


@every_consultation
def test_a_condition_names_a_question_before_it_and_an_answer_that_it_offers(
    entry: CatalogueEntry,
) -> None:
    before: dict[str, dict[str, str]] = {}
    for row in sheets(entry).survey or ():
        condition = row.get("relevant", "")
        assert set(re.findall(r"\$\{(\w+)\}", condition)) <= before.keys()
        for name, answer in re.findall(r"\$\{(\w+)\} = '(\w+)'", condition):
            offered = choices(entry.name, before[name]["type"].split()[1])
            assert answer in {choice["name"] for choice in offered}
        if "name" in row:
            before[row["name"]] = row


# --- the national debate ---------------------------------------------------------------------


def debate() -> dict[str, dict[str, str]]:
    """The questions on democracy, by their number of 2019."""
    with DEBATE.open(encoding="utf-8", newline="") as source:
        rows = csv.DictReader(source, delimiter=";")
        return {row["id"]: row for row in rows if row["debate_id"] == "1"}


def number(name: str) -> str | None:
    """The number of 2019 in a question's name, as in q108_role_associations; None without one."""
    found = re.match(r"q(\d+)_", name)
    return found.group(1) if found else None


def plainly_set(text: str) -> str:
    """A text as a plain typewriter sets it: what typography alone changes is gone."""
    text = text.replace("’", "'").replace("l'État", "l'Etat")
    return text.replace("\N{NO-BREAK SPACE}", " ")


@needs_the_debate
def test_the_whole_questionnaire_asks_all_questions_of_2019_in_their_order() -> None:
    asked = [
        number(name) for name, row in survey("democratie").items() if "group" not in row["type"]
    ]
    assert asked == list(debate())


@needs_the_debate
@each_of_2019
def test_the_questions_of_2019_keep_their_exact_wording(name: str) -> None:
    real = debate()
    asked = {number(key): row for key, row in survey(name).items() if number(key)}
    assert len(asked) >= 10
    for key, row in asked.items():
        assert key is not None
        assert plainly_set(french(row)) == real[key]["text"]


@needs_the_debate
def test_open_questions_are_open_and_closed_ones_offer_the_answers_of_2019() -> None:
    offered = {
        list_name: [french(row) for row in choices("democratie", list_name)]
        for list_name in ("oui_non", "avis")
    }
    assert offered == {
        "oui_non": ["Oui", "Non"],
        "avis": ["Une bonne chose", "Une mauvaise chose", "Je ne sais pas"],
    }
    real = debate()
    for name, row in survey("democratie").items():
        if key := number(name):
            closed = "select_one avis" if key == "111" else "select_one oui_non"
            assert row["type"] == ("text" if real[key]["is_free"] == "TRUE" else closed)


@needs_the_debate
@each_of_2019
def test_a_question_of_2019_hangs_on_the_one_that_it_hung_on(name: str) -> None:
    real = debate()
    for key, row in survey(name).items():
        if not (asked := number(key)):
            continue
        hung_on = real[asked]["previous_id"]
        condition = row.get("relevant", "")
        assert {number(other) for other in re.findall(r"\$\{(\w+)\}", condition)} == (
            {hung_on} if hung_on else set()
        )
        if french(row).startswith("Si oui"):
            assert condition.endswith("= 'oui'")


def test_nothing_is_required_in_the_whole_questionnaire() -> None:
    assert [row for row in survey("democratie").values() if "required" in row] == []


def test_the_short_version_adds_two_questions_and_marks_them_as_its_own() -> None:
    asked = survey("democratie-courte")
    own = [name for name, row in asked.items() if "group" not in row["type"] and not number(name)]
    assert own == ["confiance", "themes"]
    assert all("De nous" in asked[name]["comment"] for name in own)


def test_the_short_version_takes_eight_screens_when_nothing_follows_from_an_answer() -> None:
    asked = [row for row in survey("democratie-courte").values() if "group" not in row["type"]]
    assert sum("relevant" not in row for row in asked) == 8


# --- the participatory budget ----------------------------------------------------------------

MENDED = {"equipement sportifs": "equipements sportifs", "cepieres": "cepiere"}
"""Slips of the original that the catalogue puts right."""


def toulouse() -> Iterator[dict[str, str]]:
    """The projects put to the vote."""
    lines = TOULOUSE.read_text(encoding="utf-8").splitlines()
    return csv.DictReader(lines[lines.index("PROJECTS") + 1 : lines.index("VOTES")], delimiter=";")


def bare_words(text: str) -> str:
    """A text without case, accents and punctuation."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe").replace("’", " "))
    spaced = re.sub(
        r"[^a-z0-9 ]", " ", letters.encode("ascii", "ignore").decode().replace("-", " ")
    )
    words = " ".join(spaced.split())
    for slip, right in MENDED.items():
        words = re.sub(rf"\b{slip}\b", right, words)
    return words


@needs_toulouse
def test_the_projects_have_their_real_names_costs_and_districts() -> None:
    real = {row["project_id"]: row for row in toulouse()}
    offered = {row["name"]: row for row in choices("budget-toulouse", "projets")}
    assert list(offered) == list(real)
    for name, row in offered.items():
        project, where = french(row).split(" — ")
        district, cost = where.split(", ")
        assert bare_words(project) == bare_words(real[name]["name"])
        assert bare_words(district) == bare_words(real[name]["subunit"])
        assert row["cost"] == real[name]["cost"]
        assert cost == f"{int(row['cost']):,}\N{NO-BREAK SPACE}€".replace(",", "\N{NO-BREAK SPACE}")


def test_the_english_names_carry_the_same_district_and_cost() -> None:
    for row in choices("budget-toulouse", "projets"):
        where = french(row).split(" — ")[1].split(",")[0]
        english = row[f"label::{LANGUAGE_NAMES['en']}"]
        assert english.endswith(f" — {where}, €{int(row['cost']):,}")


def test_every_project_is_found_by_a_district_that_can_be_chosen() -> None:
    districts = {row["name"]: french(row) for row in choices("budget-toulouse", "quartiers")}
    found = set()
    for row in choices("budget-toulouse", "projets"):
        keys = [row[column] for column in ("district", "district2") if column in row]
        where = french(row).split(" — ")[1].split(",")[0]
        assert where == " – ".join(districts[key] for key in keys)
        found.update(keys)
    assert found == districts.keys()


def test_the_purse_and_the_points_ride_along_for_a_screen_of_their_own() -> None:
    xform = compiled(find("budget-toulouse"))
    selects = {
        select.get("ref", "").rsplit("/")[-1]: {
            str(name).removeprefix(PARVIS): value
            for name, value in select.attrib.items()
            if str(name).startswith(PARVIS)
        }
        for select in xform.iterfind(".//f:select", XF)
    }
    assert selects == {
        "quartiers": {},
        "choix": {
            "method": "budget",
            "purse": "1000000",
            "purse-limits": "no",
            "points": "7",
            "points-each": "3",
        },
        "deuxieme_point": {"points-for": "choix"},
        "troisieme_point": {"points-for": "choix"},
    }


# --- filled ----------------------------------------------------------------------------------


def begin(name: str) -> Entry:
    return Entry(read_form(compile_form(find(name).form).xml), random=Random(1))


def answered(entry: Entry, **answers: str) -> list[Outcome]:
    """Give answers by question name, in order; what the form said to each."""
    refs = {step.ref.rsplit("/")[-1]: step.ref for step in entry.steps()}
    outcomes = []
    for name, value in answers.items():
        outcomes.append(entry.answer(refs[name], value).outcome)
        refs = {step.ref.rsplit("/")[-1]: step.ref for step in entry.steps()}
    return outcomes


def asked_now(entry: Entry) -> list[str]:
    return [step.ref.rsplit("/")[-1] for step in entry.steps()]


def anything(step: Step, random: Random) -> str:
    """Some answer of the step's kind, or none; not always one that the form accepts."""
    names = [choice.name for choice in step.choices]
    written = {Kind.TEXT, Kind.RANGE, Kind.INTEGER, Kind.GEOPOINT, Kind.IMAGE, Kind.AUDIO}
    if random.random() < 0.1 or not (names or step.kind in written):
        return ""
    match step.kind:
        case Kind.SELECT_ONE:
            return random.choice(names)
        case Kind.SELECT_MULTIPLE:
            return " ".join(random.sample(names, random.randint(1, min(len(names), 9))))
        case Kind.RANK:
            return " ".join(random.sample(names, len(names)))
        case Kind.RANGE:
            assert step.bounds is not None
            return str(random.randint(int(step.bounds.start), int(step.bounds.end)))
        case Kind.INTEGER:
            return str(random.randint(0, 6))
        case Kind.GEOPOINT:
            return "43.6045 1.4442 0 8"
        case Kind.IMAGE | Kind.AUDIO:
            return f"{random.randint(1, 9)}.bin"
        case _:
            return random.choice(["passage des Tilleuls", "a" * 1001])


@every_consultation
def test_whoever_wanders_through_meets_every_question_and_can_always_finish(
    entry: CatalogueEntry,
) -> None:
    form = read_form(compile_form(entry.form).xml)
    met: set[str] = set()
    for seed in range(20):
        random = Random(seed)
        filling = Entry(form, random=random)
        for _ in range(3):
            for before in filling.steps():
                if before.ref in {step.ref for step in filling.steps()}:
                    step = filling.step(before.ref)
                    met.add(step.ref.rsplit("/")[-1])
                    if step.kind is not Kind.NOTE and not step.readonly:
                        filling.answer(step.ref, anything(step, random))
        # What stands in the way goes away by answering what is required and clearing the rest.
        for _ in range(3):
            for problem in filling.problems():
                required = problem.outcome is Outcome.REQUIRED
                choices = filling.step(problem.ref).choices
                way_out = (choices[0].name if choices else "Parce que.") if required else ""
                assert filling.answer(problem.ref, way_out).kept
        assert filling.finish().fields
    questions = {
        row["name"]
        for row in sheets(entry).survey or ()
        if row["type"].split("_")[0] not in {"begin", "end"} and row["type"] != "calculate"
    }
    assert met == questions


def test_the_short_version_says_in_each_language_what_it_refuses() -> None:
    entry = begin("democratie-courte")
    said = {}
    for code in ("fr", "en", "ar"):
        entry.language = code
        said[code] = (
            entry.answer("/data/elus/q111_non_cumul", "").message,
            entry.answer("/data/quotidien/q133_incivilites", "a" * 1001).message,
        )
    assert said["en"] == (
        "Please choose an answer. You may say: I don’t know.",
        "Your text is too long. Keep it to 1,000 characters.",
    )
    assert len({messages for pair in said.values() for messages in pair}) == 6


def test_a_reason_is_asked_of_those_who_have_an_opinion_only() -> None:
    entry = begin("democratie-courte")
    assert answered(entry, q111_non_cumul="ne_sait_pas") == [Outcome.OK]
    assert "q112_non_cumul_pourquoi" not in asked_now(entry)
    answered(entry, q111_non_cumul="bonne")
    assert "q112_non_cumul_pourquoi" in asked_now(entry)


def test_the_budget_shows_the_projects_of_the_districts_chosen() -> None:
    entry = begin("budget-toulouse")
    assert len(entry.step("/data/choix").choices) == 30
    answered(entry, quartiers="milan soupetard")
    offered = [choice.name for choice in entry.step("/data/choix").choices]
    assert offered == ["2", "8", "14", "25", "26"]


def test_the_budget_tells_what_the_chosen_projects_cost_together() -> None:
    entry = begin("budget-toulouse")
    answered(entry, choix="1 3")
    assert "57\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}€" in entry.step("/data/points/bourse").label
    answered(entry, choix="4 9 22 29 5 15 19")
    entry.language = "en"
    assert "€1,592,000" in entry.step("/data/points/bourse").label


def test_seven_points_can_be_given_and_no_more() -> None:
    entry = begin("budget-toulouse")
    assert answered(entry, choix="1 2 3 4 5 6 7 8") == [Outcome.CONSTRAINT]
    assert answered(entry, choix="1 2 3", deuxieme_point="1 2 3", troisieme_point="1 2") == [
        Outcome.OK,
        Outcome.OK,
        Outcome.CONSTRAINT,
    ]
    assert answered(entry, troisieme_point="1") == [Outcome.OK]
    assert entry.finish().fields


def test_seven_projects_leave_no_second_point_to_ask_about() -> None:
    entry = begin("budget-toulouse")
    answered(entry, choix="1 2 3 4 5 6 7")
    assert asked_now(entry) == ["quartiers", "choix", "bourse", "raison"]


def test_a_project_that_is_taken_away_loses_its_further_points() -> None:
    entry = begin("budget-toulouse")
    answered(entry, choix="1 2", deuxieme_point="1 2", troisieme_point="1")
    answered(entry, choix="2")
    held = {ref.rsplit("/")[-1]: value for ref, value in entry.finish().fields}
    assert held["deuxieme_point"] == "2"
    assert "troisieme_point" not in held


def test_a_blank_ballot_leaves_nothing_but_its_number() -> None:
    assert [ref for ref, _ in begin("budget-toulouse").finish().fields] == ["/data/meta/instanceID"]


# --- with the engine of ODK Collect ----------------------------------------------------------

ORACLE = SHARED / "oracle" / "JavaRosaWalk.java"
VALIDATE = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"


@pytest.fixture(scope="module")
def javarosa(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that lets JavaRosa walk a form at random."""
    if not (ORACLE.is_file() and VALIDATE.is_file()):
        pytest.skip("JavaRosa's walk is not here")
    built = tmp_path_factory.mktemp("javarosa")
    try:
        subprocess.run(
            ["javac", "-nowarn", "-cp", VALIDATE, "-d", built, ORACLE],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no Java here")
    return ["java", "-cp", f"{VALIDATE}:{built}", "JavaRosaWalk"]


DRAWN = {"instanceID", "ordre_des_cartes", "proposition"}
"""Fields that chance fills, another way each time."""


def leaves(instance: bytes) -> dict[str, str]:
    """What an instance holds, by name; without what chance filled."""
    held = {etree.QName(node).localname: node.text for node in etree.fromstring(instance).iter()}
    return {
        name: text for name, text in held.items() if text and text.strip() and name not in DRAWN
    }


@every_consultation
def test_collects_engine_walks_through_to_a_valid_end_and_ours_agrees(
    entry: CatalogueEntry, javarosa: list[str], tmp_path: Path
) -> None:
    form = tmp_path / f"{entry.name}.xml"
    form.write_bytes(compile_form(entry.form).xml)
    for seed in ("2", "5"):
        walk = json.loads(
            subprocess.run([*javarosa, form, seed], check=True, capture_output=True).stdout
        )
        assert walk["valid"]
        filling = begin(entry.name)
        for step in walk["steps"]:
            if step["op"] == "answer":
                assert filling.answer(step["ref"], step["value"]).outcome.value == step["outcome"]
        assert leaves(filling.finish().xml) == leaves(walk["instance"].encode())
