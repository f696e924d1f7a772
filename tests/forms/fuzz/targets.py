"""What is thrown at, and what must hold whatever comes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from lxml import etree

from forms.engine import Entry, Kind, UnknownQuestion
from forms.errors import FormError
from forms.filling import answer_all, read_answers
from forms.walk import follow, read_walk
from forms.xform import Form, read_form
from forms.xpath.compiler import compile_formula
from forms.xpath.context import Context
from tests.forms.fuzz.choosing import Choices
from tests.forms.fuzz.expressions import LITERALS, expression
from tests.forms.fuzz.forms import (
    changed_bytes,
    changed_form,
    compiled_from,
    spreadsheets,
)
from tests.forms.writing import FIELDS, LIST, xform

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ANSWERS = (
    "", "1", "0", "-1", "a", "a b", "yes", "no", "2024-02-29", "2024-02-29T12:00:00.000+01:00",
    "12:30", "OK", "48.1 2.2", "48 2 0 0; 49 3 0 0", "99999999999999999999", "1e308", "\x00", "é",
    "photo.jpg", "../x", "true", "x" * 5_000, "\ud83d", "<a>&b;", "12.50", "NaN", "Infinity",
)  # fmt: skip
ACTIONS = 24


def any_input(data: bytes) -> None:
    """One round: the first byte says what is thrown at."""
    choices = Choices(data)
    match choices.number(16):
        case 0 | 1 | 2 | 3:
            throw_expressions(choices)
        case 4:
            throw_spreadsheet(choices)
        case 5:
            throw_list(choices)
        case 6:
            throw_files(choices)
        case _:
            throw_form(choices)


def throw_form(choices: Choices) -> None:
    """A changed form, read and filled."""
    xml = changed_form(choices)
    with suppress(FormError):
        fill(read_form(xml, media={}), choices)


def throw_expressions(choices: Choices) -> None:
    """Expressions as rules of a sound form, evaluated about every type of field."""
    paths = [f"/data/{name}" for name, _, _ in FIELDS]
    paths += [
        "/data/r/v",
        "/data/r",
        ".",
        "..",
        "../i",
        "current()/../r",
        "/data/x",
        "position(..)",
    ]
    source = expression(choices, paths)
    if choices.now_and_then(32):
        source += choices.text()
    form = _sound()
    at = choices.one_of(form.fields)
    with suppress(FormError):
        formula = compile_formula(source, at=at, root=form.root, secondary=("l",))
        entry = _entry(form)
        for node in entry._instance.nodes_of(at):
            context = Context(entry, node)
            formula.evaluate(context)
            if formula.select is not None:
                formula.select(context)


_SOUND: list[Form] = []


def _sound() -> Form:
    if not _SOUND:
        values = "".join(f"<{name}>{text}</{name}>" for name, _, text in FIELDS)
        types = "".join(f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind, _ in FIELDS)
        rows = "".join(f"<r><v>{number}</v></r>" for number in (1, 2, 4))
        _SOUND.append(
            read_form(
                xform(
                    f"{values}{rows}<c/>",
                    f"{types}<bind nodeset='/data/r/v' type='int'/>",
                    """<select ref="/data/m"><label>m</label>
                    <itemset nodeset="instance('l')/root/item"><value ref="name"/>
                    <label ref="label"/></itemset></select>
                    <repeat nodeset="/data/r"><input ref="/data/r/v"/></repeat>""",
                    f'<instance id="l"><root>{LIST}</root></instance>',
                )
            )
        )
    return _SOUND[0]


def throw_spreadsheet(choices: Choices) -> None:
    """An author's file with some bytes changed."""
    ending, content = choices.one_of(spreadsheets())
    with suppress(FormError):
        compiled_from(changed_bytes(choices, content), ending)


CSV = b'name,label,n\na,A,1\nb,"B, b",2\n'
GEOJSON = b"""{"type":"FeatureCollection","features":[{"type":"Feature","id":"a","geometry":
{"type":"Point","coordinates":[2.1,48.2]},"properties":{"name":"x","label":"A"}}]}"""
XML = b"<root><item><name>a</name><label>A</label></item></root>"


def throw_list(choices: Choices) -> None:
    """A changed list beside a form that chooses from it."""
    ending, content = choices.one_of((("csv", CSV), ("geojson", GEOJSON), ("xml", XML)))
    body = """<select1 ref="/data/a"><label>a</label><itemset nodeset="instance('l')/root/item[name
    != 'q']"><value ref="name"/><label ref="label"/></itemset></select1>"""
    model = f'<instance id="l" src="jr://file/l.{ending}"/>'
    changed = changed_bytes(choices, content)
    with suppress(FormError):
        fill(
            read_form(xform("<a/>", body=body, model=model), media={f"l.{ending}": changed}),
            choices,
        )


def throw_files(choices: Choices) -> None:
    """Changed files of answers, of another engine's walk, and of the entry saved last."""
    model = '<instance id="last" src="jr://instance/last-saved"/>'
    xml = xform("<a/><b/>", '<bind nodeset="/data/b" calculate="instance(\'last\')/data/a"/>',
                '<input ref="/data/a"><label>a</label></input>', model)  # fmt: skip
    answers = changed_bytes(choices, b'{"/data/a": "x", "b": [1, "c"], "c": null}')
    walk = changed_bytes(
        choices,
        b'{"steps": [{"op": "answer", "ref": "/data/a", "value": "1", "outcome": "ok"}],'
        b' "valid": true, "instance": "<data><a>1</a></data>"}',
    )
    with suppress(FormError):
        read_form(xml, last_saved=changed_bytes(choices, b"<data><a>q</a></data>"))
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file.json"
        file.write_bytes(answers)
        with suppress(FormError):
            answer_all(Entry(read_form(xml)), read_answers(file))
        file.write_bytes(walk)
        with suppress(FormError):
            follow(read_form(xml), read_walk(file))


def _entry(form: Form) -> Entry:
    return Entry(form, clock=lambda: NOON, random=Random(1), properties={"deviceid": "d"})


def fill(form: Form, choices: Choices) -> None:
    """Do anything a person could do, in any order; then check what must hold."""
    entry = _entry(form)
    for _ in range(ACTIONS):
        if choices.left == 0:
            break
        before = _held(entry)
        taken = len(entry._taken)
        with suppress(FormError):
            act(entry, choices)
        if len(entry._taken) > taken and choices.number(4) == 0:
            while len(entry._taken) > taken:
                assert entry.undo()
            assert _held(entry) == before, "what was taken back is not as it was"
    entry.steps()
    entry.repeats()
    assert entry.progress.done <= entry.progress.total
    finished = entry.as_it_stands()
    etree.fromstring(finished.xml)
    with suppress(FormError):
        entry.finish()


def _held(entry: Entry) -> list[tuple[str, str, bool]]:
    return [(node.ref, node.text, node.relevant) for node in entry._instance.root.below()]


def act(entry: Entry, choices: Choices) -> None:
    """One thing that a person could do."""
    match choices.number(8):
        case 0:
            repeats = entry.repeats()
            if repeats:
                repeat = choices.one_of(repeats)
                if repeat.instances and choices.number(2):
                    entry.remove_repeat(choices.one_of(repeat.instances).ref)
                else:
                    entry.add_repeat(repeat.ref)
        case 1:
            entry.undo()
        case 2:
            languages = entry.form.languages
            if languages:
                entry.language = choices.one_of(languages)
        case _:
            steps = entry.steps()
            if not steps:
                raise UnknownQuestion("Nothing is asked.")
            step = choices.one_of(steps)
            assert entry.step(step.ref).ref == step.ref
            if step.kind is Kind.NOTE:
                return
            if step.choices and choices.number(4):
                value = choices.one_of(step.choices).name
            elif choices.number(8) == 0:
                value = choices.text()
            else:
                value = choices.one_of((*ANSWERS, *LITERALS))
            verdict = entry.answer(step.ref, value)
            if verdict.kept:
                entry.step(step.ref) if step.ref in {s.ref for s in entry.steps()} else None
