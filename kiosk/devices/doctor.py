"""How this device is, in sentences that a steward can act on."""

import os
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.devices.configuration import BadConfiguration, read_configuration
from kiosk.devices.equipment import find_equipment
from kiosk.devices.headphones import find_jacks
from kiosk.devices.power import battery
from kiosk.devices.printer import Printer
from kiosk.errors import DeviceError
from kiosk.speech.voice import sounds
from sync.device import Device, outbox_counts
from sync.errors import BadDataDirectory, DeviceBusy, SyncError
from sync.wording import counted

LOW_DISK = 200 << 20  # bytes
LOW_BATTERY = 15  # percent
# No Parvis is older than this: a clock before it is wrong.
EARLIEST_YEAR = 2026
LATEST_YEAR = 2060


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    sentence: str


def examine(data: Path) -> tuple[Finding, ...]:
    """Look at everything; also while the kiosk runs, as far as it lets us.

    Raises:
        BadDataDirectory: there is no such directory.
    """
    if not data.is_dir():
        raise BadDataDirectory(f"There is no data directory {data}.")
    told = (*_device(data), *_outbox(data), _disk(data), _clock(), *_battery())
    return (*told, *_printer(data), *_functions(data), *_speech())


def _device(data: Path) -> list[Finding]:
    try:
        with Device.looked_at(data) as device:
            return _opened(device)
    except DeviceBusy:
        return [Finding(True, "The kiosk is running: it holds the device now.")]
    except SyncError as error:
        return [Finding(False, str(error))]


def _printer(data: Path) -> list[Finding]:
    try:
        settings = read_configuration(data).printer
        if settings is None:
            return []
        Printer(settings).look()
    except DeviceError as error:
        return [Finding(False, str(error))]
    return [Finding(True, f"The receipt printer at {settings.address} is ready.")]


def _opened(device: Device) -> list[Finding]:
    findings = [Finding(False, complaint) for complaint in device.complaints]
    if device.enrolled:
        where = f"Enrolled as “{device.enrolled.name}” of {device.enrolled.url}."
        findings.append(Finding(True, where))
    else:
        findings.append(Finding(False, "Not enrolled: run parvis-kiosk enrol CODE."))
    findings += [
        Finding(False, f"Put aside (contribution {one.id.hex()}): {one.cause}")
        for one in device.outbox.quarantined()
    ]
    held = device.consultations()
    if not held:
        findings.append(Finding(False, "Holds no consultation: publish one, then sync."))
    today = device.today()
    for one in held:
        state = "open" if one.is_open(today) else "not open today"
        title = one.title_in("fr")
        findings.append(
            Finding(True, f"Holds “{title}” ({one.id}, version {one.version}): {state}.")
        )
    return findings


def _outbox(data: Path) -> list[Finding]:
    try:
        counts = outbox_counts(data)
    except SyncError as error:
        return [Finding(False, str(error))]
    waits = counts.waiting + counts.sent
    findings = [
        Finding(
            True,
            f"{counted(waits, 'contribution')} waiting here, sealed; {counts.released} released.",
        )
    ]
    if counts.quarantined:
        findings.append(
            Finding(
                False,
                f"{counted(counts.quarantined, 'contribution')} put aside: tell the organiser; "
                "parvis-kiosk retry sends again.",
            )
        )
    return findings


def _disk(data: Path) -> Finding:
    if os.statvfs(data).f_flag & os.ST_RDONLY:
        return Finding(False, "The disk is read-only: nothing can be kept. Restart, or replace it.")
    free = shutil.disk_usage(data).free
    version = sqlite3.sqlite_version
    said = f"{free >> 20} MB are free on the disk (SQLite {version})."
    return Finding(free >= LOW_DISK, said if free >= LOW_DISK else f"{said} Free some soon.")


def _clock() -> Finding:
    now = datetime.now(UTC)
    right = EARLIEST_YEAR <= now.year < LATEST_YEAR
    advice = "" if right else " That cannot be: set it, or contributions bear a wrong day."
    return Finding(right, f"The clock says {now:%Y-%m-%d %H:%M} UTC.{advice}")


def _battery() -> list[Finding]:
    level = battery()
    if level is None:
        return []
    well = level.charging or level.percent > LOW_BATTERY
    said = f"The battery is at {level.percent} %{', charging' if level.charging else ''}."
    return [Finding(well, said if well else f"{said} Plug it in.")]


def _speech() -> list[Finding]:
    """Whether screens can be heard; a device that cannot speak lacks something, and still works."""
    player = shutil.which("aplay")
    if shutil.which("espeak-ng") is None or player is None:
        missing = "Cannot speak: install espeak-ng and alsa-utils, or leave it; “Listen” is absent."
        return [Finding(True, missing)]
    if not sounds(player):
        silent = "Cannot speak: there is no sound device that opens; “Listen” is absent."
        return [Finding(True, silent)]
    amixer = shutil.which("amixer")
    jacks = find_jacks(amixer) if amixer else []
    names = ", ".join(f"{jack.name} of card {jack.card}" for jack in jacks)
    noticed = (
        f"Headphones are noticed when they are plugged in ({names})."
        if jacks
        else "The sound device does not tell of headphones: a key or “Listen” begins."
    )
    return [Finding(True, "Speaks, through espeak-ng."), Finding(True, noticed)]


def _functions(data: Path) -> list[Finding]:
    """What it can do besides; what is not there is no fault: the screens offer another way."""
    try:
        equipment = find_equipment(data, read_configuration(data).position)
    except BadConfiguration:
        return []  # told where the printer is looked at
    except DeviceError as error:
        return [Finding(False, str(error))]
    there = {
        "a microphone": equipment.recorder is not None,
        "a loudspeaker": equipment.player is not None,
        "a camera": equipment.camera is not None,
        "its position": equipment.place is not None,
        "a map": equipment.tiles is not None,
    }
    equipment.close()
    has, lacks = (
        [name for name, is_there in there.items() if is_there is kind] for kind in (True, False)
    )
    findings = []
    if has:
        findings.append(Finding(True, f"It has {', '.join(has)}."))
    if lacks:
        findings.append(Finding(True, f"Not there, so not offered to people: {', '.join(lacks)}."))
    return findings
