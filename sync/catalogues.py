"""The interface's words in every language: what kiosk and public pages both need of them.

The code holds the French (`docs/decisions/0001-french-msgids.md`); `assets/translations/` holds one
`parvis.po` for each other language. babel takes its time to load: what needs it loads it, and the
kiosk's first screen does not.
"""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

SOURCE_LANGUAGE = "fr"
EASY_FRENCH = "fr-x-falc"
"""French by the rules of "facile à lire et à comprendre"; x- because BCP 47 has no name for it."""
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ku", "ckb"})
OFFERED = ("fr", EASY_FRENCH, "en", "ar", "uk", "pt", "tr", "es", "zh")
"""The interface's languages, in the order in which they are offered unless told otherwise."""

_ROOT = Path(__file__).resolve().parents[1]
_INSTALLED = _ROOT / "kiosk" / "assets"  # beside the packages, or inside when installed
TRANSLATIONS = (_INSTALLED if _INSTALLED.is_dir() else _ROOT / "assets") / "translations"

_OWN_NAMES = {
    **{"fr": "Français", EASY_FRENCH: "Français facile", "en": "English", "ar": "العربية"},
    **{"uk": "Українська", "pt": "Português", "tr": "Türkçe", "es": "Español", "zh": "中文"},
}
_IN_EUROPE = {"en": "en_GB", "pt": "pt_PT"}  # CLDR's own defaults are America's


class French(gettext.NullTranslations):
    """French, as the code says it; nothing and one and a half are singular there."""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form for so many things."""
        return msgid1 if abs(n) < 2 else msgid2


def available_languages(root: Path = TRANSLATIONS) -> tuple[str, ...]:
    """The interface's languages: those of `OFFERED` in their order, then any others there are."""
    there = {SOURCE_LANGUAGE, *(path.parent.name for path in root.glob("*/parvis.po"))}
    known = tuple(language for language in OFFERED if language in there)
    return (*known, *sorted(there.difference(known)))


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


def read_catalogue(language: str, root: Path = TRANSLATIONS) -> gettext.NullTranslations:
    """The catalogue of a language, of the language it is a variety of, or else French.

    Args:
        language: one of `available_languages`, or a variety of one; never what a stranger typed.
        root: where the catalogues are.
    """
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for name in (language, base(language)):
        path = root / name / "parvis.po"
        if path.is_file():
            compiled = BytesIO()
            with path.open("rb") as source:
                write_mo(compiled, read_po(source))
            compiled.seek(0)
            return gettext.GNUTranslations(compiled)
    return French()


def base(language: str) -> str:
    """A language without region, script or variety: "fr" of "fr-x-falc" and of "fr-BE"."""
    return language.replace("_", "-").partition("-")[0].lower()


def own_name(language: str) -> str:
    """A language's name in itself and its own script, as "العربية"."""
    if language in _OWN_NAMES:
        return _OWN_NAMES[language]
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(_plain(language))
    except (ValueError, UnknownLocaleError):
        return language
    name = locale.get_display_name(locale) or language
    return str(name[0].upper() + name[1:])


def name_in(language: str, other: str) -> str:
    """What a language is called in another: "francuski" of "fr" in "pl"."""
    if language == EASY_FRENCH and base(other) == SOURCE_LANGUAGE:
        return _OWN_NAMES[language].lower()
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(base(language))
    except (ValueError, UnknownLocaleError):
        return own_name(language)
    return str(locale.get_display_name(locale_of(other)) or own_name(language))


def locale_of(language: str) -> Locale:
    """How a language writes dates and numbers; as French does where babel does not know it."""
    from babel import Locale, UnknownLocaleError

    tag = _plain(language)
    try:
        return Locale.parse(_IN_EUROPE.get(tag, tag))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(SOURCE_LANGUAGE)


def _plain(language: str) -> str:
    """The tag as babel writes it; private varieties are written as their language is."""
    return language.partition("-x-")[0].replace("-", "_")
