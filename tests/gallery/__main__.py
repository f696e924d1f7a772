"""`make gallery`: draws every screen in every size, measures it, and makes pages to browse it.

    python -m tests.gallery --sizes 800x480 --languages fr ar --only question
    python -m tests.gallery --continue

Each size in each language is drawn by a process of its own, as many at a time as there are
processors. What is drawn is kept in `parts/`: with `--continue` only those parts are drawn that
are not there, or were drawn by other code. Writes `index.html` and `report.json` into
`build/gallery/`, and exits with 1 where anything measured is out of bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from tests.gallery.page import page_of
from tests.gallery.report import report_of

ROOT = Path(__file__).resolve().parents[2]
SIZES = ("800x480", "1024x600", "1280x800", "1920x1080", "1080x1920")
LANGUAGES = ("fr", "ar", "uk")
DRAWS = ("assets", "forms", "kiosk", "tests/gallery", "tests/kiosk")  # what pictures hang on
SCENES = {"fr": 200}  # about; to tell how long it still takes
OTHER_SCENES = 120  # without the catalogue's consultations
MOST_TOLD = 60  # lines of what is out of bounds, in the terminal


@dataclass(frozen=True)
class Part:
    """One size in one language: `kept` holds its scenes, a line of JSON each, after a head."""

    size: str
    language: str
    out: Path

    @property
    def kept(self) -> Path:
        return self.out / "parts" / f"{self.size}-{self.language}.jsonl"

    @property
    def about(self) -> int:
        """How many scenes it has, more or less."""
        return SCENES.get(self.language, OTHER_SCENES)

    def scenes(self) -> list[dict[str, Any]]:
        """What was drawn of it."""
        lines = self.kept.read_text(encoding="utf-8").splitlines() if self.kept.exists() else []
        return [json.loads(line) for line in lines[1:] if line.startswith('{"scene"')]

    def is_done(self, head: str) -> bool:
        """Whether it was drawn to its end, under this head."""
        if not self.kept.exists():
            return False
        lines = self.kept.read_text(encoding="utf-8").splitlines()
        return len(lines) > 1 and lines[0] == head and lines[-1] == _END


_END = '{"end": true}'


def main(arguments: list[str] | None = None) -> int:
    """Draw, report, and say whether everything is within bounds."""
    options = _options(arguments)
    if options.quick:
        # The hardest panel and the one that stands upright; a language of the other direction.
        options.sizes, options.languages = ["800x480", "1080x1920"], ["ar"]
    (options.out / "parts").mkdir(parents=True, exist_ok=True)
    parts = [
        Part(size, language, options.out)
        for size in options.sizes
        for language in options.languages
    ]
    head = _head(options)
    left = [part for part in parts if not (options.go_on and part.is_done(head))]
    progress = Progress(sum(part.about for part in left))
    with ThreadPoolExecutor(options.at_once) as several:
        said = list(several.map(lambda part: _draw(part, head, options, progress), left))
    progress.end()
    scenes = [scene for part in parts for scene in part.scenes()]
    report = report_of(scenes)
    (options.out / "report.json").write_text(
        json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8"
    )
    (options.out / "index.html").write_text(page_of(scenes, report), encoding="utf-8")
    for part, complaint in zip(left, said, strict=True):
        if complaint:
            told = f"{part.size} {part.language} was not drawn to its end"
            print(f"{told}:\n{complaint[-2000:]}", file=sys.stderr)
    _tell(report, options.out)
    return 1 if any(said) or report["beyond"] or not scenes else 0


def _draw(part: Part, head: str, options: Any, progress: Progress) -> str:
    """Draw one part in a process of its own; what it complained of where it broke off."""
    folder = part.out / part.size / part.language
    for old in folder.glob("*.png"):
        old.unlink()
    with (
        part.kept.open("w", encoding="utf-8") as kept,
        subprocess.Popen(
            _command(part, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
        ) as process,
        ThreadPoolExecutor(1) as reader,
    ):
        assert process.stdout is not None and process.stderr is not None
        complaints = reader.submit(process.stderr.read)
        print(head, file=kept)
        for line in process.stdout:
            kept.write(line.decode())
            progress.tell(f"{part.size} {part.language} {json.loads(line)['scene']}")
        if process.wait() == 0:
            print(_END, file=kept)
            return ""
        return complaints.result().decode(errors="replace") or "no reason given"


class Progress:
    """How far it is, on standard error."""

    def __init__(self, scenes: int) -> None:
        self._scenes, self._done = scenes, 0
        self._began = time.monotonic()
        self._lock = Lock()

    def tell(self, what: str) -> None:
        """One more scene was drawn."""
        with self._lock:
            self._done += 1
            if not sys.stderr.isatty() and self._done % 20:
                return
            took = time.monotonic() - self._began
            left = took / self._done * max(0, self._scenes - self._done) / 60
            line = f"{self._done} of about {self._scenes}, {left:.0f} min left: {what}"
            clear, end = ("\r\033[K", "") if sys.stderr.isatty() else ("", "\n")
            print(f"{clear}{line}", end=end, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Nothing more to tell."""
        if self._done and sys.stderr.isatty():
            print(file=sys.stderr)


def _head(options: Any) -> str:
    """What the pictures hang on: the code that draws them, and what was asked for."""
    content = sha256()
    for folder in DRAWS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content.update(str(path.relative_to(ROOT)).encode())
                content.update(path.read_bytes())
    asked = {"only": options.only, "pictures": not options.no_pictures}
    asked["colours"] = not options.no_colours
    return json.dumps({"code": content.hexdigest(), **asked})


def _options(arguments: list[str] | None) -> Any:
    wanted = argparse.ArgumentParser(prog="tests.gallery", description=__doc__)
    wanted.add_argument("--out", type=Path, default=Path("build/gallery"))
    wanted.add_argument("--sizes", nargs="+", default=list(SIZES), choices=SIZES)
    wanted.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    wanted.add_argument(
        "--only", default="", metavar="SCREEN", help="a screen, a scene, or how a scene begins"
    )
    wanted.add_argument("--quick", action="store_true", help="a sample: two sizes, one language")
    wanted.add_argument("--no-pictures", action="store_true", help="only measure")
    wanted.add_argument(
        "--no-colours", action="store_true", help="measure sizes, places and words alone: quicker"
    )
    wanted.add_argument(
        "--continue", action="store_true", dest="go_on", help="draw what is not drawn yet"
    )
    wanted.add_argument(
        "--at-once", type=int, default=os.cpu_count() or 1, help="so many processes at a time"
    )
    return wanted.parse_args(arguments)


def _command(part: Part, options: Any) -> list[str]:
    return [
        *(sys.executable, "-m", "tests.gallery.draw", "--size", part.size),
        *("--language", part.language, "--out", str(part.out), "--only", options.only),
        *(("--no-pictures",) if options.no_pictures else ()),
        *(("--no-colours",) if options.no_colours else ()),
    ]


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
            for what in (
                "target",
                "gap",
                "key",
                "letters",
                "contrast",
                "high contrast",
                "icon",
                "reach",
            )
            if any(what in size["least"] for size in report["sizes"].values())
        },
        "page": str(out / "index.html"),
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    sys.exit(main())
