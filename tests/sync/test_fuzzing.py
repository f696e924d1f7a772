"""A short while of `python -m tests.sync.fuzzing`; docs/reliability.md says how long it was run."""

from tests.sync.fuzzing import fuzz


def test_hostile_bytes_and_requests_end_in_a_sentence() -> None:
    tried, found = fuzz(seconds=60.0, seed=1, most=3_000)
    assert not found, found[0]
    assert len(tried) == 30
