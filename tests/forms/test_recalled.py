"""What choices were called beside answers that were given long ago."""

from __future__ import annotations

import pytest

from forms.engine.recalled import Labels, Recalled
from forms.xform import Form, read_form
from tests.forms.writing import xform

TOWN = '<bind nodeset="/data/town" type="string"/>'


def called(form: Form, fields: tuple[tuple[str, str], ...], path: str) -> list[str]:
    said = Recalled(form, fields)
    return [label for _, label in Labels(form).of_value(path, dict(fields)[path], said)]


def choosing(nodes: str, kind: str = "select1") -> str:
    """A question that chooses from a list."""
    return (
        f'<input ref="/data/town"><label>t</label></input><{kind} ref="/data/q"><label>q</label>'
        f'<itemset nodeset="{nodes}"><value ref="name"/><label ref="label"/></itemset></{kind}>'
    )


CSV = "name,label,town\nc,Centre A,a\nc,Centre B,b\nd,Dépôt,b\n"


@pytest.mark.parametrize(
    ("filtered", "town", "chosen", "label"),
    [
        ("[town = /data/town]", "a", "c", ["Centre A"]),
        ("[town = /data/town]", "b", "c d", ["Centre B", "Dépôt"]),
        ("[town = /data/town]", "nowhere", "c", [""]),  # it was never offered there
        ("", "a", "c", [""]),  # both were offered: which one was meant, nobody can say
        ("", "a", "d", ["Dépôt"]),
    ],
)
def test_a_choice_from_a_list_beside_the_form(
    filtered: str, town: str, chosen: str, label: list[str]
) -> None:
    form = read_form(
        xform(
            "<town/><q/>",
            TOWN,
            choosing(f"instance('l')/root/item{filtered}", "select"),
            '<instance id="l" src="jr://file-csv/l.csv"/>',
        ),
        media={"l.csv": CSV.encode()},
    )
    assert called(form, (("/data/town", town), ("/data/q", chosen)), "/data/q") == label


def test_a_choice_among_what_was_written_in_a_repeat() -> None:
    form = read_form(
        xform(
            '<who jr:template=""><name/></who><q/>',
            "",
            '<group ref="/data/who"><label>w</label><repeat nodeset="/data/who">'
            '<input ref="/data/who/name"><label>n</label></input></repeat></group>'
            '<select1 ref="/data/q"><label>q</label><itemset nodeset="/data/who">'
            '<value ref="name"/><label ref="name"/></itemset></select1>',
        )
    )
    fields = (("/data/who[1]/name", "Zoé"), ("/data/who[2]/name", "Ali"), ("/data/q", "Ali"))
    assert called(form, fields, "/data/q") == ["Ali"]


def test_a_default_that_was_cleared_filters_nothing() -> None:
    form = read_form(
        xform(
            "<town>a</town><q/>",
            TOWN,
            choosing("instance('l')/root/item[town = /data/town or /data/town = '']"),
            '<instance id="l"><root><item><name>c</name><label>A</label><town>a</town></item>'
            "<item><name>c</name><label>B</label><town>b</town></item></root></instance>",
        )
    )
    assert called(form, (("/data/q", "c"),), "/data/q") == [""]
    assert called(form, (("/data/town", "b"), ("/data/q", "c")), "/data/q") == ["B"]


def test_a_field_that_no_choice_answers_has_no_labels() -> None:
    form = read_form(xform("<town/>", TOWN, '<input ref="/data/town"><label>t</label></input>'))
    assert called(form, (("/data/town", "a b"),), "/data/town") == []
    assert Labels(form).of_value("/data/elsewhere", "x", Recalled(form, ())) == ()
