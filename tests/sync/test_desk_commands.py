"""`parvis-desk`, from new keys to the table, as other tools call it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from forms.starting import start_from
from sync import consultation as packages
from sync.client.https import sync_once
from sync.contribution import Contribution, Mode
from sync.desk.commands import main
from tests.sync.town import FORM, Town


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_from_new_keys_to_the_table(town: Town, tmp_path: Path) -> None:
    keys, package, store, out = (
        tmp_path / name for name in ("newkeys", "c.parvis", "s.sqlite", "out.csv")
    )
    assert run("keys", "new", "--out", keys, "--label", "Ville").exit_code == 0
    published = run(
        "publish", "democratie-courte", "--keys", keys, "--out", package, "--option", "minutes=7"
    )
    assert published.exit_code == 0, published.output
    id_ = published.output.splitlines()[-1]
    with town.service() as service:
        consultation = service.publish(package.read_bytes())
    assert (consultation.id, consultation.options.minutes) == (id_, 7)
    assert consultation.notice["fr"].kept

    with town.serving() as url, town.device(url=url) as device:
        held = device.consultation(id_)
        fields = (("/democratie-courte/x", "passage des Tilleuls"),)
        said = Contribution(
            held.form_id, held.form_version, held.form_hash, Mode.SELF, "fr", fields
        )
        device.confirm(id_, said)
        assert sync_once(device).complete
        pulled = run("pull", "--server", url, "--keys", keys, "--store", store)
    assert pulled.exit_code == 0, pulled.output
    assert pulled.output.splitlines()[-1].startswith("1 contribution opened from 1 batch,")
    exported = run("export", "--store", store, "--csv", out)
    assert exported.exit_code == 0, exported.output
    with out.open(encoding="utf-8-sig", newline="") as file:
        [row] = csv.DictReader(file)
    assert row["mode"] == "self"
    assert "passage des Tilleuls" in row.values()
    assert "confiance" in row


def test_a_consultation_to_adapt_is_published_with_the_notice_that_lies_beside_it(
    tmp_path: Path,
) -> None:
    keys, package = tmp_path / "keys", tmp_path / "c.parvis"
    form, notice = start_from("budget", tmp_path / "ours.xlsx")
    run("keys", "new", "--out", keys)
    published = run("publish", form, "--keys", keys, "--out", package)
    assert published.exit_code == 0, published.output
    told = packages.read(package.read_bytes()).notice
    assert told["fr"].why == json.loads(notice.read_text(encoding="utf-8"))["why"]["fr"]


def test_every_publication_has_a_higher_version_unless_one_is_given(tmp_path: Path) -> None:
    keys, form, out = tmp_path / "keys", tmp_path / "f.xml", tmp_path / "c.parvis"
    form.write_text(FORM.format(version=1))
    run("keys", "new", "--out", keys)
    versions = []
    for more in ((), (), ("--version", "9"), ()):
        words = ("publish", form, "--keys", keys, "--out", out, "--title", "La place")
        result = run(*words, "--without-notice", *more)
        assert result.exit_code == 0, result.output
        versions.append(int(result.output.split("version ")[1].split(",")[0]))
    assert versions == [1, 2, 9, 10]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("publish", "nonsense.xlsx", "--keys", "KEYS", "--out", "x"), "no file nonsense.xlsx"),
        (("publish", "nonsense", "--keys", "KEYS", "--out", "x"), "catalogue"),
        (("publish", "democratie", "--keys", "nowhere", "--out", "x"), "cannot be read"),
        (("publish", "F", "--keys", "KEYS", "--out", "x", "--option", "a=b"), "no option “a”"),
        (("publish", "F", "--keys", "KEYS", "--out", "/proc/x/y"), "cannot be written"),
        (("keys", "new", "--out", "KEYS"), "not empty"),
        (("pull", "--server", "x", "--keys", "KEYS", "--store", "S"), "address of a server"),
        (
            ("pull", "--server", "http://127.0.0.1:9", "--keys", "KEYS", "--store", "S"),
            "cannot be reached",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_and_exit_1(
    town: Town, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "f.xml").write_text(FORM.format(version=1))
    places = {"KEYS": town.keys.path, "S": tmp_path / "s.sqlite", "F": tmp_path / "f.xml"}
    result = run(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 1
    assert says in result.output
    assert len(result.output.strip().splitlines()) == 1


# what people are not told, and what says something else than it did

OPINION = """\
| survey |
| | type | name | label::fr | label::en |
| | select_one avis | avis | {question} | Your view? |
| | text | idee | Votre idée ? | Your idea? |
| choices |
| | list_name | name | label::fr | label::en |
| | avis | pour | {pour} | {yes} |
| | avis | contre | {contre} | Against |
| settings |
| | form_id | form_title |
| | place | La place |
"""
NOTICE = {
    "title": {"fr": "La place", "en": "The square"},
    "organiser": {"fr": "La ville", "en": "The town"},
    "asks": {"fr": "Que faire ?", "en": "What to do?"},
    "why": {"fr": "Pour décider.", "en": "To decide."},
    "becomes": {"fr": "Tout est lu.", "en": "All is read."},
    "kept": {"fr": "Un an.", "en": "A year."},
    "closes": "2030-12-31",
}


def opinion(folder: Path, notice: object = NOTICE, **words: str) -> Path:
    """A form with its notice beside it; without one where that is None."""
    said = {"question": "Votre avis ?", "pour": "Pour", "yes": "For", "contre": "Contre"} | words
    form = folder / "place.md"
    form.write_text(OPINION.format(**said), encoding="utf-8")
    beside = folder / "place.notice.json"
    beside.unlink(missing_ok=True)
    if notice is not None:
        beside.write_text(json.dumps(notice), encoding="utf-8")
    return form


def test_what_nobody_is_told_of_is_published_only_when_that_is_said(
    town: Town, tmp_path: Path
) -> None:
    form, out = opinion(tmp_path, notice=None), tmp_path / "c.parvis"
    words = ("publish", form, "--keys", town.keys.path, "--out", out)
    refused = run(*words)
    assert refused.exit_code == 1
    assert "place.notice.json" in refused.output
    assert "--without-notice" in refused.output
    assert not out.exists()
    assert run(*words, "--without-notice").exit_code == 0
    assert packages.read(out.read_bytes()).notice == {}


def test_a_notice_names_the_days_unless_the_command_does(town: Town, tmp_path: Path) -> None:
    form, out = opinion(tmp_path), tmp_path / "c.parvis"
    words = ("publish", form, "--keys", town.keys.path, "--out", out)
    first = run(*words)
    assert str(packages.read(out.read_bytes()).closes) == "2030-12-31"
    assert "closing day" not in first.output
    run(*words, "--closes", "2031-01-31")
    assert str(packages.read(out.read_bytes()).closes) == "2031-01-31"


@pytest.mark.parametrize("day", ["31/12/2030", "2030-13-01", 5])
def test_a_day_of_a_notice_that_is_none_is_refused(town: Town, tmp_path: Path, day: object) -> None:
    form = opinion(tmp_path, notice=NOTICE | {"closes": day})
    refused = run("publish", form, "--keys", town.keys.path, "--out", tmp_path / "c.parvis")
    assert refused.exit_code == 1
    assert f"is a day, such as 2026-12-31, not “{day}”" in refused.output


def test_a_missing_organiser_and_closing_day_are_said(town: Town, tmp_path: Path) -> None:
    told = {topic: text for topic, text in NOTICE.items() if topic not in {"organiser", "closes"}}
    form = opinion(tmp_path, notice=told)
    said = run("publish", form, "--keys", town.keys.path, "--out", tmp_path / "c.parvis")
    assert said.exit_code == 0
    assert "No organiser is named" in said.output
    assert "No closing day is named" in said.output


def test_a_label_that_says_something_else_is_named_when_the_next_version_is_published(
    town: Town, tmp_path: Path
) -> None:
    out = tmp_path / "c.parvis"
    words = ("publish", tmp_path / "place.md", "--keys", town.keys.path, "--out", out)
    opinion(tmp_path)
    assert "CHANGED" not in run(*words).output
    opinion(tmp_path, pour="Contre", contre="Pour")
    said = run(*words)
    assert said.exit_code == 0
    assert "CHANGED MEANING: 2 labels say something else than in version 1." in said.output
    assert "“pour” of “avis” said “Pour” in fr, and says “Contre” now." in said.output
    assert "“contre” of “avis” said “Contre” in fr, and says “Pour” now." in said.output
    assert "“idee”" not in said.output
    opinion(tmp_path, pour="Contre", contre="Pour")
    assert "CHANGED" not in run(*words).output


def test_a_question_and_another_language_that_changed_are_named_too(
    town: Town, tmp_path: Path
) -> None:
    words = ("publish", tmp_path / "place.md", "--keys", town.keys.path, "--out", tmp_path / "c")
    opinion(tmp_path)
    run(*words)
    opinion(tmp_path, question="Êtes-vous contre ?", yes="Rather for")
    said = run(*words)
    assert "The question “avis” said “Votre avis ?” in fr" in said.output
    assert "“pour” of “avis” said “For” in en, and says “Rather for” now." in said.output


def test_a_spelling_that_is_corrected_is_no_other_meaning(town: Town, tmp_path: Path) -> None:
    words = ("publish", tmp_path / "place.md", "--keys", town.keys.path, "--out", tmp_path / "c")
    opinion(tmp_path, pour="Tout a fait  d'accord")
    run(*words)
    opinion(tmp_path, pour="Tout à fait d’accord !")
    assert "CHANGED" not in run(*words).output


def test_a_form_without_its_list_is_not_published(town: Town, tmp_path: Path) -> None:
    form = opinion(tmp_path)
    form.write_text(
        "| survey |\n| | type | name | label |\n"
        "| | select_one_from_file halls.csv | hall | Which hall? |\n"
    )
    words = ("publish", form, "--keys", town.keys.path, "--out", tmp_path / "c.parvis")
    refused = run(*words)
    assert refused.exit_code == 1
    assert "halls.csv is not beside place.md" in refused.output
    (tmp_path / "place-media").mkdir()
    (tmp_path / "place-media" / "halls.csv").write_text("name,label\na,A\n")
    assert run(*words).exit_code == 0


def test_a_method_that_does_not_work_is_not_published_as_an_xform_either(
    town: Town, tmp_path: Path
) -> None:
    form = tmp_path / "f.xml"
    form.write_text(
        FORM.format(version=1).replace(
            "<h:body>",
            '<h:body><group xmlns:p="https://parvis.example/ns/forms/1"'
            ' p:method="points" p:points="dix"></group>',
        )
    )
    words = ("publish", form, "--keys", town.keys.path, "--out", tmp_path / "c.parvis")
    refused = run(*words, "--without-notice")
    assert refused.exit_code == 1
    assert "parvis:points says how many points: a whole number, not “dix”" in refused.output


def test_who_has_no_keys_yet_is_told_what_makes_them(tmp_path: Path) -> None:
    said = ["--keys", tmp_path / "keys", "--out", tmp_path / "x.parvis", "--without-notice"]
    result = run("publish", "budget", *said)
    assert result.exit_code == 1
    assert f"parvis-desk keys new --out {tmp_path / 'keys'}" in result.output
    assert not (tmp_path / "x.parvis").exists()
