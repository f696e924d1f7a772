from hypothesis import given
from hypothesis import strategies as st

from sync.padding import Padding


@given(st.integers(1, 1 << 20))
def test_padme_hides_the_length_for_at_most_an_eighth_more(used: int) -> None:
    length = Padding.PADME.length(used)
    assert used <= length <= max(used * 1.12, used + 1)
    assert Padding.PADME.length(length) == length


def test_padme_leaves_few_lengths_to_tell_apart() -> None:
    # The paper: O(log log M) bits. Between 200 and 300 bytes there are seven lengths.
    assert {Padding.PADME.length(used) for used in range(200, 301)} == {
        *range(208, 305, 16),
    }


@given(st.integers(1, 1 << 20))
def test_steps_leave_only_multiples_of_256(used: int) -> None:
    length = Padding.STEPS.length(used)
    assert used <= length < used + 256
    assert length % 256 == 0
