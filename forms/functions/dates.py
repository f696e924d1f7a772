"""Date and time functions (bindings, "Date and Time Functions")."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta

from forms.functions.calendar import words_of
from forms.functions.registry import Take, function
from forms.xpath.context import Context
from forms.xpath.values import (
    NAN,
    Value,
    read_date,
    read_datetime,
    read_time,
    to_number,
    told_in,
)

_EPOCH = date(1970, 1, 1)


@function("today", steady=False)
def today(context: Context) -> Value:
    """The day it is, where the device is."""
    return context.world.clock().date()


@function("now", steady=False)
def now(context: Context) -> Value:
    """The moment it is, with its offset from UTC."""
    moment = context.world.clock()
    return moment if moment.tzinfo else moment.astimezone()


def to_day(value: Value) -> date | None:
    """The day that a date, a dateTime, a text of either, or a number of days names."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = read_date(value) if isinstance(value, str) else None
    if found is None:
        days = to_number(value)
        if days == days and abs(days) < 700_000:
            found = _EPOCH + timedelta(days=int(days))
    return found


def here(moment: datetime, context: Context) -> datetime:
    """A moment as the clock on the wall shows it, where the device is."""
    return told_in(moment, context.world.clock().tzinfo)


def _moment(value: Value, context: Context) -> datetime | None:
    """The moment that a value names, as the clock on the wall shows it."""
    if isinstance(value, str):
        value = read_datetime(value) or ""
    if isinstance(value, datetime):
        return here(value, context)
    if isinstance(value, time):
        return here(datetime.combine(context.world.clock().date(), value), context)
    if isinstance(value, date):
        return here(datetime.combine(value, time()), context)
    if isinstance(value, float) and value == value and abs(value) < 700_000:
        past = timedelta(milliseconds=int(value * 86_400_000))
        return here(datetime(1970, 1, 1, tzinfo=UTC) + past, context)
    return None


@function("date", Take.VALUE)
def to_date(context: Context, value: Value) -> Value:
    """A value as a date; "" where it names no day.

    As JavaRosa has it, a text keeps the time of day that it names, and a dateTime does not.
    """
    if isinstance(value, str) and "T" in value:
        moment = read_datetime(value)
        return "" if moment is None else here(moment, context)
    if isinstance(value, datetime):
        value = here(value, context).date()
    return to_day(value) or ""


@function("date-time", Take.VALUE)
def to_date_time(context: Context, value: Value) -> Value:
    """A value as a dateTime; "" where it names no moment."""
    return _moment(value, context) or ""


@function("decimal-date-time", Take.VALUE)
def decimal_date_time(context: Context, value: Value) -> Value:
    """Days since 1970-01-01 UTC, with their fraction; a day counts from midnight here."""
    if isinstance(value, str | date | time):
        moment = _moment(value, context)
        return NAN if moment is None else _milliseconds(moment) / _DAY
    return to_number(value)


@function("decimal-time", Take.VALUE)
def decimal_time(context: Context, value: Value) -> Value:
    """A time, or that of a dateTime, as the fraction of the day that has passed: noon is 0.5.

    As JavaRosa reckons: what is left of days since 1970 without the whole ones, hence its digits;
    and by the offset that holds now, also for moments of another season.
    """
    if isinstance(value, str):
        value = read_time(value) or read_datetime(value) or ""
    if isinstance(value, date | time):
        moment = _moment(value, context)
        ahead = context.world.clock().utcoffset() or timedelta(0)
        value = 0.0 if moment is None else (_milliseconds(moment) + ahead // _MILLISECOND) / _DAY
    if isinstance(value, float) and math.isfinite(value):
        return value - math.floor(value)
    return NAN


_DAY = 86_400_000
_MILLISECOND = timedelta(milliseconds=1)


def _milliseconds(moment: datetime) -> int:
    """Since 1970-01-01 UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND


DATE_MARKS = frozenset("YymnbdeaHhMS3W%")
"""What may follow a % in `format-date()`."""


def _formatted(moment: datetime, pattern: str, language: str) -> str:
    """The identifiers of the specification replaced by what they mean, in a language's words."""
    words = words_of(language)
    parts = {
        "Y": f"{moment.year:04d}",
        "y": f"{moment.year % 100:02d}",
        "m": f"{moment.month:02d}",
        "n": str(moment.month),
        "b": words.months[moment.month - 1],
        "d": f"{moment.day:02d}",
        "e": str(moment.day),
        "a": words.days[moment.weekday()],
        "H": f"{moment.hour:02d}",
        "h": str(moment.hour),
        "M": f"{moment.minute:02d}",
        "S": f"{moment.second:02d}",
        "3": f"{moment.microsecond // 1000:03d}",
        "W": str(moment.isocalendar().week),
        "%": "%",
    }
    written: list[str] = []
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            mark = next(characters, "")
            written.append(parts.get(mark, "%" + mark))
        else:
            written.append(character)
    return "".join(written)


@function("format-date", Take.VALUE, Take.TEXT, speaks=True)
@function("format-date-time", Take.VALUE, Take.TEXT, speaks=True)
def format_date(context: Context, value: Value, pattern: str) -> Value:
    """A date written by a pattern of %Y, %m, %d and their like; "" where there is no date.

    Names of days and months are those of the language on the screen, as in Collect.
    """
    moment = _moment(value, context)
    if moment is None:
        day = to_day(value)
        moment = None if day is None else datetime.combine(day, time())
    return "" if moment is None else _formatted(moment, pattern, context.world.spoken)
