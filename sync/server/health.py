"""Whether the server can do its work now: what a load balancer asks, in a second and by itself."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass

from sqlalchemy import func, select, update

from sync.errors import SyncError
from sync.server import schema
from sync.server.locks import Rank, holding
from sync.server.service import Service

LEAST_ROOM = 64 << 20
"""Bytes that must be free: several of the largest batches."""

LATE_SECONDS = 120
"""The registers are published once a second; two minutes are no accident any more."""

_KEPT_SECONDS = 2.0


@dataclass(frozen=True)
class Readiness:
    """What was looked at, and how it was: "ok", or a few words.

    Attributes:
        database: whether it takes a durable write.
        disk: whether there is room.
        register: whether what came is published in time.
    """

    database: str
    disk: str
    register: str

    @property
    def ready(self) -> bool:
        """Whether everything is in order."""
        return {self.database, self.disk, self.register} == {"ok"}

    def document(self) -> dict[str, object]:
        """As JSON."""
        checks = {"database": self.database, "disk": self.disk, "register": self.register}
        return {"status": "ready" if self.ready else "not ready", "checks": checks}


class Readying:
    """Looks, at most once in two seconds, however often it is asked."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._turn = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def look(self) -> Readiness:
        """How things are, or were a moment ago."""
        with holding(Rank.LOOKING, self._turn):
            if self._last is None or time.monotonic() - self._last[0] > _KEPT_SECONDS:
                self._last = time.monotonic(), examine(self._service)
            return self._last[1]


def examine(service: Service) -> Readiness:
    """Look at everything."""
    database = register = "ok"
    try:
        with service.store.writing() as db:  # a write that changes nothing, and reaches the disk
            version = schema.schema_version
            db.execute(update(version).values(version=version.c.version))
        service.store.database.try_room()
    except (SyncError, OSError):
        database = "cannot be written"
    try:
        went_back = service.registers.went_back_at
        if went_back is not None and time.monotonic() - went_back < LATE_SECONDS:
            register = "went back"
        elif unpublished_since(service) > LATE_SECONDS:
            register = "late"
    except (SyncError, OSError):
        register = "cannot be read"
    room = shutil.disk_usage(service.files.root).free >= LEAST_ROOM
    return Readiness(database, "ok" if room else "full", register)


def unpublished_since(service: Service) -> float:
    """Seconds since the oldest entry came that no checkpoint holds; 0 where there is none."""
    runs, batches, points = schema.register.c, schema.batches.c, schema.checkpoints.c
    oldest: float | None = None
    with service.store.reading() as db:
        known = db.execute(select(schema.consultations.c.id).distinct()).scalars().all()
        for consultation in known:
            size = db.execute(
                select(func.max(points.size)).where(points.consultation == consultation)
            ).scalar_one()
            came = db.execute(
                select(batches.received_at)
                .join(schema.register, runs.batch == batches.number)
                .where(runs.consultation == consultation, runs.first >= (size or 0))
                .order_by(runs.first)
                .limit(1)
            ).scalar_one_or_none()
            if came is not None:
                oldest = came if oldest is None else min(oldest, came)
    return 0.0 if oldest is None else max(0.0, service.now() - oldest)
