"""A short day of the planted words; the long one is `python -m tests.journeys.day`."""

import tempfile
import time

from tests.journeys.day import STEPS, search, spend


def test_of_a_day_of_residents_who_leave_at_every_step_no_word_is_left(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    began = time.time()

    def then(day, there):
        assert set(day.left_at) == set(STEPS)
        assert there.sealed == 2  # who saw a receipt, and who finished
        assert day.wrote and day.drawings and day.recordings
        return search(day, len(STEPS), [tmp_path], began)

    found = spend(tmp_path, len(STEPS), 1, then)
    assert found["files_searched"] > 0
    assert found["found_in_files"] == []
    assert found["found_in_living_objects"] == []
