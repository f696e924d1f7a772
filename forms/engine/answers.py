"""Answers as people and files give them, brought into the form that instances hold."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal, InvalidOperation

from forms.engine.limits import Limits, Measure
from forms.errors import FormError
from forms.xform.controls import Kind, Range
from forms.xpath.values import (
    NOT_XML,
    DataType,
    read_date,
    read_datetime,
    read_time,
    told_in,
    words_of,
    write_moment,
    write_number,
    write_time,
)

LONGEST = 100_000
"""Characters of one answer."""

_NUMBER = re.compile(r"[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})")
_WHOLE = re.compile(r"[+-]?\d+")
LEAST_INTEGER, MOST_INTEGER = -(2**31), 2**31 - 1
"""What an int holds (specification, "Data Types": a signed 32-bit integer)."""


class WrongKind(FormError):
    """An answer is not of the kind that its question asks for.

    Attributes:
        limits: the bounds of its kind, where it is outside them; None elsewhere.
    """

    def __init__(self, message: str, limits: Limits | None = None) -> None:
        self.limits = limits
        super().__init__(message)


def read_answer(
    text: str,
    kind: Kind,
    held_as: DataType | None,
    *,
    names: Collection[str] = (),
    bounds: Range | None = None,
    now: datetime,
) -> str:
    """An answer as the instance holds it, without the characters that XML 1.0 cannot hold.

    Args:
        text: what was given; not empty.
        kind: what the question asks for.
        held_as: the type of its field.
        names: the names of the choices there are.
        bounds: of a range.
        now: whose zone moments are told in, and whose day times are of.

    Raises:
        WrongKind: it is not such an answer; the sentence says why.
    """
    if len(text) > LONGEST:
        raise WrongKind(f"The answer has more than {LONGEST:,} characters.")
    text = NOT_XML.sub("", text)
    match kind:
        case Kind.INTEGER:
            return _whole(text)
        case Kind.DECIMAL:
            return _decimal(text)
        case Kind.RANGE:
            return _in_range(text, held_as, bounds)
        case Kind.DATE:
            day = read_date(text)
            if day is None or "T" in text:
                raise WrongKind(f"“{text}” is not a date, such as 2026-11-21.")
            return day.isoformat()
        case Kind.TIME:
            return _time(text, now)
        case Kind.DATETIME:
            return _datetime(text, now)
        case Kind.BOOLEAN:
            if text not in {"true", "false", "1", "0"}:
                raise WrongKind(f"“{text}” is neither true nor false.")
            return "true" if text in {"true", "1"} else "false"
        case Kind.SELECT_ONE:
            if text not in names:
                raise WrongKind(f"“{text}” is not one of the choices.")
            return text
        case Kind.SELECT_MULTIPLE | Kind.RANK:
            return _several(text, names)
        case Kind.TRIGGER:
            if text != "OK":
                raise WrongKind("This question is confirmed with “OK”, or left empty.")
            return text
        case Kind.GEOPOINT:
            return _place(text)
        case Kind.GEOTRACE | Kind.GEOSHAPE:
            return read_places(text)
        case Kind.NOTE:
            raise WrongKind("A note takes no answer.")
    return text


def _whole(text: str) -> str:
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped):
        raise WrongKind(f"“{text}” is not a whole number.")
    digits = stripped.lstrip("+-").lstrip("0") or "0"
    number = int(digits[:20])  # more are beyond the bounds in any case
    return _held_as_int(-number if stripped.startswith("-") else number, text)


def _held_as_int(number: int, text: str) -> str:
    if not LEAST_INTEGER <= number <= MOST_INTEGER:
        bound = f"at most {MOST_INTEGER}" if number > 0 else f"at least {LEAST_INTEGER}"
        limits = Limits(Measure.NUMBER, str(LEAST_INTEGER), str(MOST_INTEGER))
        raise WrongKind(f"{text:.30} does not fit: a whole number has to be {bound}.", limits)
    return str(number)


def _decimal(text: str) -> str:
    number = float(text) if _NUMBER.fullmatch(text.strip()) else math.nan
    if not math.isfinite(number):
        raise WrongKind(f"“{text}” is not a number.")
    return write_decimal(number)


def write_decimal(number: float) -> str:
    """A number as JavaRosa holds it in a decimal field: always with a decimal point."""
    return with_point(write_number(number))


def with_point(number: str) -> str:
    """A number as text, with a decimal point in any case; what is no number as it is."""
    return f"{number}.0" if number.lstrip("-").isdecimal() else number


def _in_range(text: str, held_as: DataType | None, bounds: Range | None) -> str:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        raise WrongKind(f"“{text}” is not a number.")
    if bounds is not None:
        low, high = sorted((bounds.start, bounds.end))
        if not low <= number <= high:
            raise WrongKind(f"{text} is not between {low} and {high}.")
        if not _is_step(number, bounds, held_as):
            raise WrongKind(f"{text} is not one of the steps of {bounds.step} from {bounds.start}.")
    if held_as is DataType.INTEGER:
        return _held_as_int(int(number), text)
    return write_decimal(float(number))


def _is_step(number: Decimal, bounds: Range, held_as: DataType | None) -> bool:
    """Whether a range stops there; one that holds whole numbers stops without the fraction."""
    if not (number - bounds.start) % bounds.step:
        return True
    if held_as is not DataType.INTEGER or number != int(number):
        return False
    further = (number - bounds.start) // bounds.step * bounds.step
    near = (bounds.start + further + bounds.step * by for by in (-1, 0, 1, 2))
    low, high = sorted((bounds.start, bounds.end))
    return any(int(stop) == number for stop in near if low <= stop <= high)


def _time(text: str, now: datetime) -> str:
    found = read_time(text)
    if found is None:
        raise WrongKind(f"“{text}” is not a time, such as 14:30.")
    return write_time(told_in(datetime.combine(now.date(), found), now.tzinfo))


def _datetime(text: str, now: datetime) -> str:
    found = read_datetime(text)
    if found is None:
        raise WrongKind(f"“{text}” is not a date with a time, such as 2026-11-21T14:30.")
    return write_moment(told_in(found, now.tzinfo))


def _several(text: str, names: Collection[str]) -> str:
    chosen = words_of(text)
    for name in chosen:
        if name not in names:
            raise WrongKind(f"“{name}” is not one of the choices.")
    offered = Counter(names)
    if any(times > offered[name] for name, times in Counter(chosen).items()):
        raise WrongKind("The same choice is given twice.")
    return " ".join(chosen)


def read_places(text: str) -> str:
    """A point, or several with semicolons between them, as JavaRosa writes them.

    Raises:
        WrongKind: one of them is no place.
    """
    return "; ".join(_place(part) for part in text.strip().rstrip(";").split(";"))


def _place(text: str) -> str:
    parts = text.split()
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not (
        2 <= len(numbers) <= 4
        and all(math.isfinite(number) for number in numbers)
        and abs(numbers[0]) <= 90
        and abs(numbers[1]) <= 180
    ):
        raise WrongKind(
            f"“{text}” is not a place: latitude, longitude, and maybe altitude, accuracy."
        )
    numbers += [0.0] * (4 - len(numbers))
    return " ".join(write_decimal(number) for number in numbers)
