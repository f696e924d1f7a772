"""How the fields of published contributions are shown: each by its own version of the form.

What the newest version's contributions were shown stands first; other versions, and other choices
under the same name, stand beside it wherever they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from forms.engine.recalled import SEVERAL
from forms.xform import Form
from sync.answers import Labelled, Otherwise, shown_leaves
from sync.desk.export import FIXED, read_versions
from sync.desk.store import DeskContribution, DeskStore
from sync.desk.tables import Versions, columns

_MOST_IDS = 40_000
"""Contributions that are named one by one: some 1.5 MB of the 4 that a statement may have."""

_Texts = tuple[tuple[str, str], ...]  # by language tag


@dataclass(frozen=True)
class Wordings:
    """How fields are shown, as `sync.answers.Answers` has it."""

    questions: Mapping[str, Labelled] = field(default_factory=dict)
    otherwise: tuple[Otherwise, ...] = ()


@dataclass
class _Asked:
    """A field in one version: what it was called, and which contributions saw what as a choice."""

    label: dict[str, str]
    several: bool
    seen: dict[str, dict[_Texts, set[str]]] = field(default_factory=dict)

    def usual(self, *, sure: bool) -> Labelled:
        """As most have seen it.

        Args:
            sure: without the choices that were not the same for everybody.
        """
        choices = {
            name: dict(_most(seen))
            for name, seen in self.seen.items()
            if not sure or len(seen) == 1
        }
        return Labelled(self.label, choices, self.several)

    def exceptions(self) -> list[tuple[Labelled, frozenset[str]]]:
        """As the others have seen it, and which contributions those are."""
        usual = self.usual(sure=False)
        special: dict[str, dict[str, Mapping[str, str]]] = {}
        for name, seen in self.seen.items():
            for texts, ids in seen.items():
                for id_ in ids if dict(texts) != usual.choices[name] else ():
                    special.setdefault(id_, {})[name] = dict(texts)
        alike: dict[str, tuple[Labelled, set[str]]] = {}
        for id_, different in special.items():
            shown = Labelled(usual.label, {**usual.choices, **different}, usual.several)
            alike.setdefault(repr(shown), (shown, set()))[1].add(id_)
        return [(shown, frozenset(ids)) for shown, ids in alike.values()]


def wordings(store: DeskStore, consultation: str, published: Mapping[str, str]) -> Wordings:
    """How the fields of published contributions are shown, in every language of the form.

    Args:
        store: has the contributions, and the form's versions.
        consultation: its id.
        published: contribution id → its line of the published data.
    """
    forms = read_versions(store, consultation)
    newest = next(one for one in store.consultations() if one.id == consultation)
    languages = _Languages(forms, next(iter(newest.title)))
    shown = {id_: dict(shown_leaves(line)[0]) for id_, line in published.items()}
    paths = {path for leaves in shown.values() for path in leaves}
    asked: dict[tuple[str, str], _Asked] = {}
    for column in columns(forms, paths, FIXED):
        for form in forms if column.path in paths else ():
            known = form.field("/".join(step.partition("[")[0] for step in column.path.split("/")))
            question = None if known is None else form.question(known)
            if known is not None:
                several = question is not None and question.kind in SEVERAL
                label = languages.label(form, column.path) or {languages.first: column.heading}
                asked[column.path, form.hash.hex()] = _Asked(label, several)
    for one in store.contributions(consultation):
        for path, value in shown.get(one.id, {}).items():
            held = asked.get((path, one.form_hash))
            if held is not None:
                for name, texts in languages.choices(one, path, value).items():
                    held.seen.setdefault(name, {}).setdefault(texts, set()).add(one.id)
    return _compared(asked)


def _most(seen: Mapping[_Texts, set[str]]) -> _Texts:
    """What most have seen; of several as frequent, always the same."""
    return max(seen, key=lambda texts: (len(seen[texts]), texts))


def _compared(asked: Mapping[tuple[str, str], _Asked]) -> Wordings:
    """What is shown in the newest version of each field, and what differs from that."""
    questions: dict[str, Labelled] = {}
    otherwise: list[Otherwise] = []
    exceptions = {at: one.exceptions() for at, one in asked.items()}
    # Where too many are to be named, the choice's name is shown: never another one's label.
    sure = sum(len(ids) for some in exceptions.values() for _, ids in some) > _MOST_IDS
    for (path, form), one in asked.items():
        usual = one.usual(sure=sure)
        first = questions.setdefault(path, usual)
        alike = (first.label, first.several) == (usual.label, usual.several)
        if alike and all(first.choices.get(name, it) == it for name, it in usual.choices.items()):
            choices = {**usual.choices, **first.choices}
            questions[path] = Labelled(first.label, choices, first.several)
        else:
            otherwise.append(Otherwise(path, usual, form))
        if not sure:
            otherwise += [Otherwise(path, it, form, ids) for it, ids in exceptions[path, form]]
    return Wordings(questions, tuple(otherwise))


class _Languages:
    """The versions of a form in each language that any of them has.

    Args:
        forms: the versions, the newest first.
        first: the tag of the language of a form that names none.
    """

    def __init__(self, forms: Sequence[Form], first: str) -> None:
        self.first = first
        named = dict.fromkeys(name for form in forms for name in form.languages)
        by_tag = {tag_of(name) or first: name for name in reversed(named)}
        self._versions = {tag: Versions(forms, name) for tag, name in by_tag.items()}
        self._plain = Versions(forms)
        self._spoken = {
            form.hash.hex(): [tag for tag, name in by_tag.items() if form.language_for(name)]
            for form in forms
        }

    def _of(self, form_hash: str) -> list[tuple[str, Versions]]:
        spoken = [(tag, self._versions[tag]) for tag in self._spoken.get(form_hash, ())]
        return spoken or [(self.first, self._plain)]

    def label(self, form: Form, path: str) -> dict[str, str]:
        """What a version calls a question, by language tag."""
        hash_ = form.hash.hex()
        found = {tag: versions.called(path, hash_) for tag, versions in self._of(hash_)}
        return {tag: label for tag, label in found.items() if label}

    def choices(self, one: DeskContribution, path: str, value: str) -> dict[str, _Texts]:
        """What the choices in a value were called; nothing for those of which it is not sure."""
        found: dict[str, dict[str, str]] = {}
        for tag, versions in self._of(one.form_hash):
            answered = versions.answered(one.form_hash, one.fields)
            for name, label in versions.choices(answered, path, value):
                found.setdefault(name, {}).update({tag: label} if label else {})
        return {name: tuple(texts.items()) for name, texts in found.items()}


def tag_of(language: str) -> str:
    """The tag of a language as forms write it: "ar" of "Arabic (ar)"."""
    if language.endswith(")"):
        return language[language.rfind("(") + 1 : -1].strip()
    return language
