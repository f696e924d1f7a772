"""How languages write numbers and days, as babel has it.

Apart from `kiosk.language`, which loads it when it is first asked for any: it takes its time.
"""

import datetime
from decimal import Decimal

from babel.dates import format_date, format_time
from babel.numbers import format_decimal

from sync.catalogues import locale_of


def number(value: float | Decimal, language: str) -> str:
    """A number as the language writes it; a Decimal with every digit that it has."""
    exact = isinstance(value, Decimal)
    where = locale_of(language)
    return str(format_decimal(value, locale=where, decimal_quantization=not exact))


def date(day: datetime.date, form: str, language: str) -> str:
    """A day, in one of babel's forms or by a pattern."""
    return format_date(day, form, locale=locale_of(language))


def time(moment: datetime.time | datetime.datetime, language: str) -> str:
    """A time of day."""
    return format_time(moment, "short", locale=locale_of(language))
