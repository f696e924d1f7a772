"""What somebody typed into a cell, as the form's engine takes it, where it can mean one thing only.

Days as 2026-12-31 or 31/12/2026; 03/04/2026 where the language says whether day or month comes
first. Numbers with a point or a decimal comma; 1,234 where the language says what the comma is.
Choices by name, or by label in any of the form's languages. What could mean two things is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from babel import Locale, UnknownLocaleError

from forms.xform.controls import Kind
from kiosk.paper.errors import BadRow

_DAY = r"(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{4})"
_JUST_DAY = re.compile(_DAY)
_MOMENT = re.compile(_DAY + r"[T ,]+(\d{1,2}[:hH].*)")
_CLOCK = re.compile(r"(\d{1,2})\s?[hH:]\s?(\d{2})?(?::(\d{2}))?")
_SHORT_YEAR = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}")
_BLANKS = re.compile(r"(?<=\d)[ \u00a0\u202f\u2009'’](?=\d{3}(?:\D|$))")
_COMMA_ALONE = re.compile(r"[+-]?(\d*),(\d+)")
_GROUPED = {
    ".": re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+"),  # 1.234,5
    ",": re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d+"),  # 1,234.5
}
_PLACES = re.compile(r"[+-]?\d+(?:\.\d+)?")
_COMMA_PLACES = re.compile(r"[+-]?\d+,\d+")

Labels: TypeAlias = Mapping[str, Collection[str]]
"""By label, as `alike` writes it: the names of the choices that have it."""


def alike(text: str) -> str:
    """A label without what typists leave out: capitals, blanks, the form of an apostrophe."""
    said = unicodedata.normalize("NFKC", text).replace("’", "'")
    return " ".join(said.split()).casefold()


def read_cell(kind: Kind, text: str, languages: Collection[str], names: Names | None = None) -> str:
    """What was typed, as the engine takes it.

    Args:
        kind: of the question.
        text: the cell, not empty.
        languages: tags of the languages that the row may be in: all of them have to agree.
        names: finds the choices, where there are some.

    Raises:
        BadRow: it could mean more than one thing.
    """
    match kind:
        case Kind.INTEGER | Kind.DECIMAL | Kind.RANGE:
            return read_number(text, languages)
        case Kind.DATE:
            return read_day(text, languages)
        case Kind.TIME:
            return _read_clock(text)
        case Kind.DATETIME:
            return _read_moment(text, languages)
        case Kind.SELECT_ONE if names is not None:
            return names.one(text)
        case Kind.SELECT_MULTIPLE | Kind.RANK if names is not None:
            return names.several(text)
        case Kind.TRIGGER:
            return "OK" if text.strip().upper() == "OK" else text
        case Kind.GEOPOINT:
            return _read_place(text)
        case Kind.GEOTRACE | Kind.GEOSHAPE:
            return "; ".join(_read_place(one) for one in text.strip().rstrip(";").split(";"))
    return text


# --- days and times -------------------------------------------------------------------------------


def read_day(text: str, languages: Collection[str]) -> str:
    """A day as ISO 8601 has it; what is no day is given back as it is.

    Raises:
        BadRow: day and month cannot be told apart, or the year is short.
    """
    typed = text.strip()
    found = _JUST_DAY.fullmatch(typed)
    if found is None:
        if _SHORT_YEAR.fullmatch(typed):
            raise BadRow(f"“{typed}”: write the year with four digits.")
        return typed.removesuffix("T00:00:00")
    return _day(typed, found, languages)


def _day(typed: str, found: re.Match[str], languages: Collection[str]) -> str:
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    both = {(first, second), (second, first)}
    possible = {(day, month) for day, month in both if _is_day(year, month, day)}
    if not possible:
        raise BadRow(f"“{typed}” is no day of any year. Write it as 2026-12-31.")
    if len(possible) > 1:
        orders = {_day_first(one) for one in languages}
        if orders != {True}:
            raise BadRow(
                f"“{typed}” may be two days: which is the month? Write it as {year}-{second:02}-"
                f"{first:02}, or say the row's language in a column “language”."
            )
        possible = {(first, second)}
    ((day, month),) = possible
    return date(year, month, day).isoformat()


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _read_clock(text: str) -> str:
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return text.strip()
    seconds = f":{found[3]}" if found[3] else ""
    return f"{int(found[1]):02}:{found[2] or '00'}{seconds}"


def _read_moment(text: str, languages: Collection[str]) -> str:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return re.sub(r"(?<=\d) (?=\d{1,2}[:hH])", "T", text.strip())
    return f"{_day(text.strip(), found, languages)}T{_read_clock(found[5])}"


# --- numbers --------------------------------------------------------------------------------------


def read_number(text: str, languages: Collection[str]) -> str:
    """A number with a point; what is no number is given back as it is.

    Raises:
        BadRow: a comma may stand before decimals, or between thousands.
    """
    typed = text.strip()
    plain = _BLANKS.sub("", typed)
    if _GROUPED["."].fullmatch(plain):
        return plain.replace(".", "").replace(",", ".")
    if _GROUPED[","].fullmatch(plain):
        return plain.replace(",", "")
    found = _COMMA_ALONE.fullmatch(plain)
    if found is None:
        return plain
    thousands = len(found[2]) == 3 and 1 <= len(found[1]) <= 3 and not found[1].startswith("0")
    if thousands and {_comma_is_decimal(one) for one in languages} != {True}:
        raise BadRow(
            f"“{typed}” may be two numbers: write {plain.replace(',', '')}, or "
            f"{plain.replace(',', '.')}; or say the row's language in a column “language”."
        )
    return plain.replace(",", ".")


def _read_place(text: str) -> str:
    """Latitude and longitude with a blank between; commas where they can mean one thing only.

    Raises:
        BadRow: commas stand both between and in the numbers.
    """
    parts = text.split()
    if len(parts) >= 2 and all(_COMMA_PLACES.fullmatch(part.rstrip(";")) for part in parts[:2]):
        return " ".join(part.rstrip(";").replace(",", ".") for part in parts)
    apart = [part for part in re.split(r"\s*[,;]\s*|\s+", text.strip()) if part]
    # 48,2 may be two numbers, or one whose longitude was forgotten.
    two = len(apart) == 2 and re.search(r"[;\s]", text.strip())
    if "," in text and not ("." in text or two):
        raise BadRow(f"“{text}”: write places with points and blanks, such as 48.8566 2.3522.")
    return " ".join(apart) if all(_PLACES.fullmatch(part) for part in apart) else text


# --- what languages say ---------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _day_first(tag: str) -> bool | None:
    """Whether days come before months in a language; None where it does not say.

    English does not, without a country: it is written both ways.
    """
    locale = _locale(tag)
    if locale is None or (locale.language == "en" and not locale.territory):
        return None
    pattern = locale.date_formats["short"].pattern.casefold()
    order = [letter for letter in pattern if letter in "dmy"]
    return order.index("d") < order.index("m") if order[-1] == "y" else None


@lru_cache(maxsize=64)
def _comma_is_decimal(tag: str) -> bool | None:
    locale = _locale(tag)
    if locale is None or locale.language == "ar":  # written both ways, by country
        return None
    return str(locale.number_symbols.get("latn", {}).get("decimal", ".")) == ","


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag.partition("-x-")[0], sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return None


# --- choices --------------------------------------------------------------------------------------


class Names:
    """The choices of one question, by name and by label.

    Args:
        names: of all that can be chosen now.
        labels: in every language of the form; asked for where a cell is no name.
        codes: whether cells hold names alone, so that no label is looked for.
    """

    def __init__(
        self, names: Collection[str], labels: Callable[[], Labels], *, codes: bool = False
    ) -> None:
        self._names = names
        self._labels = labels
        self._codes = codes

    def one(self, text: str) -> str:
        """The name of the choice that is meant; what is none is given back.

        Raises:
            BadRow: it may be two choices.
        """
        typed = text.strip()
        return next(iter(self._meant(typed)), typed)

    def several(self, text: str) -> str:
        """The names of the choices that are meant, with blanks between; else what was typed.

        Raises:
            BadRow: it may be other choices, too.
        """
        words = text.split()
        if all(word in self._names for word in words) and self._codes:
            return " ".join(words)
        ways = [words] if all(word in self._names for word in words) else []
        ways += [found for found in self._split(text) if found not in ways]
        if len(ways) > 1:
            either = ", or ".join(" ".join(way) for way in ways)
            raise BadRow(f"“{text}” may be different choices: {either}. Write their names.")
        return " ".join(ways[0] if ways else words)

    def _split(self, text: str) -> Iterator[list[str]]:
        """What is meant, whatever stands between the labels: one at a time, or nothing."""
        if self._codes:
            return
        for separator in (None, ";", "\n", "|", ","):
            parts = [text] if separator is None else text.split(separator)
            pieces = [part.strip() for part in parts if part.strip()]
            if separator is not None and len(parts) == 1:
                continue
            meant = [next(iter(self._meant(piece)), "") for piece in pieces]
            if all(meant):
                yield meant

    def _meant(self, typed: str) -> Iterable[str]:
        """The one name that is meant, or nothing."""
        by_name = {typed} if typed in self._names else set()
        if self._codes:
            return by_name
        meant = by_name | set(self._labels().get(alike(typed), ()))
        if len(meant) > 1:
            either = ", ".join(sorted(meant))
            raise BadRow(
                f"“{typed}” may be several choices: write the name of the one that is meant: "
                f"{either}. If all cells hold names, give --codes."
            )
        return meant
