"""The interface's words in the person's language: gettext, from French."""

import datetime
import gettext
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from kivy.event import EventDispatcher
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.theme.assets import ASSETS

SOURCE_LANGUAGE = "fr"
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ku", "ckb"})


def available_languages(root: Path = ASSETS / "translations") -> tuple[str, ...]:
    """The interface's languages, French first."""
    others = sorted(path.parent.name for path in root.glob("*/parvis.po"))
    return (SOURCE_LANGUAGE, *others)


def own_name(language: str) -> str:
    """A language's name in itself and its own script, as "العربية"."""
    name = Locale.parse(language).get_display_name(language) or language
    return name[0].upper() + name[1:]


class Language(EventDispatcher):
    """Holds the translating callable; replacing it re-evaluates every kv rule that used it."""

    _ = ObjectProperty(gettext.NullTranslations().gettext)
    language = StringProperty(SOURCE_LANGUAGE)
    rtl = BooleanProperty(False)

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, gettext.NullTranslations] = {
            SOURCE_LANGUAGE: gettext.NullTranslations()
        }

    def speak(self, language: str) -> None:
        """Change the interface's language; one that is not there leaves it in French."""
        translations = self._catalogue(language)
        self.language = language
        self.rtl = language in RIGHT_TO_LEFT
        self._ = translations.gettext

    def say(self, language: str, message: str) -> str:
        """One message in another language than the current one."""
        return self._catalogue(language).gettext(message)

    def date(self, day: datetime.date) -> str:
        """A day in full, as "21 novembre 2026"."""
        return format_date(day, "long", locale=self.language)

    def month(self, day: datetime.date, *, short: bool = False) -> str:
        """The name of a day's month, or its abbreviation."""
        return format_date(day, "LLL" if short else "LLLL", locale=self.language)

    def _catalogue(self, language: str) -> gettext.NullTranslations:
        if language not in self._read:
            path = ASSETS / "translations" / language / "parvis.po"
            self._read[language] = _read_catalogue(path)
        return self._read[language]


def _read_catalogue(path: Path) -> gettext.NullTranslations:
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


tr = Language()
