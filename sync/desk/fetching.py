"""Rule 5 of `sync.desk.pull`: the files of contributions, fetched, opened and compared."""

from __future__ import annotations

import hashlib

from sync.attachment import Attached
from sync.desk.findings import Finding, Kind
from sync.desk.media import DeskAttachment
from sync.desk.opening import BatchOpener, OpenedBatch, OpenedRecord
from sync.desk.sources import NotThere, Source
from sync.desk.store import DeskStore
from sync.envelope import OpenedSession
from sync.errors import ForgedAttachment, SyncError

Fetched = tuple[tuple[DeskAttachment, ...], list[Finding]]
"""A contribution's files, and what is wrong with them."""


class Fetcher:
    """Brings the files of contributions into the desk's folder.

    Args:
        source: has them, sealed.
        store: knows which are here.
        opener: opens them.
    """

    def __init__(self, source: Source, store: DeskStore, opener: BatchOpener) -> None:
        self._source = source
        self._store = store
        self._opener = opener

    def files_of(self, result: OpenedBatch) -> dict[str, Fetched]:
        """The files of a batch's contributions, fetched where they are not here, by id.

        Raises:
            NetworkTrouble: nothing can be had now.
        """
        sessions: dict[int, OpenedSession | SyncError] = {}
        attached = {}
        erased = self._store.erasures.among(
            result.consultation, [one.id for one in result.records if one.attached]
        )
        for one in result.records:
            if not one.attached or one.id in erased:
                continue
            if one.section not in sessions and one.section in result.headers:
                sessions[one.section] = self._opener.session(
                    result.headers[one.section], result.consultation, result.device
                )
            session = sessions.get(one.section, NotThere("Its batch names no such file."))
            attached[one.id] = self._files(result, one, session)
        return attached

    def _files(
        self, result: OpenedBatch, one: OpenedRecord, session: OpenedSession | SyncError
    ) -> Fetched:
        files, wrong = [], []
        for place, named in enumerate(one.attached):
            here = self._store.media.holds(named.sha256)
            if not here:
                try:
                    self._fetch(result, one, session, place, named)
                    here = True
                except (NotThere, ForgedAttachment) as error:
                    kind = Kind.MISSING if isinstance(error, NotThere) else Kind.ALTERED
                    why = f"Its attached file “{named.name}”: {error}"
                    wrong.append(about(result, one, kind, why))
            files.append(
                DeskAttachment(place, named.name, named.sha256, named.size, named.media_type, here)
            )
        return tuple(files), wrong

    def _fetch(
        self,
        result: OpenedBatch,
        one: OpenedRecord,
        session: OpenedSession | SyncError,
        place: int,
        named: Attached,
    ) -> None:
        """Fetch, open and keep one file.

        Raises:
            NotThere: it cannot be had yet.
            ForgedAttachment: it is not what the contribution names.
        """
        if isinstance(session, SyncError) or place >= len(one.streams):
            raise NotThere("Its batch names no such file.")
        stream = one.streams[place]
        sealed = self._source.attachment(result.consultation, stream)
        if hashlib.sha256(sealed).hexdigest() != stream:
            raise ForgedAttachment()
        self._store.media.keep(session.open_attachment(one.index, place, sealed, named))


def about(result: OpenedBatch, one: OpenedRecord, kind: Kind, why: str) -> Finding:
    """A finding on one record of a batch."""
    return Finding(
        kind,
        f"Contribution {one.id} (device {result.device}, batch {result.sequence}): {why}",
        result.consultation,
        "",
        result.device,
        one.id,
    )
