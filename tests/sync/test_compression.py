import hashlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from sync.compression import LARGEST_DICTIONARY, Dictionary
from sync.contribution import LARGEST_CONTRIBUTION, Contribution, Mode
from sync.dictionary import form_dictionary
from sync.errors import MalformedContribution, MalformedPackage

FORM_HASH = hashlib.sha256(b"form").hexdigest()
MATERIAL = b"Voulez-vous des arbres ?\noui\nnon\n/data/trees\n/data/why"


def dictionary(*languages: str) -> Dictionary:
    return Dictionary(
        form_dictionary(
            MATERIAL,
            form_id="place",
            form_version="1",
            form_hash=FORM_HASH,
            languages=languages,
        )
    )


FRENCH = dictionary("fr", "en", "ar")


@given(st.binary(max_size=2_000))
def test_what_was_squeezed_expands_to_itself(data: bytes) -> None:
    assert FRENCH.expand(FRENCH.squeeze(data)) == data


def test_a_dictionary_of_the_form_and_its_language_halves_a_french_contribution() -> None:
    text = "Il faudrait planter des arbres devant l'école et mettre des bancs pour les anciens."
    fields = (("/data/trees", "oui"), ("/data/why", text))
    written = Contribution("place", "1", FORM_HASH, Mode.SELF, "fr", fields).to_json()
    assert len(FRENCH.squeeze(written)) < len(Dictionary(b"").squeeze(written)) / 3


@pytest.mark.parametrize("languages", [(), ("fr",), ("en-GB", "fr"), ("br",), ("ar", "tr")])
def test_a_dictionary_is_made_for_any_languages(languages: tuple[str, ...]) -> None:
    made = dictionary(*languages)
    assert made.expand(made.squeeze(b"demat")) == b"demat"
    assert made.content.endswith(b'{"fields":[["/data/trees","')


def test_the_same_form_gives_the_same_dictionary() -> None:
    assert dictionary("fr", "ar").hash == dictionary("fr", "ar").hash


def test_even_the_largest_form_gives_a_dictionary_that_is_accepted() -> None:
    content = form_dictionary(
        b"x" * (1 << 20),
        form_id="place",
        form_version="1",
        form_hash=FORM_HASH,
        languages=["fr", "en", "ar"],
    )
    assert len(Dictionary(content).content) <= LARGEST_DICTIONARY


def test_a_frame_that_would_grow_beyond_a_contribution_is_refused_unexpanded() -> None:
    bomb = bytes(64 * LARGEST_CONTRIBUTION)
    for stated in (True, False):
        frame = zstandard.ZstdCompressor(write_content_size=stated).compress(bomb)
        with pytest.raises(MalformedContribution):
            Dictionary(b"").expand(frame[4:])


@given(st.binary(max_size=200))
def test_what_is_no_frame_is_refused(data: bytes) -> None:
    try:
        expanded = FRENCH.expand(data)
    except MalformedContribution:
        return
    assert len(expanded) <= LARGEST_CONTRIBUTION


def test_a_dictionary_that_is_too_large_or_damaged_is_refused() -> None:
    with pytest.raises(MalformedPackage, match="256 KiB"):
        Dictionary(bytes(LARGEST_DICTIONARY + 1))
    with pytest.raises(MalformedPackage, match="damaged"):
        Dictionary(FRENCH.content[:40])
