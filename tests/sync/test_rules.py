"""When sync may use the network: the steward's rules, and what the machine tells of its link."""

from pathlib import Path

import pytest

from sync.client.pace import FIRST, LARGEST, SMALLEST, Pace
from sync.rules import Link, SyncRules, UnfitRules, link_now, read_rules

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def route(name: str, metric: int, destination: str = "00000000") -> str:
    return f"{name}\t{destination}\t0100A8C0\t0003\t0\t0\t{metric}\t00000000\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("rules", "hours"),
    [
        (SyncRules(), set(range(24))),
        (SyncRules(from_hour=8, until_hour=18), set(range(8, 18))),
        (SyncRules(from_hour=20, until_hour=7), {*range(20, 24), *range(7)}),
    ],
)
def test_hours_may_go_over_midnight(rules: SyncRules, hours: set[int]) -> None:
    assert {hour for hour in range(24) if not rules.forbid(hour, Link.WIRED)} == hours


def test_mobile_networks_are_spared_where_the_rules_say_so() -> None:
    for link in Link:
        said = SyncRules(spare_mobile=True).forbid(12, link)
        assert bool(said) == (link is Link.MOBILE)
        assert not SyncRules().forbid(12, link)


@pytest.mark.parametrize("hours", [(-1, 4), (24, 4), (3, 25), (3, 0), (5, 5)])
def test_hours_that_let_nothing_leave_are_refused(hours: tuple[int, int]) -> None:
    with pytest.raises(UnfitRules):
        SyncRules(from_hour=hours[0], until_hour=hours[1])


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff", b'{"from_hour": "x"}', b'{"from_hour": 99}', b"3", b"[" * 9_999],
)
def test_damaged_rules_keep_nothing_from_leaving(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "rules.json").write_bytes(content)
    assert read_rules(tmp_path / "rules.json") == SyncRules()


def test_rules_are_read_as_they_were_written(tmp_path: Path) -> None:
    rules = SyncRules(True, 20, 7, 3, 40)
    (tmp_path / "rules.json").write_bytes(rules.document())
    assert read_rules(tmp_path / "rules.json") == rules


@pytest.mark.parametrize(
    ("table", "link"),
    [
        (HEAD, Link.NONE),
        (HEAD + route("eth0", 100, "0000A8C0"), Link.NONE),
        (HEAD + route("eth0", 100), Link.WIRED),
        (HEAD + route("wlan0", 600), Link.WIFI),
        (HEAD + route("wwan0", 700), Link.MOBILE),
        (HEAD + route("wwan0", 700) + route("eth0", 100), Link.WIRED),
        (HEAD + route("usb0", 50), Link.MOBILE),
    ],
)
def test_the_link_is_that_of_the_best_default_route(tmp_path: Path, table: str, link: Link) -> None:
    (tmp_path / "route").write_text(table)
    (tmp_path / "net" / "wlan0" / "wireless").mkdir(parents=True)
    (tmp_path / "net" / "usb0").mkdir()
    (tmp_path / "net" / "usb0" / "uevent").write_text("DEVTYPE=wwan\nINTERFACE=usb0\n")
    assert link_now(tmp_path / "route", tmp_path / "net") is link


def test_pieces_grow_while_they_are_quick_and_shrink_when_they_fail() -> None:
    pace = Pace()
    for _ in range(10):
        pace.went(pace.piece, 0.1)
    assert pace.piece == LARGEST
    pace.went(pace.piece, 60)
    assert pace.piece == LARGEST // 2
    for _ in range(10):
        pace.failed()
    assert pace.piece == SMALLEST
    assert pace.smallest
    slow = Pace()
    slow.went(1000, 0.1)  # a small rest says nothing
    assert slow.piece == FIRST
