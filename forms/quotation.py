"""Keeps ’ “ ” of an author's texts as they are: pyxform would set every one of them straight.

It does so for formulas, where a word processor's quotes are mistakes, and does it to labels as
well, where « l’État » becomes « l'État ». So texts pass pyxform with characters of private use in
the place of their quotes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pyxform.xls2json_backends import DefinitionData

QUOTES = "‘’“”"
_KEPT = {ord(quote): chr(0xF0000 + ord(quote)) for quote in QUOTES}
_BACK = {ord(private): chr(quote) for quote, private in _KEPT.items()}

TEXTS = frozenset(
    {
        "label",
        "caption",
        "hint",
        "guidance_hint",
        "constraint_message",
        "constraining_message",
        "required_message",
        "form_title",
        "title",
    }
)
"""The columns that people read, as pyxform names them; in any language."""


def kept(definition: DefinitionData) -> DefinitionData:
    """The same sheets, with the quotes of their texts out of pyxform's reach."""
    return replace(
        definition,
        survey=_sheet(definition.survey),
        choices=_sheet(definition.choices),
        settings=_sheet(definition.settings),
    )


def restored(text: str) -> str:
    """What pyxform made of such sheets, with the quotes back in their places."""
    return text.translate(_BACK)


def _sheet(rows: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]] | None:
    if rows is None:
        return None
    return [
        {
            header: cell.translate(_KEPT) if _is_text(header) else cell
            for header, cell in row.items()
        }
        for row in rows
    ]


def _is_text(header: str) -> bool:
    name = header.split(":", maxsplit=1)[0].strip().lower().replace(" ", "_")
    return name in TEXTS
