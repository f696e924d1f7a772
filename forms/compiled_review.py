"""Looks a form through as it was compiled, whatever wrote it, with the lists that lie beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from forms.beside import Beside, find_media
from forms.claims import claims_of
from forms.errors import Problem
from forms.list_files import files_of, review_lists
from forms.methods.review import review_methods
from forms.offered import review_values
from forms.placing import Places
from forms.xform import Form
from forms.xform.controls import Kind
from forms.xform.reader import unresolved_references
from forms.xpath.nodes import Field


def review_form(
    form: Form, xml: bytes, media: Mapping[str, bytes], places: Places
) -> tuple[list[Problem], list[Problem]]:
    """Look through a form as compiled, whatever wrote it, but for what its methods want.

    Args:
        form: read with its lists.
        xml: that it was read from.
        media: the files beside it, by name.
        places: where its author wrote what.

    Returns:
        What is wrong, and what its author may want to know.
    """
    claims = tuple(claims_of(form))
    lists = review_lists(form, files_of(xml), media, places, claims)
    told = [
        *_led_nowhere(form, places),
        *_named_alike(form, places),
        *lists.warnings,
        *review_values(form, places, claims),
    ]
    return list(lists.problems), told


def review_file(path: Path, form: Form) -> tuple[list[Problem], list[Problem]]:
    """Look through an XForm that lies somewhere: what is wrong, and what may be worth knowing."""
    _, missing = find_media(form, path)
    wrong, told = review_form(form, path.read_bytes(), Beside(path), Places())
    wrong += map(Places().of_method, review_methods(form))
    return wrong, [*told, *absent(missing, told)]


def _led_nowhere(form: Form, places: Places) -> list[Problem]:
    """Paths to no question: every engine runs such forms, and hardly any author means them."""
    return [
        places.at(
            path,
            rule,
            f"“{missing}” leads to no question of this form.",
            "Write yes or no."
            if rule in {"required", "readonly"} and missing.isalnum()
            else "Refer to questions as ${name}; texts stand between quotation marks.",
        )
        for path, rule, missing in unresolved_references(form)
        if not missing.startswith("instance(")
    ]


def _named_alike(form: Form, places: Places) -> Iterator[Problem]:
    """Questions of one name in several groups: tables and answer files tell them by their path."""
    seen: dict[str, Field] = {}
    meta = f"{form.root.path}/meta/"
    for field in form.fields:
        question = form.question(field)
        said_by_a_row = places.book is None or places.row(field.path) is not None
        if field.children or field.is_attribute or field.path.startswith(meta):
            continue
        if not said_by_a_row or (question is not None and question.kind is Kind.NOTE):
            continue  # a loop repeats the names of its rows
        first = seen.setdefault(field.name, field)
        if first is not field:
            row = places.row(first.path)
            where = f"row {row.number}" if row is not None else first.path
            short = [path.split("/", 2)[-1] for path in (first.path, field.path)]
            yield places.at(
                field.path,
                "name",
                f"“{field.name}” is the name of the question in {where} too: a table tells them"
                f" apart only as {short[0]} and {short[1]}.",
                "Give it a name of its own.",
            )


def absent(missing: Iterable[str], told: Iterable[Problem]) -> Iterator[Problem]:
    """The files that a form names and that are not there, those told already left out."""
    said = [problem.message for problem in told]
    for name in missing:
        if "://" not in name and not any(f" {name} is not beside" in message for message in said):
            yield Problem(f"The media file {name} is not beside the form.")
