"""Makes assets/keyboards/pinyin.txt: what Chinese may be meant by the letters somebody types.

    pip install pypinyin==0.55.0 jieba==0.42.1
    python packaging/keyboards/make_pinyin.py

One line each, the commonest first: letters without tones (ü as v), a blank, characters. Readings
are pypinyin's, frequencies jieba's (both MIT). All 6,763 characters of GB 2312 are there with each
of their readings, and the commonest words of two or three characters.
"""

from pathlib import Path

import jieba
from pypinyin import Style, lazy_pinyin, pinyin

TARGET = Path(__file__).resolve().parents[2] / "assets" / "keyboards" / "pinyin.txt"
WORDS = 12_000
RARER_READING = 0.02  # how often a character is meant by a reading that is not its first


def characters() -> list[str]:
    """All of GB 2312."""
    codes = (
        bytes((row, cell)).decode("gb2312", "ignore")
        for row in range(0xB0, 0xF8)
        for cell in range(0xA1, 0xFF)
    )
    return [code for code in codes if code]


def main() -> None:
    """Write the table."""
    there = set(characters())
    frequencies = {}
    with jieba.get_dict_file() as source:
        for line in source:
            word, count, *_ = line.decode().split(" ")
            if set(word) <= there:
                frequencies[word] = int(count)
    words = sorted((w for w in frequencies if 1 < len(w) <= 3), key=lambda w: -frequencies[w])
    entries: dict[tuple[str, str], float] = {}
    for character in characters():
        readings = pinyin(character, style=Style.NORMAL, heteronym=True)[0]
        for place, reading in enumerate(readings):
            share = 1.0 if place == 0 else RARER_READING
            key = (reading.replace("ü", "v"), character)
            if key[0].isascii() and key[0].isalpha():
                entries[key] = max(entries.get(key, 0), share * frequencies.get(character, 1))
    for word in words[:WORDS]:
        key = ("".join(lazy_pinyin(word, style=Style.NORMAL)).replace("ü", "v"), word)
        entries[key] = frequencies[word]
    lines = sorted(entries.items(), key=lambda entry: (-entry[1], entry[0]))
    TARGET.write_text("".join(f"{key} {text}\n" for (key, text), _ in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
