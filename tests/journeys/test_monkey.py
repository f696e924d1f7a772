"""Somebody who touches madly finds no way to break the kiosk: a few seeds of it.

Longer, by hand: `python -m tests.journeys.monkey 1 200 400`.
"""

import pytest

from tests.journeys import monkey

TIMES = 60


@pytest.mark.parametrize("seed", [0, 1, 6, 9])
def test_whatever_is_touched_there_is_always_a_way_on_and_nothing_is_left(tmp_path, seed):
    played = monkey.play(tmp_path, seed, TIMES)
    assert len(played.did) >= TIMES * 0.8
    assert len(played.seen) > 2
