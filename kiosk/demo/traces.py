"""Looks for words in files, in whatever encoding they might have been left there."""

import base64
import gzip
import io
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "latin-1", "cp037", "utf-7")
_LARGEST_INFLATED = 64 << 20
_SHORTEST = 4  # bytes: anything shorter is found by chance


def traces_of(words: str, folder: Path) -> list[str]:
    """Every file below the folder that holds the words, and in which guise; [] if there is none.

    Looked for, in each file and in every zlib, gzip or zstd stream inside it: the words in several
    character encodings, composed and decomposed, in either case, each also as hexadecimal,
    base64 at every alignment, percent-encoded, reversed, and escaped as in JSON.
    """
    guises = dict(_guises(words))
    found = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        for where, content in _contents(path.read_bytes()):
            for guise, pattern in guises.items():
                if len(pattern) >= _SHORTEST and pattern in content:
                    found.append(f"{path}: {guise}{where}")
    return found


def _guises(words: str) -> Iterator[tuple[str, bytes]]:
    spellings = {words, words.upper(), words.lower(), unicodedata.normalize("NFD", words)}
    for spelling in spellings:
        for encoding in _ENCODINGS:
            try:
                plain = spelling.encode(encoding)
            except UnicodeEncodeError:
                continue
            name = f"“{spelling}” in {encoding}"
            yield name, plain
            yield f"{name}, reversed", plain[::-1]
            yield f"{name}, hexadecimal", plain.hex().encode()
            yield f"{name}, HEXADECIMAL", plain.hex().upper().encode()
            for shift in range(3):
                # The middle of the base64 text does not depend on what stands before and after.
                coded = base64.b64encode(b"\0" * shift + plain)
                yield f"{name}, base64 after {shift}", coded[4 if shift else 0 : -4]
                urlsafe = base64.urlsafe_b64encode(b"\0" * shift + plain)
                yield f"{name}, base64url after {shift}", urlsafe[4 if shift else 0 : -4]
        yield f"“{spelling}”, percent-encoded", spelling.replace(" ", "%20").encode()
        yield f"“{spelling}”, form-encoded", spelling.replace(" ", "+").encode()


def _contents(raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield "", raw
    yield from _streams(raw)


def _streams(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """What compressed streams in the bytes unfold to."""
    for magic in (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"):
        for at in _places(raw, magic):
            try:
                yield " (in zlib)", zlib.decompressobj().decompress(raw[at:], _LARGEST_INFLATED)
            except zlib.error:
                continue
    for at in _places(raw, b"\x1f\x8b\x08"):
        try:
            yield " (in gzip)", gzip.GzipFile(fileobj=io.BytesIO(raw[at:])).read(_LARGEST_INFLATED)
        except (OSError, EOFError, zlib.error):
            continue
    for at in _places(raw, b"\x28\xb5\x2f\xfd"):
        try:
            reader = zstandard.ZstdDecompressor().stream_reader(raw[at:])
            yield " (in zstd)", reader.read(_LARGEST_INFLATED)
        except zstandard.ZstdError:
            continue


def _places(raw: bytes, magic: bytes) -> Iterator[int]:
    at = raw.find(magic)
    while at >= 0:
        yield at
        at = raw.find(magic, at + 1)
