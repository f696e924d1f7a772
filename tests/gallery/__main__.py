"""`make gallery`: draws every screen in every size, measures it, and makes pages to browse it.

    python -m tests.gallery --sizes 800x480 --languages fr ar --only question

Each size is drawn by a process of its own, two at a time. Writes `index.html` and `report.json`
into `build/gallery/`, and exits with 1 where anything measured is out of bounds.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("800x480", "1024x600", "1280x800", "1920x1080", "1080x1920")
LANGUAGES = ("fr", "ar", "uk")
TEXTS = ("smallest", "default", "largest")
PALETTES = ("calm", "light-on-dark", "dark-on-light")
AT_ONCE = 2
MOST_TOLD = 60  # lines of what is out of bounds, in the terminal


def main(arguments: list[str] | None = None) -> int:
    """Draw, report, and say whether everything is within bounds."""
    options = _options(arguments)
    if options.quick:
        # The hardest panel and the one that stands upright; one language of each direction.
        options.sizes, options.languages = ["800x480", "1080x1920"], ["ar"]
        options.texts, options.palettes = ["largest"], ["calm", "light-on-dark"]
    options.out.mkdir(parents=True, exist_ok=True)
    if not options.no_pictures:
        for old in options.out.glob("*x*/*.png"):
            old.unlink()
    scenes: list[dict[str, Any]] = []
    lock = Lock()

    def one(size: str) -> str:
        told = 0
        with subprocess.Popen(
            _command(size, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            with ThreadPoolExecutor(1) as reader:
                complaints = reader.submit(process.stderr.read)
                for line in process.stdout:
                    scene = json.loads(line)
                    told += 1
                    with lock:
                        scenes.append(scene)
                        if sys.stderr.isatty() or told % 20 == 0:
                            _progress(scene, told)
                said = complaints.result().decode(errors="replace")
        return said if process.returncode else ""

    with ThreadPoolExecutor(AT_ONCE) as several:
        broken = {
            size: said
            for size, said in zip(options.sizes, several.map(one, options.sizes), strict=True)
            if said
        }
    if sys.stderr.isatty():
        print(file=sys.stderr)
    scenes.sort(key=lambda scene: (options.sizes.index(scene["size"]), scene["language"]))
    report = report_of(scenes)
    (options.out / "report.json").write_text(
        json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    from tests.gallery.page import page_of

    (options.out / "index.html").write_text(page_of(scenes, report), encoding="utf-8")
    for size, said in broken.items():
        print(f"{size} was not drawn to its end:\n{said[-2000:]}", file=sys.stderr)
    _tell(report, options.out)
    return 1 if broken or report["beyond"] or not scenes else 0


def report_of(scenes: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of everything by size, what is out of bounds, and which screens are long."""
    sizes: dict[str, Any] = {}
    for scene in scenes:
        of_size = sizes.setdefault(scene["size"], {"pictures": 0, "scenes": 0, "least": {}})
        of_size["pictures"] += len(scene["pictures"])
        of_size["scenes"] += 1
        for what, found in scene["least"].items():
            known = of_size["least"].get(what)
            if known is None or found["number"] < known["number"]:
                of_size["least"][what] = _placed(scene, found)
    return {
        "bounds": bounds(),
        "sizes": sizes,
        "screens": sorted({scene["screen"] for scene in scenes}),
        "answers": sorted({one for scene in scenes for one in scene["answers"]}),
        "beyond": list(_beyond(scenes)),
        "longer_than_the_screen_at_default_text": sorted(
            {
                f"{scene['size']} {scene['language']} {scene['scene']}"
                for scene in scenes
                if "default" in scene["long"]
            }
        ),
    }


def bounds() -> dict[str, str]:
    """What each measure means and has to reach; in a process that has no window."""
    return {
        "target": "smallest side of what can be touched, mm, at least 12.7",
        "gap": "between two things to touch, mm, at least 2.6",
        "key": "height of a key of the on-screen keyboard, mm, at least 10",
        "contrast": "of words, from pixels, at least 10",
        "high contrast": "of words in both high-contrast palettes, from pixels, at least 20",
        "icon": "contrast of icons, from pixels, at least 3",
        "reach": "upright panel: mm of a thing that lie in the lower two thirds, at least 12.7",
        "cut": "pixels of words that are not drawn, at most 1",
        "overlap": "pixels by which two texts, or a text and a button, cover each other, at most 1",
        "outside": "pixels of a thing to touch beyond the window, at most 1",
        "speechless": "things that take the focus and say nothing, none",
    }


def _beyond(scenes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is out of bounds, each thing once for each size and language, the worst of it."""
    worst: dict[tuple[str, ...], dict[str, Any]] = {}
    for scene in scenes:
        for found in scene["beyond"]:
            key = (scene["size"], scene["language"], scene["scene"], found["what"], found["widget"])
            far = abs(found["number"] - found["bound"])
            known = worst.get(key)
            if known is None:
                worst[key] = _placed(scene, found) | {"times": 1}
            else:
                times = known["times"] + 1
                if far > abs(known["number"] - known["bound"]):
                    worst[key] = known = _placed(scene, found)
                known["times"] = times
    yield from worst.values()


def _placed(scene: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    return {key: scene[key] for key in ("size", "language", "scene", "screen")} | found


def _options(arguments: list[str] | None) -> Any:
    wanted = argparse.ArgumentParser(prog="tests.gallery", description=__doc__)
    wanted.add_argument("--out", type=Path, default=Path("build/gallery"))
    wanted.add_argument("--sizes", nargs="+", default=list(SIZES), choices=SIZES)
    wanted.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    wanted.add_argument("--texts", nargs="+", default=list(TEXTS), choices=TEXTS)
    wanted.add_argument("--palettes", nargs="+", default=list(PALETTES), choices=PALETTES)
    wanted.add_argument(
        "--only", default="", metavar="SCREEN", help="a screen, a scene, or how a scene begins"
    )
    wanted.add_argument("--quick", action="store_true", help="a sample: two sizes, one language")
    wanted.add_argument("--no-pictures", action="store_true", help="only measure")
    return wanted.parse_args(arguments)


def _command(size: str, options: Any) -> list[str]:
    return [
        *(sys.executable, "-m", "tests.gallery.draw", "--size", size, "--out", str(options.out)),
        *("--languages", *options.languages, "--texts", *options.texts),
        *("--palettes", *options.palettes, "--only", options.only),
        *(("--no-pictures",) if options.no_pictures else ()),
    ]


def _progress(scene: dict[str, Any], told: int) -> None:
    line = f"{scene['size']} {scene['language']} {scene['scene']} ({told})"
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
    else:
        print(line, file=sys.stderr, flush=True)


def _tell(report: dict[str, Any], out: Path) -> None:
    for found in report["beyond"][:MOST_TOLD]:
        print(
            f"{found['size']} {found['language']} {found['scene']} ({found['text']} text"
            f"{', ' + found['palette'] if found['palette'] else ''}): {found['what']}"
            f" “{found['widget']}” {found['number']:.1f}, bound {found['bound']:.1f}"
        )
    if len(report["beyond"]) > MOST_TOLD:
        print(f"… and {len(report['beyond']) - MOST_TOLD} more in {out / 'report.json'}")
    summary = {
        "pictures": sum(size["pictures"] for size in report["sizes"].values()),
        "out_of_bounds": len(report["beyond"]),
        **{
            f"least_{what.replace(' ', '_')}": min(
                size["least"][what]["number"]
                for size in report["sizes"].values()
                if what in size["least"]
            )
            for what in ("target", "gap", "key", "contrast", "high contrast", "icon", "reach")
            if any(what in size["least"] for size in report["sizes"].values())
        },
        "page": str(out / "index.html"),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    sys.exit(main())
