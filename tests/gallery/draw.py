"""Draws one size in one language: every scene; run by `tests.gallery`.

    python -m tests.gallery.draw --size 800x480 --language ar --out build/gallery

A line of JSON on standard output for each scene, as it is done.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tests.kiosk import driver, hall  # isort: split

from tests.kiosk import media  # isort: split

from PIL import Image

import kiosk.stage
from kiosk.theme.palette import CALM, PALETTES
from kiosk.theme.theme import theme
from kiosk.widgets.answer import Answer
from tests.gallery import measure
from tests.gallery.kinds import catalogue, every_kind
from tests.gallery.sizes import PANELS, TEXTS, combinations
from tests.gallery.tour import Scene, methods, whole_tour

MOST_PARTS = 3  # of a page that is longer than the screen


def main() -> None:
    """Draw, and tell what was measured."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--size", required=True, choices=PANELS)
    wanted.add_argument("--out", required=True, type=Path)
    wanted.add_argument("--language", required=True)
    wanted.add_argument("--only", default="")
    wanted.add_argument("--no-pictures", action="store_true")
    wanted.add_argument("--no-colours", action="store_true")
    options = wanted.parse_args()
    folder = options.out / options.size / options.language
    for told in draw(
        options.size,
        options.language,
        folder,
        only=options.only,
        pictures=not options.no_pictures,
        colours=not options.no_colours,
    ):
        print(json.dumps(told | {"size": options.size}, ensure_ascii=False))
        sys.stdout.flush()


def draw(
    size: str,
    language: str,
    folder: Path,
    *,
    only: str = "",
    pictures: bool = True,
    colours: bool = True,
) -> Iterator[dict[str, Any]]:
    """Each scene of one panel in one language, drawn into a folder and measured."""
    folder.mkdir(parents=True, exist_ok=True)
    kiosk.stage.collect = lambda: None  # nobody's secrets are here, and it takes its time
    every = every_kind()
    ready = [hall.from_catalogue("democratie-courte")]
    if language == "fr":
        ready += [hall.from_catalogue(name) for name in catalogue()]
    with (
        tempfile.TemporaryDirectory() as place,
        hall.hall(Path(place), every, *ready, screen=PANELS[size], people=True) as there,
    ):
        there.kiosk.can_speak = True  # the button is there wherever a device speaks
        if language != "ar":  # a device without any of it, in one language
            there.kiosk.equipment = media.equipment()
        if language != "fr":
            there.kiosk.speak_language(language)
        scenes = whole_tour(there, language, every.form_id)
        if language == "fr":
            scenes = chain(scenes, *(methods(there, name) for name in catalogue()))
        for number, scene in enumerate(scenes, 1):
            if only in (scene.screen, scene.name) or scene.name.startswith(only):
                yield Drawing(there, folder, number, scene, language).all(pictures, colours)


class Drawing:
    """One scene in one language, in the text sizes and colours that it is drawn in."""

    def __init__(
        self, there: hall.Hall, folder: Path, number: int, scene: Scene, language: str
    ) -> None:
        self._kiosk = there.kiosk
        self._folder = folder
        self._combinations = combinations(scene, language)
        self._stem = f"{number:03d}-{scene.name.replace('/', '-')}"
        self._told: dict[str, Any] = {
            "scene": scene.name,
            "screen": scene.screen,
            "language": language,
            "pictures": [],
            "least": {},
            "beyond": [],
            "long": [],
            "answers": sorted(
                {type(one).__name__ for one in there.kiosk.walk() if isinstance(one, Answer)}
            ),
        }

    def all(self, pictures: bool, colours: bool) -> dict[str, Any]:
        """Draw and measure, beginning with the text size and colours that are there.

        The kiosk is left in those that came last: a text size takes longer than anything here.
        """
        for text in sorted(self._combinations, key=lambda one: not _is_in(one)):
            palettes = self._combinations[text] if colours else ()
            if not _is_in(text):
                theme.choose_capital(TEXTS[text]())
            self._settle()
            for part in range(1, MOST_PARTS + 1):
                # Further parts are of the same stuff: calm is enough.
                self._measure(text, part, palettes[: 1 if part > 1 else None], pictures)
                if not self._turns():
                    break
                self._told["long"].append(text)
        self._told["long"] = sorted(set(self._told["long"]))
        return self._told

    def _settle(self) -> None:
        for paged in _paged(self._cover):
            paged.to_top()
        driver.frames(4)

    @property
    def _cover(self) -> Any:
        return self._kiosk.children[0]

    def _turns(self) -> bool:
        """Whether there is another page of this scene, which is shown then."""
        longer = [paged for paged in _paged(self._cover) if paged.more_below]
        for paged in longer:
            paged.turn(1)
        if longer:
            driver.frames(3)
        return bool(longer)

    def _measure(self, text: str, part: int, palettes: Sequence[str], pictures: bool) -> None:
        is_idle = self._told["screen"] == "welcome"
        found = list(measure.layout(self._cover, screen_is_one_target=is_idle))
        self._note(found, text, "", part)
        masks = measure.Masks()
        for palette in sorted(palettes, key=lambda one: one != theme.palette):
            _wear(palette)
            picture = measure.picture_of(self._kiosk)
            found = list(measure.colours(self._cover, picture, masks))
            self._note(found, text, palette, part)
            if pictures:
                name = f"{self._stem}-{palette}-{text}{f'-{part}' if part > 1 else ''}.png"
                few = picture.quantize(255, Image.Quantize.FASTOCTREE)
                few.save(self._folder / name, compress_level=3)
                self._told["pictures"].append(
                    {
                        "file": f"{self._told['language']}/{name}",
                        "palette": palette,
                        "text": text,
                        "part": part,
                    }
                )

    def _note(self, found: list[measure.Finding], text: str, palette: str, part: int) -> None:
        for one in found:
            least = self._told["least"]
            what = one.what
            if what == "contrast" and palette != CALM.name:
                what = "high contrast"
            told = {
                "what": what,
                "widget": one.widget,
                "number": one.number,
                "bound": one.bound,
                "text": text,
                "palette": palette,
                "part": part,
            }
            if what not in measure.AT_MOST and (
                what not in least or one.number < least[what]["number"]
            ):
                least[what] = told
            if not one.well:
                self._told["beyond"].append(told)


def _is_in(text: str) -> bool:
    return int(theme.capital) == TEXTS[text]()


def _wear(palette: str) -> None:
    if theme.palette != palette:
        theme.wear(next(one for one in PALETTES if one.name == palette))
        driver.frames(2)


def _paged(cover: Any) -> list[Any]:
    return [one for one in cover.walk(restrict=True) if hasattr(one, "more_below") and one.opacity]


if __name__ == "__main__":
    main()
