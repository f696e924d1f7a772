"""The dictionary that contributions are compressed with, made when their form is published.

From the least to the most likely, since zstd says near things in fewer bits:

1. the commonest words and turns of the consultation's languages (`sync/words`), written for Parvis;
2. the form's own texts, choices and paths;
3. the shape of a contribution.

Nothing of it comes from an answer. It begins with zstd's tables (RFC 8878, 5) where there are some
for the first language: how often letters, lengths and distances occur in ordinary sentences of it.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files

import rfc8785

from sync.compression import LARGEST_DICTIONARY
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode

_LIKELY_FIRST = 4  # how many questions are likely to be the first that is answered
_LARGEST_MATERIAL = LARGEST_DICTIONARY - (96 << 10)


def form_dictionary(
    material: bytes,
    *,
    form_id: str,
    form_version: str,
    form_hash: str,
    languages: Sequence[str],
) -> bytes:
    """The dictionary for one form.

    Args:
        material: what contributions to this form are likely to contain, one text, choice or path a
            line, the likeliest last (`Form.dictionary_material`).
        form_id: the form's id.
        form_version: the form's version.
        form_hash: SHA-256 of the XForm, in hexadecimal.
        languages: language tags, the one most will answer in first.
    """
    spoken = [tag.partition("-")[0] for tag in languages]
    words = b"\n".join(_read(f"{tag}.txt") for tag in reversed(spoken))
    lines = material[-_LARGEST_MATERIAL:].decode(errors="ignore").split("\n")
    texts = "\n".join(line for line in lines if not line.startswith("/"))
    paths = [line for line in lines if line.startswith("/")]
    shapes = _shapes(paths, form_id, form_version, form_hash, languages)
    content = b"".join((words, b"\n", texts.encode(), b"\n", *shapes))
    tables = _read(f"{spoken[0]}.tables") if spoken else b""
    return tables + content


def _shapes(
    paths: Sequence[str],
    form_id: str,
    form_version: str,
    form_hash: str,
    languages: Sequence[str],
) -> Iterable[bytes]:
    """Contributions that say nothing: every language and mode, every path, the first ones last."""
    nobody = Assistance(Agreement("20", "", "", "1", Given.SPOKEN), frozenset(Help))
    form = (form_id, form_version, form_hash)
    yield Contribution(*form, Mode.ASSISTED, "", (), nobody).to_json()
    for language in reversed(languages or [""]):
        for mode in (Mode.MEETING, Mode.PAPER, Mode.SELF):
            nothing = Contribution(*form, mode, language, ())
            yield b'"]' + nothing.to_json().removeprefix(b'{"fields":[')
    begun = [rfc8785.dumps([path, ""]).removesuffix(b'"]') for path in paths]
    for path in reversed(begun):
        yield b'"],' + path
    for path in reversed(begun[:_LIKELY_FIRST]):
        yield b'{"fields":[' + path


def _read(name: str) -> bytes:
    """A file of `sync/words`; nothing where there is none for this language."""
    file = files("sync") / "words" / name
    return file.read_bytes() if file.is_file() else b""
