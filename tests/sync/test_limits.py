"""How much one caller may ask, by a clock that is moved by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sync.server.limits import Addresses, Allowance, Buckets, Crowd, spread
from tests.sync.town import Clock


def test_a_bucket_is_emptied_and_fills_with_time() -> None:
    clock = Clock(0)
    buckets = Buckets(Allowance(at_once=3, a_second=2), clock)
    assert [buckets.take(b"a") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert buckets.take(b"a") == 0
    assert buckets.take(b"a") > 0
    assert buckets.take(b"b") == 0  # another caller is none the worse


def test_asking_too_early_costs_nothing_and_gains_nothing() -> None:
    clock = Clock(0)
    buckets = Buckets(Allowance(at_once=1, a_second=1), clock)
    assert buckets.take(b"a") == 0
    for _ in range(9):
        clock.now += 0.1
        assert buckets.take(b"a") > 0
    clock.now += 0.11
    assert buckets.take(b"a") == 0


@given(st.lists(st.floats(0, 10), max_size=60), st.floats(1, 20), st.floats(0.1, 5))
def test_no_more_is_granted_than_the_allowance(
    waits: list[float], at_once: float, a_second: float
) -> None:
    clock = Clock(0)
    buckets = Buckets(Allowance(at_once, a_second), clock)
    granted = 0
    for wait in waits:
        clock.now += wait
        granted += not buckets.take(b"a")
    assert granted <= at_once + a_second * clock.now + 1e-6


def test_a_clock_that_jumps_back_grants_nothing() -> None:
    clock = Clock(100)
    buckets = Buckets(Allowance(1, 1), clock)
    assert buckets.take(b"a") == 0
    clock.now = 0
    assert buckets.take(b"a") > 0


def test_an_address_is_known_again_and_cannot_be_read() -> None:
    addresses, others = Addresses(), Addresses()
    assert addresses.hidden("203.0.113.7") == addresses.hidden("::ffff:203.0.113.7")
    assert addresses.hidden("203.0.113.7") != addresses.hidden("203.0.113.8")
    assert addresses.hidden("203.0.113.7") != others.hidden("203.0.113.7")
    assert addresses.hidden("2001:db8:1:2::1") == addresses.hidden("2001:db8:1:2:9::1")
    assert addresses.hidden("2001:db8:1:2::1") != addresses.hidden("2001:db8:1:3::1")
    assert addresses.hidden("") != addresses.hidden("nonsense \ud800")


def test_those_who_were_put_off_together_come_apart() -> None:
    assert {spread(1.0, luck / 100) for luck in range(100)} == {1, 2, 3, 4, 5, 6}
    assert spread(60.0, 0.999) <= 120


def test_a_crowd_that_is_refused_comes_back_in_its_order_and_at_the_servers_pace() -> None:
    clock = Clock(0)
    crowd = Crowd(clock)
    told = [crowd.later(f"{number}", 0.5) for number in range(2_000)]
    assert told == sorted(told)
    assert (told[0], told[-1]) == (6, 105)  # 20 a second, while nobody knows better
    quick = Crowd(clock)
    for _ in range(4_000):
        for _ in range(10):
            quick.answered()
        clock.now += 0.0125  # 800 requests a second: 200 visits
    for number in range(2_000):
        last = quick.later(f"{number}", 0.5)
    assert 15 <= last <= 17
    for number in range(100_000):
        last = crowd.later(f"one more {number}", 0.5)
    assert last == 900


def test_who_was_told_a_time_goes_first_then_and_is_not_sent_to_the_end_again() -> None:
    clock = Clock(0)
    crowd = Crowd(clock)
    first = crowd.later("first", 0.5)
    for number in range(2_000):
        crowd.later(f"{number}", 0.5)
    assert not crowd.expects("first")
    assert not crowd.expects("somebody")
    clock.now += first
    assert crowd.expects("first")
    assert crowd.later("first", 0.5) <= 10  # there was no place even so
    clock.now += 10
    assert crowd.expects("first")
    crowd.came("first")
    assert not crowd.expects("first")
    clock.now += 600
    assert crowd.later("late", 0.5) == 6  # the others have come and gone


def test_who_gives_no_name_is_told_a_time_like_everybody() -> None:
    crowd = Crowd(Clock(0))
    told = [crowd.later("", 0.5) for _ in range(400)]
    assert told == sorted(told)
    assert told[-1] > 20
    assert not crowd.expects("")
