"""Texts that their author styled as XLSForm allows: people see and hear the words alone."""

import pytest

from forms.engine.styling import unstyled
from tests.forms.writing import entry_of


@pytest.mark.parametrize(
    ("styled", "words"),
    [
        ("Un mot **important** ici", "Un mot important ici"),
        ("__Vraiment__ *très* _utile_", "Vraiment très utile"),
        ("**Un *mot* ici**", "Un mot ici"),
        ("# Le titre\n## Dessous", "Le titre\nDessous"),
        ("Lisez [la charte](https://exemple.fr/a_(b)) avant.", "Lisez la charte avant."),
        ('<span style="color:red">Rouge</span> et<br>noir', "Rouge et\nnoir"),
        ("Une \\*étoile\\*", "Une *étoile*"),
    ],
)
def test_the_marks_of_a_style_are_not_shown(styled, words):
    assert unstyled(styled) == words


@pytest.mark.parametrize(
    "text",
    [
        *("5 * 3 * 2", "le champ nom_de_rue et nom_de_ville", "Obligatoire *", "a < b et c > d"),
        *("n° #3", "#1 des villes", "C:\\dossier", "[sic]", "2*3*4", "__", "**"),
    ],
)
def test_what_is_no_style_stays(text):
    assert unstyled(text) == text


def test_questions_hints_messages_and_choices_come_without_marks():
    entry = entry_of("""
| survey | type | name | label | hint | constraint | constraint_message |
| | text | n | Votre _nom_ ? | | | |
| | select_one c | q | **Lequel**, ${n} ? | _Un seul_ | . != 'b' | **Pas** celui-là. |
| choices | list_name | name | label |
| | c | a | *Arbre* |
| | c | b | Banc |
| settings | form_title | form_id |
| | T | t |
""")
    entry.answer("/data/n", "Léa")
    first, second = entry.steps()
    assert first.label == "Votre nom ?"
    assert (second.label, second.hint) == ("Lequel, Léa ?", "Un seul")
    assert [choice.label for choice in second.choices] == ["Arbre", "Banc"]
    assert entry.answer("/data/q", "b").message == "Pas celui-là."
