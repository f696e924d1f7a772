"""Values of expressions, and how one kind becomes another (bindings, "XPath Operators").

A value is a string, a number, a boolean, a date, a date with time, or a time of day. XPath 1.0
knows the first three; nodes of the types date, dateTime and time hold the others, which compare
and calculate as days since 1970 and read as ISO 8601.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import Enum
from typing import TypeAlias

Value: TypeAlias = str | float | bool | date | time


class DataType(Enum):
    """What a node holds (bindings, "Data Types")."""

    STRING = "string"
    INTEGER = "int"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "dateTime"
    GEOPOINT = "geopoint"
    GEOTRACE = "geotrace"
    GEOSHAPE = "geoshape"
    BINARY = "binary"
    BARCODE = "barcode"


NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""

_EPOCH = date(1970, 1, 1)
_NUMBER = re.compile(r"\s*-?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)\s*")
NEARLY = 1e-12
"""Numbers that have less than this behind the point are written without, as JavaRosa does."""
_WORD = re.compile(r"[^ \t\r\n]+")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
NAN = math.nan


def words_of(text: str) -> list[str]:
    """The words of a text by what XPath calls white space (1.0, §3.7), and by nothing else.

    A no-break space, or a line separator, is a character like any other.
    """
    return _WORD.findall(text)


def to_number(value: Value) -> float:
    """`number()`: dates count days since 1970-01-01; so do dateTimes, without their time of day.

    `decimal-date-time()` and `decimal-time()` are for what is less than a day, as in JavaRosa: to
    numbers, all times of day are the same. A text that names a dateTime counts with its fraction.
    """
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        if _NUMBER.fullmatch(value):
            return float(value.replace(",", "."))
        moment = read_moment(value)
        return NAN if moment is None else to_days(moment)
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, datetime):
        value = value.date()
    return float((value - _EPOCH).days) if isinstance(value, date) else 0.0


def to_days(moment: date) -> float:
    """Days since 1970-01-01 UTC, with the fraction that a dateTime has."""
    if not isinstance(moment, datetime):
        return to_number(moment)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)


def to_boolean(value: Value) -> bool:
    """`boolean()`: numbers other than 0 and NaN, strings that are not empty, every date."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value == value and value != 0.0
    if isinstance(value, str):
        return value != ""
    return True


def to_text(value: Value) -> str:
    """`string()`: whole numbers without a decimal point, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return write_number(value)
    return write_moment(value)


def write_number(number: float) -> str:
    """A number as XPath 1.0 §4.2 writes it: no exponent, no trailing zeros.

    What calculating with fractions adds to whole numbers far behind the point is left out.
    """
    if number != number:
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == int(number):
        return str(int(number))
    if abs(number - int(number)) < NEARLY:
        return str(int(number))
    written = repr(number)
    if "e" in written:
        written = f"{Decimal(written):f}"
    return written


def write_moment(moment: date | time) -> str:
    """A date, dateTime or time as the data types of the specification write them."""
    if isinstance(moment, datetime):
        return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{_offset(moment)}"
    if isinstance(moment, date):
        return moment.isoformat()
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}{_offset(moment)}"


def write_time(moment: datetime) -> str:
    """The time of day of a moment, with the offset that holds on its day."""
    return write_moment(moment)[11:]


def told_in(moment: datetime, zone: tzinfo | None) -> datetime:
    """A moment as the clocks of a zone show it; one without an offset is of that zone already.

    An hour that the clocks leave out is told as they show it once they are changed.
    """
    if zone is None:
        return moment
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC).astimezone(zone)
    except OverflowError:
        return aware


def _offset(moment: datetime | time) -> str:
    offset = moment.utcoffset()
    if offset is None:
        return ""
    if not offset:
        return "Z"
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def read_date(text: str) -> date | None:
    """The day a date or dateTime names; None where it names none."""
    head = text.strip().partition("T")[0]
    if not _DAY.fullmatch(head):
        return None
    year, month, day = head.split("-")
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_datetime(text: str) -> datetime | None:
    """The moment a dateTime names, or the first of a date; None where it names none."""
    stripped = text.strip()
    if not _DAY.match(stripped):
        return None
    try:
        return datetime.fromisoformat(stripped)
    except ValueError:
        return None


def read_time(text: str) -> time | None:
    """The time of day; None where the text is no time."""
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        return None


def read_moment(text: str) -> date | None:
    """A date or a dateTime, whichever the text is; None where it is neither."""
    if len(text) < 8 or not text.lstrip()[:1].isdigit():
        return None
    return read_datetime(text) if "T" in text else read_date(text)


def read_value(text: str, kind: DataType | None) -> Value:
    """The value of a node's text, by the type of its bind; "" where it is empty.

    Text that is not of its type stays text: expressions then see what the person sees.
    """
    if not text or kind is None or kind is DataType.STRING:
        return text
    value: Value | None = text
    if kind is DataType.INTEGER or kind is DataType.DECIMAL:
        number = to_number(text)
        value = None if number != number else number
    elif kind is DataType.DATE:
        value = read_date(text)
    elif kind is DataType.DATETIME:
        value = read_datetime(text)
    elif kind is DataType.TIME:
        value = read_time(text)
    elif kind is DataType.BOOLEAN:
        value = text in {"true", "1"}
    return text if value is None else value


def equal(left: Value, right: Value) -> bool:
    """`=` on two values (XPath 1.0 §3.4): as booleans, else as numbers, else as text."""
    if isinstance(left, bool) or isinstance(right, bool):
        return to_boolean(left) == to_boolean(right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, float) or isinstance(right, float):
        return to_number(left) == to_number(right)
    if to_text(left) == to_text(right):
        return True
    if isinstance(left, str) or isinstance(right, str) or type(left) is not type(right):
        return to_number(left) == to_number(right)
    return left == right
