"""Forms from anyone: refused or bounded with a sentence, never a crash, never without end."""

import struct
import time
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from forms.engine import Entry
from forms.errors import FormError
from forms.xform import Form, read_form
from forms.xlsform import compile_form
from forms.xpath.compiler import KNOWN_FUNCTIONS
from forms.xpath.reader import read_expression
from tests.forms.fuzz.targets import any_input
from tests.forms.writing import begin, calculated, xform

BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/><h:body>&b;</h:body></h:html>"""


def refused(xml: bytes) -> str:
    started = time.process_time()
    with pytest.raises(FormError) as refusal:
        begin(read_form(xml))
    assert time.process_time() - started < 20
    return str(refusal.value)


def test_entities_are_refused() -> None:
    assert "DOCTYPE" in refused(BOMB)
    assert "DOCTYPE" in refused(
        BOMB.decode().replace("?>", ' encoding="utf-16"?>').encode("utf-16")
    )


def test_groups_without_bottom_are_refused() -> None:
    depth = 5_000
    assert "deep" in refused(xform("<g>" * depth + "</g>" * depth))


def test_a_hundred_thousand_fields_with_rules_are_refused() -> None:
    fields = "".join(f"<f{n}/>" for n in range(100_001))
    assert "more than 100,000 fields" in refused(xform(fields))


def test_brackets_without_bottom_are_refused() -> None:
    bind = f'<bind nodeset="/data/a" calculate="{"(" * 5_000}1{")" * 5_000}"/>'
    assert "nested" in refused(xform("<a/>", bind))


def test_a_circle_names_its_questions() -> None:
    binds = "".join(
        f'<bind nodeset="/data/{one}" calculate="/data/{other}"/>' for one, other in ("ab", "ba")
    )
    assert "/data/a → /data/b → /data/a" in refused(xform("<a/><b/>", binds))


def test_media_outside_the_folder_are_refused() -> None:
    instance = '<instance id="x" src="jr://file/../../etc/passwd"/>'
    assert "leads out" in refused(xform("<a/>", model=instance))


def test_a_regular_expression_that_explodes_stops() -> None:
    started = time.process_time()
    assert calculated("regex('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '(a+)+b')") == "0"
    assert time.process_time() - started < 5


def test_repeats_that_multiply_are_refused() -> None:
    inner = '<repeat nodeset="/data/r/s" jr:count="900"><input ref="/data/r/s/a"/></repeat>'
    outer = f'<repeat nodeset="/data/r" jr:count="900">{inner}</repeat>'
    assert "grown beyond" in refused(xform("<r><s><a/></s></r>", body=outer))


def test_predicates_that_multiply_are_stopped() -> None:
    rows = "<item><name>a</name></item>" * 2_000
    every = "instance('l')/root/item"
    nested = f"count({every}[count({every}[count({every}[name != 'b']) > 0]) > 0])"
    bind = f'<bind nodeset="/data/a" calculate="{nested}"/>'
    lists = f'<instance id="l"><root>{rows}</root></instance>'
    assert "takes too long" in refused(xform("<a/>", bind, model=lists))


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(alphabet="()[]/.,'\"+-*=<>!|@$: abcdivmodnotry0123./data/ab", max_size=60))
def test_any_text_is_an_expression_or_a_sentence(source: str) -> None:
    with suppress(FormError):
        read_expression(source)


OPERATORS = ("+", "-", "*", "div", "mod", "=", "!=", "<", ">=", "and", "or", "|")
PLACES = ("/data/a", "/data/b", "/data/r/c", "''", "'x'", "1", "-1", "0", ".", "'2020-02-30'")


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of others: operations, calls, filtered paths."""
    return st.one_of(
        st.tuples(inner, st.sampled_from(OPERATORS), inner).map(" ".join),
        st.tuples(st.sampled_from(sorted(KNOWN_FUNCTIONS)), st.lists(inner, max_size=4)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        st.tuples(st.sampled_from(("/data/r", "/data/r/c")), inner).map(
            lambda p: f"{p[0]}[{p[1]}]"
        ),
    )


EXPRESSIONS = st.recursive(st.sampled_from(PLACES), combined, max_leaves=6)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(EXPRESSIONS, min_size=3, max_size=3),
    st.lists(st.sampled_from(["1", "x", "", "2020-02-29", "9" * 40, "é", "a b"]), max_size=4),
)
def test_any_rules_and_answers_give_an_entry_or_a_sentence(
    rules: list[str], answers: list[str]
) -> None:
    quoted = [rule.replace("<", "&lt;").replace('"', "&quot;") for rule in rules]
    binds = (
        f'<bind nodeset="/data/b" relevant="{quoted[0]}"/>'
        f'<bind nodeset="/data/z" calculate="{quoted[1]}"/>'
        f'<bind nodeset="/data/r/c" constraint="{quoted[2]}"/>'
    )
    body = (
        '<input ref="/data/a"/><input ref="/data/b"/><input ref="/data/z"/>'
        '<repeat nodeset="/data/r"><input ref="/data/r/c"/></repeat>'
    )
    with suppress(FormError):
        play(read_form(xform("<a/><b/><r><c/></r><z/>", binds, body)), answers)


def play(form: Form, answers: list[str]) -> None:
    """Give answers in turn, add and remove, undo everything: the entry is as it began."""
    entry: Entry = begin(form)
    before = entry.as_it_stands().fields
    for answer in answers:
        for step in entry.steps():
            with suppress(FormError):
                entry.answer(step.ref, answer)
        with suppress(FormError):
            entry.add_repeat("/data/r")
    with suppress(FormError):
        entry.remove_repeat("/data/r[1]")
    while entry.undo():
        pass
    assert entry.as_it_stands().fields == before


def test_some_rounds_of_the_fuzzer_break_nothing() -> None:
    chance = Random(11)
    for _ in range(300):
        any_input(chance.randbytes(chance.choice((30, 100, 300))))


def test_an_old_spreadsheet_that_goes_in_circles_is_refused(tmp_path: Path) -> None:
    sector = 512
    header = bytearray(sector)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<4I", header, 60, 1, 1, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    fat = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    mini = struct.pack("<128I", 1, 0, *[0xFFFFFFFF] * 126)
    book = tmp_path / "circle.xls"
    book.write_bytes(bytes(header) + fat + mini)
    with pytest.raises(FormError, match="damaged"):
        compile_form(book)


def xlsx_with(sheet: bytes, path: Path) -> Path:
    """A spreadsheet of one sheet, "survey", as its XML."""
    book = Workbook()
    book.active.title = "survey"
    plain = BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as packed, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name in packed.namelist():
            out.writestr(name, sheet if "sheet1" in name else packed.read(name))
    return path


def test_a_spreadsheet_that_unpacks_without_end_is_refused_unopened(tmp_path: Path) -> None:
    bomb = xlsx_with(b"<worksheet>" + b" " * (256 << 20), tmp_path / "bomb.xlsx")
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(FormError, match="would unpack to more than 256 MB"):
        compile_form(bomb)


def test_entities_in_a_spreadsheet_are_not_expanded(tmp_path: Path) -> None:
    laughs = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 20}">' for n in range(1, 10))
    sheet = (
        f'<!DOCTYPE w [<!ENTITY e0 "ha"><!ENTITY file SYSTEM "file:///etc/passwd">{laughs}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>&e9;&file;</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    started = time.process_time()
    with pytest.raises(FormError) as refusal:
        compile_form(xlsx_with(sheet.encode(), tmp_path / "laughs.xlsx"))
    assert time.process_time() - started < 20
    assert "root:" not in str(refusal.value)
    assert "haha" not in str(refusal.value)
