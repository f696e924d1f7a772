"""What a server has signed of its registers, and whether what lies there still is it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select, text

from sync.errors import DamagedRegister, ForgedCheckpoint, SyncError
from sync.register import checkpoint, merkle, tiles
from sync.register.checkpoint import Checkpoint, origin_of
from sync.server import schema
from sync.server.blobs import Blobs

CHECKPOINT = "checkpoint"

NEWEST = text(
    "SELECT note FROM checkpoints WHERE consultation = :consultation ORDER BY size DESC LIMIT 1"
)


class NotRegistered(SyncError):
    """The register is not there, or has not so many entries."""

    sentence = "This register does not hold that, or not yet."


class SignedRegisters:
    """The registers as they lie there, to look at: nothing is changed, and no private key needed.

    Args:
        blobs: hold one folder for each consultation.
        public: the key that checkpoints are signed with.
        reading: gives a connection that only looks.
    """

    def __init__(
        self,
        blobs: Blobs,
        public: Ed25519PublicKey,
        reading: Callable[[], contextlib.AbstractContextManager[Connection]],
    ) -> None:
        self._blobs = blobs
        self._public = public
        self.reading = reading

    def folder(self, consultation: str) -> Blobs:
        """A register's public files."""
        return self._blobs.within(consultation, public=True)

    def damaged(self) -> Iterator[str]:
        """The consultations whose public files are not what was signed; every byte is looked at."""
        table = schema.checkpoints.c
        with self.reading() as db:
            consultations = db.execute(select(table.consultation).distinct()).scalars().all()
        for consultation in sorted(consultations):
            for last in (False, True):
                point = self._signed(consultation)
                try:
                    root = tiles.whole_root(self.folder(consultation), point.size)
                    sound = root == point.root and not self._is_forged(consultation)
                    if sound and not self._goes_back(consultation):
                        break
                except DamagedRegister:
                    pass
                if last:  # it did not grow while it was looked at
                    yield consultation

    def _signed(self, consultation: str) -> Checkpoint:
        """The newest checkpoint of the database."""
        origin, note = origin_of(consultation), self._newest(consultation)
        if note is None:
            return Checkpoint(origin, 0, merkle.EMPTY_ROOT)
        return checkpoint.read(note, origin, self._public)

    def _goes_back(self, consultation: str) -> bool:
        """Whether the database knows less than what was published, or something else.

        Whoever publishes alone writes the checkpoint into the database first: so what lies beside
        the tiles is never ahead of it, and stands in it.
        """
        public = self._published_checkpoint(consultation)
        if public is None or public.size == 0:
            return False
        try:
            known = self._note(consultation, public.size)
        except NotRegistered:
            return True
        origin = origin_of(consultation)
        return checkpoint.read(known, origin, self._public).root != public.root

    def _is_forged(self, consultation: str) -> bool:
        """Whether what lies beside the tiles is no checkpoint of this server."""
        there = self.folder(consultation).size(CHECKPOINT) is not None
        return there and self._published_checkpoint(consultation) is None

    def _published_checkpoint(self, consultation: str) -> Checkpoint | None:
        """The checkpoint that lies beside the tiles; None where there is none of this server's."""
        note = self.folder(consultation).read(CHECKPOINT)
        if note is None:
            return None
        try:
            return checkpoint.read(note, origin_of(consultation), self._public)
        except ForgedCheckpoint:
            return None  # not ours: `_rebuild` puts ours in its place

    def _newest(self, consultation: str) -> bytes | None:
        with self.reading() as db:
            note: bytes | None = db.execute(
                NEWEST, {"consultation": consultation}
            ).scalar_one_or_none()
        return note

    def _note(self, consultation: str, size: int) -> bytes:
        table = schema.checkpoints.c
        query = select(table.note).where(table.consultation == consultation, table.size == size)
        with self.reading() as db:
            note: bytes | None = db.execute(query).scalar_one_or_none()
        if note is None:
            raise NotRegistered()
        return note
