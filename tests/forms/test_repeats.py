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


TREES = """
| survey |
| | type         | name    | label     | repeat_count | calculation           | default |
| | integer      | trees   | How many? |              |                       |         |
| | begin_repeat | tree    | Tree      | ${trees}     |                       |         |
| | text         | species | Which?    |              |                       |         |
| | integer      | years   | How old?  |              |                       | 1       |
| | calculate    | at      |           |              | position(..)          |         |
| | calculate    | told    |           |              | concat(${species},${at},'of',${trees}) | |
| | end_repeat   |         |           |              |                       |         |
| | calculate    | sum     |           |              | sum(${years})         |         |
"""


def species(entry: Entry) -> list[str]:
    return [step.value for step in entry.steps() if step.ref.endswith("species")]


@pytest.fixture
def orchard() -> Entry:
    """Three trees, each of its kind and age."""
    entry = entry_of(TREES)
    entry.answer("/data/trees", "3")
    for number, (name, years) in enumerate((("oak", "7"), ("ash", "5"), ("elm", "3")), 1):
        entry.answer(f"/data/tree[{number}]/species", name)
        entry.answer(f"/data/tree[{number}]/years", years)
    return entry


def test_a_count_that_is_lowered_and_raised_again_gives_every_answer_back(orchard: Entry) -> None:
    before = held(orchard)
    orchard.answer("/data/trees", "1")
    assert held(orchard) == {
        **{"/data/trees": "1", "/data/tree[1]/species": "oak", "/data/tree[1]/years": "7"},
        **{"/data/tree[1]/at": "1", "/data/tree[1]/told": "oak1of1", "/data/sum": "7"},
    }
    assert "ash" not in orchard.as_it_stands().xml.decode()
    orchard.answer("/data/trees", "3")
    assert held(orchard) == before


def test_a_count_raised_beyond_what_it_was_adds_empty_instances(orchard: Entry) -> None:
    orchard.answer("/data/trees", "2")
    orchard.answer("/data/trees", "4")
    assert species(orchard) == ["oak", "ash", "elm", ""]
    assert held(orchard)["/data/tree[3]/told"] == "elm3of4"
    assert held(orchard)["/data/tree[4]/years"] == "1"


def test_what_a_lowered_count_took_away_comes_back_once_and_in_its_order(orchard: Entry) -> None:
    for many, found in (("2", "oak ash"), ("1", "oak"), ("2", "oak ash"), ("3", "oak ash elm")):
        orchard.answer("/data/trees", many)
        assert species(orchard) == found.split()
    orchard.answer("/data/tree[3]/species", "yew")
    orchard.answer("/data/trees", "1")
    orchard.answer("/data/trees", "3")
    assert species(orchard) == ["oak", "ash", "yew"]


def test_counts_may_be_undone_step_by_step(orchard: Entry) -> None:
    orchard.answer("/data/trees", "1")
    orchard.answer("/data/trees", "3")
    orchard.answer("/data/tree[2]/species", "fir")
    orchard.undo()
    assert species(orchard) == ["oak", "ash", "elm"]
    orchard.undo()
    assert species(orchard) == ["oak"]
    orchard.answer("/data/trees", "2")
    assert species(orchard) == ["oak", "ash"]
    orchard.undo()
    orchard.undo()
    assert species(orchard) == ["oak", "ash", "elm"]
    orchard.answer("/data/trees", "4")
    assert species(orchard) == ["oak", "ash", "elm", ""]


def test_counted_instances_inside_others_come_back_with_them() -> None:
    entry = entry_of(
        """
| survey |
| | type         | name   | label     | repeat_count |
| | integer      | homes  | Homes?    |              |
| | begin_repeat | home   | Home      | ${homes}     |
| | integer      | people | People?   |              |
| | begin_repeat | person | Person    | ${people}    |
| | text         | who    | Who?      |              |
| | end_repeat   |        |           |              |
| | end_repeat   |        |           |              |
"""
    )
    entry.answer("/data/homes", "2")
    entry.answer("/data/home[2]/people", "2")
    entry.answer("/data/home[2]/person[1]/who", "Ana")
    entry.answer("/data/home[2]/person[2]/who", "Bo")
    before = held(entry)
    for many in ("1", "2"):
        entry.answer("/data/homes", many)
    assert held(entry) == before
    for many in ("1", "2"):
        entry.answer("/data/home[2]/people", many)
    assert held(entry) == before


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
