"""The pages' words in the visitor's language; the catalogues are those of the kiosk's interface."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).parents[3] / "assets" / "translations"
SOURCE_LANGUAGE = "fr"
RIGHT_TO_LEFT = frozenset({"ar"})

_IN_EUROPE = {"en": "en_GB", "pt": "pt_PT"}
_EASY_FRENCH = "fr-x-falc"
_ORDER = ("fr", _EASY_FRENCH, "en", "ar", "uk", "pt", "tr", "es", "zh")


@lru_cache(1)
def languages() -> tuple[str, ...]:
    """The languages of the pages, French first."""
    there = {SOURCE_LANGUAGE, *(path.parent.name for path in TRANSLATIONS.glob("*/parvis.po"))}
    return (*(one for one in _ORDER if one in there), *sorted(there.difference(_ORDER)))


@lru_cache(16)
def catalogue(language: str) -> gettext.NullTranslations:
    """The words of a language; French where there are none."""
    path = TRANSLATIONS / language / "parvis.po"
    if language not in languages() or not path.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def locale_of(language: str) -> Locale:
    """How the language writes dates and numbers."""
    tag = language.partition("-x-")[0]
    return Locale.parse(_IN_EUROPE.get(tag, tag))


def own_name(language: str) -> str:
    """A language's name in itself."""
    if language == _EASY_FRENCH:
        return "Français facile"
    locale = locale_of(language)
    name = Locale(locale.language).get_display_name(Locale(locale.language)) or language
    return str(name[0].upper() + name[1:])


def chosen(asked: str, accepted: str) -> str:
    """The language to answer in.

    Args:
        asked: what the address says, "" where it says nothing.
        accepted: the browser's Accept-Language.
    """
    if asked in languages():
        return asked
    for tag in _by_preference(accepted):
        if tag in languages():
            return tag
        if tag.partition("-")[0] in languages():
            return tag.partition("-")[0]
    return SOURCE_LANGUAGE


def _by_preference(accepted: str) -> Iterable[str]:
    wanted: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        tag, _, parameter = part.partition(";")
        _, _, quality = parameter.partition("=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        if weight > 0:
            wanted.append((-weight, tag.strip().lower()))
    return [tag for _, tag in sorted(wanted, key=lambda one: one[0])]
