"""Which keys a server takes contributions for: those of the newest version, and for a while others.

Who was answering when a version with other keys, or another recipient, came to their device ends
under what they were told, and the server takes it: until the day that the newer package names, or
thirty days after it came (`sync.terms`). Nothing is ever taken for a key that the newest package
withdraws: it was destroyed, or stolen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sync import consultation as packages
from sync.acknowledgement import Verdict
from sync.server.store import Store
from sync.server.stored import PublishedConsultation
from sync.terms import former_keys_until


@dataclass(frozen=True)
class _Terms:
    """What a version's package says of the keys of those before it."""

    until: date
    withdrawn: frozenset[bytes]


class FormerKeys:
    """What is sealed to whom, and whether that is taken now.

    Args:
        store: has the packages.
        clock: seconds since 1970.
    """

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._read: dict[tuple[str, int], _Terms] = {}

    def held_back(
        self,
        versions: Sequence[PublishedConsultation],
        form_hash: bytes,
        sealed_to: Collection[bytes],
    ) -> Verdict | None:
        """Why what was sealed is quarantined; None where nothing speaks against it.

        Args:
            versions: of its consultation, the newest first.
            form_hash: the form that it answers.
            sealed_to: the ids of the keys.
        """
        asked = [one for one in versions if one.form_hash == form_hash]
        if not asked:
            return Verdict.UNKNOWN_FORM
        if len(versions) > 1 and self._terms(versions[0]).withdrawn.intersection(sealed_to):
            return Verdict.WRONG_RECIPIENTS
        newest = versions[0].recipients
        if sealed_to == newest:
            return None
        today = datetime.fromtimestamp(self._clock(), UTC).date()
        for one in asked:
            if one.recipients == sealed_to and today <= self._last_day(versions, one):
                return None
        return Verdict.WRONG_RECIPIENTS

    def _last_day(
        self, versions: Sequence[PublishedConsultation], one: PublishedConsultation
    ) -> date:
        """Until when the keys of an older version are taken: as the first that has others says."""
        for other in reversed(versions):
            if other.version > one.version and other.recipients != one.recipients:
                return self._terms(other).until
        return date.max

    def _terms(self, one: PublishedConsultation) -> _Terms:
        place = (one.id, one.version)
        if place not in self._read:
            read = packages.read(self._store.package(*place))
            came = datetime.fromtimestamp(one.published_at, UTC).date()
            self._read[place] = _Terms(
                former_keys_until(read.former_keys_until, came), frozenset(read.withdrawn)
            )
        return self._read[place]
