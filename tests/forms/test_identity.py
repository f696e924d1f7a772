"""Whether a form asks who somebody is: what is promised about names hangs on it."""

from pathlib import Path

import pytest

from forms.methods.identity import asks_identity
from forms.xform import read_form
from tests.forms.writing import compiled

FORM = """
| survey | type | name | label::Français (fr) | label::{language} | appearance |
| | {type} | {name} | {label} | {other} | {appearance} |
| choices | list_name | name | label::Français (fr) | label::{language} |
| | noms | a | Nom | Name |
| settings | form_title | form_id | version | default_language |
| | Une question | une | 1 | Français (fr) |
"""


def asks(label="Votre idée ?", other="Your idea?", kind="text", name="q", appearance="") -> bool:
    survey = FORM.format(
        type=kind,
        name=name,
        label=label,
        other=other,
        appearance=appearance,
        language="English (en)",
    )
    return asks_identity(read_form(compiled(survey)))


@pytest.mark.parametrize(
    "label",
    [
        *("Votre nom ?", "Quel est votre prénom ?", "Votre adresse e-mail", "Votre téléphone"),
        *("What is your name?", "Your surname", "Your phone number", "Your home address"),
        *("¿Cuál es su nombre?", "Sus apellidos", "Su correo", "O seu nome", "Adınız nedir?"),
        *(
            "Як ваше ім’я?",
            "Ваше прізвище",
            "Ваш телефон",
            "ما اسمك؟",
            "رقم الهاتف",
            "您的姓名",
            "电话",
        ),
        "Comment vous joindre ?",
    ],
)
def test_a_question_for_a_name_or_an_address_is_known_in_nine_languages(label: str) -> None:
    assert asks(label=label)
    assert asks(other=label)


@pytest.mark.parametrize(
    "label",
    ["Votre idée ?", "Pourquoi ?", "Que faudrait-il changer ?", "What would you add?", "فكرتك؟"],
)
def test_a_question_for_an_idea_asks_nobodys_name(label: str) -> None:
    assert not asks(label=label)


def test_what_a_question_is_called_and_how_it_looks_tell_it_too() -> None:
    assert asks(name="prenom")
    assert asks(appearance="email")
    assert asks(kind="image", appearance="signature")
    assert not asks(kind="select_one noms", label="Quel nom donner à la place ?")


@pytest.mark.parametrize(
    ("name", "named"), [("petition", True), ("panel", True), ("budget", False), ("points", False)]
)
def test_of_the_catalogue_those_that_keep_identity_apart_ask_for_it(name: str, named: bool) -> None:
    source = Path("forms/catalogue") / f"{name}.md"
    assert asks_identity(read_form(compiled(source.read_text(encoding="utf-8")))) is named
