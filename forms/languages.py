"""The languages of an author's sheets: texts that are missing in one, columns that are mistyped.

“label::Francais (fr)” beside “label::Français (fr)” are two languages to every tool, and a column
“lable::fr” is read by none; nothing says so before somebody reads the form in that language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, get_close_matches

from pyxform import aliases

from forms.errors import Problem
from forms.language_codes import language_code
from forms.review import is_comment
from forms.sheets import Row, Workbook

DEFAULT = "default"
"""What pyxform calls the language of columns that name none, where the settings name none."""

_TEXTS = {
    "label": "label",
    "caption": "label",
    "hint": "hint",
    "guidance_hint": "guidance hint",
    "constraint_message": "constraint message",
    "constraining_message": "constraint message",
    "required_message": "required message",
    "requiredmsg": "required message",
}
"""The columns whose texts people read, and what their texts are called."""

MEDIA = frozenset({"image", "big-image", "audio", "video"})
"""The columns that name a file to see or to hear."""
_COLUMNS: Mapping[str, frozenset[str]] = {
    "survey": frozenset(
        {
            *("type", "name", "label", "hint", "guidance_hint", "appearance", "relevant"),
            *("required", "required_message", "constraint", "constraint_message", "calculation"),
            *("choice_filter", "default", "read_only", "repeat_count", "parameters", "trigger"),
        }
    ),
    "choices": frozenset({"list_name", "name", "label"}),
    "settings": frozenset({"form_title", "form_id", "version", "default_language"}),
}
"""What a mistyped header is likely to mean."""

_KNOWN = (
    frozenset(aliases.survey_header)
    | frozenset(aliases.list_header)
    | frozenset(aliases.settings_header)
    | frozenset().union(*_COLUMNS.values())
    | MEDIA
    | {"media", "bind", "body", "control", "instance", "list name", "note", "save_to", "list"}
    | {"instance_name", "style", "public_key", "submission_url", "namespaces", "disabled"}
    | {"names", "title", "id_string"}
)
_CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]+)*")
_GLUED = re.compile(r"(label|hint)[\s_\-.(\[/]+(\w[^)\]]*)[)\]]?", re.IGNORECASE)
_SINGLY = 3
"""So many texts missing in one column are told one by one; more, in one sentence."""


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of texts.

    Attributes:
        header: as written.
        base: what it holds: "label", "hint", …
        language: as written; "" where it names none.
    """

    header: str
    base: str
    language: str


def review_languages(book: Workbook, default: str = "") -> Iterator[Problem]:
    """What is missing or mistyped in the languages of a form.

    Args:
        book: the author's sheets.
        default: the language that the compiled form begins with; "" for the first that is written.
    """
    sheets = {sheet: _columns_of(book, sheet) for sheet in ("survey", "choices")}
    yield from _unread(book)
    written = [column.language for columns in sheets.values() for column in columns]
    if not any(written):
        return
    named = next((row.cell("default_language") for row in book.rows("settings")), "")
    meant = _meant(sheets)
    yield from _twins(book, sheets, meant)
    sheets = {
        sheet: [replace(one, language=meant.get(one.language, one.language)) for one in columns]
        for sheet, columns in sheets.items()
    }
    default = meant.get(default, default)
    spoken = list(
        dict.fromkeys(
            column.language or named or DEFAULT
            for columns in sheets.values()
            for column in columns
            if column.base not in MEDIA
        )
    )
    stray = DEFAULT in spoken and not any(
        column.base == "label" and not column.language
        for columns in sheets.values()
        for column in columns
    )
    if stray:
        spoken.remove(DEFAULT)
        yield from _strays(book, sheets, spoken)
    default = default if default in spoken else spoken[0] if spoken else ""
    yield from _default_language(book, named, [language for language in written if language])
    yield from _without_code(book, sheets)
    for sheet, columns in sheets.items():
        for base in dict.fromkeys(column.base for column in columns if column.base not in MEDIA):
            alike = [column for column in columns if column.base == base]
            if stray and not all(column.language for column in alike):
                continue
            yield from _missing(book, sheet, alike, spoken, default, named)


def split_header(header: str) -> tuple[str, str]:
    """What a column holds, and in which language; "" where it names none."""
    parts = [part.strip() for part in header.split("::" if "::" in header else ":")]
    base = "_".join(parts[0].split()).lower()
    if base == "media" and len(parts) > 1:
        base, parts = parts[1].lower(), parts[1:]
    if base == "bind" and len(parts) > 1 and parts[1].lower().startswith("jr:"):
        message = parts[1].lower()
        base = {"jr:constraintmsg": "constraint_message", "jr:requiredmsg": "required_message"}.get(
            message, base
        )
        parts = parts[1:]
    return base, parts[1] if len(parts) > 1 else ""


def _columns_of(book: Workbook, sheet: str) -> list[_Column]:
    found = []
    for header in book.headers(sheet):
        base, language = split_header(header)
        if base in MEDIA:
            found.append(_Column(header, base, language))
        elif base in _TEXTS:
            found.append(_Column(header, _TEXTS[base], language))
    return found


def _at_header(book: Workbook, sheet: str, header: str, sentence: str, advice: str) -> Problem:
    return Problem(sentence, sheet, book.row_number(sheet, 1), header, advice)


def _unread(book: Workbook) -> Iterator[Problem]:
    """Columns that nothing reads, and whose name is nearly that of one that is read."""
    for sheet, known in _COLUMNS.items():
        headers = book.headers(sheet)
        there = {split_header(header)[0] for header in headers}
        for header in headers:
            base, language = split_header(header)
            if base in _KNOWN or header.startswith("_") or not base:
                continue
            glued = _GLUED.fullmatch(header.strip())
            close = get_close_matches(base, known, 1, cutoff=0.8)
            meant = ""
            if glued and sheet != "settings" and f"{glued[1]}::{glued[2]}" not in headers:
                meant = f"{glued[1].lower()}::{glued[2].strip()}"
            elif close and (language or close[0] not in there):
                meant = f"{close[0]}::{language}" if language else close[0]
            if meant:
                yield _at_header(
                    book,
                    sheet,
                    header,
                    f"There is no column “{header}”: nothing reads it.",
                    f"Is “{meant}” meant?",
                )


def _default_language(book: Workbook, named: str, written: Sequence[str]) -> Iterator[Problem]:
    if not named or named in written:
        return
    row = next(row for row in book.rows("settings") if row.cell("default_language"))
    unnamed = any(
        not column.language
        for sheet in ("survey", "choices")
        for column in _columns_of(book, sheet)
        if column.base not in MEDIA
    )
    close = [language for language in written if _plainly(language) == _plainly(named)]
    if unnamed and not close:
        return
    hint = close or get_close_matches(named, written, 1)
    yield Problem(
        f"No column is in the default language “{named}”.",
        "settings",
        row.number,
        row.header("default_language"),
        f"Is “{hint[0]}” meant?" if hint else f"There are: {', '.join(dict.fromkeys(written))}.",
    )


def _meant(sheets: Mapping[str, list[_Column]]) -> dict[str, str]:
    """By language that is another one but for how it is written, the one used most."""
    used = Counter(
        column.language for columns in sheets.values() for column in columns if column.language
    )
    order = sorted(used, key=lambda language: -used[language])
    found: dict[str, str] = {}
    for place, language in enumerate(order):
        better = next((other for other in order[:place] if _alike(language, other)), "")
        if better:
            found[language] = found.get(better, better)
    return found


def _twins(
    book: Workbook, sheets: Mapping[str, list[_Column]], meant: Mapping[str, str]
) -> Iterator[Problem]:
    for sheet, columns in sheets.items():
        for column in columns:
            better = meant.get(column.language)
            if better is not None:
                yield _at_header(
                    book,
                    sheet,
                    column.header,
                    f"“{column.language}” is another language than “{better}” to every tool.",
                    f"Is “{_with_language(column.header, better)}” meant?",
                )


def _with_language(header: str, language: str) -> str:
    mark = "::" if "::" in header else ":"
    return f"{header.rpartition(mark)[0]}{mark}{language}"


def _strays(
    book: Workbook, sheets: Mapping[str, list[_Column]], spoken: Sequence[str]
) -> Iterator[Problem]:
    """Columns of texts that name no language, where the labels do."""
    for sheet, columns in sheets.items():
        for column in columns:
            if not column.language and column.base not in MEDIA and spoken:
                yield _at_header(
                    book,
                    sheet,
                    column.header,
                    f"“{column.header}” names no language, and the labels do: every tool makes one"
                    f" more of it, “{DEFAULT}”.",
                    f"Is “{column.header}::{spoken[0]}” meant?",
                )


def _without_code(book: Workbook, sheets: Mapping[str, list[_Column]]) -> Iterator[Problem]:
    told: set[str] = set()
    for sheet, columns in sheets.items():
        for column in columns:
            language = column.language
            if not language or language in told or _CODE.fullmatch(language_code(language)):
                continue
            told.add(language)
            yield _at_header(
                book,
                sheet,
                column.header,
                f"“{language}” tells no language code: no voice and no kiosk knows which it is.",
                "Write its code after it in brackets, as in “Français (fr)”.",
            )


def _missing(
    book: Workbook,
    sheet: str,
    columns: Sequence[_Column],
    spoken: Sequence[str],
    default: str,
    named: str,
) -> Iterator[Problem]:
    """Texts that one language has and another has not."""
    by_language: dict[str, list[str]] = {}
    for column in columns:
        by_language.setdefault(column.language or named or DEFAULT, []).append(column.header)
    rows = [row for row in book.rows(sheet) if not is_comment(row)]
    saying = [row for row in rows if any(column.header in row.written for column in columns)]
    if not saying:
        return
    what = columns[0].base
    for language in spoken:
        headers = by_language.get(language)
        instead = f"read in {default}" if language != default else "“-” is read"
        if headers is None:
            sample = columns[0]
            yield _at_header(
                book,
                sheet,
                sample.header,
                f"No {what} is in {language}: {instead}.",
                f"Add a column “{_in_language(sample, language, named)}”.",
            )
            continue
        lacking = [row for row in saying if not any(one in row.written for one in headers)]
        if len(lacking) <= _SINGLY:
            for row in lacking:
                yield Problem(
                    f"The {what} is missing in {language}: {instead}.",
                    sheet,
                    row.number,
                    headers[0],
                )
        else:
            yield _at_header(
                book,
                sheet,
                headers[0],
                f"{len(lacking)} texts are missing in {language}, in rows {_ranges(lacking)}:"
                f" {instead}.",
                "",
            )


def _in_language(sample: _Column, language: str, named: str) -> str:
    if language in {named, DEFAULT}:
        return sample.base.replace(" ", "_") + (f"::{named}" if named else "")
    return f"{sample.base.replace(' ', '_')}::{language}"


def _ranges(rows: Sequence[Row]) -> str:
    """Row numbers, those in a row as one: 3, 5–9 and 12."""
    found: list[list[int]] = []
    for row in rows:
        if found and row.number == found[-1][1] + 1:
            found[-1][1] = row.number
        else:
            found.append([row.number, row.number])
    told = [str(first) if first == last else f"{first}–{last}" for first, last in found]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def _alike(one: str, other: str) -> bool:
    """Whether two languages are one, written in two ways."""
    if _plainly(one) == _plainly(other):
        return True
    codes = language_code(one), language_code(other)
    if all(_CODE.fullmatch(code) for code in codes):
        return codes[0] == codes[1]
    ratio = SequenceMatcher(None, _plainly(one), _plainly(other)).ratio()
    return len(one.split()) == len(other.split()) and ratio >= 0.85 and min(map(len, codes)) > 3


def _plainly(language: str) -> str:
    letters = unicodedata.normalize("NFD", language.casefold())
    return "".join(letter for letter in letters if letter.isalnum())
