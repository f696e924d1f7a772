"""Finds the cell that stops pyxform, by trying the form with less and less of it.

pyxform stops at the first thing it cannot take, and often does not say where that was. Here the
form is compiled again with its rows made plain (a question of text, with its name and a label),
then with half of them as they were, and so on: the row that brings the failure back is found in
as many tries as its number has binary digits. The same is done with the cells of that row. What is
told has been tried: without that cell, this failure is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from pyxform.errors import PyXFormError
from pyxform.xls2json_backends import DefinitionData

from forms.errors import FormError
from forms.review import NAME
from forms.sheets import Workbook, column_name

MOST_WORK = 60_000
"""Rows that are compiled in all while one form is searched; a row of choices counts a quarter."""

_OTHER_SHEETS = ("choices", "settings", "entities", "external_choices", "osm")
_BEGIN = re.compile(r"begin[ _].+", re.IGNORECASE)
_END = re.compile(r"end[ _].+", re.IGNORECASE)
_NUMBERS = re.compile(r"\d+")
_LAST_TO_BLAME = ("label", "type", "list_name", "name")

Try = Callable[[DefinitionData, bool], BaseException | None]
"""Compiles a form, and reads it with the engine where that is asked: what it fails with, or None.
"""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a failure comes from.

    Attributes:
        sheet: the sheet; "" where it was not found.
        index: of the row among those of the sheet, from 0; None for the header, or where not found.
        header: of the column, as the author wrote it; "" where it is the row as a whole.
    """

    sheet: str = ""
    index: int | None = None
    header: str = ""


class OutOfWork(Exception):
    """A form was tried as often as is worth it."""


class Search:
    """Searches one form for what stops pyxform.

    Attributes:
        between: the sheet, and the first and last row that an unfinished search came to.
    """

    def __init__(self, book: Workbook, compile_it: Try) -> None:
        self.book = book
        self.compile_it = compile_it
        self.work = 0
        self.reading = True
        self.between: tuple[str, int, int] | None = None

    def failure(self, definition: DefinitionData) -> BaseException | None:
        """What a form fails with, or None.

        Raises:
            OutOfWork: forms of too many rows in all were tried.
        """
        self.work += len(definition.survey or ()) + len(definition.choices or ()) // 4
        if self.work > MOST_WORK:
            raise OutOfWork
        return self.compile_it(definition, self.reading)

    def find(self, definition: DefinitionData, wrong: BaseException) -> Found:
        """The place in a form that a failure of it comes from.

        Where a form is too long to be tried to the end, `between` tells the sheet and the rows, by
        their places from 0, that it was narrowed down to.
        """
        self.reading = isinstance(wrong, FormError)
        self.between = None
        try:
            return self._find(definition, _kind_of(wrong))
        except OutOfWork:
            return Found()

    def cell(self, definition: DefinitionData, sheet: str, index: int, wrong: BaseException) -> str:
        """The header of the cell of a known row that a failure comes from; "" for none."""
        self.reading = isinstance(wrong, FormError)
        try:
            return self._cell(definition, sheet, index, _kind_of(wrong))
        except OutOfWork:
            return ""

    def _fails(self, definition: DefinitionData, kind: str) -> bool:
        """Whether a form fails in one way."""
        wrong = self.failure(definition)
        return wrong is not None and _kind_of(wrong) == kind

    def _find(self, definition: DefinitionData, kind: str) -> Found:
        slim = replace(definition, choices=_few_of_each(definition.choices))
        if self._fails(slim, kind):
            definition = slim
        rows = list(definition.survey or ())
        plain = [self._plain(index, row) for index, row in enumerate(rows)]
        if not self._fails(replace(definition, survey=plain), kind):
            return self._among(definition, "survey", plain, kind)
        for sheet in _OTHER_SHEETS:
            held = getattr(definition, sheet)
            if held and not self._fails(replace(definition, **{sheet: [{} for _ in held]}), kind):
                return self._among(definition, sheet, [{} for _ in held], kind)
        found = self._column(definition, kind)
        if found.sheet:
            return found
        renamed = [self._renamed(index, row) for index, row in enumerate(plain)]
        if not self._fails(replace(definition, survey=renamed), kind):
            return self._among(replace(definition, survey=plain), "survey", renamed, kind)
        return Found()

    def _among(
        self,
        definition: DefinitionData,
        sheet: str,
        plain: Sequence[dict[str, str]],
        kind: str,
    ) -> Found:
        """The row that brings the failure back, and its cell."""
        rows = list(getattr(definition, sheet))

        def with_first(count: int) -> DefinitionData:
            return replace(definition, **{sheet: [*rows[:count], *plain[count:]]})

        works, stops = 0, len(rows)
        while stops - works > 1:
            self.between = (sheet, works, stops - 1)
            middle = (works + stops) // 2
            if self._fails(with_first(middle), kind):
                stops = middle
            else:
                works = middle
        index = stops - 1
        alone = replace(definition, **{sheet: [*plain[:index], rows[index], *plain[index + 1 :]]})
        base = alone if self._fails(alone, kind) else with_first(stops)
        return Found(sheet, index, self._cell(base, sheet, index, kind))

    def _cell(
        self,
        definition: DefinitionData,
        sheet: str,
        index: int,
        kind: str,
    ) -> str:
        """The header of the cell that a row fails by; "" where no single one does."""
        rows: list[dict[str, str]] = list(getattr(definition, sheet))
        row = rows[index]
        known = self.book.rows(sheet)[index].headers if index < len(self.book.rows(sheet)) else {}
        names = {header: name for name, header in known.items()}

        def blame(header: str) -> int:
            name = names.get(header, "")
            return _LAST_TO_BLAME.index(name) + 1 if name in _LAST_TO_BLAME else 0

        other = ""
        for header in sorted(row, key=blame):
            less = {key: value for key, value in row.items() if key != header}
            if names.get(header) == "type" and not _is_structure(row[header]):
                less = {header: "text", **less}
            elif names.get(header) in {"name", "label"}:
                less = {**row, header: f"q{index}"}
            tried = replace(definition, **{sheet: [*rows[:index], less, *rows[index + 1 :]]})
            wrong = self.failure(tried)
            if wrong is None:
                return header
            if not other and _kind_of(wrong) != kind:
                other = header
        return other

    def _column(self, definition: DefinitionData, kind: str) -> Found:
        """A column whose header is what fails."""
        for sheet in ("survey", *_OTHER_SHEETS):
            for header in reversed(self.book.headers(sheet)):
                rows = getattr(definition, sheet) or []
                listed = getattr(definition, f"{sheet}_header") or [{}]
                less = {
                    sheet: [{k: v for k, v in row.items() if k != header} for row in rows],
                    f"{sheet}_header": [{k: v for k, v in listed[0].items() if k != header}],
                }
                if not self._fails(replace(definition, **less), kind):
                    return Found(sheet, None, header)
        return Found()

    def _plain(self, index: int, cells: dict[str, str]) -> dict[str, str]:
        return plain_row(self.book, index) if cells else {}

    def _renamed(self, index: int, cells: dict[str, str]) -> dict[str, str]:
        """A plain row under a name that nothing else has, loops made groups."""
        row = self.book.survey[index]
        type_, name = row.header("type"), row.header("name")
        renamed = {**cells}
        if name in cells:
            renamed[name] = f"q{index}"
        if type_ in cells and _BEGIN.fullmatch(cells[type_]):
            renamed[type_] = "begin group"
        elif type_ in cells and _END.fullmatch(cells[type_]):
            renamed[type_] = "end group"
        return renamed


def plain_row(book: Workbook, index: int) -> dict[str, str]:
    """A row of the survey as the plainest question, or group, of its name."""
    row = book.survey[index]
    kind, name = row.cell("type"), row.cell("name")
    type_ = row.header("type")
    if _END.fullmatch(kind):
        return {type_: kind}
    begins = bool(_BEGIN.fullmatch(kind))
    if not begins and not (kind and name):
        return {}
    headers = {column_name(header): header for header in reversed(book.headers("survey"))}
    named = headers.get("name")
    if named is None:
        return {}
    if not NAME.fullmatch(name):
        name = f"row{row.number}"
    plain = {type_: kind if begins else "text", named: name}
    if "label" in headers:
        plain[headers["label"]] = plain[named]
    elif not begins:
        plain[type_] = "hidden"
    return plain


def _is_structure(kind: str) -> bool:
    return bool(_BEGIN.fullmatch(kind) or _END.fullmatch(kind))


def _few_of_each(choices: Sequence[dict[str, str]] | None) -> list[dict[str, str]] | None:
    """The first choices of every list, the places of the others left empty."""
    if choices is None:
        return None
    seen: dict[str, int] = {}
    few: list[dict[str, str]] = []
    for row in choices:
        listed = next(
            (v for k, v in row.items() if k.lower().replace(" ", "_") in {"list_name", "list"}), ""
        )
        seen[listed] = seen.get(listed, 0) + 1
        few.append(row if seen[listed] <= 2 else {})
    while few and not few[-1]:
        few.pop()
    return few


def _kind_of(wrong: BaseException) -> str:
    """What tells a failure from another one: pyxform's sentence, or the line that raised it."""
    if isinstance(wrong, PyXFormError | FormError):
        return _NUMBERS.sub("#", str(wrong))
    last: TracebackType | None = wrong.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_filename}:{last.tb_lineno}" if last is not None else ""
    return f"{type(wrong).__name__} {where}"
