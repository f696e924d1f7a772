"""What a contribution to a form is likely to contain, as a dictionary to compress it with.

Everything is taken from the form alone, in a canonical order, so that whoever holds the form makes
the same bytes. Compressors favour the end of a dictionary: texts come first, then the names of
choices, then the paths, which every contribution repeats.
"""

from __future__ import annotations

from forms.xform.controls import Question, questions_of
from forms.xform.form import Form
from forms.xform.texts import MEDIA, Template, Wording, plain

LONGEST = 64 * 1024
"""Bytes kept: the last ones."""


def dictionary_material(form: Form) -> bytes:
    """Texts in all languages, choice names, paths: UTF-8, one a line, the likeliest last."""
    texts: set[str] = set()
    for _, _, kind, template in form.texts.templates():
        if kind not in MEDIA:
            texts.add(plain(template))
    names: dict[str, None] = {}
    for question in questions_of(form.body):
        for template in _inline(question):
            texts.add(plain(template))
        for name, label in choices_of(question, form):
            names[name] = None
            texts.add(label)
    paths = [field.path for field in form.fields if not field.children]
    lines = [*sorted(text for text in texts if text), *names, *paths]
    return "\n".join(lines).encode()[-LONGEST:]


def _inline(question: Question) -> list[Template]:
    wordings: tuple[Wording, ...] = (question.label, question.hint)
    return [wording.inline for wording in wordings if wording.inline]


def choices_of(question: Question, form: Form) -> list[tuple[str, str]]:
    """The names and the labels of a question's choices, filters apart."""
    itemset = question.itemset
    if itemset is None:
        return [(item.name, plain(item.label.inline)) for item in question.items]
    source = itemset.nodes.source
    found: list[tuple[str, str]] = []
    for key, instance in form.secondary.items():
        if f"'{key}'" in source or f'"{key}"' in source:
            for item in instance.items(("root", "item")):
                name = item.cell(itemset.value)
                shown = "" if itemset.translated else item.cell(itemset.label) or ""
                if name is not None:
                    found.append((name, shown))
            break
    return found
