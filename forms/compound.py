"""Old spreadsheets (.xls) whose sectors follow each other in a circle: readers never finish them.

An .xls is a compound file ([MS-CFB]): a table says of each sector which comes next. Small streams
have a table of their own, the mini FAT, and that is the one that readers follow unguarded.
"""

from __future__ import annotations

import struct
from itertools import islice

_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_END = 0xFFFF_FFFA
"""Numbers from here on name no sector."""


def goes_in_circles(content: bytes) -> bool:
    """Whether the mini sectors of a compound file follow each other without an end."""
    if len(content) < 512 or not content.startswith(_MAGIC):
        return False
    (shift,) = struct.unpack_from("<H", content, 30)
    if shift not in {9, 12}:
        return False
    size = 1 << shift
    first_mini, _, difat, _ = struct.unpack_from("<4I", content, 60)
    tables = list(struct.unpack_from("<109I", content, 76))
    for _ in range(len(content) // size):
        if difat >= _END:
            break
        *more, difat = _sector(content, difat, size)
        tables.extend(more)
    fat = [entry for table in tables if table < _END for entry in _sector(content, table, size)]
    mini: list[int] = []
    at = first_mini
    for _ in range(len(fat)):
        if at >= len(fat):
            break
        mini.extend(_sector(content, at, size))
        at = fat[at]
    return _has_circle(mini)


def _sector(content: bytes, number: int, size: int) -> list[int]:
    """The numbers in a sector; as many that name nothing where the file has no such sector."""
    start = (number + 1) * size
    held = content[start : start + size]
    found = [entry for (entry,) in struct.iter_unpack("<I", held[: len(held) // 4 * 4])]
    return [*found, *islice(iter(lambda: _END, None), size // 4 - len(found))]


def _has_circle(follows: list[int]) -> bool:
    """Whether following the numbers ever comes back to where it was."""
    walk_of = [0] * len(follows)
    for start in range(len(follows)):
        at = start
        while at < len(follows) and not walk_of[at]:
            walk_of[at] = start + 1
            at = follows[at]
        if at < len(follows) and walk_of[at] == start + 1:
            return True
    return False
