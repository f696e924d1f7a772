"""What an author should know of a sheet that is in order: what a kiosk does in another way.

Whatever ODK Collect runs, runs here; but a kiosk has no other apps to open, keeps no log of a
person's steps, and remembers nobody. A misspelled appearance is no mistake for any engine: it only
does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from forms.errors import Problem
from forms.functions.dates import DATE_MARKS
from forms.languages import MEDIA, split_header
from forms.sheets import Row, Workbook

_DONE = frozenset(
    {
        *("multiline", "numbers", "url", "email", "thousands-sep", "minimal", "autocomplete"),
        *("quick", "quickcompact", "search", "columns", "columns-pack", "compact", "horizontal"),
        *("horizontal-compact", "likert", "no-buttons", "label", "list", "list-nolabel"),
        *("table-list", "field-list", "no-calendar", "month-year", "year", "ethiopian", "coptic"),
        *("islamic", "persian", "bikram-sambat", "myanmar", "vertical", "rating", "picker"),
        *("no-ticks", "new", "new-front", "new-rear", "selfie", "annotate", "draw", "signature"),
        *("maps", "placement-map", "streets", "satellite", "hide-input", "front", "no-collapse"),
    }
)
"""Appearances of XLSForm, Collect and Enketo that do what they say, or need nothing done."""

_OTHERWISE = {
    "image-map": "Its choices stand in a list: pictures with places to touch are not drawn.",
    "map": "Its choices stand in a list, not on a map.",
    "masked": "What is written can be read on the screen.",
    "counter": "The number is written on a pad.",
    "bearing": "The number is written on a pad: a kiosk has no compass.",
    "distress": "Its numbers stand in a row, without a thermometer.",
    "randomized": "The order is drawn by lot where the parameters say randomize=true.",
    "printer": "Nothing is sent to a printer from within a form.",
    "ex": "A kiosk opens no other app: the question is answered here.",
    "intent": "A kiosk opens no other app: the questions are answered here.",
}
"""Appearances that are known, and what happens instead."""

_PATTERNS = re.compile(r"columns-\d+|compact-\d+|w\d+|quickcompact-\d+")
_TYPES = {
    "audit": "A kiosk keeps no log of a person's steps: this stays empty.",
    "background-audio": "Nobody is recorded without touching for it: this stays empty.",
    "start-geopoint": "A kiosk does not ask where it is: this stays empty.",
    "background-geopoint": "A kiosk does not ask where it is: this stays empty.",
}
_LAST_SAVED = re.compile(r"\$\{\s*last-saved#")
_SEARCH = re.compile(r"search\(\s*['\"‘’]([^'\"‘’]+)")
_ADDRESS = re.compile(r"\s*(?:jr://\w+/)?([a-z][a-z0-9+.\-]*://\S+)", re.IGNORECASE)
_SHOWN = re.compile(
    r"!\[[^\]]*\]\(\s*(https?://[^)\s]+)|<(?:img|audio|video|source)\b[^>]*?(https?://[^\s\"'>]+)",
    re.IGNORECASE,
)
_CALLS = re.compile(r"\w[\w-]*\([^()]*(?:\([^()]*\)[^()]*)*\)|ex:\S+|printer:\S+")

_DATE_PATTERN = re.compile(r"""format-date(?:-time)?\([^'"]*(?:'[^']*'[^'"]*)?,\s*(['"])(.*?)\1""")
_MARK = re.compile(r"%.?")


def advise(book: Workbook) -> Iterator[Problem]:
    """What the kiosk does in another way than the sheet may mean, in its order."""
    yield from _addresses(book)
    yield from _passed_over(book)
    for row in book.survey:
        kind = " ".join(row.cell("type").split())
        if kind in _TYPES:
            yield Problem(_TYPES[kind], "survey", row.number, row.header("type"))
        yield from _appearances(row)
        for column, text in row.cells.items():
            for pattern in _DATE_PATTERN.finditer(text):
                yield from _marks(pattern[2], row, row.header(column))
            if _LAST_SAVED.search(text):
                yield Problem(
                    "A kiosk tells nobody what the person before answered: last-saved is empty.",
                    "survey",
                    row.number,
                    row.header(column),
                )


def _marks(pattern: str, row: Row, header: str) -> Iterator[Problem]:
    """Marks of `format-date()` that mean nothing: Collect stops at them, here they are shown."""
    for mark in dict.fromkeys(_MARK.findall(pattern)):
        if mark[1:] not in DATE_MARKS:
            yield Problem(
                f"“{mark}” means nothing in format-date(): it is shown as it stands.",
                "survey",
                row.number,
                header,
                "There are %Y %y %m %n %b %d %e %a %W %H %h %M %S %3; a % is written %%.",
            )


def _passed_over(book: Workbook) -> Iterator[Problem]:
    """Rows that say something, and that no tool reads."""
    for row in book.choices:
        if row.cell("name") and row.cell("label") and not row.cell("list_name"):
            yield Problem(
                f"The choice “{row.cell('name')}” is in no list: nothing reads it.",
                "choices",
                row.number,
                "list_name",
                "Write the list's name in its row.",
            )
    for row in [row for row in book.rows("settings") if row.written][1:]:
        yield Problem(
            "Only the first row of the settings is read.",
            "settings",
            row.number,
            "",
            "Take it out.",
        )


def _addresses(book: Workbook) -> Iterator[Problem]:
    """Pictures, sounds and films at an address, which a kiosk does not fetch."""
    for sheet in ("survey", "choices"):
        for row in book.rows(sheet):
            for header, text in row.written.items():
                base, _ = split_header(header)
                address = _ADDRESS.match(text) if base in MEDIA else _SHOWN.search(text)
                if address:
                    yield Problem(
                        f"A kiosk fetches nothing from the network: what is at"
                        f" {address.group(address.lastindex or 0)} is absent.",
                        sheet,
                        row.number,
                        header,
                        "Put the file beside the form, and write its name here.",
                    )


def _appearances(row: Row) -> Iterator[Problem]:
    text = row.cell("appearance")
    if searched := _SEARCH.search(text):
        yield Problem(
            "search() is not run at a kiosk, which would offer only what the choices sheet says.",
            "survey",
            row.number,
            row.header("appearance"),
            f"Write select_one_from_file {searched[1]}.csv as the type, and what is searched for as"
            " a choice_filter.",
        )
    words = _CALLS.sub(" ", text).split()
    words += [call.partition(":")[0] for call in _CALLS.findall(text) if ":" in call]
    for word in words:
        plain = word.casefold()
        place = ("survey", row.number, row.header("appearance"))
        if plain in _OTHERWISE:
            yield Problem(f"At a kiosk, “{word}”: {_OTHERWISE[plain]}", *place)
        elif plain not in _DONE and not _PATTERNS.fullmatch(plain) and "${" not in word:
            close = get_close_matches(plain, [*_DONE, *_OTHERWISE], 1)
            advice = f"Is “{close[0]}” meant?" if close else ""
            yield Problem(f"There is no appearance “{word}”: it does nothing.", *place, advice)
