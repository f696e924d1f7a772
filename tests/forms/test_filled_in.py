"""What the device fills in by itself is known as such, however a form has it filled in."""

from __future__ import annotations

import pytest

from forms.filled_in import Filled, as_day, filled_in
from forms.widest import WidestAnswers
from forms.xform import read_form
from tests.forms.writing import xform

DAY, MOMENT, MARK = Filled.DAY, Filled.MOMENT, Filled.MARK
BINDS = """
<bind nodeset="/data/begun" jr:preload="timestamp" jr:preloadParams="start"/>
<bind nodeset="/data/ended" jr:preload="timestamp" jr:preloadParams="end"/>
<bind nodeset="/data/on" jr:preload="date" jr:preloadParams="today"/>
<bind nodeset="/data/device" jr:preload="property" jr:preloadParams="deviceid"/>
<bind nodeset="/data/born" type="date"/>
<bind nodeset="/data/told" {calculate}/>
"""


@pytest.mark.parametrize(
    ("formula", "told"),
    [
        ("now()", MOMENT),
        ("format-date-time( now ( ), '%H')", MOMENT),
        ("/data/begun", MOMENT),
        ("substr(../ended, 11, 16)", MOMENT),
        ("decimal-date-time(/data/ended) - decimal-date-time(/data/begun)", MOMENT),
        ("if(/data/born = '', now(), '')", MOMENT),
        ("once(now())", MOMENT),
        ("today()", DAY),
        ("format-date(today(), '%Y')", DAY),
        ("concat(/data/on, '!')", DAY),
        ("concat('kiosk ', /data/device)", MARK),
        ("concat(/data/device, now())", MARK),
        ("uuid()", MARK),
        ("int((today() - /data/born) div 365.25)", None),
        ("/data/born", None),
        ("'known() or now'", None),
        ("string-length(/data/born)", None),
    ],
)
def test_what_a_calculation_lets_through_is_known(formula: str, told: Filled | None) -> None:
    instance = "<begun/><ended/><on/><device/><born/><told/>"
    form = read_form(xform(instance, BINDS.format(calculate=f'calculate="{formula}"')))
    found = filled_in(form)
    assert found.get("/data/told") is told
    assert {path: found[path] for path in ("/data/begun", "/data/on", "/data/device")} == {
        "/data/begun": MOMENT,
        "/data/on": DAY,
        "/data/device": MARK,
    }
    assert "/data/born" not in found


def test_a_chain_of_calculations_and_what_an_event_writes_are_known() -> None:
    binds = """<bind nodeset="/data/c" calculate="concat(/data/b, '')"/>
    <bind nodeset="/data/b" calculate="/data/a"/>"""
    model = '<setvalue event="odk-instance-first-load" ref="/data/a" value="now()"/>'
    body = """<input ref="/data/d"><label>D</label>
    <setvalue event="xforms-value-changed" ref="/data/e" value="now()"/></input>"""
    form = read_form(xform("<a/><b/><c/><d/><e/>", binds, body, model))
    assert filled_in(form) == dict.fromkeys(("/data/a", "/data/b", "/data/c", "/data/e"), MOMENT)


def test_of_a_moment_the_day_is_left_and_of_anything_else_nothing() -> None:
    for written in ("2026-11-21", "2026-11-21T09:31:07.123+01:00", " 2026-11-21T09:31 "):
        assert as_day(written) == "2026-11-21"
    for written in ("09:31", "20412.4", "21/11/2026", "2026-11", "2026-11-21 09:31", ""):
        assert as_day(written) == ""


def test_what_is_answered_in_words_or_as_often_as_people_like_is_open() -> None:
    binds = '<bind nodeset="/data/many" type="int"/><bind nodeset="/data/photo" type="binary"/>'
    body = """<input ref="/data/why"><label>W</label></input>
    <input ref="/data/many"><label>M</label></input>
    <upload ref="/data/photo" mediatype="image/*"><label>P</label></upload>
    <group ref="/data/idea"><label>I</label><repeat nodeset="/data/idea">
    <select1 ref="/data/idea/kind"><label>K</label>
    <item><label>A</label><value>a</value></item></select1></repeat></group>"""
    form = read_form(xform("<why/><many/><photo/><idea><kind/></idea>", binds, body))
    assert WidestAnswers(form).open == ("/data/why", "/data/photo", "/data/idea/kind")
