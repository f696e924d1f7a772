import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import crockford
from sync.errors import MistypedCode


@given(st.binary(max_size=40))
def test_bytes_come_back_from_their_base32(data: bytes) -> None:
    assert crockford.decode(crockford.encode(data)) == data


@given(st.binary(min_size=1, max_size=40))
def test_a_reader_may_write_lower_case_hyphens_and_lookalikes(data: bytes) -> None:
    written = crockford.grouped(crockford.encode(data).replace("0", "O").replace("1", "l")).lower()
    assert crockford.decode(written) == data


letters = st.text(crockford.ALPHABET, min_size=11, max_size=11)


@given(letters, st.integers(0, 11), st.sampled_from(crockford.ALPHABET))
def test_any_one_wrong_character_is_noticed(body: str, place: int, other: str) -> None:
    code = body + crockford.check_character(body)
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        assert crockford.checked(wrong, 12) == body
    else:
        with pytest.raises(MistypedCode):
            crockford.checked(wrong, 12)


@given(letters, st.integers(0, 11), st.integers(0, 11))
def test_any_two_exchanged_characters_are_noticed(body: str, one: int, two: int) -> None:
    code = list(body + crockford.check_character(body))
    before = "".join(code)
    code[one], code[two] = code[two], code[one]
    wrong = "".join(code)
    if wrong != before:
        with pytest.raises(MistypedCode):
            crockford.checked(wrong, 12)


@pytest.mark.parametrize("text", ["", "ABC", "ABCD-EFGH-JKMU", "ABCD-EFGH-JKMÉ", "A" * 13])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(MistypedCode):
        crockford.checked(text, 12)


def test_filling_bits_that_are_not_zero_are_refused() -> None:
    assert crockford.decode("00") == b"\x00"
    with pytest.raises(MistypedCode):
        crockford.decode("01")
