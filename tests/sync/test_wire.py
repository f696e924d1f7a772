import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import MalformedBatch
from sync.wire import Reader, number, sized


@given(st.integers(0, (1 << 63) - 1))
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    reader = Reader(number(value), MalformedBatch)
    assert reader.number() == value
    reader.done()


@given(st.binary(max_size=300))
def test_a_byte_string_is_read_as_it_was_written(data: bytes) -> None:
    assert Reader(sized(data), MalformedBatch).sized(len(data)) == data


@pytest.mark.parametrize(
    "data", [b"", b"\x80", b"\x80\x00", b"\xff\x00", b"\x80" * 9 + b"\x01", b"\xff" * 20]
)
def test_a_number_cut_short_padded_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedBatch):
        Reader(data, MalformedBatch).number()


def test_a_length_beyond_the_limit_or_the_data_is_refused() -> None:
    with pytest.raises(MalformedBatch):
        Reader(sized(b"abcd"), MalformedBatch).sized(3)
    with pytest.raises(MalformedBatch):
        Reader(number(1 << 40), MalformedBatch).sized(1 << 50)


def test_what_follows_the_end_is_refused() -> None:
    reader = Reader(b"ab", MalformedBatch)
    reader.take(1)
    with pytest.raises(MalformedBatch):
        reader.done()
