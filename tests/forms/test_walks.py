"""JavaRosa's walks through forms that nobody here wrote, and ours."""

import json
from pathlib import Path

import pytest

from forms.walk import follow, read_walk
from forms.xform import read_form
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS, compiled

WALKS = sorted(CORPUS.glob("walks/*.json"))

BY_THE_SPECIFICATION = {
    "setgeopoint-action-instance-load": "a place that cannot be had leaves an empty text",
    "setgeopoint-action-value-changed": "a place that cannot be had leaves an empty text",
}
"""Forms on which JavaRosa is not followed: docs/decisions has the clauses."""


@pytest.mark.skipif(not WALKS, reason="the corpus is not here")
def test_the_engine_sees_forms_as_javarosa_does(capsys: pytest.CaptureFixture[str]) -> None:
    apart: dict[str, str] = {}
    for path in WALKS:
        walk = read_walk(path)
        form = CORPUS / str(walk["form"])
        agreement = follow(read_form(form.read_bytes(), media=form.parent), walk)
        if not agreement.agrees:
            apart[path.name] = f"{form.stem}: {agreement.difference}"
    with capsys.disabled():
        print(f"\n{len(WALKS) - len(apart)} of {len(WALKS)} walks agree with JavaRosa's.")
    assert {found.partition(":")[0] for found in apart.values()} == set(BY_THE_SPECIFICATION)


OWN = Path(__file__).with_name("agreement")
"""Forms that reach what the corpus does not, and JavaRosa's walks through them."""


@pytest.mark.parametrize("path", sorted(OWN.glob("*.*")), ids=lambda path: path.stem)
def test_the_engine_agrees_with_javarosa_on_forms_of_our_own(path: Path) -> None:
    form = read_form(path.read_bytes() if path.suffix == ".xml" else compile_form(path).xml)
    walks = sorted(OWN.glob(f"walks/{path.stem}.*.json"))
    assert walks
    for walk in walks:
        agreement = follow(form, read_walk(walk))
        assert agreement.agrees, f"{walk.name}: {agreement.difference}"


FORM = "| survey |\n| | type | name | label | constraint |\n| | integer | a | A | . < 10 |\n"


def walk_of(tmp_path: Path, steps: list[dict[str, str]], **more: object) -> dict[str, object]:
    path = tmp_path / "walk.json"
    path.write_text(json.dumps({"form": "f.xml", "steps": steps, **more}))
    return read_walk(path)


@pytest.mark.parametrize(
    ("value", "outcome", "end", "differs_at"),
    [
        ("5", "ok", "5", None),
        ("5", "constraint", "5", 0),
        ("50", "constraint", "", None),
        ("5", "ok", "6", 1),
    ],
)
def test_a_walk_tells_the_first_step_where_engines_differ(
    tmp_path: Path, value: str, outcome: str, end: str, differs_at: int | None
) -> None:
    instance = f"<data><a>{end}</a><meta><instanceID>x</instanceID></meta></data>"
    walk = walk_of(
        tmp_path,
        [{"op": "answer", "ref": "/data/a", "value": value, "outcome": outcome}],
        valid=True,
        instance=instance,
    )
    agreement = follow(read_form(compiled(FORM)), walk)
    assert agreement.agrees is (differs_at is None)
    if agreement.difference is not None:
        assert agreement.difference["step"] == differs_at


def test_a_walk_stops_where_the_other_engine_broke(tmp_path: Path) -> None:
    walk = walk_of(
        tmp_path, [{"op": "answer", "ref": "/data/b", "value": "1", "outcome": "error"}], valid=True
    )
    assert follow(read_form(compiled(FORM)), walk).agrees
