"""What the server stores, as values, and what it refuses to store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.acknowledgement import Verdict
from sync.errors import SyncError


class UnknownDevice(SyncError):
    """The batch or request names a device that was never enrolled here."""

    sentence = "This device is not enrolled with this server. Enrol it: parvis-server enrol."


class RevokedDevice(SyncError):
    """The device was enrolled once, and its right withdrawn."""

    sentence = "This device was revoked on this server. Enrol it again if that was a mistake."


class UnknownConsultationHere(SyncError):
    """This server does not hold the consultation."""

    sentence = "This server holds no consultation of that name. Publish it: parvis-server publish."


class OlderConsultation(SyncError):
    """A newer version is published already."""

    sentence = "This server already publishes a newer version of this consultation."


class ChangedConsultation(SyncError):
    """The same version is published already, with other content."""

    sentence = (
        "This server already publishes this version of the consultation, with another content. "
        "Give the new one a higher --version."
    )


class IncomingRecord(NamedTuple):
    """What the server reads of a sealed record: enough to find it again, nothing of its content.

    Attributes:
        id: the contribution's, 16 bytes.
        commitment: the contribution's, for the register.
        fingerprint: SHA-256 over its bytes.
        held_back: why it is quarantined whatever else is stored; None where nothing speaks
            against it.
        attachments: name and size of the streams that belong to it.
        registered: whether it enters the register, as its kind says.
    """

    id: bytes
    commitment: bytes
    fingerprint: bytes
    held_back: Verdict | None = None
    attachments: tuple[tuple[str, int], ...] = ()
    registered: bool = True


@dataclass(frozen=True)
class IncomingBatch:
    """A verified batch to be stored.

    Attributes:
        name: SHA-256 of its bytes, hex.
        body: the file.
        consultation: that all its records belong to.
        device_key_id: who signed it, hex.
        sequence: its number among this device's batches for this consultation.
        records: in the order that the acknowledgement lists them.
    """

    name: str
    body: bytes
    consultation: str
    device_key_id: str
    sequence: int
    records: tuple[IncomingRecord, ...]


@dataclass(frozen=True)
class EnrolledDevice:
    """A device as the server knows it; times in seconds since 1970."""

    key_id: str
    public_key: Ed25519PublicKey
    name: str
    enrolled_at: float
    revoked_at: float | None


@dataclass(frozen=True)
class Enrolled:
    """How a device was enrolled.

    Attributes:
        token_hash: what the server kept of the code's token.
        compared: whether somebody has compared the six words.
    """

    token_hash: bytes
    compared: bool


@dataclass(frozen=True)
class PublishedConsultation:
    """One version of a consultation that this server publishes.

    Attributes:
        id: the consultation's.
        version: grows with every publication.
        package_hash: SHA-256 of the package, hex.
        organiser_key: Ed25519, 32 bytes.
        form_hash: SHA-256 of its form, 32 bytes.
        recipients: the ids of the keys that contributions are sealed to.
        published_at: when it came here, in seconds since 1970.
    """

    id: str
    version: int
    package_hash: str
    organiser_key: bytes
    form_hash: bytes
    recipients: frozenset[bytes]
    published_at: float = 0.0


@dataclass(frozen=True)
class StoredAttachment:
    """A sealed attachment that some batch names.

    Attributes:
        size: of its stream, in bytes.
        arrived: whether it is there.
    """

    size: int
    arrived: bool


@dataclass(frozen=True)
class StoredBatch:
    """A batch in the order it came."""

    number: int
    name: str
    size: int
    received_at: float


@dataclass(frozen=True)
class Counts:
    """How much the server holds."""

    devices: int
    revoked: int
    batches: int
    records: int
    quarantined: int
    bytes: int
