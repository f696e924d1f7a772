"""What is open changes while the kiosk runs: new consultations, new versions, the end of one."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from kiosk.offer import Programme
from sync import consultation as packages
from sync.device import Device
from tests.kiosk import driver, hall


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Device]:
    with Device.open(tmp_path / "device") as opened:
        yield opened


def _version(number: int, **changes: object) -> bytes:
    draft = replace(hall.consultation(), version=number, data=b"", **changes)
    return packages.publish(draft, hall.keys().organiser).data


def test_what_is_open_is_read_again_only_when_it_changed(device: Device) -> None:
    programme = Programme(device, lambda: hall.NOON)
    assert programme.today() == ()
    device.hold(_version(1))
    first = programme.today()
    assert [offer.consultation.version for offer in first] == [1]
    assert programme.today() is first
    device.hold(_version(2))
    assert [offer.consultation.version for offer in programme.today()] == [2]


def test_what_closed_yesterday_is_not_offered(device: Device) -> None:
    yesterday = date.today() - timedelta(days=1)
    device.hold(_version(1, opens=None, closes=yesterday))
    assert Programme(device, lambda: hall.NOON).today() == ()


def test_the_idle_screen_takes_up_a_new_version_and_says_when_it_is_over(device: Device) -> None:
    programme = Programme(device, lambda: hall.NOON)
    device.hold(_version(1))
    with hall.kiosk_at(device, programme.today()) as there:
        there.kiosk._renew = programme.today
        device.hold(_version(2, title={"fr": "La place, encore", "en": "The square, again"}))
        there.wait(1)
        assert there.kiosk.page.title == "La place, encore"

        yesterday = date.today() - timedelta(days=1)
        device.hold(_version(3, closes=yesterday))
        there.wait(1)
        assert there.kiosk.page.begin == "C’est terminé. Merci\u202f!"
        driver.tap(there.kiosk.page.ids.start)
        assert there.name == "welcome"

        device.hold(_version(4))
        there.wait(1)
        driver.tap(there.kiosk.page.ids.start)
        assert there.name == "language"
