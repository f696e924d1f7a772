"""Marks of format-date() that no device knows are told to the author."""

from pathlib import Path

import pytest

from forms.functions.dates import DATE_MARKS
from forms.xlsform import compile_form


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("format-date(${day}, '%A %e %B')", ["“%A”", "“%B”"]),
        ('format-date-time(${day}, "%H:%M %p")', ["“%p”"]),
        ("format-date('2026-01-01', '%d %')", ["“%”"]),
        ("format-date(${day}, '%-d')", ["“%-”"]),
        ("concat('100 %A', format-date(${day}, '%d/%m/%y %% %3'))", []),
        ("format-date(${day}, '" + " ".join(f"%{mark}" for mark in sorted(DATE_MARKS)) + "')", []),
    ],
)
def test_a_mark_that_means_nothing_is_told_with_its_cell(
    expression: str, told: list[str], tmp_path: Path
) -> None:
    form = tmp_path / "form.md"
    form.write_text(
        "| survey |\n| | type | name | label | calculation |\n| | date | day | Day? | |\n"
        f"| | calculate | text | | {expression} |\n",
        encoding="utf-8",
    )
    found = [one for one in compile_form(form).warnings if "means nothing" in one]
    assert [one.partition(": ")[2].partition(" means")[0] for one in found] == told
    assert all(one.startswith("survey, row 4, column calculation") for one in found)
