"""What came after the closing day by its device's clock: said to people, and counted all the same.

A clock may be wrong, and a batch is formed when a device sends, which may be weeks after somebody
confirmed: neither is a reason to leave anything out.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from sync.desk.fetching import about
from sync.desk.findings import Finding, Kind
from sync.desk.opening import OpenedBatch

_LAST_ZONE = timedelta(hours=12)  # until a day is over everywhere on Earth
_HOUR = 3600


def late(result: OpenedBatch, closes: date | None) -> Iterator[Finding]:
    """What of a batch is from after the closing day, by its device's clock.

    Args:
        result: the batch.
        closes: the last day; None where there is none.
    """
    if closes is None:
        return
    over = datetime(closes.year, closes.month, closes.day, tzinfo=UTC) + timedelta(days=1)
    formed = datetime.max.replace(tzinfo=UTC)
    with contextlib.suppress(ValueError, OverflowError, OSError):  # a clock that is far ahead
        formed = datetime.fromtimestamp(result.formed * _HOUR, UTC)
    if formed >= over + _LAST_ZONE:
        yield Finding(
            Kind.LATE,
            f"Batch {result.sequence} of device {result.device} was formed on {formed:%Y-%m-%d} by "
            f"that device's clock, after the closing day ({closes}). What it holds is counted: it "
            "may have waited there since before. Ask who looks after that device.",
            result.consultation,
            device=result.device,
        )
    for one in result.records:
        agreed = _agreed_on(one.contribution.agreement if one.contribution else "")
        if agreed is not None and agreed > closes:
            why = f"Its agreement is of {agreed}, after the closing day ({closes}). It is counted."
            yield about(result, one, Kind.LATE, why)


def _agreed_on(agreement: str) -> date | None:
    try:
        return date.fromisoformat(json.loads(agreement)["date"])
    except (ValueError, KeyError, TypeError):
        return None
