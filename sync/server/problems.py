"""The catalogue of refusals: which error of the server is answered with which status and name."""

from __future__ import annotations

from sync import enrolment, signatures, statement
from sync.answers import MalformedAnswers
from sync.errors import (
    ForgedBatch,
    MalformedBatch,
    SyncError,
    TruncatedBatch,
    UnknownFormat,
)
from sync.problem import Problem
from sync.server import blobs, database, erasures, files, stored, uploads
from sync.server.answers import OlderAnswers
from sync.server.signed_registers import NotRegistered


class HashMismatch(SyncError):
    """The body is not the one that the address names."""

    sentence = (
        "The body is not the batch that the address names: it was changed or cut on the way. "
        "Send it again."
    )


class TooLarge(SyncError):
    """The body is larger than this server takes."""

    sentence = "This is larger than the server takes at once. Send smaller batches."


class TooSlow(SyncError):
    """The body did not come in time."""

    sentence = "The rest did not come in time. Send it again."


class TooBusy(SyncError):
    """More is under way than the server takes at once."""

    sentence = "The server has much to do at the moment. Send it again a little later."


class TooMany(SyncError):
    """One caller asks more than its share."""

    sentence = "Too much was asked from here in a short time. Ask again a little later."


class NoSpace(SyncError):
    """The server's disk is full or cannot be written."""

    sentence = (
        "The server cannot write to its disk now. Its operator must look at it; nothing was taken."
    )


class NotFound(SyncError):
    """There is nothing at this address."""

    sentence = "There is nothing here."


class PromisedOtherwise(SyncError):
    """People were promised that their contributions are not followed so far."""

    sentence = (
        "This consultation promised people that their contributions are not followed so far. The "
        "promise is kept: nothing was published."
    )


class BadRequest(SyncError):
    """The request itself is not one that this server understands."""

    sentence = "This request is not one that the server understands."


_CATALOGUE: dict[type[SyncError], tuple[int, str]] = {
    BadRequest: (400, "bad-request"),
    HashMismatch: (400, "hash-mismatch"),
    TruncatedBatch: (400, "truncated-batch"),
    MalformedBatch: (422, "malformed-batch"),
    UnknownFormat: (422, "unknown-format"),
    ForgedBatch: (403, "forged-batch"),
    stored.UnknownDevice: (403, "unknown-device"),
    stored.RevokedDevice: (403, "revoked-device"),
    signatures.Unsigned: (401, "unsigned"),
    signatures.UnknownSigner: (403, "unknown-signer"),
    signatures.Forged: (401, "forged-signature"),
    signatures.Stale: (401, "stale-signature"),
    enrolment.UnknownCode: (403, "unknown-code"),
    enrolment.UsedCode: (403, "used-code"),
    enrolment.ExpiredCode: (403, "expired-code"),
    enrolment.ForgedEnrolment: (403, "forged-enrolment"),
    stored.UnknownConsultationHere: (404, "unknown-consultation"),
    NotFound: (404, "not-found"),
    statement.UnreadableStatement: (400, "unreadable-statement"),
    statement.ForgedStatement: (403, "forged-statement"),
    erasures.UnknownContribution: (404, "unknown-contribution"),
    PromisedOtherwise: (403, "promised-otherwise"),
    MalformedAnswers: (422, "malformed-answers"),
    OlderAnswers: (409, "older-answers"),
    uploads.WrongOffset: (409, "wrong-offset"),
    uploads.SpoiltUpload: (400, "hash-mismatch"),
    uploads.TooMuchUnderWay: (413, "too-large"),
    NotRegistered: (404, "not-registered"),
    TooSlow: (408, "too-slow"),
    TooLarge: (413, "too-large"),
    TooMany: (429, "too-many-requests"),
    TooBusy: (503, "too-busy"),
    NoSpace: (507, "no-space"),
    files.MissingBatch: (500, "missing-batch"),
    database.UnusableStore: (503, "unusable-store"),
    blobs.UnusableBlobs: (503, "unusable-blobs"),
}


def problem_of(error: SyncError) -> Problem:
    """The refusal that tells of `error`."""
    for kind in type(error).__mro__:
        if kind in _CATALOGUE:
            status, name = _CATALOGUE[kind]
            return Problem(status, name, str(error))
    return Problem(400, "refused", str(error))
