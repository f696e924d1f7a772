"""Repeats: instances with places of their own, added by people or counted by the form."""

import pytest

from forms.engine import Entry, Outcome, UnknownQuestion
from forms.errors import FormError
from forms.xform import read_form
from tests.forms.writing import begin, entry_of, xform

HOUSEHOLD = """
| survey |
| | type         | name   | label           | calculation                      | relevant|
| | begin_repeat | person | Person          |                                  |              |
| | text         | name   | Name            |                                  |              |
| | integer      | age    | Age of ${name}  |                                  |              |
| | text         | school | School          |                                  | ${age} < 18  |
| | calculate    | place  |                 | position(..)                     |              |
| | end_repeat   |        |                 |                                  |              |
| | calculate    | people |                 | count(${person})                 |              |
| | calculate    | years  |                 | sum(${age})                      |              |
"""
COUNTED = """
| survey |
| | type         | name  | label     | repeat_count |
| | integer      | many  | How many? |              |
| | begin_repeat | thing | Thing     | ${many}      |
| | text         | what  | What?     |              |
| | end_repeat   |       |           |              |
"""


@pytest.fixture
def household() -> Entry:
    return entry_of(HOUSEHOLD)


def held(entry: Entry) -> dict[str, str]:
    fields = dict(entry.as_it_stands().fields)
    del fields["/data/meta/instanceID"]
    return fields


def test_each_instance_is_asked_and_counted_on_its_own(household: Entry) -> None:
    household.answer("/data/person[1]/name", "Ana")
    household.answer("/data/person[1]/age", "40")
    assert household.add_repeat("/data/person") == "/data/person[2]"
    household.answer("/data/person[2]/name", "Bo")
    household.answer("/data/person[2]/age", "12")
    assert [step.ref for step in household.steps()] == [
        "/data/person[1]/name",
        "/data/person[1]/age",
        "/data/person[2]/name",
        "/data/person[2]/age",
        "/data/person[2]/school",
    ]
    assert household.step("/data/person[2]/age").label == "Age of Bo"
    assert held(household) == {
        "/data/person[1]/name": "Ana",
        "/data/person[1]/age": "40",
        "/data/person[1]/place": "1",
        "/data/person[2]/name": "Bo",
        "/data/person[2]/age": "12",
        "/data/person[2]/place": "2",
        "/data/people": "2",
        "/data/years": "52",
    }


def test_an_added_instance_can_be_taken_back(household: Entry) -> None:
    before = held(household)
    household.add_repeat("/data/person")
    assert held(household)["/data/people"] == "2"
    assert household.undo()
    assert held(household) == before


def test_nothing_is_added_where_nothing_repeats(household: Entry) -> None:
    for ref in ("/data/years", "/data/nowhere", "/data", "person"):
        with pytest.raises(UnknownQuestion):
            household.add_repeat(ref)


def test_a_form_may_count_its_repeats_itself() -> None:
    entry = entry_of(COUNTED)
    entry.answer("/data/many", "2")
    entry.answer("/data/thing[2]/what", "lamp")
    assert [step.ref for step in entry.steps()][1:] == [
        "/data/thing[1]/what",
        "/data/thing[2]/what",
    ]
    entry.answer("/data/many", "1")
    assert "/data/thing[2]/what" not in held(entry)
    entry.undo()
    assert held(entry)["/data/thing[2]/what"] == "lamp"
    with pytest.raises(UnknownQuestion):
        entry.add_repeat("/data/thing")


def test_repeats_without_end_are_refused() -> None:
    body = '<repeat nodeset="/data/r" jr:count="1 div 0"><input ref="/data/r/a"/></repeat>'
    with pytest.raises(FormError, match="would be repeated Infinity times"):
        begin(read_form(xform("<r><a/></r>", body=body)))


def test_a_million_repeats_are_refused() -> None:
    entry = entry_of(COUNTED)
    verdict = entry.answer("/data/many", "1000000")
    assert verdict.outcome is Outcome.TOO_MANY
    assert "would be repeated 1000000 times" in verdict.cause
    assert held(entry) == {}


def test_the_instance_that_the_form_brings_is_asked_whatever_the_count() -> None:
    entry = entry_of(COUNTED)
    entry.answer("/data/many", "0")
    assert [step.ref for step in entry.steps()] == ["/data/many", "/data/thing[1]/what"]


def test_an_instance_can_be_removed_with_all_that_follows_from_it(household: Entry) -> None:
    for number, age in enumerate(("40", "12", "7"), 1):
        if number > 1:
            household.add_repeat("/data/person")
        household.answer(f"/data/person[{number}]/age", age)
    household.remove_repeat("/data/person[2]")
    found = held(household)
    assert (found["/data/people"], found["/data/years"]) == ("2", "47")
    assert (found["/data/person[2]/age"], found["/data/person[2]/place"]) == ("7", "2")
    assert household.undo()
    assert held(household)["/data/person[2]/age"] == "12"
    assert held(household)["/data/years"] == "59"


def test_nothing_is_removed_where_the_form_counts(household: Entry) -> None:
    entry = entry_of(COUNTED)
    assert not entry.may_remove("/data/thing[1]")
    assert household.may_remove("/data/person[1]")
    for ref in ("/data/person[2]", "/data/years", "person"):
        with pytest.raises(UnknownQuestion):
            household.remove_repeat(ref)


HOME = """| survey |
| | type | name | label | appearance | repeat_count |
| | begin repeat | person | Person ${name} | field-list | |
| | text | name | Name | | |
| | begin repeat | pet | Pet | | |
| | text | animal | Animal | | |
| | end repeat | | | | |
| | end repeat | | | | |
| | begin group | papers | Papers | w4 | |
| | image | photo | Photo | | |
| | file | deed | Deed | | |
| | end group | | | | |
| | begin repeat | month | Month | | 2 |
| | integer | spent | Spent | | |
| | end repeat | | | | |
"""


def test_repeats_are_listed_with_their_instances_and_where_to_ask_for_more() -> None:
    entry = entry_of(HOME)
    entry.answer("/data/person[1]/name", "Ana")
    entry.add_repeat("/data/person")
    entry.remove_repeat("/data/person[1]/pet[1]")
    told = {repeat.ref: repeat for repeat in entry.repeats()}
    assert list(told) == [
        "/data/person[1]/pet",
        "/data/person[2]/pet",
        "/data/person",
        "/data/month",
    ]
    people = told["/data/person"]
    assert [(one.ref, one.label, one.position) for one in people.instances] == [
        ("/data/person[1]", "Person Ana", 1),
        ("/data/person[2]", "Person", 2),
    ]
    assert people.label == "Person"
    assert people.after == "/data/person[2]/name"
    assert told["/data/person[1]/pet"].instances == ()
    assert told["/data/person[1]/pet"].after == "/data/person[1]/name"
    assert people.may_add and people.may_remove
    assert not told["/data/month"].may_add and not told["/data/month"].may_remove


def test_a_step_tells_the_groups_and_instances_that_it_stands_in() -> None:
    entry = entry_of(HOME)
    animal = entry.step("/data/person[1]/pet[1]/animal")
    assert [(one.ref, one.repeat, one.position) for one in animal.within] == [
        ("/data/person[1]", "/data/person", 1),
        ("/data/person[1]/pet[1]", "/data/person[1]/pet", 1),
    ]
    assert animal.screen == entry.step("/data/person[1]/name").screen == "/data/person[1]"
    (papers,) = entry.step("/data/papers/photo").within
    assert (papers.ref, papers.repeat, papers.position) == ("/data/papers", "", 0)
    assert papers.appearance == {"w4"}


def test_an_upload_tells_the_kind_of_file_and_the_finished_entry_its_files() -> None:
    entry = entry_of(HOME)
    assert entry.step("/data/papers/photo").mediatype == "image/*"
    assert entry.step("/data/papers/deed").mediatype == "application/*"
    assert entry.step("/data/person[1]/name").mediatype == ""
    entry.answer("/data/papers/deed", "deed.pdf")
    assert entry.as_it_stands().attachments == (("/data/papers/deed", "deed.pdf"),)


def test_groups_without_a_node_of_their_own_are_told_apart() -> None:
    entry = begin(
        read_form(
            xform(
                "<a/><b/>",
                body="""<group appearance="field-list"><input ref="/data/a"><label>a</label></input>
                </group><group appearance="field-list"><input ref="/data/b"><label>b</label></input>
                </group>""",
            )
        )
    )
    first, second = entry.steps()
    assert first.screen != second.screen


def test_a_count_inside_a_repeat_reads_paths_from_its_own_instance() -> None:
    entry = entry_of("""| survey |
| | type | name | label | repeat_count |
| | begin repeat | house | House | |
| | integer | n | How many | |
| | begin repeat | room | Room | ${n} |
| | text | use | Use | |
| | end repeat | | | |
| | end repeat | | | |
""")
    entry.add_repeat("/data/house")
    entry.answer("/data/house[2]/n", "3")
    assert sum(step.ref.startswith("/data/house[2]/room") for step in entry.steps()) == 3


def test_a_new_instance_without_a_template_has_no_repeats_inside() -> None:
    entry = begin(
        read_form(
            xform(
                "<r><a/><s><b/></s></r>",
                body="""<repeat nodeset="/data/r"><input ref="/data/r/a"><label>a</label></input>
                <repeat nodeset="/data/r/s"><input ref="/data/r/s/b"><label>b</label></input>
                </repeat></repeat>""",
            )
        )
    )
    entry.add_repeat("/data/r")
    assert [step.ref for step in entry.steps()] == [
        "/data/r[1]/a",
        "/data/r[1]/s[1]/b",
        "/data/r[2]/a",
    ]
