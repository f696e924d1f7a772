"""What the people whose contributions a desk holds were promised."""

from __future__ import annotations

from collections.abc import Collection

from sync.consultation import Traceability
from sync.desk.store import DeskStore
from sync.promise import weakest


def promised_by(held: DeskStore, consultation: str, served: Collection[int] = ()) -> Traceability:
    """What people were promised: by any version that they answered, and any that a server has.

    Args:
        held: the desk's store.
        consultation: its id.
        served: the versions that the server has, where it was asked.
    """
    answered = held.form_hashes(consultation)
    versions = [one for one in held.consultations() if one.id == consultation]
    known = [one for one in versions if one.version in served]
    elsewhere = answered.difference(one.form_hash for one in known)
    known += [one for one in versions if one.form_hash in elsewhere]
    return weakest(one.options.traceability for one in known or versions)
