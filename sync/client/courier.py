"""A device's side of a courier: what it sealed goes onto the stick, the server's word comes off.

The rules are those of `sync.courier`.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from sync.courier import FRESH, Copying, Stick, Told, nobody, read_at_most, stick_words
from sync.device import Device
from sync.erasure import read_orders
from sync.errors import NotEnrolled, SyncError
from sync.listing import format_in, read_listing
from sync.outbox import USUAL_BATCH
from sync.signed import Kind
from sync.statement import ForgedStatement, UnreadableStatement
from sync.wording import counted

_ACKNOWLEDGEMENT = b"PARVISA"
_LARGEST_LISTING = 4 << 20
_LARGEST_ORDERS = 64 << 20


@dataclass(frozen=True)
class CarriedOut:
    """What lies on the stick now.

    Attributes:
        contributions: that it carries for this device.
        batches: in so many files.
        attachments: files attached to them.
        damaged: attached files that this device's own disk has damaged.
    """

    contributions: int = 0
    batches: int = 0
    attachments: int = 0
    damaged: int = 0

    def sentences(self) -> tuple[str, ...]:
        """In words."""
        if not self.batches:
            return ("Nothing waits on this device: there is nothing to carry.",)
        said = [
            f"{counted(self.contributions, 'contribution')} in {counted(self.batches, 'batch')} "
            f"and {counted(self.attachments, 'attached file')} are on the stick, sealed. They stay "
            "on this device, too, until the server's word comes back on a stick or by the network."
        ]
        if self.damaged:
            said.append(
                f"{counted(self.damaged, 'attached file')} cannot be read from this device's disk."
            )
        return tuple(said)


@dataclass(frozen=True)
class CarriedIn:
    """What came off the stick.

    Attributes:
        released: contributions that the server has.
        quarantined: contributions that somebody must look at.
        fetched: titles of consultations that came new.
        erased: contributions that were erased here, as was ordered.
        troubles: sentences on what could not be used.
    """

    released: int = 0
    quarantined: int = 0
    erased: int = 0
    fetched: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """In words."""
        said = [f"By the server's word, {counted(self.released, 'contribution')} arrived."]
        if self.quarantined:
            said.append(
                f"{counted(self.quarantined, 'contribution')} put aside: somebody must look at "
                "them."
            )
        if self.erased:
            said.append(f"{counted(self.erased, 'contribution')} erased here, as was ordered.")
        said += [f"New on this device: “{title}”." for title in self.fetched]
        return (*said, *self.troubles)


def carry_out(
    device: Device, directory: Path, told: Told = nobody, *, batch: int = USUAL_BATCH
) -> CarriedOut:
    """Copy everything that waits onto a stick.

    Args:
        device: what it is copied from; nothing is taken off it.
        directory: where the stick is mounted.
        told: of progress.
        batch: records in a new batch.

    Raises:
        CourierFailed: the stick does not take it. What is on it is whole; the next try goes on.
    """
    stick = Stick(directory)
    outgoing = device.outbox.every_batch(batch)
    if not outgoing:
        return CarriedOut()
    stick.prepare()
    streams = [one for each in outgoing for one in each.enclosed]
    copying = Copying(told, [len(one.data) for one in outgoing] + [one.size for one in streams])
    for one in outgoing:
        copying.put(stick.batches / one.name, one.data)
    folder = device.outbox.streams.path
    damaged = sum(
        not copying.copy(folder / one.name, stick.attachments / one.name, one.name)
        for one in streams
    )
    return CarriedOut(
        contributions=sum(one.records for one in outgoing),
        batches=len(outgoing),
        attachments=len(streams) - damaged,
        damaged=damaged,
    )


def carry_in(device: Device, directory: Path) -> CarriedIn:
    """Take the server's word, and what it publishes, off a stick.

    Raises:
        NotEnrolled: this device knows no server whose word counts.
        CourierFailed: there is no stick.
    """
    if device.enrolled is None:
        raise NotEnrolled()
    stick, outbox = Stick(directory), device.outbox
    aside, released = outbox.counts().quarantined, 0
    for path in stick.beginning_with(_ACKNOWLEDGEMENT):
        word = read_at_most(path, Kind.ACKNOWLEDGEMENT.largest)
        # Words on other devices' batches, and other servers', are none of this device's business.
        with contextlib.suppress(SyncError):
            released += outbox.release(word or b"")
    fetched, troubles = _consultations(device, stick)
    erased = _erase(device, stick)
    _tidy(device, stick)
    quarantined = outbox.counts().quarantined - aside
    return CarriedIn(released, quarantined, erased, tuple(fetched), tuple(troubles))


def _consultations(device: Device, stick: Stick) -> tuple[list[str], list[str]]:
    """Hold what the server publishes, if its own listing on the stick says so."""
    assert device.enrolled is not None
    listing = read_at_most(stick.consultations / "listing", _LARGEST_LISTING)
    if listing is None:
        return [], []
    try:
        listed = read_listing(listing, device.enrolled.server, FRESH)
    except (UnreadableStatement, ForgedStatement):
        return [], ["The consultations on the stick are another server's; passed over."]
    # A list that travels may be an old one: it teaches nothing back.
    device.learn_server_format(max(device.outbox.version, format_in(listing)))
    held = {one.id: one.version for one in device.consultations()}
    fetched, troubles = [], []
    for one in listed:
        if held.get(one.id, 0) >= one.version:
            continue
        package = read_at_most(stick.consultations / f"{one.id}.parvis", Kind.PACKAGE.largest)
        if package is None or hashlib.sha256(package).hexdigest() != one.package_hash:
            troubles.append(f"The consultation {one.id} on the stick is not whole; copy it again.")
            continue
        try:
            fetched.append(device.hold(package).title_in("fr"))
        except SyncError as error:
            troubles.append(str(error))
    return fetched, troubles


def _erase(device: Device, stick: Stick) -> int:
    """Carry out the orders on the stick, whoever brought them; how many contributions that erased.

    Each is signed by whoever may give it, and means the same however often it comes. Its number on
    the stick is anybody's word: which are still to come, only the server says, by the network.
    """
    erased = 0
    for consultation in device.consultations():
        body = read_at_most(stick.erasures / consultation.id, _LARGEST_ORDERS)
        if body is None:
            continue
        with contextlib.suppress(UnreadableStatement):  # half of it, or something else
            for _, order in read_orders(body):
                # Orders of others are none of this device's business.
                with contextlib.suppress(UnreadableStatement, ForgedStatement):
                    erased += device.obey(order)
    return erased


def _tidy(device: Device, stick: Stick) -> None:
    """Take off the stick what has arrived; a stick that cannot be written keeps it, harmlessly."""
    with contextlib.suppress(SyncError), stick_words(stick.directory):
        for name in device.outbox.batches_done():
            (stick.batches / name).unlink(missing_ok=True)
            (stick.acknowledgements / name).unlink(missing_ok=True)
        for name in device.outbox.streams_done():
            (stick.attachments / name).unlink(missing_ok=True)
