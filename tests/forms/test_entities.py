"""Entities: what a form declares of them is carried through, attributes computed."""

import re

from lxml import etree

from tests.forms.writing import entry_of

TREES = """
| survey |
| | type    | name   | label  | save_to   |
| | text    | kind   | Kind   | tree_kind |
| | integer | height | Height | height    |
| entities |
| | dataset | label                | create_if    |
| | trees   | concat(${kind}, '!') | ${height} > 50 |
"""


def test_an_entity_gets_its_id_its_label_and_whether_it_is_created() -> None:
    entry = entry_of(TREES)
    entry.answer("/data/kind", "oak")
    entry.answer("/data/height", "60")
    (entity,) = etree.fromstring(entry.finish().xml).iter("{*}entity")
    assert re.fullmatch("[0-9a-f-]{36}", entity.get("id", ""))
    assert (entity.get("dataset"), entity.get("create"), entity[0].text) == ("trees", "1", "oak!")
    entry.answer("/data/height", "40")
    (entity,) = etree.fromstring(entry.finish().xml).iter("{*}entity")
    assert entity.get("create") == "0"
