"""An entry: what is asked, what answers lead to, what is taken back, what leaves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from forms.engine import Entry, Kind, Outcome, Progress, Unfinished, UnknownQuestion
from forms.errors import FormError
from forms.xform import read_form
from tests.forms.writing import begin, entry_of, form_of, written, xform

VOTE = written("vote.md")
FORM = form_of(VOTE)
WITHOUT_VOTE = ["/data/mark", "/data/told", "/data/day", "/data/agreed", "/data/why"]


@pytest.fixture
def entry() -> Entry:
    return begin(FORM)


def refs(entry: Entry) -> list[str]:
    return [step.ref for step in entry.steps()]


def held(entry: Entry) -> dict[str, str]:
    return dict(entry.as_it_stands().fields)


def test_steps_are_what_can_be_met_now_in_order(entry: Entry) -> None:
    assert refs(entry) == ["/data/age", *WITHOUT_VOTE]
    assert entry.answer("/data/age", "30").kept
    assert refs(entry)[1:3] == ["/data/vote/goes", "/data/vote/order"]
    assert entry.answer("/data/vote/goes", "yes").kept
    assert "/data/vote/likes" in refs(entry)


def test_a_step_tells_all_that_a_screen_needs(entry: Entry) -> None:
    entry.answer("/data/age", "30")
    age = entry.step("/data/age")
    assert (age.kind, age.label, age.value) == (Kind.INTEGER, "Age", "30")
    assert (age.required, age.required_message, age.readonly) == (True, "We need it", False)
    goes = entry.step("/data/vote/goes")
    assert (goes.group, goes.screen) == (("Vote",), "/data/vote")
    mark = entry.step("/data/mark")
    assert mark.bounds is not None
    assert [str(n) for n in (mark.bounds.start, mark.bounds.end, mark.bounds.step)] == [
        "0",
        "10",
        "0.5",
    ]
    told = entry.step("/data/told")
    assert (told.kind, told.readonly, told.label) == (Kind.NOTE, True, "Twice: 60")


def test_changing_the_language_loses_nothing(entry: Entry) -> None:
    entry.answer("/data/age", "30")
    entry.language = "fr"
    assert entry.language == "Français (fr)"
    assert entry.step("/data/age").value == "30"
    assert entry.step("/data/told").label == "Double : 60"
    assert [choice.label for choice in entry.step("/data/vote/goes").choices] == ["Oui", "Non"]
    with pytest.raises(FormError, match="not in “ar”"):
        entry.language = "ar"


def test_a_required_answer_cannot_be_cleared_and_stays(entry: Entry) -> None:
    entry.answer("/data/age", "30")
    verdict = entry.answer("/data/age", "")
    assert (verdict.outcome, verdict.message) == (Outcome.REQUIRED, "We need it")
    assert entry.answer("/data/age", "   ").outcome is Outcome.REQUIRED
    assert held(entry)["/data/age"] == "30"


def test_a_constraint_speaks_the_persons_language_and_the_answer_is_not_kept(entry: Entry) -> None:
    entry.language = "fr"
    verdict = entry.answer("/data/age", "200")
    assert (verdict.outcome, verdict.message) == (Outcome.CONSTRAINT, "Entre 1 et 129")
    assert "/data/age" not in held(entry)


@pytest.mark.parametrize(
    ("ref", "value", "cause"),
    [
        ("/data/age", "old", "not a whole number"),
        ("/data/age", "3.5", "not a whole number"),
        ("/data/vote/goes", "maybe", "not one of the choices"),
        ("/data/vote/order", "yes yes", "given twice"),
        ("/data/mark", "11", "not between 0 and 10"),
        ("/data/mark", "3.2", "not one of the steps"),
        ("/data/mark", "nan", "not a number"),
        ("/data/day", "21/11/2026", "not a date"),
        ("/data/day", "2026-02-30", "not a date"),
        ("/data/agreed", "yes", "confirmed with “OK”"),
        ("/data/why", "x" * 200_000, "more than"),
    ],
)
def test_an_answer_of_another_kind_is_refused_with_its_cause(
    entry: Entry, ref: str, value: str, cause: str
) -> None:
    entry.answer("/data/age", "30")
    verdict = entry.answer(ref, value)
    assert verdict.outcome is Outcome.CONSTRAINT
    assert cause in verdict.cause


@pytest.mark.parametrize(
    ("ref", "value", "kept"),
    [
        ("/data/age", " 007 ", "7"),
        ("/data/mark", "3.50", "3.5"),
        ("/data/mark", "4", "4.0"),
        ("/data/vote/order", "no  yes", "no yes"),
        ("/data/why", " so ", " so "),
    ],
)
def test_answers_are_kept_as_instances_write_them(
    entry: Entry, ref: str, value: str, kept: str
) -> None:
    entry.answer("/data/age", "30")
    assert entry.answer(ref, value).kept
    assert held(entry)[ref] == kept


def test_choices_follow_the_answers_they_are_filtered_by(entry: Entry) -> None:
    entry.answer("/data/age", "60")
    entry.answer("/data/vote/goes", "yes")
    assert [choice.name for choice in entry.step("/data/vote/likes").choices] == ["p1", "p2"]
    entry.answer("/data/vote/likes", "p2 p1")
    entry.answer("/data/age", "30")
    assert [choice.name for choice in entry.step("/data/vote/likes").choices] == ["p1"]
    assert held(entry)["/data/vote/likes"] == "p1"
    entry.undo()
    assert held(entry)["/data/vote/likes"] == "p2 p1"


def test_what_is_not_relevant_does_not_leave_but_is_not_forgotten(entry: Entry) -> None:
    entry.answer("/data/age", "30")
    entry.answer("/data/vote/goes", "yes")
    entry.answer("/data/age", "10")
    assert "/data/vote/goes" not in held(entry)
    assert b"<vote" not in entry.as_it_stands().xml
    entry.answer("/data/age", "30")
    assert held(entry)["/data/vote/goes"] == "yes"


def test_defaults_static_and_dynamic_are_there_from_the_start(entry: Entry) -> None:
    assert held(entry) == {
        "/data/day": "2026-11-21",
        "/data/why": "static",
        "/data/meta/instanceID": held(entry)["/data/meta/instanceID"],
    }
    assert held(entry)["/data/meta/instanceID"].startswith("uuid:")


def test_a_question_may_become_read_only(entry: Entry) -> None:
    entry.answer("/data/age", "99")
    assert entry.step("/data/why").readonly
    with pytest.raises(UnknownQuestion, match="takes no answer"):
        entry.answer("/data/why", "because")


@pytest.mark.parametrize(
    "ref", ["/data/nowhere", "/data/vote/goes", "/data/twice", "", "/", "x[9]"]
)
def test_what_is_not_asked_cannot_be_answered(entry: Entry, ref: str) -> None:
    with pytest.raises(UnknownQuestion):
        entry.answer(ref, "yes")


def test_progress_counts_the_questions_that_can_be_met(entry: Entry) -> None:
    assert entry.progress == Progress(2, 5)
    entry.answer("/data/age", "30")
    assert entry.progress == Progress(3, 7)


def test_an_entry_is_finished_only_when_nothing_is_missing(entry: Entry) -> None:
    with pytest.raises(Unfinished, match="/data/age") as refused:
        entry.finish()
    (problem,) = refused.value.problems
    assert (problem.ref, problem.outcome, problem.message) == (
        "/data/age",
        Outcome.REQUIRED,
        "We need it",
    )
    entry.answer("/data/age", "30")
    finished = entry.finish()
    assert finished.fields[0] == ("/data/age", "30")
    assert ("/data/twice", "60") in finished.fields
    assert b"<age>30</age>" in finished.xml


def test_an_answer_made_wrong_by_another_is_found_before_the_end() -> None:
    entry = entry_of(
        """
        | survey |
        | | type | name | label | constraint |
        | | integer | most | Most | |
        | | integer | number | Number | . <= ${most} |
        """
    )
    entry.answer("/data/most", "5")
    entry.answer("/data/number", "4")
    entry.answer("/data/most", "3")
    assert [problem.ref for problem in entry.problems()] == ["/data/number"]


ANSWERS = some.lists(
    some.tuples(
        some.sampled_from(
            ["age", "vote/goes", "vote/likes", "vote/order", "mark", "day", "agreed", "why"]
        ),
        some.sampled_from(["", "5", "30", "60", "99", "yes", "no", "p1", "p2 p1", "OK", "no yes"]),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_taking_everything_back_leads_to_the_beginning(answers: list[tuple[str, str]]) -> None:
    entry = begin(FORM)
    states = [(held(entry), refs(entry))]
    for name, value in answers:
        ref = f"/data/{name}"
        if ref in refs(entry) and not entry.step(ref).readonly:
            before = held(entry)
            entry.answer(ref, value)
            if held(entry) != before:
                states.append((held(entry), refs(entry)))
    while entry.undo():
        states.pop()
        assert (held(entry), refs(entry)) == states[-1]
    assert len(states) == 1


@settings(max_examples=60, deadline=None)
@given(ANSWERS)
def test_where_answers_lead_does_not_depend_on_the_way(answers: list[tuple[str, str]]) -> None:
    wandering, straight = begin(FORM), begin(FORM)
    for name, value in answers:
        if name != "why" and f"/data/{name}" in refs(wandering):
            wandering.answer(f"/data/{name}", value)
    for ref in refs(wandering):
        step = wandering.step(ref)
        if not step.readonly:
            straight.answer(ref, step.value)
    assert refs(straight) == refs(wandering)
    assert {k: v for k, v in held(straight).items() if k != "/data/meta/instanceID"} == {
        k: v for k, v in held(wandering).items() if k != "/data/meta/instanceID"
    }


def test_a_value_that_changes_may_set_another() -> None:
    entry = begin(
        read_form(
            xform(
                "<a/><b/><c/>",
                '<bind nodeset="/data/c" calculate="concat(/data/b, \'!\')"/>',
                '<input ref="/data/a"><label>A</label><setvalue event="xforms-value-changed"'
                ' ref="/data/b" value="/data/a * 2"/></input>',
            )
        )
    )
    entry.answer("/data/a", "4")
    assert held(entry) == {"/data/a": "4", "/data/b": "8", "/data/c": "8!"}
    entry.undo()
    assert held(entry) == {"/data/c": "!"}


def test_characters_that_xml_cannot_hold_do_not_spoil_the_instance() -> None:
    entry = begin(read_form(xform("<a/>", body='<input ref="/data/a"><label>A</label></input>')))
    assert entry.answer("/data/a", "a\x00b\ud800c").kept
    assert b"<a>abc</a>" in entry.finish().xml
    assert held(entry) == {"/data/a": "abc"}


def test_a_required_note_stands_in_the_way_of_finishing() -> None:
    entry = entry_of("""| survey |
| | type | name | label | relevant | required | required_message |
| | integer | age | Age | | | |
| | note | stop | Too young | ${age} < 18 | yes | Only adults may go on |
""")
    entry.answer("/data/age", "12")
    assert [(one.ref, one.message) for one in entry.problems()] == [
        ("/data/stop", "Only adults may go on")
    ]
    entry.answer("/data/age", "30")
    assert entry.problems() == ()


def test_what_was_written_over_a_calculation_holds_until_its_source_is_answered() -> None:
    survey = """| survey |
| | type | name | label | calculation |
| | integer | a | A | |
| | calculate | half | | int(${a} div 10) |
| | integer | b | B | ${half} + 1 |
"""
    entry = entry_of(survey)
    entry.answer("/data/b", "70")
    assert dict(entry.as_it_stands().fields)["/data/b"] == "70"
    entry.answer("/data/a", "12")
    entry.answer("/data/b", "70")
    entry.answer("/data/a", "13")
    assert entry.step("/data/b").value == "2"
    entry.answer("/data/b", "70")
    assert entry.step("/data/b").value == "70"
    assert dict(entry.as_it_stands().fields)["/data/b"] == "2"
    assert entry.step("/data/b").value == "70"


NUMBERS = """
| survey |
| | type | name | label | parameters | calculation |
| | text | card | Card | | |
| | integer | n | A whole number | | |
| | decimal | d | A decimal | | |
| | range | tenth | Tenths | start=0 end=1 step=0.1 | |
| | range | down | Falling | start=10 end=1 step=1 | |
| | calculate | copy | | | ${card} |
| | calculate | same | | | string(${d}) |
| | calculate | third | | | ${tenth} |
"""


@pytest.mark.parametrize(
    ("number", "held"),
    [
        *(("2147483647", "2147483647"), ("-2147483648", "-2147483648"), ("+7", "7")),
        *(("007", "7"), ("0", "0"), ("0" * 50 + "12", "12"), ("١٢", "12")),
    ],
)
def test_a_whole_number_is_held_as_far_as_an_int_goes(number: str, held: str) -> None:
    entry = entry_of(NUMBERS)
    assert entry.answer("/data/n", number).kept
    assert entry.step("/data/n").value == held


@pytest.mark.parametrize(
    ("number", "bound"),
    [
        *(("2147483648", "at most 2147483647"), ("9999999999", "at most 2147483647")),
        *(("-2147483649", "at least -2147483648"), ("9" * 5000, "at most 2147483647")),
    ],
)
def test_a_whole_number_beyond_an_int_is_refused_with_the_bound(number: str, bound: str) -> None:
    entry = entry_of(NUMBERS)
    entry.answer("/data/n", "5")
    verdict = entry.answer("/data/n", number)
    assert not verdict.kept
    assert bound in verdict.cause
    assert entry.step("/data/n").value == "5"


def test_twenty_digits_in_a_text_stay_twenty_digits() -> None:
    entry = entry_of(NUMBERS)
    entry.answer("/data/card", "12345678901234567890")
    assert dict(entry.finish().fields)["/data/copy"] == "12345678901234567890"


@pytest.mark.parametrize(
    "number", ["0.1", "12345678.12345678", "0.00001", "0.0000123456789012345", "-0.0000003"]
)
def test_a_decimal_is_told_digit_by_digit(number: str) -> None:
    entry = entry_of(NUMBERS)
    entry.answer("/data/d", number)
    fields = dict(entry.finish().fields)
    assert (fields["/data/d"], fields["/data/same"]) == (number, number)


def test_every_tenth_of_a_range_is_held_without_stray_digits() -> None:
    entry = entry_of(NUMBERS)
    for tenth in range(1, 10):
        assert entry.answer("/data/tenth", f"0.{tenth}").kept
        assert dict(entry.finish().fields)["/data/third"] == f"0.{tenth}"
    assert not entry.answer("/data/tenth", "0.25").kept


def test_a_falling_range_takes_its_numbers_and_no_others() -> None:
    entry = entry_of(NUMBERS)
    assert all(entry.answer("/data/down", str(number)).kept for number in (10, 4, 1))
    assert not entry.answer("/data/down", "11").kept
    assert not entry.answer("/data/down", "0").kept


def test_the_way_is_walked_again_only_where_an_answer_has_changed_it() -> None:
    entry = entry_of("""| survey |
| | type | name | label | relevant | repeat_count |
| | text | name | Name | | |
| | integer | age | Age | | |
| | text | school | School | ${age} < 18 | |
| | begin_repeat | pet | Pet | | ${age} |
| | text | called | Called | | |
| | end_repeat | | | | |
""")
    at_first = entry.refs()
    entry.answer("/data/name", "Ana")
    assert entry.refs() is at_first
    entry.answer("/data/age", "2")
    assert entry.refs() == tuple(step.ref for step in entry.steps())
    assert entry.refs()[-2:] == ("/data/pet[1]/called", "/data/pet[2]/called")
    with_pets = entry.refs()
    entry.answer("/data/pet[2]/called", "Rex")
    assert entry.refs() is with_pets
    entry.undo()
    entry.undo()
    assert entry.refs() == at_first
