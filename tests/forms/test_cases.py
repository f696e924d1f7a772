"""The scripts of ../shared/cases, played: what people and authors met elsewhere comes out right."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from forms.engine import Entry, Unfinished
from forms.errors import FormError
from forms.xform import read_form
from forms.xlsform import compile_form

CASES = Path(__file__).resolve().parents[3] / "shared" / "cases" / "forms"


def played(name: str, script: str = "script.tsv", zone: str = "UTC") -> list[object]:
    """What each line of a case's script leads to.

    Of an answer, whether it is kept; of `show`, the labels by question; of `finish`, the fields, or
    the questions that stand in the way.
    """
    folder = CASES / name
    if not folder.is_dir():
        pytest.skip("the cases are not here")
    at = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo(zone))
    form = read_form(compile_form(folder / "form.md").xml, media=folder)
    entry = Entry(form, clock=lambda: at, random=Random(1))
    does: dict[str, Callable[..., object]] = {
        "answer": lambda ref, value="": entry.answer(ref, value).kept,
        "lang": lambda language: setattr(entry, "language", language),
        "show": lambda: {step.ref: (step.label, step.value) for step in entry.steps()},
        "finish": lambda: finished(entry),
    }
    lines = (folder / script).read_text(encoding="utf-8").split("\n")[:-1]
    found = [does[words[0]](*words[1:]) for words in (line.split("\t") for line in lines)]
    return [one for one in found if one is not None]


def finished(entry: Entry) -> dict[str, str] | list[str]:
    try:
        return dict(entry.finish().fields)
    except Unfinished as unfinished:
        return [problem.ref for problem in unfinished.problems]


def test_names_and_streets_in_any_script_are_kept() -> None:
    *answers, fields = played("letters")
    assert answers == [True] * 4
    assert isinstance(fields, dict)
    assert fields["/data/street"] == "مدرسة"


def test_trees_of_a_lowered_count_come_back() -> None:
    found = played("count-lowered")
    lowered, left, raised, whole = found[5], found[6], found[8], found[9]
    assert isinstance(lowered, dict)
    assert isinstance(left, dict)
    assert isinstance(raised, dict)
    assert isinstance(whole, dict)
    assert [ref for ref in lowered if ref.endswith("species")] == ["/data/tree[1]/species"]
    assert not {"ash", "elm"} & set(left.values())
    kinds = [value for ref, (_, value) in raised.items() if ref.endswith("species")]
    assert kinds == ["oak", "ash", "elm"]
    assert [text for ref, text in whole.items() if "tree[" in ref] == kinds


def test_a_day_of_birth_is_counted_in_paris() -> None:
    found = played("decimal-date", zone="Europe/Paris")
    first, second = found[2], found[4]
    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert (first["/data/age"], first["/data/wk"]) == ("68", "1958-04-06")
    assert float(second["/data/ddt"]) == pytest.approx(18905 + 22 / 24)
    assert second["/data/wk"] == "2021-10-12"


def test_numbers_are_as_long_as_they_may_be() -> None:
    found = played("long-numbers")
    assert found[:4] == [True, False, True, True]
    told = [one["/data/same"] for one in found if isinstance(one, dict)]
    assert told == ["0.1", "12345678.12345678", "0.00001"]


def test_ranges_keep_to_their_steps() -> None:
    found = played("ranges")
    assert found[:8] == [True, True, True, True, False, True, False, False]
    assert isinstance(found[8], dict)
    assert found[8]["/data/told"][0] == "You said 4, 0.7, 9, 2.5, -0.25"


def test_keys_stand_in_the_way_until_they_are_fewer() -> None:
    found = played("required-note")
    assert found[3] == ["/data/stop"]
    assert isinstance(found[5], dict)
    assert "/data/stop" not in found[5]
    assert isinstance(found[6], dict)


@pytest.mark.parametrize("script", ["script.tsv", "show.tsv"])
def test_the_note_names_the_day_in_french(script: str) -> None:
    shown = next(one for one in played("format-date", script) if isinstance(one, dict))
    assert shown["/data/told"] == ("dim. 1 févr. 2026", "")


def test_the_cases_that_are_refused_say_so_in_a_sentence() -> None:
    if not CASES.is_dir():
        pytest.skip("the cases are not here")
    with pytest.raises(FormError):
        compile_form(CASES / "select-multiple-from-repeat" / "form.md")
