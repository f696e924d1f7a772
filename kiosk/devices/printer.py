"""A receipt printer that speaks ESC/POS: by USB, serial line, network, or a device file.

What is printed comes as a picture, so that every script comes out as on the screen, whatever the
printer's own letters are. A printer that fails says why; the receipt stays on the screen.
"""

import logging
from collections.abc import Callable
from copy import deepcopy
from enum import Enum
from pathlib import Path
from typing import Any

from PIL import Image

from kiosk.devices.configuration import BadConfiguration, PrinterSettings
from kiosk.errors import DeviceError

log = logging.getLogger(__name__)

SECONDS = 5  # that a printer may take to answer
MODULE_DOTS = 6  # of a QR that the printer draws
_EMPTY_LINES = 2


class Trouble(Enum):
    """Why nothing came out, as far as the printer tells."""

    NO_PAPER = "it has no paper"
    NO_ANSWER = "it does not answer: is it plugged in and switched on?"


class PrinterTrouble(DeviceError):
    """Nothing was printed, or not all of it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"The receipt printer: {trouble.value}")
        self.trouble = trouble


class Printer:
    """One receipt printer; opened anew for each receipt, so that it may be replugged at any time.

    Args:
        settings: where it is and what it can do.
        connect: opens the connection; another one in tests.
    """

    def __init__(
        self,
        settings: PrinterSettings,
        connect: Callable[[PrinterSettings], Any] | None = None,
    ) -> None:
        self.settings = settings
        self._connect = connect or open_connection

    @property
    def dots(self) -> int:
        """How wide a picture it prints."""
        return self.settings.dots

    @property
    def native_qr(self) -> bool:
        """Whether it draws the QR itself: the picture is to come without one."""
        return self.settings.native_qr

    def print(self, above: Image.Image, qr: str = "", below: Image.Image | None = None) -> None:
        """Print a picture, a QR that the printer draws, another picture, and cut.

        Raises:
            PrinterTrouble: the paper is out, or the printer does not answer.
        """
        connection = self._open()
        try:
            _want_paper(connection)
            connection.image(above)
            if qr:
                connection.set(align="center")
                connection.qr(qr, size=MODULE_DOTS, native=True)
                connection.set(align="left")
            if below is not None:
                connection.image(below)
            connection.ln(_EMPTY_LINES)
            connection.cut()
            _want_paper(connection)
        except PrinterTrouble:
            raise
        except Exception as error:  # what pyusb, pyserial and sockets raise comes through
            log.warning("The receipt printer failed: %s", type(error).__name__)
            raise PrinterTrouble(Trouble.NO_ANSWER) from error
        finally:
            connection.close()

    def look(self) -> None:
        """See whether it is ready.

        Raises:
            PrinterTrouble: it is not.
        """
        connection = self._open()
        try:
            _want_paper(connection)
        finally:
            connection.close()

    def _open(self) -> Any:
        try:
            connection = self._connect(self.settings)
            connection.open()
            _tell_width(connection, self.dots)
        except BadConfiguration:
            raise
        except Exception as error:
            log.warning("The receipt printer cannot be opened: %s", type(error).__name__)
            raise PrinterTrouble(Trouble.NO_ANSWER) from error
        return connection


def check_device(settings: PrinterSettings) -> None:
    """Look whether a printer may be at an address that is a path here.

    Raises:
        BadConfiguration: there is no device at that path: it would take a file, and print nothing.
    """
    kind, _, where = settings.address.partition(":")
    if kind not in ("file", "serial"):
        return
    path = Path(where.partition("@")[0] if kind == "serial" else where)
    if not path.exists():
        raise BadConfiguration(
            f"There is nothing at {path}. Plug the printer in, switch it on, and look what it is "
            "called: ls /dev/usb /dev/ttyUSB*"
        )
    if not path.is_char_device():
        what = "a folder" if path.is_dir() else "a file"
        raise BadConfiguration(
            f"{path} is {what}, and no printer. Name its device, such as file:/dev/usb/lp0."
        )


def open_connection(settings: PrinterSettings) -> Any:
    """The connection to a printer's address, not opened yet.

    Raises:
        BadConfiguration: that is no address of a printer.
    """
    from escpos import printer  # takes its time: only where there is a printer

    kind, _, where = settings.address.partition(":")
    try:
        match kind:
            case "usb":
                vendor, product = (int(part, 16) for part in where.split(":"))
                return printer.Usb(vendor, product, timeout=SECONDS * 1000)
            case "serial":
                path, _, baud = where.partition("@")
                return printer.Serial(path, int(baud or 9600), timeout=SECONDS)
            case "network":
                host, _, port = where.partition(":")
                if not host:
                    raise ValueError
                return printer.Network(host, int(port or 9100), timeout=SECONDS)
            case "file":
                return printer.File(where)
    except ValueError:
        pass
    raise BadConfiguration(
        f"“{settings.address}” is no address of a printer: write usb:04b8:0202, "
        "serial:/dev/ttyUSB0@9600, network:192.0.2.7 or file:/dev/usb/lp0."
    )


def _want_paper(connection: Any) -> None:
    """Raise where the printer says that its paper is out; not all printers can say."""
    try:
        status = connection.paper_status()
    except Exception as error:  # noqa: BLE001  one way only, or no answer to this question
        log.debug("The receipt printer does not tell about paper: %s", type(error).__name__)
        return
    if status == 0:
        raise PrinterTrouble(Trouble.NO_PAPER)


def _tell_width(connection: Any, dots: int) -> None:
    """Escpos complains on the terminal about printers whose width it does not know."""
    data = deepcopy(connection.profile.profile_data)
    data.setdefault("media", {}).setdefault("width", {})["pixels"] = dots
    connection.profile.profile_data = data
