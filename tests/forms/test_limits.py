"""The bounds that an answer breaks, as far as a constraint says them plainly."""

import pytest

from forms.engine.limits import Limits, Measure, broken_limits

N, L, C, D = Measure.NUMBER, Measure.LENGTH, Measure.COUNT, Measure.DATE


@pytest.mark.parametrize(
    ("constraint", "answer", "limits"),
    [
        (". >= 1 and . <= 10", "11", Limits(N, "1", "10")),
        (". >= 1 and . <= 10", "5", None),
        ("(. >= 1) and (. < 10.5)", "0", Limits(N, "1", "10.5", below=True)),
        ("(. > 0 and . <= 10)", "0", Limits(N, "0", "10", above=True)),
        (".>=-5", "-6", Limits(N, "-5")),
        ("10 >= .", "11", Limits(N, None, "10")),
        ("number(.) <= 3", "4", Limits(N, None, "3")),
        (". <= 10 and . != 7", "7", None),
        (". <= 10 and . != 7", "12", Limits(N, None, "10")),
        (". <= ${autre}", "12", None),
        (". < 5 or . > 10", "7", None),
        ("not(. > 10)", "12", None),
        ("string-length(.) <= 5", "abcdef", Limits(L, None, "5")),
        ("string-length(normalize-space(.)) >= 2", "a", Limits(L, "2")),
        ("count-selected(.) <= 2", "a b c", Limits(C, None, "2")),
        ("count-selected(.) = 2", "a", Limits(C, "2", "2")),
        (". >= date('2020-01-01')", "2019-12-31", Limits(D, "2020-01-01")),
        (". < '2020-01-01'", "2020-01-01", Limits(D, None, "2020-01-01", below=True)),
        ("regex(., '[a-z]+')", "1", None),
    ],
)
def test_of_a_plain_constraint_the_bounds_are_known(
    constraint: str, answer: str, limits: Limits | None
) -> None:
    assert broken_limits(constraint, answer) == limits


@pytest.mark.parametrize(
    ("limits", "whole"),
    [
        (Limits(N, "15", "130", above=True, below=True), Limits(N, "16", "129")),
        (Limits(N, "0.5", "9.5"), Limits(N, "1", "9")),
        (Limits(N, "-0.5", "-0.5"), Limits(N, "0", "-1")),
        (Limits(N, "1", "10"), Limits(N, "1", "10")),
    ],
)
def test_of_whole_numbers_the_bounds_are_those_that_may_be_given(
    limits: Limits, whole: Limits
) -> None:
    assert limits.whole() == whole
