"""Every XLSForm of the corpus is filled to its end, and JavaRosa takes what comes of it."""

import base64
import re
import shutil
import subprocess
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from random import Random

import pytest
from lxml import etree

from forms.engine import Entry, Kind, Step, Unfinished, UnknownQuestion
from forms.errors import FormErrors
from forms.xform import read_form
from forms.xlsform import compile_form
from tests.forms.writing import CORPUS

JAVA = Path(__file__).with_name("JavaRosaReads.java")
SHEETS = sorted(
    path for path in CORPUS.glob("pyxform/**/*") if path.suffix in {".xls", ".xlsx", ".csv", ".md"}
)
WRONG_AS_JAVAROSA_SAYS = {"bad_calc.xlsx", "xl_date_ambiguous.xlsx"}
"""pyxform compiles these, and JavaRosa refuses what it makes of them: so do we."""

UNKNOWN_TO_JAVAROSA = "cannot handle function 'pulldata'"
"""Collect brings this function itself; the specification has it."""

WITHOUT_ITS_LISTS = "UCL_Biomass_Plot_Form.xlsx"
"""The corpus has the form and not its lists; JavaRosa does not take answers from invented ones."""


def given(step: Step, chance: Random) -> str:
    """An answer that a person could give."""
    match step.kind:
        case Kind.SELECT_ONE:
            return chance.choice(step.choices).name if step.choices else ""
        case Kind.SELECT_MULTIPLE | Kind.RANK:
            names = [choice.name for choice in step.choices]
            some = len(names) if step.kind is Kind.RANK else chance.randint(1, max(1, len(names)))
            return " ".join(chance.sample(names, min(some, len(names))))
        case Kind.RANGE if step.bounds is not None:
            return str(step.bounds.start)
        case Kind.INTEGER | Kind.DECIMAL:
            return str(chance.choice((1, 2, 5, 18, 30, 60, 100, 1000, 0)))
        case Kind.DATE:
            return chance.choice(("2026-11-21", "2020-02-29", "2127-01-01"))
        case Kind.TIME:
            return "14:30:00.000Z"
        case Kind.DATETIME:
            return "2026-11-21T14:30:00.000Z"
        case Kind.TRIGGER:
            return "OK"
        case Kind.GEOPOINT:
            return "43.6 1.44 0 0"
        case Kind.GEOTRACE:
            return "43.6 1.44 0 0; 43.7 1.5 0 0"
        case Kind.GEOSHAPE:
            return "43.6 1.44 0 0; 43.7 1.5 0 0; 43.6 1.5 0 0; 43.6 1.44 0 0"
        case Kind.IMAGE | Kind.AUDIO | Kind.VIDEO | Kind.FILE:
            return "file.bin"
        case Kind.BOOLEAN:
            return "true"
    return chance.choice(("Ana", "a < b & c", "école", "12345", "0561222222", "x@example.org"))


def filled(entry: Entry, chance: Random) -> bytes:
    """A form filled to its end, as a person would who tries again where the form objects."""
    answered: set[str] = set()
    for _ in range(60):
        for step in entry.steps():
            if step.ref in answered or step.readonly or step.kind is Kind.NOTE:
                continue
            for _ in range(8):
                with suppress(UnknownQuestion):
                    if entry.answer(step.ref, given(step, chance)).kept:
                        answered.add(step.ref)
                        break
        try:
            return entry.finish().xml
        except Unfinished as unfinished:
            answered -= {problem.ref for problem in unfinished.problems}
    raise AssertionError(f"{entry.form.form_id} cannot be filled: {entry.problems()}")


def list_for(form: str) -> str:
    """A list that filters of a form let something pass of, where its author did not give it."""
    columns = [*dict.fromkeys(("name", "label", *re.findall(r"[\[ (](\w+) ?= ?/", form)))]
    names = [*dict.fromkeys(re.findall(r"<name>([^<,]+)</name>", form))]
    rows = [["q"] * len(columns)]
    for place in range(2, len(columns)):
        rows.extend(["q"] * place + [name] + ["q"] * (len(columns) - place - 1) for name in names)
    return "\n".join(",".join(row) for row in [columns, *rows]) + "\n"


def test_what_comes_of_every_spreadsheet_is_taken_by_javarosa(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    java, pyxform = shutil.which("java"), find_spec("pyxform")
    if not SHEETS or java is None or pyxform is None or pyxform.origin is None:
        pytest.skip("the corpus or Java is not here")
    jar = Path(pyxform.origin).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar"
    lines: list[str] = []
    names: list[str] = []
    ours: list[bytes] = []
    for number, path in enumerate(SHEETS):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                compiled = compile_form(path)
            except FormErrors as wrong:
                assert all(problem.message for problem in wrong.problems), path
                continue
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "form.xml").write_bytes(compiled.xml)
        for file in compiled.media:
            shutil.copyfile(file, folder / file.name)
        for name in read_form(compiled.xml).attached:
            if name.endswith(".csv") and not (folder / name).exists():
                (folder / name).write_text(list_for(compiled.xml.decode()))
        form = read_form(compiled.xml, media=folder)
        entry = Entry(form, clock=lambda: datetime.now(UTC))  # the zone that Java is given
        ours.append(filled(entry, Random(number)))
        (folder / "instance.xml").write_bytes(ours[-1])
        lines.append(f"{folder / 'form.xml'}\t{folder / 'instance.xml'}\n")
        names.append(path.name)
    command = [java, "-Duser.timezone=UTC", "-cp", str(jar), str(JAVA)]
    said = subprocess.run(
        command, input="".join(lines).encode(), capture_output=True, check=True
    ).stdout.decode()
    refused: dict[str, str] = {}
    for name, line, xml in zip(names, said.splitlines(), ours, strict=True):
        verdict, _, theirs = line.partition("\t")
        if verdict != "ok":
            refused[name] = verdict
        elif leaves(base64.b64decode(theirs)) != leaves(xml):
            refused[name] = "it is read with a loss"
    with capsys.disabled():
        print(f"\n{len(names) - len(refused)} of {len(names)} filled forms are taken by JavaRosa.")
    refused.pop(WITHOUT_ITS_LISTS, None)
    assert not {name: why for name, why in refused.items() if UNKNOWN_TO_JAVAROSA not in why}


def leaves(xml: bytes) -> list[tuple[str, str]]:
    """Every element with its text, but for what is told anew when an entry is opened again."""
    found = []
    for element in etree.fromstring(xml).iter(etree.Element):
        name = etree.QName(element).localname
        if not re.search(r"(?i)^(instanceID|deprecatedID|start|end|today|deviceid|meta)$", name):
            found.append((name, (element.text or "").strip()))
    return found


def test_what_is_refused_javarosa_refuses_as_well() -> None:
    if not SHEETS:
        pytest.skip("the corpus is not here")
    for path in SHEETS:
        if path.name in WRONG_AS_JAVAROSA_SAYS:
            with pytest.raises(FormErrors) as refusal:
                compile_form(path)
            assert all(problem.sheet and problem.row for problem in refusal.value.problems)
