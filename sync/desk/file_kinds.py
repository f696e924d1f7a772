"""Whether a file that somebody sent is of the kind that its name says, by its first bytes.

The device states names and types, and a device may lie. What is laid next to a table is opened with
a double click: under its own name only where it is what it is called, and of a kind that shows
something and runs nothing.
"""

from __future__ import annotations

import codecs
from pathlib import Path, PurePath

DOUBTFUL = ".unchecked"
"""Put behind the name of a file that is not what it is called, or of a kind that is not listed."""

_HEAD_BYTES = 4096

_STARTS: dict[str, tuple[tuple[int, bytes], ...]] = {
    "png": ((0, b"\x89PNG\r\n\x1a\n"),),
    "jpg": ((0, b"\xff\xd8\xff"),),
    "gif": ((0, b"GIF8"),),
    "webp": ((0, b"RIFF"), (8, b"WEBP")),
    "ogg": ((0, b"OggS"),),
    "wav": ((0, b"RIFF"), (8, b"WAVE")),
    "amr": ((0, b"#!AMR"),),
    "webm": ((0, b"\x1a\x45\xdf\xa3"),),
    "mp4": ((4, b"ftyp"),),
    "pdf": ((0, b"%PDF-"),),
}
"""By ending: which bytes stand where."""

_SAME = {"jpeg": "jpg", "oga": "ogg", "opus": "ogg", "m4a": "mp4", "3gp": "mp4", "mov": "mp4"}
_TEXTS = frozenset({"txt", "csv"})


def is_what_it_is_called(name: str, file: Path) -> bool:
    """Whether the file begins as its name's ending says, and may be opened.

    Raises:
        OSError: it cannot be read.
    """
    ending = PurePath(name).suffix.lower().removeprefix(".")
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if ending in _TEXTS:
        return _is_text(head)
    starts = _STARTS.get(_SAME.get(ending, ending))
    return starts is not None and all(
        head[at : at + len(expected)] == expected for at, expected in starts
    )


def _is_text(head: bytes) -> bool:
    try:
        # What the last character misses may stand behind the head.
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return "\x00" not in text
