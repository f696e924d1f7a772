"""Notices as organisers write them: what it is about, per language, in JSON or Markdown.

JSON, as in the catalogue: topics, each with its texts by language tag.

    {"title": {"fr": "…"}, "organiser": {"fr": "…"}, "asks": {"fr": "…"}, "why": {"fr": "…"},
     "becomes": {"fr": "…"}, "kept": {"fr": "…"}, "minutes": 5,
     "opens": "2026-11-21", "closes": "2026-12-31",
     "cards": [{"side": "for", "title": {"fr": "…"}, "text": {"fr": "…"}}]}

Markdown: a heading per language, and under it one per topic; cards are headed by their side.

    # fr
    ## title
    ## organiser
    ## why
    ## for: Moins de voitures
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from sync.consultation import Card, Notice, Side
from sync.errors import SyncError

_TOPICS = ("title", "organiser", "asks", "why", "becomes", "kept")
_DAYS = ("opens", "closes")
_LANGUAGE = re.compile(r"# +(\S+)\s*")
_TOPIC = re.compile(r"## +([^:]+?)(?::\s*(.+?))?\s*")


class BadNotice(SyncError):
    """A notice cannot be read; the message says where and why."""


@dataclass(frozen=True)
class NoticeFile:
    """A notice as read.

    Attributes:
        title: of the consultation, by language tag; may be empty.
        organiser: its name by language tag; may be empty.
        notice: by language tag.
        minutes: how long it takes; 0 where that is not said.
        opens: the first day; None where it is not said.
        closes: the last day; likewise.
    """

    title: Mapping[str, str]
    organiser: Mapping[str, str]
    notice: Mapping[str, Notice]
    minutes: int
    opens: date | None = None
    closes: date | None = None


def read_notice(path: Path) -> NoticeFile:
    """Read a notice.

    Raises:
        BadNotice: the file cannot be read, or is no notice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadNotice(f"The notice {path} cannot be read: {error}.") from None
    if path.suffix.lower() == ".json":
        return _from_json(text, path)
    return _from_markdown(text, path)


def _from_json(text: str, path: Path) -> NoticeFile:
    try:
        told = json.loads(text)
    except ValueError as error:
        raise BadNotice(f"The notice {path} is no valid JSON: {error}.") from None
    if not isinstance(told, dict):
        raise BadNotice(f"The notice {path} holds no topics, such as “why”.")
    topics = {topic: _by_language(told.get(topic, {}), topic, path) for topic in _TOPICS}
    cards: dict[str, list[Card]] = {}
    for card in told.get("cards", []):
        try:
            side, titles, texts = Side(card["side"]), card["title"], card["text"]
        except (KeyError, TypeError, ValueError):
            raise BadNotice(
                f"A card of {path} needs a “side” (for, against or fact), a “title” and a “text”."
            ) from None
        title = _by_language(titles, "cards", path)
        for language, words in _by_language(texts, "cards", path).items():
            cards.setdefault(language, []).append(Card(side, title.get(language, ""), words))
    minutes = told.get("minutes", 0)
    if not isinstance(minutes, int) or minutes < 0:
        raise BadNotice(f"“minutes” in {path} is a whole number.")
    opens, closes = (_day(told.get(day, ""), day, path) for day in _DAYS)
    return replace(_notice(topics, cards, minutes), opens=opens, closes=closes)


def _day(value: object, which: str, path: Path) -> date | None:
    if value == "":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise BadNotice(
            f"“{which}” in {path} is a day, such as 2026-12-31, not “{value}”."
        ) from None


def _by_language(value: Any, topic: str, path: Path) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadNotice(f'“{topic}” in {path} gives its text by language: {{"fr": "…"}}.')
    return value


def _from_markdown(text: str, path: Path) -> NoticeFile:
    topics: dict[str, dict[str, str]] = {topic: {} for topic in _TOPICS}
    cards: dict[str, list[Card]] = {}
    minutes = 0
    days: dict[str, date | None] = {}
    for language, topic, title, body in _sections(text, path):
        if topic in topics:
            topics[topic][language] = body
        elif topic == "minutes":
            if not body.isdecimal():
                raise BadNotice(f"“minutes” in {path} is a whole number.")
            minutes = int(body)
        elif topic in _DAYS:
            days[topic] = _day(body, topic, path)
        elif topic in {side.value for side in Side}:
            cards.setdefault(language, []).append(Card(Side(topic), title, body))
        else:
            known = ", ".join((*_TOPICS, "minutes", *_DAYS, *(side.value for side in Side)))
            raise BadNotice(f"{path} has a heading “{topic}”; known are: {known}.")
    read = _notice(topics, cards, minutes)
    return replace(read, opens=days.get("opens"), closes=days.get("closes"))


def _sections(text: str, path: Path) -> list[tuple[str, str, str, str]]:
    """Language, topic, title and text of every section."""
    sections: list[tuple[str, str, str, list[str]]] = []
    language = ""
    for line in text.split("\n"):  # as read_text ends them: a notice may hold U+2028
        if topic := _TOPIC.fullmatch(line):
            if not language:
                raise BadNotice(f"{path} must begin with a language: “# fr”.")
            sections.append((language, topic[1].strip().lower(), topic[2] or "", []))
        elif heading := _LANGUAGE.fullmatch(line):
            language = heading[1]
        elif sections:
            sections[-1][3].append(line)
        elif line.strip():
            raise BadNotice(f"{path} must begin with a language, then a topic: “# fr”, “## why”.")
    return [(*section[:3], "\n".join(section[3]).strip()) for section in sections]


def _notice(
    topics: Mapping[str, Mapping[str, str]], cards: Mapping[str, list[Card]], minutes: int
) -> NoticeFile:
    languages = dict.fromkeys(language for topic in _TOPICS[1:] for language in topics[topic])

    def said(topic: str, language: str) -> str:
        return topics[topic].get(language, "")

    notices = {
        language: Notice(
            who=said("organiser", language),
            asks=said("asks", language),
            why=said("why", language),
            becomes=said("becomes", language),
            kept=said("kept", language),
            cards=tuple(cards.get(language, ())),
        )
        for language in languages
    }
    return NoticeFile(topics["title"], topics["organiser"], notices, minutes)
