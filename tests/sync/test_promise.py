"""What people were promised is kept by every channel, and asked in one place."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.consultation import Traceability
from sync.promise import ENOUGH, Channel, allows, told_apart, weakest

ROOT = Path(__file__).parents[2]
NONE, INCLUSION, FULL = Traceability.NONE, Traceability.INCLUSION, Traceability.FULL
PROMISES = {
    Channel.RECEIPT: {INCLUSION, FULL},
    Channel.WHEREABOUTS: {INCLUSION, FULL},
    Channel.READ: {INCLUSION, FULL},
    Channel.TEXT: {FULL},
    Channel.LINE: {NONE, INCLUSION},
    Channel.PROVED_LINE: {FULL},
    Channel.HANDED_ON: {FULL},
}


def test_every_channel_is_here_with_what_it_may_let_out() -> None:
    assert set(PROMISES) == set(Channel)
    for channel, promised in product(Channel, Traceability):
        assert allows(channel, promised) is (promised in PROMISES[channel])


def test_where_versions_promised_different_things_the_least_counts() -> None:
    for first, second in product(Traceability, repeat=2):
        for channel in Channel:
            assert allows(channel, first, second) is allows(channel, weakest((first, second)))
    assert weakest((FULL, INCLUSION)) is INCLUSION
    assert weakest((FULL, INCLUSION, NONE)) is NONE


@pytest.mark.parametrize("channel", list(Channel))
def test_every_channel_is_asked_about_where_it_lets_something_out(channel: Channel) -> None:
    asking = [
        path
        for layer in ("sync", "kiosk")
        for path in (ROOT / layer).rglob("*.py")
        if path.name != "promise.py" and f"Channel.{channel.name}" in path.read_text("utf-8")
    ]
    # What is not a proved line is a line: the one is asked about for both.
    assert asking or channel is Channel.LINE


def test_nothing_else_decides_by_a_promise() -> None:
    comparing = re.compile(r"(?:\bis|\bis not|==|!=|\bin)\s*\(?\s*Traceability\.")
    deciding = [
        str(path.relative_to(ROOT))
        for layer in ("sync", "kiosk", "forms")
        for path in (ROOT / layer).rglob("*.py")
        if path.name != "promise.py" and comparing.search(path.read_text("utf-8"))
    ]
    assert deciding == []


@given(st.dictionaries(st.integers(), st.integers(1, 40), max_size=12), st.integers(0, 40))
def test_no_value_is_told_that_few_share_and_of_few_is_none_untold(
    held: dict[int, int], untold: int
) -> None:
    told = told_apart(held, untold)
    assert all(held[value] >= ENOUGH for value in told)
    silent = untold + sum(count for value, count in held.items() if value not in told)
    assert silent == 0 or silent >= ENOUGH or not told


def test_of_what_enough_share_nothing_is_kept_back() -> None:
    assert told_apart(Counter({"a": 11, "b": 12})) == {"a", "b"}
    assert told_apart(Counter({"a": 11, "b": 12, "c": 1})) == {"b"}
    assert told_apart(Counter({"a": 11, "b": 10, "c": 1})) == {"a"}
    assert told_apart(Counter({"a": 10})) == frozenset()
