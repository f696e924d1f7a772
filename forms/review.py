"""Looks an author's spreadsheet through for everything that is wrong with it, all at once.

pyxform stops at the first mistake; an author wants the list. What is checked here is what authors
get wrong most: types, names, lists, references, groups, expressions. The rest pyxform says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from pyxform import aliases
from pyxform.constants import SUPPORTED_SHEET_NAMES
from pyxform.question_type_dictionary import QUESTION_TYPE_DICT

from forms.errors import Problem
from forms.sheets import Row, Workbook, column_name
from forms.xpath.reader import ExpressionError, read_expression

EXPRESSIONS = (
    "relevant",
    "constraint",
    "calculation",
    "required",
    "read_only",
    "choice_filter",
    "repeat_count",
    "trigger",
)
"""Columns that hold expressions or references."""

TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "default")
"""Columns that may refer to other questions."""

_BEGIN = re.compile(r"begin[ _](group|repeat|lgroup|looped group|loop)\b.*")
_END = re.compile(r"end[ _](group|repeat|lgroup|looped group|loop)\b.*")
_REFERENCE = re.compile(r"\$\{\s*(?:last-saved#)?([^}]*?)\s*\}")
_SPACED = re.compile(r"\$\{(?:\s+[^}\s]+\s*|[^}\s]+\s+)\}")
_UNCLOSED = re.compile(r"\$\{[^}]*$|\$\{[^}]*\$\{")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
NAME = re.compile(r"[^\W\d][\w.\-]*")
_YES_NO = {"yes", "no", "true", "false", "true()", "false()"}
_SELECTS = sorted(aliases.select, key=len, reverse=True)
_KNOWN = frozenset(QUESTION_TYPE_DICT) | frozenset(aliases._type_alias_map) | {"include", "audit"}
_FRENCH = {
    "nom": "name",
    "nom de la variable": "name",
    "valeur": "name",
    "libellé": "label",
    "libelle": "label",
    "étiquette": "label",
    "liste": "list_name",
    "nom de la liste": "list_name",
    "nom de liste": "list_name",
}
"""Headers that a spreadsheet in French may have, and what they are in XLSForm."""

_NEEDED = frozenset({"type", "name", "label", "list_name"})
_NEARLY_CHOICES = frozenset({"choix", "choice", "liste", "listes", "options", "réponses"})
_COMMON = (
    "text",
    "integer",
    "decimal",
    "date",
    "time",
    "datetime",
    "select_one",
    "select_multiple",
    "rank",
    "range",
    "note",
    "calculate",
    "acknowledge",
    "geopoint",
    "image",
    "audio",
    "video",
    "file",
    "barcode",
    "hidden",
    "begin_group",
    "end_group",
    "begin_repeat",
    "end_repeat",
)


def review_structure(book: Workbook) -> Iterator[Problem]:
    """What keeps a spreadsheet from being compiled: types, names, lists, groups, references."""
    yield from _types(book)
    yield from nesting(book)
    yield from _names(book)
    yield from _choices(book)
    yield from _references(book)


def review_headers(book: Workbook) -> Iterator[Problem]:
    """Columns that a sheet cannot do without."""
    for sheet, needed in (("survey", ("type", "name")), ("choices", ("list_name", "name"))):
        headers = book.headers(sheet)
        if not headers or not book.rows(sheet):
            continue
        there = {column_name(header) for header in headers}
        for name in needed:
            if name in there:
                continue
            french = [header for header in headers if _FRENCH.get(header.strip().lower()) == name]
            others = [header for header in headers if column_name(header) not in _NEEDED]
            close = french or get_close_matches(name, others, 1)
            yield Problem(
                f"The sheet has no column “{name}”. It has: {', '.join(headers)}.",
                sheet,
                book.row_number(sheet, 1),
                advice=f"Write {name} instead of {close[0]}."
                if close
                else "Its first row holds the headers, and nothing stands above them.",
            )


def review_expressions(book: Workbook) -> Iterator[Problem]:
    """Every expression that is none, with the author's own writing of it."""
    for row in book.survey:
        for column in EXPRESSIONS[:-1]:
            source = row.cell(column)
            if not source or is_comment(row) or source.lower() in _YES_NO:
                continue
            if _UNCLOSED.search(source):
                continue
            try:
                read_expression(_without_references(source))
            except ExpressionError as wrong:
                yield Problem(
                    str(ExpressionError(wrong.what, source, wrong.at)),
                    "survey",
                    row.number,
                    row.header(column),
                    "Correct the expression.",
                )


def _without_references(source: str) -> str:
    """An expression with ${name} made a path of the same length, so that places stay the same.

    Typographic quotes are set straight, as pyxform does in formulas.
    """
    straight = source.translate(_STRAIGHT)
    return _REFERENCE.sub(lambda found: "/x".ljust(len(found[0])), straight)


def paths_of_rows(book: Workbook, root: str) -> dict[str, Row]:
    """The row of each field, by its path."""
    found: dict[str, Row] = {}
    place = [root]
    for row in book.survey:
        kind, name = row.cell("type"), row.cell("name")
        if is_comment(row):
            continue
        if _END.fullmatch(kind):
            if len(place) > 1:
                place.pop()
        elif name:
            found["/" + "/".join((*place, name))] = row
            if _BEGIN.fullmatch(kind):
                place.append(name)
    return found


def is_comment(row: Row) -> bool:
    """Whether a row is empty, or switched off."""
    return row.cell("disabled").lower() in {"yes", "true", "true()"} or not row.cells


def list_of(kind: str) -> tuple[str, str] | None:
    """The select and the list that a type names; None where it is no select."""
    for alias in _SELECTS:
        if kind == alias or kind.startswith(alias + " "):
            return alias, kind[len(alias) :].split(" or specify other")[0].strip().partition(" ")[0]
    return None


def _types(book: Workbook) -> Iterator[Problem]:
    lists = {row.cell("list_name") for row in book.choices} - {""}
    listed = not book.choices or _has(book, "choices", "list_name")
    if not _has(book, "survey", "type"):
        return
    for row in book.survey:
        if is_comment(row):
            continue
        kind = " ".join(row.cell("type").split())
        place = ("survey", row.number, row.header("type"))
        if not kind:
            if row.cell("name"):
                yield Problem("The question has no type.", *place, "Give it one, such as text.")
            continue
        if _BEGIN.fullmatch(kind) or _END.fullmatch(kind):
            continue
        if kind.partition(" ")[0] == "include":
            yield Problem(
                "“include” brings in another file, which is not done here.",
                *place,
                "Copy the rows of that file in its place.",
            )
            continue
        if kind.partition(" ")[0].lower() == "osm":
            continue
        chosen = list_of(kind)
        if chosen is not None and kind not in _KNOWN and listed:
            yield from _list_problem(chosen, lists, row, book)
        elif chosen is None and not (kind in _KNOWN or kind.lower() in _KNOWN):
            first = kind.split()[0]
            close = get_close_matches(kind, _COMMON, 1) or get_close_matches(first, _COMMON, 1)
            hint = f"Is “{close[0]}” meant?" if close else f"Types are {', '.join(_COMMON[:11])}…"
            yield Problem(f"There is no question type “{kind}”.", *place, hint)


def _list_problem(
    chosen: tuple[str, str], lists: set[str], row: Row, book: Workbook
) -> Iterator[Problem]:
    alias, name = chosen
    place = ("survey", row.number, row.header("type"))
    if not name:
        yield Problem(
            f"“{alias}” does not say which list it chooses from.",
            *place,
            f"Write the list's name after it: {alias} colours.",
        )
    elif "external" in alias:
        yield Problem(
            f"“{alias}” was made for devices that could not hold long lists, and is not run here.",
            *place,
            "Write select_one, and move its choices from external_choices to the choices sheet:"
            " lists of 20,000 are quick.",
        )
    elif name.startswith("${") and aliases.select[alias] == "select all that apply":
        yield Problem(
            f"“{alias}” cannot choose from what a repeat holds: only select_one can.",
            *place,
            f"Write select_one {name}, or ask a yes or no question inside the repeat.",
        )
    elif "from_file" in alias or "from file" in alias or name in lists:
        return
    elif not name.startswith("${"):
        close = get_close_matches(name, lists, 1)
        advice = f"Is “{close[0]}” meant?" if close else "Add the list to the choices sheet."
        if not book.choices:
            named = [
                str(sheet)
                for sheet in book.definition.sheet_names or ()
                if str(sheet).lower() not in SUPPORTED_SHEET_NAMES
            ]
            near = [one for one in named if one.strip().lower() in _NEARLY_CHOICES]
            near += get_close_matches("choices", [one for one in named if one not in near], 1)
            advice = "Add a sheet named “choices” with the columns list_name, name, label."
            if near:
                advice = f"Name the sheet “{near[0]}” choices."
        yield Problem(f"There is no list of choices named “{name}”.", *place, advice)


def nesting(book: Workbook) -> Iterator[Problem]:
    """Groups and repeats that do not begin and end in pairs."""
    opened: list[tuple[str, Row]] = []
    for row in book.survey:
        if is_comment(row):
            continue
        kind = " ".join(row.cell("type").split())
        place = ("survey", row.number, row.header("type"))
        begins, ends = _BEGIN.fullmatch(kind), _END.fullmatch(kind)
        if begins:
            opened.append((begins[1], row))
        elif ends and not opened:
            yield Problem(
                f"“{kind}” ends a {ends[1]} that never began.",
                *place,
                f"Remove it, or add the begin_{ends[1]} before.",
            )
        elif ends and opened[-1][0] != ends[1]:
            what, began = opened[-1]
            yield Problem(
                f"“{kind}” stands where the {what} begun in row {began.number} has to end first.",
                *place,
                f"Write end_{what} here, or move this row.",
            )
            opened.pop()
        elif ends:
            opened.pop()
    for what, row in opened:
        yield Problem(
            f"The {what} “{row.cell('name')}” never ends.",
            "survey",
            row.number,
            row.header("type"),
            f"Add a row of type end_{what} after its last question.",
        )


def _names(book: Workbook) -> Iterator[Problem]:
    scopes: list[dict[str, int]] = [{}]
    if not _has(book, "survey", "name"):
        return
    for row in book.survey:
        kind, name = " ".join(row.cell("type").split()), row.cell("name")
        if is_comment(row):
            continue
        if _END.fullmatch(kind):
            if len(scopes) > 1:
                scopes.pop()
            continue
        place = ("survey", row.number, row.header("name"))
        if not name:
            ends = kind.lower().startswith("end") and kind.lower() not in _KNOWN
            if kind and kind not in {"audit", "note"} and not ends and "include" not in kind:
                yield Problem(
                    "The question has no name.",
                    "survey",
                    row.number,
                    "name",
                    "Give it a short one.",
                )
        elif not NAME.fullmatch(name):
            hidden = next((sign for sign in name if not sign.isprintable()), "")
            yield Problem(
                f"“{name}” cannot be a name."
                + (f" It holds an invisible sign, U+{ord(hidden):04X}." if hidden else ""),
                *place,
                "Begin with a letter; go on with letters, digits, _, - or a full stop; no spaces.",
            )
        elif name in scopes[-1]:
            yield Problem(
                f"The name “{name}” is already that of row {scopes[-1][name]}.",
                *place,
                "Give each question of a group a name of its own.",
            )
        else:
            scopes[-1][name] = row.number
        if _BEGIN.fullmatch(kind):
            scopes.append({})


def _choices(book: Workbook) -> Iterator[Problem]:
    settings = book.definition.settings or []
    allowed = any(
        str(row.get("allow_choice_duplicates", "")).strip().lower() == "yes" for row in settings
    )
    several = {
        chosen[1]
        for chosen in (list_of(" ".join(row.cell("type").split())) for row in book.survey)
        if chosen is not None and aliases.select[chosen[0]] != "select one"
    }
    seen: dict[tuple[str, str], int] = {}
    if not (_has(book, "choices", "name") and _has(book, "choices", "list_name")):
        return
    for row in book.choices:
        listed, name = row.cell("list_name"), row.cell("name")
        if not listed:
            continue
        if not name:
            yield Problem(
                f"A choice of “{listed}” has no name.",
                "choices",
                row.number,
                "name",
                "Give it one.",
            )
        elif " " in name and listed in several:
            yield Problem(
                f"The choice name “{name}” has a space, which separates answers.",
                "choices",
                row.number,
                row.header("name"),
                "Write it without spaces; its label may have them.",
            )
        elif (listed, name) in seen and not allowed:
            yield Problem(
                f"The list “{listed}” has the name “{name}” in row {seen[listed, name]} already.",
                "choices",
                row.number,
                row.header("name"),
                "Give each choice of a list a name of its own.",
            )
        else:
            seen[listed, name] = row.number


def _references(book: Workbook) -> Iterator[Problem]:
    names = {row.cell("name") for row in book.survey} - {""}
    for row in book.survey:
        if is_comment(row):
            continue
        for column, text in row.cells.items():
            if column not in EXPRESSIONS and column not in TEXTS:
                continue
            place = ("survey", row.number, row.header(column))
            if _UNCLOSED.search(text):
                yield Problem("A ${ is never closed.", *place, "Write ${name}, with both braces.")
                continue
            for spaced in dict.fromkeys(_SPACED.findall(text)):
                yield Problem(
                    f"{spaced} has a space between its braces.",
                    *place,
                    f"Write {''.join(spaced.split())}.",
                )
            for name in dict.fromkeys(_REFERENCE.findall(text)):
                if name not in names:
                    close = get_close_matches(name, names, 1)
                    advice = f"Is “{close[0]}” meant?" if close else "Check the question's name."
                    yield Problem(f"${{{name}}} is no question of this form.", *place, advice)


def _has(book: Workbook, sheet: str, column: str) -> bool:
    """Whether a sheet has a column at all; where it has not, that is told once."""
    return any(column_name(header) == column for header in book.headers(sheet))
