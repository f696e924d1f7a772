"""Erasing a contribution at the organiser's side, and ordering it everywhere else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.contribution import contribution_id
from sync.desk.findings import Finding, Kind
from sync.desk.sources import Source, SourceRefuses
from sync.desk.store import DeskContribution, DeskStore
from sync.desk.store_tables import in_words
from sync.erasure import Erasure, ids_of
from sync.errors import SyncError
from sync.receipt import receipt_code
from sync.register.entry import Reason


class NotFoundHere(SyncError):
    """No contribution of that code is known at this desk."""


@dataclass(frozen=True)
class Meant:
    """The contribution that a receipt's code stands for.

    Attributes:
        consultation: its consultation's id.
        id: its own, 16 bytes.
        commitment: as it stands in the register, hex.
        contribution: what is in the store; None where only the register knows it.
    """

    consultation: str
    id: bytes
    commitment: str
    contribution: DeskContribution | None


def meant_by(store: DeskStore, code: str) -> Meant:
    """Find a contribution, in the store or in the register's copy.

    Raises:
        MistypedCode: it is no code.
        NotFoundHere: there is none, or it was erased.
    """
    low, high = ids_of(code)
    found = store.between((low.hex(), high.hex()))
    if len(found) == 1:
        one = found[0]
        return Meant(one.consultation, bytes.fromhex(one.id), one.commitment, one)
    with in_words(store.path):
        for consultation in store.titles():
            for commitment in store.register.commitments(consultation):
                id_ = contribution_id(consultation, commitment)
                if low <= id_ <= high:
                    if store.erasures.order_of(consultation, id_.hex()) is not None:
                        raise NotFoundHere(f"Contribution {receipt_code(id_)} is erased already.")
                    return Meant(consultation, id_, commitment.hex(), None)
    raise NotFoundHere(
        "No contribution of that code is known at this desk. Pull first. If it has not left its "
        "device yet, erase it there: parvis-kiosk erase CODE"
    )


def erase(
    store: DeskStore, meant: Meant, reason: Reason, organiser: Ed25519PrivateKey, today: date
) -> bytes:
    """Erase a contribution from the store, for good; returns the order for everybody else.

    The order is in the store before anything goes, so that whoever is stopped here goes on at the
    next pull.
    """
    erasure = Erasure(meant.consultation, meant.id, reason, today)
    order = erasure.sign(organiser)
    with store.transaction():
        store.erasures.add(erasure, order, meant.commitment, sent=False)
        store.forget(meant.consultation, meant.id.hex())
    store.shrink()
    return order


def send_orders(source: Source, store: DeskStore, consultations: Collection[str]) -> list[Finding]:
    """Hand on the orders that no server has yet; what is refused becomes findings.

    Raises:
        NetworkTrouble: nothing can be sent now; it goes with the next pull.
    """
    refused = []
    for order in store.erasures.unsent():
        if order.consultation not in consultations:
            continue
        try:
            if source.erase(order.order):
                store.erasures.mark(order, sent=True)
        except SourceRefuses as error:
            code = receipt_code(bytes.fromhex(order.id))
            why = f"Contribution {code} is erased here, and not on the server: {error}"
            refused.append(Finding(Kind.ERASED, why, order.consultation, contribution=order.id))
    return refused
