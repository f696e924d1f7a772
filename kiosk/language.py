"""The interface's words in the person's language: gettext, from French."""

import datetime
import gettext
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.theme.assets import ASSETS

SOURCE_LANGUAGE = "fr"
EASY_FRENCH = "fr-x-falc"
"""French by the rules of "facile à lire et à comprendre"; x- because BCP 47 has no name for it."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ku", "ckb"})
OFFERED = ("fr", EASY_FRENCH, "en", "ar", "uk", "pt", "tr", "es", "zh")
"""The interface's languages, in the order in which a device offers them unless told otherwise."""

_OWN_NAMES = {
    **{"fr": "Français", EASY_FRENCH: "Français facile", "en": "English", "ar": "العربية"},
    **{"uk": "Українська", "pt": "Português", "tr": "Türkçe", "es": "Español", "zh": "中文"},
}
_SHORT = 1000  # numbers below, every language here writes in the same way


def available_languages(root: Path = ASSETS / "translations") -> tuple[str, ...]:
    """The interface's languages: those of `OFFERED` in their order, then any others there are."""
    there = {SOURCE_LANGUAGE, *(path.parent.name for path in root.glob("*/parvis.po"))}
    known = tuple(language for language in OFFERED if language in there)
    return (*known, *sorted(there.difference(known)))


def base(language: str) -> str:
    """A language without region, script or variety: "fr" of "fr-x-falc" and of "fr-BE"."""
    return language.replace("_", "-").partition("-")[0].lower()


def offered(asked: Sequence[str], device: Sequence[str]) -> tuple[str, ...]:
    """The languages to offer: a form's own, first, and the device's others.

    Args:
        asked: those that the form speaks, the one most will choose first.
        device: those that the device offers, in its order.
    """
    spoken = {base(language) for language in asked}
    found = list(asked)
    for language in device:
        if base(language) not in spoken:
            found.append(language)
        elif language == EASY_FRENCH and language not in found:
            french = next(at for at, code in enumerate(found) if base(code) == SOURCE_LANGUAGE)
            found.insert(french + 1, language)
    return tuple(found)


def own_name(language: str) -> str:
    """A language's name in itself and its own script, as "العربية"."""
    return _OWN_NAMES.get(language) or _locales().own_name(language)


def name_in(language: str, other: str) -> str:
    """What a language is called in another: "francuski" of "fr" in "pl"."""
    if language == EASY_FRENCH and base(other) == SOURCE_LANGUAGE:
        return _OWN_NAMES[language].lower()
    return _locales().name_in(base(language), other) or own_name(language)


def locale_of(language: str) -> Any:
    """How a language writes dates and numbers, as babel has it."""
    return _locales().locale_of(language)


def _locales() -> Any:
    from kiosk import locales

    return locales


class French(gettext.NullTranslations):
    """French, as the code says it; nothing and one and a half are singular there."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for so many things."""
        return msgid1 if abs(n) < 2 else msgid2


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
            self._read[language] = _read_catalogue(language)
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


def _read_catalogue(language: str) -> gettext.NullTranslations:
    """The catalogue of a language, of the language it is a variety of, or else French."""
    for name in (language, base(language)):
        path = ASSETS / "translations" / name / "parvis.po"
        if path.is_file():
            read: gettext.NullTranslations = _locales().read_catalogue(path)
            return read
    return French()


tr = Language()
