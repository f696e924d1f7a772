"""A real AT-SPI client, on a session bus of its own: speaks D-Bus as a screen reader does."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any

from jeepney import DBusAddress, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.kiosk import driver
from tests.waiting import LONG

ROOT = "/org/a11y/atspi/accessible/root"
ACCESSIBLE = "org.a11y.atspi.Accessible"
# Of AtspiRole (at-spi2-core, atspi-constants.h).
ROLES = {
    **{2: "alert", 7: "check box", 23: "frame", 29: "label", 42: "progress bar", 43: "button"},
    **{44: "radio button", 61: "text", 75: "application", 79: "entry", 101: "notification"},
}


@contextmanager
def session_bus() -> Iterator[str]:
    """A D-Bus session for as long as it lasts; its address is in the environment."""
    daemon = shutil.which("dbus-daemon")
    assert daemon, "run make test: it installs dbus and at-spi2-core"
    bus = subprocess.Popen(
        [daemon, "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert bus.stdout is not None
    before = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    address = os.environ["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
    try:
        yield address
    finally:
        if before is None:
            del os.environ["DBUS_SESSION_BUS_ADDRESS"]
        else:
            os.environ["DBUS_SESSION_BUS_ADDRESS"] = before
        bus.terminate()
        bus.wait()
        bus.stdout.close()


@dataclass(frozen=True)
class Found:
    """One accessible object, as the client was told of it."""

    bus: str
    path: str
    name: str
    role: str
    checked: bool
    focused: bool


class Gone(Exception):
    """The object that was asked is no longer shown."""


class Assistive:
    """Asks for what is on the screen, and for things to be done."""

    def __init__(self, session: str) -> None:
        with open_dbus_connection(session) as bus:
            where = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus")
            (address,) = self._asked(bus, new_method_call(where, "GetAddress"))
            status = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Status")
            self._asked(bus, Properties(status).set("IsEnabled", "b", True))
            self._asked(bus, Properties(status).set("ScreenReaderEnabled", "b", True))
        self._bus = open_dbus_connection(address)

    def close(self) -> None:
        """Hang up."""
        self._bus.close()

    def objects(self) -> list[Found]:
        """Everything that the application shows, in its order."""
        found: list[Found] = []
        for bus, path in self._children("org.a11y.atspi.Registry", ROOT):
            self._collect(bus, path, found)
        return found

    def press(self, thing: Found) -> None:
        """Do the object's first action."""
        where = DBusAddress(thing.path, thing.bus, "org.a11y.atspi.Action")
        self._asked(self._bus, new_method_call(where, "DoAction", "i", (0,)))

    def text(self, thing: Found) -> tuple[str, int]:
        """What stands in a field, and where the caret is."""
        where = DBusAddress(thing.path, thing.bus, "org.a11y.atspi.Text")
        (text,) = self._asked(self._bus, new_method_call(where, "GetText", "ii", (0, -1)))
        ((_, caret),) = self._asked(self._bus, Properties(where).get("CaretOffset"))
        return text, caret

    def description(self, thing: Found) -> str:
        """How it stands, in words."""
        where = DBusAddress(thing.path, thing.bus, ACCESSIBLE)
        ((_, told),) = self._asked(self._bus, Properties(where).get("Description"))
        return str(told)

    def _collect(self, bus: str, path: str, found: list[Found]) -> None:
        where = DBusAddress(path, bus, ACCESSIBLE)
        try:
            (role,) = self._asked(self._bus, new_method_call(where, "GetRole"))
            ((low, _),) = self._asked(self._bus, new_method_call(where, "GetState"))
            ((_, name),) = self._asked(self._bus, Properties(where).get("Name"))
            children = self._children(bus, path)
        except Gone:
            return  # the page was drawn anew between its parent's answer and this question
        # AtspiStateType: 4 is checked, 12 focused.
        found.append(
            Found(
                bus, path, name, ROLES.get(role, str(role)), bool(low & 1 << 4), bool(low & 1 << 12)
            )
        )
        for child_bus, child in children:
            self._collect(child_bus, child, found)

    def _children(self, bus: str, path: str) -> list[tuple[str, str]]:
        where = DBusAddress(path, bus, ACCESSIBLE)
        (children,) = self._asked(self._bus, new_method_call(where, "GetChildren"))
        return list(children)

    def _asked(self, bus: DBusConnection, message: Any) -> Any:
        reply = bus.send_and_get_reply(message, timeout=LONG)
        if reply.header.message_type.name == "error":
            if "Unknown object" in str(reply.body):
                raise Gone(str(reply.body))
            raise RuntimeError(str(reply.body))
        return reply.body


def meanwhile(ask: Callable[[], Any]) -> Any:
    """Ask on another thread while the kiosk goes on drawing frames, as it would."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001
            answers.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    end = monotonic() + LONG
    while thread.is_alive():
        assert monotonic() < end, "the client got no answer"
        driver.frames()
        sleep(0.005)
    if isinstance(answers[0], Exception):
        raise answers[0]
    return answers[0]


def until(look: Callable[[], Any]) -> Any:
    """Ask until the answer is something."""
    end = monotonic() + LONG
    while True:
        answer = meanwhile(look)
        if answer:
            return answer
        if monotonic() > end:
            print("nothing came", file=sys.stderr)
            return answer
        driver.pass_time(0.1)
