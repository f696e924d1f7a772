"""What is attached to this device and what it offers: `kiosk.toml` in its data directory.

languages = ["fr", "fr-x-falc", "en"]   # offered beside each form's own; all where not given
position = [47.2184, -1.5536]           # where it stands, in degrees: for maps

[printer]
address = "usb:04b8:0202"               # or network:192.0.2.7, and others
dots = 576                              # across the paper: 576 for 80 mm, 384 for 58 mm
native_qr = false                       # whether the printer draws the QR itself
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.errors import DeviceError
from kiosk.maps.earth import Spot

FILE = "kiosk.toml"
NARROWEST, WIDEST = 200, 1000  # dots


class BadConfiguration(DeviceError):
    """The device's configuration cannot be used as it is; the message says where and why."""


@dataclass(frozen=True)
class PrinterSettings:
    """A receipt printer.

    Attributes:
        address: how it is reached: a kind, a colon, and where.
        dots: how many it prints across the paper.
        native_qr: whether it draws the QR itself, sharper and faster, as most do.
    """

    address: str
    dots: int = 576
    native_qr: bool = False


@dataclass(frozen=True)
class Configuration:
    """What a steward has written about the device."""

    languages: tuple[str, ...] = ()
    printer: PrinterSettings | None = None
    position: Spot | None = None


def read_configuration(data: Path) -> Configuration:
    """What the file in the data directory says; nothing of anything where there is none.

    Raises:
        BadConfiguration: it cannot be read, or says something that cannot be.
    """
    path = data / FILE
    try:
        with path.open("rb") as source:
            told = tomllib.load(source)
    except FileNotFoundError:
        return Configuration()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}") from error
    unknown = sorted(set(told) - {"languages", "position", "printer"})
    if unknown:
        raise BadConfiguration(f"{path}: there is nothing called “{unknown[0]}”.")
    languages = told.get("languages", [])
    if not isinstance(languages, list) or not all(isinstance(one, str) for one in languages):
        raise BadConfiguration(f'{path}: languages is a list of codes, as ["fr", "ar"].')
    printer, position = _printer(path, told.get("printer")), _position(path, told.get("position"))
    return Configuration(tuple(languages), printer, position)


def write_printer(data: Path, settings: PrinterSettings | None) -> None:
    """Note which printer is attached, or that none is; what else the file says stays.

    Raises:
        BadConfiguration: the file that is there cannot be read.
    """
    kept = read_configuration(data)
    lines = []
    if kept.languages:
        lines.append(f"languages = [{', '.join(map(_quoted, kept.languages))}]\n")
    if kept.position is not None:
        lines.append(f"position = [{kept.position.latitude}, {kept.position.longitude}]\n")
    if settings is not None:
        lines += [
            "[printer]",
            f"address = {_quoted(settings.address)}",
            f"dots = {settings.dots}",
            f"native_qr = {'true' if settings.native_qr else 'false'}",
        ]
    (data / FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _printer(path: Path, told: Any) -> PrinterSettings | None:
    if told is None:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("address"), str):
        raise BadConfiguration(f'{path}: a printer has an address, as "usb:04b8:0202".')
    unknown = sorted(set(told) - {"address", "dots", "native_qr"})
    if unknown:
        raise BadConfiguration(f"{path}: a printer has nothing called “{unknown[0]}”.")
    dots, native = told.get("dots", 576), told.get("native_qr", False)
    if type(dots) is not int or not NARROWEST <= dots <= WIDEST:
        raise BadConfiguration(f"{path}: dots is a whole number from {NARROWEST} to {WIDEST}.")
    if not isinstance(native, bool):
        raise BadConfiguration(f"{path}: native_qr is true or false.")
    return PrinterSettings(told["address"], dots, native)


def _position(path: Path, told: Any) -> Spot | None:
    if told is None:
        return None
    sound = (
        isinstance(told, list) and len(told) == 2 and all(type(one) in (int, float) for one in told)
    )
    if not sound or not (abs(told[0]) <= 90 and abs(told[1]) <= 180):
        raise BadConfiguration(
            f"{path}: position is latitude and longitude in degrees, as [47.2184, -1.5536]."
        )
    return Spot(float(told[0]), float(told[1]))


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
