"""What a notice beside a form lacks, as far as its author can be told before it is published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from forms.catalogue import NOTICE_ENDING
from forms.language_codes import language_code

TOPICS = ("organiser", "asks", "why", "becomes", "kept")
"""What people are told before they answer."""


def notice_beside(form: Path) -> Path:
    """Where the notice of a form lies, if there is one."""
    return form.with_name(f"{form.stem}{NOTICE_ENDING}")


def review_notice(form: Path, languages: Iterable[str]) -> Iterator[str]:
    """What the notice beside a form lacks, as sentences.

    Args:
        form: its path.
        languages: that it speaks, as it names them.
    """
    path = notice_beside(form)
    if not path.is_file():
        yield (
            f"There is no notice beside the form, {path.name}: people are told neither who asks,"
            " nor why, nor what becomes of their answers. parvis-forms new writes one to adapt."
        )
        return
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        yield f"The notice {path.name} cannot be read: it is no JSON in UTF-8."
        return
    if not isinstance(told, dict):
        yield f"The notice {path.name} holds no topics, such as “why”."
        return
    said = {topic: _languages_of(told.get(topic)) for topic in TOPICS}
    if not said["organiser"]:
        yield f"The notice {path.name} does not say who asks: “organiser” is missing."
    for topic in TOPICS[1:]:
        if not said[topic]:
            yield f"The notice {path.name} says nothing under “{topic}”."
    spoken = set().union(*said.values())
    for language in languages:
        if spoken and language_code(language) not in spoken:
            yield f"The notice {path.name} is not in {language}, which the form speaks."
    if not told.get("closes"):
        yield (
            f"The notice {path.name} names no closing day: write one, as"
            ' "closes": "2030-12-31", or publish with --closes.'
        )


def _languages_of(texts: object) -> set[str]:
    """The codes of the languages that a topic says something in."""
    if not isinstance(texts, dict):
        return set()
    return {
        language_code(str(language))
        for language, text in texts.items()
        if isinstance(text, str) and text.strip()
    }
