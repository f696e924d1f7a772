"""Lists beside a form, held against the questions and the expressions that read them.

A file without its columns makes choices that are blank, and a question nobody gets past. No tool
says so before the form is in the field.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from forms.claims import ITEMS, Claim, Reads
from forms.errors import Problem
from forms.offered import list_behind
from forms.placing import Places
from forms.xform.controls import Kind, Question
from forms.xform.form import Form
from forms.xform.lists import separator_of
from forms.xform.namespaces import XFORMS
from forms.xform.source import parse_xml
from forms.xform.texts import media_name
from forms.xpath.nodes import Node

_SHOWN = 5
"""Rows, columns or values that a sentence names at most."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with the lists of a form.

    Attributes:
        problems: what keeps people from answering.
        warnings: what the author may not have meant.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _List:
    """A list of a form.

    Attributes:
        name: the file's, or the id of a list in the form.
        beside: whether it is a file.
        there: whether it could be found.
        items: its rows.
        columns: of all rows together, in order.
        content: the file's; empty for a list in the form.
    """

    name: str
    beside: bool
    there: bool
    items: tuple[Node, ...]
    columns: tuple[str, ...]
    content: bytes = b""


def files_of(xml: bytes) -> dict[str, str]:
    """The file of each list beside a form, by the list's id."""
    if b"src=" not in xml:
        return {}
    found = {}
    for element in parse_xml(xml).iter(f"{{{XFORMS}}}instance"):
        source = element.get("src", "")
        if element.get("id") and source and not source.startswith("jr://instance/"):
            found[element.get("id", "")] = media_name(source)
    return found


def review_lists(
    form: Form,
    files: Mapping[str, str],
    contents: Mapping[str, bytes],
    places: Places,
    claims: Iterable[Claim],
) -> Findings:
    """Hold the lists of a form against what asks for them.

    Args:
        form: read with its lists.
        files: of the lists beside the form, by id.
        contents: of those that are there, by name.
        places: where the form's author wrote what.
        claims: what its expressions say.
    """
    lists = {
        id_: _list(form, id_, files.get(id_, ""), contents)
        for id_ in form.secondary
        if id_ in files or not id_.startswith("__")
    }
    problems: list[Problem] = []
    warnings: list[Problem] = []
    said: set[tuple[str, str]] = set()
    for question in form.questions:
        held = lists.get(list_behind(question) or "")
        if held is not None and held.beside:
            _question(question, held, places, problems, warnings, said)
    for claim in claims:
        if isinstance(claim, Reads):
            held = lists.get(claim.cell.instance)
            problem = _claim(claim, held, places)
            if problem is not None:
                serious = held is None or (held.beside and held.there)
                (problems if serious else warnings).append(problem)
    return Findings(tuple(problems), tuple(warnings))


def _list(form: Form, id_: str, file: str, contents: Mapping[str, bytes]) -> _List:
    items = tuple(form.secondary[id_].items(ITEMS))
    columns: dict[str, None] = {}
    for item in items:
        columns.update(dict.fromkeys(column for column, _ in item.cells()))
    content = contents.get(file, b"")
    if file.lower().endswith(".csv"):
        columns.update(dict.fromkeys(_header(content)))
    return _List(
        file or id_, bool(file), not file or file in contents, items, tuple(columns), content
    )


def _question(
    question: Question,
    held: _List,
    places: Places,
    problems: list[Problem],
    warnings: list[Problem],
    said: set[tuple[str, str]],
) -> None:
    path, itemset = question.field.path, question.itemset
    if itemset is None:
        return

    def told(sentence: str, advice: str = "") -> Problem:
        return places.at(path, "type", sentence, advice)

    if not held.there:
        warnings.append(
            told(f"The list {held.name} is not beside the form: there is nothing to choose.")
        )
        return
    if not held.items and not held.columns:
        problems.append(
            told(
                f"The list {held.name} holds no rows: there is nothing to choose.",
                "Fill it in, its first row naming the columns."
                if held.name.lower().endswith(".csv")
                else "Its rows stand as <item> in a <root>.",
            )
        )
        return
    lacking = [
        (column, role)
        for column, role in ((itemset.value, "value"), (itemset.label, "label"))
        if column not in held.columns and not (role == "label" and itemset.translated)
    ]
    for column, role in lacking:
        problems.append(
            told(_without(held, column), _way_to(held, column, f"{role}=", "under parameters"))
        )
    if lacking:
        return
    if not held.items:
        problems.append(told(f"The list {held.name} has no rows: there is nothing to choose."))
        return
    if (held.name, itemset.value) in said:
        return
    said.add((held.name, itemset.value))
    problems += map(told, _blanks(held, itemset.value, "value"))
    if not itemset.translated:
        problems += map(told, _blanks(held, itemset.label, "label"))
    values = Counter(item.cell(itemset.value) or "" for item in held.items)
    twice = [value for value, count in values.items() if count > 1 and value.strip()]
    if twice and itemset.fixed:
        warnings.append(
            told(
                f"The list {held.name} has {_few(twice)} more than once under “{itemset.value}”:"
                " answers cannot tell the rows apart."
            )
        )
    spaced = [value for value in values if " " in value.strip()]
    if spaced and question.kind is not Kind.SELECT_ONE:
        problems.append(
            told(
                f"The list {held.name} has values with a space, which separates answers:"
                f" {_few(spaced)}."
            )
        )
    warnings += map(told, _lost(held))


def _claim(claim: Reads, held: _List | None, places: Places) -> Problem | None:
    column, rule = claim.cell.column, claim.rule
    if held is None:
        if column:
            return None
        if claim.cell.instance.startswith("__"):
            return None
        return places.at(
            rule.field.path,
            rule.name,
            f"There is no list “{claim.cell.instance}” in this form.",
            "Name a list of the choices sheet, or a file that a select_one_from_file names.",
        )
    if not held.there and rule.name != "choices":
        return places.at(
            rule.field.path,
            rule.name,
            f"The list {held.name} is not beside the form: nothing can be looked up in it.",
        )
    if not column or not held.columns or column in held.columns:
        return None
    return places.at(rule.field.path, rule.name, _without(held, column), _way_to(held, column))


def _without(held: _List, column: str) -> str:
    what = f"The list {held.name}" if held.beside else f"The list “{held.name}” of the choices"
    return f"{what} has no column “{column}”. It has: {_few(held.columns)}."


def _way_to(held: _List, column: str, parameter: str = "", where: str = "") -> str:
    close = get_close_matches(column, held.columns, 1)
    if parameter:
        likely = [name for name in (*close, *held.columns) if name != "geometry"]
        name = likely[0] if likely else "…"
        if "\t" in name:
            return "Separate its cells by commas: they are separated by tabs."
        return f"Rename a column of the file, or write {parameter}{name} {where}."
    return f"Is “{close[0]}” meant?" if close else "Rename a column, or correct its name here."


def _blanks(held: _List, column: str, role: str) -> Iterator[str]:
    numbers = [
        number for number, item in enumerate(held.items, 2) if not (item.cell(column) or "").strip()
    ]
    if numbers:
        rows = "row" if len(numbers) == 1 else "rows"
        yield (
            f"The list {held.name} has no {role} under “{column}” in {rows}"
            f" {_few(map(str, numbers))}: a blank choice."
        )


def _lost(held: _List) -> Iterator[str]:
    """Rows of a CSV that have more cells than its header."""
    if not held.name.lower().endswith(".csv"):
        return
    rows = list(_rows(held.content))
    longer = [
        str(number)
        for number, row in enumerate(rows, 1)
        if any(cell.strip() for cell in row[len(rows[0]) :])
    ]
    if longer:
        yield (
            f"The list {held.name} has more cells than its header in row {_few(longer)}:"
            " a text with a separator stands between quotation marks."
        )
    doubled = [name for name, count in Counter(_header(held.content)).items() if count > 1 and name]
    if doubled:
        yield f"The list {held.name} has the column {_few(doubled)} twice: only one is read."


def _rows(content: bytes) -> Iterator[list[str]]:
    text = content.decode("utf-8-sig")
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator_of(text))


def _header(content: bytes) -> list[str]:
    return [name.strip() for name in next(_rows(content), []) if name.strip()]


def _few(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more
