"""What babel knows of languages: their names, their numbers and days; and it reads the catalogues.

Apart from `kiosk.language`, which loads it when it is first asked for any of that: it takes its
time, and the welcome does without.
"""

import datetime
import gettext
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

_DEFAULT = "fr"
_IN_EUROPE = {"en": "en_GB", "pt": "pt_PT"}  # CLDR's own defaults are America's


def locale_of(language: str) -> Locale:
    """How a language writes dates and numbers; as French does where babel does not know it."""
    tag = _plain(language)
    try:
        return Locale.parse(_IN_EUROPE.get(tag, tag))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(_DEFAULT)


def own_name(language: str) -> str:
    """A language's name in itself; the tag where babel does not know it."""
    try:
        locale = Locale.parse(_plain(language))
    except (ValueError, UnknownLocaleError):
        return language
    name = locale.get_display_name(locale) or language
    return str(name[0].upper() + name[1:])


def name_in(language: str, other: str) -> str:
    """What a language is called in another; "" where babel does not know it."""
    try:
        locale = Locale.parse(language)
    except (ValueError, UnknownLocaleError):
        return ""
    return str(locale.get_display_name(locale_of(other)) or "")


def number(value: float | Decimal, language: str) -> str:
    """A number as the language writes it."""
    return str(format_decimal(value, locale=locale_of(language)))


def date(day: datetime.date, form: str, language: str) -> str:
    """A day, in one of babel's forms or by a pattern."""
    return format_date(day, form, locale=locale_of(language))


def time(moment: datetime.time | datetime.datetime, language: str) -> str:
    """A time of day."""
    return format_time(moment, "short", locale=locale_of(language))


def read_catalogue(path: Path) -> gettext.NullTranslations:
    """The sentences of a .po file."""
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _plain(language: str) -> str:
    """The tag as babel writes it; private varieties are written as their language is."""
    return language.partition("-x-")[0].replace("-", "_")
