"""JavaRosa's walks through forms that nobody here wrote, and ours."""

import json
import re
from pathlib import Path

import pytest

from forms.errors import FormError
from forms.walk import follow, read_walk
from forms.xform import read_form
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS, compiled

WALKS = sorted(CORPUS.glob("walks/*.json"))


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
    assert not apart


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


MOMENTS = """
| survey |
| | type | name | label | calculation |
| | time | t | T | |
| | dateTime | m | M | |
| | date | d | D | |
| | calculate | days | | decimal-date-time(${d}) |
| | calculate | day | | string(today()) |
"""


@pytest.mark.parametrize(
    ("at", "zone", "time", "moment", "days", "day"),
    [
        ("2026-01-31T23:30:00Z", "UTC", "21:15:00.000Z", "T21:15:00.000Z", "18906", "01-31"),
        (
            *("2026-02-01T00:30:00+01:00", "Europe/Paris", "22:15:00.000+01:00"),
            *("T23:15:00.000+02:00", "18905.916666666668", "02-01"),
        ),
        (
            *("2026-02-01T05:00:00+05:30", "Asia/Kolkata", "02:45:00.000+05:30"),
            *("T02:45:00.000+05:30", "18905.770833333332", "02-01"),
        ),
    ],
)
def test_a_walk_is_followed_at_its_moment_and_in_its_zone(
    tmp_path: Path, at: str, zone: str, time: str, moment: str, days: str, day: str
) -> None:
    given = {"t": "21:15:00.000Z", "m": "2020-07-09T21:15:00.000Z", "d": "2021-10-06"}
    steps = [
        {"op": "answer", "ref": f"/data/{name}", "value": value, "outcome": "ok"}
        for name, value in given.items()
    ]
    told = f"2020-07-{'10' if moment < given['m'][10:16] else '09'}{moment}"
    instance = (
        f"<data><t>{time}</t><m>{told}</m><d>2021-10-06</d><days>{days}</days>"
        f"<day>2026-{day}</day><meta><instanceID>x</instanceID></meta></data>"
    )
    walk = walk_of(tmp_path, steps, at=at, zone=zone, valid=True, instance=instance)
    agreement = follow(read_form(compiled(MOMENTS)), walk)
    assert agreement.agrees, agreement.difference
    assert f"<day>2026-{day}</day>" in agreement.instance


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"zone": "Europe/Nowhere"}, "zone “Europe/Nowhere” is not in the list"),
        ({"zone": "../etc/passwd"}, "zone “../etc/passwd” is none"),
        ({"at": "yesterday"}, "moment “yesterday”"),
    ],
)
def test_a_walk_of_no_known_moment_or_zone_is_refused(
    tmp_path: Path, told: dict[str, str], sentence: str
) -> None:
    with pytest.raises(FormError, match=re.escape(sentence)):
        follow(read_form(compiled(FORM)), walk_of(tmp_path, [], **told))


def test_a_walk_stops_where_the_other_engine_broke(tmp_path: Path) -> None:
    walk = walk_of(
        tmp_path, [{"op": "answer", "ref": "/data/b", "value": "1", "outcome": "error"}], valid=True
    )
    assert follow(read_form(compiled(FORM)), walk).agrees
