"""Power cuts under SQLite: `python -m tests.sync.power` is the same for longer."""

from tests.sync.power import play


def test_what_was_committed_survives_a_power_cut_at_any_write() -> None:
    assert play(cuts=200, seed=1)["wrong"] == {}


def test_the_cuts_would_show_a_setting_that_is_too_weak() -> None:
    wrong = play(cuts=100, seed=1, synchronous="NORMAL")["wrong"]
    assert "outbox: what was committed is gone" in wrong
    assert "server: what was committed is gone" in wrong
