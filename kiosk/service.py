"""The kiosk put together: device, sync in the background, screens."""

import logging
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from kiosk.access.commands import KEYBOARD, KeyMap
from kiosk.app import Display, run
from kiosk.counter import Counter
from kiosk.devices.configuration import PrinterSettings, read_configuration
from kiosk.devices.equipment import find_equipment
from kiosk.errors import DeviceError
from kiosk.idle import IdleWatch
from kiosk.offer import Offer, Programme
from kiosk.tidying import leave_to_quiet_moments
from sync.client.background import BackgroundSync, Rhythm
from sync.device import Device

log = logging.getLogger(__name__)

SECONDS_BEFORE_CONNECTING = 1.0


class NothingToOffer(DeviceError):
    """The device holds no consultation that is open today."""


def local_now() -> datetime:
    """The time of day where the device stands."""
    return datetime.now().astimezone()


def open_offers(device: Device, programme: Programme) -> tuple[Offer, ...]:
    """The consultations that people can take part in today, fetched if none is held.

    Raises:
        NothingToOffer: there is none; the message says what to do.
    """
    if not device.consultations() and device.enrolled is not None:
        from sync.client.https import sync_once

        sync_once(device)
    held = device.consultations()
    if not held:
        raise NothingToOffer(
            "This device holds no consultation yet. Publish one on the server "
            "(parvis-server publish), then run: parvis-kiosk sync"
            if device.enrolled
            else "This device belongs to no server yet. On the server run parvis-server enrol, "
            "then here: parvis-kiosk enrol CODE"
        )
    offers = programme.today()
    if not offers:
        raise NothingToOffer(
            f"None of this device's {len(held)} consultations is open on {device.today()}. "
            "Check the device's clock, or publish one that is open."
        )
    return offers


def serve(
    data: Path,
    display: Display,
    *,
    place: str = "",
    patience: float | None = None,
    grace: float = 30,
    rhythm: Rhythm | None = None,
    keys: KeyMap = KEYBOARD,
    ready: Callable[[Any], None] = lambda kiosk: None,
) -> None:
    """Serve people at this device until the window closes.

    Args:
        data: the device's directory.
        display: how to draw.
        place: where the device stands.
        patience: seconds without a touch before the kiosk asks; None as the consultation says.
        grace: seconds that it then counts down.
        rhythm: of the sync in the background.
        keys: what the keys of its keypad ask for.
        ready: told of the root widget, once it is there.

    Raises:
        DeviceBusy: another process serves this device.
        NothingToOffer: there is nothing to take part in.
        BadConfiguration: what is noted about the device cannot be.
    """
    leave_to_quiet_moments()
    attached = read_configuration(data)
    with (
        Device.open(data) as device,
        tempfile.TemporaryDirectory(prefix="parvis-") as home,
        ExitStack() as closing,
    ):
        for complaint in device.complaints:
            log.warning("%s", complaint)
        programme = Programme(device, local_now)
        offers = open_offers(device, programme)
        uplink = BackgroundSync(device, rhythm)
        counter = Counter(device, uplink, place)
        wait = patience if patience is not None else offers[0].consultation.options.idle_seconds

        equipment = find_equipment(data, attached.position)

        def build() -> Any:
            from kivy.clock import Clock

            from kiosk.speech import find_voice
            from kiosk.stage import Kiosk

            kiosk = Kiosk(
                offers,
                counter,
                voice=find_voice(),
                key_map=keys,
                idle=IdleWatch(monotonic, wait, grace),
                today=device.today,
                renew=programme.today,
                languages=attached.languages,
                printer=_printer(attached.printer),
                equipment=equipment,
            )
            closing.callback(kiosk.close)
            # Whoever touches the screen first comes before the network and its libraries.
            Clock.schedule_once(lambda _: connect(kiosk), SECONDS_BEFORE_CONNECTING)
            ready(kiosk)
            return kiosk

        def connect(kiosk: Any) -> None:
            from kiosk.access.screen_readers import open_bridge
            from kiosk.devices.headphones import find_headphones

            if (bridge := open_bridge(kiosk)) is not None:
                closing.callback(bridge.close)
            if (headphones := find_headphones(kiosk.headphones_changed)) is not None:
                kiosk.headphones_changed(headphones.plugged)
                headphones.watch()
                closing.callback(headphones.close)
            uplink.start()

        try:
            run(build, display, Path(home))
        finally:
            equipment.close()
            uplink.stop()


def _printer(settings: PrinterSettings | None) -> Any:
    """The receipt printer, whose library is loaded only where there is one."""
    if settings is None:
        return None
    from kiosk.devices.printer import Printer

    return Printer(settings)
