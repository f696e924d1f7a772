"""The interface's words in the person's language: gettext, from French."""

import datetime
import gettext
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from sync.catalogues import (
    EASY_FRENCH,
    OFFERED,
    RIGHT_TO_LEFT,
    SOURCE_LANGUAGE,
    French,
    available_languages,
    base,
    locale_of,
    name_in,
    offered,
    own_name,
    read_catalogue,
)

__all__ = [
    "EASY_FRENCH",
    "OFFERED",
    "RIGHT_TO_LEFT",
    "SOURCE_LANGUAGE",
    "Language",
    "available_languages",
    "base",
    "locale_of",
    "name_in",
    "offered",
    "own_name",
    "tr",
]

_SHORT = 1000  # numbers below, every language here writes in the same way


class Language(EventDispatcher):
    """Holds the translating callables; replacing one re-evaluates every kv rule that used it."""

    _ = ObjectProperty(gettext.NullTranslations().gettext)
    plural = ObjectProperty()
    """`plural(one, many, n, **others)`: a sentence about n things, in the language's own forms.

    Both texts name the number as {n}, which is written as the language writes numbers; `others`
    fill their own placeholders: `tr.plural("{n} place", "{n} places", 3)`.
    """
    language = StringProperty(SOURCE_LANGUAGE)
    rtl = BooleanProperty(False)
    asked = StringProperty(SOURCE_LANGUAGE)
    """The language in which the consultation speaks to this person, which may be another one."""
    french = BooleanProperty(True)
    """Whether it is French of any kind, with the no-break spaces that French has."""

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, gettext.NullTranslations] = {SOURCE_LANGUAGE: French()}
        self.plural = self._plural_in(SOURCE_LANGUAGE)

    def speak(self, language: str) -> None:
        """Change the interface's language; one that is not there leaves it in French."""
        translations = self._catalogue(language)
        self.language = language
        self.rtl = base(language) in RIGHT_TO_LEFT
        self.french = base(language) == SOURCE_LANGUAGE
        self.plural = self._plural_in(language)
        self._ = translations.gettext

    def say(self, language: str, message: str) -> str:
        """One message in another language than the current one."""
        return self._catalogue(language).gettext(message)

    def say_plural(self, language: str, one: str, many: str, n: float, **others: object) -> str:
        """One sentence about n things in another language than the current one."""
        return self._plural_in(language)(one, many, n, **others)

    def number(self, value: float | Decimal) -> str:
        """A number as the language writes it: "12 500,5"."""
        return str(_locales().number(value, self.language))

    def date(self, day: datetime.date) -> str:
        """A day in full, as "21 novembre 2026"."""
        return str(_locales().date(day, "long", self.language))

    def time(self, time: datetime.time | datetime.datetime) -> str:
        """A time of day, as "14:30"."""
        return str(_locales().time(time, self.language))

    def month(self, day: datetime.date, *, short: bool = False) -> str:
        """The name of a day's month, or its abbreviation."""
        return str(_locales().date(day, "LLL" if short else "LLLL", self.language))

    def read_ahead(self, languages: Sequence[str]) -> None:
        """Have these languages' catalogues ready; may be called on a thread of its own."""
        for language in languages:
            self._catalogue(language)

    def _plural_in(self, language: str) -> Callable[..., str]:
        return partial(_counted, self._catalogue(language), language)

    def _catalogue(self, language: str) -> gettext.NullTranslations:
        if language not in self._read:
            self._read[language] = read_catalogue(language)
        return self._read[language]


def _counted(
    catalogue: gettext.NullTranslations,
    language: str,
    one: str,
    many: str,
    n: float,
    **others: object,
) -> str:
    text = catalogue.ngettext(one, many, int(n))
    short = isinstance(n, int) and 0 <= n < _SHORT
    return text.format(n=str(n) if short else _locales().number(n, language), **others)


def _locales() -> Any:
    """Loaded when a number or a day is first told: the welcome does without."""
    from kiosk import locales

    return locales


tr = Language()
