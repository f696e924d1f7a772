"""The server's side of a courier: batches come off the stick, its word on them goes onto it.

The rules are those of `sync.courier`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync import acknowledgement as acknowledgements
from sync.courier import FRESH, Copying, Stick, Told, nobody, read_at_most
from sync.erasure import write_orders
from sync.errors import SyncError
from sync.server.app import LARGEST_BATCH
from sync.server.problems import NoSpace
from sync.server.service import Service
from sync.server.uploads import SpoiltUpload
from sync.wording import counted

_BATCH = b"PARVISB"
_PIECE = 1 << 20
_MOST_WORDS = 20_000


@dataclass(frozen=True)
class TakenIn:
    """What came off a stick.

    Attributes:
        batches: that are stored now, those that were before too.
        contributions: in them.
        attachments: that came with it.
        awaited: attachments that did not.
        troubles: sentences on files that could not be taken.
    """

    batches: int = 0
    contributions: int = 0
    attachments: int = 0
    awaited: int = 0
    troubles: tuple[str, ...] = ()

    def sentences(self) -> tuple[str, ...]:
        """In words."""
        said = [
            f"{counted(self.batches, 'batch')} with {counted(self.contributions, 'contribution')} "
            f"and {counted(self.attachments, 'attached file')} are stored."
        ]
        if self.awaited:
            said.append(
                f"{counted(self.awaited, 'attached file')} did not come along, or not whole: copy "
                "them again from their device (parvis-kiosk courier out)."
            )
        return (*said, *self.troubles)


def take_in(service: Service, directory: Path, told: Told = nobody) -> TakenIn:
    """Store every batch that lies on a stick, and the attachments that belong to it.

    A batch that cannot be taken is named, and the rest goes on; nothing on the stick is changed.

    Raises:
        CourierFailed: there is no stick.
    """
    stick = Stick(directory)
    found = list(stick.beginning_with(_BATCH))
    copying = Copying(told, [path.stat().st_size for path in found])
    words: dict[str, bytes] = {}
    troubles = []
    for path in found:
        body = read_at_most(path, LARGEST_BATCH) or b""
        name = hashlib.sha256(body).hexdigest()
        try:
            words[name] = service.intake.receive(name, body)
        except SyncError as error:
            troubles.append(f"{path}: {error}")
        except OSError as error:
            troubles.append(f"{path}: {NoSpace.sentence} ({error.strerror})")
        copying.went(len(body))
    streams = stick.named_by_hash()
    attachments = awaited = records = 0
    for name in words:
        consultation = service.store.consultation_of(name) or ""
        said = acknowledgements.read(words[name], service.public_key)
        records += len(said.verdicts)
        for stream in said.awaited:
            if _take_attachment(service, consultation, stream, streams.get(stream, ())):
                attachments += 1
            else:
                awaited += 1
    troubles += _publish(service)
    return TakenIn(len(words), records, attachments, awaited, tuple(troubles))


def put_out(service: Service, directory: Path, told: Told = nobody) -> int:
    """Lay the server's word on a stick, and what it publishes; says on how many batches.

    The newest batches come first, whichever way they arrived.

    Raises:
        CourierFailed: the stick does not take it. What is on it is whole; the next try goes on.
    """
    stick = Stick(directory)
    stick.prepare()
    names = list(reversed(service.store.batch_names()))[:_MOST_WORDS]
    words = {name: service.intake.acknowledgement(name) or b"" for name in names}
    published = service.store.consultations()
    packages = {one.id: service.store.package(one.id) for one in published}
    listing = service.listing(FRESH)
    orders = {one.id: write_orders(service.erasures.orders(one.id)) for one in published}
    every = (*words.values(), *packages.values(), *orders.values(), listing)
    copying = Copying(told, [len(one) for one in every])
    for name, word in words.items():
        copying.put(stick.acknowledgements / name, word)
    for id_, package in packages.items():
        copying.put(stick.consultations / f"{id_}.parvis", package)
    for id_, body in orders.items():
        copying.put(stick.erasures / id_, body)
    copying.put(stick.consultations / "listing", listing)
    return len(words)


def _take_attachment(service: Service, consultation: str, name: str, paths: Sequence[Path]) -> bool:
    """Bring an attachment in from the first of these files that is whole."""
    for path in paths:
        try:
            at, size, arrived = service.intake.attachment_offset(consultation, name)
            if arrived:
                return True
            if path.stat().st_size != size:
                continue
            if at:
                service.uploads.drop(name)  # begun by the network; all of it is here
            at = 0
            for piece in _pieces(path):
                at = service.intake.go_on(consultation, name, at, piece)
            if service.intake.complete(consultation, name):
                return True
        except (OSError, SpoiltUpload):
            continue
    return False


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from iter(lambda: file.read(_PIECE), b"")


def _publish(service: Service) -> tuple[str, ...]:
    """Publish what came; where a server runs on this data, it does that itself."""
    try:
        service.publish_registers()
    except (SyncError, OSError) as error:
        return (f"What came is stored; the register could not be published now: {error}",)
    return ()
