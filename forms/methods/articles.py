"""Text by article: whether one agrees with each, an argument, and another wording.

For each article a select_one with `parvis:method` "article", whose hint is the article's text. A
text with `parvis:argument-of` and one with `parvis:wording-of` name it.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.methods.asked import Fields, Wrong, asked, values_at
from forms.xform.controls import Question, questions_of
from forms.xform.form import Form
from forms.xform.texts import NOTHING_SAID

METHOD = "article"
ARGUMENT = "parvis:argument-of"
WORDING = "parvis:wording-of"


@dataclass(frozen=True)
class Article:
    """Where one article is asked about; "" where something is not asked.

    Attributes:
        name: of its question.
        opinion: the path of whether one agrees.
        argument: of why.
        wording: of another wording.
    """

    name: str
    opinion: str
    argument: str
    wording: str


@dataclass(frozen=True)
class Said:
    """What one person said of one article; each "" where they said nothing."""

    article: str
    opinion: str
    argument: str
    wording: str


def read(form: Form) -> tuple[Article, ...]:
    """The articles of a form, in order.

    Raises:
        MethodError: a group is marked instead of a question.
    """
    others = tuple(questions_of(form.body))
    return tuple(
        Article(
            place.question.field.name,
            place.path,
            _named(others, ARGUMENT, place.question.field.name),
            _named(others, WORDING, place.question.field.name),
        )
        for place in asked(form, METHOD)
    )


def problems(form: Form) -> list[Wrong]:
    """What is wrong with the articles."""
    known = {article.name for article in read(form)}
    found = [
        Wrong(place.path, "the hint is the article's text, and there is none.", "hint")
        for place in asked(form, METHOD)
        if place.question.hint == NOTHING_SAID
    ]
    for question in questions_of(form.body):
        for attribute in (ARGUMENT, WORDING):
            name = question.attributes.get(attribute, "")
            if name and name not in known:
                sentence = f"{attribute} names no article: “{name}”."
                found.append(Wrong(question.field.path, sentence, attribute))
    return found


def ballot(articles: tuple[Article, ...], fields: Fields) -> tuple[Said, ...]:
    """What one person said of each article."""
    values = values_at(fields)
    return tuple(
        Said(
            one.name,
            values.get(one.opinion, ""),
            values.get(one.argument, ""),
            values.get(one.wording, ""),
        )
        for one in articles
    )


def _named(questions: tuple[Question, ...], attribute: str, article: str) -> str:
    return next(
        (one.field.path for one in questions if one.attributes.get(attribute) == article), ""
    )
