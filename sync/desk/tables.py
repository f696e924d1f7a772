"""The columns of a consultation's table: which question stands where, and what it is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forms.xform import Form
from forms.xform.controls import Kind, Question
from forms.xform.texts import Wording, plain

_POSITION = re.compile(r"\[(\d+)\]")
_BREAKS = re.compile(r"\s*\n\s*")


@dataclass(frozen=True)
class Column:
    """One question's column.

    Attributes:
        path: of the field, with positions inside repeats.
        heading: what stands above it.
        labels: choice name → label, where values are shown by their labels.
        several: whether a value is several choices, separated by spaces.
    """

    path: str
    heading: str
    labels: Mapping[str, str] = field(default_factory=dict)
    several: bool = False

    def shown(self, value: str) -> str:
        """A value as the table shows it."""
        if not self.labels:
            return value
        names = value.split() if self.several else [value]
        return "; ".join(self.labels.get(name, name) for name in names)


def columns(
    forms: Sequence[Form],
    answered: Iterable[str],
    taken: Iterable[str],
    *,
    labels: bool = False,
    language: str = "",
) -> tuple[Column, ...]:
    """The columns of a table.

    In the order of the form, newest version first; what only an older version asked comes after.
    Notes have no column, nor has `meta`, which the form keeps for itself.

    Args:
        forms: the versions, the newest first.
        answered: every path that some contribution has a value at.
        taken: headings that the table uses itself.
        labels: head and fill the columns with labels instead of names.
        language: of the labels; the form's default one if "".
    """
    found: dict[str, tuple[Form | None, Question | None]] = {}
    at_field: dict[str, list[str]] = {}
    for path in answered:
        at_field.setdefault(_POSITION.sub("", path), []).append(path)
    for form in forms:
        for one in form.fields:
            question = form.question(one)
            if one.children or one is form.root or one.path.startswith(f"{form.root.path}/meta/"):
                continue
            if question is not None and question.kind is Kind.NOTE:
                continue
            paths = at_field.get(one.path, [])
            if not one.repeats and one.path not in paths:
                paths = [one.path]
            for path in sorted(paths, key=_positions):
                found.setdefault(path, (form, question))
    for path in sorted(path for paths in at_field.values() for path in paths):
        if not path.split("/", 2)[-1].startswith("meta/"):
            found.setdefault(path, (None, None))
    names = _names(list(found), taken)
    if not labels:
        return tuple(Column(path, names[path]) for path in found)
    return tuple(
        _labelled(path, names[path], form, question, language)
        for path, (form, question) in found.items()
    )


def _names(paths: Sequence[str], taken: Iterable[str]) -> dict[str, str]:
    """A question's name where no other has it, else as much of its path as it takes."""
    short = {path: path.rpartition("/")[2] for path in paths}
    long = {path: path.split("/", 2)[-1] for path in paths}
    count = Counter(short.values())
    count.update(taken)
    names = {}
    for path in paths:
        in_repeat = _POSITION.search(path) is not None
        name = long[path] if in_repeat or count[short[path]] > 1 else short[path]
        names[path] = path if name in taken else name
    return names


def _labelled(
    path: str, name: str, form: Form | None, question: Question | None, language: str
) -> Column:
    if form is None or question is None:
        return Column(path, name)
    speaks = form.language_for(language) if language else None
    spoken = speaks or form.default_language or form.texts.default
    label = _said(form, question.label, spoken)
    heading = f"{label} ({name})" if label else name
    several = question.kind in {Kind.SELECT_MULTIPLE, Kind.RANK}
    return Column(path, heading, _choice_labels(form, question, spoken), several)


def _choice_labels(form: Form, question: Question, language: str) -> dict[str, str]:
    """The label of every choice, filters apart."""
    labels = {item.name: _said(form, item.label, language) for item in question.items}
    itemset = question.itemset
    if itemset is not None:
        source = itemset.nodes.source
        for key, instance in form.secondary.items():
            if f"'{key}'" not in source and f'"{key}"' not in source:
                continue
            for item in instance.items(("root", "item")):
                name, label = item.child(itemset.value), item.child(itemset.label)
                if name is not None and label is not None:
                    text = form.text(label.text, language) if itemset.translated else label.text
                    labels[name.text] = _one_line(text)
    return {name: label for name, label in labels.items() if label}


def _said(form: Form, wording: Wording, language: str) -> str:
    if wording.key:
        return _one_line(form.text(wording.key, language))
    return _one_line(plain(wording.inline))


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _positions(path: str) -> tuple[int, ...]:
    return tuple(int(position) for position in _POSITION.findall(path))
