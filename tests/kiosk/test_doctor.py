import json
import shutil
from collections import namedtuple
from datetime import UTC, date, datetime

import pytest

from tests.kiosk import hall, media  # isort: split

from kiosk.devices import doctor, equipment
from kiosk.devices.configuration import (
    BadConfiguration,
    PrinterSettings,
    read_configuration,
    write_printer,
)
from kiosk.devices.power import Battery
from sync.device import Device
from sync.errors import BadDataDirectory

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def data(tmp_path):
    with Device.open(tmp_path / "device") as device:
        device.hold(hall.consultation().data)
    return tmp_path / "device"


def said(data):
    return {finding.sentence: finding.well for finding in doctor.examine(data)}


def about(data, word):
    (one,) = [(sentence, well) for sentence, well in said(data).items() if word in sentence]
    return one


def test_it_says_whether_the_device_belongs_somewhere(data):
    assert about(data, "enrolled")[1] is False


def test_it_names_each_consultation_and_whether_it_is_open(tmp_path):
    over = hall.consultation(closes=date(2020, 1, 1))
    with Device.open(tmp_path / "device") as device:
        device.hold(over.data)
    sentence, _ = about(tmp_path / "device", "La place")
    assert over.id in sentence
    assert "not open today" in sentence


def test_a_running_kiosk_is_no_trouble(data):
    with Device.open(data):
        assert about(data, "kiosk is running")[1] is True


def test_a_damaged_file_is_named(data):
    (data / "enrolment.json").write_text("{")
    sentence, well = about(data, "enrolment.json")
    assert not well
    assert "enrolled again" in sentence


def test_a_damaged_package_is_named_and_the_rest_still_told(data):
    (package,) = (data / "consultations").iterdir()
    package.write_bytes(package.read_bytes()[:-40])
    findings = said(data)
    assert any(package.name in sentence and not well for sentence, well in findings.items())
    assert any("MB are free" in sentence for sentence in findings)


def test_a_damaged_outbox_is_told(data):
    (data / "outbox.sqlite").write_bytes(b"no database at all, but some text instead" * 100)
    assert not all(said(data).values())
    assert any("outbox" in sentence.lower() for sentence, well in said(data).items() if not well)


def test_a_full_disk_is_told(data, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(100 << 30, 99 << 30, 10 << 20))
    sentence, well = about(data, "MB are free")
    assert not well
    assert sentence.startswith("10 MB are free")
    assert sentence.endswith("Free some soon.")


@pytest.mark.parametrize("year, right", [(1970, False), (2026, True), (2036, True), (2099, False)])
def test_a_clock_that_cannot_be_right_is_told(data, monkeypatch, year, right):
    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(year, 6, 1, 12, 0, tzinfo=tz or UTC)

    monkeypatch.setattr(doctor, "datetime", Clock)
    sentence, well = about(data, "clock says")
    assert well is right
    assert str(year) in sentence


@pytest.mark.parametrize(
    "battery, well",
    [
        (Battery(80, False), True),
        (Battery(9, False), False),
        (Battery(9, True), True),
    ],
)
def test_an_empty_battery_is_told_unless_it_is_being_charged(data, monkeypatch, battery, well):
    monkeypatch.setattr(doctor, "battery", lambda: battery)
    assert about(data, "battery")[1] is well


def test_a_device_without_a_battery_has_none_to_tell_of(data, monkeypatch):
    monkeypatch.setattr(doctor, "battery", lambda: None)
    assert not [sentence for sentence in said(data) if "battery" in sentence]


def test_a_directory_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(BadDataDirectory):
        doctor.examine(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_an_enrolled_device_says_where(data):
    with Device.open(data) as device:
        key = device.key.public_key().public_bytes_raw()
    import base64

    (data / "enrolment.json").write_text(
        json.dumps(
            {
                "name": "mairie",
                "url": "https://parvis.example.org",
                "server_key": base64.b64encode(key).decode(),
            }
        )
    )
    assert about(data, "Enrolled as “mairie” of https://parvis.example.org.")[1] is True


def test_it_names_what_the_device_can_do_and_what_people_are_not_offered(data, monkeypatch):
    monkeypatch.setattr(equipment, "find_recorder", lambda: None)
    monkeypatch.setattr(equipment, "find_camera", lambda: None)
    assert "a microphone" in about(data, "not offered")[0]
    (data / "maps").mkdir()
    (data / "maps" / "town.mbtiles").write_bytes(media.tiles(data / "maps", zooms=range(13, 14)))
    (data / "kiosk.toml").write_text("position = [47.2184, -1.5536]")
    sentence, well = about(data, "It has")
    assert "its position, a map" in sentence and well
    assert "a camera" in about(data, "not offered")[0]


def test_a_map_that_cannot_be_drawn_is_a_fault_with_advice(data):
    (data / "maps").mkdir()
    (data / "maps" / "town.mbtiles").write_bytes(b"no map")
    assert about(data, "town.mbtiles")[1] is False


def test_a_position_that_is_none_is_refused_by_name(data):
    for wrong in ("[91, 0]", "47", '["a", "b"]', "[1, 2, 3]", "[true, 1]"):
        (data / "kiosk.toml").write_text(f"position = {wrong}")
        with pytest.raises(BadConfiguration, match="position"):
            read_configuration(data)


def test_noting_a_printer_keeps_the_position(data):
    (data / "kiosk.toml").write_text("position = [47.2184, -1.5536]")
    write_printer(data, PrinterSettings("usb:04b8:0202"))
    assert read_configuration(data).position == media.NANTES
