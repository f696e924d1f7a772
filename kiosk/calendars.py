"""A day in calendars other than the Gregorian one, in which answers are kept: plain arithmetic.

By the fixed numbers of days of E. M. Reingold and N. Dershowitz, *Calendrical Calculations*; the
Islamic calendar is the tabular one (civil, leap years 2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29), as
in ODK Collect, and may be a day off from one that watches the moon.
"""

from collections.abc import Callable
from datetime import date

Day = tuple[int, int, int]  # year, month, day

_COPTIC_EPOCH, _ETHIOPIC_EPOCH = 103_605, 2_796  # 1/1/1 there, as a Gregorian day number
_ISLAMIC_EPOCH = 227_015
_PERSIAN_EPOCH = 226_895  # where the cycle that holds today would begin


def coptic(day: date) -> Day:
    """In the Coptic calendar."""
    return _thirteen_months(day.toordinal() - _COPTIC_EPOCH)


def ethiopian(day: date) -> Day:
    """In the Ethiopian calendar, years of the Incarnation."""
    return _thirteen_months(day.toordinal() - _ETHIOPIC_EPOCH)


def islamic(day: date) -> Day:
    """In the tabular Islamic calendar."""
    since = day.toordinal() - _ISLAMIC_EPOCH
    year = (30 * since + 10_646) // 10_631
    within = since - _islamic_new_year(year)
    month = min(12, (11 * within + 330) // 325)
    return year, month, within - (29 * (month - 1) + month // 2) + 1


def persian(day: date) -> Day:
    """In the Persian calendar, by its 33-year cycle; right from 1206 to 1498 (1827 to 2119)."""
    since = day.toordinal() - _PERSIAN_EPOCH
    year = since // 366 + 1
    while _persian_new_year(year + 1) <= since:
        year += 1
    within = since - _persian_new_year(year)
    month = within // 31 if within < 186 else (within - 186) // 30 + 6
    first = 31 * month if month <= 6 else 186 + 30 * (month - 6)
    return year, month + 1, within - first + 1


CALENDARS: dict[str, Callable[[date], Day]] = {
    "coptic": coptic,
    "ethiopian": ethiopian,
    "islamic": islamic,
    "persian": persian,
}
"""By the appearances of XLSForm; `bikram-sambat` and `myanmar` follow tables, and are not here."""
WITHOUT_CONVERSION = frozenset({"bikram-sambat", "myanmar"})


def _thirteen_months(since: int) -> Day:
    year = (4 * since + 1463) // 1461
    within = since - (365 * (year - 1) + year // 4)
    return year, within // 30 + 1, within % 30 + 1


def _islamic_new_year(year: int) -> int:
    return 354 * (year - 1) + (3 + 11 * year) // 30


def _persian_new_year(year: int) -> int:
    return 365 * (year - 1) + (8 * year + 21) // 33
