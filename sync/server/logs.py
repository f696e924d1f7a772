"""What the server says of itself: one JSON object a line, of facts that are listed here.

No log holds an answer, an address, a name, a code or a path that somebody typed. So nothing is
formatted into a message: an event has a name, and facts of known kinds. Of an exception only its
class and the lines of code are written, never its text; of what libraries log, only where it was.
"""

from __future__ import annotations

import contextlib
import json
import logging
import logging.handlers
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import IO

LOGGER = "parvis.server"

JOURNAL = Path("/dev/log")

_log = logging.getLogger(LOGGER)
_FRAMES = 12


class Event(Enum):
    """What is told of."""

    STARTED = "started"
    STOPPED = "stopped"
    REQUEST = "request"
    BATCH = "batch stored"
    ATTACHMENT = "attachment stored"
    ENROLLED = "device enrolled"
    WITHDRAWN = "device withdrew"
    COMPARED = "device's words compared"
    REVOKED = "device revoked"
    ERASED = "contribution erased"
    GIVEN_UP = "batch given up"
    REFUSED = "refused"
    LIMITED = "limited"
    FAILED = "failed"
    NOT_PUBLISHED = "register not published"
    REGISTER_MENDED = "register's files damaged, made again"
    WENT_BACK = "database went back"
    TAKEN_OVER = "another database server took over"


_FACTS = frozenset(
    {
        "method",
        "route",  # the pattern, such as /v1/batches/{name}: never what somebody asked for
        "status",
        "cause",  # a name of the catalogue of refusals
        "milliseconds",
        "bytes",
        "records",
        "stored",
        "quarantined",
        "awaited",
        "device",  # a key id, which receipts show too
    }
)


def tell(event: Event, level: int = logging.INFO, **facts: str | int | float) -> None:
    """Log an event.

    Raises:
        ValueError: a fact is of a kind that is not logged.
    """
    unknown = facts.keys() - _FACTS
    if unknown:
        raise ValueError(f"These facts are not logged: {', '.join(sorted(unknown))}.")
    if _log.isEnabledFor(level):
        _log.log(level, "%s", event.value, extra={"parvis": {"event": event.value, **facts}})


def tell_failure(event: Event = Event.FAILED, **facts: str | int | float) -> None:
    """Log the exception that is being handled, without its text."""
    extra = {"parvis": {"event": event.value, **facts}}
    _log.error("%s", event.value, extra=extra, exc_info=True)


class JsonLines(logging.Formatter):
    """A line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        at = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
        }
        told = getattr(record, "parvis", None)
        if isinstance(told, dict):
            line.update(told)
        else:
            place = f"{record.name} {Path(record.pathname).name}:{record.lineno}"
            line.update(event="library", at=place)
        if record.exc_info and record.exc_info[0] is not None:
            kind, error, trace = record.exc_info
            line["error"] = kind.__name__
            if isinstance(error, OSError) and error.errno is not None:
                line["errno"] = error.errno
            line["trace"] = [
                f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(trace)[-_FRAMES:]
            ]
        return json.dumps(line, ensure_ascii=False)


@contextlib.contextmanager
def logging_to_the_journal(journal: Path | None = None) -> Iterator[None]:
    """Send what a command beside the server tells to this machine's journal, where it has one.

    Its own output is for whoever typed the command.

    Args:
        journal: the socket; that of syslog, which systemd's journal listens on too, without it.
    """
    journal = journal or JOURNAL
    if not journal.is_socket():
        yield
        return
    handler = _Journal(str(journal))
    handler.ident = "parvis-server: "
    handler.append_nul = False
    handler.setFormatter(JsonLines())
    level = _log.level
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.propagate = False
    try:
        yield
    finally:
        _log.removeHandler(handler)
        _log.setLevel(level)
        _log.propagate = True
        handler.close()


class _Journal(logging.handlers.SysLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Nobody is kept from revoking a device by a log that cannot be written."""


def start_logging(level: int = logging.INFO, stream: IO[str] | None = None) -> None:
    """Send everything that this process logs, libraries' records too, to a stream as JSON lines.

    Args:
        level: what of Parvis's own events; of libraries, warnings and worse.
        stream: stderr where none is given.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    _log.setLevel(level)
