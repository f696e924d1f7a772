"""Consultations ready to show or to adapt: each a form in readable text, with its notice.

`NAME.md` is the XLSForm, as tables; `NAME.notice.json` says, per language, who asks, why, what
becomes of the answers and what is kept. Both are read where they lie: copy the two files to make
your own.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from forms.errors import FormError

FOLDER = Path(__file__).parent
NOTICE_ENDING = ".notice.json"


@dataclass(frozen=True)
class CatalogueEntry:
    """One consultation of the catalogue.

    Attributes:
        name: What `find` and the commands call it, and the form's id.
        method: The way to take part that it shows, as in docs/methods.md.
        titles: Its title by language code; more languages than the form may speak.
        form: The XLSForm, a `.md` file that pyxform reads.
        notice: What people are told before they answer, a JSON file.
        languages: Codes of the languages that the whole form speaks, the default one first.
        minutes: How long a person usually takes.
    """

    name: str
    method: str
    titles: Mapping[str, str]
    form: Path
    notice: Path
    languages: tuple[str, ...]
    minutes: int


def consultations() -> tuple[CatalogueEntry, ...]:
    """Every consultation of the catalogue, by name."""
    entries = map(_entry, FOLDER.glob(f"*{NOTICE_ENDING}"))
    return tuple(sorted(entries, key=lambda entry: entry.name))


def find(name: str) -> CatalogueEntry:
    """The consultation of this name, or the first that shows this method, however it is spelled.

    Raises:
        FormError: there is none; the message names the nearest, and those that there are.
    """
    entries, wanted = consultations(), _plainly(name)
    for entry in entries:
        if entry.name == wanted:
            return entry
    for entry in entries:
        if entry.method == wanted:
            return entry
    known = ", ".join(entry.name for entry in entries)
    near = _nearest(wanted, entries)
    hint = f" Is “{near}” meant?" if near else ""
    raise FormError(f"The catalogue holds no consultation named “{name}”.{hint} It holds: {known}.")


def _plainly(name: str) -> str:
    """A name without capitals, accents and spaces."""
    letters = unicodedata.normalize("NFD", name.strip().casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return plain.replace(" ", "-").replace("_", "-")


def _nearest(wanted: str, entries: tuple[CatalogueEntry, ...]) -> str:
    """The name or method that is spelled most like this, or shares a word with it."""
    known = [*(entry.name for entry in entries), *(entry.method for entry in entries)]
    words = {word for word in wanted.split("-") if len(word) > 3}
    sharing = [name for name in known if words & set(name.split("-"))]
    begun = [name for name in known if wanted and name.startswith(wanted)]
    return next(iter([*sharing, *begun, *get_close_matches(wanted, known, 1, cutoff=0.7)]), "")


def _entry(notice: Path) -> CatalogueEntry:
    told = json.loads(notice.read_text(encoding="utf-8"))
    name = notice.name.removesuffix(NOTICE_ENDING)
    return CatalogueEntry(
        name=name,
        method=told["method"],
        titles=told["title"],
        form=notice.with_name(f"{name}.md"),
        notice=notice,
        languages=tuple(told["languages"]),
        minutes=told["minutes"],
    )
