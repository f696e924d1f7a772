"""An author's spreadsheet becomes an XForm, or a list of what is wrong with it, in plain words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pyxform.builder import create_survey_element_from_dict
from pyxform.errors import PyXFormError
from pyxform.xls2json import workbook_to_json

from forms.advice import advise
from forms.errors import FormError, FormErrors, Problem
from forms.quotation import kept, restored
from forms.review import paths_of_rows, review_expressions, review_structure
from forms.sheets import FOREIGN_ERRORS, Row, Workbook, read_workbook
from forms.xform import Form, read_form
from forms.xform.dependencies import CircularForm
from forms.xform.expressions import WrongExpression, WrongExpressions
from forms.xform.reader import unresolved_references

_COLUMNS = {
    "calculate": "calculation",
    "readonly": "read_only",
    "choice filter": "choice_filter",
    "choices": "choice_filter",
    "count of repeats": "repeat_count",
    "setvalue": "default",
}
_ROW = re.compile(r"\[row : (\d+)(?:, column : ([^\]]+))?\]\s*")
_ON_SHEET = re.compile(r"On the '([^']+)' sheet, the '([^']+)' value(?: '[^']*')? is invalid\.\s*")


@dataclass(frozen=True, slots=True)
class Compiled:
    """A form that can be published.

    Attributes:
        xml: the XForm.
        media: the files that it names, those that were found.
        warnings: what the author may want to know, as sentences.
    """

    xml: bytes
    media: tuple[Path, ...]
    warnings: tuple[str, ...]


def compile_form(path: Path) -> Compiled:
    """Compile an XLSForm, and read the result with the engine that will run it.

    Media are looked for in the folder `NAME-media` beside the form, in `media`, and beside it.

    Args:
        path: a .xlsx, .xls, .csv or .md file.

    Raises:
        FormErrors: everything that is wrong with it, each with its place and what to do.
    """
    book = read_workbook(path)
    structure = list(review_structure(book))
    expressions = list(review_expressions(book))
    try:
        xml, root, said = _compile(book)
    except FOREIGN_ERRORS as wrong:
        raise FormErrors(_all_problems(structure + expressions, wrong, book)) from None
    rows = paths_of_rows(book, root)
    form = _run(xml, rows, expressions, _media_folder(path))
    media, missing = find_media(form, path)
    told = [str(_placed_by_pyxform(text, book)) for text in said]
    told.extend(_led_nowhere(form, rows))
    told.extend(f"The media file {name} is not beside the form." for name in missing)
    told.extend(str(one) for one in advise(book))
    return Compiled(xml, media, tuple(told))


def find_media(form: Form, path: Path) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The files that a form names: those found near a path, and the names of the others."""
    found: list[Path] = []
    missing: list[str] = []
    for name in form.attached:
        for folder in _media_folders(path):
            if (folder / name).is_file():
                found.append(folder / name)
                break
        else:
            missing.append(name)
    return tuple(found), tuple(missing)


def _media_folders(path: Path) -> tuple[Path, ...]:
    return path.with_name(f"{path.stem}-media"), path.with_name("media"), path.parent


def _media_folder(path: Path) -> Path:
    return next((folder for folder in _media_folders(path) if folder.is_dir()), path.parent)


def _compile(book: Workbook) -> tuple[bytes, str, list[str]]:
    """From rows to an XForm, pyxform's own way; the name of its root, and pyxform's warnings."""
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = workbook_to_json(
            workbook_dict=kept(book.definition),
            fallback_form_name=book.definition.fallback_form_name,
            warnings=said,
        )
        survey = create_survey_element_from_dict(data)
        xml: str = survey.to_xml(validate=False, pretty_print=False, warnings=said)
    return restored(xml).encode(), str(survey.name), [restored(text) for text in said]


def _all_problems(problems: list[Problem], wrong: BaseException, book: Workbook) -> list[Problem]:
    """What the review found, and what pyxform stopped at where that is something else."""
    other = _translated(wrong, book)
    rows = {(problem.sheet, problem.row) for problem in problems}
    if not problems or (other.row is not None and (other.sheet, other.row) not in rows):
        problems = [*problems, other]
    return sorted(
        problems, key=lambda problem: (problem.sheet != "survey", problem.sheet, problem.row or 0)
    )


def _translated(wrong: BaseException, book: Workbook) -> Problem:
    """What pyxform says, with its place taken out of the sentence."""
    if not isinstance(wrong, PyXFormError):
        return Problem(
            "The form cannot be compiled, and pyxform does not say why.",
            advice="Take rows out until it compiles: the last one taken out is the reason.",
        )
    return _placed_by_pyxform(restored(str(wrong)), book)


def _placed_by_pyxform(said: str, book: Workbook) -> Problem:
    """A sentence of pyxform's, its place taken out of it."""
    message = " ".join(said.split())
    found = _ROW.search(message)
    row = int(found[1]) if found else None
    column = (found[2] or "").strip() if found else ""
    message = _ROW.sub("", message)
    placed = _ON_SHEET.search(message)
    sheet = "survey" if row is not None else ""
    if placed:
        sheet, column = placed[1], placed[2]
        rest = _ON_SHEET.sub("", message).strip()
        message = f"The value under “{column}” is not valid. {rest}".strip()
    if row is not None:
        row = book.row_number(sheet, row)
    if not message.endswith((".", "!", "?")) and "http" not in message[-60:]:
        message += "."
    return Problem(message, sheet, row, column)


def _run(xml: bytes, rows: Mapping[str, Row], expressions: list[Problem], media: Path) -> Form:
    """Read the compiled form with the engine, its errors brought back to the author's rows."""
    problems = list(expressions)
    known = {(problem.row, problem.column) for problem in problems}
    try:
        form = read_form(xml, media=media)
    except WrongExpressions as wrong:
        for one in wrong.expressions:
            problem = _placed(one, rows)
            if (problem.row, problem.column) not in known:
                problems.append(problem)
        raise FormErrors(problems) from None
    except CircularForm as wrong:
        raise FormErrors([*problems, _circle(wrong, rows)]) from None
    except FormError as wrong:
        raise FormErrors([*problems, Problem(str(wrong))]) from None
    if problems:
        raise FormErrors(problems)
    return form


def _led_nowhere(form: Form, rows: Mapping[str, Row]) -> list[str]:
    """Paths to no question: every engine runs such forms, and hardly any author means them."""
    return [
        str(
            _at(
                path,
                rule,
                rows,
                f"“{missing}” leads to no question of this form.",
                "Refer to questions as ${name}.",
            )
        )
        for path, rule, missing in unresolved_references(form)
    ]


def _column(rule: str, row: Row | None) -> str:
    name = _COLUMNS.get(rule, rule)
    return name if row is None else row.header(name)


def _at(path: str, rule: str, rows: Mapping[str, Row], sentence: str, advice: str) -> Problem:
    """A problem of a field of the compiled form, at the place where its author wrote it."""
    row = rows.get(path)
    if row is not None:
        if rule == "setvalue" and not row.cell("default"):
            rule = "calculate"
        return Problem(sentence, "survey", row.number, _column(rule, row), advice)
    if "/meta/entity/" in path:
        return Problem(sentence, "entities", None, path.rpartition("/")[2], advice)
    if path.endswith("/meta/instanceName"):
        return Problem(sentence, "settings", None, "instance_name", advice)
    return Problem(f"{path}, {rule}: {sentence}", advice=advice)


def _placed(wrong: WrongExpression, rows: Mapping[str, Row]) -> Problem:
    return _at(wrong.field, wrong.rule, rows, wrong.why, "Correct the expression.")


def _circle(wrong: CircularForm, rows: Mapping[str, Row]) -> Problem:
    found = [rows.get(field.path) for field in wrong.fields]
    names = [
        f"{row.cell('name')} (row {row.number})" if row else field.name
        for row, field in zip(found, wrong.fields, strict=True)
    ]
    first = next((row for row in found if row), None)
    if len(names) == 1:
        message = f"The question {names[0]} depends on itself."
    else:
        message = (
            f"These questions depend on each other in a circle: {' → '.join((*names, names[0]))}."
        )
    return Problem(
        message,
        "survey" if first else "",
        first.number if first else None,
        advice="Take one of the references out.",
    )
