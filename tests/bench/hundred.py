"""A form of a hundred questions such as towns really ask, with an answer to most of them.

As in a long survey of a neighbourhood: mostly choices, some numbers, dates and words of one's own;
two lists that are searched, three pages of several questions, two grids, a ranking now and then.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from forms.xform import read_form
from sync import consultation as packages
from sync.consultation import Consultation
from tests.forms.writing import compiled
from tests.gallery.kinds import COMMUNES
from tests.kiosk import hall

QUESTIONS = 100
FORM_ID = "cent-questions"

_PLACES = (
    *("la place du marché", "le parvis de la gare", "la rue de l’école", "le parc des Tanneurs"),
    *("les berges de la rivière", "la cour de la mairie", "le terrain de sport", "le vieux pont"),
    *("la piscine", "la bibliothèque"),
)


class Asked(NamedTuple):
    """One row of the survey, and what a person answers to it."""

    kind: str
    label: str
    given: str = ""
    hint: str = ""
    required: str = ""
    appearance: str = ""
    parameters: str = ""


# What is asked about each of the ten places: eight questions in a row.
_ABOUT = (
    Asked("select_one accord", "{place} : s’y sent-on bien ?", "plutot", "Un seul choix."),
    Asked("select_one souvent", "Allez-vous souvent ici : {place} ?", "mois", required="yes"),
    Asked("select_multiple manques", "Que manque-t-il à cet endroit : {place} ?", "bancs arbres"),
    Asked(
        "range", "{place} : quelle note pour la propreté ?", "7", parameters="start=0 end=10 step=1"
    ),
    Asked("select_one oui_non", "{place} : faut-il y interdire les voitures ?", "oui"),
    Asked("text", "{place} : que voulez-vous dire de plus ?", "Il y fait trop chaud en été."),
    Asked("select_one phrases", "{place} : quelle phrase dit le mieux votre avis ?", "deux"),
    Asked("integer", "{place} : combien de minutes pour y aller à pied ?", "12"),
)
_AT_THE_END = (
    Asked("select_one communes", "Dans quelle commune habitez-vous ?", "c17"),
    Asked("select_one communes", "Dans quelle commune travaillez-vous ?", "c3"),
    Asked("rank lieux", "Rangez ces lieux, du plus au moins important.", "gare parc marche ecole"),
    Asked("date", "Quand êtes-vous venu pour la dernière fois ?", "2026-11-02"),
    Asked("date", "En quelle année êtes-vous arrivé ici ?", "1987-01-01", appearance="year"),
    Asked("time", "À quelle heure pouvez-vous venir aux réunions ?", "18:30:00.000+01:00"),
    Asked("trigger", "La réunion publique aura lieu le 12 janvier.", "OK"),
)
_TOGETHER = (
    Asked("select_one oui_non", "Avez-vous un jardin ?", "oui"),
    Asked("integer", "Combien de pièces a votre logement ?", "3"),
    Asked("text", "Un mot sur votre rue ?", ""),
)
_ROWS = (
    Asked("select_one accord", "Les bus passent assez souvent", "tout"),
    Asked("select_one accord", "Les trottoirs sont assez larges", "pas"),
)
_CHOICES = {
    "oui_non": {"oui": "Oui", "non": "Non"},
    "accord": {
        "tout": "Tout à fait d’accord",
        "plutot": "Plutôt d’accord",
        "plutot_pas": "Plutôt pas d’accord",
        "pas": "Pas du tout d’accord",
    },
    "souvent": {
        "jour": "Chaque jour",
        "semaine": "Chaque semaine",
        "mois": "Une fois par mois",
        "an": "Une ou deux fois par an",
        "jamais": "Jamais",
    },
    "manques": {
        "bancs": "Des bancs",
        "arbres": "Des arbres",
        "lumiere": "De la lumière la nuit",
        "jeux": "Des jeux pour les enfants",
        "eau": "Un point d’eau",
        "toilettes": "Des toilettes",
        "velo": "Des places pour les vélos",
        "rien": "Rien",
    },
    "phrases": {
        "un": "La ville doit d’abord réparer ce qui existe, même si les projets attendent.",
        "deux": "Il faut planter davantage, et laisser de la place aux enfants qui jouent dehors.",
        "trois": "Chaque quartier devrait décider lui-même de ses priorités, avec un budget à lui.",
        "quatre": "Je ne sais pas",
    },
    "lieux": {
        "marche": "La place du marché",
        "gare": "Le parvis de la gare",
        "ecole": "La rue de l’école",
        "parc": "Le parc des Tanneurs",
    },
    "communes": {f"c{at}": name for at, name in enumerate(COMMUNES.split(), 1)},
}


def rows() -> Iterator[tuple[str, Asked]]:
    """The survey, row by row, each with its name."""
    number = 0

    def named(asked: Asked) -> tuple[str, Asked]:
        nonlocal number
        number += 1
        return (f"q{number}", asked)

    for place in _PLACES:
        for asked in _ABOUT:
            label = asked.label.format(place=place)
            yield named(asked._replace(label=label[0].upper() + label[1:]))
    for title in ("Votre logement", "Le logement de vos parents"):
        yield "", Asked("begin group", title, appearance="field-list")
        yield from (named(asked) for asked in _TOGETHER)
        yield "", Asked("end group", "")
    for title in ("La rue", "Le quartier"):
        yield "", Asked("begin group", title, appearance="table-list")
        yield from (named(asked) for asked in _ROWS)
        yield "", Asked("end group", "")
    for asked in _AT_THE_END:
        yield named(asked)
    while number < QUESTIONS:
        yield named(Asked("select_one oui_non", f"Faut-il une fête en {number + 1930} ?", "non"))


def survey() -> str:
    """The same as a form's author writes it."""
    lines = ["| survey | type | name | label | hint | required | appearance | parameters |"]
    for at, (name, row) in enumerate(rows()):
        name = name or (f"g{at}" if row.kind.startswith("begin") else "")
        cells = (row.kind, name, row.label, row.hint, row.required, row.appearance, row.parameters)
        lines.append(f"| | {' | '.join(cells)} |")
    lines.append("| choices | list_name | name | label |")
    for name, choices in _CHOICES.items():
        lines += [f"| | {name} | {value} | {label} |" for value, label in choices.items()]
    lines.append("| settings | form_title | form_id | version | default_language |")
    lines.append(f"| | Cent questions | {FORM_ID} | 1 | French (fr) |")
    return "\n".join(lines)


def examples() -> dict[str, str]:
    """An answer to each question that people do not pass over, by the question's name."""
    return {name: row.given for name, row in rows() if name and row.given}


@cache
def consultation() -> Consultation:
    """The consultation, published once."""
    form = compiled(survey())
    read = read_form(form)
    draft = Consultation(
        organiser="Ville",
        organiser_key=hall.keys().organiser.public_key().public_bytes_raw(),
        version=1,
        title={"fr": "Cent questions"},
        notice={"fr": hall.NOTICE},
        form_id=read.form_id,
        form_version=read.version,
        form=form,
        recipients=(hall.keys().recipient.public,),
    )
    return packages.publish(draft, hall.keys().organiser)
