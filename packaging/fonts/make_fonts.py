"""Makes assets/fonts: one family that writes every language of the kiosk (Kivy has no fallback).

    python packaging/fonts/make_fonts.py

Latin letters come from Atkinson Hyperlegible Next; Cyrillic, Greek, phonetic letters (Kabyle) and
rarer signs from Noto Sans; Arabic with its presentation forms from Noto Sans Arabic; arrows from
Noto Sans Math. All are drawn to one em and one cap height. Chinese and emoji (in one colour, from
Noto Emoji) come in files of their own, which hold all the others' characters as well and are loaded
only where a text has any. Needs npm and fontTools.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools.merge import Merger
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.ttLib.tables import otTables
from fontTools.ttLib.tables._g_l_y_f import GlyphComponent, table__g_l_y_f
from sources import fetch

TARGET = Path(__file__).resolve().parents[2] / "assets" / "fonts"
EM = 1000
# One line box for every script: Arabic's tall and deep letters fit, and capitals stand in its
# middle ((1060 - 425) / 2 = 318, a capital of 668 has its own at 334), so that labels look centred.
ASCENT, DESCENT = 1060, -425
MADE = 3_849_984_000  # 2026-01-01, in seconds since 1904: the same sources make the same files
VERSION = "1.0"
MARK_TO_BASE = 4  # the GPOS lookup type
CLEAR = 40  # between a letter's dots and its marks


@dataclass(frozen=True)
class Source:
    """One font that gives some of its characters."""

    package: str
    file: str  # {weight} and {name} stand for "400" and "Regular"
    characters: tuple[tuple[int, int], ...]
    script: str  # whose kerning and mark positions are kept
    scale: float = 1.0


SOURCES = (
    Source(
        "@expo-google-fonts/atkinson-hyperlegible-next@0.4.1",
        "{weight}{name}/AtkinsonHyperlegibleNext_{weight}{name}.ttf",
        ((0x20, 0x7E), (0xA0, 0x24F), (0x2B0, 0x36F), (0x1E00, 0x1EFF), (0x2000, 0x2BFF)),
        "latn",
    ),
    Source(
        "@expo-google-fonts/noto-sans@0.4.2",
        "{weight}{name}/NotoSans_{weight}{name}.ttf",
        (
            (0xA0, 0x2FF),
            (0x323, 0x325),
            (0x32D, 0x331),
            (0x370, 0x52F),
            (0x1E00, 0x1EFF),
            (0x2000, 0x205E),
            (0x2070, 0x20CF),
            (0x2100, 0x218F),
            (0x2212, 0x2265),
            (0x25CC, 0x25CC),
        ),
        "latn",
        668 / 714,
    ),
    Source(
        "@expo-google-fonts/noto-sans-arabic@0.4.3",
        "{weight}{name}/NotoSansArabic_{weight}{name}.ttf",
        ((0x600, 0x6FF), (0x750, 0x77F), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
        "arab",
    ),
    Source(
        "@expo-google-fonts/noto-sans-math@0.4.2",
        "400Regular/NotoSansMath_400Regular.ttf",
        ((0x2190, 0x2199), (0x21D0, 0x21D5), (0x2200, 0x22FF), (0x25A0, 0x25FF), (0x2605, 0x2606)),
        "DFLT",
        668 / 714,
    ),
)
HAN = Source(
    "@expo-google-fonts/noto-sans-sc@0.4.3",
    "{weight}{name}/NotoSansSC_{weight}{name}.ttf",
    ((0x2E80, 0x303F), (0x3400, 0x9FFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF)),
    "hani",
    0.95,  # a character as high as an Arabic or a Latin line wants it, and no higher
)
EMOJI = Source(
    "@expo-google-fonts/noto-emoji@0.4.7",
    "{weight}{name}/NotoEmoji_{weight}{name}.ttf",
    ((0x2300, 0x23FF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0x1F000, 0x1FAFF)),
    "DFLT",
    0.9 * 1000 / 2048,  # of its own em: a little higher than a capital
)
HAN_WEIGHTS = ("Regular", "Bold")
WEIGHTS = (("400", "Regular"), ("600", "SemiBold"), ("700", "Bold"))

# Letters with a dot below that Atkinson lacks (Kabyle, transliterated Arabic), made of its own.
DOT_BELOW = "DdHhRrSsTtZz"
DOTTED = {ord(base): code for base, code in zip(DOT_BELOW, map(ord, "ḌḍḤḥṚṛṢṣṬṭẒẓ"), strict=True)}


def gb2312() -> set[int]:
    """The 6,763 characters of simplified Chinese in two levels, with their punctuation."""
    codes = (
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xA1, 0xF8)
        for cell in range(0xA1, 0xFF)
    )
    return {ord(code) for code in codes if code}


def characters_of(source: Source, font: TTFont, taken: set[int]) -> set[int]:
    """What this source gives that no earlier one has given."""
    held = set(font.getBestCmap())
    wanted = {code for first, last in source.characters for code in range(first, last + 1)}
    return (wanted & held) - taken


def reduce(font: TTFont, characters: Iterable[int], script: str) -> None:
    """Keep these characters, without hints, and the kerning and marks of one script as default.

    The kiosk shapes Arabic itself and hands over presentation forms from left to right, without
    naming a script: what is to be applied has to stand under "DFLT".
    """
    options = Options()
    # Arabic's kerning is meant for its own order of letters, not for the one they are drawn in.
    options.layout_features = ["mark", "mkmk"] + ["kern"] * (script != "arab")
    options.layout_scripts = [script]
    options.hinting = False
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += ["STAT", "MATH", "GSUB", "BASE", "VORG", "vhea", "vmtx"]
    if script == HAN.script:
        options.drop_tables += ["GPOS"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    if "GPOS" in font:
        for record in font["GPOS"].table.ScriptList.ScriptRecord:
            record.ScriptTag = "DFLT"
            record.Script.LangSysRecord = []
            record.Script.LangSysCount = 0


def resize(font: TTFont, scale: float) -> None:
    """Draw everything at a fraction of its size, on the common em."""
    scale_upem(font, round(EM * scale * font["head"].unitsPerEm / EM))
    font["head"].unitsPerEm = EM


def add_dotted_letters(font: TTFont) -> None:
    """Give a Latin font its letters with a dot below, from its own letters and full stop."""
    glyphs, cmap = font["glyf"], font.getBestCmap()
    drawn = font.getGlyphSet()
    # Atkinson has no combining dot below: the dot above of its own, put under the baseline.
    dot = BoundsPen(drawn)
    drawn[cmap[0x307]].draw(dot)
    left, _, right, top = dot.bounds
    for base, code in DOTTED.items():
        if code in cmap:
            continue
        body = BoundsPen(drawn)
        drawn[cmap[base]].draw(body)
        pen = TTGlyphPen(drawn)
        pen.addComponent(cmap[base], (1, 0, 0, 1, 0, 0))
        middle = (body.bounds[0] + body.bounds[2]) / 2
        across = round(middle - (left + right) / 2)
        pen.addComponent(cmap[0x307], (1, 0, 0, 1, across, round(-90 - top)))
        name = f"uni{code:04X}"
        glyphs[name] = pen.glyph()
        font["hmtx"][name] = font["hmtx"][cmap[base]]
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[code] = name
    font.setGlyphOrder(list(glyphs.glyphOrder))


def anchor_dotted_letters(font: TTFont) -> None:
    """Tell an Arabic font where vowel marks go on its dotted letters.

    Noto takes a dotted letter apart before it places marks, and knows places on bare letters only.
    The kiosk's letters stay whole: they get their bare letter's places, moved clear of the dots.
    """
    glyphs = font["glyf"]
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            if table.LookupType == MARK_TO_BASE:
                _anchor_composites(table, glyphs)


def _anchor_composites(table: otTables.MarkBasePos, glyphs: table__g_l_y_f) -> None:
    records = dict(zip(table.BaseCoverage.glyphs, table.BaseArray.BaseRecord, strict=True))
    above = _classes_above(table, glyphs)
    for name in glyphs.glyphOrder:
        glyph = glyphs[name]
        if name in records or not glyph.isComposite():
            continue
        bare, *dots = glyph.components
        if bare.glyphName not in records or not dots:
            continue
        bounds = [_bounds(glyphs, dot) for dot in dots]
        highest, lowest = max(top for _, top in bounds), min(bottom for bottom, _ in bounds)
        record = otTables.BaseRecord()
        record.BaseAnchor = []
        for kind, anchor in enumerate(records[bare.glyphName].BaseAnchor):
            moved = None
            if anchor is not None:
                moved = otTables.Anchor()
                moved.Format = 1
                moved.XCoordinate = anchor.XCoordinate + bare.x
                moved.YCoordinate = anchor.YCoordinate + bare.y
                if above[kind]:
                    moved.YCoordinate = max(moved.YCoordinate, highest + CLEAR)
                else:
                    moved.YCoordinate = min(moved.YCoordinate, lowest - CLEAR)
            record.BaseAnchor.append(moved)
        records[name] = record
    order = sorted(records, key=glyphs.glyphOrder.index)
    table.BaseCoverage.glyphs = order
    table.BaseArray.BaseRecord = [records[name] for name in order]
    table.BaseArray.BaseCount = len(order)


def _classes_above(table: otTables.MarkBasePos, glyphs: table__g_l_y_f) -> dict[int, bool]:
    """For each class of marks: whether they stand above the letter."""
    heights: dict[int, list[float]] = {}
    for name, mark in zip(table.MarkCoverage.glyphs, table.MarkArray.MarkRecord, strict=True):
        glyph = glyphs[name]
        if glyph.numberOfContours:
            middle = (glyph.yMin + glyph.yMax) / 2
            heights.setdefault(mark.Class, []).append(middle - mark.MarkAnchor.YCoordinate)
    return {kind: sum(found) > 0 for kind, found in heights.items()}


def _bounds(glyphs: table__g_l_y_f, component: GlyphComponent) -> tuple[int, int]:
    """The foot and the top of a part of a letter."""
    glyph = glyphs[component.glyphName]
    return glyph.yMin + component.y, glyph.yMax + component.y


def make(weight: str, name: str, downloads: Path) -> Path:
    """Merge one weight and write it."""
    parts, taken = [], set(DOTTED.values())
    for source in SOURCES:
        folder = fetch(source.package, downloads)
        font = TTFont(folder / source.file.format(weight=weight, name=name))
        if source is SOURCES[0]:
            add_dotted_letters(font)
            characters = characters_of(source, font, set())
        else:
            characters = characters_of(source, font, taken)
        if source.script == "arab":
            anchor_dotted_letters(font)
        taken |= characters
        reduce(font, characters, source.script)
        resize(font, source.scale)
        part = downloads / f"part-{weight}-{len(parts)}.ttf"
        font.save(part)
        parts.append(str(part))
    merged = Merger().merge(parts)
    finish(merged, name)
    path = TARGET / f"Parvis-{name.replace('SemiBold', 'Semi')}.ttf"
    merged.save(path)
    return path


def make_han(weight: str, name: str, downloads: Path) -> Path:
    """Write one weight with Chinese and emoji, from the merged one without."""
    font = TTFont(fetch(HAN.package, downloads) / HAN.file.format(weight=weight, name=name))
    others = TARGET / f"Parvis-{name}.ttf"
    wanted = gb2312().union(range(0xFF01, 0xFF5F), range(0x3000, 0x3020))
    characters = characters_of(HAN, font, set(TTFont(others).getBestCmap())) & wanted
    reduce(font, characters, HAN.script)
    resize(font, HAN.scale)
    part = downloads / f"part-han-{weight}.ttf"
    font.save(part)
    emoji = TTFont(fetch(EMOJI.package, downloads) / EMOJI.file.format(weight=weight, name=name))
    taken = characters | set(TTFont(others).getBestCmap())
    reduce(emoji, characters_of(EMOJI, emoji, taken), EMOJI.script)
    resize(emoji, EMOJI.scale)
    pictured = downloads / f"part-emoji-{weight}.ttf"
    emoji.save(pictured)
    merged = Merger().merge([str(others), str(part), str(pictured)])
    finish(merged, f"Han {name}")
    path = TARGET / f"ParvisHan-{name}.ttf"
    merged.save(path)
    return path


def finish(font: TTFont, weight_name: str) -> None:
    """One family name, one line box, no date of its own."""
    font["hhea"].ascent, font["hhea"].descent, font["hhea"].lineGap = ASCENT, DESCENT, 0
    metrics = font["OS/2"]
    metrics.sTypoAscender, metrics.sTypoDescender, metrics.sTypoLineGap = ASCENT, DESCENT, 0
    metrics.usWinAscent, metrics.usWinDescent = ASCENT, -DESCENT
    names = font["name"]
    names.names = []
    notice = "See OFL.txt and README.md beside this file for the fonts this one is merged from."
    for number, text in {
        0: notice,
        1: "Parvis",
        2: weight_name,
        3: f"Parvis {weight_name} {VERSION}",
        4: f"Parvis {weight_name}",
        5: f"Version {VERSION}",
        6: f"Parvis-{weight_name}",
        13: "This Font Software is licensed under the SIL Open Font License, Version 1.1.",
        14: "https://openfontlicense.org",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    font["head"].created = font["head"].modified = MADE
    font.recalcTimestamp = False


def main() -> None:
    """Make every weight."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as downloads:
        for weight, name in WEIGHTS:
            made = [make(weight, name, Path(downloads))]
            if name in HAN_WEIGHTS:
                made.append(make_han(weight, name, Path(downloads)))
            for path in made:
                print(f"{path.name}: {path.stat().st_size // 1024} kB")  # noqa: T201


if __name__ == "__main__":
    main()
