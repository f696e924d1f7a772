"""The consultation that asks one question of every kind, written as a table (`every_kind.md`).

A new kind of question, or a new appearance, is one more row there: the gallery draws it, and a test
says which widget no row shows.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw

import forms.catalogue
from forms.xform import read_form
from sync import consultation as packages
from sync.consultation import Card, Consultation, Notice, Options, Side
from tests.forms.writing import compiled
from tests.kiosk import hall

TABLE = Path(__file__).with_name("every_kind.md")
FORM_ID = "toutes-les-questions"  # as its settings say
WRITTEN = ("fr", "ar", "uk")  # in the kiosk's other languages the questions come in French
CATALOGUE = Path(forms.catalogue.__file__).parent
COMMUNES = """
Aucamville Auterive Balma Blagnac Bruguières Carbonne Castanet Castelginest Colomiers Cornebarrieu
Cugnaux Escalquens Fenouillet Fonsorbes Frouzins Frontignan Gagnac Grenade Labège Lherm Launaguet
Léguevin Montastruc Montberon Montrabé Muret Pibrac Pinsaguel Plaisance Portet Quint-Fonsegrives
Ramonville Revel Rieumes Roques Saint-Jean Saint-Orens Seilh Seysses Toulouse Tournefeuille
"""


@cache
def every_kind() -> Consultation:
    """The consultation, published once."""
    form = compiled(_table())
    read = read_form(form)
    about = hall.from_catalogue("democratie-courte")
    draft = Consultation(
        organiser=about.organiser,
        organiser_key=hall.keys().organiser.public_key().public_bytes_raw(),
        version=1,
        title={tag: about.title_in(tag) for tag in WRITTEN},
        notice={tag: _notice(about, tag) for tag in WRITTEN},
        form_id=read.form_id,
        form_version=read.version,
        form=form,
        recipients=(hall.keys().recipient.public,),
        media={f"{name}.png": _drawing(name) for name in ("arbre", "banc", "eau", "jeux")},
        options=Options(minutes=5),
    )
    return packages.publish(draft, hall.keys().organiser)


def catalogue() -> tuple[str, ...]:
    """The consultations that are ready to adapt: each way to take part has its own.

    Those of the great national debate ask nothing that the table does not.
    """
    names = sorted(path.stem for path in CATALOGUE.glob("*.md"))
    return tuple(name for name in names if not name.startswith("democratie"))


def examples() -> dict[str, str]:
    """An answer to each question that has one, by the question's name."""
    rows = [_cells(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]
    columns = {name: at for at, name in enumerate(rows[0])}
    survey = rows[1 : next(at for at, row in enumerate(rows) if row[0] == "choices")]
    return {row[columns["name"]]: row[columns["given"]] for row in survey if row[columns["given"]]}


def _table() -> str:
    """The table with the communes, a list longer than anybody reads."""
    communes = "".join(
        f"| | communes | c{number} | {name} | {name} | {name} | |\n"
        for number, name in enumerate(COMMUNES.split(), 1)
    )
    written = TABLE.read_text(encoding="utf-8")
    return written.replace("| settings |", f"{communes}| settings |", 1)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _notice(about: Consultation, tag: str) -> Notice:
    known = about.notice.get(tag) or about.notice["fr"]
    cards = (
        Card(Side.FOR, "Plus d’arbres", "L’ombre rend la rue plus fraîche en été."),
        Card(Side.AGAINST, "Moins de places", "Douze places de voiture disparaissent."),
        Card(Side.FACT, "Le coût", "Les travaux coûtent 240 000 euros."),
    )
    return Notice(known.who, known.asks, known.why, known.becomes, known.kept, cards)


def _drawing(name: str) -> bytes:
    """A plain picture for a choice: a shape on a ground."""
    picture = Image.new("RGB", (480, 360), "#DCE9F5")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 280, 480, 360), fill="#9DBA7B")
    if name == "arbre":
        pen.rectangle((225, 180, 255, 300), fill="#7A5230")
        pen.ellipse((140, 40, 340, 220), fill="#3E7D3A")
    elif name == "banc":
        pen.rectangle((90, 200, 390, 225), fill="#7A5230")
        pen.rectangle((90, 140, 390, 165), fill="#7A5230")
        for x in (110, 350):
            pen.rectangle((x, 140, x + 16, 300), fill="#444444")
    elif name == "eau":
        pen.ellipse((110, 220, 370, 320), fill="#777777")
        pen.ellipse((130, 230, 350, 300), fill="#4F9BD9")
        pen.polygon([(240, 80), (215, 260), (265, 260)], fill="#8CC6F0")
    else:
        pen.line((120, 300, 240, 80), fill="#B03A2E", width=16)
        pen.line((360, 300, 240, 80), fill="#B03A2E", width=16)
        pen.line((240, 80, 240, 230), fill="#444444", width=6)
        pen.rectangle((205, 230, 275, 244), fill="#E0A526")
    kept = BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()
