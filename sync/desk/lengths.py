"""How long every sealed contribution to a form has to look, at least.

Computed once, when the consultation is published, and carried in its package, so that every device
fills up to the same length. Contributions are compressed before they are filled up; the length is
therefore found by compressing answers as wide as the form allows, in each language and entry mode,
with everything that an entry mode adds, and by adding some.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from random import Random

from forms.widest import WidestAnswers
from forms.xform import Form
from sync.compression import Dictionary
from sync.contribution import Agreement, Assistance, Contribution, Given, Help, Mode

MOST = 1 << 14
"""Bytes. Contributions to a form that can take more are not filled up: it would cost too much."""

_DRAWS = 48
_NAME = 32  # characters of a mediator's name, and of a place
_SHEET = 40  # bytes by which a sheet of paper is known
_MORE = 16  # bytes that nobody thought of, beside an eighth
_LONG_TAG = "fr-x-falc"  # a kiosk has languages that the form has not
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def least_length(
    form: Form, dictionary: bytes, languages: Sequence[str], modes: Collection[str]
) -> int:
    """The length, in bytes, below which no plaintext of this form is to stay; 0 for none.

    Where nothing is answered in words or by files, no contribution is longer either.

    Args:
        form: what is asked.
        dictionary: of the consultation.
        languages: the tags that contributions may bear.
        modes: the entry modes that are offered.
    """
    widest = WidestAnswers(form)
    random = Random(form.hash)  # noqa: S311 — the same for everybody, and no secret
    squeezing = Dictionary(dictionary)
    longest = 0
    for _ in range(_DRAWS):
        fields = widest.draw(random)
        if sum(len(path) + len(value) for path, value in fields) > 4 * MOST:
            return 0
        for language in (max(_LONG_TAG, *languages, key=len), random.choice([*languages, ""])):
            for written in _in_every_mode(form, fields, language, modes, random):
                longest = max(longest, len(squeezing.squeeze(written)))
    length = longest + longest // 8 + _MORE
    return length if length <= MOST else 0


def _in_every_mode(
    form: Form,
    fields: tuple[tuple[str, str], ...],
    language: str,
    modes: Collection[str],
    random: Random,
) -> Iterator[bytes]:
    said = (form.form_id, form.version, form.hash.hex())
    for mode in Mode:
        if mode.value not in modes:
            continue
        helped = None if mode is Mode.SELF else _helped(random)
        written = Contribution(*said, mode, language, fields, helped).to_json()
        if mode is Mode.PAPER:
            written += random.randbytes(_SHEET)
        yield written


def _helped(random: Random) -> Assistance:
    """As much as belongs to an assisted entry."""
    name, place = ("".join(random.choices(_LETTERS, k=_NAME)) for _ in range(2))
    day = f"20{random.randrange(100):02}-{random.randrange(10, 13)}-{random.randrange(10, 29)}"
    agreed = Agreement(day, place, name, f"{random.randrange(1000)}", Given.SIGNED)
    return Assistance(agreed, frozenset(Help), read_back=False)
