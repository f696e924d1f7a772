"""Which language a visitor of the pages is answered in, and its words."""

from __future__ import annotations

import gettext
from collections.abc import Iterable
from functools import lru_cache

from sync.catalogues import (
    RIGHT_TO_LEFT,
    SOURCE_LANGUAGE,
    French,
    available_languages,
    base,
    locale_of,
    own_name,
    read_catalogue,
)

__all__ = ["RIGHT_TO_LEFT", "base", "catalogue", "chosen", "languages", "locale_of", "own_name"]


@lru_cache(1)
def languages() -> tuple[str, ...]:
    """The languages of the pages, French first."""
    return available_languages()


@lru_cache(16)
def catalogue(language: str) -> gettext.NullTranslations:
    """The words of a language; French where there are none."""
    return read_catalogue(language) if language in languages() else French()


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
        if base(tag) in languages():
            return base(tag)
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
