"""The columns of a consultation's table: which question stands where, and what it is called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from forms.engine.recalled import Fields, Labels, Recalled
from forms.xform import Form
from forms.xform.controls import Kind
from sync.errors import SyncError

_POSITION = re.compile(r"\[(\d+)\]")
_BREAKS = re.compile(r"\s*\n\s*")


class UnknownLanguage(SyncError):
    """Labels are wanted in a language that no version of the form has."""


@dataclass(frozen=True)
class Column:
    """One question's column.

    Attributes:
        path: of the field, with positions inside repeats.
        heading: what stands above it.
    """

    path: str
    heading: str


Answered = tuple[tuple[Labels, Recalled], ...]
"""A contribution beside the versions that it may have been given to: one, but for list files that
were changed under a form that was not."""


class Versions:
    """The versions of a consultation's form, which say what questions and choices are called.

    Args:
        forms: the newest first.
        language: of the labels; each form's default one if "", or where it has not this one.

    Raises:
        UnknownLanguage: no version has it.
    """

    def __init__(self, forms: Sequence[Form], language: str = "") -> None:
        if language and all(form.language_for(language) is None for form in forms):
            had = ", ".join(dict.fromkeys(name for one in forms for name in one.languages))
            raise UnknownLanguage(
                f"The form is not in “{language}”: "
                + (f"it is in {had}." if had else "its one language has no name. Leave it out.")
            )
        self._labels: dict[str, list[Labels]] = {}
        for form in forms:
            spoken = (form.language_for(language) or "") if language else ""
            self._labels.setdefault(form.hash.hex(), []).append(Labels(form, spoken))

    def question(self, path: str, answered_in: Collection[str] = ()) -> str:
        """What the question at a path is called; where versions differ, what each called it.

        Args:
            path: of the field.
            answered_in: hashes of the versions that somebody answered: the others count only where
                none of these asks it.
        """
        called: dict[str, str] = {}  # what → the version
        some = [hash_ for hash_ in self._labels if hash_ in answered_in]
        for hashes in (some, self._labels):
            for hash_ in hashes:
                label = self.called(path, hash_)
                if label:
                    called.setdefault(label, self._labels[hash_][0].form.version)
            if called:
                break
        newest, *older = called or [""]
        return newest + "".join(f" — version {called[label]}: {label}" for label in older)

    def called(self, path: str, form_hash: str) -> str:
        """What one version calls the question at a path; "" where it asks none."""
        labels = self._labels[form_hash][0]
        question = labels.question_at(path)
        return "" if question is None else _one_line(labels.of_question(question))

    def answered(self, form_hash: str, fields: Fields) -> Answered:
        """A contribution, for `choices` and `shown`; () where its version is not known."""
        return tuple((one, Recalled(one.form, fields)) for one in self._labels.get(form_hash, ()))

    @staticmethod
    def choices(answered: Answered, path: str, value: str) -> tuple[tuple[str, str], ...]:
        """The choices that a value names, with what they were called; "" where that is not sure."""
        told = {labels.of_value(path, value, said) for labels, said in answered}
        if told <= {()}:
            return ()
        return tuple(
            (called[0][0], _one_line(called[0][1]) if len(set(called)) == 1 else "")
            for called in zip(*told, strict=False)
        )

    def shown(self, answered: Answered, path: str, value: str) -> str:
        """A value as a table shows it: the labels of what was chosen, or the value as it is."""
        named = self.choices(answered, path, value)
        return "; ".join(label or name for name, label in named) if named else value


def columns(
    forms: Sequence[Form],
    answered: Iterable[str],
    taken: Iterable[str],
) -> tuple[Column, ...]:
    """The columns of a table.

    In the order of the form, newest version first; what only an older version asked comes after.
    Notes have no column, nor has `meta`, which the form keeps for itself.

    Args:
        forms: the versions, the newest first.
        answered: every path that some contribution has a value at.
        taken: headings that the table uses itself.
    """
    found: dict[str, None] = {}
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
                found.setdefault(path)
    for path in sorted(path for paths in at_field.values() for path in paths):
        if not path.split("/", 2)[-1].startswith("meta/"):
            found.setdefault(path)
    names = _names(list(found), taken)
    return tuple(Column(path, names[path]) for path in found)


def labelled(
    columns: Iterable[Column], versions: Versions, answered_in: Collection[str]
) -> tuple[Column, ...]:
    """The same columns, each headed by what its question is called."""
    return tuple(
        Column(one.path, f"{label} ({one.heading})" if label else one.heading)
        for one in columns
        for label in (versions.question(one.path, answered_in),)
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


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text).strip()


def _positions(path: str) -> tuple[int, ...]:
    return tuple(int(position) for position in _POSITION.findall(path))
