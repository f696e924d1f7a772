"""Reading XForms: what they say, and what is refused rather than suffered."""

import hashlib
from pathlib import Path

import pytest

from forms.errors import FormError
from forms.xform import read_form
from forms.xform.controls import Kind
from forms.xform.dependencies import CircularForm
from tests.forms.writing import begin, compiled, form_of, written, xform

LANGUAGES = written("languages.md")


def test_a_form_knows_its_names_its_languages_and_its_hash() -> None:
    xml = compiled(LANGUAGES)
    form = read_form(xml)
    assert (form.form_id, form.version, form.title) == ("vote-1", "7", "Vote")
    assert form.languages == ("Français (fr)", "English (en)")
    assert form.default_language == "Français (fr)"
    assert form.hash == hashlib.sha256(xml).digest()
    assert [question.kind for question in form.questions] == [Kind.SELECT_ONE]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("fr", "Français (fr)"),
        ("FR-be", "Français (fr)"),
        ("Français (fr)", "Français (fr)"),
        ("French (fr)", "Français (fr)"),
        ("en", "English (en)"),
        ("ar", None),
    ],
)
def test_a_language_is_found_by_its_code_or_its_name(wanted: str, found: str | None) -> None:
    assert form_of(LANGUAGES).language_for(wanted) == found


def test_a_form_without_translations_has_no_languages() -> None:
    form = form_of("| survey |\n| | type | name | label |\n| | text | a | A |")
    assert form.languages == ()
    assert form.default_language == ""
    assert form.language_for("fr") is None


def test_attributes_of_parvis_come_with_the_step_whatever_prefix_the_form_chose() -> None:
    xml = compiled(LANGUAGES)
    for form in (xml, xml.replace(b"parvis:", b"p:").replace(b"xmlns:parvis", b"xmlns:p")):
        (step,) = begin(read_form(form)).steps()
        assert step.attributes["parvis:purse"] == "1000"
        assert step.attributes["parvis:secret"] == "yes"


def test_columns_of_the_choices_sheet_come_with_the_choices() -> None:
    (step,) = begin(form_of(LANGUAGES)).steps()
    assert [(c.name, c.label, dict(c.columns)) for c in step.choices] == [
        ("yes", "Oui", {"cost": "20"}),
        ("no", "Non", {"cost": "0"}),
    ]


def test_a_translation_that_is_missing_is_said_in_the_default_language() -> None:
    entry = begin(form_of(LANGUAGES))
    entry.language = "en"
    (step,) = entry.steps()
    assert (step.label, step.hint, dict(step.media)) == (
        "Your choice?",
        "Un seul",
        {"image": "vote.png"},
    )


@pytest.mark.parametrize("column", ["image", "image::Français (fr)", "image::English (en)"])
@pytest.mark.parametrize("tongue", ["Français (fr)", "English (en)"])
def test_a_picture_named_for_one_language_is_shown_in_all(column: str, tongue: str) -> None:
    table = f"""
| survey | | | | |
| | type | name | label::Français (fr) | label::English (en) |
| | select_one arbres | arbre | Quel arbre ? | Which tree? |
| choices | | | | |
| | list_name | name | label::Français (fr) | label::English (en) | media::{column} |
| | arbres | if | Un if | A yew | if.png |
| settings |
| | form_title | form_id |
| | Arbres | arbres |
"""
    entry = begin(read_form(compiled(table)))
    entry.language = tongue
    (step,) = entry.steps()
    assert [dict(choice.media) for choice in step.choices] == [{"image": "if.png"}]


def test_a_recording_is_heard_in_its_own_language_alone() -> None:
    table = """
| survey | | | | | |
| | type | name | label::Français (fr) | label::English (en) | media::audio::Français (fr) |
| | note | mot | Bonjour | Hello | bonjour.mp3 |
| settings |
| | form_title | form_id | default_language |
| | Mot | mot | Français (fr) |
"""
    entry = begin(read_form(compiled(table)))
    heard = {}
    for entry.language in ("Français (fr)", "English (en)"):
        (step,) = entry.steps()
        heard[entry.language] = dict(step.media)
    assert heard == {"Français (fr)": {"audio": "bonjour.mp3"}, "English (en)": {}}


def test_the_dictionary_is_the_same_anywhere_and_ends_with_the_paths() -> None:
    xml = compiled(LANGUAGES)
    material = read_form(xml).dictionary_material()
    assert material == read_form(xml).dictionary_material()
    assert material.endswith(b"yes\nno\n/data/vote\n/data/meta/instanceID")
    assert b"Votre choix ?" in material
    assert b"vote.png" not in material


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (b"", "is empty"),
        (b"<a>", "not well-formed"),
        (b"\x00\x01", "not well-formed"),
        (b"<a/>", "not an XForm"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".encode("utf-16"), "DOCTYPE"),
        (b"<a>" * 240 + b"</a>" * 240, "nested more than"),
        (b"<a>" * 5000 + b"</a>" * 5000, "nested more than"),
    ],
)
def test_what_is_no_form_or_a_hostile_one_is_refused(xml: bytes, sentence: str) -> None:
    with pytest.raises(FormError, match=sentence):
        read_form(xml)


@pytest.mark.parametrize(
    "name", ["jr://images/../../etc/passwd", "/etc/passwd", "..\\secret", "C:\\secret", "c:/x"]
)
def test_media_do_not_lead_out_of_the_forms_folder(name: str) -> None:
    itext = (
        f'<itext><translation lang="en"><text id="a"><value form="image">{name}</value></text>'
        "</translation></itext>"
    )
    with pytest.raises(FormError, match="leads out"):
        read_form(xform("<a/>", model=itext))


def test_questions_that_depend_on_each_other_in_a_circle_are_named() -> None:
    binds = (
        '<bind nodeset="/data/a" calculate="/data/b + 1"/>'
        '<bind nodeset="/data/b" calculate="/data/c + 1"/>'
        '<bind nodeset="/data/c" relevant="/data/d &gt; 1" calculate="/data/a + 1"/>'
        '<bind nodeset="/data/d" calculate="1"/>'
    )
    with pytest.raises(CircularForm) as refused:
        read_form(xform("<a/><b/><c/><d/>", binds))
    assert {field.path for field in refused.value.fields} == {"/data/a", "/data/b", "/data/c"}


def test_a_group_whose_relevance_asks_for_its_own_question_is_a_circle() -> None:
    with pytest.raises(CircularForm, match="/data/g"):
        read_form(
            xform(
                "<g><a/></g>",
                '<bind nodeset="/data/g" relevant="/data/g/b = 1"/>'
                '<bind nodeset="/data/g/b" calculate="1"/>'.replace("/g/b", "/g/a"),
            )
        )


def test_every_expression_that_is_wrong_is_told_at_once() -> None:
    binds = (
        '<bind nodeset="/data/a" calculate="1 +"/><bind nodeset="/data/b" relevant="nothing()"/>'
    )
    with pytest.raises(FormError, match=r"(?s)calculate of /data/a.*relevant of /data/b"):
        read_form(xform("<a/><b/>", binds))


def test_lists_beside_the_form_are_read(tmp_path: Path) -> None:
    (tmp_path / "towns.csv").write_text("name,label\nlyon,Lyon\nnice,Nice\n", encoding="utf-8-sig")
    (tmp_path / "parks.geojson").write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "p1",'
        ' "properties": {"title": "Park"}, "geometry": {"type": "Point", "coordinates": [2, 48]}}]}'
    )
    lists = '<instance id="towns" src="jr://file-csv/towns.csv"/>'
    lists += '<instance id="parks" src="jr://file/parks.geojson"/>'
    binds = (
        "<bind nodeset=\"/data/a\" calculate=\"instance('towns')/root/item[name='nice']/label\"/>"
        '<bind nodeset="/data/b" calculate="instance(\'parks\')/root/item/geometry"/>'
    )
    form = read_form(xform("<a/><b/>", binds, model=lists), media=tmp_path)
    assert begin(form).as_it_stands().fields == (("/data/a", "Nice"), ("/data/b", "48 2 0 0"))
    assert form.attached == ("towns.csv", "parks.geojson")
