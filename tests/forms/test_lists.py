"""Lists beside a form: from a folder or from memory, and the entry saved last."""

from forms.engine import Entry
from forms.xform import read_form
from tests.forms.writing import begin, xform

BODY = """<select1 ref="/data/town"><label>Town</label><itemset
  nodeset="instance('towns')/root/item[code != '31']"><value ref="code"/><label ref="name"/>
  </itemset></select1>"""
CSV = b"code,name\n31,Toulouse\n33,Bordeaux\n64,\n"
XML = b"<root><item><code>33</code><name>Bordeaux</name></item></root>"
GEOJSON = b"""{"type": "FeatureCollection", "features": [{"type": "Feature", "id": "33",
  "geometry": {"type": "Point", "coordinates": [-0.57, 44.8]},
  "properties": {"code": "33", "name": "Bordeaux"}}]}"""


def towns(name: str, media: dict[str, bytes]) -> dict[str, str]:
    model = f'<instance id="towns" src="jr://file/{name}"/>'
    form = read_form(xform("<town/>", body=BODY, model=model), media=media)
    return {choice.name: choice.label for choice in Entry(form).step("/data/town").choices}


def test_a_list_comes_from_memory_whatever_its_format() -> None:
    assert towns("t.csv", {"t.csv": CSV}) == {"33": "Bordeaux", "64": ""}
    assert towns("t.xml", {"t.xml": XML}) == {"33": "Bordeaux"}
    assert towns("t.geojson", {"t.geojson": GEOJSON}) == {"33": "Bordeaux"}


def test_a_list_that_is_not_there_has_no_choices() -> None:
    assert towns("t.csv", {}) == {}


def test_an_entry_begins_with_what_was_saved_last() -> None:
    xml = xform(
        "<town/>",
        body='<input ref="/data/town"><label>Town</label></input>',
        model='<instance id="__last-saved" src="jr://instance/last-saved"/>'
        '<setvalue event="odk-instance-first-load" ref="/data/town"'
        " value=\"instance('__last-saved')/data/town\"/>",
    )
    first = Entry(read_form(xml))
    assert first.step("/data/town").value == ""
    first.answer("/data/town", "Albi")
    second = Entry(read_form(xml, last_saved=first.finish().xml))
    assert second.step("/data/town").value == "Albi"


def test_the_choices_of_a_fixed_list_are_made_once_for_all_entries() -> None:
    row = "<item><code>1</code><name>x</name></item>"
    model = f'<instance id="towns"><root>{row * 1000}</root></instance>'
    body = BODY.replace("[code != '31']", "")
    form = read_form(xform("<town/>", body=body, model=model))
    step = Entry(form).step("/data/town")
    assert len(step.choices) == 1000
    assert step.choices[0].label == "x"
    assert step.choices == form.choices_kept[form.questions[0], ""]


def test_lists_are_found_by_several_columns_whatever_rows_have_them() -> None:
    rows = """<item><name>a</name><g>x</g><n>1</n></item><item><name>b</name><g>x</g></item>
    <item><g>x</g><n>1.0</n><name>c</name></item><item><name>d</name><n>1</n></item>"""
    select = """<select ref="/data/{0}"><label>l</label><itemset nodeset="{1}"><value ref="name"/>
    <label ref="name"/></itemset></select>"""
    entry = begin(
        read_form(
            xform(
                "<a/><b/><c/>",
                body=select.format("a", "instance('l')/root/item[g = 'x' and n = 1]")
                + select.format("b", "instance('l')/root/item[n = '1'][g = 'x']")
                + select.format("c", "instance('l')/root/item[g = '' and name != 'a']"),
                model=f'<instance id="l"><root>{rows}</root></instance>',
            )
        )
    )
    chosen = [[choice.name for choice in step.choices] for step in entry.steps()]
    assert chosen == [["a", "c"], ["a"], ["d"]]
