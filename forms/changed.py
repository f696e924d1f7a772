"""Words that changed between two versions of a form, under a name that stayed.

Whoever chose “pour” when it said *Pour* did not say what it says now. A spelling that was corrected
changes nothing; any other word may.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from forms.language_codes import language_code
from forms.offered import list_behind
from forms.xform.controls import Question
from forms.xform.form import Form
from forms.xform.texts import Wording, plain

_ITEMS = ("root", "item")
_DASHES = str.maketrans("‐‑‒–—−", "------")
_MEANS = frozenset("+-<>=%€$£/")
"""Signs that say something; other signs may come and go."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Words that are others than they were.

    Attributes:
        questions: the names of the questions that show them.
        choice: the name of the choice that they say; "" for the questions' own words.
        before: as the older version says it.
        now: as the newer version does.
        language: as the newer form names it; "" where it names none.
    """

    questions: tuple[str, ...]
    choice: str
    before: str
    now: str
    language: str

    def __str__(self) -> str:
        """What changed, as a sentence."""
        named = ", ".join(f"“{name}”" for name in self.questions)
        spoken = f" in {self.language}" if self.language else ""
        if self.choice:
            return (
                f"The choice “{self.choice}” of {named} said “{self.before}”{spoken},"
                f" and says “{self.now}” now."
            )
        return f"The question {named} said “{self.before}”{spoken}, and says “{self.now}” now."


def changed_words(before: Form, now: Form) -> tuple[Changed, ...]:
    """Every label of a question and of a choice that says something else than it did.

    Args:
        before: the older version, read with its lists.
        now: the newer one, likewise.
    """
    found: dict[tuple[str, str, str, str], list[str]] = {}
    older = {question.field.path: question for question in before.questions}
    for language, spoken in _languages(before, now):
        for question in now.questions:
            was = older.get(question.field.path)
            if was is None:
                continue
            name = question.field.name
            for choice, old, new in _pairs(
                _said(before, was, spoken), _said(now, question, language)
            ):
                asked = found.setdefault((choice, old, new, language), [])
                if name not in asked:
                    asked.append(name)
    return tuple(
        Changed(tuple(names), choice, old, new, language)
        for (choice, old, new, language), names in found.items()
    )


def _languages(before: Form, now: Form) -> list[tuple[str, str]]:
    """The newer form's languages that the older one has as well, each with its name there."""
    if not before.languages or not now.languages:
        return [(now.default_language, before.default_language)]
    codes = {language_code(language): language for language in before.languages}
    return [
        (language, codes[language_code(language)])
        for language in now.languages
        if language_code(language) in codes
    ]


def _pairs(
    before: Mapping[str, list[str]], now: Mapping[str, list[str]]
) -> Iterator[tuple[str, str, str]]:
    for choice, words in now.items():
        earlier = before.get(choice, [])
        if not earlier or {_meaning(one) for one in earlier} & {_meaning(one) for one in words}:
            continue
        yield choice, earlier[0], words[0]


def _said(form: Form, question: Question, language: str) -> dict[str, list[str]]:
    """By choice, every label that it has in some filter; the question's own under ""."""
    found: dict[str, list[str]] = {}
    _add(found, "", _wording(form, question.label, language))
    for item in question.items:
        _add(found, item.name, _wording(form, item.label, language))
    itemset, list_ = question.itemset, list_behind(question)
    held = form.secondary.get(list_ or "")
    if itemset is not None and held is not None:
        for row in held.items(_ITEMS):
            label = row.cell(itemset.label) or ""
            if itemset.translated:
                label = form.text(label, language or form.texts.default)
            _add(found, row.cell(itemset.value) or "", label)
    return found


def _add(found: dict[str, list[str]], choice: str, label: str) -> None:
    label = " ".join(label.split())
    if label:
        found.setdefault(choice, []).append(label)


def _wording(form: Form, wording: Wording, language: str) -> str:
    if wording.key:
        return form.text(wording.key, language or form.texts.default)
    return plain(wording.inline)


def _meaning(label: str) -> str:
    """A label without what may change and mean the same: capitals, accents, signs, spaces."""
    letters = unicodedata.normalize("NFKD", label.casefold().translate(_DASHES))
    return "".join(_kept(letters))


def _kept(letters: Iterable[str]) -> Iterator[str]:
    for letter in letters:
        if letter.isalnum() or letter in _MEANS or unicodedata.category(letter) in {"Mc", "So"}:
            yield letter
