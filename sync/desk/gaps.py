"""What only all batches together show: gaps, devices that were copied, paper typed twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from sync.batch import NO_BATCH
from sync.desk.findings import Finding, Kind
from sync.desk.store import DeskBatch, DeskStore
from sync.receipt import receipt_code


def look_for_gaps(store: DeskStore, source: str, set_back: Iterable[str]) -> None:
    """Name what is missing between batches, and what else only the whole shows.

    Args:
        store: the desk's.
        source: what was pulled from.
        set_back: consultations of which it has less than before.
    """
    found = [Finding(Kind.MISSING, _SET_BACK.format(source=source), one) for one in set_back]
    known = store.devices()
    forked: list[Finding] = []
    for (consultation, device), batches in groupby(
        store.batches(), key=lambda one: (one.consultation, one.device)
    ):
        name = known[device].name if device in known else device
        twice = False
        before: DeskBatch | None = None
        for batch in batches:
            if batch.sequence < 0:
                continue
            if before is not None and before.sequence == batch.sequence:
                twice = True
            else:
                found += [
                    Finding(Kind.MISSING, f"Device “{name}”: {gap}", consultation, device=device)
                    for gap in _gap(before, batch)
                ]
            before = batch
        if twice:
            sentence = _FORKED.format(name=name)
            forked.append(Finding(Kind.FORKED, sentence, consultation, device=device))
    found += forked
    aside = store.aside.of()
    for consultation, alike in store.repeated_on_paper():
        ids = [one for one in alike if one not in aside]
        if len(ids) < 2:
            continue
        codes = ", ".join(receipt_code(bytes.fromhex(one)) for one in ids[:3])
        sentence = (
            f"{len(ids)} contributions transcribed from paper say exactly the same "
            f"({codes}{'…' if len(ids) > 3 else ''}): was a table transcribed twice? "
            "All of them are counted; parvis-desk set-aside --repeated counts one."
        )
        found.append(Finding(Kind.REPEATED, sentence, consultation, contribution=ids[0]))
    with store.transaction():
        store.forget_gaps()
        store.find(*found)


def _gap(before: DeskBatch | None, batch: DeskBatch) -> Iterator[str]:
    """Sentences on what is missing between two batches of a device, one after the other."""
    first = 0 if before is None else before.sequence + 1
    if batch.sequence == first + 1:
        yield f"batch {first} has not arrived."
    elif batch.sequence > first:
        yield f"batches {first} to {batch.sequence - 1} have not arrived."
    else:
        promised = NO_BATCH.hex() if before is None else before.name
        if batch.previous != promised:
            yield f"batch {batch.sequence} does not follow the one that arrived before it."


_SET_BACK = (
    "{source} has not all that was pulled from it before: it was restored from an older backup. "
    "What was pulled is here; batches that devices let go of after that backup, and that were not "
    "pulled, show as gaps below once the device sends again."
)
_FORKED = (
    "Device “{name}” sent two different batches under one number: its data were copied and used "
    "twice, or set back. What both hold counts once each, but a gap in its numbers cannot be told. "
    "Enrol one of the two anew."
)
