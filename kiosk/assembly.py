"""The kiosk put together, step by step: device, sync in the background, screens.

Each step is short, so that touches can be answered between them; `kiosk.service` takes them.
Kivy is imported only by the later ones: the window must be opened before.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

from forms.moments import local_time
from kiosk.access.commands import KEYBOARD, KeyMap
from kiosk.counter import Counter
from kiosk.devices.configuration import PrinterSettings, read_configuration
from kiosk.devices.equipment import find_equipment
from kiosk.errors import DeviceError
from kiosk.greeting import keep_greeting
from kiosk.hatch import Hatch
from kiosk.idle import IdleWatch
from kiosk.offer import Offer, Programme
from sync.client.background import BackgroundSync, Rhythm
from sync.device import Device

log = logging.getLogger(__name__)


class NothingToOffer(DeviceError):
    """The device holds no consultation that is open today."""


@dataclass(frozen=True)
class Wishes:
    """How a kiosk serves people; see `kiosk.service.serve`."""

    place: str = ""
    patience: float | None = None
    grace: float = 30
    rhythm: Rhythm | None = None
    keys: KeyMap = KEYBOARD


class Assembly:
    """A kiosk in the making.

    Args:
        data: the device's directory.
        wishes: how it serves people.
        closing: what has to be closed in the end is put here.
    """

    def __init__(self, data: Path, wishes: Wishes, closing: ExitStack) -> None:
        self._data = data
        self._wishes = wishes
        self._closing = closing

    def find_device(self) -> Iterator[None]:
        """The first steps: whatever may be wrong with the device is found in these.

        Raises:
            DeviceBusy: another process serves this device.
            NothingToOffer: there is nothing to take part in.
            BadConfiguration: what is noted about the device cannot be.
        """
        self._attached = read_configuration(self._data)
        yield
        self._device = self._closing.enter_context(Device.open(self._data))
        hatch = Hatch(self._device)
        hatch.start()
        self._closing.callback(hatch.stop)
        for complaint in self._device.complaints:
            log.warning("%s", complaint)
        yield
        self._programme = Programme(self._device, local_time)
        self._offers = open_offers(self._device, self._programme)
        yield
        self._equipment = find_equipment(self._data, self._attached.position)
        self._closing.callback(self._equipment.close)
        self._uplink = BackgroundSync(self._device, self._wishes.rhythm)
        self._closing.callback(self._uplink.stop)
        self._counter = Counter(self._device, self._uplink, self._wishes.place)
        yield
        for offer in self._offers:
            _ = offer.languages  # reads its form
            yield

    def build_stage(self, screens: Callable[[], dict[str, Any]]) -> Iterator[Any]:
        """The last steps; the very last gives the stage, which is the window's root from then on.

        Args:
            screens: those that are there already, asked for when the stage takes them over.
        """
        from kiosk.speech.voice import find_voice
        from kiosk.stage import Kiosk

        yield None
        voice = find_voice()
        yield None
        wishes, attached = self._wishes, self._attached
        usual = self._offers[0].consultation.options.idle_seconds
        patience = usual if wishes.patience is None else wishes.patience
        stage = Kiosk(
            self._offers,
            self._counter,
            voice=voice,
            key_map=wishes.keys,
            idle=IdleWatch(monotonic, patience, wishes.grace),
            today=self._device.today,
            renew=self._programme.today,
            languages=attached.languages,
            printer=_printer(attached.printer),
            equipment=self._equipment,
            screens=screens(),
        )
        self._closing.callback(stage.close)
        yield stage

    def connect(self, stage: Any) -> None:
        """What nobody waits for: screen readers, headphones, catalogues, the network."""
        from kiosk.access.screen_readers import open_bridge
        from kiosk.devices.headphones import find_headphones
        from kiosk.language import tr

        if (bridge := open_bridge(stage)) is not None:
            self._closing.callback(bridge.close)
        if (headphones := find_headphones(stage.headphones_changed)) is not None:
            stage.headphones_changed(headphones.plugged)
            headphones.watch()
            self._closing.callback(headphones.close)
        Thread(target=tr.read_ahead, args=(stage.languages,), daemon=True).start()
        self._uplink.start()

    def keep_greeting(self, stage: Any) -> None:
        """Keep what the welcome says for the next start."""
        if not stage.is_open:
            return
        try:
            keep_greeting(self._data, stage.offers, self._device.consultations(), stage.languages)
        except OSError as error:
            log.warning("The next start will be slower: %s", error.strerror)


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


def _printer(settings: PrinterSettings | None) -> Any:
    """The receipt printer, whose library is loaded only where there is one."""
    if settings is None:
        return None
    from kiosk.devices.printer import Printer

    return Printer(settings)
