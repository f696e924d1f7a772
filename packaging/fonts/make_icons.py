"""Makes assets/icons: the Phosphor icons that the kiosk uses, as two fonts and a table of names.

    python packaging/fonts/make_icons.py

Needs npm and fontTools. To have another icon, add its name (https://phosphoricons.com) to
icons.txt.
"""

import json
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sources import fetch

TARGET = Path(__file__).resolve().parents[2] / "assets" / "icons"
PACKAGE = "@phosphor-icons/web@2.1.2"
FONTS = {"bold": "Phosphor-Bold.ttf", "fill": "Phosphor-Fill.ttf"}
NAMES = Path(__file__).with_name("icons.txt")


def codepoints(style: str) -> dict[str, int]:
    """Icon names and their code points, from the package's style sheet."""
    rule = re.compile(
        r"\.ph-(?:bold|fill)\.ph-([a-z0-9-]+):before\s*{\s*content:\s*\"\\([0-9a-f]+)\""
    )
    return {name: int(code, 16) for name, code in rule.findall(style)}


def subset(source: Path, target: Path, codes: set[int]) -> None:
    """Write a font that holds these code points alone."""
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.glyph_names = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    font.save(target)


def main() -> None:
    """Make both fonts and the table."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as downloads:
        package = fetch(PACKAGE, Path(downloads))
        known = codepoints((package / "src/bold/style.css").read_text(encoding="utf-8"))
        names = NAMES.read_text(encoding="utf-8").split()
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise SystemExit(f"Phosphor has no icon called {', '.join(unknown)}.")
        table = {name: known[name] for name in sorted(names)}
        for weight, file in FONTS.items():
            subset(package / "src" / weight / file, TARGET / file, set(table.values()))
        shutil.copy(package / "LICENSE", TARGET / "LICENSE.txt")
    hexadecimal = {name: f"{code:04X}" for name, code in table.items()}
    (TARGET / "icons.json").write_text(json.dumps(hexadecimal, indent=1) + "\n", encoding="utf-8")
    print(f"{len(table)} icons")  # noqa: T201


if __name__ == "__main__":
    main()
