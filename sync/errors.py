"""What can go wrong while sealed things are made, kept, carried and opened.

Each message is a sentence that says what happened and what to do; commands print it as it is.
"""

from typing import ClassVar


class SyncError(Exception):
    """Something of sealing or sync failed; the message says what to do about it."""

    sentence: ClassVar[str] = "Something went wrong while handling sealed contributions."

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or self.sentence)


# --- what was read is not what it claims to be


class UnknownFormat(SyncError):
    """The bytes are not of a kind or version that this Parvis reads."""

    sentence = (
        "This file is not one that this version of Parvis reads. Update Parvis, or check which "
        "file was meant."
    )


class TruncatedBatch(SyncError):
    """The batch is shorter than it says."""

    sentence = "This batch is cut short. Send or copy it again; the device still holds all of it."


class ForgedBatch(SyncError):
    """The batch is not what its device signed."""

    sentence = (
        "This batch is not what its device signed: it was changed or damaged on the way. Send "
        "or copy it again; if it happens twice, look at the device."
    )


class MalformedBatch(SyncError):
    """The batch is signed by its device, and yet breaks the format."""

    sentence = (
        "This batch is signed by its device but does not follow the format. Update Parvis on "
        "the device."
    )


class MalformedSession(SyncError):
    """A session header breaks the format."""

    sentence = (
        "This sealing session does not follow the format. Update Parvis on the device that made it."
    )


class WrongRecipient(SyncError):
    """Nothing here was sealed to the keys at hand."""

    sentence = (
        "This contribution was not sealed to any of these keys. Use the key directory that its "
        "consultation was published with."
    )


class ForgedRecord(SyncError):
    """A sealed record does not open with the key of its place in its session."""

    sentence = (
        "This sealed contribution does not open: it was changed or damaged after it was sealed."
    )


class ForgedAttachment(SyncError):
    """A sealed attachment does not open, or is not the one that its contribution names."""

    sentence = (
        "This attached file does not open, or is not the one that its contribution names: it was "
        "changed or damaged after it was sealed."
    )


class UnknownDictionary(SyncError):
    """The dictionary that a session compressed with is not at hand."""

    sentence = (
        "The dictionary that these contributions were compressed with is missing. Give the "
        "consultation package (.parvis) in the version that the device held."
    )


class MalformedContribution(SyncError):
    """A contribution breaks the format or its limits."""

    sentence = "This contribution does not follow the format."


class ForgedAcknowledgement(SyncError):
    """The acknowledgement is not signed by the server that this device is enrolled with."""

    sentence = (
        "The answer is not signed by the server that this device is enrolled with; nothing was "
        "released. Check the network (a captive portal?) and the server's address."
    )


class ForgedReceipt(SyncError):
    """The receipt is not what a device of this consultation signed."""

    sentence = "This receipt is not one that this device signed. Scan or type it again."


class MistypedCode(SyncError):
    """A typed code does not fit its check character."""

    sentence = "This code has a mistake in it. Compare it with the receipt, character by character."


class UnfitAddress(SyncError):
    """An address cannot stand in a receipt's QR code."""

    sentence = (
        "The server's public address is too long for a receipt. Give it a shorter one (60 "
        "characters at most)."
    )


class ForgedPackage(SyncError):
    """The consultation package is not what its organiser signed."""

    sentence = (
        "This consultation package is not what its organiser signed. Fetch it again, or ask the "
        "organiser for it."
    )


class MalformedPackage(SyncError):
    """A consultation package breaks the format or its limits."""

    sentence = (
        "This consultation package does not follow the format. Publish it again with parvis-desk."
    )


class OlderPackage(SyncError):
    """The device already holds a newer version of this consultation."""

    sentence = (
        "The device already holds a newer version of this consultation; the older one was refused."
    )


# --- keys


class BadKey(SyncError):
    """A key file is missing, cannot be read, or holds something else."""

    sentence = "This key file cannot be used. Restore it from its backup."


class DamagedKey(BadKey):
    """A sealed key file is not what was written: no passphrase would open it."""

    sentence = "This sealed key file is damaged. Restore it from its backup."


class WrongPassphrase(BadKey):
    """A sealed key file is whole, and this passphrase does not open it."""

    sentence = (
        "This passphrase does not open the key. Look at capital letters and the keyboard's layout, "
        "and try again."
    )


class NoPassphrase(BadKey):
    """A sealed key is needed, and nobody is there to be asked for its passphrase."""

    sentence = (
        "This key is sealed under a passphrase. Run the command in a terminal, or give it "
        "--passphrase-file."
    )


class BadPassphrase(SyncError):
    """A passphrase cannot be used: empty, too short or too long, or no text."""


# --- on the device


class DeviceBusy(SyncError):
    """Another process uses the same data directory."""

    sentence = (
        "Another Parvis already runs on this data. Close it first, or name another --data "
        "directory."
    )


class NotEnrolled(SyncError):
    """The device knows no server yet."""

    sentence = (
        "This device is not enrolled yet. Run parvis-kiosk enrol with the code that the server "
        "shows."
    )


class AlreadyEnrolled(SyncError):
    """The device still owes contributions to another server."""

    sentence = "This device still holds contributions for another server. Let them be sent first."


class UnknownConsultation(SyncError):
    """The device does not hold this consultation."""

    sentence = (
        "This device holds no consultation of that name. Run parvis-kiosk sync to fetch what is "
        "published."
    )


class UnknownBatch(SyncError):
    """The outbox knows no such batch."""

    sentence = "This batch did not come from this device."


class SeveralMeant(SyncError):
    """A receipt's code stands for more than one contribution: one in 2**55 does by chance."""

    sentence = "This code stands for more than one contribution. Nothing was erased; call support."


class BadDataDirectory(SyncError):
    """The device's data directory cannot be used."""

    sentence = "The device's data directory cannot be used."


class StorageFailed(SyncError):
    """The disk does not take what is to be stored, or is locked."""

    sentence = (
        "The disk did not take it: it is full, read-only, or failing. Make room, or change it."
    )


class NotKept(SyncError):
    """A contribution could not be stored; nothing of it remains."""

    sentence = (
        "The contribution could not be stored, and nothing was recorded. Call the person who "
        "looks after the device."
    )


class ErasedAlready(SyncError):
    """Something was sealed under this origin, and has been erased since."""

    sentence = (
        "This contribution was sealed here before, and erased since: it is not sealed a second "
        "time."
    )


class DamagedOutbox(SyncError):
    """The outbox file cannot be read."""

    sentence = (
        "The outbox cannot be read. Copy the data directory to a safe place and call support; "
        "do not delete it."
    )


class DamagedData(SyncError):
    """A file of the device, other than the outbox, cannot be read."""

    sentence = "A file in the device's data directory is damaged."


class SessionSpent(SyncError):
    """A sealing session has reached its 64 contributions or 15 minutes."""

    sentence = "This sealing session is over; start a new one."


# --- the register


class DamagedRegister(SyncError):
    """Tiles of a register are missing, or not what they should be."""

    sentence = (
        "The register's files are damaged or incomplete. Run: parvis-server doctor; they can be "
        "made again from the database."
    )


class ForgedCheckpoint(SyncError):
    """A checkpoint is not what the server signed."""

    sentence = "This is no checkpoint of this register, signed by this server."


class ForgottenRegister(SyncError):
    """A register no longer holds what it once showed: its past was changed."""

    sentence = (
        "The register does not contain what it held before: entries were changed or removed. "
        "Keep this device's data, and tell the organiser."
    )


class ForgedProof(SyncError):
    """A proof does not lead from what it is about to the register's checkpoint."""

    sentence = "This proof does not hold: what it is about does not stand in the register."
