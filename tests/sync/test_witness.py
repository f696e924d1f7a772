"""Witnesses sign what they saw only grow; who asks for a quorum of them is shown one register."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import terms, verify
from sync.register.entry import Entry
from tests.sync.test_verify import KEY, Town, commitments


@pytest.fixture
def town(tmp_path: Path) -> Town:
    made = Town(tmp_path / "register")
    made.grow(*(Entry(one) for one in commitments(30)))
    return made


def signs(town: Town, state: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """A witness signs what it is shown; gives its key."""
    given = ["witness", str(town.root), "--key", KEY, "--name", state.name, "--state", str(state)]
    assert verify.main(given) == 0
    return capsys.readouterr().out.splitlines()[0]


def checkpoint_of(state: Path) -> Path:
    (found,) = state.glob("*.checkpoint")
    return found


def test_so_many_witnesses_must_have_signed_the_very_checkpoint(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states = [tmp_path / name for name in ("presse", "greffe")]
    keys = [signs(town, one, capsys) for one in states]
    both = ["--witness", keys[0], "--witness", keys[1]]
    brought = [str(checkpoint_of(one)) for one in states]
    assert town.check("log", *both) == 1  # nobody's word is there
    assert "none of them did" in capsys.readouterr().err
    assert town.check("log", *both, "--cosigned", brought[0]) == 1
    assert town.check("log", *both, "--cosigned", brought[0], "--quorum", "1") == 0
    assert town.check("log", *both, "--cosigned", brought[0], "--cosigned", brought[1]) == 0
    town.grow(Entry(bytes(32)))
    assert town.check("log", *both, "--cosigned", brought[0], "--quorum", "1") == 1
    signs(town, states[0], capsys)
    assert town.check("log", *both, "--cosigned", brought[0], "--quorum", "1") == 0
    # One witness's word, under two names that it took, is one word.
    twice = ["--witness", keys[0], "--witness", keys[0], "--quorum", "2"]
    assert town.check("log", *twice, "--cosigned", brought[0]) == 1
    assert town.check("log", *both, "--quorum", "3") == 2


def test_the_key_of_a_witness_is_the_one_that_packages_name(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = signs(town, tmp_path / "presse", capsys)
    assert terms.Witness.parse(key).verifier_key == key


def test_a_witness_signs_nothing_that_forgot_what_it_signed(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "presse"
    signs(town, state, capsys)
    before = checkpoint_of(state).read_bytes()
    other = Town(tmp_path / "other")
    other.grow(*(Entry(one) for one in reversed(commitments(40))))
    given = ["witness", str(other.root), "--key", KEY, "--name", "presse", "--state", str(state)]
    assert verify.main(given) == 1
    assert checkpoint_of(state).read_bytes() == before


def test_every_checkpoint_that_anybody_kept_is_compared(
    town: Town, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Town(tmp_path / "other")
    other.grow(*(Entry(one) for one in reversed(commitments(40))))
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    assert town.check("log", "--save", mine) == 0
    assert other.check("log", "--save", theirs) == 0
    town.grow(*(Entry(one) for one in commitments(60)[30:]))
    assert town.check("log", "--after", mine) == 0
    assert town.check("log", "--after", mine, "--after", theirs) == 1
    assert "TWO REGISTERS" in capsys.readouterr().err
