"""The short words of languages for months and days, as the CLDR has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from forms.language_codes import language_code

_TABLE = Path(__file__).with_name("calendar.tsv")
"""Made by packaging/calendar_words.py."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language's: twelve months from January, seven days from Monday."""

    months: tuple[str, ...]
    days: tuple[str, ...]


@lru_cache(maxsize=64)
def words_of(language: str) -> Words:
    """The words of a language, named as forms do: "fr", "fr-BE", "Français (fr)", "French".

    Those of English where the language is not known.
    """
    table = _table()
    code = language_code(language)
    for name in (code, code.partition("-")[0]):
        if name in table:
            return table[name]
    return table["en"]


@lru_cache(maxsize=1)
def _table() -> dict[str, Words]:
    """By code and by the language's names, in small letters."""
    found: dict[str, Words] = {}
    named: dict[str, Words] = {}
    for line in _TABLE.read_text(encoding="utf-8").split("\n")[:-1]:
        code, own, english, *words = line.split("\t")
        found[code.lower()] = told = Words(tuple(words[:12]), tuple(words[12:]))
        named[own.lower()] = named[english.lower()] = told
    named.pop("", None)  # the CLDR has no name for some
    return named | found
