"""XForms changed at random: attributes, texts, elements, and now and then bytes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from lxml import etree

from forms.errors import FormError
from forms.xlsform import compile_form
from tests.forms.fuzz.choosing import Choices
from tests.forms.fuzz.expressions import expression

FORMS = Path(__file__).resolve().parents[1]
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
BIGGEST = 60_000
"""Bytes of a form that is worth changing: bigger ones only make rounds slow."""

JR = "{http://openrosa.org/javarosa}"
RULES = ("relevant", "required", "readonly", "constraint", "calculate")
ATTRIBUTES = (
    *RULES, "nodeset", "ref", "type", "value", "event", "appearance", "id", "src", "form", "lang",
    "default", "start", "end", "step", "mediatype", f"{JR}count", f"{JR}preload",
    f"{JR}preloadParams", f"{JR}noAddRemove", f"{JR}template", f"{JR}constraintMsg",
)  # fmt: skip
VALUES = (
    "", "true()", "false()", "int", "decimal", "date", "dateTime", "time", "boolean", "geopoint",
    "geoshape", "binary", "string", "odk-instance-first-load", "odk-new-repeat", "property", "end",
    "xforms-value-changed", "timestamp", "uid", "jr:itext('x')", "-1", "0", "3", "1e9", "..", "/",
    "jr://file/../x", "jr://instance/last-saved", "field-list", "image/*", "\t", "999999999999",
)  # fmt: skip
TAGS = (
    "bind", "input", "select", "select1", "rank", "range", "trigger", "upload", "group", "repeat",
    "itemset", "item", "value", "label", "hint", "output", "setvalue", "instance", "itext",
    "translation", "text", "model", "secret",
)  # fmt: skip


@cache
def bases() -> tuple[bytes, ...]:
    """The forms that are changed: our own, and those of the corpus where it is at hand."""
    found: list[bytes] = []
    for path in (*sorted(FORMS.glob("agreement/*.md")), *sorted(FORMS.glob("*.md"))):
        try:
            found.append(compile_form(path).xml)
        except FormError:
            continue
    for path in sorted(CORPUS.glob("**/*.xml")):
        xml = path.read_bytes()
        if len(xml) < BIGGEST and b"/xhtml" in xml:
            found.append(xml)
    return tuple(found)


@cache
def parsed(number: int) -> tuple[etree._Element, tuple[str, ...]]:
    """A base form as a tree, and the paths that it speaks of."""
    xml = bases()[number]
    root = etree.fromstring(xml, etree.XMLParser(remove_comments=True))
    paths = sorted({found.decode() for found in re.findall(rb'(?:nodeset|ref)="(/[\w/-]+)"', xml)})
    return root, (*paths[:40], ".", "..", "../a", "current()/..")


def changed_form(choices: Choices) -> bytes:
    """A form with some changes."""
    number = choices.number(len(bases()))
    base, paths = parsed(number)
    if choices.now_and_then(16):
        return changed_bytes(choices, bases()[number])
    root = deepcopy(base)
    for _ in range(1 + choices.number(6)):
        change(choices, root, paths)
    return etree.tostring(root)


def change(choices: Choices, root: etree._Element, paths: Sequence[str]) -> None:
    """Make one change."""
    elements = list(root.iter(etree.Element))
    element = choices.one_of(elements)
    parent = element.getparent()
    match choices.number(10):
        case 0 | 1 | 2:
            binds = list(root.iter("{http://www.w3.org/2002/xforms}bind"))
            bind = choices.one_of(binds) if binds else element
            bind.set(choices.one_of(RULES), _sayable(expression(choices, paths)))
        case 3:
            value = choices.one_of(VALUES) if choices.number(2) else choices.one_of(paths)
            element.set(choices.one_of(ATTRIBUTES), value)
        case 4:
            keys = list(element.keys())
            if keys:
                element.set(choices.one_of(keys), _sayable(expression(choices, paths)))
        case 5:
            keys = list(element.keys())
            if keys:
                del element.attrib[choices.one_of(keys)]
            elif parent is not None:
                parent.remove(element)
        case 6 if parent is not None and len(element) < 50:
            parent.insert(choices.number(len(parent) + 1), deepcopy(element))
        case 7 if parent is not None:
            target = choices.one_of(elements)
            if element not in target.iterancestors() and target is not element:
                target.append(element)
        case 8:
            element.text = _sayable(choices.text())
        case _:
            element.tag = f"{{http://www.w3.org/2002/xforms}}{choices.one_of(TAGS)}"


def changed_bytes(choices: Choices, content: bytes) -> bytes:
    """Content with some bytes taken out, repeated or replaced."""
    changed = bytearray(content)
    for _ in range(1 + choices.number(4)):
        at = choices.number(max(1, len(changed)))
        upto = at + 1 + choices.number(16)
        match choices.number(4):
            case 0:
                del changed[at:upto]
            case 1:
                changed[at:at] = changed[at:upto]
            case 2:
                changed[at:upto] = choices.text().encode("utf-8", "replace")
            case _:
                changed[at : at + 1] = bytes([choices.number(256)])
    return bytes(changed)


_UNSAYABLE = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _sayable(text: str) -> str:
    """Without what XML cannot hold."""
    return _UNSAYABLE.sub("", text)


@cache
def spreadsheets() -> tuple[tuple[str, bytes], ...]:
    """Authors' files: their endings and what is in them."""
    found = [(".md", path.read_bytes()) for path in sorted(FORMS.glob("**/*.md"))]
    for ending in (".xlsx", ".xls", ".csv"):
        for path in sorted(CORPUS.glob(f"pyxform/**/*{ending}")):
            if path.stat().st_size < BIGGEST:
                found.append((ending, path.read_bytes()))
    return tuple(found)


def compiled_from(content: bytes, ending: str) -> None:
    """Compile a spreadsheet; whatever is wrong with it is said as a FormError."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"form{ending}"
        path.write_bytes(content)
        compile_form(path)
