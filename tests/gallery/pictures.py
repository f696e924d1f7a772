"""Draws the pictures of the README and of `docs/`: real screens, answered as a person would.

    python -m tests.gallery.pictures

Draw them anew where the screens have changed; each is reduced to few colours.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.kiosk import driver, hall  # isort: split

from PIL import Image

import kiosk.stage
from forms.engine import Kind
from kiosk.journey import AMONG_QUESTIONS, Stage
from kiosk.theme.theme import theme
from tests.gallery.measure import picture_of
from tests.gallery.tour import example

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
PANEL = driver.MIDDLE
COLOURS = 64
PAGE = (960, 600)  # of a picture that stands alone
TILE = 640  # pixels across, of each screen on the README's sheet
APART = 16
GROUND = "#D9D6CA"
MOST_STOPS = 40

Shown = Callable[[hall.Hall], None]


def main() -> None:
    """Draw them all."""
    kiosk.stage.collect = lambda: None
    for name, (consultation, question, answer) in METHODS.items():
        drawn = _screen(consultation, question, answer).resize(PAGE, Image.Resampling.LANCZOS)
        _save(drawn, PICTURES / "methods" / f"{name}.png")
    _save(_sheet(), PICTURES / "kiosk.png")


# --- one screen -------------------------------------------------------------------------------


def _screen(
    consultation: str, question: str, answer: Mapping[str, str] = {}, language: str = "fr"
) -> Image.Image:
    """One question of a consultation of the catalogue, answered so far; or another screen."""
    about = hall.from_catalogue(consultation)
    with (
        tempfile.TemporaryDirectory() as place,
        hall.hall(Path(place), about, screen=PANEL) as there,
    ):
        there.kiosk.can_speak = True
        _lead_to(there, question, answer, language)
        driver.frames(6)
        there.wait_for_review()
        return picture_of(there.kiosk)


def _lead_to(there: hall.Hall, question: str, answer: Mapping[str, str], language: str) -> None:
    kiosk = there.kiosk
    if question == "welcome":
        return
    kiosk.start(kiosk.offers[0])
    kiosk.journey.language_chosen()
    kiosk.speak_language(language)
    kiosk.journey.begin_questions()
    kiosk.show()
    for _ in range(MOST_STOPS):
        if kiosk.journey.stage not in AMONG_QUESTIONS:
            break
        driver.frames(2)
        _answer(there, answer)
        if kiosk.journey.ref.rpartition("/")[2].split("[")[0] == question:
            kiosk.page.enter()
            return
        assert kiosk.journey.next().kept, kiosk.journey.ref
        kiosk.show()
    if question == "receipt":
        kiosk.journey.reviewed()
        kiosk.journey.confirm()
        kiosk.show()
    assert kiosk.journey.stage in {Stage.REVIEW, Stage.RECEIPT}, f"no {question}"


def _answer(there: hall.Hall, answer: Mapping[str, str]) -> None:
    """Answer what is on the screen: as asked for, else with an example where it must be."""
    way = there.kiosk.journey.way
    if there.kiosk.journey.stage is Stage.SERIES:
        return
    for place in way.stop.places:
        step = way.step(place.ref)
        value = answer.get(step.ref.rpartition("/")[2], example(step) if step.required else "")
        if value and not step.readonly and step.kind is not Kind.NOTE:
            there.kiosk.journey.hold(value, place.ref)
            way.try_held(place.ref)


# --- which ------------------------------------------------------------------------------------

BOUGHT = {"choix": "bancs velo eclairage", "raison": ""}
JUDGED = {"marche": "tres_bien", "atelier": "bien"}
POINTS = {"nature": "3", "ecoles": "4", "sante": "1"}
RATED = {"isolation_urgence": "4", "isolation_utilite": "5"}
TOLD = {
    "genre": "idee",
    "sujet": "nature",
    "detail": "Plus de bancs à l’ombre, s’il vous plaît.",
}
METHODS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "budget": ("budget", "choix", BOUGHT),
    "majority-judgment": ("jugement-majoritaire", "jugement", JUDGED),
    "points": ("points", "priorites", POINTS),
    "opinion-cards": ("cartes-avis", "carte", {"avis": "pour"}),
    "criteria": ("criteres", "isolation", RATED),
    "for-against": ("avant-apres", "cartes", {}),
    "article": ("texte-par-article", "a1", {"a1": "mitige"}),
    "consent": ("consentement", "position", {"position": "accord"}),
}
"""The pictures of `docs/methods.md`: the consultation, what is shown of it, what was answered."""


def _sheet() -> Image.Image:
    """Six screens that tell what a kiosk is, on the README."""
    screens = (
        _screen("budget", "welcome"),
        _screen("budget", "choix", BOUGHT),
        _screen("signalement", "sujet", TOLD),
        _screen("democratie-courte", "q111_non_cumul", {"q111_non_cumul": "bonne"}, "ar"),
        _screen("signalement", "review", TOLD),
        _screen("budget", "receipt", BOUGHT),
    )
    high = TILE * PANEL.height // PANEL.width
    sheet = Image.new("RGB", (3 * TILE + 4 * APART, 2 * high + 3 * APART), GROUND)
    for place, screen in enumerate(screens):
        row, column = divmod(place, 3)
        small = screen.resize((TILE, high), Image.Resampling.LANCZOS)
        sheet.paste(small, (APART + column * (TILE + APART), APART + row * (high + APART)))
    return sheet


def _save(picture: Image.Image, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    few = picture.quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.relative_to(PICTURES.parents[1])} {path.stat().st_size // 1024} kB")


if __name__ == "__main__":
    theme.calm_down()
    main()
