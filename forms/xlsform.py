"""An author's spreadsheet becomes an XForm, or a list of what is wrong with it, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from forms.advice import advise
from forms.beside import Beside, find_media
from forms.cells import Unread, lettered, moments, review_cells
from forms.compiled_review import absent, review_form
from forms.compiling import attempt
from forms.errors import FormErrors, Problem
from forms.languages import review_languages
from forms.methods.review import review_methods
from forms.placing import Places
from forms.review import nesting, review_expressions, review_headers, review_structure
from forms.sheets import read_workbook
from forms.xform import Form, read_form
from forms.xform.dependencies import CircularForm
from forms.xform.expressions import WrongExpressions


@dataclass(frozen=True, slots=True)
class Compiled:
    """A form that can be published.

    Attributes:
        xml: the XForm.
        media: the files that it names, those that were found.
        warnings: what the author may want to know, as sentences.
        form: as read, with the lists beside it.
    """

    xml: bytes
    media: tuple[Path, ...]
    warnings: tuple[str, ...]
    form: Form


def compile_form(path: Path) -> Compiled:
    """Compile an XLSForm, and read the result with the engine that will run it.

    Media are looked for in the folder `NAME-media` beside the form, in `media`, and beside it.

    Args:
        path: a .xlsx, .xls, .csv or .md file.

    Raises:
        FormErrors: everything that is wrong with it, each with its place and what to do.
    """
    book = read_workbook(path)
    cells = list(review_cells(book))
    unread = [one for one in cells if isinstance(one, Unread)]
    problems = [*book.lost, *review_structure(book)]
    problems += [one for one in cells if not isinstance(one, Unread)]
    if headers := list(review_headers(book)):
        raise FormErrors(lettered([*headers, *problems, *review_expressions(book)], book))
    reader = _Reader(Beside(path))
    made = attempt(book, problems, reader, nested=not any(nesting(book)))
    problems += [one for one in made.problems if not _known(one, problems)]
    problems += review_expressions(book)
    places = Places(book, made.root)
    if made.xml is not None:
        problems += [
            one
            for one in reader.problems(places)
            if not _known(one, problems) and one.row not in made.passed_over
        ]
    form = reader.form
    default = "" if form is None else form.default_language
    told = [*made.said, *unread, *review_languages(book, default), *moments(book), *advise(book)]
    if form is not None and made.xml is not None:
        wrong, more = review_form(form, made.xml, reader.media, places)
        told += more
        problems += [one for one in wrong if not _known(one, problems)]
        if not problems:
            problems += map(places.of_method, review_methods(form))
        media, missing = find_media(form, path)
        told += absent(missing, told)
    warnings = tuple(str(one) for one in lettered(told, book))
    if problems or form is None or made.xml is None:
        raise FormErrors(lettered(problems, book), warnings)
    return Compiled(made.xml, media, warnings, form)


def _known(problem: Problem, problems: Iterable[Problem]) -> bool:
    """Whether something is said of its cell already, or of its row where it names no cell."""
    return any(
        (one.sheet, one.row) == (problem.sheet, problem.row)
        and (one.column == problem.column or not problem.column or not one.column)
        for one in problems
        if one.row is not None
    )


class _Reader:
    """Reads XForms with the engine, as a device will; the last one is kept.

    Attributes:
        form: the last form; None where expressions of it are wrong.
        wrong: those expressions.
    """

    def __init__(self, media: Beside) -> None:
        self.media = media
        self.form: Form | None = None
        self.wrong: WrongExpressions | CircularForm | None = None

    def __call__(self, xml: bytes) -> None:
        """Read a form.

        Raises:
            FormError: it cannot be read, for another reason than its expressions.
        """
        self.form = self.wrong = None
        try:
            self.form = read_form(xml, media=self.media)
        except (WrongExpressions, CircularForm) as wrong:
            self.wrong = wrong

    def problems(self, places: Places) -> list[Problem]:
        """What is wrong with the last form's expressions, at the author's rows."""
        if isinstance(self.wrong, WrongExpressions):
            return [
                places.at(one.field, one.rule, one.why, "Correct the expression.")
                for one in self.wrong.expressions
            ]
        return [] if self.wrong is None else [_circle(self.wrong, places)]


def _circle(wrong: CircularForm, places: Places) -> Problem:
    found = [places.row(field.path) for field in wrong.fields]
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
