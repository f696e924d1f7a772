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
        for name in _names(question, form):
            names[name] = None
    paths = [field.path for field in form.fields if not field.children]
    lines = [*sorted(text for text in texts if text), *names, *paths]
    return "\n".join(lines).encode()[-LONGEST:]


def _inline(question: Question) -> list[Template]:
    wordings: list[Wording] = [question.label, question.hint]
    wordings.extend(item.label for item in question.items)
    return [wording.inline for wording in wordings if wording.inline]


def _names(question: Question, form: Form) -> list[str]:
    """The names of a question's choices, filters apart."""
    if question.itemset is None:
        return [item.name for item in question.items]
    source = question.itemset.nodes.source
    for key, instance in form.secondary.items():
        if f"'{key}'" in source or f'"{key}"' in source:
            cells = (
                item.child(question.itemset.value) for item in instance.items(("root", "item"))
            )
            return [cell.text for cell in cells if cell is not None]
    return []
